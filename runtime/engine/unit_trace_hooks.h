/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Part of duktape_unit.c, before Duktape: the places that the language's
 * probes look at.  Duktape has no hook for them, so the calls of the functions
 * that begin and end an activation, make an object and free it go through ours
 * (unit_trace.h).  How the macros tell calls from declarations: unit_hooks.h.
 */
#ifndef MIRAGE_UNIT_TRACE_HOOKS_H
#define MIRAGE_UNIT_TRACE_HOOKS_H

struct duk_activation;
struct duk_heap;
struct duk_hboundfunc;
struct duk_hobject;

/*
 * Each call, of whatever to whatever, makes its activation here; from then on
 * it is only taken away by unwinding, be that a return, an exception that
 * passes or the end by a budget.
 */
static inline __attribute__((__always_inline__)) void unit_setup_act(
    struct duk_hthread *, duk_small_uint_t call_flags, duk_idx_t idx_func,
    struct duk_hobject *func, duk_size_t bottom, duk_size_t end,
    duk_idx_t *nargs, duk_idx_t *nregs, duk_size_t *bytes,
    struct duk_activation **);
static inline __attribute__((__always_inline__)) void unit_unwind(
    struct duk_hthread *);

#define duk__call_setup_act_not_tailcall(a, ...) UNIT_SETUP_##a, __VA_ARGS__)
#define UNIT_SETUP_duk_hthread	duk__call_setup_act_not_tailcall(duk_hthread
#define UNIT_SETUP_thr		unit_setup_act(thr
#define duk__activation_unwind_nofree_norz(a) UNIT_UNWIND_##a)
#define UNIT_UNWIND_duk_hthread duk__activation_unwind_nofree_norz(duk_hthread
#define UNIT_UNWIND_thr		unit_unwind(thr

/* Objects; bound functions have an allocator of their own. */
static inline __attribute__((__always_inline__)) void *unit_object(
    struct duk_hthread *, duk_uint_t flags, duk_size_t size);
static struct duk_hboundfunc *unit_bound(struct duk_heap *, duk_uint_t flags);

#define duk__hobject_alloc_init(a, b, c) UNIT_OBJECT_##a, b, c)
#define UNIT_OBJECT_duk_hthread		 duk__hobject_alloc_init(duk_hthread
#define UNIT_OBJECT_thr			 unit_object(thr
#define duk_hboundfunc_alloc(a, b)	 UNIT_BOUND_##a, b)
#define UNIT_BOUND_duk_heap		 duk_hboundfunc_alloc(duk_heap
#define UNIT_BOUND_thr			 unit_bound(thr

/*
 * What dies: one by one when nobody refers to it, or all that a collection
 * found, before it takes apart the first.
 */
static inline __attribute__((__always_inline__)) void unit_refcount_finalize(
    struct duk_heap *, struct duk_hobject *);
static void unit_finalize_refcounts(struct duk_heap *);

#define duk_hobject_refcount_finalize_norz(a, b) UNIT_FINALIZE_##a, b)
#define UNIT_FINALIZE_duk_heap duk_hobject_refcount_finalize_norz(duk_heap
#define UNIT_FINALIZE_heap     unit_refcount_finalize(heap
#define duk__finalize_refcounts(a) UNIT_FINALIZES_##a)
#define UNIT_FINALIZES_duk_heap	   duk__finalize_refcounts(duk_heap
#define UNIT_FINALIZES_heap	   unit_finalize_refcounts(heap

#endif /* MIRAGE_UNIT_TRACE_HOOKS_H */
