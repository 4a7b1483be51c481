/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Probes of a process: USDT, where <sys/sdt.h> is installed.  A tracer finds
 * name, place and arguments of each probe in the executable's notes, and
 * counts up the probe's semaphore while it listens.
 */
#include <mirage/probes.h>

/* Tracers look for semaphores in this section. */
#define ENABLED(name)                                                      \
	volatile uint32_t mirage_probe_##name##_enabled                    \
	    __attribute__((section(".probes"), used));                     \
	extern volatile uint32_t mirage_##name##_semaphore __attribute__(( \
	    visibility("hidden"), alias("mirage_probe_" #name "_enabled")));

#if __has_include(<sys/sdt.h>)
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
#define FIRE(name, ...)                                                        \
	CALL(MIRAGE_PROBE_JOIN(DTRACE_PROBE, MIRAGE_PROBE_COUNT(__VA_ARGS__)), \
	    mirage, name, MIRAGE_PROBE_NAMES(__VA_ARGS__))
#define CALL(macro, ...) macro(__VA_ARGS__)
#else
#define FIRE(...)
#endif

#define MIRAGE_PROBE_ROW(name, family, since, where, when, ...)        \
	ENABLED(name)                                                  \
	void mirage_probe_##name(MIRAGE_PROBE_PARAMETERS(__VA_ARGS__)) \
	{                                                              \
		FIRE(name, __VA_ARGS__);                               \
	}
#include "../../dtrace/probes.def"
