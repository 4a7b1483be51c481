/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Hooks of if_bridge(4).
 */
#ifndef KPI_NET_IF_BRIDGEVAR_H
#define KPI_NET_IF_BRIDGEVAR_H

#include <net/if_var.h>
#include <kpi/kpi.h>
extern struct mbuf *(*bridge_input_p)(struct ifnet *, struct mbuf *)KPI_NAME(
    bridge_input_p);
#define BRIDGE_INPUT(ifp, m) ((m) = (*bridge_input_p)(ifp, m))

#endif /* KPI_NET_IF_BRIDGEVAR_H */
