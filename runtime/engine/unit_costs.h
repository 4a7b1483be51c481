/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Part of duktape_unit.c: a price on natives that loop over something long
 * without allocating or calling, which would otherwise be free.  Each is
 * wrapped where it is registered, so that it stays the same function object.
 */

/* Elements, bytes or properties that one call may walk. */
static uint64_t
unit_size_of(duk_hthread *thr, duk_tval *tv)
{
	duk_hobject *h;
	duk_hstring *s;

	if (tv == NULL)
		return (0);
	if (DUK_TVAL_IS_STRING(tv)) {
		s = DUK_TVAL_GET_STRING(tv);
		return (DUK_HSTRING_GET_BYTELEN(s) / 16);
	}
	if (DUK_TVAL_IS_BUFFER(tv))
		return (DUK_HBUFFER_GET_SIZE(DUK_TVAL_GET_BUFFER(tv)) / 16);
	if (!DUK_TVAL_IS_OBJECT(tv))
		return (0);
	h = DUK_TVAL_GET_OBJECT(tv);
	(void)thr;
	if (DUK_HOBJECT_IS_ARRAY(h))
		return (((duk_harray *)h)->length);
	if (DUK_HOBJECT_IS_BUFOBJ(h))
		return (((duk_hbufobj *)h)->length / 16);
	return (DUK_HOBJECT_GET_ENEXT(h) + DUK_HOBJECT_GET_ASIZE(h));
}

static void
unit_pay(duk_hthread *thr, uint64_t n)
{
	if (!mirage_engine_charge(thr->heap->heap_udata, n))
		DUK_ERROR_RANGE(thr, "budget exceeded");
}

static duk_tval *
unit_this(duk_hthread *thr)
{
	return (thr->valstack_bottom - 1);
}

static void
unit_pay_this(duk_hthread *thr, unsigned factor)
{
	unit_pay(thr, 1 + factor * unit_size_of(thr, unit_this(thr)));
}

static void
unit_pay_args(duk_hthread *thr, unsigned factor)
{
	duk_idx_t i, n = duk_get_top(thr);
	uint64_t sum = 1;

	for (i = 0; i < n; i++)
		sum += unit_size_of(thr, duk_get_tval(thr, i));
	unit_pay(thr, factor * sum);
}

/*
 * A search for a string compares at each place where the first byte is
 * right, so it may take the product of both lengths.  Long ones are gone
 * through in advance, counting.
 */
static void
unit_pay_search(duk_hthread *thr, duk_tval *text, duk_tval *wanted)
{
	const duk_uint8_t *p, *q, *end;
	size_t n, m, i;
	uint64_t work = 0;

	if (text == NULL || wanted == NULL || !DUK_TVAL_IS_STRING(text) ||
	    !DUK_TVAL_IS_STRING(wanted))
		return;
	n = DUK_HSTRING_GET_BYTELEN(DUK_TVAL_GET_STRING(text));
	m = DUK_HSTRING_GET_BYTELEN(DUK_TVAL_GET_STRING(wanted));
	if (m < 2 || m > n || (uint64_t)n * m < 1000000)
		return;
	p = DUK_HSTRING_GET_DATA(DUK_TVAL_GET_STRING(text));
	q = DUK_HSTRING_GET_DATA(DUK_TVAL_GET_STRING(wanted));
	for (end = p + (n - m); p <= end; p++) {
		if (*p != *q)
			continue;
		for (i = 1; i < m && p[i] == q[i]; i++)
			;
		work += i / 16;
		if (work > 100000) {
			unit_pay(thr, work);
			work = 0;
		}
	}
	unit_pay(thr, work);
}

/* Long strings only: the others' time is that of the instruction. */
static duk_small_int_t
unit_string_compare(duk_hthread *thr, duk_hstring *a, duk_hstring *b)
{
	duk_size_t n = DUK_HSTRING_GET_BYTELEN(a);

	if (n > DUK_HSTRING_GET_BYTELEN(b))
		n = DUK_HSTRING_GET_BYTELEN(b);
	if (n > 256)
		unit_pay(thr, n / 128);
	return (duk_js_string_compare(a, b));
}

/*
 * Numbers that are no integers take arithmetic of many digits: the more, the
 * farther from 1 they are.
 */
static void
unit_numconv_stringify(duk_hthread *thr, duk_small_int_t radix,
    duk_small_int_t digits, duk_small_uint_t flags)
{
	union {
		duk_double_t d;
		duk_uint64_t u;
	} x;
	int exponent;

	x.d = duk_get_number_default(thr, -1, 0);
	exponent = (int)(x.u >> 52 & 0x7ff) - 1023;
	if (exponent != 1024 && !DUK_TVAL_IS_FASTINT(thr->valstack_top - 1))
		unit_pay(thr,
		    64 + unit_digits_work(exponent) * (radix == 10 ? 1 : 4));
	duk_numconv_stringify(thr, radix, digits, flags);
}

/*
 * In a string that is not all ASCII characters are found by counting, from
 * the nearest of its ends and of the places that Duktape remembers.
 */
static duk_uint_fast32_t
unit_char2byte(duk_hthread *thr, duk_hstring *h, duk_uint_fast32_t offset)
{
	duk_uint_fast32_t n, d, dist;
	const duk_strcache_entry *e;
	int i;

	n = DUK_HSTRING_GET_CHARLEN(h);
	if (n > 1024 && n != DUK_HSTRING_GET_BYTELEN(h) && offset <= n) {
		dist = offset < n - offset ? offset : n - offset;
		for (i = 0; i < DUK_HEAP_STRCACHE_SIZE; i++) {
			e = &thr->heap->strcache[i];
			if (e->h != h)
				continue;
			d = e->cidx < offset ? offset - e->cidx :
					       e->cidx - offset;
			if (d < dist)
				dist = d;
		}
		unit_pay(thr, dist / 8);
	}
	return (duk_heap_strcache_offset_char2byte(thr, h, offset));
}

/*
 * Case-insensitive character ranges are expanded one by one: 65,536 for one
 * that only an escape or a character of its own can write.
 */
static void
unit_pay_regexp(duk_hthread *thr)
{
	duk_tval *pattern = duk_get_tval(thr, 0);
	const duk_uint8_t *p;
	size_t n, i;
	uint64_t range = 128, work = 0;

	if (pattern == NULL || !DUK_TVAL_IS_STRING(pattern))
		return;
	p = DUK_HSTRING_GET_DATA(DUK_TVAL_GET_STRING(pattern));
	n = DUK_HSTRING_GET_BYTELEN(DUK_TVAL_GET_STRING(pattern));
	if (memchr(p, '\\', n) != NULL ||
	    n != DUK_HSTRING_GET_CHARLEN(DUK_TVAL_GET_STRING(pattern)))
		range = 65536;
	for (i = 0; i < n; i++) {
		if (duk_is_string(thr, 1) &&
		    (p[i] == '-' ||
			(p[i] == '\\' && i + 1 < n &&
			    strchr("DSW", p[i + 1]) != NULL)))
			work += range;
		else
			work += 2;
	}
	unit_pay(thr, work);
}

/*
 * Characters that are not ASCII are looked up in a table that has to be read
 * from its beginning.
 */
static void
unit_pay_case(duk_hthread *thr)
{
	duk_tval *tv = unit_this(thr);
	size_t bytes, chars;

	if (!DUK_TVAL_IS_STRING(tv))
		return;
	bytes = DUK_HSTRING_GET_BYTELEN(DUK_TVAL_GET_STRING(tv));
	chars = DUK_HSTRING_GET_CHARLEN(DUK_TVAL_GET_STRING(tv));
	unit_pay(thr, bytes + 512 * (uint64_t)(bytes - chars));
}

/*
 * Arguments whose conversion may run the program: converted before the native
 * looks at memory, which the program may give back meanwhile.
 */
static void
unit_settle_fill(duk_hthread *thr)
{
	duk_idx_t i;

	if (!duk_is_string(thr, 0) && !duk_is_buffer_data(thr, 0))
		(void)duk_to_uint32(thr, 0);
	for (i = 1; i < 3; i++)
		if (!duk_is_undefined(thr, i))
			(void)duk_to_int(thr, i);
}

static void
unit_settle_decode(duk_hthread *thr)
{
	if (!duk_is_object(thr, 1))
		return;
	duk_get_prop_literal(thr, 1, "stream");
	(void)duk_to_boolean(thr, -1);
	duk_push_bare_object(thr);
	duk_insert(thr, -2);
	duk_put_prop_literal(thr, -2, "stream");
	duk_replace(thr, 1);
}

#define UNIT_PRICED(name, price)                              \
	static duk_ret_t unit_priced_##name(duk_hthread *thr) \
	{                                                     \
		price;                                        \
		return (duk_bi_##name(thr));                  \
	}

#define UNIT_NATIVES(X)                                                       \
	X(array_prototype_join_shared, unit_pay_this(thr, 2))                 \
	X(array_prototype_reverse, unit_pay_this(thr, 2))                     \
	X(array_prototype_slice, unit_pay_this(thr, 1))                       \
	X(array_prototype_sort, unit_pay_this(thr, 32))                       \
	X(array_prototype_splice, unit_pay_this(thr, 1))                      \
	X(array_prototype_shift, unit_pay_this(thr, 1))                       \
	X(array_prototype_unshift, unit_pay_this(thr, 1))                     \
	X(array_prototype_indexof_shared, unit_pay_this(thr, 4))              \
	X(array_prototype_iter_shared, unit_pay_this(thr, 1))                 \
	X(array_prototype_reduce_shared, unit_pay_this(thr, 1))               \
	X(array_prototype_concat,                                             \
	    (unit_pay_this(thr, 2), unit_pay_args(thr, 2)))                   \
	X(typedarray_set, unit_pay_args(thr, 16))                             \
	X(typedarray_constructor, unit_pay_args(thr, 16))                     \
	X(nodejs_buffer_fill, (unit_pay_this(thr, 1), unit_settle_fill(thr))) \
	X(nodejs_buffer_copy, unit_pay_this(thr, 1))                          \
	X(nodejs_buffer_concat, unit_pay_args(thr, 1))                        \
	X(buffer_compare_shared,                                              \
	    (unit_pay_this(thr, 1), unit_pay_args(thr, 1)))                   \
	X(object_constructor_seal_freeze_shared, unit_pay_args(thr, 1))       \
	X(object_constructor_is_sealed_frozen_shared, unit_pay_args(thr, 1))  \
	X(object_constructor_assign, unit_pay_args(thr, 1))                   \
	X(object_constructor_keys_shared, unit_pay_args(thr, 1))              \
	X(json_object_parse, unit_pay_args(thr, 4))                           \
	X(json_object_stringify, unit_pay_args(thr, 4))                       \
	X(global_object_parse_int, unit_pay_args(thr, 16))                    \
	X(global_object_parse_float, unit_pay_args(thr, 16))                  \
	X(string_prototype_trim, unit_pay_this(thr, 1))                       \
	X(string_prototype_locale_compare, unit_pay_this(thr, 1))             \
	X(string_prototype_startswith_endswith, unit_pay_args(thr, 1))        \
	X(string_prototype_indexof_shared,                                    \
	    (unit_pay_this(thr, 1),                                           \
		unit_pay_search(thr, unit_this(thr), duk_get_tval(thr, 0))))  \
	X(string_prototype_includes,                                          \
	    (unit_pay_this(thr, 1),                                           \
		unit_pay_search(thr, unit_this(thr), duk_get_tval(thr, 0))))  \
	X(string_prototype_split,                                             \
	    (unit_pay_this(thr, 1),                                           \
		unit_pay_search(thr, unit_this(thr), duk_get_tval(thr, 0))))  \
	X(string_prototype_replace,                                           \
	    (unit_pay_this(thr, 1),                                           \
		unit_pay_search(thr, unit_this(thr), duk_get_tval(thr, 0))))  \
	X(regexp_constructor, unit_pay_regexp(thr))                           \
	X(textdecoder_prototype_decode,                                       \
	    (unit_settle_decode(thr), unit_pay_args(thr, 4)))                 \
	X(nodejs_buffer_tostring, unit_pay_this(thr, 4))                      \
	X(date_constructor, (unit_pay(thr, 100), unit_pay_args(thr, 16)))     \
	X(date_constructor_parse, unit_pay_args(thr, 16))                     \
	X(date_constructor_utc, unit_pay(thr, 100))                           \
	X(date_prototype_tostring_shared, unit_pay(thr, 200))                 \
	X(date_prototype_get_shared, unit_pay(thr, 50))                       \
	X(date_prototype_set_shared, unit_pay(thr, 200))                      \
	X(string_prototype_caseconv_shared, unit_pay_case(thr))               \
	X(global_object_encode_uri, unit_pay_args(thr, 16))                   \
	X(global_object_encode_uri_component, unit_pay_args(thr, 16))         \
	X(global_object_decode_uri, unit_pay_args(thr, 16))                   \
	X(global_object_decode_uri_component, unit_pay_args(thr, 16))         \
	X(global_object_escape, unit_pay_args(thr, 16))                       \
	X(global_object_unescape, unit_pay_args(thr, 16))

UNIT_NATIVES(UNIT_PRICED)

static const struct {
	duk_c_function free;
	duk_c_function priced;
} unit_natives[] = {
#define UNIT_ROW(name, price) {duk_bi_##name, unit_priced_##name},
    UNIT_NATIVES(UNIT_ROW)
#undef UNIT_ROW
};

static void
unit_put_prices(duk_hthread *thr)
{
	duk_heaphdr *h;
	duk_hnatfunc *f;
	size_t i;

	for (h = thr->heap->heap_allocated; h != NULL;
	    h = DUK_HEAPHDR_GET_NEXT(thr->heap, h)) {
		if (!DUK_HEAPHDR_IS_OBJECT(h) ||
		    !DUK_HOBJECT_IS_NATFUNC((duk_hobject *)h))
			continue;
		f = (duk_hnatfunc *)h;
		for (i = 0; i < sizeof(unit_natives) / sizeof(unit_natives[0]);
		    i++) {
			if (f->func == unit_natives[i].free) {
				f->func = unit_natives[i].priced;
				break;
			}
		}
	}
}
