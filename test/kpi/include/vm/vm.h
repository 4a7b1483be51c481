/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Nothing that the module needs beyond types.
 */
#ifndef KPI_VM_VM_H
#define KPI_VM_VM_H

#include <sys/types.h>

#endif /* KPI_VM_VM_H */
