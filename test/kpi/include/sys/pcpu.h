/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The current thread.
 */
#ifndef KPI_SYS_PCPU_H
#define KPI_SYS_PCPU_H

#include <sys/types.h>
#include <kpi/kpi.h>
struct thread *kpi_curthread(void) KPI_NAME(curthread);
#define curthread kpi_curthread()
#define curcpu	  0
#define MAXCPU	  1024

#endif /* KPI_SYS_PCPU_H */
