/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Nothing that the module needs.
 */
#ifndef KPI_NET_IF_ARP_H
#define KPI_NET_IF_ARP_H

#include <net/ethernet.h>

#endif /* KPI_NET_IF_ARP_H */
