/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames by handle: what application code and frame code hold instead of a
 * pointer.  A handle names a slot and the slot's generation, so one that was
 * released names nothing, whatever its slot holds now.
 *
 * A handle's low bits are the slot's index, as many as the program's limit of
 * frames needs; the rest is the generation.  Slots are reused in the order in
 * which they became free, so a handle comes again only after (generations) *
 * (slots) frames: 2^27 with the default limit.
 */
#ifndef MIRAGE_FRAME_TABLE_H
#define MIRAGE_FRAME_TABLE_H

#include "instance.h"

#define MIRAGE_FRAMES_INITIAL 256
/* An IPv6 packet of 65,535 bytes of payload behind Ethernet, evened. */
#define MIRAGE_FRAME_BYTES_MAX 65590

struct mirage_frame_slot {
	struct mirage_frame *frame; /* NULL: free */
	uint32_t handle; /* 0: free */
	uint32_t generation; /* of the next handle */
	/* JavaScript's views of it (engine/native_net.c), NULL: none */
	void *views;
	uint32_t prev_viewed, next_viewed; /* list of those with views */
	uint32_t merged; /* pieces beyond the first, if it was merged */
	uint32_t next_free;
};

struct mirage_frame_table {
	struct mirage_frame_slot *slots;
	uint32_t mask; /* number of slots (a power of 2) - 1 */
	uint32_t limit; /* frames at once */
	unsigned index_bits;
	uint32_t first_free, last_free;
	uint32_t first_viewed; /* 0: none */
	/*
	 * Pieces of memory that merged frames have beyond one each.  The limit
	 * holds for these, too: then no more are merged in software.
	 */
	uint32_t merged;
	/* What was looked up last: one frame is worked on at a time. */
	uint32_t last_handle;
	struct mirage_frame *last_frame; /* NULL: none */
};

/* NULL if there is no memory. */
struct mirage_frame_table *mirage_frame_table_create(struct mirage_instance *);
/* Releases all frames that are left; returns how many there were. */
uint32_t mirage_frame_table_destroy(struct mirage_instance *);

static inline struct mirage_frame_slot *
mirage_frame_slot(const struct mirage_frame_table *t, uint32_t handle)
{
	struct mirage_frame_slot *slot = &t->slots[handle & t->mask];

	if (__builtin_expect(slot->handle != handle, 0))
		return (NULL);
	return (slot);
}

struct mirage_frame *mirage_frame_search(
    struct mirage_frame_table *, uint32_t handle);

/* The frame, or NULL if the handle is stale or never was. */
static inline struct mirage_frame *
mirage_frame_lookup(struct mirage_frame_table *t, uint32_t handle)
{
	if (__builtin_expect(t->last_handle == handle, 1))
		return (t->last_frame);
	return (mirage_frame_search(t, handle));
}

/*
 * Puts a frame with one reference (now the table's user's) into the table;
 * returns its handle.  0 if the program holds its limit already:
 * the frame is still the caller's.
 */
uint32_t mirage_frame_insert(struct mirage_instance *, struct mirage_frame *);

/*
 * Takes a frame out of the table without dropping a reference: its handle is
 * stale and views of it are empty from now on.
 */
void mirage_frame_detach(struct mirage_instance *, struct mirage_frame *);

/* References of the instance's thread. */
void mirage_frame_release(struct mirage_instance *, struct mirage_frame *);

/*
 * Sends a frame that is in the table, on interface `netif`; takes one
 * reference in any case.  Counts.  Fills in the checksum that the frame asks
 * for if the interface cannot.
 */
bool mirage_frame_transmit(
    struct mirage_instance *, unsigned netif, struct mirage_frame *);

/* Empties the views of a slot: engine/native_net.c, or nothing without it. */
void mirage_net_views_die(struct mirage_instance *, struct mirage_frame_slot *);

/* ops.c */

/*
 * The address of `len` bytes at `off`, if they lie in the frame and in one
 * segment; else NULL.
 */
uint8_t *mirage_frame_contiguous(
    const struct mirage_frame *, uint32_t off, uint32_t len);
/* Is [off, off + len) in the frame? */
static inline bool
mirage_frame_holds(const struct mirage_frame *f, uint32_t off, uint32_t len)
{
	return (off <= f->len && len <= f->len - off);
}
/* Copies; the range lies in the frame.  The caller counts. */
void mirage_frame_copy_out(
    const struct mirage_frame *, uint32_t off, void *to, uint32_t len);
void mirage_frame_copy_in(
    struct mirage_frame *, uint32_t off, const void *from, uint32_t len);
/* Appends a range of a buffer, taking a reference on it.  false: no memory. */
bool mirage_frame_add_segment(struct mirage_platform *, struct mirage_frame *,
    uint8_t *data, uint32_t len, struct mirage_buffer *);
/*
 * Appends bytes of src (which lie in src, which is not f) by reference; f is
 * unchanged if there is no memory (false).
 */
bool mirage_frame_append(struct mirage_platform *, struct mirage_frame *f,
    const struct mirage_frame *src, uint32_t off, uint32_t len);
/*
 * Makes the first len bytes contiguous, writable and not shared with another
 * frame, copying (counted) if it must.  false: too long, or no memory.
 */
bool mirage_frame_writable(
    struct mirage_instance *, struct mirage_frame *, uint32_t len);
/* Is some of the range the host's memory, which a view would open to writes? */
bool mirage_frame_is_hosts(
    const struct mirage_frame *, uint32_t off, uint32_t len);
/* Drops the bytes behind len. */
void mirage_frame_truncate(struct mirage_frame *, uint32_t len);

/* finish.c */

/* A range of TCP or UDP in a frame. */
struct mirage_transport {
	uint32_t at, len; /* bytes from head; header and data */
	uint32_t field; /* of the checksum, from head */
	uint32_t seed; /* sum of the pseudo header, with its length */
	uint8_t protocol;
};
/* false: there is none, or its header is cut off or not contiguous. */
bool mirage_frame_transport(
    const struct mirage_frame *, struct mirage_transport *);

/*
 * Fills in the checksum that a frame came without (MIRAGE_FRAME_RX_UNSUMMED).
 * false: no memory.
 */
bool mirage_frame_finish(struct mirage_instance *, struct mirage_frame *);
/*
 * Asks for it instead, as the program would (MIRAGE_FRAME_TX_CSUM).  false: no
 * memory.
 */
bool mirage_frame_request(struct mirage_instance *, struct mirage_frame *);
/* Fills it in if it lies at `off` or behind it. */
bool mirage_frame_finish_before(
    struct mirage_instance *, struct mirage_frame *, uint32_t off);

/* segment.c */

/*
 * Makes a frame that was merged one that is to be cut, as it leaves.  false:
 * no memory, or its headers are not those of TCP.
 */
bool mirage_frame_resegment(struct mirage_instance *, struct mirage_frame *);
/*
 * Looks at the headers of a frame that is to be cut, sets header_bytes and the
 * one of TX_SEGMENT4 and 6 that it is.  false: they are not those of TCP, or
 * a packet would be longer than `max` bytes.
 */
bool mirage_frame_check_segment(struct mirage_frame *, uint32_t max);
/* Gets a packet that was cut off, and owns it.  false: no more of them. */
typedef bool mirage_frame_taker(
    struct mirage_instance *, void *argument, struct mirage_frame *);
/*
 * The packets of a frame that is merged, or that mirage_frame_check_segment()
 * has looked at, each with the frame's request for a checksum or its verdict.
 * Headers are copied (counted), payload is by reference.  The frame stays the
 * caller's.  false: the taker said so, no memory, or the headers are not those
 * of TCP.
 */
bool mirage_frame_cut(struct mirage_instance *, const struct mirage_frame *,
    mirage_frame_taker *, void *argument);

/* merge.c */

/*
 * Merges packets of TCP that follow each other among n frames that an interface
 * received and that are in no table; returns how many frames are left.  For who
 * knows what merged frames are: frame code.
 */
int mirage_frame_merge(
    struct mirage_instance *, struct mirage_frame **frames, int n);

/* checksum.c */

/*
 * RFC 1071, section 1: the one's complement sum of 16-bit big-endian words,
 * folded to 16 bits, not inverted, `seed` added.  An odd last byte counts as
 * the high half of a word whose low half is 0.
 */
uint32_t mirage_sum(const uint8_t *data, size_t len, uint32_t seed);
/* The same over a range of a frame (which lies in it). */
uint32_t mirage_frame_sum(
    const struct mirage_frame *, uint32_t off, uint32_t len, uint32_t seed);

#endif /* MIRAGE_FRAME_TABLE_H */
