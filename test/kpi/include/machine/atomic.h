/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Atomic operations.
 */
#ifndef KPI_MACHINE_ATOMIC_H
#define KPI_MACHINE_ATOMIC_H

#include <sys/types.h>

#define KPI_ATOMICS(suffix, type)                                              \
	static inline void atomic_add_##suffix(volatile type *p, type v)       \
	{                                                                      \
		__atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);                    \
	}                                                                      \
	static inline void atomic_subtract_##suffix(volatile type *p, type v)  \
	{                                                                      \
		__atomic_fetch_sub(p, v, __ATOMIC_SEQ_CST);                    \
	}                                                                      \
	static inline type atomic_fetchadd_##suffix(volatile type *p, type v)  \
	{                                                                      \
		return (__atomic_fetch_add(p, v, __ATOMIC_SEQ_CST));           \
	}                                                                      \
	static inline type atomic_load_acq_##suffix(const volatile type *p)    \
	{                                                                      \
		return (__atomic_load_n(p, __ATOMIC_ACQUIRE));                 \
	}                                                                      \
	static inline type atomic_load_##suffix(const volatile type *p)        \
	{                                                                      \
		return (__atomic_load_n(p, __ATOMIC_RELAXED));                 \
	}                                                                      \
	static inline void atomic_store_rel_##suffix(volatile type *p, type v) \
	{                                                                      \
		__atomic_store_n(p, v, __ATOMIC_RELEASE);                      \
	}                                                                      \
	static inline void atomic_store_##suffix(volatile type *p, type v)     \
	{                                                                      \
		__atomic_store_n(p, v, __ATOMIC_RELAXED);                      \
	}                                                                      \
	static inline int atomic_cmpset_##suffix(                              \
	    volatile type *p, type old, type new)                              \
	{                                                                      \
		return (__atomic_compare_exchange_n(                           \
		    p, &old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));     \
	}                                                                      \
	static inline type atomic_swap_##suffix(volatile type *p, type v)      \
	{                                                                      \
		return (__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST));          \
	}                                                                      \
	static inline type atomic_readandclear_##suffix(volatile type *p)      \
	{                                                                      \
		return (__atomic_exchange_n(p, 0, __ATOMIC_SEQ_CST));          \
	}
KPI_ATOMICS(int, u_int)
KPI_ATOMICS(32, uint32_t)
KPI_ATOMICS(64, uint64_t)
KPI_ATOMICS(long, u_long)
KPI_ATOMICS(ptr, uintptr_t)
#undef KPI_ATOMICS

static inline void
atomic_thread_fence_seq_cst(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void
atomic_thread_fence_acq(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static inline void
atomic_thread_fence_rel(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

#endif /* KPI_MACHINE_ATOMIC_H */
