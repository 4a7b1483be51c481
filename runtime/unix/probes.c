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
#define FIRE1(name, ...) DTRACE_PROBE1(mirage, name, __VA_ARGS__)
#define FIRE2(name, ...) DTRACE_PROBE2(mirage, name, __VA_ARGS__)
#define FIRE3(name, ...) DTRACE_PROBE3(mirage, name, __VA_ARGS__)
#define FIRE4(name, ...) DTRACE_PROBE4(mirage, name, __VA_ARGS__)
#else
#define FIRE1(name, ...)
#define FIRE2(name, ...)
#define FIRE3(name, ...)
#define FIRE4(name, ...)
#endif

#define MIRAGE_PROBE1(name, since, when, t0, a0, d0) \
	ENABLED(name)                                \
	void mirage_probe_##name(t0 a0)              \
	{                                            \
		FIRE1(name, a0);                     \
	}
#define MIRAGE_PROBE2(name, since, when, t0, a0, d0, t1, a1, d1) \
	ENABLED(name)                                            \
	void mirage_probe_##name(t0 a0, t1 a1)                   \
	{                                                        \
		FIRE2(name, a0, a1);                             \
	}
#define MIRAGE_PROBE3(name, since, when, t0, a0, d0, t1, a1, d1, t2, a2, d2) \
	ENABLED(name)                                                        \
	void mirage_probe_##name(t0 a0, t1 a1, t2 a2)                        \
	{                                                                    \
		FIRE3(name, a0, a1, a2);                                     \
	}
#define MIRAGE_PROBE4(                                                 \
    name, since, when, t0, a0, d0, t1, a1, d1, t2, a2, d2, t3, a3, d3) \
	ENABLED(name)                                                  \
	void mirage_probe_##name(t0 a0, t1 a1, t2 a2, t3 a3)           \
	{                                                              \
		FIRE4(name, a0, a1, a2, a3);                           \
	}
#include "../../dtrace/probes.def"
