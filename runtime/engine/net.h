/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the run loop asks of the bindings of interfaces, frames and frame code
 * (native_net.c): the listeners that application code has set.
 */
#ifndef MIRAGE_ENGINE_NET_H
#define MIRAGE_ENGINE_NET_H

#include <stdbool.h>
#include <stdint.h>

struct mirage_event;
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
/* An event of frame code to its listener; the same. */
bool mirage_net_deliver_event(
    struct mirage_instance *, const struct mirage_event *);

#endif /* MIRAGE_ENGINE_NET_H */
