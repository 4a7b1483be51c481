/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the bindings of interfaces and frames (native_net.c) and those of
 * frame code (native_frame_code.c) share.
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

/* Replaces a listener by the function, null or undefined at idx. */
void mirage_net_set_listener(
    duk_context *, struct mirage_instance *, mirage_ref *slot, duk_idx_t idx);

#endif /* MIRAGE_ENGINE_NATIVE_NET_H */
