/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Timers of application code: a binary heap of deadlines.
 */
#ifndef MIRAGE_TIMERS_H
#define MIRAGE_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"

struct mirage_instance;
struct mirage_timers;

/* Sets inst->timers; false: no memory. */
bool mirage_timers_open(struct mirage_instance *);
/* Before the engine is closed. */
void mirage_timers_close(struct mirage_instance *);

/*
 * Fires after delay_ns, and then again every delay_ns (at least 1 ms then) if
 * repeat.  Takes the reference on the callback.  Returns an id > 0, or 0 if
 * there is no memory.
 */
uint32_t mirage_timers_set(struct mirage_instance *, mirage_ref callback,
    uint64_t delay_ns, bool repeat);
/* Unknown ids are ignored. */
void mirage_timers_clear(struct mirage_instance *, uint32_t id);

/* The next deadline, monotonic; UINT64_MAX: no timer is set. */
uint64_t mirage_timers_deadline(const struct mirage_instance *);

/*
 * Calls what is due at now_ns, each in a turn of its own, by deadline, then in
 * the order in which they were set.  Timers that these set wait for the next
 * call, so that frames get their turn.  False: the program is ending.
 */
bool mirage_timers_run(struct mirage_instance *, uint64_t now_ns);

#endif /* MIRAGE_TIMERS_H */
