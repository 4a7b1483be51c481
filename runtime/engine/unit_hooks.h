/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Part of duktape_unit.c, before Duktape: the functions that its options in
 * duk_config_mirage.h call.
 */
#ifndef MIRAGE_UNIT_HOOKS_H
#define MIRAGE_UNIT_HOOKS_H

struct duk_hthread;

static int mirage_unit_interrupt(
    void *udata, struct duk_hthread *, duk_int_t *ctr);
static int mirage_unit_check_failed(struct mirage_instance *);
static size_t mirage_unit_too_deep(struct mirage_instance *);

/*
 * Called before each native call, each step of the regular expression matcher,
 * each level of the compiler and of JSON: charges it, and looks at the stack.
 */
static inline __attribute__((__always_inline__)) int
mirage_unit_check(struct mirage_instance *inst)
{
	if (__builtin_expect(--inst->fuel >= 0 &&
		    (uintptr_t)__builtin_frame_address(0) >= inst->stack_limit,
		1))
		return (0);
	return (mirage_unit_check_failed(inst));
}

#define mirage_unit_depth(thr)                                      \
	((thr)->callstack_top <                                     \
		    mirage_unit_depth_of((thr)->heap->heap_udata) ? \
		mirage_unit_depth_of((thr)->heap->heap_udata) :     \
		mirage_unit_too_deep((thr)->heap->heap_udata))

static inline size_t
mirage_unit_depth_of(const void *udata)
{
	return (((const struct mirage_instance *)udata)->config.params.depth);
}

static double mirage_unit_wall_ms(struct duk_hthread *);
static double mirage_unit_monotonic_ms(struct duk_hthread *);
static double mirage_unit_random(void *udata);

/*
 * Functions inside of Duktape that may take long without a call or an
 * allocation, and are reached from operators too.  These macros send the calls
 * of them (whose first argument is the name of a variable) through functions of
 * ours that charge for them; in declarations (where it begins with a type)
 * they change nothing.
 */
struct duk_hstring;
static void unit_numconv_parse(
    struct duk_hthread *, duk_small_int_t radix, duk_small_uint_t flags);
static void unit_numconv_stringify(struct duk_hthread *, duk_small_int_t radix,
    duk_small_int_t digits, duk_small_uint_t flags);
static duk_small_int_t unit_string_compare(
    struct duk_hthread *, struct duk_hstring *, struct duk_hstring *);
static duk_uint_fast32_t unit_char2byte(
    struct duk_hthread *, struct duk_hstring *, duk_uint_fast32_t offset);

#define duk_numconv_stringify(a, b, c, d) UNIT_STRINGIFY_##a, b, c, d)
#define UNIT_STRINGIFY_duk_hthread	  duk_numconv_stringify(duk_hthread
#define UNIT_STRINGIFY_thr		  unit_numconv_stringify(thr

/* This one is to be right: see unit_numbers.h. */
#define duk_numconv_parse(a, b, c) UNIT_PARSE_##a, b, c)
#define UNIT_PARSE_duk_hthread	   duk_numconv_parse(duk_hthread
#define UNIT_PARSE_thr		   unit_numconv_parse(thr
#define UNIT_PARSE_lex_ctx	   unit_numconv_parse(lex_ctx

#define duk_js_string_compare(a, b) UNIT_COMPARE_##a, b)
#define UNIT_COMPARE_duk_hstring    duk_js_string_compare(duk_hstring
#define UNIT_COMPARE_h1		    unit_string_compare(thr, h1

#define duk_heap_strcache_offset_char2byte(a, b, c) UNIT_CHAR2BYTE_##a, b, c)
#define UNIT_CHAR2BYTE_duk_hthread \
	duk_heap_strcache_offset_char2byte(duk_hthread
#define UNIT_CHAR2BYTE_thr    unit_char2byte(thr
#define UNIT_CHAR2BYTE_re_ctx unit_char2byte(re_ctx

/*
 * Each value that is thrown passes here, and again at the end of a finally,
 * whose argument is no constant: then the first place stays.
 */
struct duk_tval_struct;
static void unit_throw(struct duk_hthread *, duk_small_uint_t type,
    struct duk_tval_struct *, bool again);
#define duk_err_setup_ljstate1(a, b, c) UNIT_THROW_##a, b, c, #b)
#define UNIT_THROW_duk_hthread		UNIT_THROW_DECLARED(duk_hthread
#define UNIT_THROW_thr			UNIT_THROW_CALLED(thr
#define UNIT_THROW_DECLARED(a, b, c, d) duk_err_setup_ljstate1(a, b, c)
#define UNIT_THROW_CALLED(a, b, c, d) \
	unit_throw(a, b, c, __builtin_strcmp(d, "DUK_LJ_TYPE_THROW") != 0)

#endif /* MIRAGE_UNIT_HOOKS_H */
