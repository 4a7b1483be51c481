/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the bindings of interfaces and frames (native_net.c) and those of
 * frame code (native_frame_code.c) share, with what makes frames of views
 * (native_gather.c).
 */
#ifndef MIRAGE_ENGINE_NATIVE_NET_H
#define MIRAGE_ENGINE_NATIVE_NET_H

#include "native.h"

struct pin;
struct view;

struct mirage_net {
	mirage_ref netif_listener[MIRAGE_NETIFS];
	mirage_ref *module_listener; /* one for each module */
	struct view *spare_views;
	struct pin *spare_pins;
	struct pin *building; /* of the write that is under way */
	struct pin *unpinned; /* atomic: dropped, perhaps by another thread */
	uint32_t pinned; /* not in spare_pins */
};

/* Lets go of the values whose pins were dropped. */
void mirage_net_unpin(struct mirage_instance *);

/*
 * Makes a frame of the views in the array at idx, or of the one view there, by
 * reference: on no table, one reference.  Throws, also for more than `max`
 * bytes (`limit` says what allows no more).  mirage_net_built() must follow.
 */
struct mirage_frame *mirage_net_gather(duk_context *, struct mirage_instance *,
    duk_idx_t idx, size_t max, const char *limit);

#define MIRAGE_GATHER_BYTES 65536 /* one frame of a long write */
#define MIRAGE_GATHER_VIEWS 64

/* How far a write has come. */
struct mirage_cursor {
	duk_size_t view; /* in the array */
	size_t offset; /* in that view */
	bool last; /* nothing follows */
};

/*
 * The same for the next part of the views, at most MIRAGE_GATHER_BYTES of at
 * most MIRAGE_GATHER_VIEWS of them, with the cursor behind it; NULL: these
 * hold no bytes.
 */
struct mirage_frame *mirage_net_gather_next(duk_context *,
    struct mirage_instance *, duk_idx_t idx, struct mirage_cursor *);
/* Moves a cursor on by bytes that lie behind it. */
void mirage_net_skip(
    duk_context *, duk_idx_t idx, struct mirage_cursor *, size_t bytes);
/*
 * Puts it on the table, and drops the write's own references.  Throws if the
 * program holds too many frames.
 */
uint32_t mirage_net_insert(
    duk_context *, struct mirage_instance *, struct mirage_frame *);
/* Drops what a write that was built, or given up half-way, holds itself. */
void mirage_net_built(struct mirage_instance *);

/* Replaces a listener by the function, null or undefined at idx. */
void mirage_net_set_listener(
    duk_context *, struct mirage_instance *, mirage_ref *slot, duk_idx_t idx);

#endif /* MIRAGE_ENGINE_NATIVE_NET_H */
