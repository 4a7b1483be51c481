/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Network threads.
 */
#ifndef KPI_NET_NETISR_H
#define KPI_NET_NETISR_H

#include <sys/types.h>
#include <kpi/kpi.h>
#define NETISR_IP    1
#define NETISR_ARP   4
#define NETISR_ETHER 5
#define NETISR_IPV6  6
int netisr_queue(u_int, struct mbuf *) KPI_NAME(netisr_queue);
int netisr_dispatch(u_int, struct mbuf *) KPI_NAME(netisr_dispatch);
#ifndef KPI_INSIDE
#define netisr_queue(proto, m)	  KPI_CALL(netisr_queue, proto, m)
#define netisr_dispatch(proto, m) KPI_CALL(netisr_dispatch, proto, m)
#endif

#endif /* KPI_NET_NETISR_H */
