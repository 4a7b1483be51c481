/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Linked into each module: where its sets begin and end.
 */
#include <sys/types.h>

#include "sets.h"

#define SET(name)                                        \
	extern const void *const __start_set_##name[]    \
	    __attribute__((weak, visibility("hidden"))); \
	extern const void *const __stop_set_##name[]     \
	    __attribute__((weak, visibility("hidden")))
SET(sysinit_set);
SET(sysuninit_set);
SET(modmetadata_set);
SET(sysctl_set);
SET(sdt_providers_set);
SET(sdt_probes_set);
SET(sdt_argtypes_set);

__attribute__((visibility("default"))) void
kpi_get_sets(struct kpi_sets *s)
{
#define PUT(member, name)                          \
	s->member[0] = (void *)__start_set_##name; \
	s->member[1] = (void *)__stop_set_##name
	PUT(sysinit, sysinit_set);
	PUT(sysuninit, sysuninit_set);
	PUT(metadata, modmetadata_set);
	PUT(sysctl, sysctl_set);
	PUT(providers, sdt_providers_set);
	PUT(probes, sdt_probes_set);
	PUT(argtypes, sdt_argtypes_set);
}
