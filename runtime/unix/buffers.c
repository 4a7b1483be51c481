/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames of the Unix platform: buffers that descriptors are read into, kept
 * for the next frame when they are dropped.
 *
 * Buffers are of few sizes.  The first takes the longest packet.  Behind it
 * one of each other size waits for what a frame of many packets has more, so
 * that such a frame lies in few pieces and a packet takes no more than it
 * needs.
 */
#include <stdlib.h>
#include <string.h>

#include "unix.h"

#define BYTES_MAX (64u << 20) /* of buffers, in use and kept */

/*
 * Of these, bytes that only buffers of the first size may take: as much as all
 * frames have that a program may hold by default, and as many packets again
 * that were merged with them.  Else peers that take nothing could keep out what
 * gives memory back, acknowledgements and resets.
 */
#define RESERVE_BYTES (16u << 20)

/* Room in front of a received frame: a virtio-net header. */
#define HEADROOM VNET_BYTES_MAX

#define SECOND_BYTES 6144
#define THIRD_BYTES  24576

/* Buffers of each size that are kept. */
static const unsigned spare_max[UNIX_SIZES] = {256, 64, 64, 64};

struct unix_buffer {
	struct mirage_buffer buffer; /* first */
	struct mirage_platform *platform;
	struct unix_buffer *next;
	uint32_t bytes;
	uint8_t data[] __attribute__((aligned(16)));
};

void
buffers_set_sizes(struct mirage_platform *p, uint32_t shortest)
{
	uint32_t sum = shortest + SECOND_BYTES + THIRD_BYTES;

	p->sizes[0].bytes = shortest + HEADROOM;
	p->sizes[1].bytes = SECOND_BYTES;
	p->sizes[2].bytes = THIRD_BYTES;
	p->sizes[3].bytes = sum + SECOND_BYTES < FRAME_BYTES_MAX ?
	    FRAME_BYTES_MAX - sum :
	    SECOND_BYTES;
}

static void
buffer_release(struct mirage_buffer *b)
{
	struct unix_buffer *u = (struct unix_buffer *)b;
	struct mirage_platform *p = u->platform;
	unsigned i;

	for (i = 0; i < UNIX_SIZES; i++) {
		struct unix_size *size = &p->sizes[i];

		if (u->bytes != size->bytes || size->nspare >= spare_max[i])
			continue;
		u->next = size->spare;
		size->spare = u;
		size->nspare++;
		return;
	}
	p->held_bytes -= u->bytes;
	free(u);
}

/* Of `bytes`; size: NULL, or the size that this is. */
static struct unix_buffer *
buffer_get(struct mirage_platform *p, uint32_t bytes, struct unix_size *size)
{
	struct unix_buffer *u = size == NULL ? NULL : size->spare;
	uint32_t most = BYTES_MAX;

	if (size != &p->sizes[0])
		most -= RESERVE_BYTES;
	if (u != NULL) {
		size->spare = u->next;
		size->nspare--;
	} else {
		if (p->held_bytes + bytes > most)
			return (NULL);
		u = malloc(sizeof(*u) + bytes);
		if (u == NULL)
			return (NULL);
		p->held_bytes += bytes;
		u->platform = p;
		u->bytes = bytes;
		u->buffer.release = buffer_release;
	}
	u->buffer.refs = 1;
	u->buffer.flags = 0;
	return (u);
}

static struct mirage_frame *
frame_get(struct mirage_platform *p)
{
	struct mirage_frame *f = p->spare_frames;

	if (f != NULL)
		p->spare_frames = f->next;
	else if ((f = malloc(sizeof(*f))) == NULL)
		return (NULL);
	memset(f, 0, sizeof(*f));
	f->refs = 1;
	f->segs = f->inline_segs;
	f->maxsegs = MIRAGE_FRAME_SEGMENTS;
	return (f);
}

static void
frame_put(struct mirage_platform *p, struct mirage_frame *f)
{
	f->next = p->spare_frames;
	p->spare_frames = f;
}

static void
add_buffer(
    struct mirage_frame *f, struct unix_buffer *u, uint8_t *data, uint32_t len)
{
	struct mirage_segment *s = &f->segs[f->nsegs++];

	s->data = data;
	s->len = len;
	s->buffer = &u->buffer;
	if (f->nsegs == 1) {
		f->head = data;
		f->head_len = len;
	}
	f->len += len;
}

struct mirage_frame *
mirage_platform_frame_alloc(struct mirage_platform *p, uint32_t len)
{
	struct mirage_frame *f = frame_get(p);
	struct unix_size *size = &p->sizes[0];
	struct unix_buffer *u;

	if (f == NULL || len == 0)
		return (f);
	u = len <= size->bytes ? buffer_get(p, size->bytes, size) :
				 buffer_get(p, len, NULL);
	if (u == NULL) {
		frame_put(p, f);
		return (NULL);
	}
	add_buffer(f, u, u->data, len);
	return (f);
}

void
mirage_platform_frame_free(struct mirage_platform *p, struct mirage_frame *f)
{
	mirage_frame_drop_segments(p, f);
	frame_put(p, f);
}

struct mirage_frame *
frame_for_receive(struct mirage_platform *p)
{
	struct mirage_frame *f =
	    mirage_platform_frame_alloc(p, p->sizes[0].bytes);

	if (f != NULL) {
		f->segs[0].data += HEADROOM;
		f->segs[0].len -= HEADROOM;
		f->head = f->segs[0].data;
		f->head_len = f->len = f->segs[0].len;
	}
	return (f);
}

bool
tail_for_receive(struct mirage_platform *p, struct iovec iov[UNIX_TAILS])
{
	unsigned i;

	for (i = 0; i < UNIX_TAILS; i++) {
		struct unix_size *size = &p->sizes[1 + i];

		if (p->tail[i] == NULL)
			p->tail[i] = buffer_get(p, size->bytes, size);
		if (p->tail[i] == NULL)
			return (false);
		iov[i].iov_base = p->tail[i]->data;
		iov[i].iov_len = p->tail[i]->bytes;
	}
	return (true);
}

void
frame_fill(struct mirage_platform *p, struct mirage_frame *f, uint32_t len)
{
	uint32_t left = len, n;
	unsigned i;

	n = left < f->head_len ? left : f->head_len;
	f->segs[0].len = f->head_len = f->len = n;
	for (i = 0; (left -= n) > 0; i++) {
		n = left < p->tail[i]->bytes ? left : p->tail[i]->bytes;
		add_buffer(f, p->tail[i], p->tail[i]->data, n);
		p->tail[i] = NULL; /* its reference is the frame's */
	}
	f->timestamp_ns = mirage_platform_monotonic_ns(p);
}

void
buffers_free_all(struct mirage_platform *p)
{
	struct unix_buffer *u;
	struct mirage_frame *f;
	unsigned i;

	for (i = 0; i < UNIX_TAILS; i++) {
		if (p->tail[i] != NULL)
			mirage_buffer_release(&p->tail[i]->buffer);
		p->tail[i] = NULL;
	}
	for (i = 0; i < UNIX_SIZES; i++) {
		while ((u = p->sizes[i].spare) != NULL) {
			p->sizes[i].spare = u->next;
			p->held_bytes -= u->bytes;
			free(u);
		}
		p->sizes[i].nspare = 0;
	}
	while ((f = p->spare_frames) != NULL) {
		p->spare_frames = f->next;
		free(f);
	}
	free(p->scratch);
	p->scratch = NULL;
}
