/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_platform.h"

void *
mirage_platform_alloc(struct mirage_platform *p, size_t size)
{
	void *mem = malloc(size);

	if (mem == NULL)
		return (NULL);
	p->held += size;
	if (p->held > p->held_max)
		p->held_max = p->held;
	return (mem);
}

void
mirage_platform_free(struct mirage_platform *p, void *mem, size_t size)
{
	p->held -= size;
	free(mem);
}

uint64_t
mirage_platform_monotonic_ns(struct mirage_platform *p)
{
	return (p->now_ns);
}

uint64_t
mirage_platform_wall_ns(struct mirage_platform *p)
{
	return (p->wall_ns + p->now_ns);
}

/* Not random at all: tests are to be repeatable (xorshift64*). */
void
mirage_platform_entropy(struct mirage_platform *p, void *buf, size_t len)
{
	uint8_t *b = buf;

	while (len-- > 0) {
		p->random ^= p->random >> 12;
		p->random ^= p->random << 25;
		p->random ^= p->random >> 27;
		*b++ = (uint8_t)((p->random * UINT64_C(2685821657736338717)) >>
		    56);
	}
}

void
mirage_platform_console(struct mirage_platform *p,
    enum mirage_console_level level, const char *line, size_t len)
{
	size_t room = p->console_room == 0 ? 4096 : p->console_room;
	char *text;

	while (room - p->console_len < len + 4)
		room *= 2;
	if (room != p->console_room) {
		text = realloc(p->console, room);
		if (text == NULL)
			return;
		p->console = text;
		p->console_room = room;
	}
	p->console[p->console_len++] = (char)('0' + level);
	p->console[p->console_len++] = ' ';
	memcpy(p->console + p->console_len, line, len);
	p->console_len += len;
	p->console[p->console_len++] = '\n';
}

/* Nothing happens but the passing of time. */
unsigned
mirage_platform_wait(struct mirage_platform *p, uint64_t deadline_ns)
{
	if (deadline_ns == UINT64_MAX)
		return (MIRAGE_WAKE_END);
	if (deadline_ns > p->now_ns)
		p->now_ns = deadline_ns;
	return (MIRAGE_WAKE_TIMER);
}

bool
mirage_platform_stop_requested(struct mirage_platform *p)
{
	return (p->stop_after != 0 && --p->stop_after == 0);
}

bool
mirage_platform_stats_requested(struct mirage_platform *p)
{
	(void)p;
	return (false);
}

unsigned
mirage_platform_netif_count(struct mirage_platform *p)
{
	(void)p;
	return (0);
}

void
mirage_platform_netif_info(
    struct mirage_platform *p, unsigned netif, struct mirage_netif_info *info)
{
	(void)p;
	(void)netif;
	memset(info, 0, sizeof(*info));
}

int
mirage_platform_receive(struct mirage_platform *p, unsigned netif,
    struct mirage_frame **frames, int max)
{
	(void)p;
	(void)netif;
	(void)frames;
	(void)max;
	return (0);
}

uint64_t
mirage_platform_drops(
    struct mirage_platform *p, unsigned netif, enum mirage_drop drop)
{
	(void)p;
	(void)netif;
	(void)drop;
	return (0);
}

uint64_t
mirage_platform_copies(struct mirage_platform *p, uint64_t *bytes)
{
	(void)p;
	*bytes = 0;
	return (0);
}

enum mirage_tx
mirage_platform_transmit(
    struct mirage_platform *p, unsigned netif, struct mirage_frame *f)
{
	(void)netif;
	if (--f->refs == 0)
		mirage_platform_frame_free(p, f);
	return (MIRAGE_TX_DOWN);
}

static void
free_bytes(struct mirage_buffer *b)
{
	free(b);
}

struct mirage_frame *
mirage_platform_frame_alloc(struct mirage_platform *p, uint32_t len)
{
	struct mirage_buffer *b = malloc(sizeof(*b) + len);
	struct mirage_frame *f = mirage_platform_alloc(p, sizeof(*f));

	if (b == NULL || f == NULL)
		abort();
	memset(f, 0, sizeof(*f));
	b->refs = 1;
	b->flags = 0;
	b->release = free_bytes;
	f->refs = 1;
	f->segs = f->inline_segs;
	f->maxsegs = MIRAGE_FRAME_SEGMENTS;
	f->nsegs = 1;
	f->segs[0].data = (uint8_t *)(b + 1);
	f->segs[0].len = len;
	f->segs[0].buffer = b;
	f->head = f->segs[0].data;
	f->head_len = len;
	f->len = len;
	return (f);
}

void
mirage_platform_frame_free(struct mirage_platform *p, struct mirage_frame *f)
{
	mirage_frame_drop_segments(p, f);
	mirage_platform_free(p, f, sizeof(*f));
}
