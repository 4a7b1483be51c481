/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Hooks of carp(4).
 */
#ifndef KPI_NETINET_IP_CARP_H
#define KPI_NETINET_IP_CARP_H

#include <net/if_var.h>
#include <kpi/kpi.h>
extern int (*carp_forus_p)(struct ifnet *, u_char *) KPI_NAME(carp_forus_p);

#endif /* KPI_NETINET_IP_CARP_H */
