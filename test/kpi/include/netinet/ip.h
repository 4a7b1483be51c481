/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * IPv4.
 */
#ifndef KPI_NETINET_IP_H
#define KPI_NETINET_IP_H

#include <sys/types.h>
#include <netinet/in.h>
struct ip {
	u_char ip_vhl;
	u_char ip_tos;
	u_short ip_len;
	u_short ip_id;
	u_short ip_off;
	u_char ip_ttl;
	u_char ip_p;
	u_short ip_sum;
	uint32_t ip_src, ip_dst;
} __packed;

#define IP_MAXPACKET 65535

#endif /* KPI_NETINET_IP_H */
