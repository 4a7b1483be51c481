/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The queue of microtasks (HTML Standard, section 8.1.7.3; jobs in ECMA-262,
 * section 9.5), which promises and queueMicrotask() share.
 */
#ifndef MIRAGE_MICROTASKS_H
#define MIRAGE_MICROTASKS_H

#include "native.h"

struct mirage_engine;

void mirage_microtasks_prepare(duk_context *, struct mirage_engine *);
/* Is there something to run? */
bool mirage_microtasks_wait(const struct mirage_engine *);
/* Runs microtasks, an instance's, until there are none.  May throw. */
duk_ret_t mirage_microtasks_run(duk_context *, void *inst);
/* Queues a function, two arguments for it on top of it; pops all three. */
void mirage_microtasks_queue(duk_context *, struct mirage_engine *);

#endif /* MIRAGE_MICROTASKS_H */
