/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * IPv6, as far as others ask.
 */
#ifndef KPI_NETINET6_IP6_VAR_H
#define KPI_NETINET6_IP6_VAR_H

#include <kpi/kpi.h>

extern int ip6_forwarding KPI_NAME(ip6_forwarding);
#define V_ip6_forwarding VNET(ip6_forwarding)

#endif /* KPI_NETINET6_IP6_VAR_H */
