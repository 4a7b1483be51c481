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

static struct mirage_wasm *
module_argument(duk_context *ctx, struct mirage_instance *inst, duk_idx_t idx)
{
	uint32_t n = mirage_native_uint(ctx, idx, "module", 0, UINT32_MAX);

	if (n >= inst->frame_code->nmodules)
		(void)duk_range_error(
		    ctx, "there is no frame code %lu", (unsigned long)n);
	return (inst->frame_code->modules[n]);
}

static duk_ret_t
frame_code_export(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	struct mirage_wasm *w = module_argument(ctx, inst, 0);

	duk_push_int(
	    ctx, mirage_wasm_find_export(w, duk_require_string(ctx, 1)));
	return (1);
}

static duk_ret_t
frame_code_call(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	struct mirage_wasm *w = module_argument(ctx, inst, 0);
	uint32_t e = mirage_native_uint(ctx, 1, "export", 0, UINT32_MAX);
	uint32_t args[MIRAGE_WASM_ARGS] = {0}, result = 0;
	duk_idx_t top = duk_get_top(ctx), i;

	if (e >= (w->calls != NULL ? w->ncalls + 1 : w->module->nexports))
		return (duk_range_error(ctx, "frame code %s has no export %lu",
		    w->module->name, (unsigned long)e));
	for (i = 2; i < top && i < 2 + MIRAGE_WASM_ARGS; i++)
		args[i - 2] = duk_to_uint32(ctx, i);
	/*
	 * After a trap the instance has failed, and the interpreter throws at
	 * its next instruction.
	 */
	(void)mirage_wasm_call(w, e, args, &result);
	mirage_net_unpin(inst);
	duk_push_uint(ctx, result);
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
	    {"frameCodeExport", frame_code_export, 2},
	    {"frameCodeCall", frame_code_call, DUK_VARARGS},
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
