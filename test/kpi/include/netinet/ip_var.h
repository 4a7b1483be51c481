/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * IPv4, as far as others ask.
 */
#ifndef KPI_NETINET_IP_VAR_H
#define KPI_NETINET_IP_VAR_H

#include <kpi/kpi.h>

extern int ipforwarding KPI_NAME(ipforwarding);
#define V_ipforwarding VNET(ipforwarding)

#endif /* KPI_NETINET_IP_VAR_H */
