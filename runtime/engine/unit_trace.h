/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Part of duktape_unit.c: the language's probes.
 *
 * Which of them are on is looked at when a turn begins and when the interpreter
 * is interrupted, and kept in a byte of the thread that Duktape has no use for.
 * So a call, a return and a new object cost two instructions each while nobody
 * traces, and the interpreter's loop none.
 *
 * All that runs here reads: it allocates nothing, calls nothing that could
 * throw, and charges no budget.
 */

/* In thr->unused1. */
#define UNIT_TRACE_CALLS   0x1
#define UNIT_TRACE_OBJECTS 0x2
#define UNIT_TRACE_SAMPLE  0x4

/* In the flags of an activation: what its end has to tell. */
#define UNIT_ACT_ENTERED  (1U << 8)
#define UNIT_ACT_EXECUTED (1U << 9)
#define UNIT_ACT_SAMPLED  (1U << 10)
#define UNIT_ACT_TRACED \
	(UNIT_ACT_ENTERED | UNIT_ACT_EXECUTED | UNIT_ACT_SAMPLED)

#define UNIT_NO_CLASS	 "<global>"
#define UNIT_NO_FUNCTION "<anonymous>"
#define UNIT_NATIVE	 "native"

/* --- names --- */

/* Where a function is; its file is in buf, or where it is kept. */
struct unit_where {
	const char *file;
	uint32_t line;
	char buf[160];
};

/*
 * Of a function of several files (the main program, of all that it imports) a
 * file's name is no string by itself. A script may keep the pointer for longer
 * than buf lives: heap.d does until the object is finalized.
 */
#define UNIT_KEPT_FILES 64

static char unit_kept_files[UNIT_KEPT_FILES][160];

static const char *
unit_kept_file(const char *file)
{
	char *kept;
	int i;

	for (i = 0; i < UNIT_KEPT_FILES; i++) {
		kept = unit_kept_files[i];
		if (kept[0] == '\0')
			snprintf(kept, sizeof(unit_kept_files[i]), "%s", file);
		if (strcmp(kept, file) == 0)
			return (kept);
	}
	return (NULL);
}

static void
unit_where_is(duk_hthread *thr, duk_hobject *h, duk_uint_fast32_t pc,
    struct unit_where *where)
{
	const char *names = unit_own_text(thr, h, DUK_STRIDX_FILE_NAME);
	struct unit_place place;

	if (names != NULL && strchr(names, '\n') == NULL) {
		where->file = names;
		where->line = unit_raw_line(thr, h, pc);
		return;
	}
	unit_place(thr, h, pc, &place);
	where->line = place.line;
	where->file = unit_kept_file(place.file);
	if (where->file == NULL) {
		memcpy(where->buf, place.file, sizeof(where->buf));
		where->file = where->buf;
	}
}

/* Of an activation: at its first instruction, or at the one that it is at. */
static void
unit_act_where(duk_hthread *thr, const duk_activation *act, bool at_start,
    struct unit_where *where)
{
	duk_hobject *h = DUK_ACT_GET_FUNC(act);

	if (h == NULL || !DUK_HOBJECT_IS_COMPFUNC(h)) {
		where->file = UNIT_NATIVE;
		where->line = 0;
		return;
	}
	unit_where_is(thr, h,
	    at_start || act->curr_pc == NULL ?
		0 :
		duk_hthread_get_act_prev_pc(thr, act),
	    where);
}

/* Of whatever runs: the nearest function that is not native. */
static void
unit_current_where(duk_hthread *thr, struct unit_where *where)
{
	const duk_activation *act;
	duk_hobject *h;

	where->file = UNIT_NATIVE;
	where->line = 0;
	duk_hthread_sync_currpc(thr);
	for (act = thr->callstack_curr; act != NULL; act = act->parent) {
		h = DUK_ACT_GET_FUNC(act);
		if (h != NULL && DUK_HOBJECT_IS_COMPFUNC(h)) {
			unit_act_where(thr, act, false, where);
			return;
		}
	}
}

static const char *
unit_class_of_flags(duk_heap *heap, duk_uint_t flags)
{
	unsigned stridx =
	    duk_class_number_to_stridx[(flags >> DUK_HOBJECT_FLAG_CLASS_BASE) &
		0x1f];

	return ((const char *)DUK_HSTRING_GET_DATA(
	    DUK_HEAP_GET_STRING(heap, stridx)));
}

#define UNIT_CLASS_DEPTH 4 /* prototypes that are looked at */

/* The name of the constructor that the object's prototypes lead to. */
static const char *
unit_class_of(duk_hthread *thr, duk_hobject *h)
{
	const char *name;
	duk_hobject *maker, *up = h;
	duk_tval *tv;
	int i;

	for (i = 0; i < UNIT_CLASS_DEPTH; i++) {
		up = DUK_HOBJECT_GET_PROTOTYPE(thr->heap, up);
		if (up == NULL)
			break;
		tv = unit_own(thr, up, DUK_STRIDX_CONSTRUCTOR);
		if (tv == NULL || !DUK_TVAL_IS_OBJECT(tv))
			continue;
		maker = DUK_TVAL_GET_OBJECT(tv);
		name = unit_own_text(thr, maker, DUK_STRIDX_NAME);
		/* Of some kinds, as of arguments, Object knows less. */
		if (name != NULL &&
		    maker != thr->builtins[DUK_BIDX_OBJECT_CONSTRUCTOR])
			return (name);
		break;
	}
	return (unit_class_of_flags(thr->heap, DUK_HEAPHDR_GET_FLAGS(&h->hdr)));
}

static const char *
unit_class_of_this(duk_hthread *thr, const duk_tval *tv)
{
	const char *name;
	duk_hobject *h;

	if (DUK_TVAL_IS_STRING(tv))
		return ("String");
	if (DUK_TVAL_IS_NUMBER(tv))
		return ("Number");
	if (DUK_TVAL_IS_BOOLEAN(tv))
		return ("Boolean");
	if (!DUK_TVAL_IS_OBJECT(tv))
		return (UNIT_NO_CLASS);
	h = DUK_TVAL_GET_OBJECT(tv);
	if (h == thr->builtins[DUK_BIDX_GLOBAL])
		return (UNIT_NO_CLASS);
	/* A class, whose static function this is. */
	name = DUK_HOBJECT_IS_CALLABLE(h) ?
	    unit_own_text(thr, h, DUK_STRIDX_NAME) :
	    NULL;
	return (name == NULL ? unit_class_of(thr, h) : name);
}

/* `this` lies under the first register. */
static const char *
unit_act_class(duk_hthread *thr, const duk_activation *act)
{
	const uint8_t *bottom = (const uint8_t *)thr->valstack;

	bottom += act->bottom_byteoff;
	return (unit_class_of_this(thr, (const duk_tval *)bottom - 1));
}

static const char *
unit_act_function(duk_hthread *thr, const duk_activation *act)
{
	duk_hobject *h = DUK_ACT_GET_FUNC(act);
	const char *name = NULL;

	if (h != NULL)
		name = unit_own_text(thr, h, DUK_STRIDX_NAME);
	return (name == NULL ? UNIT_NO_FUNCTION : name);
}

/* --- the folded stack --- */

static char *
unit_put_text(char *to, const char *end, const char *s)
{
	/* Nothing else separates functions. */
	for (; *s != '\0' && to < end; s++)
		*to++ = *s == ';' || *s == '\n' ? '_' : *s;
	return (to);
}

static char *
unit_put_number(char *to, const char *end, uint32_t n)
{
	char digits[12], *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do
		*--at = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	return (unit_put_text(to, end, at));
}

/* "new Name (file.ts:12)_[j]"; NULL: there is no room. */
static char *
unit_put_function(
    duk_hthread *thr, const duk_activation *act, char *to, const char *end)
{
	struct unit_where where;

	unit_act_where(thr, act, true, &where);
	if ((act->flags & DUK_ACT_FLAG_CONSTRUCT) != 0)
		to = unit_put_text(to, end, "new ");
	to = unit_put_text(to, end, unit_act_function(thr, act));
	to = unit_put_text(to, end, " (");
	to = unit_put_text(to, end, where.file);
	if (where.line != 0) {
		to = unit_put_text(to, end, ":");
		to = unit_put_number(to, end, where.line);
	}
	to = unit_put_text(to, end, ")_[j]");
	return (to < end ? to : NULL);
}

/*
 * A tracer may read the text between any two instructions: the byte that ended
 * it is changed last, when all of the new name is there.
 */
static void
unit_sample_push(duk_hthread *thr, duk_activation *act)
{
	struct mirage_sample *s = &unit_instance(thr)->engine->sample;
	char *at, *to, first;

	act->flags |= UNIT_ACT_SAMPLED;
	at = s->text + s->length;
	to = NULL;
	if (s->deeper == 0 && s->depth < MIRAGE_SAMPLE_DEPTH &&
	    s->length + 2U < sizeof(s->text))
		to = unit_put_function(
		    thr, act, at + 1, s->text + sizeof(s->text) - 1);
	if (to == NULL) {
		s->deeper++;
		return;
	}
	first = ';';
	if (s->depth == 0) {
		first = at[1];
		to--;
		memmove(at + 1, at + 2, (size_t)(to - (at + 1)));
	}
	*to = '\0';
	s->lengths[s->depth++] = s->length;
	s->length = (uint16_t)(to - s->text);
	__asm__ volatile("" ::: "memory");
	*(volatile char *)at = first;
}

static void
unit_sample_pop(struct mirage_sample *s)
{
	if (s->deeper > 0)
		s->deeper--;
	else if (s->depth > 0) {
		s->length = s->lengths[--s->depth];
		*(volatile char *)(s->text + s->length) = '\0';
	}
}

static void
unit_sample_clear(struct mirage_sample *s)
{
	*(volatile char *)s->text = '\0';
	s->length = 0;
	s->depth = s->deeper = 0;
}

/* Writes down what is running already. */
static DUK_NOINLINE void
unit_sample_begin(duk_hthread *thr, struct mirage_sample *s)
{
	duk_activation *outer[MIRAGE_SAMPLE_DEPTH];
	duk_activation *act;
	size_t i, n = 0;

	unit_sample_clear(s);
	for (act = thr->callstack_curr; act != NULL; act = act->parent)
		n++;
	i = n;
	for (act = thr->callstack_curr; act != NULL; act = act->parent) {
		act->flags |= UNIT_ACT_SAMPLED;
		if (--i < MIRAGE_SAMPLE_DEPTH)
			outer[i] = act;
	}
	for (i = 0; i < n; i++) {
		if (i < MIRAGE_SAMPLE_DEPTH)
			unit_sample_push(thr, outer[i]);
		else
			s->deeper++;
	}
}

/* --- calls --- */

static DUK_NOINLINE void
unit_entered(duk_hthread *thr, duk_small_uint_t call_flags, duk_activation *act)
{
	struct unit_where where, caller;
	const char *class, *function;
	duk_hobject *h = DUK_ACT_GET_FUNC(act);

	if ((thr->unused1 & UNIT_TRACE_SAMPLE) != 0)
		unit_sample_push(thr, act);
	if ((thr->unused1 & UNIT_TRACE_CALLS) == 0)
		return;
	act->flags |= UNIT_ACT_ENTERED;
	unit_act_where(thr, act, true, &where);
	class = unit_act_class(thr, act);
	function = unit_act_function(thr, act);
	if (h != NULL && DUK_HOBJECT_IS_COMPFUNC(h) &&
	    (call_flags & DUK_CALL_FLAG_ALLOW_ECMATOECMA) == 0) {
		act->flags |= UNIT_ACT_EXECUTED;
		MIRAGE_PROBE(execute__start, where.file, where.line);
	}
	MIRAGE_PROBE(function__entry, where.file, class, function);
	if (mirage_probe_function__info_enabled != 0) {
		caller.file = UNIT_NATIVE;
		caller.line = 0;
		if (act->parent != NULL)
			unit_act_where(thr, act->parent, false, &caller);
		MIRAGE_PROBE(function__info, where.file, class, function,
		    where.line, caller.file, caller.line);
	}
}

static DUK_NOINLINE void
unit_left(duk_hthread *thr, duk_activation *act)
{
	struct unit_where where;
	duk_small_uint_t told = act->flags & UNIT_ACT_TRACED;

	/* Taking the activation away can fail, and is tried again then. */
	act->flags &= ~UNIT_ACT_TRACED;
	if ((told & UNIT_ACT_ENTERED) != 0) {
		unit_act_where(thr, act, true, &where);
		MIRAGE_PROBE(function__return, where.file,
		    unit_act_class(thr, act), unit_act_function(thr, act));
		if ((told & UNIT_ACT_EXECUTED) != 0)
			MIRAGE_PROBE(execute__done, where.file, where.line);
	}
	if ((told & UNIT_ACT_SAMPLED) != 0 &&
	    (thr->unused1 & UNIT_TRACE_SAMPLE) != 0)
		unit_sample_pop(&unit_instance(thr)->engine->sample);
}

static inline void
unit_setup_act(duk_hthread *thr, duk_small_uint_t call_flags,
    duk_idx_t idx_func, duk_hobject *func, duk_size_t bottom, duk_size_t end,
    duk_idx_t *nargs, duk_idx_t *nregs, duk_size_t *bytes, duk_activation **act)
{
	duk__call_setup_act_not_tailcall(thr, call_flags, idx_func, func,
	    bottom, end, nargs, nregs, bytes, act);
	if (__builtin_expect(
		(thr->unused1 & (UNIT_TRACE_CALLS | UNIT_TRACE_SAMPLE)) != 0,
		0))
		unit_entered(thr, call_flags, *act);
}

static inline void
unit_unwind(duk_hthread *thr)
{
	duk_activation *act = thr->callstack_curr;

	if (__builtin_expect((act->flags & UNIT_ACT_TRACED) != 0, 0))
		unit_left(thr, act);
	duk__activation_unwind_nofree_norz(thr);
}

/* --- objects --- */

#define UNIT_NEW_LOOK 256 /* instructions that are looked at */

/*
 * `new` makes the object before the arguments, and calls after them.  The
 * constructor of what is made now is in the register below, if the next call
 * that takes its function from there or from below is the one of this `new`.
 */
static const char *
unit_new_class(duk_hthread *thr)
{
	const duk_activation *act = thr->callstack_curr;
	const duk_instr_t *pc, *end;
	const duk_tval *tv;
	duk_hobject *h;
	unsigned op, at;
	int i;

	h = act == NULL ? NULL : DUK_ACT_GET_FUNC(act);
	if (h == NULL || !DUK_HOBJECT_IS_COMPFUNC(h) || act->curr_pc == NULL)
		return (NULL);
	pc = act->curr_pc - 1;
	end = DUK_HCOMPFUNC_GET_CODE_END(thr->heap, (duk_hcompfunc *)h);
	if (pc < DUK_HCOMPFUNC_GET_CODE_BASE(thr->heap, (duk_hcompfunc *)h))
		return (NULL);
	/* It becomes one after it was made. */
	if ((DUK_DEC_OP(*pc) & ~3UL) == DUK_OP_REGEXP)
		return ("RegExp");
	if (DUK_DEC_OP(*pc) != DUK_OP_NEWOBJ)
		return (NULL);
	at = (unsigned)DUK_DEC_BC(*pc);
	for (i = 0; i < UNIT_NEW_LOOK && ++pc < end; i++) {
		op = (unsigned)DUK_DEC_OP(*pc);
		if (op == DUK_OP_NEWOBJ && DUK_DEC_BC(*pc) == at)
			return (NULL);
		if (op < DUK_OP_CALL0 || op > DUK_OP_CALL15 ||
		    DUK_DEC_BC(*pc) >= at)
			continue;
		if (DUK_DEC_BC(*pc) + 1 != at ||
		    (op & DUK_BC_CALL_FLAG_CONSTRUCT) == 0)
			return (NULL);
		tv = thr->valstack_bottom + at - 1;
		if (!DUK_TVAL_IS_OBJECT(tv))
			return (NULL);
		return (unit_own_text(
		    thr, DUK_TVAL_GET_OBJECT(tv), DUK_STRIDX_NAME));
	}
	return (NULL);
}

static bool
unit_is_environment(duk_uint_t flags)
{
	unsigned class = (flags >> DUK_HOBJECT_FLAG_CLASS_BASE) & 0x1f;

	return (class == DUK_HOBJECT_CLASS_DECENV ||
	    class == DUK_HOBJECT_CLASS_OBJENV);
}

static DUK_NOINLINE void *
unit_object_traced(duk_hthread *thr, duk_uint_t flags, duk_size_t size)
{
	struct unit_where where;
	const char *class;
	void *h;

	/* Scopes are no objects that a program knows. */
	if (unit_is_environment(flags))
		return (duk__hobject_alloc_init(thr, flags, size));
	unit_current_where(thr, &where);
	class = unit_new_class(thr);
	if (class == NULL)
		class = unit_class_of_flags(thr->heap, flags);
	MIRAGE_PROBE(object__create__start, where.file, class);
	h = duk__hobject_alloc_init(thr, flags, size);
	MIRAGE_PROBE(
	    object__create, where.file, class, (uintptr_t)h, where.line);
	MIRAGE_PROBE(object__create__done, where.file, class);
	return (h);
}

static inline void *
unit_object(duk_hthread *thr, duk_uint_t flags, duk_size_t size)
{
	if (__builtin_expect((thr->unused1 & UNIT_TRACE_OBJECTS) != 0, 0))
		return (unit_object_traced(thr, flags, size));
	return (duk__hobject_alloc_init(thr, flags, size));
}

static duk_hboundfunc *
unit_bound(duk_heap *heap, duk_uint_t flags)
{
	duk_hthread *thr = heap->curr_thread;
	struct unit_where where;
	duk_hboundfunc *h;

	if (thr == NULL || (thr->unused1 & UNIT_TRACE_OBJECTS) == 0)
		return (duk_hboundfunc_alloc(heap, flags));
	unit_current_where(thr, &where);
	MIRAGE_PROBE(object__create__start, where.file, "Function");
	h = duk_hboundfunc_alloc(heap, flags);
	if (h == NULL)
		return (NULL);
	MIRAGE_PROBE(
	    object__create, where.file, "Function", (uintptr_t)h, where.line);
	MIRAGE_PROBE(object__create__done, where.file, "Function");
	return (h);
}

static DUK_NOINLINE void
unit_object_dies(duk_heap *heap, duk_hobject *h)
{
	if (!unit_is_environment(DUK_HEAPHDR_GET_FLAGS(&h->hdr)))
		MIRAGE_PROBE(object__finalize, NULL,
		    unit_class_of(heap->heap_thread, h), (uintptr_t)h);
}

static inline void
unit_refcount_finalize(duk_heap *heap, duk_hobject *h)
{
	/* A collection has told of its own before it began. */
	if (__builtin_expect(mirage_probe_object__finalize_enabled != 0, 0) &&
	    heap->ms_running == 0)
		unit_object_dies(heap, h);
	duk_hobject_refcount_finalize_norz(heap, h);
}

static void
unit_finalize_refcounts(duk_heap *heap)
{
	duk_heaphdr *h;

	if (mirage_probe_object__finalize_enabled != 0) {
		for (h = heap->heap_allocated; h != NULL;
		    h = DUK_HEAPHDR_GET_NEXT(heap, h)) {
			if (!DUK_HEAPHDR_HAS_REACHABLE(h) &&
			    DUK_HEAPHDR_IS_OBJECT(h))
				unit_object_dies(heap, (duk_hobject *)h);
		}
	}
	duk__finalize_refcounts(heap);
}

/* --- which are on --- */

static DUK_NOINLINE void
unit_trace_switch(struct mirage_instance *inst, duk_hthread *thr, unsigned on)
{
	unsigned was = thr->unused1;

	if ((on & ~was & UNIT_TRACE_SAMPLE) != 0)
		unit_sample_begin(thr, &inst->engine->sample);
	else if ((was & ~on & UNIT_TRACE_SAMPLE) != 0)
		unit_sample_clear(&inst->engine->sample);
	thr->unused1 = (duk_uint8_t)on;
}

/* At the begin of a turn, and after `ran` instructions of it. */
static void
unit_trace_look(struct mirage_instance *inst, duk_hthread *thr, uint32_t ran)
{
	struct mirage_sample *s = &inst->engine->sample;
	unsigned on = 0;

	if ((mirage_probe_function__entry_enabled |
		mirage_probe_function__return_enabled |
		mirage_probe_function__info_enabled |
		mirage_probe_execute__start_enabled |
		mirage_probe_execute__done_enabled) != 0)
		on |= UNIT_TRACE_CALLS;
	if ((mirage_probe_object__create__start_enabled |
		mirage_probe_object__create_enabled |
		mirage_probe_object__create__done_enabled) != 0)
		on |= UNIT_TRACE_OBJECTS;
	if (mirage_probe_sample_enabled != 0)
		on |= UNIT_TRACE_SAMPLE;
	if (__builtin_expect(on != thr->unused1, 0))
		unit_trace_switch(inst, thr, on);
	if (__builtin_expect((on & UNIT_TRACE_SAMPLE) != 0, 0))
		MIRAGE_PROBE(sample, s->text, s->depth, ran);
}

void
mirage_unit_trace_turn(struct mirage_instance *inst)
{
	unit_trace_look(inst, inst->engine->ctx, 0);
}
