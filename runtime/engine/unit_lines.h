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

/*
 * A function that has code of several files (the bundle's outermost one has all
 * modules') has their names in its fileName, one in a line, and the name's
 * number in the upper bits of each entry of its line table.
 */
#define UNIT_LINE_BITS 20
#define UNIT_LINE_MAX  ((1U << UNIT_LINE_BITS) - 1)
#define UNIT_FILES_MAX (1U << (32 - UNIT_LINE_BITS))

static uint32_t
unit_raw_line(duk_hthread *thr, duk_hobject *h, duk_uint_fast32_t pc)
{
	duk_tval *tv = unit_own(thr, h, DUK_STRIDX_INT_PC2LINE);

	if (tv == NULL || !DUK_TVAL_IS_BUFFER(tv))
		return (0);
	return ((uint32_t)duk__hobject_pc2line_query_raw(
	    thr, (duk_hbuffer_fixed *)DUK_TVAL_GET_BUFFER(tv), pc));
}

struct unit_place {
	char file[160];
	uint32_t line;
};

static void
unit_place(duk_hthread *thr, duk_hobject *h, duk_uint_fast32_t pc,
    struct unit_place *place)
{
	const char *names = unit_own_text(thr, h, DUK_STRIDX_FILE_NAME);
	const char *s;
	uint32_t i;

	if (names == NULL)
		names = "?";
	place->line = unit_raw_line(thr, h, pc);
	if (strchr(names, '\n') != NULL) {
		for (i = place->line >> UNIT_LINE_BITS; i > 0; i--) {
			s = strchr(names, '\n');
			if (s == NULL)
				break;
			names = s + 1;
		}
		place->line &= UNIT_LINE_MAX;
	}
	snprintf(place->file, sizeof(place->file), "%.*s",
	    (int)strcspn(names, "\n"), names);
}

/* Pushes the names, one in a line. */
static void
unit_push_names(duk_hthread *thr, const struct mirage_line_map *map,
    const uint32_t *files, uint32_t n)
{
	uint32_t i;

	duk_push_string(thr, map->name(map->arg, files[0]));
	for (i = 1; i < n; i++) {
		duk_push_string(thr, "\n");
		duk_push_string(thr, map->name(map->arg, files[i]));
		duk_concat(thr, 3);
	}
}

/* Code that the lowering put in from elsewhere keeps the place before it. */
static void
unit_map_function(
    duk_hthread *thr, duk_hcompfunc *fun, const struct mirage_line_map *map)
{
	duk_compiler_instr *instrs;
	duk_tval *tv;
	duk_hobject **f, **end;
	duk_size_t n, pc;
	uint32_t *files, nfiles, i, file, line, last, raw, last_raw;

	n = (duk_size_t)(DUK_HCOMPFUNC_GET_CODE_END(thr->heap, fun) -
	    DUK_HCOMPFUNC_GET_CODE_BASE(thr->heap, fun));
	tv = unit_own(thr, (duk_hobject *)fun, DUK_STRIDX_INT_PC2LINE);
	if (tv != NULL && n > 0) {
		duk_push_hobject(thr, (duk_hobject *)fun);
		instrs = duk_push_fixed_buffer(thr, n * sizeof(*instrs));
		files =
		    duk_push_fixed_buffer(thr, UNIT_FILES_MAX * sizeof(*files));
		files[0] = UINT32_MAX; /* no name is known */
		nfiles = 0;
		last = 0;
		last_raw = UINT32_MAX;
		for (pc = 0; pc < n; pc++) {
			raw = unit_raw_line(thr, (duk_hobject *)fun, pc);
			if (raw != last_raw) {
				last_raw = raw;
				file = UINT32_MAX;
				line = 0;
				map->map(map->arg, raw, &file, &line);
				for (i = nfiles; i > 0; i--) {
					if (files[i - 1] == file)
						break;
				}
				if (file != UINT32_MAX && i == 0 &&
				    nfiles < UNIT_FILES_MAX) {
					files[nfiles++] = file;
					i = nfiles;
				}
				if (file != UINT32_MAX && i > 0)
					last = (i - 1) << UNIT_LINE_BITS |
					    (line & UNIT_LINE_MAX);
			}
			instrs[pc].line = last;
		}
		/* What stands before the first known place belongs to it. */
		for (pc = 0; pc < n && instrs[pc].line == 0; pc++)
			;
		if (pc < n) {
			last = instrs[pc].line;
			while (pc-- > 0)
				instrs[pc].line = last;
		}
		duk_hobject_pc2line_pack(thr, instrs, n);
		duk_xdef_prop_stridx(
		    thr, -4, DUK_STRIDX_INT_PC2LINE, DUK_PROPDESC_FLAGS_WC);
		unit_push_names(thr, map, files, nfiles);
		duk_xdef_prop_stridx(
		    thr, -4, DUK_STRIDX_FILE_NAME, DUK_PROPDESC_FLAGS_C);
		duk_pop_3(thr);
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
