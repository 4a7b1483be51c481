/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Words of the compiler.
 */
#ifndef KPI_SYS_CDEFS_H
#define KPI_SYS_CDEFS_H

#define __BEGIN_DECLS
#define __END_DECLS
#define __packed		  __attribute__((packed))
#define __aligned(n)		  __attribute__((aligned(n)))
#define __section(s)		  __attribute__((section(s)))
#define __unused		  __attribute__((unused))
#define __used			  __attribute__((used))
#define __dead2			  __attribute__((noreturn))
#define __noinline		  __attribute__((noinline))
#define __always_inline		  __attribute__((always_inline))
#define __malloc_like		  __attribute__((malloc))
#define __result_use_check	  __attribute__((warn_unused_result))
#define __weak_symbol		  __attribute__((weak))
#define __printflike(text, first) __attribute__((format(printf, text, first)))
#define __predict_true(e)	  __builtin_expect((e), 1)
#define __predict_false(e)	  __builtin_expect((e), 0)
#define __DECONST(type, v)	  ((type)(uintptr_t)(const void *)(v))
#define __DEVOLATILE(type, v)	  ((type)(uintptr_t)(volatile void *)(v))
#define __DEQUALIFY(type, v)	  ((type)(uintptr_t)(const volatile void *)(v))
#define __containerof(p, type, member) \
	((type *)(uintptr_t)((char *)(uintptr_t)(p) - offsetof(type, member)))
#define __offsetof(type, member) __builtin_offsetof(type, member)
#define __CONCAT1(a, b)		 a##b
#define __CONCAT(a, b)		 __CONCAT1(a, b)
#define __XSTRING(x)		 __STRING(x)
#define __STRING(x)		 #x
#define __FBSDID(s)		 struct kpi_unused
#define __FreeBSD__		 14

#endif /* KPI_SYS_CDEFS_H */
