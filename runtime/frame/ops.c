/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Operations on a frame's segments.
 */
#include <string.h>

#include <mirage/probes.h>

#include "table.h"

static void
refresh_head(struct mirage_frame *f)
{
	f->head = f->nsegs > 0 ? f->segs[0].data : NULL;
	f->head_len = f->nsegs > 0 ? f->segs[0].len : 0;
}

uint8_t *
mirage_frame_contiguous(
    const struct mirage_frame *f, uint32_t off, uint32_t len)
{
	unsigned i;

	if (f->nsegs == 0)
		return (NULL);
	if (off <= f->head_len && len <= f->head_len - off)
		return (f->head + off);
	for (i = 0; i < f->nsegs; i++) {
		const struct mirage_segment *s = &f->segs[i];

		if (off < s->len)
			return (len <= s->len - off ? s->data + off : NULL);
		off -= s->len;
	}
	return (NULL);
}

void
mirage_frame_copy_out(
    const struct mirage_frame *f, uint32_t off, void *to, uint32_t len)
{
	uint8_t *p = to;
	unsigned i;

	for (i = 0; i < f->nsegs && len > 0; i++) {
		const struct mirage_segment *s = &f->segs[i];
		uint32_t n;

		if (off >= s->len) {
			off -= s->len;
			continue;
		}
		n = s->len - off < len ? s->len - off : len;
		memcpy(p, s->data + off, n);
		p += n;
		len -= n;
		off = 0;
	}
}

void
mirage_frame_copy_in(
    struct mirage_frame *f, uint32_t off, const void *from, uint32_t len)
{
	const uint8_t *p = from;
	unsigned i;

	for (i = 0; i < f->nsegs && len > 0; i++) {
		const struct mirage_segment *s = &f->segs[i];
		uint32_t n;

		if (off >= s->len) {
			off -= s->len;
			continue;
		}
		n = s->len - off < len ? s->len - off : len;
		memcpy(s->data + off, p, n);
		p += n;
		len -= n;
		off = 0;
	}
}

/* Room for `more` segments. */
static bool
reserve(struct mirage_platform *p, struct mirage_frame *f, unsigned more)
{
	struct mirage_segment *segs;
	unsigned max = f->maxsegs;

	if (f->nsegs + more <= max)
		return (true);
	while (max < f->nsegs + more)
		max *= 2;
	if (max > UINT16_MAX)
		return (false);
	segs = mirage_platform_alloc(p, max * sizeof(*segs));
	if (segs == NULL)
		return (false);
	memcpy(segs, f->segs, f->nsegs * sizeof(*segs));
	if (f->segs != f->inline_segs)
		mirage_platform_free(p, f->segs, f->maxsegs * sizeof(*segs));
	f->segs = segs;
	f->maxsegs = (uint16_t)max;
	return (true);
}

/* The caller has reserved the room and taken the reference. */
static void
push_segment(struct mirage_frame *f, uint8_t *data, uint32_t len,
    struct mirage_buffer *buffer)
{
	struct mirage_segment *s = &f->segs[f->nsegs++];

	s->data = data;
	s->len = len;
	s->buffer = buffer;
	f->len += len;
	if (f->nsegs == 1) {
		refresh_head(f);
		if (buffer->flags & MIRAGE_BUFFER_READONLY)
			f->flags |= MIRAGE_FRAME_READONLY;
	}
}

bool
mirage_frame_add_segment(struct mirage_platform *p, struct mirage_frame *f,
    uint8_t *data, uint32_t len, struct mirage_buffer *buffer)
{
	if (len > UINT32_MAX - f->len || !reserve(p, f, 1))
		return (false);
	mirage_buffer_retain(buffer);
	push_segment(f, data, len, buffer);
	return (true);
}

bool
mirage_frame_append(struct mirage_platform *p, struct mirage_frame *f,
    const struct mirage_frame *src, uint32_t off, uint32_t len)
{
	unsigned i;

	if (len > UINT32_MAX - f->len || !reserve(p, f, src->nsegs))
		return (false);
	for (i = 0; i < src->nsegs && len > 0; i++) {
		const struct mirage_segment *s = &src->segs[i];
		uint32_t n;

		if (off >= s->len) {
			off -= s->len;
			continue;
		}
		n = s->len - off < len ? s->len - off : len;
		mirage_buffer_retain(s->buffer);
		push_segment(f, s->data + off, n, s->buffer);
		len -= n;
		off = 0;
	}
	return (true);
}

void
mirage_frame_truncate(struct mirage_frame *f, uint32_t len)
{
	uint32_t left = len;
	unsigned i, keep;

	if (len >= f->len)
		return;
	for (keep = 0; keep < f->nsegs && left > 0; keep++) {
		struct mirage_segment *s = &f->segs[keep];

		if (s->len > left)
			s->len = left;
		left -= s->len;
	}
	for (i = keep; i < f->nsegs; i++)
		mirage_buffer_release(f->segs[i].buffer);
	f->nsegs = (uint16_t)keep;
	f->len = len;
	refresh_head(f);
}

bool
mirage_frame_is_hosts(const struct mirage_frame *f, uint32_t off, uint32_t len)
{
	uint32_t start = 0;
	unsigned i;

	for (i = 0; i < f->nsegs && len > 0 && start < off + len; i++) {
		const struct mirage_segment *s = &f->segs[i];

		/* Of a chain the headers may be the frame's own. */
		if ((s->buffer->flags & MIRAGE_BUFFER_HOST) &&
		    off < start + s->len &&
		    (i > 0 || (f->flags & MIRAGE_FRAME_READONLY)))
			return (true);
		start += s->len;
	}
	return (false);
}

/* A frame of several segments may hold one buffer several times. */
static uint32_t
own_references(const struct mirage_frame *f, const struct mirage_buffer *b)
{
	uint32_t own = 0;
	unsigned i;

	for (i = 0; i < f->nsegs; i++)
		own += f->segs[i].buffer == b;
	return (own);
}

bool
mirage_frame_writable(
    struct mirage_instance *inst, struct mirage_frame *f, uint32_t len)
{
	struct mirage_platform *p = inst->platform;
	struct mirage_frame *fresh;
	struct mirage_buffer *b;

	if (len > f->len)
		return (false);
	if (len == 0)
		return (true);
	b = f->segs[0].buffer;
	if (len <= f->head_len && !(f->flags & MIRAGE_FRAME_READONLY) &&
	    __atomic_load_n(&b->refs, __ATOMIC_ACQUIRE) == own_references(f, b))
		return (true);
	/*
	 * A frame's worth of fresh memory gives up its buffer to this frame:
	 * one copy of the headers, none of what follows.
	 */
	fresh = mirage_platform_frame_alloc(p, len);
	if (fresh == NULL)
		return (false);
	mirage_frame_copy_out(f, 0, fresh->head, len);
	inst->stats.copies++;
	inst->stats.bytes_copied += len;
	MIRAGE_PROBE(copy, "writable", len);
	if (!mirage_frame_append(p, fresh, f, len, f->len - len)) {
		mirage_platform_frame_free(p, fresh);
		return (false);
	}
	if (f->handle != 0) {
		struct mirage_frame_slot *slot =
		    mirage_frame_slot(inst->frames, f->handle);

		/* Views show memory that is no longer the frame's. */
		if (slot != NULL && slot->views != NULL)
			mirage_net_views_die(inst, slot);
	}
	/* Move the new list of segments over, references and all. */
	mirage_frame_drop_segments(p, f);
	if (fresh->segs != fresh->inline_segs)
		f->segs = fresh->segs;
	else
		memcpy(
		    f->inline_segs, fresh->inline_segs, sizeof(f->inline_segs));
	f->maxsegs = fresh->maxsegs;
	f->nsegs = fresh->nsegs;
	f->len = fresh->len;
	f->flags &= (uint16_t)~MIRAGE_FRAME_READONLY;
	refresh_head(f);
	fresh->segs = fresh->inline_segs;
	fresh->maxsegs = MIRAGE_FRAME_SEGMENTS;
	fresh->nsegs = 0;
	fresh->len = 0;
	mirage_platform_frame_free(p, fresh);
	return (true);
}
