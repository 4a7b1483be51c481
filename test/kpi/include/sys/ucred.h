/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose request it is.
 */
#ifndef KPI_SYS_UCRED_H
#define KPI_SYS_UCRED_H

#include <sys/types.h>
struct prison {
	int pr_id;
	int pr_securelevel;
	struct vnet *pr_vnet;
};
struct ucred {
	uid_t cr_uid;
	struct prison *cr_prison;
};
#define NOCRED ((struct ucred *)0)
void getcredhostuuid(struct ucred *, char *, size_t) __asm__(
    "kpi_getcredhostuuid");
void getcredhostname(struct ucred *, char *, size_t) __asm__(
    "kpi_getcredhostname");
int jailed(struct ucred *) __asm__("kpi_jailed");

#endif /* KPI_SYS_UCRED_H */
