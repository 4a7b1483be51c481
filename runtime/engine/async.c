/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What resumes an async function when what it awaited is settled: the common
 * part of stdlib-nofloat/es/async-functions.ts and generators.ts, without the
 * instructions of the interpreter that it takes there.  Everything else (an
 * error, `finally`, the end, a thenable) is left to them.
 */
#include <stdbool.h>
#include <string.h>

#include "heap.h"
#include "microtasks.h"
#include "unit.h"

/* As in generators.ts: how a body is entered, and what it returns. */
enum op { OP_NEXT = 0, OP_THROW = 1, OP_BREAK = 3, OP_YIELD = 4, OP_CATCH = 6 };

/* As in promise.ts. */
#define REJECTED 2
#define SETTLED	 3
#define HANDLED	 4

/* Properties of promises, and of the state of a function. */
enum name {
	STATE,
	VALUE,
	BODY,
	INNER,
	LOOP,
	SELF,
	LABEL,
	TRYS,
	SENT_CODE,
	SENT_VALUE,
	NAMES
};

static const char *const names[NAMES] = {[STATE] = "state",
    [VALUE] = "value",
    [BODY] = "body",
    [INNER] = "inner",
    [LOOP] = "loop",
    [SELF] = "self",
    [LABEL] = "label",
    [TRYS] = "trys",
    [SENT_CODE] = "sentCode",
    [SENT_VALUE] = "sentValue"};

struct mirage_async {
	void *name[NAMES]; /* strings that are kept alive */
	void *prototype; /* of promises */
	void *resume; /* the job itself, as JavaScript sees it */
	mirage_ref advance; /* (state, op, value): goes on by any way */
	mirage_ref await; /* (value, state) */
};

/* Pushes a property of the object at idx. */
static void
get(duk_context *ctx, const struct mirage_async *a, duk_idx_t idx, enum name n)
{
	(void)duk_get_prop_heapptr(ctx, idx, a->name[n]);
}

/* Pops the property's value. */
static void
put(duk_context *ctx, const struct mirage_async *a, duk_idx_t idx, enum name n)
{
	(void)duk_put_prop_heapptr(ctx, idx, a->name[n]);
}

static int
get_int(
    duk_context *ctx, const struct mirage_async *a, duk_idx_t idx, enum name n)
{
	int value;

	get(ctx, a, idx, n);
	value = duk_get_int_default(ctx, -1, -1);
	duk_pop(ctx);
	return (value);
}

static void
put_int(duk_context *ctx, const struct mirage_async *a, duk_idx_t idx,
    enum name n, int value)
{
	duk_push_int(ctx, value);
	put(ctx, a, idx, n);
}

/* What became of an await: Awaited in src/lib/native.ts. */
enum await {
	OTHER, /* it is no promise that we know */
	WAITS, /* it resumes the function */
	SEVERAL /* it would, but others wait too */
};

/*
 * Has the promise at an index resume the function.  What else lies there may
 * have getters, which are not to be run: so it is known by its prototype.
 */
static enum await
wait_for(duk_context *ctx, const struct mirage_async *a, duk_idx_t promise,
    duk_idx_t function)
{
	int state;
	bool known;

	if (!duk_is_object(ctx, promise))
		return (OTHER);
	duk_get_prototype(ctx, promise);
	known = duk_get_heapptr(ctx, -1) == a->prototype;
	duk_pop(ctx);
	if (!known)
		return (OTHER);
	state = get_int(ctx, a, promise, STATE);
	if (state < 0)
		return (OTHER);
	if ((state & SETTLED) != 0) {
		put_int(ctx, a, promise, STATE, state | HANDLED);
		duk_push_heapptr(ctx, a->resume);
		duk_dup(ctx, promise);
		duk_dup(ctx, function);
		mirage_microtasks_queue(
		    ctx, mirage_native_instance(ctx)->engine);
		return (WAITS);
	}
	get(ctx, a, promise, VALUE);
	known = duk_is_undefined(ctx, -1);
	duk_pop(ctx);
	if (!known)
		return (SEVERAL);
	put_int(ctx, a, promise, STATE, state | HANDLED);
	duk_dup(ctx, function);
	put(ctx, a, promise, VALUE);
	return (WAITS);
}

/* Does a jump to this label leave the innermost `try`? */
static bool
leaves_try(
    duk_context *ctx, const struct mirage_async *a, duk_idx_t function, int to)
{
	duk_idx_t top = duk_get_top(ctx);
	duk_size_t n;
	bool leaves = false;

	get(ctx, a, function, TRYS);
	n = duk_get_length(ctx, -1);
	if (n > 0) {
		duk_get_prop_index(ctx, -1, (duk_uarridx_t)(n - 1));
		duk_get_prop_index(ctx, -1, 0);
		duk_get_prop_index(ctx, -2, 3);
		leaves = to <= duk_get_int_default(ctx, -2, to) ||
		    to >= duk_get_int_default(ctx, -1, to);
	}
	duk_set_top(ctx, top);
	return (leaves);
}

/*
 * Runs the body from where it stopped to its next await, which is OP_YIELD, or
 * to anything else that it does.  What it is sent lies on top of the stack, and
 * is popped; what it awaits, has thrown or the like lies there then.
 */
static enum op
run_body(duk_context *ctx, const struct mirage_async *a, duk_idx_t function,
    enum op sent)
{
	put(ctx, a, function, SENT_VALUE);
	put_int(ctx, a, function, SENT_CODE, (int)sent);
	for (;;) {
		int op;

		get(ctx, a, function, BODY);
		get(ctx, a, function, SELF);
		duk_dup(ctx, function);
		if (duk_pcall_method(ctx, 1) != DUK_EXEC_SUCCESS)
			return (OP_CATCH);
		duk_get_prop_index(ctx, -1, 0);
		op = duk_get_int_default(ctx, -1, -1);
		duk_pop(ctx);
		duk_get_prop_index(ctx, -1, 1);
		duk_remove(ctx, -2);
		if (op != OP_BREAK ||
		    leaves_try(
			ctx, a, function, duk_get_int_default(ctx, -1, -1)))
			return ((enum op)op);
		put(ctx, a, function, LABEL);
	}
}

/* Does the function wait for another body, a loop's or in `yield*`? */
static bool
delegates(duk_context *ctx, const struct mirage_async *a, duk_idx_t function)
{
	bool other;

	get(ctx, a, function, LOOP);
	get(ctx, a, function, INNER);
	other = !duk_is_undefined(ctx, -1) || !duk_is_undefined(ctx, -2);
	duk_pop_2(ctx);
	return (other);
}

/* A promise that was settled, and the state of the function that awaited it. */
static duk_ret_t
resume(duk_context *ctx)
{
	struct mirage_engine *e = mirage_native_instance(ctx)->engine;
	const struct mirage_async *a = e->async;
	duk_idx_t promise = 0, function = 1;
	enum op op;

	op = (get_int(ctx, a, promise, STATE) & SETTLED) == REJECTED ?
	    OP_THROW :
	    OP_NEXT;
	get(ctx, a, promise, VALUE);
	if (!delegates(ctx, a, function))
		op = run_body(ctx, a, function, op);
	/* [ promise function value ] */
	if (op != OP_YIELD) {
		mirage_ref_push(ctx, a->advance);
		duk_dup(ctx, function);
		duk_push_int(ctx, (int)op);
		duk_dup(ctx, 2);
		duk_call(ctx, 3);
		return (0);
	}
	put_int(ctx, a, function, LABEL, get_int(ctx, a, function, LABEL) + 1);
	if (wait_for(ctx, a, 2, function) != WAITS) {
		mirage_ref_push(ctx, a->await);
		duk_dup(ctx, 2);
		duk_dup(ctx, function);
		duk_call(ctx, 2);
	}
	return (0);
}

/* A value and the state of the function that awaits it: enum await. */
static duk_ret_t
async_wait(duk_context *ctx)
{
	const struct mirage_async *a =
	    mirage_native_instance(ctx)->engine->async;

	duk_push_int(ctx, a == NULL ? OTHER : wait_for(ctx, a, 0, 1));
	return (1);
}

/*
 * The prototype of promises, and two functions of async-functions.ts; the job
 * of promises that async functions await.
 */
static duk_ret_t
async_job(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	struct mirage_async *a = inst->engine->async;
	unsigned i;

	if (a != NULL)
		return (duk_error(ctx, DUK_ERR_ERROR, "there is one already"));
	if (!duk_is_object(ctx, 0))
		return (duk_type_error(ctx, "no prototype of promises"));
	mirage_native_function(ctx, 1, "advance");
	mirage_native_function(ctx, 2, "await");
	a = mirage_heap_alloc(inst->heap, sizeof(*a));
	if (a == NULL)
		return (duk_range_error(ctx, "out of memory"));
	memset(a, 0, sizeof(*a));
	inst->engine->async = a;
	for (i = 0; i < NAMES; i++) {
		duk_push_string(ctx, names[i]);
		(void)mirage_ref_new(ctx, -1);
		a->name[i] = duk_get_heapptr(ctx, -1);
		duk_pop(ctx);
	}
	(void)mirage_ref_new(ctx, 0);
	a->prototype = duk_get_heapptr(ctx, 0);
	a->advance = mirage_ref_new(ctx, 1);
	a->await = mirage_ref_new(ctx, 2);
	duk_push_c_function(ctx, resume, 2);
	(void)mirage_ref_new(ctx, -1);
	a->resume = duk_get_heapptr(ctx, -1);
	return (1);
}

void
mirage_native_async(duk_context *ctx)
{
	static const struct mirage_native_entry entries[] = {
	    {"asyncJob", async_job, 3},
	    {"asyncWait", async_wait, 2},
	};

	mirage_native_put(ctx, entries, sizeof(entries) / sizeof(entries[0]));
}
