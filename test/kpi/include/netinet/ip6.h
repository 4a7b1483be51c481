/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * IPv6.
 */
#ifndef KPI_NETINET_IP6_H
#define KPI_NETINET_IP6_H

#include <sys/types.h>
struct ip6_hdr {
	uint32_t ip6_flow;
	uint16_t ip6_plen;
	uint8_t ip6_nxt;
	uint8_t ip6_hlim;
	uint8_t ip6_src[16];
	uint8_t ip6_dst[16];
} __packed;

#endif /* KPI_NETINET_IP6_H */
