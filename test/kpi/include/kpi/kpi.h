/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What all headers of the double use: places, names of symbols.
 */
#ifndef KPI_KPI_KPI_H
#define KPI_KPI_KPI_H

/* Where the module called the kernel. */
struct kpi_place {
	const char *file;
	const char *function;
	int line;
};

/*
 * Symbols of the double have a prefix of their own, for a C library or Node may
 * have the kernel's names too.
 */
#define KPI_NAME(name) __asm__("kpi_" #name)

void kpi_at(const struct kpi_place *) KPI_NAME(at);

#define KPI_HERE                                           \
	({                                                 \
		static const struct kpi_place kpi_here = { \
		    __FILE__, __func__, __LINE__};         \
		&kpi_here;                                 \
	})

/* The call of a function of the kernel, whose place the double gets to know. */
#define KPI_CALL(function, ...) (kpi_at(KPI_HERE), (function)(__VA_ARGS__))

#ifdef KPI_INSIDE
#define KPI_EXPORT __attribute__((visibility("default")))
#endif

#endif /* KPI_KPI_KPI_H */
