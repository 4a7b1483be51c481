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

#include <mirage/probe_rows.h>
#include <mirage/probe_types.h>

#define MIRAGE_PROBE_HIDDEN __attribute__((visibility("hidden")))

/* USDT's semaphore is the word's lower half. */
#define MIRAGE_PROBE_ROW(name, family, since, where, when, ...)        \
	extern volatile uint32_t mirage_probe_##name##_enabled         \
	    MIRAGE_PROBE_HIDDEN;                                       \
	void mirage_probe_##name(MIRAGE_PROBE_PARAMETERS(__VA_ARGS__)) \
	    MIRAGE_PROBE_HIDDEN;
#include "../../../dtrace/probes.def"
#undef MIRAGE_PROBE_ROW

/* Does anybody listen?  MIRAGE_NO_PROBES: to measure what asking costs. */
#ifdef MIRAGE_NO_PROBES
#define MIRAGE_PROBE_ENABLED(name) 0
#else
#define MIRAGE_PROBE_ENABLED(name) \
	__builtin_expect(mirage_probe_##name##_enabled != 0, 0)
#endif

/* The empty statement behind the call keeps it from becoming a jump. */
#define MIRAGE_PROBE(name, ...)                           \
	do {                                              \
		if (MIRAGE_PROBE_ENABLED(name)) {         \
			mirage_probe_##name(__VA_ARGS__); \
			__asm__ volatile("");             \
		}                                         \
	} while (0)

#endif /* MIRAGE_PROBES_H */
