/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Part of duktape_unit.c, before Duktape: the steps that natives are made of.
 * A native may take a step for each element of something long, or one that is
 * itself long, between two looks at the budget; unit_work.h charges each.  How
 * the macros tell calls from declarations: unit_hooks.h.
 */
#ifndef MIRAGE_UNIT_WORK_HOOKS_H
#define MIRAGE_UNIT_WORK_HOOKS_H

struct duk_heap;
struct duk_heaphdr;
struct duk_hobject;
struct duk_hstring;
struct duk_propdesc;
struct duk_tval_struct;

/*
 * Properties, as natives reach them.  The encoder and decoder of CBOR and the
 * compiler have prices of their own.
 */
static void unit_property_step(struct duk_hthread *);

#define UNIT_STEP(name) (unit_property_step(thr), name)(thr
#define duk_get_prop(a, ...)	   UNIT_GET_##a, __VA_ARGS__)
#define UNIT_GET_duk_hthread	   duk_get_prop(duk_hthread
#define UNIT_GET_duk_context	   duk_get_prop(duk_context
#define UNIT_GET_thr UNIT_STEP(duk_get_prop)
#define duk_get_prop_index(a, ...) UNIT_GETI_##a, __VA_ARGS__)
#define UNIT_GETI_duk_hthread	   duk_get_prop_index(duk_hthread
#define UNIT_GETI_duk_context	   duk_get_prop_index(duk_context
#define UNIT_GETI_enc_ctx	   duk_get_prop_index(enc_ctx
#define UNIT_GETI_comp_ctx	   duk_get_prop_index(comp_ctx
#define UNIT_GETI_thr UNIT_STEP(duk_get_prop_index)
#define duk_put_prop(a, ...)	   UNIT_PUT_##a, __VA_ARGS__)
#define UNIT_PUT_duk_hthread	   duk_put_prop(duk_hthread
#define UNIT_PUT_duk_context	   duk_put_prop(duk_context
#define UNIT_PUT_dec_ctx	   duk_put_prop(dec_ctx
#define UNIT_PUT_thr UNIT_STEP(duk_put_prop)
#define duk_put_prop_index(a, ...) UNIT_PUTI_##a, __VA_ARGS__)
#define UNIT_PUTI_duk_hthread	   duk_put_prop_index(duk_hthread
#define UNIT_PUTI_duk_context	   duk_put_prop_index(duk_context
#define UNIT_PUTI_dec_ctx	   duk_put_prop_index(dec_ctx
#define UNIT_PUTI_thr UNIT_STEP(duk_put_prop_index)
#define duk_has_prop(a, ...)	   UNIT_HAS_##a, __VA_ARGS__)
#define UNIT_HAS_duk_hthread	   duk_has_prop(duk_hthread
#define UNIT_HAS_duk_context	   duk_has_prop(duk_context
#define UNIT_HAS_thr UNIT_STEP(duk_has_prop)
#define duk_has_prop_index(a, ...) UNIT_HASI_##a, __VA_ARGS__)
#define UNIT_HASI_duk_hthread	   duk_has_prop_index(duk_hthread
#define UNIT_HASI_duk_context	   duk_has_prop_index(duk_context
#define UNIT_HASI_thr UNIT_STEP(duk_has_prop_index)
#define duk_del_prop(a, ...)	   UNIT_DEL_##a, __VA_ARGS__)
#define UNIT_DEL_duk_hthread	   duk_del_prop(duk_hthread
#define UNIT_DEL_duk_context	   duk_del_prop(duk_context
#define UNIT_DEL_thr UNIT_STEP(duk_del_prop)
#define duk_del_prop_index(a, ...) UNIT_DELI_##a, __VA_ARGS__)
#define UNIT_DELI_duk_hthread	   duk_del_prop_index(duk_hthread
#define UNIT_DELI_duk_context	   duk_del_prop_index(duk_context
#define UNIT_DELI_thr UNIT_STEP(duk_del_prop_index)

/* One object of a chain of prototypes. */
static duk_bool_t unit_own_propdesc(struct duk_hthread *, struct duk_hobject *,
    struct duk_hstring *, duk_uint32_t, struct duk_propdesc *,
    duk_small_uint_t);
static duk_bool_t unit_chain_contains(struct duk_hthread *,
    struct duk_hobject *, struct duk_hobject *, duk_bool_t);
static duk_bool_t unit_instanceof(
    struct duk_hthread *, struct duk_tval_struct *, struct duk_tval_struct *);
static void unit_enumerate(struct duk_hthread *, duk_small_uint_t flags);

#define duk__get_own_propdesc_raw(a, ...) UNIT_DESC_##a, __VA_ARGS__)
#define UNIT_DESC_duk_hthread		  duk__get_own_propdesc_raw(duk_hthread
#define UNIT_DESC_thr			  unit_own_propdesc(thr
#define duk_hobject_prototype_chain_contains(a, b, c, d) \
	UNIT_CONTAINS_##a, b, c, d)
#define UNIT_CONTAINS_duk_hthread \
	duk_hobject_prototype_chain_contains(duk_hthread
#define UNIT_CONTAINS_thr		unit_chain_contains(thr
#define duk_js_instanceof(a, b, c)	UNIT_INSTANCEOF_##a, b, c)
#define UNIT_INSTANCEOF_duk_hthread	duk_js_instanceof(duk_hthread
#define UNIT_INSTANCEOF_thr		unit_instanceof(thr
#define duk_hobject_enumerator_create(a, b) UNIT_ENUMERATE_##a, b)
#define UNIT_ENUMERATE_duk_hthread	duk_hobject_enumerator_create(duk_hthread
#define UNIT_ENUMERATE_thr		unit_enumerate(thr

/* Arguments that apply(), Reflect and bind() hand over. */
static duk_idx_t unit_unpack(struct duk_hthread *, duk_idx_t);
static struct duk_tval_struct *unit_gap(
    struct duk_hthread *, duk_idx_t, duk_idx_t);

#define duk_unpack_array_like(a, b) UNIT_UNPACK_##a, b)
#define UNIT_UNPACK_duk_hthread	    duk_unpack_array_like(duk_hthread
#define UNIT_UNPACK_thr		    unit_unpack(thr
#define duk_reserve_gap(a, b, c)    UNIT_GAP_##a, b, c)
#define UNIT_GAP_duk_hthread	    duk_reserve_gap(duk_hthread
#define UNIT_GAP_thr		    unit_gap(thr

/* The elements that an array loses with its length. */
static void unit_array_step(struct duk_hthread *, struct duk_hobject *);

#define duk__handle_put_array_length_smaller(a, ...) UNIT_SHORTEN_##a, __VA_ARGS__)
#define UNIT_SHORTEN_duk_hthread duk__handle_put_array_length_smaller(duk_hthread
#define UNIT_SHORTEN_thr            \
	(unit_array_step(thr, obj),     \
	    duk__handle_put_array_length_smaller)(thr

/* Characters and operations of the regular expression matcher. */
static void unit_match_step(struct duk_hthread *);

#define duk_unicode_decode_xutf8_checked(a, ...) UNIT_CHAR_##a, __VA_ARGS__)
#define UNIT_CHAR_duk_hthread duk_unicode_decode_xutf8_checked(duk_hthread
#define UNIT_CHAR_thr	      duk_unicode_decode_xutf8_checked(thr
#define UNIT_CHAR_re_ctx                                                  \
	(unit_match_step(re_ctx->thr), duk_unicode_decode_xutf8_checked)( \
	    re_ctx

static duk_codepoint_t unit_canonicalize(struct duk_hthread *, duk_codepoint_t);

#define duk_unicode_re_canonicalize_char(a, b) UNIT_CANON_##a, b)
#define UNIT_CANON_duk_hthread duk_unicode_re_canonicalize_char(duk_hthread
#define UNIT_CANON_thr	       unit_canonicalize(thr
#define UNIT_CANON_re_ctx      unit_canonicalize(re_ctx

/* Values of JSON. */
static void unit_json_step(struct duk_hthread *, duk_int_t depth);

#define duk__json_stringify_fast_value(a, b) UNIT_JSONF_##a, b)
#define UNIT_JSONF_duk_json_enc_ctx \
	duk__json_stringify_fast_value(duk_json_enc_ctx
#define UNIT_JSONF_js_ctx                                      \
	(unit_json_step(js_ctx->thr, js_ctx->recursion_depth), \
	    duk__json_stringify_fast_value)(js_ctx
#define duk__json_enc_value(a, b)   UNIT_JSONE_##a, b)
#define UNIT_JSONE_duk_json_enc_ctx duk__json_enc_value(duk_json_enc_ctx
#define UNIT_JSONE_js_ctx                                      \
	(unit_json_step(js_ctx->thr, js_ctx->recursion_depth), \
	    duk__json_enc_value)(js_ctx

/* Source text. */
static void unit_compile(struct duk_hthread *, const duk_uint8_t *, duk_size_t,
    duk_small_uint_t flags);

#define duk_js_compile(a, b, c, d) UNIT_COMPILE_##a, b, c, d)
#define UNIT_COMPILE_duk_hthread   duk_js_compile(duk_hthread
#define UNIT_COMPILE_thr	   unit_compile(thr

/* Collecting garbage. */
static void unit_collect(struct duk_heap *, duk_small_uint_t flags);
static void unit_mark(struct duk_heap *, struct duk_heaphdr *);
static void unit_temproot(struct duk_heap *, struct duk_heaphdr *);

#define duk_heap_mark_and_sweep(a, b) UNIT_COLLECT_##a, b)
#define UNIT_COLLECT_duk_heap	      duk_heap_mark_and_sweep(duk_heap
#define UNIT_COLLECT_heap	      unit_collect(heap
#define UNIT_COLLECT_thr	      unit_collect(thr
#define duk__mark_heaphdr(a, b)	      UNIT_MARK_##a, b)
#define UNIT_MARK_duk_heap	      duk__mark_heaphdr(duk_heap
#define UNIT_MARK_heap		      unit_mark(heap
#define duk__handle_temproot(a, b)    UNIT_TEMPROOT_##a, b)
#define UNIT_TEMPROOT_duk_heap	      duk__handle_temproot(duk_heap
#define UNIT_TEMPROOT_heap	      unit_temproot(heap

#endif /* MIRAGE_UNIT_WORK_HOOKS_H */
