/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Counters.
 */
#ifndef KPI_SYS_COUNTER_H
#define KPI_SYS_COUNTER_H

#include <sys/types.h>
#include <kpi/kpi.h>
counter_u64_t counter_u64_alloc(int) KPI_NAME(counter_u64_alloc);
void counter_u64_free(counter_u64_t) KPI_NAME(counter_u64_free);
void counter_u64_add(counter_u64_t, int64_t) KPI_NAME(counter_u64_add);
uint64_t counter_u64_fetch(counter_u64_t) KPI_NAME(counter_u64_fetch);
void counter_u64_zero(counter_u64_t) KPI_NAME(counter_u64_zero);
#ifndef KPI_INSIDE
#define counter_u64_alloc(flags) KPI_CALL(counter_u64_alloc, flags)
#define counter_u64_free(c)	 KPI_CALL(counter_u64_free, c)
#endif
#define counter_enter() ((void)0)
#define counter_exit()	((void)0)

#endif /* KPI_SYS_COUNTER_H */
