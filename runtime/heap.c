/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The heap of one instance.  Each block has a header of 8 bytes.  Blocks of up
 * to SMALL_MAX bytes come from slabs, each cut into blocks of one size; a slab
 * that is empty again goes back, so that memory can change its block size.
 * Larger blocks are allocations of the platform, on a list.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <mirage/platform.h>
#include <mirage/probes.h>

#include "heap.h"

#define SLAB_BYTES  32768
#define SLAB_CACHE  4 /* empty slabs kept for the next use */
#define SMALL_MAX   2040 /* bytes of the largest small block */
#define STEP	    16 /* bytes between block sizes up to STEP_MAX */
#define STEP_MAX    512
#define NCLASSES    (STEP_MAX / STEP + 8)
#define LARGE_ROUND 256 /* room to grow in place */

/*
 * In front of each block.  Of a small one: where its slab begins.  Of a large
 * one: 0.
 */
struct header {
	uint32_t to_slab; /* bytes back to the slab */
	uint32_t unused;
};

struct free_block {
	struct free_block *next;
};

struct slab {
	struct slab *next; /* in its class's list of slabs with room */
	struct slab *prev;
	struct slab *all_next; /* in the heap's list of all slabs */
	struct slab *all_prev;
	struct free_block *free;
	uint32_t fresh; /* offset of the first block never used */
	uint32_t stride; /* bytes from block to block, with header */
	uint16_t class;
	uint16_t used; /* blocks in use */
	bool listed; /* in its class's list */
};

#define SLAB_FIRST ((sizeof(struct slab) + 15) & ~(size_t)15)

struct large {
	struct large *next;
	struct large *prev;
	uint64_t bytes; /* of the whole allocation */
	struct header header;
};

struct mirage_heap {
	struct mirage_platform *platform;
	uint64_t limit;
	uint64_t used;
	uint64_t peak;
	struct slab *rooms[NCLASSES]; /* slabs with room */
	struct slab *slabs;
	struct slab *empty;
	unsigned nempty;
	struct large *larges;
};

_Static_assert(sizeof(struct header) == 8, "blocks are aligned to 8 bytes");
_Static_assert(sizeof(struct large) % 16 == 0, "so are large ones");

static unsigned
class_of(size_t size)
{
	size_t total = size + sizeof(struct header);

	if (total <= STEP_MAX)
		return ((unsigned)((total + STEP - 1) / STEP - 1));
	if (total <= 1024)
		return (STEP_MAX / STEP + (unsigned)((total - 513) / 128));
	return (STEP_MAX / STEP + 4 + (unsigned)((total - 1025) / 256));
}

static uint32_t
stride_of(unsigned class)
{
	if (class < STEP_MAX / STEP)
		return ((class + 1) * STEP);
	class -= STEP_MAX / STEP;
	if (class < 4)
		return (640 + class * 128);
	return (1280 + (class - 4) * 256);
}

static void *
take(struct mirage_heap *h, size_t bytes)
{
	void *p;

	if (bytes > h->limit || h->used > h->limit - bytes)
		return (NULL);
	p = mirage_platform_alloc(h->platform, bytes);
	if (p == NULL)
		return (NULL);
	h->used += bytes;
	if (h->used > h->peak)
		h->peak = h->used;
	MIRAGE_PROBE(heap__grow, bytes, h->used, h->limit);
	return (p);
}

static void
give(struct mirage_heap *h, void *p, size_t bytes)
{
	h->used -= bytes;
	mirage_platform_free(h->platform, p, bytes);
}

static void
list_slab(struct mirage_heap *h, struct slab *s)
{
	s->prev = NULL;
	s->next = h->rooms[s->class];
	if (s->next != NULL)
		s->next->prev = s;
	h->rooms[s->class] = s;
	s->listed = true;
}

static void
unlist_slab(struct mirage_heap *h, struct slab *s)
{
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		h->rooms[s->class] = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	s->listed = false;
}

static struct slab *
new_slab(struct mirage_heap *h, unsigned class)
{
	struct slab *s;

	s = h->empty;
	if (s != NULL) {
		h->empty = s->next;
		h->nempty--;
	} else {
		s = take(h, SLAB_BYTES);
		if (s == NULL)
			return (NULL);
		s->all_prev = NULL;
		s->all_next = h->slabs;
		if (s->all_next != NULL)
			s->all_next->all_prev = s;
		h->slabs = s;
	}
	s->free = NULL;
	s->fresh = SLAB_FIRST;
	s->stride = stride_of(class);
	s->class = (uint16_t)class;
	s->used = 0;
	list_slab(h, s);
	return (s);
}

static void
retire_slab(struct mirage_heap *h, struct slab *s)
{
	unlist_slab(h, s);
	if (h->nempty < SLAB_CACHE) {
		s->next = h->empty;
		h->empty = s;
		h->nempty++;
		return;
	}
	if (s->all_prev != NULL)
		s->all_prev->all_next = s->all_next;
	else
		h->slabs = s->all_next;
	if (s->all_next != NULL)
		s->all_next->all_prev = s->all_prev;
	give(h, s, SLAB_BYTES);
}

static void
drop_empty(struct mirage_heap *h)
{
	struct slab *s;

	while ((s = h->empty) != NULL) {
		h->empty = s->next;
		h->nempty--;
		if (s->all_prev != NULL)
			s->all_prev->all_next = s->all_next;
		else
			h->slabs = s->all_next;
		if (s->all_next != NULL)
			s->all_next->all_prev = s->all_prev;
		give(h, s, SLAB_BYTES);
	}
}

struct mirage_heap *
mirage_heap_create(struct mirage_platform *platform, uint64_t limit)
{
	struct mirage_heap *h;

	h = mirage_platform_alloc(platform, sizeof(*h));
	if (h == NULL)
		return (NULL);
	memset(h, 0, sizeof(*h));
	h->platform = platform;
	h->limit = limit;
	return (h);
}

void
mirage_heap_destroy(struct mirage_heap *h)
{
	struct large *l;
	struct slab *s;

	if (h == NULL)
		return;
	while ((s = h->slabs) != NULL) {
		h->slabs = s->all_next;
		give(h, s, SLAB_BYTES);
	}
	while ((l = h->larges) != NULL) {
		h->larges = l->next;
		give(h, l, l->bytes);
	}
	mirage_platform_free(h->platform, h, sizeof(*h));
}

static void *
alloc_large(struct mirage_heap *h, size_t size)
{
	struct large *l;
	size_t bytes;

	if (size > SIZE_MAX - sizeof(*l) - LARGE_ROUND)
		return (NULL);
	bytes =
	    (size + sizeof(*l) + LARGE_ROUND - 1) & ~(size_t)(LARGE_ROUND - 1);
	l = take(h, bytes);
	if (l == NULL && h->empty != NULL) {
		drop_empty(h);
		l = take(h, bytes);
	}
	if (l == NULL)
		return (NULL);
	l->bytes = bytes;
	l->header.to_slab = 0;
	l->prev = NULL;
	l->next = h->larges;
	if (l->next != NULL)
		l->next->prev = l;
	h->larges = l;
	return (l + 1);
}

void *
mirage_heap_alloc(struct mirage_heap *h, size_t size)
{
	struct free_block *b;
	struct header *header;
	struct slab *s;
	unsigned class;

	if (size > SMALL_MAX)
		return (alloc_large(h, size));
	class = class_of(size);
	s = h->rooms[class];
	if (s == NULL) {
		s = new_slab(h, class);
		if (s == NULL)
			return (NULL);
	}
	s->used++;
	b = s->free;
	if (b != NULL) {
		s->free = b->next;
		if (b->next == NULL && s->fresh + s->stride > SLAB_BYTES)
			unlist_slab(h, s);
		return (b);
	}
	header = (struct header *)((char *)s + s->fresh);
	header->to_slab = s->fresh;
	s->fresh += s->stride;
	if (s->fresh + s->stride > SLAB_BYTES)
		unlist_slab(h, s);
	return (header + 1);
}

void
mirage_heap_free(struct mirage_heap *h, void *p)
{
	struct free_block *b = p;
	struct header *header;
	struct large *l;
	struct slab *s;

	if (p == NULL)
		return;
	header = (struct header *)p - 1;
	if (header->to_slab == 0) {
		l = (struct large *)p - 1;
		if (l->prev != NULL)
			l->prev->next = l->next;
		else
			h->larges = l->next;
		if (l->next != NULL)
			l->next->prev = l->prev;
		give(h, l, l->bytes);
		return;
	}
	s = (struct slab *)((char *)header - header->to_slab);
	b->next = s->free;
	s->free = b;
	if (!s->listed)
		list_slab(h, s);
	if (--s->used == 0)
		retire_slab(h, s);
}

void *
mirage_heap_realloc(struct mirage_heap *h, void *old, size_t size)
{
	struct header *header;
	size_t room;
	void *p;

	if (old == NULL)
		return (mirage_heap_alloc(h, size));
	header = (struct header *)old - 1;
	if (header->to_slab == 0)
		room = ((struct large *)old - 1)->bytes - sizeof(struct large);
	else
		room = ((struct slab *)((char *)header - header->to_slab))
			   ->stride -
		    sizeof(struct header);
	/* In place, unless that would keep much more than is wanted. */
	if (size <= room && (room <= 64 || size >= room / 2))
		return (old);
	p = mirage_heap_alloc(h, size);
	if (p == NULL)
		return (size <= room ? old : NULL);
	memcpy(p, old, size < room ? size : room);
	mirage_heap_free(h, old);
	return (p);
}

uint64_t
mirage_heap_used(const struct mirage_heap *h)
{
	return (h->used);
}

uint64_t
mirage_heap_peak(const struct mirage_heap *h)
{
	return (h->peak);
}

void
mirage_heap_raise_limit(struct mirage_heap *h, uint64_t by)
{
	h->limit += by;
}
