/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The bindings of src/lib/native.ts for frame code: calls into it, and its
 * events on their way out.
 */
#include "frame/table.h"
#include "native_net.h"
#include "net.h"
#include "wasm/host.h"

/* Which export a function is: its magic, which has 15 bits to use. */
#define EXPORT_BITS  10
#define RESULT_SHIFT EXPORT_BITS
#define MODULE_SHIFT (RESULT_SHIFT + 2)
#define MODULES	     8

/* What it returns: as `Returns` in src/lib/native.ts. */
enum result { UNSIGNED, SIGNED, BOOLEAN, NOTHING };

static struct mirage_wasm *
module_argument(duk_context *ctx, struct mirage_instance *inst, duk_idx_t idx)
{
	uint32_t n = mirage_native_uint(ctx, idx, "module", 0, UINT32_MAX);

	if (n >= inst->frame_code->nmodules)
		(void)duk_range_error(
		    ctx, "there is no frame code %lu", (unsigned long)n);
	return (inst->frame_code->modules[n]);
}

static struct mirage_wasm *
module_of(const struct mirage_instance *inst, duk_int_t magic)
{
	return (inst->frame_code->modules[magic >> MODULE_SHIFT]);
}

static uint32_t
export_of(duk_int_t magic)
{
	return ((uint32_t)magic & ((1u << EXPORT_BITS) - 1));
}

/* An export, called: integer arguments (ToUint32). */
static duk_ret_t
frame_code_call(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	duk_int_t magic = duk_get_current_magic(ctx);
	uint32_t args[MIRAGE_WASM_ARGS] = {0}, result = 0;
	duk_idx_t top = duk_get_top(ctx), i;

	for (i = 0; i < top && i < MIRAGE_WASM_ARGS; i++)
		args[i] = duk_to_uint32(ctx, i);
	/*
	 * After a trap the instance has failed, and the interpreter throws at
	 * its next instruction.
	 */
	(void)mirage_wasm_call(
	    module_of(inst, magic), export_of(magic), args, &result);
	mirage_net_unpin(inst);
	switch ((enum result)(magic >> RESULT_SHIFT & 3)) {
	case UNSIGNED:
		duk_push_uint(ctx, result);
		return (1);
	case SIGNED:
		duk_push_int(ctx, (int32_t)result);
		return (1);
	case BOOLEAN:
		duk_push_boolean(ctx, result != 0);
		return (1);
	default:
		return (0);
	}
}

/* Module, name, enum result: the export as a function, undefined for none. */
static duk_ret_t
frame_code_function(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	struct mirage_wasm *w = module_argument(ctx, inst, 0);
	const char *name = duk_require_string(ctx, 1);
	int32_t e = mirage_wasm_find_export(w, name);
	uint32_t result =
	    mirage_native_uint(ctx, 2, "result", UNSIGNED, NOTHING);

	if (e < 0)
		return (0);
	if (e >= 1 << EXPORT_BITS || w->index >= MODULES)
		return (duk_range_error(ctx,
		    "frame code %s: %s is export %ld of module %u: at most %d "
		    "exports of %d modules can be called",
		    w->module->name, name, (long)e, w->index, 1 << EXPORT_BITS,
		    MODULES));
	duk_push_c_function(ctx, frame_code_call, DUK_VARARGS);
	duk_set_magic(ctx, -1,
	    (duk_int_t)(w->index << MODULE_SHIFT | result << RESULT_SHIFT |
		(uint32_t)e));
	duk_push_string(ctx, "name");
	duk_dup(ctx, 1);
	duk_def_prop(ctx, -3,
	    DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_FORCE |
		DUK_DEFPROP_SET_CONFIGURABLE);
	return (1);
}

/*
 * An export that takes bytes, its first argument, the bytes (a view or an
 * array of views), and where to begin: the number of the view and the byte in
 * it.  The export is called as (first argument, frame, 0, length) for each
 * part, and says how much it has taken.  True: all of it; a number below 0: as
 * the export says; an array: the view and byte where what was not taken begins.
 */
static duk_ret_t
frame_give(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	struct mirage_cursor at = {.last = false};
	uint32_t args[MIRAGE_WASM_ARGS] = {0};
	duk_int_t magic;

	if (duk_get_c_function(ctx, 0) != frame_code_call)
		return (duk_type_error(ctx, "not a function of frame code"));
	magic = duk_get_magic(ctx, 0);
	args[0] = duk_to_uint32(ctx, 1);
	at.view = mirage_native_uint(ctx, 3, "view", 0, UINT32_MAX);
	at.offset = mirage_native_uint(ctx, 4, "offset", 0, UINT32_MAX);
	while (!at.last) {
		struct mirage_cursor before = at;
		struct mirage_frame *f =
		    mirage_net_gather_next(ctx, inst, 2, &at);
		uint32_t taken;

		if (f == NULL)
			continue;
		args[3] = taken = f->len;
		args[1] = mirage_net_insert(ctx, inst, f);
		if (!mirage_wasm_call(
			module_of(inst, magic), export_of(magic), args, &taken))
			return (0);
		f = mirage_frame_lookup(inst->frames, args[1]);
		if (f != NULL)
			mirage_frame_release(inst, f);
		mirage_net_unpin(inst);
		if ((int32_t)taken < 0) {
			duk_push_int(ctx, (int32_t)taken);
			return (1);
		}
		if (taken < args[3]) {
			mirage_net_skip(ctx, 2, &before, taken);
			duk_push_array(ctx);
			duk_push_uint(ctx, (duk_uint_t)before.view);
			duk_put_prop_index(ctx, -2, 0);
			duk_push_uint(ctx, (duk_uint_t)before.offset);
			duk_put_prop_index(ctx, -2, 1);
			return (1);
		}
	}
	duk_push_true(ctx);
	return (1);
}

static duk_ret_t
frame_code_listen(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	uint32_t i = module_argument(ctx, inst, 0)->index;

	mirage_net_set_listener(ctx, inst, &inst->net->module_listener[i], 1);
	return (0);
}

void
mirage_native_frame_code(duk_context *ctx)
{
	static const struct mirage_native_entry entries[] = {
	    {"frameCodeFunction", frame_code_function, 3},
	    {"frameGive", frame_give, 5},
	    {"frameCodeListen", frame_code_listen, 2},
	};

	mirage_native_put(ctx, entries, sizeof(entries) / sizeof(entries[0]));
}

/* The run loop's side. */

/* The next event that somebody listens to; what nobody wants is dropped. */
static mirage_ref
next_event(struct mirage_instance *inst, void *left, struct mirage_call *call)
{
	uint32_t *n = left;
	struct mirage_event e;

	mirage_net_unpin(inst);
	while (*n > 0 && mirage_frame_code_event(inst, &e)) {
		mirage_ref listener = inst->net->module_listener[e.module];
		struct mirage_frame *f;

		(*n)--;
		inst->stats.events++;
		if (listener != 0) {
			call->args[0] = e.kind;
			call->args[1] = e.frame;
			call->args[2] = e.offset;
			call->args[3] = e.length;
			call->args[4] = e.a;
			call->args[5] = e.b;
			call->args[6] = e.c;
			call->nargs = 7;
			return (listener);
		}
		f = e.frame == 0 ? NULL :
				   mirage_frame_lookup(inst->frames, e.frame);
		if (f != NULL)
			mirage_frame_release(inst, f);
	}
	return (0);
}

void
mirage_net_deliver_events(struct mirage_instance *inst)
{
	/* Those that come meanwhile wait for the next turn. */
	uint32_t left = inst->frame_code->nevents;

	(void)mirage_engine_calls(inst, next_event, &left);
	mirage_net_unpin(inst);
}
