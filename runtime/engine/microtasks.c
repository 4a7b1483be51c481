/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The queue of microtasks: a ring of functions with two arguments each, in a
 * JavaScript array, so that a job of a promise needs no function of its own.
 */
#include <stdbool.h>
#include <stdint.h>

#include <mirage/probes.h>

#include "microtasks.h"
#include "unit.h"

#define FIRST_RING 64 /* a power of two */
#define SLOTS	   3u /* of the array, for each: function and arguments */
#define UNITS	   8 /* instructions that each counts as */

void
mirage_push_own_array(duk_context *ctx)
{
	duk_push_array(ctx);
	duk_push_undefined(ctx);
	duk_set_prototype(ctx, -2);
}

/* Makes the array on top of the stack the ring, and pops it. */
static void
set_ring(duk_context *ctx, struct mirage_engine *e, uint32_t size)
{
	e->ring = duk_get_heapptr(ctx, -1);
	e->ring_mask = size - 1;
	e->ring_head = 0;
	duk_push_heap_stash(ctx);
	duk_insert(ctx, -2);
	duk_put_prop_string(ctx, -2, "ring");
	duk_pop(ctx);
}

void
mirage_microtasks_prepare(duk_context *ctx, struct mirage_engine *e)
{
	mirage_push_own_array(ctx);
	set_ring(ctx, e, FIRST_RING);
}

static void
grow(duk_context *ctx, struct mirage_engine *e)
{
	uint32_t size = e->ring_mask + 1, i, slot;

	duk_push_heapptr(ctx, e->ring);
	mirage_push_own_array(ctx);
	for (i = 0; i < e->ring_count; i++)
		for (slot = 0; slot < SLOTS; slot++) {
			uint32_t from = (e->ring_head + i) & e->ring_mask;

			duk_get_prop_index(ctx, -2, from * SLOTS + slot);
			duk_put_prop_index(ctx, -2, i * SLOTS + slot);
		}
	set_ring(ctx, e, 2 * size);
	duk_pop(ctx);
}

void
mirage_microtasks_queue(duk_context *ctx, struct mirage_engine *e)
{
	uint32_t at;

	if (e->ring_count > e->ring_mask)
		grow(ctx, e);
	at = ((e->ring_head + e->ring_count) & e->ring_mask) * SLOTS;
	/* [ function a b ] */
	duk_push_heapptr(ctx, e->ring);
	duk_insert(ctx, -4);
	duk_put_prop_index(ctx, -4, at + 2);
	duk_put_prop_index(ctx, -3, at + 1);
	duk_put_prop_index(ctx, -2, at);
	duk_pop(ctx);
	e->ring_count++;
}

bool
mirage_microtasks_wait(const struct mirage_engine *e)
{
	return (e->ring_count > 0 || e->drained != 0);
}

/* Pushes what comes next, with its arguments, and takes it off the ring. */
static void
take(duk_context *ctx, struct mirage_engine *e)
{
	uint32_t at = e->ring_head * SLOTS;

	duk_push_heapptr(ctx, e->ring);
	duk_get_prop_index(ctx, -1, at);
	duk_get_prop_index(ctx, -2, at + 1);
	duk_get_prop_index(ctx, -3, at + 2);
	/* The ring must keep nothing alive. */
	duk_push_undefined(ctx);
	duk_put_prop_index(ctx, -5, at + 1);
	duk_push_undefined(ctx);
	duk_put_prop_index(ctx, -5, at + 2);
	duk_remove(ctx, -4);
	e->ring_head = (e->ring_head + 1) & e->ring_mask;
	e->ring_count--;
}

duk_ret_t
mirage_microtasks_run(duk_context *ctx, void *arg)
{
	struct mirage_instance *inst = arg;
	struct mirage_engine *e = inst->engine;
	uint32_t ran = 0;

	duk_require_stack(ctx, 8);
	while (mirage_microtasks_wait(e) && !mirage_ending(inst)) {
		if (e->ring_count > 0) {
			take(ctx, e);
			ran++;
		} else {
			mirage_ref drained = e->drained;

			e->drained = 0;
			mirage_ref_push(ctx, drained);
			mirage_ref_free(inst, drained);
			duk_push_undefined(ctx);
			duk_push_undefined(ctx);
		}
		duk_call(ctx, 2);
		duk_pop(ctx);
		/*
		 * Natives alone may run here, which no interrupt sees.  Who
		 * runs next finds that nothing is left, and is named.
		 */
		inst->fuel -= UNITS;
	}
	MIRAGE_PROBE(microtasks, inst->stats.turns, ran);
	return (0);
}

/* A function, and two arguments for it. */
static duk_ret_t
queue_microtask(duk_context *ctx)
{
	mirage_native_function(ctx, 0, "the microtask");
	mirage_microtasks_queue(ctx, mirage_native_instance(ctx)->engine);
	return (0);
}

/* Called once, when the queue is empty, instead of what was to be. */
static duk_ret_t
when_drained(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	mirage_ref drained;

	mirage_native_function(ctx, 0, "the callback");
	drained = mirage_ref_new(ctx, 0);
	mirage_ref_free(inst, inst->engine->drained);
	inst->engine->drained = drained;
	return (0);
}

void
mirage_native_microtasks(duk_context *ctx)
{
	static const struct mirage_native_entry entries[] = {
	    {"queueMicrotask", queue_microtask, 3},
	    {"whenDrained", when_drained, 1},
	};

	mirage_native_put(ctx, entries, sizeof(entries) / sizeof(entries[0]));
}
