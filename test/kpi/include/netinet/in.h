/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Protocols.
 */
#ifndef KPI_NETINET_IN_H
#define KPI_NETINET_IN_H

#include <sys/types.h>
#define IPPROTO_ICMP   1
#define IPPROTO_TCP    6
#define IPPROTO_UDP    17
#define IPPROTO_IPV6   41
#define IPPROTO_ICMPV6 58

#endif /* KPI_NETINET_IN_H */
