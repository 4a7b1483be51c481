/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What all locks have.
 */
#ifndef KPI_SYS_LOCK_H
#define KPI_SYS_LOCK_H

#include <sys/types.h>
#include <kpi/kpi.h>

struct kpi_lock;
struct lock_object {
	struct kpi_lock *lo_lock; /* NULL: not made, or destroyed */
	const char *lo_name;
};

#define LA_LOCKED   1
#define LA_XLOCKED  4
#define LA_SLOCKED  2
#define LA_UNLOCKED 8

#define WITNESS_WARN(flags, lock, ...) kpi_may_sleep(KPI_HERE, "WITNESS_WARN")
void kpi_may_sleep(const struct kpi_place *, const char *what)
    KPI_NAME(may_sleep);

#endif /* KPI_SYS_LOCK_H */
