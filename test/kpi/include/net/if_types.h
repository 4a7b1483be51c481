/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Types of interfaces.
 */
#ifndef KPI_NET_IF_TYPES_H
#define KPI_NET_IF_TYPES_H

#define IFT_OTHER  0x01
#define IFT_ETHER  0x06
#define IFT_LOOP   0x18
#define IFT_L2VLAN 0x87
#define IFT_BRIDGE 0xd1

#endif /* KPI_NET_IF_TYPES_H */
