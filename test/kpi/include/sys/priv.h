/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Privileges.
 */
#ifndef KPI_SYS_PRIV_H
#define KPI_SYS_PRIV_H

#include <sys/types.h>
#include <kpi/kpi.h>
#define PRIV_SYSCTL_WRITE 241
#define PRIV_NET_IFCREATE 397
#define PRIV_DRIVER	  14
#define PRIV_KLD_LOAD	  230
#define PRIV_KLD_UNLOAD	  231
#define PRIV_ROOT	  1
struct ucred;
int priv_check(struct thread *, int) KPI_NAME(priv_check);
int priv_check_cred(struct ucred *, int) KPI_NAME(priv_check_cred);

#endif /* KPI_SYS_PRIV_H */
