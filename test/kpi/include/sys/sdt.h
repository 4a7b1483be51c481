/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Statically defined probes.
 */
#ifndef KPI_SYS_SDT_H
#define KPI_SYS_SDT_H

#include <sys/linker_set.h>
#include <sys/types.h>
#include <kpi/kpi.h>

#define SDT_ARGS_MAX 6

struct sdt_provider {
	const char *name;
};
struct sdt_probe {
	const char *func;
	const char *name;
	const char *mod;
	uint32_t id; /* not 0: somebody traces it */
	struct sdt_provider *prov;
	int n_args;
	const char *types[SDT_ARGS_MAX];
	unsigned fired; /* the double's own: how often it has told so far */
};

extern volatile bool sdt_probes_enabled KPI_NAME(sdt_probes_enabled);
#define SDT_PROBES_ENABLED() __builtin_expect((sdt_probes_enabled), 0)
void kpi_sdt_fire(struct sdt_probe *, const uintptr_t *) KPI_NAME(sdt_fire);

#ifdef KDTRACE_HOOKS
#define SDT_PROVIDER_DEFINE(prov)                      \
	struct sdt_provider sdt_provider_##prov[1] = { \
	    {.name = #prov},                           \
	};                                             \
	DATA_SET(sdt_providers_set, sdt_provider_##prov)
#define SDT_PROVIDER_DECLARE(prov) \
	extern struct sdt_provider sdt_provider_##prov[1]
#define KPI_SDT_NAME(prov, mod, func, name) sdt_##prov##_##mod##_##func##_##name
#define KPI_SDT_DEFINE(p_, m, f, n, count, ...)                       \
	struct sdt_probe KPI_SDT_NAME(p_, m, f, n)[1] = {{.func = #f, \
	    .name = #n,                                               \
	    .mod = #m,                                                \
	    .prov = sdt_provider_##p_,                                \
	    .n_args = (count),                                        \
	    .types = {__VA_ARGS__}}};                                 \
	KPI_SDT_SET(KPI_SDT_NAME(p_, m, f, n))
#define KPI_SDT_SET(name) DATA_SET(sdt_probes_set, name)
#define SDT_PROBE_DECLARE(prov, mod, func, name) \
	extern struct sdt_probe KPI_SDT_NAME(prov, mod, func, name)[1]
#define SDT_PROBE_DEFINE1_XLATE(p, m, f, n, a, ax) \
	KPI_SDT_DEFINE(p, m, f, n, 1, a)
#define SDT_PROBE_DEFINE2_XLATE(p, m, f, n, a, ax, b, bx) \
	KPI_SDT_DEFINE(p, m, f, n, 2, a, b)
#define SDT_PROBE_DEFINE3_XLATE(p, m, f, n, a, ax, b, bx, c, cx) \
	KPI_SDT_DEFINE(p, m, f, n, 3, a, b, c)
#define SDT_PROBE_DEFINE4_XLATE(p, m, f, n, a, ax, b, bx, c, cx, d, dx) \
	KPI_SDT_DEFINE(p, m, f, n, 4, a, b, c, d)
#define SDT_PROBE_DEFINE5_XLATE(p, m, f, n, a, ax, b, bx, c, cx, d, dx, e, ex) \
	KPI_SDT_DEFINE(p, m, f, n, 5, a, b, c, d, e)
#define SDT_PROBE_DEFINE6_XLATE(                          \
    p, m, f, n, a, ax, b, bx, c, cx, d, dx, e, ex, g, gx) \
	KPI_SDT_DEFINE(p, m, f, n, 6, a, b, c, d, e, g)
#define KPI_SDT_FIRE(probe, ...)                                         \
	do {                                                             \
		if (SDT_PROBES_ENABLED() && (probe)->id != 0)            \
			kpi_sdt_fire(                                    \
			    (probe), (const uintptr_t[]) {__VA_ARGS__}); \
	} while (0)
#define SDT_PROBE0(p, m, f, n) KPI_SDT_FIRE(KPI_SDT_NAME(p, m, f, n), 0)
#define SDT_PROBE1(p, m, f, n, a) \
	KPI_SDT_FIRE(KPI_SDT_NAME(p, m, f, n), (uintptr_t)(a))
#define SDT_PROBE2(p, m, f, n, a, b) \
	KPI_SDT_FIRE(KPI_SDT_NAME(p, m, f, n), (uintptr_t)(a), (uintptr_t)(b))
#define SDT_PROBE3(p, m, f, n, a, b, c)                                        \
	KPI_SDT_FIRE(KPI_SDT_NAME(p, m, f, n), (uintptr_t)(a), (uintptr_t)(b), \
	    (uintptr_t)(c))
#define SDT_PROBE4(p, m, f, n, a, b, c, d)                                     \
	KPI_SDT_FIRE(KPI_SDT_NAME(p, m, f, n), (uintptr_t)(a), (uintptr_t)(b), \
	    (uintptr_t)(c), (uintptr_t)(d))
#define SDT_PROBE5(p, m, f, n, a, b, c, d, e)                                  \
	KPI_SDT_FIRE(KPI_SDT_NAME(p, m, f, n), (uintptr_t)(a), (uintptr_t)(b), \
	    (uintptr_t)(c), (uintptr_t)(d), (uintptr_t)(e))
#define SDT_PROBE6(p, m, f, n, a, b, c, d, e, g)                               \
	KPI_SDT_FIRE(KPI_SDT_NAME(p, m, f, n), (uintptr_t)(a), (uintptr_t)(b), \
	    (uintptr_t)(c), (uintptr_t)(d), (uintptr_t)(e), (uintptr_t)(g))
#else
#define SDT_PROVIDER_DEFINE(prov)    struct kpi_unused
#define SDT_PROBE_DEFINE1_XLATE(...) struct kpi_unused
#define SDT_PROBE_DEFINE2_XLATE(...) struct kpi_unused
#define SDT_PROBE_DEFINE3_XLATE(...) struct kpi_unused
#define SDT_PROBE_DEFINE4_XLATE(...) struct kpi_unused
#define SDT_PROBE_DEFINE5_XLATE(...) struct kpi_unused
#define SDT_PROBE_DEFINE6_XLATE(...) struct kpi_unused
#define SDT_PROBE1(p, m, f, n, ...)  ((void)0)
#define SDT_PROBE2(p, m, f, n, ...)  ((void)0)
#define SDT_PROBE3(p, m, f, n, ...)  ((void)0)
#define SDT_PROBE4(p, m, f, n, ...)  ((void)0)
#define SDT_PROBE5(p, m, f, n, ...)  ((void)0)
#define SDT_PROBE6(p, m, f, n, ...)  ((void)0)
#endif

#endif /* KPI_SYS_SDT_H */
