/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See sys/param.h.
 */
#ifndef KPI_SYS_PRIORITY_H
#define KPI_SYS_PRIORITY_H

#include <sys/param.h>

#endif /* KPI_SYS_PRIORITY_H */
