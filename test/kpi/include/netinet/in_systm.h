/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Nothing that the module needs.
 */
#ifndef KPI_NETINET_IN_SYSTM_H
#define KPI_NETINET_IN_SYSTM_H

#include <sys/types.h>

#endif /* KPI_NETINET_IN_SYSTM_H */
