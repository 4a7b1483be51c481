/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The engine host: opens and closes Duktape for an instance, and calls into
 * it.  Each call is protected twice: errors that JavaScript throws end in
 * Duktape's protected call, Duktape's own fatal errors in a setjmp() here.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <mirage/platform.h>
#include <mirage/probes.h>

#include "heap.h"
#include "microtasks.h"
#include "native.h"
#include "report.h"
#include "unit.h"

#define TEXT2(x) #x
#define TEXT(x)	 TEXT2(x)

#define FIRST_SLOTS  32
#define OPENING_FUEL (INT64_C(1) << 40)

const char *
mirage_engine_id(void)
{
	return ("duktape-" TEXT(DUK_VERSION) "-" DUK_GIT_COMMIT
					     "-" TEXT(MIRAGE_PROGRAM_FORMAT));
}

struct mirage_instance *
mirage_native_instance(duk_context *ctx)
{
	duk_memory_functions f;

	duk_get_memory_functions(ctx, &f);
	return (f.udata);
}

uint64_t
mirage_engine_random64(struct mirage_instance *inst)
{
	struct mirage_engine *e = inst->engine;
	uint64_t x;

	if (e->random_left < sizeof(x)) {
		mirage_platform_entropy(
		    inst->platform, e->random, sizeof(e->random));
		e->random_left = sizeof(e->random);
	}
	e->random_left -= sizeof(x);
	memcpy(&x, e->random + e->random_left, sizeof(x));
	return (x);
}

/* Duktape cannot go on, and must not be called again: back to enter(). */
static void
fatal(void *udata, const char *msg)
{
	struct mirage_instance *inst = udata;
	char what[160];

	snprintf(what, sizeof(what), "engine failure: %s",
	    msg == NULL ? "unknown" : msg);
	mirage_fail(inst, MIRAGE_FAILED, what);
	inst->engine->dead = true;
	longjmp(*inst->engine->fatal, 1);
}

/*
 * Calls f in Duktape, protected.  False if the program is to end; an error
 * that was thrown has been reported then.
 */
static bool
enter(struct mirage_instance *inst, duk_safe_call_function f, void *arg)
{
	struct mirage_engine *e = inst->engine;
	jmp_buf here, *outer = e->fatal;
	duk_context *ctx = e->ctx;
	bool ok;

	if (e->dead || mirage_ending(inst))
		return (false);
	e->fatal = &here;
	if (setjmp(here) != 0) {
		e->fatal = outer;
		return (false);
	}
	ok = duk_safe_call(ctx, f, arg, 0, 1) == DUK_EXEC_SUCCESS;
	mirage_unit_settle(inst, ctx);
	if (!ok && !mirage_ending(inst))
		mirage_report_uncaught(inst, ctx);
	if (!mirage_ending(inst))
		duk_pop(ctx);
	e->fatal = outer;
	return (ok && !mirage_ending(inst));
}

/* --- opening and closing --- */

static duk_ret_t
prepare(duk_context *ctx, void *arg)
{
	struct mirage_engine *e = arg;

	duk_push_heap_stash(ctx);
	mirage_push_own_array(ctx);
	e->refs_array = duk_get_heapptr(ctx, -1);
	duk_put_prop_string(ctx, -2, "refs");
	duk_pop(ctx);
	mirage_microtasks_prepare(ctx, e);

	/* Finalizers, coroutines and the like are no part of TypeScript. */
	duk_push_global_object(ctx);
	duk_del_prop_string(ctx, -1, "Duktape");
	duk_pop(ctx);
	mirage_native_math(ctx);
	mirage_unit_prepare(ctx);
	return (0);
}

static bool
open_failed(struct mirage_instance *inst)
{
	mirage_fail(inst, MIRAGE_OVER_BUDGET,
	    "heap budget exceeded: the engine does not fit in it (rtparam h)");
	mirage_engine_close(inst);
	return (false);
}

bool
mirage_engine_open(struct mirage_instance *inst)
{
	struct mirage_engine *e;
	jmp_buf here;

	inst->fuel = OPENING_FUEL;
	inst->heap =
	    mirage_heap_create(inst->platform, inst->config.params.heap_bytes);
	if (inst->heap == NULL)
		return (open_failed(inst));
	e = mirage_heap_alloc(inst->heap, sizeof(*e));
	if (e == NULL)
		return (open_failed(inst));
	memset(e, 0, sizeof(*e));
	inst->engine = e;
	e->fatal = &here;
	if (setjmp(here) != 0) {
		e->fatal = NULL;
		return (false);
	}
	e->ctx = mirage_unit_create(inst, fatal);
	e->fatal = NULL;
	if (e->ctx == NULL)
		return (open_failed(inst));
	return (enter(inst, prepare, e));
}

/*
 * No need to take Duktape's heap apart object by object: all of it is in ours.
 */
void
mirage_engine_close(struct mirage_instance *inst)
{
	if (inst->heap != NULL) {
		inst->stats.heap_bytes = mirage_heap_used(inst->heap);
		inst->stats.heap_bytes_max = mirage_heap_peak(inst->heap);
	}
	/* The text is gone: nobody may read it any more. */
	if (inst->engine != NULL)
		MIRAGE_PROBE(sample, NULL, 0, 0);
	inst->timers = NULL;
	inst->engine = NULL;
	/* A signal's handler looks at it. */
	__asm__ volatile("" ::: "memory");
	mirage_heap_destroy(inst->heap);
	inst->heap = NULL;
}

/* --- references --- */

static bool
grow_slots(struct mirage_instance *inst)
{
	struct mirage_engine *e = inst->engine;
	struct mirage_ref_slot *slots;
	uint32_t i, n;

	n = e->nslots == 0 ? FIRST_SLOTS : e->nslots * 2;
	slots = mirage_heap_realloc(inst->heap, e->slots, n * sizeof(*slots));
	if (slots == NULL)
		return (false);
	for (i = n - 1; i >= (e->nslots == 0 ? 1 : e->nslots); i--) {
		slots[i].heapptr = NULL;
		slots[i].next_free = e->free_slot;
		e->free_slot = i;
	}
	e->slots = slots;
	e->nslots = n;
	return (true);
}

mirage_ref
mirage_ref_new(duk_context *ctx, duk_idx_t idx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	struct mirage_engine *e = inst->engine;
	mirage_ref ref;

	if (e->free_slot == 0 && !grow_slots(inst)) {
		mirage_engine_exceeded(inst, MIRAGE_BUDGET_HEAP);
		(void)duk_error(ctx, DUK_ERR_RANGE_ERROR, "out of memory");
	}
	idx = duk_normalize_index(ctx, idx);
	ref = e->free_slot;
	duk_push_heapptr(ctx, e->refs_array);
	duk_dup(ctx, idx);
	duk_put_prop_index(ctx, -2, ref); /* may throw, so before the rest */
	duk_pop(ctx);
	e->free_slot = e->slots[ref].next_free;
	e->slots[ref].heapptr = duk_require_heapptr(ctx, idx);
	return (ref);
}

void
mirage_ref_push(duk_context *ctx, mirage_ref ref)
{
	struct mirage_engine *e = mirage_native_instance(ctx)->engine;

	if (ref == 0 || ref >= e->nslots)
		duk_push_undefined(ctx);
	else
		duk_push_heapptr(ctx, e->slots[ref].heapptr);
}

static duk_ret_t
drop_ref(duk_context *ctx, void *arg)
{
	struct mirage_engine *e = mirage_native_instance(ctx)->engine;

	duk_push_heapptr(ctx, e->refs_array);
	duk_push_undefined(ctx);
	duk_put_prop_index(ctx, -2, *(mirage_ref *)arg);
	return (0);
}

void
mirage_ref_free(struct mirage_instance *inst, mirage_ref ref)
{
	struct mirage_engine *e = inst->engine;

	if (e == NULL || ref == 0 || ref >= e->nslots ||
	    e->slots[ref].heapptr == NULL)
		return;
	e->slots[ref].heapptr = NULL;
	e->slots[ref].next_free = e->free_slot;
	e->free_slot = ref;
	/* Nothing will run any more: the heap goes as a whole. */
	if (e->dead || mirage_ending(inst))
		return;
	(void)duk_safe_call(e->ctx, drop_ref, &ref, 0, 1);
	duk_pop(e->ctx);
}

/* --- views --- */

mirage_ref
mirage_view_push(duk_context *ctx, void *data, uint32_t len)
{
	duk_push_external_buffer(ctx);
	duk_config_buffer(ctx, -1, data, len);
	duk_push_buffer_object(ctx, -1, 0, len, DUK_BUFOBJ_UINT8ARRAY);
	duk_remove(ctx, -2);
	return (mirage_ref_new(ctx, -1));
}

void
mirage_view_detach(struct mirage_instance *inst, mirage_ref ref)
{
	struct mirage_engine *e = inst->engine;

	if (e == NULL || ref == 0 || ref >= e->nslots ||
	    e->slots[ref].heapptr == NULL)
		return;
	mirage_unit_detach(inst, e->slots[ref].heapptr);
	mirage_ref_free(inst, ref);
}

/* --- microtasks --- */

bool
mirage_engine_microtasks(struct mirage_instance *inst)
{
	if (inst->engine == NULL)
		return (false);
	if (!mirage_microtasks_wait(inst->engine))
		return (!mirage_ending(inst));
	return (enter(inst, mirage_microtasks_run, inst));
}

/* --- turns and calls --- */

void
mirage_engine_turn(struct mirage_instance *inst)
{
	if (inst->exceeded != MIRAGE_BUDGET_NONE)
		return;
	inst->fuel = (int64_t)inst->config.params.instructions;
	if (inst->engine != NULL) {
		inst->engine->grace = 0;
		inst->engine->collections = 0;
		mirage_unit_trace_turn(inst);
	}
}

struct call {
	mirage_ref callback;
	const uint32_t *args;
	unsigned nargs;
};

static duk_ret_t
run_call(duk_context *ctx, void *arg)
{
	const struct call *c = arg;
	unsigned i;

	mirage_ref_push(ctx, c->callback);
	duk_require_stack(ctx, (duk_idx_t)c->nargs);
	for (i = 0; i < c->nargs; i++)
		duk_push_uint(ctx, c->args[i]);
	duk_call(ctx, (duk_idx_t)c->nargs);
	return (0);
}

bool
mirage_engine_call(struct mirage_instance *inst, mirage_ref callback,
    const uint32_t *args, unsigned nargs)
{
	struct call c = {callback, args, nargs};

	if (inst->engine == NULL)
		return (false);
	return (enter(inst, run_call, &c));
}

struct calls {
	struct mirage_instance *inst;
	mirage_next_call *next;
	void *arg;
};

static duk_ret_t
run_calls(duk_context *ctx, void *arg)
{
	const struct calls *c = arg;
	struct mirage_instance *inst = c->inst;
	struct mirage_call call;
	mirage_ref callback;
	unsigned i;

	duk_require_stack(ctx, 1 + MIRAGE_CALL_ARGS);
	while (!mirage_ending(inst) &&
	    (callback = c->next(inst, c->arg, &call)) != 0) {
		mirage_engine_turn(inst);
		mirage_ref_push(ctx, callback);
		for (i = 0; i < call.nargs; i++)
			duk_push_uint(ctx, call.args[i]);
		duk_call(ctx, (duk_idx_t)call.nargs);
		duk_pop(ctx);
		if (mirage_microtasks_wait(inst->engine))
			(void)mirage_microtasks_run(ctx, inst);
		/* What is left of this turn's budget is not the next one's. */
		mirage_unit_settle(inst, ctx);
	}
	return (0);
}

bool
mirage_engine_calls(
    struct mirage_instance *inst, mirage_next_call *next, void *arg)
{
	struct calls c = {inst, next, arg};

	if (inst->engine == NULL)
		return (false);
	return (enter(inst, run_calls, &c));
}

static duk_ret_t
run_main(duk_context *ctx, void *arg)
{
	struct mirage_instance *inst = arg;

	/* Loading copies what it needs. */
	duk_push_external_buffer(ctx);
	duk_config_buffer(ctx, -1, (void *)(uintptr_t)inst->program->bytecode,
	    inst->program->bytecode_len);
	duk_load_function(ctx); /* the bundle's text: its value is main */
	MIRAGE_PROBE(
	    bytecode__load, inst->program->name, inst->program->bytecode_len);
	duk_call(ctx, 0);
	mirage_native_push(ctx);
	duk_call(ctx, 1);
	return (0);
}

bool
mirage_engine_accepts(struct mirage_instance *inst)
{
	char what[256];

	if (strcmp(inst->program->engine_id, mirage_engine_id()) == 0)
		return (true);
	snprintf(what, sizeof(what),
	    "the program was built for engine %.80s, and this is %s: "
	    "build it again",
	    inst->program->engine_id, mirage_engine_id());
	mirage_fail(inst, MIRAGE_FAILED, what);
	return (false);
}

bool
mirage_engine_main(struct mirage_instance *inst)
{
	if (inst->engine == NULL)
		return (false);
	mirage_engine_turn(inst);
	return (enter(inst, run_main, inst) && mirage_engine_microtasks(inst));
}

bool
mirage_engine_kept_alive(const struct mirage_instance *inst)
{
	return (inst->engine != NULL && inst->engine->kept_alive > 0);
}

const char *
mirage_engine_functions(const struct mirage_instance *inst)
{
	const struct mirage_engine *e = inst->engine;

	return (e == NULL ? "" : e->sample.text);
}
