/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames of the Unix platform: buffers that descriptors are read into, kept
 * for the next frame when they are dropped.
 */
#include <stdlib.h>
#include <string.h>

#include "unix.h"

#define BUFFERS_MAX 16384 /* in use and kept: 32 MB with an MTU of 1500 */
#define SPARE_MAX   256 /* kept */

struct unix_buffer {
	struct mirage_buffer buffer; /* first */
	struct mirage_platform *platform;
	struct unix_buffer *next;
	uint32_t bytes;
	uint8_t data[] __attribute__((aligned(16)));
};

static void
buffer_release(struct mirage_buffer *b)
{
	struct unix_buffer *u = (struct unix_buffer *)b;
	struct mirage_platform *p = u->platform;

	if (u->bytes != p->buffer_bytes || p->nspare >= SPARE_MAX) {
		p->nbuffers--;
		free(u);
		return;
	}
	u->next = p->spare_buffers;
	p->spare_buffers = u;
	p->nspare++;
}

static struct unix_buffer *
buffer_get(struct mirage_platform *p, uint32_t bytes)
{
	struct unix_buffer *u = p->spare_buffers;

	if (bytes <= p->buffer_bytes && u != NULL) {
		p->spare_buffers = u->next;
		p->nspare--;
	} else {
		if (p->nbuffers >= BUFFERS_MAX)
			return (NULL);
		if (bytes < p->buffer_bytes)
			bytes = p->buffer_bytes;
		u = malloc(sizeof(*u) + bytes);
		if (u == NULL)
			return (NULL);
		p->nbuffers++;
		u->platform = p;
		u->bytes = bytes;
		u->buffer.release = buffer_release;
	}
	u->buffer.refs = 1;
	u->buffer.flags = 0;
	return (u);
}

struct mirage_frame *
mirage_platform_frame_alloc(struct mirage_platform *p, uint32_t len)
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
	if (len > 0) {
		struct unix_buffer *u = buffer_get(p, len);

		if (u == NULL) {
			f->next = p->spare_frames;
			p->spare_frames = f;
			return (NULL);
		}
		f->segs[0].data = u->data;
		f->segs[0].len = len;
		f->segs[0].buffer = &u->buffer;
		f->nsegs = 1;
		f->head = u->data;
		f->head_len = len;
		f->len = len;
	}
	return (f);
}

void
mirage_platform_frame_free(struct mirage_platform *p, struct mirage_frame *f)
{
	mirage_frame_drop_segments(p, f);
	f->next = p->spare_frames;
	p->spare_frames = f;
}

struct mirage_frame *
frame_for_receive(struct mirage_platform *p)
{
	return (mirage_platform_frame_alloc(p, p->buffer_bytes));
}

void
frame_fill(struct mirage_frame *f, uint32_t len, uint64_t timestamp_ns)
{
	f->segs[0].len = len;
	f->head_len = len;
	f->len = len;
	f->timestamp_ns = timestamp_ns;
}

void
buffers_free_all(struct mirage_platform *p)
{
	struct unix_buffer *u;
	struct mirage_frame *f;

	while ((u = p->spare_buffers) != NULL) {
		p->spare_buffers = u->next;
		free(u);
	}
	while ((f = p->spare_frames) != NULL) {
		p->spare_frames = f->next;
		free(f);
	}
	p->nspare = 0;
}
