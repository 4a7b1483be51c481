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
	if (__builtin_expect(--inst->fuel >= 0
		&& (uintptr_t)__builtin_frame_address(0) >= inst->stack_limit,
		1))
		return (0);
	return (mirage_unit_check_failed(inst));
}

#define mirage_unit_depth(thr)                                               \
	((thr)->callstack_top < mirage_unit_depth_of((thr)->heap->heap_udata) \
		? mirage_unit_depth_of((thr)->heap->heap_udata)              \
		: mirage_unit_too_deep((thr)->heap->heap_udata))

static inline size_t
mirage_unit_depth_of(const void *udata)
{
	return (((const struct mirage_instance *)udata)->config.params.depth);
}

static double mirage_unit_wall_ms(struct duk_hthread *);
static double mirage_unit_monotonic_ms(struct duk_hthread *);
static double mirage_unit_random(void *udata);

#endif /* MIRAGE_UNIT_HOOKS_H */
