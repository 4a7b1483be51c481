/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See sys/stdarg.h.
 */
#ifndef KPI_MACHINE_STDARG_H
#define KPI_MACHINE_STDARG_H

#include <sys/stdarg.h>

#endif /* KPI_MACHINE_STDARG_H */
