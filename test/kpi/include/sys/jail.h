/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See sys/ucred.h.
 */
#ifndef KPI_SYS_JAIL_H
#define KPI_SYS_JAIL_H

#include <sys/ucred.h>
extern struct prison prison0 __asm__("kpi_prison0");

#endif /* KPI_SYS_JAIL_H */
