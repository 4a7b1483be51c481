/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Interfaces, as everybody sees them.
 */
#ifndef KPI_NET_IF_H
#define KPI_NET_IF_H

#include <sys/socket.h>
#include <sys/types.h>
#define IFNAMSIZ	16
#define IF_NAMESIZE	IFNAMSIZ
#define IFF_UP		0x1
#define IFF_BROADCAST	0x2
#define IFF_DEBUG	0x4
#define IFF_LOOPBACK	0x8
#define IFF_POINTOPOINT 0x10
#define IFF_DRV_RUNNING 0x40
#define IFF_NOARP	0x80
#define IFF_PROMISC	0x100
#define IFF_ALLMULTI	0x200
#define IFF_DRV_OACTIVE 0x400
#define IFF_SIMPLEX	0x800
#define IFF_MULTICAST	0x8000
#define IFF_CANTCHANGE	0x210a52
#define IFF_DYING	0x200000
#define IFF_NEEDSEPOCH	0x2000000

#define IFCAP_RXCSUM	     0x00001
#define IFCAP_TXCSUM	     0x00002
#define IFCAP_NETCONS	     0x00004
#define IFCAP_VLAN_MTU	     0x00008
#define IFCAP_VLAN_HWTAGGING 0x00010
#define IFCAP_JUMBO_MTU	     0x00020
#define IFCAP_VLAN_HWCSUM    0x00080
#define IFCAP_TSO4	     0x00100
#define IFCAP_TSO6	     0x00200
#define IFCAP_LRO	     0x00400
#define IFCAP_LINKSTATE	     0x80000
#define IFCAP_RXCSUM_IPV6    0x200000
#define IFCAP_TXCSUM_IPV6    0x400000
#define IFCAP_MEXTPG	     0x1000000
#define IFCAP_HWCSUM	     (IFCAP_RXCSUM | IFCAP_TXCSUM)

#define LINK_STATE_UNKNOWN 0
#define LINK_STATE_DOWN	   1
#define LINK_STATE_UP	   2

struct ifreq {
	char ifr_name[IFNAMSIZ];
	union {
		struct sockaddr ifru_addr;
		short ifru_flags[2];
		int ifru_media;
		int ifru_mtu;
		int ifru_cap[2];
		caddr_t ifru_data;
	} ifr_ifru;
};
#define ifr_addr   ifr_ifru.ifru_addr
#define ifr_flags  ifr_ifru.ifru_flags[0]
#define ifr_media  ifr_ifru.ifru_media
#define ifr_mtu	   ifr_ifru.ifru_mtu
#define ifr_reqcap ifr_ifru.ifru_cap[0]
#define ifr_curcap ifr_ifru.ifru_cap[1]
#define ifr_data   ifr_ifru.ifru_data

#endif /* KPI_NET_IF_H */
