/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Ethernet.
 */
#ifndef KPI_NET_ETHERNET_H
#define KPI_NET_ETHERNET_H

#include <sys/types.h>
#include <net/if_var.h>
#include <kpi/kpi.h>
#define ETHER_ADDR_LEN	     6
#define ETHER_TYPE_LEN	     2
#define ETHER_CRC_LEN	     4
#define ETHER_HDR_LEN	     14
#define ETHER_MIN_LEN	     64
#define ETHER_MAX_LEN	     1518
#define ETHER_MAX_LEN_JUMBO  9018
#define ETHER_VLAN_ENCAP_LEN 4
#define ETHERMTU	     1500
#define ETHERMIN	     46
#define ETHERTYPE_IP	     0x0800
#define ETHERTYPE_ARP	     0x0806
#define ETHERTYPE_VLAN	     0x8100
#define ETHERTYPE_IPV6	     0x86dd
struct ether_header {
	u_char ether_dhost[ETHER_ADDR_LEN];
	u_char ether_shost[ETHER_ADDR_LEN];
	u_short ether_type;
} __packed;
struct ether_vlan_header {
	uint8_t evl_dhost[ETHER_ADDR_LEN];
	uint8_t evl_shost[ETHER_ADDR_LEN];
	uint16_t evl_encap_proto;
	uint16_t evl_tag;
	uint16_t evl_proto;
} __packed;
struct ether_addr {
	u_char octet[ETHER_ADDR_LEN];
} __packed;
#define ETHER_IS_MULTICAST(a) (*(const u_char *)(a) & 0x01)
#define ETHER_IS_BROADCAST(a)                                      \
	((((const u_char *)(a))[0] & ((const u_char *)(a))[1] &    \
	     ((const u_char *)(a))[2] & ((const u_char *)(a))[3] & \
	     ((const u_char *)(a))[4] & ((const u_char *)(a))[5]) == 0xff)
void ether_ifattach(if_t, const uint8_t *) KPI_NAME(ether_ifattach);
void ether_ifdetach(if_t) KPI_NAME(ether_ifdetach);
int ether_ioctl(if_t, u_long, caddr_t) KPI_NAME(ether_ioctl);
int ether_output_frame(if_t, struct mbuf *) KPI_NAME(ether_output_frame);
void ether_demux(if_t, struct mbuf *) KPI_NAME(ether_demux);
void ether_gen_addr(if_t, struct ether_addr *) KPI_NAME(ether_gen_addr);
struct mbuf *ether_vlanencap(struct mbuf *, uint16_t) KPI_NAME(ether_vlanencap);
#ifndef KPI_INSIDE
#define ether_ifattach(...)	KPI_CALL(ether_ifattach, __VA_ARGS__)
#define ether_ifdetach(ifp)	KPI_CALL(ether_ifdetach, ifp)
#define ether_ioctl(...)	KPI_CALL(ether_ioctl, __VA_ARGS__)
#define ether_vlanencap(m, tag) KPI_CALL(ether_vlanencap, m, tag)
#endif

#endif /* KPI_NET_ETHERNET_H */
