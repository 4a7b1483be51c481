/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See vm.h.
 */
#ifndef KPI_VM_PMAP_H
#define KPI_VM_PMAP_H

#include <vm/vm.h>

#endif /* KPI_VM_PMAP_H */
