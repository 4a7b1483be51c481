/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Part of duktape_unit.c: a function's line table and file name, read and
 * rewritten.
 */

static duk_tval *
unit_own(duk_hthread *thr, duk_hobject *h, duk_small_uint_t stridx)
{
	return (duk_hobject_find_entry_tval_ptr_stridx(thr->heap, h, stridx));
}

/* Text of an own property, without a getter or an allocation. */
static const char *
unit_own_text(duk_hthread *thr, duk_hobject *h, duk_small_uint_t stridx)
{
	duk_tval *tv = unit_own(thr, h, stridx);
	duk_hstring *s;

	if (tv == NULL || !DUK_TVAL_IS_STRING(tv))
		return (NULL);
	s = DUK_TVAL_GET_STRING(tv);
	if (DUK_HSTRING_HAS_SYMBOL(s) || DUK_HSTRING_GET_BYTELEN(s) == 0)
		return (NULL);
	return ((const char *)DUK_HSTRING_GET_DATA(s));
}

static uint32_t
unit_line(duk_hthread *thr, duk_hobject *h, duk_uint_fast32_t pc)
{
	duk_tval *tv = unit_own(thr, h, DUK_STRIDX_INT_PC2LINE);

	if (tv == NULL || !DUK_TVAL_IS_BUFFER(tv))
		return (0);
	return ((uint32_t)duk__hobject_pc2line_query_raw(
	    thr, (duk_hbuffer_fixed *)DUK_TVAL_GET_BUFFER(tv), pc));
}

/*
 * A function's file is that of most of its instructions' lines; code that the
 * lowering put in from elsewhere keeps the line before it.
 */
static void
unit_map_function(
    duk_hthread *thr, duk_hcompfunc *fun, const struct mirage_line_map *map)
{
	duk_compiler_instr *instrs;
	duk_tval *tv;
	duk_hobject **f, **end;
	duk_size_t n, pc;
	uint32_t first_file, file, line, last;
	const char *name;

	n = (duk_size_t)(DUK_HCOMPFUNC_GET_CODE_END(thr->heap, fun) -
	    DUK_HCOMPFUNC_GET_CODE_BASE(thr->heap, fun));
	tv = unit_own(thr, (duk_hobject *)fun, DUK_STRIDX_INT_PC2LINE);
	if (tv != NULL && n > 0) {
		instrs = duk_push_fixed_buffer(thr, n * sizeof(*instrs));
		first_file = UINT32_MAX;
		last = 0;
		for (pc = 0; pc < n; pc++) {
			file = UINT32_MAX;
			line = 0;
			map->map(map->arg,
			    unit_line(thr, (duk_hobject *)fun, pc), &file,
			    &line);
			if (file == UINT32_MAX)
				continue;
			if (first_file == UINT32_MAX)
				first_file = file;
			if (file == first_file)
				instrs[pc].line = line;
		}
		for (pc = 0; pc < n; pc++) {
			if (instrs[pc].line != 0)
				last = instrs[pc].line;
			else
				instrs[pc].line = last;
		}
		/* What stands before the first known line belongs to it. */
		for (pc = n, last = 0; pc-- > 0;) {
			if (instrs[pc].line != 0)
				last = instrs[pc].line;
			else
				instrs[pc].line = last;
		}
		name = map->name(map->arg, first_file);
		duk_push_hobject(thr, (duk_hobject *)fun);
		duk_hobject_pc2line_pack(thr, instrs, n);
		duk_xdef_prop_stridx(
		    thr, -2, DUK_STRIDX_INT_PC2LINE, DUK_PROPDESC_FLAGS_WC);
		duk_push_string(thr, name);
		duk_xdef_prop_stridx(
		    thr, -2, DUK_STRIDX_FILE_NAME, DUK_PROPDESC_FLAGS_C);
		duk_pop_2(thr);
	}
	f = DUK_HCOMPFUNC_GET_FUNCS_BASE(thr->heap, fun);
	end = DUK_HCOMPFUNC_GET_FUNCS_END(thr->heap, fun);
	for (; f < end; f++)
		unit_map_function(thr, (duk_hcompfunc *)*f, map);
}

void
mirage_unit_map_lines(
    duk_hthread *thr, int idx, const struct mirage_line_map *map)
{
	duk_hobject *h = duk_require_hobject(thr, idx);

	if (!DUK_HOBJECT_IS_COMPFUNC(h))
		DUK_ERROR_TYPE(thr, "not a compiled function");
	unit_map_function(thr, (duk_hcompfunc *)h, map);
}
