/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Part of duktape_unit.c: stack traces in the form that TypeScript users know,
 * "at name (file.ts:12)".
 */

#define UNIT_TRACE_DEPTH 12 /* frames of a budget's message */

/* Code that the lowering and the built-ins brought in: no reader's business. */
static bool
unit_place_is_internal(const struct unit_place *place)
{
	return (place->line == 0 && strcmp(place->file, "mirage") == 0);
}

/* Does any function that runs have a line in the program? */
static bool
unit_in_program(duk_hthread *thr)
{
	struct unit_place place;
	duk_activation *act;
	duk_hobject *h;
	unsigned n = 0;

	duk_hthread_sync_currpc(thr);
	for (act = thr->callstack_curr; act != NULL; act = act->parent) {
		h = DUK_ACT_GET_FUNC(act);
		if (h == NULL || !DUK_HOBJECT_IS_COMPFUNC(h))
			continue;
		unit_place(
		    thr, h, duk_hthread_get_act_prev_pc(thr, act), &place);
		if (place.line != 0)
			return (true);
		if (++n == UNIT_TRACE_DEPTH)
			break;
	}
	return (false);
}

void
mirage_engine_backtrace(struct mirage_instance *inst)
{
	duk_hthread *thr = unit_thread(inst);
	duk_activation *act;
	struct unit_place place;
	const char *name;
	duk_hobject *h;
	unsigned n = 0;
	bool in_program, in_file, named = false;

	if (thr == NULL || thr->heap->curr_thread == NULL)
		return;
	thr = thr->heap->curr_thread;
	in_program = unit_in_program(thr);
	for (act = thr->callstack_curr; act != NULL; act = act->parent) {
		h = DUK_ACT_GET_FUNC(act);
		if (h == NULL)
			continue;
		name = unit_own_text(thr, h, DUK_STRIDX_NAME);
		place.line = 0;
		if (DUK_HOBJECT_IS_COMPFUNC(h))
			unit_place(thr, h,
			    duk_hthread_get_act_prev_pc(thr, act), &place);
		/* Code made at run time has no file's name. */
		in_file = place.line != 0 && strchr(place.file, '.') != NULL;
		/* Then only who called all of these is worth a line. */
		if (++n > UNIT_TRACE_DEPTH) {
			if (named)
				break;
			if (!in_file)
				continue;
		}
		if (!DUK_HOBJECT_IS_COMPFUNC(h)) {
			/* Natives without a name are the runtime's own. */
			if (name != NULL)
				mirage_fail_at(inst, name, "native", 0);
		} else {
			if (in_program && unit_place_is_internal(&place))
				continue;
			mirage_fail_at(inst, name == NULL ? "" : name,
			    place.file, place.line);
		}
		named = named || in_file;
	}
}

static void
unit_identity(const duk_tval *tv, unsigned *tag, uint64_t *bits)
{
	double number;

	*tag = DUK_TVAL_GET_TAG(tv);
	*bits = 0;
	if (DUK_TVAL_IS_HEAP_ALLOCATED(tv))
		*bits = (uintptr_t)DUK_TVAL_GET_HEAPHDR(tv);
	else if (DUK_TVAL_IS_BOOLEAN(tv))
		*bits = DUK_TVAL_GET_BOOLEAN(tv);
	else if (DUK_TVAL_IS_NUMBER(tv)) {
		/* A number has several tags, by how it is kept. */
		*tag = DUK_TAG_FASTINT;
		number = DUK_TVAL_GET_NUMBER(tv);
		memcpy(bits, &number, sizeof(*bits));
	}
}

/* Remembers the nearest line of the program. */
static void
unit_remember_throw(duk_hthread *thr, const duk_tval *tv)
{
	struct mirage_instance *inst = unit_instance(thr);
	struct mirage_thrown *to = &inst->engine->thrown;
	struct unit_place place;
	duk_activation *act;
	const char *name;
	duk_hobject *h;

	if (inst->exceeded != MIRAGE_BUDGET_NONE ||
	    (DUK_TVAL_IS_OBJECT(tv) &&
		unit_own(thr, DUK_TVAL_GET_OBJECT(tv),
		    DUK_STRIDX_INT_TRACEDATA) != NULL))
		return;
	duk_hthread_sync_currpc(thr);
	for (act = thr->callstack_curr; act != NULL; act = act->parent) {
		h = DUK_ACT_GET_FUNC(act);
		if (h == NULL || !DUK_HOBJECT_IS_COMPFUNC(h))
			continue;
		unit_place(
		    thr, h, duk_hthread_get_act_prev_pc(thr, act), &place);
		if (unit_place_is_internal(&place))
			continue;
		name = unit_own_text(thr, h, DUK_STRIDX_NAME);
		snprintf(to->function, sizeof(to->function), "%s",
		    name == NULL ? "" : name);
		snprintf(to->file, sizeof(to->file), "%s", place.file);
		to->line = place.line;
		unit_identity(tv, &to->tag, &to->bits);
		return;
	}
}

static void
unit_throw(duk_hthread *thr, duk_small_uint_t type, duk_tval *tv, bool again)
{
	if (type == DUK_LJ_TYPE_THROW && !again)
		unit_remember_throw(thr, tv);
	/* The compiler catches nothing: its first error is its end. */
	if (__builtin_expect(thr->compile_ctx != NULL, 0))
		MIRAGE_PROBE(
		    compile__done, thr->compile_ctx->lex.input_length, 1);
	duk_err_setup_ljstate1(thr, type, tv);
}

void
mirage_unit_remember_throw(duk_hthread *thr, int idx)
{
	unit_remember_throw(thr, duk_require_tval(thr, idx));
}

const struct mirage_thrown *
mirage_unit_thrown_at(duk_hthread *thr, int idx)
{
	const struct mirage_thrown *at = &unit_instance(thr)->engine->thrown;
	uint64_t bits;
	unsigned tag;

	unit_identity(duk_require_tval(thr, idx), &tag, &bits);
	return (at->file[0] != '\0' && at->tag == tag && at->bits == bits ?
		at :
		NULL);
}

/* Pushes one line, or "" for what is no use to a reader. */
static void
unit_push_frame(duk_hthread *thr, duk_tval *tv, duk_double_t d)
{
	duk_uint32_t pc, flags;
	struct unit_place place;
	duk_hobject *h;
	const char *name, *as;
	char line[16];

	if (!DUK_TVAL_IS_OBJECT(tv)) {
		duk_push_hstring_empty(thr);
		return;
	}
	h = DUK_TVAL_GET_OBJECT(tv);
	flags = (duk_uint32_t)(d / 4294967296.0);
	pc = (duk_uint32_t)(d - (duk_double_t)flags * 4294967296.0);
	name = unit_own_text(thr, h, DUK_STRIDX_NAME);
	as = (flags & DUK_ACT_FLAG_CONSTRUCT) != 0 ? "new " : "";
	if (!DUK_HOBJECT_IS_COMPFUNC(h)) {
		if (name == NULL)
			duk_push_hstring_empty(thr);
		else
			duk_push_sprintf(
			    thr, "\n    at %s%s (native)", as, name);
		return;
	}
	unit_place(thr, h, pc, &place);
	if (unit_place_is_internal(&place)) {
		duk_push_hstring_empty(thr);
		return;
	}
	/* Line 0: code that is no part of the program's text. */
	line[0] = '\0';
	if (place.line != 0)
		snprintf(line, sizeof(line), ":%lu", (unsigned long)place.line);
	if (name == NULL)
		duk_push_sprintf(thr, "\n    at %s%s", place.file, line);
	else
		duk_push_sprintf(
		    thr, "\n    at %s%s (%s%s)", as, name, place.file, line);
}

void
mirage_unit_push_trace(duk_hthread *thr, int idx)
{
	duk_tval *tv, *item;
	duk_hobject *h, *trace;
	duk_uarridx_t i, n;
	duk_double_t d;

	h = duk_get_hobject(thr, idx);
	tv = h == NULL ? NULL : unit_own(thr, h, DUK_STRIDX_INT_TRACEDATA);
	if (tv == NULL || !DUK_TVAL_IS_OBJECT(tv)) {
		duk_push_hstring_empty(thr);
		return;
	}
	trace = DUK_TVAL_GET_OBJECT(tv);
	duk_push_hobject(thr, trace);
	n = (duk_uarridx_t)duk_get_length(thr, -1);
	duk_push_hstring_empty(thr);
	for (i = 0; i + 1 < n; i += 2) {
		/* [ trace text ] */
		duk_get_prop_index(thr, -2, i);
		duk_get_prop_index(thr, -3, i + 1);
		d = duk_get_number_default(thr, -1, 0.0);
		duk_pop(thr);
		item = duk_get_tval(thr, -1);
		if (item != NULL && DUK_TVAL_IS_STRING(item)) {
			/*
			 * Where the compiler met an error; else where in
			 * Duktape's C it was made, which says nothing.
			 */
			const char *s = duk_get_string(thr, -1);
			size_t len = strlen(s);

			if (len > 2 && strcmp(s + len - 2, ".c") == 0)
				duk_push_hstring_empty(thr);
			else
				duk_push_sprintf(thr, "\n    at %s:%lu", s,
				    (unsigned long)(duk_uint32_t)d);
		} else {
			unit_push_frame(thr, item, d);
		}
		duk_remove_m2(thr);
		duk_concat(thr, 2);
	}
	duk_remove_m2(thr);
}

void
mirage_unit_push_method(
    duk_hthread *thr, duk_ret_t (*call)(duk_hthread *), int nargs)
{
	duk_push_c_function_builtin_noconstruct(thr, call, nargs);
}

/* Error.prototype.stack: "Name: message", then the frames. */
static duk_ret_t
unit_stack_getter(duk_hthread *thr)
{
	duk_hobject *h;

	duk_push_this(thr);
	h = duk_get_hobject(thr, -1);
	if (h == NULL || unit_own(thr, h, DUK_STRIDX_INT_TRACEDATA) == NULL)
		return (0);
	duk_dup(thr, -1);
	(void)duk_to_string(thr, -1);
	mirage_unit_push_trace(thr, -2);
	duk_concat(thr, 2);
	return (1);
}

void
mirage_unit_prepare(duk_hthread *thr)
{
	duk_get_global_string(thr, "Error");
	duk_get_prop_string(thr, -1, "prototype");
	duk_push_string(thr, "stack");
	mirage_unit_push_method(thr, unit_stack_getter, 0);
	duk_def_prop(thr, -3,
	    DUK_DEFPROP_HAVE_GETTER | DUK_DEFPROP_FORCE |
		DUK_DEFPROP_SET_CONFIGURABLE);
	duk_pop_2(thr);
	unit_put_prices(thr);
}
