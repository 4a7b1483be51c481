/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames on the Unix platform's memory, under the sanitizers: handles,
 * references, segments, sums.  Exit 0, or the line of what failed on stderr.
 */
#include "frame_fixture.h"

static void
handles(void)
{
	enum { LIMIT = 1000 };
	static uint32_t held[LIMIT];
	struct mirage_frame *f, *extra;
	uint32_t h, stale;
	unsigned i;

	open_table(LIMIT);
	CHECK(mirage_frame_lookup(inst.frames, 0) == NULL);
	CHECK(mirage_frame_lookup(inst.frames, UINT32_MAX) == NULL);
	f = mirage_platform_frame_alloc(&platform, 60);
	h = stale = mirage_frame_insert(&inst, f);
	CHECK(h != 0 && mirage_frame_lookup(inst.frames, h) == f);
	f->refs++;
	mirage_frame_release(&inst, f);
	CHECK(mirage_frame_lookup(inst.frames, h) == f);
	mirage_frame_release(&inst, f);
	CHECK(mirage_frame_lookup(inst.frames, h) == NULL);
	CHECK(inst.stats.frames_live == 0);
	/* Reuse of its slot, many times, never brings it back. */
	for (i = 0; i < 1000000; i++) {
		f = mirage_platform_frame_alloc(&platform, 60);
		h = mirage_frame_insert(&inst, f);
		CHECK(h != stale);
		mirage_frame_release(&inst, f);
	}
	/* Growth keeps handles; the limit holds, and not the last slot less. */
	for (i = 0; i < LIMIT; i++) {
		held[i] = mirage_frame_insert(
		    &inst, mirage_platform_frame_alloc(&platform, 14));
		CHECK(held[i] != 0);
	}
	extra = mirage_platform_frame_alloc(&platform, 14);
	CHECK(mirage_frame_insert(&inst, extra) == 0);
	mirage_platform_frame_free(&platform, extra);
	for (i = 0; i < LIMIT; i++) {
		f = mirage_frame_lookup(inst.frames, held[i]);
		CHECK(f != NULL && f->handle == held[i]);
		if (i % 2 == 0)
			mirage_frame_release(&inst, f);
	}
	CHECK(inst.stats.frames_live == LIMIT / 2);
	CHECK(mirage_frame_table_destroy(&inst) == LIMIT / 2);
}

/* With few frames, what is left of a handle for the index is still enough. */
static void
few(void)
{
	struct mirage_frame *held[16];
	unsigned i, round;

	open_table(16);
	for (round = 0; round < 10000; round++) {
		for (i = 0; i < 16; i++) {
			held[i] = mirage_platform_frame_alloc(&platform, 14);
			CHECK(mirage_frame_insert(&inst, held[i]) != 0);
		}
		for (i = 0; i < 16; i++) {
			uint32_t h = held[i]->handle;

			CHECK(mirage_frame_lookup(inst.frames, h) == held[i]);
			mirage_frame_release(&inst, held[i]);
			CHECK(mirage_frame_lookup(inst.frames, h) == NULL);
		}
	}
	CHECK(mirage_frame_table_destroy(&inst) == 0);
}

static void
references(void)
{
	struct watched w;
	struct mirage_frame *a, *b;

	open_table(16);
	watch(&w, 0);
	a = mirage_platform_frame_alloc(&platform, 0);
	CHECK(a->nsegs == 0 && a->len == 0);
	CHECK(mirage_frame_add_segment(&platform, a, w.bytes, 100, &w.buffer));
	CHECK(w.buffer.refs == 2);
	mirage_buffer_release(&w.buffer);
	b = mirage_platform_frame_alloc(&platform, 42);
	CHECK(mirage_frame_append(&platform, b, a, 10, 50));
	CHECK(b->len == 92 && b->nsegs == 2 && b->head_len == 42);
	mirage_platform_frame_free(&platform, a);
	CHECK(w.released == 0 && w.buffer.refs == 1);
	CHECK(mirage_frame_contiguous(b, 42, 50) == w.bytes + 10);
	CHECK(mirage_frame_contiguous(b, 41, 2) == NULL);
	CHECK(mirage_frame_contiguous(b, 92, 1) == NULL);
	mirage_frame_truncate(b, 60);
	CHECK(b->len == 60 && w.released == 0);
	mirage_frame_truncate(b, 42);
	CHECK(b->len == 42 && w.released == 1);
	mirage_platform_frame_free(&platform, b);
	CHECK(mirage_frame_table_destroy(&inst) == 0);
}

static void
writable(void)
{
	struct watched w;
	struct mirage_frame *f;
	uint8_t before[200], after[200];
	uint32_t h;

	open_table(16);
	/* Shared with the host: the head is copied, the rest is not. */
	watch(&w, MIRAGE_BUFFER_READONLY);
	f = mirage_platform_frame_alloc(&platform, 0);
	CHECK(mirage_frame_add_segment(&platform, f, w.bytes, 200, &w.buffer));
	mirage_buffer_release(&w.buffer);
	CHECK(f->flags & MIRAGE_FRAME_READONLY);
	h = mirage_frame_insert(&inst, f);
	mirage_frame_slot(inst.frames, h)->views = &views_died;
	mirage_frame_copy_out(f, 0, before, 200);
	CHECK(!mirage_frame_writable(&inst, f, 201));
	CHECK(mirage_frame_writable(&inst, f, 34));
	CHECK(views_died == 1);
	CHECK(inst.stats.copies == 1 && inst.stats.bytes_copied == 34);
	CHECK(!(f->flags & MIRAGE_FRAME_READONLY) && f->len == 200);
	mirage_frame_copy_out(f, 0, after, 200);
	CHECK(memcmp(before, after, 200) == 0);
	CHECK(mirage_frame_contiguous(f, 34, 166) == w.bytes + 34);
	/* Its own by now: nothing to do. */
	CHECK(mirage_frame_writable(&inst, f, 34));
	CHECK(inst.stats.copies == 1);
	mirage_frame_release(&inst, f);
	CHECK(w.released == 1);
	CHECK(mirage_frame_table_destroy(&inst) == 0);
}

/* A chain of a driver's: one buffer, several pieces of it. */
static void
writable_pieces(void)
{
	struct watched w;
	struct mirage_frame *f, *other;

	open_table(16);
	watch(&w, 0);
	f = mirage_platform_frame_alloc(&platform, 0);
	CHECK(mirage_frame_add_segment(&platform, f, w.bytes, 60, &w.buffer));
	CHECK(mirage_frame_add_segment(
	    &platform, f, w.bytes + 60, 90, &w.buffer));
	mirage_buffer_release(&w.buffer);
	/* Nobody else holds it: it is the frame's to change. */
	CHECK(mirage_frame_writable(&inst, f, 34));
	CHECK(inst.stats.copies == 0 && f->head == w.bytes);
	/* Another frame does now. */
	other = mirage_platform_frame_alloc(&platform, 0);
	CHECK(mirage_frame_append(&platform, other, f, 100, 20));
	CHECK(mirage_frame_writable(&inst, f, 34));
	CHECK(inst.stats.copies == 1 && f->head != w.bytes);
	mirage_platform_frame_free(&platform, f);
	CHECK(w.released == 0);
	mirage_platform_frame_free(&platform, other);
	CHECK(w.released == 1);
	CHECK(mirage_frame_table_destroy(&inst) == 0);
}

static void
sums(void)
{
	unsigned round, i;

	for (round = 0; round < 20000; round++) {
		/* Exact allocations: a read beyond one is seen. */
		uint32_t len = random32() % (round % 16 == 0 ? 3000 : 80);
		uint32_t seed = random32() & 0xffff, off, n, want, left;
		uint8_t *all = malloc(len + 1), *at = all;
		uint8_t fill = (uint8_t)random32();
		struct mirage_frame *f =
		    mirage_platform_frame_alloc(&platform, 0);

		for (i = 0; i < len; i++)
			all[i] = round % 3 == 0 ? 0xff :
			    round % 3 == 1	? fill :
						  (uint8_t)random32();
		CHECK(mirage_sum(all, len, seed) == plain_sum(all, len, seed));
		/* The same bytes in pieces of odd and even length. */
		for (left = len; left > 0;) {
			uint32_t piece = 1 + random32() % left;
			struct mirage_frame *part =
			    mirage_platform_frame_alloc(&platform, piece);

			memcpy(part->head, at, piece);
			CHECK(
			    mirage_frame_append(&platform, f, part, 0, piece));
			mirage_platform_frame_free(&platform, part);
			at += piece;
			left -= piece;
		}
		off = len == 0 ? 0 : random32() % len;
		n = len == off ? 0 : random32() % (len - off + 1);
		want = plain_sum(all + off, n, seed);
		CHECK(mirage_frame_sum(f, off, n, seed) == want);
		mirage_platform_frame_free(&platform, f);
		free(all);
	}
}

int
main(void)
{
	char error[ERROR_BYTES];

	CHECK(unix_platform_init(&platform, error));
	handles();
	few();
	references();
	writable();
	writable_pieces();
	sums();
	unix_platform_fini(&platform);
	return (0);
}
