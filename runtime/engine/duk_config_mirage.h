/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Configuration of Duktape 2.7.0: the distribution's duk_config.h first, then
 * what differs.  Include it before <duktape.h>.
 */
#ifndef MIRAGE_DUK_CONFIG_H
#define MIRAGE_DUK_CONFIG_H

/* The engine knows no operating system, whatever the compiler's target is. */
#undef __linux__
#undef __linux
#undef linux
#undef __gnu_linux__
#undef __FreeBSD__
#undef __FreeBSD
#undef __unix__
#undef __unix
#undef unix
#undef __APPLE__

#include <duk_config.h>

/* What the memory, the clocks and the entropy are, is the platform's affair. */
#undef DUK_USE_PROVIDE_DEFAULT_ALLOC_FUNCTIONS
#undef DUK_USE_DATE_NOW_TIME
#undef DUK_USE_DATE_TZO_GMTIME
#undef DUK_USE_DATE_GET_NOW
#define DUK_USE_DATE_GET_NOW(ctx) mirage_unit_wall_ms((ctx))
#undef DUK_USE_DATE_GET_LOCAL_TZOFFSET
#define DUK_USE_DATE_GET_LOCAL_TZOFFSET(d) ((void)(d), 0) /* UTC */
#undef DUK_USE_GET_MONOTONIC_TIME
#define DUK_USE_GET_MONOTONIC_TIME(ctx) mirage_unit_monotonic_ms((ctx))
#undef DUK_USE_GET_RANDOM_DOUBLE
#define DUK_USE_GET_RANDOM_DOUBLE(udata) mirage_unit_random((udata))

#undef DUK_USE_OS_STRING
#define DUK_USE_OS_STRING "mirage"
#undef DUK_USE_TARGET_INFO
#define DUK_USE_TARGET_INFO "mirage"

/* All of a string counts, else strings can be made that have the same hash. */
#undef DUK_USE_STRHASH_DENSE
#define DUK_USE_STRHASH_DENSE

/* Speed. */
#undef DUK_USE_FASTINT
#define DUK_USE_FASTINT
#undef DUK_USE_PACKED_TVAL /* needs 32-bit pointers */
#undef DUK_USE_JSON_STRINGIFY_FASTPATH
#define DUK_USE_JSON_STRINGIFY_FASTPATH
#undef DUK_USE_LITCACHE_SIZE
#define DUK_USE_LITCACHE_SIZE 1024

/*
 * A stack trace shows all callers, as in other engines that TypeScript runs in:
 * a call in a return statement keeps its caller's frame.
 */
#undef DUK_USE_TAILCALL

/* What programs cannot reach, or should not. */
#undef DUK_USE_ERRCREATE
#undef DUK_USE_ERRTHROW
#undef DUK_USE_SHEBANG_COMMENTS

/*
 * Budgets.  Duktape's own limits on recursion are counts; ours are bytes of
 * native stack, and the depth that rtparams names.
 */
#undef DUK_USE_INTERRUPT_COUNTER
#define DUK_USE_INTERRUPT_COUNTER
#undef DUK_USE_EXEC_TIMEOUT_CHECK
#define DUK_USE_EXEC_TIMEOUT_CHECK(udata) \
	mirage_unit_interrupt((udata), thr, &ctr)
#undef DUK_USE_NATIVE_STACK_CHECK
#define DUK_USE_NATIVE_STACK_CHECK() \
	mirage_unit_check((struct mirage_instance *)thr->heap->heap_udata)
#undef DUK_USE_CALLSTACK_LIMIT
#define DUK_USE_CALLSTACK_LIMIT mirage_unit_depth(thr)
#undef DUK_USE_NATIVE_CALL_RECLIMIT
#define DUK_USE_NATIVE_CALL_RECLIMIT 100000000L
#undef DUK_USE_VALSTACK_LIMIT
#define DUK_USE_VALSTACK_LIMIT 100000000L
#undef DUK_USE_MARK_AND_SWEEP_RECLIMIT
#define DUK_USE_MARK_AND_SWEEP_RECLIMIT 48 /* must fit the stack guard */

#endif /* MIRAGE_DUK_CONFIG_H */
