/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The engine host: the border between Duktape and the rest of the runtime.
 * Nothing here throws: what goes wrong in JavaScript ends the program through
 * mirage_fail(), and the functions that ran it return false.
 *
 * One turn:
 *
 *	mirage_engine_turn(inst);
 *	mirage_engine_call(inst, callback, args, nargs);
 *	mirage_engine_microtasks(inst);
 */
#ifndef MIRAGE_ENGINE_H
#define MIRAGE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instance.h"

/* A JavaScript value that C keeps alive; 0 is none. */
typedef uint32_t mirage_ref;

/*
 * Identifies the engine and its bytecode: a program that was built with
 * another one is refused.
 */
const char *mirage_engine_id(void);

/*
 * Was the program built for this engine?  If not, mirage_fail() was called.
 * To be asked before any part of the program is looked at.
 */
bool mirage_engine_accepts(struct mirage_instance *);

/*
 * Sets inst->heap and inst->engine; inst->config, platform and program are
 * set.  On false mirage_fail() was called.  close may be called in any case,
 * and more than once.
 */
bool mirage_engine_open(struct mirage_instance *);
void mirage_engine_close(struct mirage_instance *);

/* Begins a turn: a full budget of instructions. */
void mirage_engine_turn(struct mirage_instance *);

/* Loads the program and runs its main, with microtasks: a turn of its own. */
bool mirage_engine_main(struct mirage_instance *);

/* Calls a function with unsigned integers as arguments. */
bool mirage_engine_call(struct mirage_instance *, mirage_ref callback,
    const uint32_t *args, unsigned nargs);

/*
 * The same for many calls, in one entry into the engine: asks `next` for one
 * after the other until it answers 0, and gives each a turn of its own, which
 * ends with its microtasks.
 */
#define MIRAGE_CALL_ARGS 8
struct mirage_call {
	uint32_t args[MIRAGE_CALL_ARGS];
	unsigned nargs;
};
typedef mirage_ref mirage_next_call(
    struct mirage_instance *, void *arg, struct mirage_call *);
bool mirage_engine_calls(
    struct mirage_instance *, mirage_next_call *next, void *arg);

/* Runs microtasks until there are none. */
bool mirage_engine_microtasks(struct mirage_instance *);

/* See mirage_instance_functions(). */
const char *mirage_engine_functions(const struct mirage_instance *);

/* Does a listener want the program to go on (native.keepAlive)? */
bool mirage_engine_kept_alive(const struct mirage_instance *);

/* Drops a reference; 0 is ignored. */
void mirage_ref_free(struct mirage_instance *, mirage_ref);

/*
 * Ends the program because a budget is used up: names budget, rtparam and
 * limit, then the JavaScript frames.  Allocates nothing.  The interpreter
 * throws at its next instruction, and no handler can stop it.
 */
void mirage_engine_exceeded(struct mirage_instance *, enum mirage_budget);

/*
 * Appends the JavaScript frames that are running, innermost first, with
 * mirage_fail_at().  Allocates nothing.
 */
void mirage_engine_backtrace(struct mirage_instance *);

/*
 * After mirage_fail(), a stop request or exit(): makes the interpreter throw at
 * its next instruction until it has returned to C.
 */
void mirage_engine_interrupt(struct mirage_instance *);

/*
 * Charges n units of work to the turn, as natives do whose run time depends
 * on their arguments.  False: the budget is used up; return at once.
 */
bool mirage_engine_charge(struct mirage_instance *, uint64_t n);

#endif /* MIRAGE_ENGINE_H */
