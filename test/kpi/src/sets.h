/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the kernel's linker would find in the module by section names.
 */
#ifndef KPI_SETS_H
#define KPI_SETS_H

struct sysctl_oid;
struct kpi_sets {
	const void *const *sysinit[2];
	const void *const *sysuninit[2];
	const void *const *metadata[2];
	struct sysctl_oid *const *sysctl[2];
	const void *const *providers[2];
	const void *const *probes[2];
	const void *const *argtypes[2];
};
void kpi_get_sets(struct kpi_sets *);

#endif /* KPI_SETS_H */
