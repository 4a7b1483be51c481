/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See sys/mbuf.h.
 */
#ifndef KPI_MACHINE_IN_CKSUM_H
#define KPI_MACHINE_IN_CKSUM_H

#include <sys/mbuf.h>

#endif /* KPI_MACHINE_IN_CKSUM_H */
