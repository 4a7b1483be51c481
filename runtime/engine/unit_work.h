/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Part of duktape_unit.c: what the steps cost that natives are made of.  One
 * unit is one instruction of the budget: some 10 ns.
 */

#define UNIT_PROPERTY	      4 /* units of one access by a native */
#define UNIT_FREE_COLLECTIONS 32 /* of garbage, in one turn */

static DUK_NOINLINE void
unit_work_out(duk_hthread *thr, struct mirage_instance *inst)
{
	if (inst->exceeded != MIRAGE_BUDGET_NONE || !unit_fuel_out(inst))
		DUK_ERROR_RANGE(thr, "budget exceeded");
}

/* Charges n units; throws if they are not left. */
static inline void
unit_work(duk_hthread *thr, uint64_t n)
{
	struct mirage_instance *inst = thr->heap->heap_udata;

	inst->fuel -= (int64_t)n;
	if (__builtin_expect(inst->fuel < 0, 0))
		unit_work_out(thr, inst);
}

static inline void
unit_property_step(duk_hthread *thr)
{
	unit_work(thr, UNIT_PROPERTY);
}

/* --- chains of prototypes --- */

/* Where nothing may be thrown: the interpreter does, at its next instruction.
 */
static inline void
unit_work_later(duk_hthread *thr, uint64_t n)
{
	struct mirage_instance *inst = thr->heap->heap_udata;

	inst->fuel -= (int64_t)n;
	if (__builtin_expect(inst->fuel < 0, 0))
		unit_throw_soon(thr->heap);
}

/* What an object does not have itself is looked for in its prototype. */
static inline duk_bool_t
unit_own_propdesc(duk_hthread *thr, duk_hobject *h, duk_hstring *key,
    duk_uint32_t arr_idx, duk_propdesc *desc, duk_small_uint_t flags)
{
	if (duk__get_own_propdesc_raw(thr, h, key, arr_idx, desc, flags))
		return (1);
	unit_work_later(thr, 1);
	return (0);
}

static void
unit_pay_chain(duk_hthread *thr, duk_hobject *h)
{
	uint64_t n = 0;

	/* As far as Duktape goes. */
	while (h != NULL && n <= DUK_HOBJECT_PROTOTYPE_CHAIN_SANITY) {
		h = DUK_HOBJECT_GET_PROTOTYPE(thr->heap, h);
		n++;
	}
	if (n > 4)
		unit_work(thr, n);
}

static duk_bool_t
unit_chain_contains(
    duk_hthread *thr, duk_hobject *h, duk_hobject *wanted, duk_bool_t lenient)
{
	unit_pay_chain(thr, h);
	return (duk_hobject_prototype_chain_contains(thr, h, wanted, lenient));
}

static duk_bool_t
unit_instanceof(duk_hthread *thr, duk_tval *x, duk_tval *y)
{
	if (DUK_TVAL_IS_OBJECT(x))
		unit_pay_chain(thr, DUK_TVAL_GET_OBJECT(x));
	return (duk_js_instanceof(thr, x, y));
}

static void
unit_enumerate(duk_hthread *thr, duk_small_uint_t flags)
{
	duk_hobject *h = duk_get_hobject(thr, -1);
	uint64_t n = 0;
	int depth = 0;

	/* Also what is not enumerable is gone through. */
	for (; h != NULL && depth < DUK_HOBJECT_PROTOTYPE_CHAIN_SANITY;
	    depth++) {
		n += 1 + DUK_HOBJECT_GET_ENEXT(h);
		h = DUK_HOBJECT_GET_PROTOTYPE(thr->heap, h);
	}
	unit_work(thr, n);
	duk_hobject_enumerator_create(thr, flags);
}

/* --- arguments and arrays --- */

static duk_idx_t
unit_unpack(duk_hthread *thr, duk_idx_t idx)
{
	duk_idx_t n = duk_unpack_array_like(thr, idx);

	unit_work(thr, (uint64_t)n);
	return (n);
}

/* Also part of the way out of an error. */
static duk_tval *
unit_gap(duk_hthread *thr, duk_idx_t at, duk_idx_t n)
{
	unit_work_later(thr, (uint64_t)n);
	return (duk_reserve_gap(thr, at, n));
}

static inline void
unit_array_step(duk_hthread *thr, duk_hobject *h)
{
	unit_work(
	    thr, 1 + DUK_HOBJECT_GET_ENEXT(h) + DUK_HOBJECT_GET_ASIZE(h) / 4);
}

/* --- regular expressions, JSON, source text --- */

static inline void
unit_match_step(duk_hthread *thr)
{
	unit_work(thr, 1);
}

/* Cycles are looked for in all objects around a value. */
static inline void
unit_json_step(duk_hthread *thr, duk_int_t depth)
{
	unit_work(thr, 8 + (uint64_t)depth / 8);
}

/*
 * Decimals of a number near 2^exponent: arithmetic of as many digits, and as
 * many times.
 */
static inline uint64_t
unit_digits_work(int exponent)
{
	return ((uint64_t)(exponent * exponent) / (exponent < 0 ? 16 : 40));
}

/* Case, as regular expressions see it, is read from a packed table. */
static duk_codepoint_t
unit_canonicalize(duk_hthread *thr, duk_codepoint_t c)
{
	if (c >= 128)
		unit_work(thr, 64);
	return (duk_unicode_re_canonicalize_char(thr, c));
}

static void
unit_compile(duk_hthread *thr, const duk_uint8_t *text, duk_size_t len,
    duk_small_uint_t flags)
{
	unit_work(thr, 2 * len);
	MIRAGE_PROBE(compile__start, duk_get_string(thr, -1), len);
	duk_js_compile(thr, text, len, flags);
	MIRAGE_PROBE(compile__done, len, 0);
}

/* --- garbage --- */

static void
unit_collect(duk_heap *heap, duk_small_uint_t flags)
{
	struct mirage_instance *inst = heap->heap_udata;
	uint64_t start;

	/* Then it does nothing. */
	if (heap->ms_running != 0 || heap->ms_prevent_count != 0)
		return;
	inst->engine->ndeep = 0;
	MIRAGE_PROBE(gc__start, mirage_heap_used(inst->heap),
	    (flags & DUK_MS_FLAG_EMERGENCY) != 0);
	start = mirage_platform_monotonic_ns(inst->platform);
	duk_heap_mark_and_sweep(heap, flags);
	start = mirage_platform_monotonic_ns(inst->platform) - start;
	inst->stats.gc++;
	inst->stats.gc_ns += start;
	MIRAGE_PROBE(gc__done, mirage_heap_used(inst->heap), start);
	inst->engine->ndeep = 0;
	/*
	 * Some 50 ns for an object of 80 bytes, marked and swept.  Who fills
	 * the heap needs a few; more are those of one that is almost full.
	 */
	if (++inst->engine->collections <= UNIT_FREE_COLLECTIONS)
		return;
	inst->fuel -= (int64_t)(mirage_heap_used(inst->heap) / 16);
	if (inst->fuel < 0)
		unit_throw_soon(heap);
}

/*
 * Duktape marks recursively up to a limit.  What is deeper it finds by going
 * through the whole heap, again for each further stretch of a long list.
 * Those that it left are remembered here, as many as there is room for, so
 * that one time is enough.
 */
static void
unit_mark(duk_heap *heap, duk_heaphdr *h)
{
	struct mirage_engine *e;

	duk__mark_heaphdr(heap, h);
	if (heap->ms_recursion_depth < DUK_USE_MARK_AND_SWEEP_RECLIMIT ||
	    h == NULL || !DUK_HEAPHDR_HAS_TEMPROOT(h))
		return;
	e = ((struct mirage_instance *)heap->heap_udata)->engine;
	if (e->ndeep < MIRAGE_DEEP)
		e->deep[e->ndeep++] = h;
}

static void
unit_temproot(duk_heap *heap, duk_heaphdr *h)
{
	struct mirage_engine *e;

	duk__handle_temproot(heap, h);
	e = ((struct mirage_instance *)heap->heap_udata)->engine;
	while (e->ndeep > 0)
		duk__handle_temproot(heap, e->deep[--e->ndeep]);
}
