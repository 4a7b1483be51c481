/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See sys/proc.h.
 */
#ifndef KPI_SYS_SCHED_H
#define KPI_SYS_SCHED_H

#include <sys/proc.h>

#endif /* KPI_SYS_SCHED_H */
