/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Taps of bpf(4).
 */
#ifndef KPI_NET_BPF_H
#define KPI_NET_BPF_H

#include <sys/types.h>
#include <kpi/kpi.h>
#define DLT_NULL   0
#define DLT_EN10MB 1
void kpi_bpf_tap(if_t, struct mbuf *) KPI_NAME(bpf_tap);
#define BPF_MTAP(ifp, m)       kpi_bpf_tap(ifp, m)
#define ETHER_BPF_MTAP(ifp, m) kpi_bpf_tap(ifp, m)
void bpfattach(if_t, u_int, u_int) KPI_NAME(bpfattach);
void bpfdetach(if_t) KPI_NAME(bpfdetach);

#endif /* KPI_NET_BPF_H */
