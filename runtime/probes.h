/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Probes, from dtrace/probes.def: MIRAGE_PROBE_NAME(argument, ...).
 *
 * With MIRAGE_USDT (where <sys/sdt.h> is installed the builder defines it as
 * that file's path, which keeps the rest of the host's headers out) a probe
 * is a nop and a note that says where its arguments are: near zero cost
 * when off, no relocation that a kernel linker lacks, no library.  Without,
 * it is nothing, but its arguments are still checked.
 */
#ifndef MIRAGE_PROBES_H
#define MIRAGE_PROBES_H

#include <stdint.h>

#ifdef MIRAGE_USDT
/* In registers: a spill for each argument would cost even when off. */
#define STAP_SDT_ARG_CONSTRAINT nr
#include MIRAGE_USDT
#define MIRAGE_FIRE1(name, a)	    DTRACE_PROBE1(mirage, name, a)
#define MIRAGE_FIRE2(name, a, b)    DTRACE_PROBE2(mirage, name, a, b)
#define MIRAGE_FIRE3(name, a, b, c) DTRACE_PROBE3(mirage, name, a, b, c)
#else
#define MIRAGE_FIRE1(name, a)	    (void)(a)
#define MIRAGE_FIRE2(name, a, b)    (void)(a), (void)(b)
#define MIRAGE_FIRE3(name, a, b, c) (void)(a), (void)(b), (void)(c)
#endif

#define MIRAGE_PROBE1(NAME, name, t0, a0)                                  \
	static inline                                                      \
	    __attribute__((always_inline)) void mirage_probe_##name(t0 a0) \
	{                                                                  \
		MIRAGE_FIRE1(name, a0);                                    \
	}
#define MIRAGE_PROBE2(NAME, name, t0, a0, t1, a1)                              \
	static inline __attribute__((always_inline)) void mirage_probe_##name( \
	    t0 a0, t1 a1)                                                      \
	{                                                                      \
		MIRAGE_FIRE2(name, a0, a1);                                    \
	}
#define MIRAGE_PROBE3(NAME, name, t0, a0, t1, a1, t2, a2)                      \
	static inline __attribute__((always_inline)) void mirage_probe_##name( \
	    t0 a0, t1 a1, t2 a2)                                               \
	{                                                                      \
		MIRAGE_FIRE3(name, a0, a1, a2);                                \
	}
#include "../dtrace/probes.def"
#undef MIRAGE_PROBE1
#undef MIRAGE_PROBE2
#undef MIRAGE_PROBE3

#define MIRAGE_PROBE_PROGRAM_START   mirage_probe_program__start
#define MIRAGE_PROBE_PROGRAM_STOP    mirage_probe_program__stop
#define MIRAGE_PROBE_TURN_START	     mirage_probe_turn__start
#define MIRAGE_PROBE_TURN_END	     mirage_probe_turn__end
#define MIRAGE_PROBE_FRAME_IN	     mirage_probe_frame__in
#define MIRAGE_PROBE_FRAME_OUT	     mirage_probe_frame__out
#define MIRAGE_PROBE_DROP	     mirage_probe_drop
#define MIRAGE_PROBE_BUDGET_EXCEEDED mirage_probe_budget__exceeded
#define MIRAGE_PROBE_ERROR	     mirage_probe_error
#define MIRAGE_PROBE_TIMER_FIRE	     mirage_probe_timer__fire

#endif /* MIRAGE_PROBES_H */
