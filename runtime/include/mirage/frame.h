/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames: reference-counted memory with an owner below.
 *
 * A buffer is a piece of memory that somebody below owns (an mbuf's storage,
 * a receive buffer of a tap, an allocation of ours, the bytes of a JavaScript
 * buffer).  A segment is a range of a buffer.  A frame is a list of segments;
 * it holds one reference on the buffer of each.  A chain that the platform
 * received is one frame and is not flattened.
 */
#ifndef MIRAGE_FRAME_H
#define MIRAGE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A range of memory with an owner.  Embed it; release() gets the last
 * reference. */
struct mirage_buffer {
	uint32_t refs; /* atomic: a driver may drop it in any context */
	uint32_t flags; /* MIRAGE_BUFFER_* */
	void (*release)(struct mirage_buffer *);
};

#define MIRAGE_BUFFER_READONLY 0x1 /* shared with the host: do not write */
/*
 * With READONLY: at least some of it is the host's (a file that it sends, a
 * segment that it may send again), so no program gets a view of it.
 */
#define MIRAGE_BUFFER_HOST 0x2

struct mirage_segment {
	uint8_t *data;
	uint32_t len; /* bytes */
	struct mirage_buffer *buffer;
};

#define MIRAGE_FRAME_SEGMENTS 4 /* held in the frame; more are allocated */

/* Receive checksum verdicts (what the NIC said) and transmit requests. */
#define MIRAGE_FRAME_RX_L3_GOOD 0x0001 /* IPv4 header checksum verified */
#define MIRAGE_FRAME_RX_L4_GOOD 0x0002 /* TCP or UDP checksum verified */
/*
 * The checksum of TCP or UDP is good but perhaps not in its place: the host
 * left it to a card.  The runtime fills it in before the frame is sent on or
 * its bytes are shown to the program.
 */
#define MIRAGE_FRAME_RX_UNSUMMED 0x0004
#define MIRAGE_FRAME_TX_CSUM	 0x0010 /* fill csum_start/csum_offset */
/*
 * Cut into several packets (TSO).  What an interface can do says which version
 * of IP; a frame that asks for it has one of the two.
 */
#define MIRAGE_FRAME_TX_SEGMENT4 0x0020
#define MIRAGE_FRAME_TX_SEGMENT6 0x0040
#define MIRAGE_FRAME_TX_SEGMENT \
	(MIRAGE_FRAME_TX_SEGMENT4 | MIRAGE_FRAME_TX_SEGMENT6)
#define MIRAGE_FRAME_READONLY 0x0100 /* the first segment is the host's too */

struct mirage_frame {
	uint8_t *head; /* first segment's data: the headers, contiguous */
	uint32_t head_len; /* bytes contiguous at head */
	uint32_t len; /* bytes in all segments */
	uint32_t refs; /* of the instance's thread only: not atomic */
	uint32_t handle; /* in the instance's frame table; 0: in none */
	uint16_t netif; /* index of the interface it came from */
	uint16_t flags; /* MIRAGE_FRAME_* */
	uint16_t csum_start; /* bytes from head, as in virtio-net */
	uint16_t csum_offset; /* bytes from csum_start */
	/*
	 * With TX_SEGMENT: payload bytes of each packet but the last, and bytes
	 * of all headers, which lie in head.  Without: those of a frame that
	 * was merged of several packets on its way in (LRO, GRO); 0: of one.
	 */
	uint16_t segment_bytes;
	uint16_t header_bytes;
	uint16_t nsegs;
	uint16_t maxsegs;
	uint64_t timestamp_ns; /* receive time, monotonic clock */
	struct mirage_segment *segs; /* inline_segs, or allocated */
	struct mirage_segment inline_segs[MIRAGE_FRAME_SEGMENTS];
	struct mirage_frame *next; /* queue and free-list link */
};

/* Takes one more reference on a buffer. */
static inline void
mirage_buffer_retain(struct mirage_buffer *b)
{
	__atomic_fetch_add(&b->refs, 1, __ATOMIC_RELAXED);
}

/*
 * Drops one reference; the last one frees.  Who holds the only reference
 * needs no locked instruction to know it.
 */
static inline void
mirage_buffer_release(struct mirage_buffer *b)
{
	if (__atomic_load_n(&b->refs, __ATOMIC_ACQUIRE) == 1 ||
	    __atomic_fetch_sub(&b->refs, 1, __ATOMIC_ACQ_REL) == 1)
		b->release(b);
}

struct mirage_platform;
void mirage_platform_free(struct mirage_platform *, void *, size_t);

/*
 * Drops a frame's buffers and its allocated segments: what
 * mirage_platform_frame_free does first.  Leaves an empty frame.
 */
static inline void
mirage_frame_drop_segments(struct mirage_platform *p, struct mirage_frame *f)
{
	unsigned i;

	for (i = 0; i < f->nsegs; i++)
		mirage_buffer_release(f->segs[i].buffer);
	if (f->segs != f->inline_segs)
		mirage_platform_free(
		    p, f->segs, f->maxsegs * sizeof(struct mirage_segment));
	f->segs = f->inline_segs;
	f->maxsegs = MIRAGE_FRAME_SEGMENTS;
	f->nsegs = 0;
	f->head = NULL;
	f->head_len = 0;
	f->len = 0;
}

#endif /* MIRAGE_FRAME_H */
