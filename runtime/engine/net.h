/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the run loop asks of the bindings of interfaces, frames and frame code
 * (native_net.c, native_frame_code.c): the listeners that application code has
 * set.
 */
#ifndef MIRAGE_ENGINE_NET_H
#define MIRAGE_ENGINE_NET_H

#include <stdbool.h>
#include <stdint.h>

struct mirage_instance;

/* Sets inst->net; false: no memory. */
bool mirage_net_open(struct mirage_instance *);
/* Before the engine is closed; may be called in any case. */
void mirage_net_close(struct mirage_instance *);

/*
 * Gives a frame (the table's reference, now the listener's) to the raw
 * listener of an interface, in a turn of its own.  False: there is none, and
 * the frame is still the caller's.
 */
bool mirage_net_deliver_frame(
    struct mirage_instance *, unsigned netif, uint32_t handle);
/*
 * Gives the events that frame code has queued to their listeners: one entry
 * into the engine for all of them, a turn and its microtasks for each.
 */
void mirage_net_deliver_events(struct mirage_instance *);

#endif /* MIRAGE_ENGINE_NET_H */
