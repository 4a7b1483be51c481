/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * VLAN tags.
 */
#ifndef KPI_NET_IF_VLAN_VAR_H
#define KPI_NET_IF_VLAN_VAR_H

#include <net/ethernet.h>
#define EVL_VLID_MASK	     0x0FFF
#define EVL_VLANOFTAG(tag)   ((tag) & EVL_VLID_MASK)
#define EVL_PRIOFTAG(tag)    (((tag) >> 13) & 7)
#define EVL_MAKETAG(v, p, c) ((((p) & 7) << 13) | (((c) & 1) << 12) | (v))

#endif /* KPI_NET_IF_VLAN_VAR_H */
