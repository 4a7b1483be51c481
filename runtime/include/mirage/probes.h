/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Probes, from dtrace/probes.def: MIRAGE_PROBE(name, argument, ...).
 *
 * Each probe has a word that is not 0 while somebody traces it, and a function
 * that fires it.  Both are the platform's: the word is what its tracer writes
 * to (USDT's semaphore, an SDT probe's id), so one and the same object serves
 * all targets.  A probe that is off costs a comparison with memory and a
 * branch; its arguments are not evaluated.
 */
#ifndef MIRAGE_PROBES_H
#define MIRAGE_PROBES_H

#include <stdint.h>

#define MIRAGE_PROBE_HIDDEN __attribute__((visibility("hidden")))

/* USDT's semaphore is the word's lower half. */
#define MIRAGE_PROBE1(name, since, when, t0, a0, d0)           \
	extern volatile uint32_t mirage_probe_##name##_enabled \
	    MIRAGE_PROBE_HIDDEN;                               \
	void mirage_probe_##name(t0 a0) MIRAGE_PROBE_HIDDEN;
#define MIRAGE_PROBE2(name, since, when, t0, a0, d0, t1, a1, d1) \
	extern volatile uint32_t mirage_probe_##name##_enabled   \
	    MIRAGE_PROBE_HIDDEN;                                 \
	void mirage_probe_##name(t0 a0, t1 a1) MIRAGE_PROBE_HIDDEN;
#define MIRAGE_PROBE3(name, since, when, t0, a0, d0, t1, a1, d1, t2, a2, d2) \
	extern volatile uint32_t mirage_probe_##name##_enabled               \
	    MIRAGE_PROBE_HIDDEN;                                             \
	void mirage_probe_##name(t0 a0, t1 a1, t2 a2) MIRAGE_PROBE_HIDDEN;
#define MIRAGE_PROBE4(                                                 \
    name, since, when, t0, a0, d0, t1, a1, d1, t2, a2, d2, t3, a3, d3) \
	extern volatile uint32_t mirage_probe_##name##_enabled         \
	    MIRAGE_PROBE_HIDDEN;                                       \
	void mirage_probe_##name(t0 a0, t1 a1, t2 a2, t3 a3)           \
	    MIRAGE_PROBE_HIDDEN;
#include "../../../dtrace/probes.def"
#undef MIRAGE_PROBE1
#undef MIRAGE_PROBE2
#undef MIRAGE_PROBE3
#undef MIRAGE_PROBE4

/* The empty statement behind the call keeps it from becoming a jump. */
#define MIRAGE_PROBE(name, ...)                                                \
	do {                                                                   \
		if (__builtin_expect(mirage_probe_##name##_enabled != 0, 0)) { \
			mirage_probe_##name(__VA_ARGS__);                      \
			__asm__ volatile("");                                  \
		}                                                              \
	} while (0)

#endif /* MIRAGE_PROBES_H */
