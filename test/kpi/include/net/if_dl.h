/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Link-level addresses.
 */
#ifndef KPI_NET_IF_DL_H
#define KPI_NET_IF_DL_H

#include <net/if_var.h>
#define IF_LLADDR(ifp) if_getlladdr(ifp)

#endif /* KPI_NET_IF_DL_H */
