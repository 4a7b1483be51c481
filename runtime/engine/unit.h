/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the unit that contains Duktape (duktape_unit.c) offers to the rest of
 * the engine host, which uses Duktape's public interface only.
 */
#ifndef MIRAGE_UNIT_H
#define MIRAGE_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include "engine.h"

struct duk_hthread;

#define MIRAGE_RANDOM_BYTES 256
#define MIRAGE_DEEP	    1024 /* see unit_mark() */

/* A value that C keeps alive: in the array `refs`, and here by address. */
struct mirage_ref_slot {
	void *heapptr; /* NULL: free */
	mirage_ref next_free;
};

/* Where a value was thrown that carries no trace of its own. */
struct mirage_thrown {
	unsigned tag; /* which value: Duktape's type, */
	uint64_t bits; /* and its number, or its address */
	char function[64]; /* "": it has no name */
	char file[160]; /* "": nothing was thrown yet */
	uint32_t line;
};

/*
 * The functions that run, as text for the probe `sample`: outermost first,
 * with ; between.  Kept only while somebody listens.
 */
#define MIRAGE_SAMPLE_BYTES 4096
#define MIRAGE_SAMPLE_DEPTH 128
struct mirage_sample {
	char text[MIRAGE_SAMPLE_BYTES];
	uint16_t length; /* of it */
	uint16_t lengths[MIRAGE_SAMPLE_DEPTH]; /* before each function */
	uint32_t depth; /* functions in it */
	uint32_t deeper; /* that had no room */
};

struct mirage_async;

struct mirage_engine {
	struct duk_hthread *ctx;

	struct mirage_sample sample;

	struct mirage_thrown thrown; /* the last one */

	size_t failed; /* size that could not be allocated; 0: none */
	unsigned tries; /* how often, one after the other */

	unsigned grace; /* see unit_fuel_out() */

	jmp_buf *fatal; /* where a fatal error goes */
	bool dead; /* there was one: the heap must not be touched */

	int64_t kept_alive;

	struct mirage_ref_slot *slots; /* slot 0 is not used */
	uint32_t nslots;
	mirage_ref free_slot;
	void *refs_array; /* JavaScript array of the referenced values */

	/* Microtasks: a ring in a JavaScript array. */
	void *ring;
	uint32_t ring_mask;
	uint32_t ring_head;
	uint32_t ring_count;
	mirage_ref drained; /* called when there are none left; 0: nothing */
	struct mirage_async *async; /* NULL: no function awaits */

	void *deep[MIRAGE_DEEP]; /* what a collection has still to mark */
	unsigned ndeep;
	unsigned collections; /* of garbage, in this turn */

	uint8_t random[MIRAGE_RANDOM_BYTES];
	unsigned random_left; /* bytes */
};

uint64_t mirage_engine_random64(struct mirage_instance *);

/* A Duktape heap in inst->heap whose budgets are inst's; NULL: no memory. */
struct duk_hthread *mirage_unit_create(
    struct mirage_instance *, void (*fatal)(void *udata, const char *msg));

/* Charges what the interpreter ran since the last charge; outside of calls. */
void mirage_unit_settle(struct mirage_instance *, struct duk_hthread *);

/* A turn begins: looks which of the language's probes are on. */
void mirage_unit_trace_turn(struct mirage_instance *);

/* Pushes a native function that `new` refuses, as ECMA-262 wants of methods. */
void mirage_unit_push_method(
    struct duk_hthread *, int (*call)(struct duk_hthread *), int nargs);

/* Replaces Error.prototype.stack, and puts a price on natives that loop. */
void mirage_unit_prepare(struct duk_hthread *);

/* Empties a typed array over an external buffer, and that buffer. */
void mirage_unit_detach(struct mirage_instance *, void *view);

/* See mirage_native_buffer_owner(). */
void *mirage_unit_buffer_owner(
    struct duk_hthread *, int idx, const uint8_t **base, size_t *len);

/* The value at idx is thrown, or as good as, by who runs now. */
void mirage_unit_remember_throw(struct duk_hthread *, int idx);

/* The place where the value at idx was thrown; NULL if that is not known. */
const struct mirage_thrown *mirage_unit_thrown_at(
    struct duk_hthread *, int idx);

/*
 * Pushes the frames of an Error's trace as text, each line begun by
 * "\n    at "; "" for what is no Error.
 */
void mirage_unit_push_trace(struct duk_hthread *, int idx);

/*
 * Rewrites file name and line table of the function at idx and of all
 * functions in it.  map() gets a line of the compiled text and sets file (the
 * index of a name) and line; it leaves them alone if nothing is known.
 */
struct mirage_line_map {
	void (*map)(void *arg, uint32_t line, uint32_t *file, uint32_t *to);
	const char *(*name)(void *arg, uint32_t file);
	void *arg;
};
void mirage_unit_map_lines(
    struct duk_hthread *, int idx, const struct mirage_line_map *);

#endif /* MIRAGE_UNIT_H */
