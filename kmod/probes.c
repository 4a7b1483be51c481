/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Probes of the kernel: SDT, provider `mirage`, from the one table.
 *
 * The word by which the runtime knows that a probe is on is the id that sdt(4)
 * keeps in the probe meanwhile: a second name for that place.
 */
#include "compat.h"
#include "kmod.h"

#include <sys/eventhandler.h>
#include <sys/linker.h>
#include <sys/module.h>
#include <sys/sdt.h>

#include <mirage/probes.h>

#ifdef KDTRACE_HOOKS
SDT_PROVIDER_DEFINE(mirage);

#define ENABLED(name)
#define ENABLED_IS_ID(name)                                         \
	__asm__ volatile(".hidden mirage_probe_" #name "_enabled\n" \
			 ".globl mirage_probe_" #name "_enabled\n"  \
			 ".set mirage_probe_" #name                 \
			 "_enabled, sdt_mirage___" #name " + %c0"   \
	    :                                                       \
	    : "i"(offsetof(struct sdt_probe, id)))
#else
#define ENABLED(name) volatile uint32_t mirage_probe_##name##_enabled;
#define ENABLED_IS_ID(name)
#endif

/*
 * Each is there once, and calls what traces it instead of jumping there: so
 * stack() begins with the function that fires the probe.
 */
#define FIRE __attribute__((noinline, disable_tail_calls)) void

#define MIRAGE_PROBE1(name, since, when, t0, a0, d0)   \
	ENABLED(name)                                  \
	SDT_PROBE_DEFINE1(mirage, , , name, TEXT(t0)); \
	FIRE mirage_probe_##name(t0 a0)                \
	{                                              \
		ENABLED_IS_ID(name);                   \
		SDT_PROBE1(mirage, , , name, a0);      \
	}
#define MIRAGE_PROBE2(name, since, when, t0, a0, d0, t1, a1, d1) \
	ENABLED(name)                                            \
	SDT_PROBE_DEFINE2(mirage, , , name, TEXT(t0), TEXT(t1)); \
	FIRE mirage_probe_##name(t0 a0, t1 a1)                   \
	{                                                        \
		ENABLED_IS_ID(name);                             \
		SDT_PROBE2(mirage, , , name, a0, a1);            \
	}
#define MIRAGE_PROBE3(name, since, when, t0, a0, d0, t1, a1, d1, t2, a2, d2) \
	ENABLED(name)                                                        \
	SDT_PROBE_DEFINE3(mirage, , , name, TEXT(t0), TEXT(t1), TEXT(t2));   \
	FIRE mirage_probe_##name(t0 a0, t1 a1, t2 a2)                        \
	{                                                                    \
		ENABLED_IS_ID(name);                                         \
		SDT_PROBE3(mirage, , , name, a0, a1, a2);                    \
	}
#define MIRAGE_PROBE4(                                                 \
    name, since, when, t0, a0, d0, t1, a1, d1, t2, a2, d2, t3, a3, d3) \
	ENABLED(name)                                                  \
	SDT_PROBE_DEFINE4(                                             \
	    mirage, , , name, TEXT(t0), TEXT(t1), TEXT(t2), TEXT(t3)); \
	FIRE mirage_probe_##name(t0 a0, t1 a1, t2 a2, t3 a3)           \
	{                                                              \
		ENABLED_IS_ID(name);                                   \
		SDT_PROBE4(mirage, , , name, a0, a1, a2, a3);          \
	}

/*
 * Types are told as C's own, which each dtrace(1) knows: 12.1's finds no
 * typedef of an integer.
 */
#define TEXT(type)  TEXT2(type)
#define TEXT2(type) #type
#define uint32_t    unsigned int
#define uint64_t    unsigned long
#include "../dtrace/probes.def"
#undef uint32_t
#undef uint64_t

/*
 * sdt(4) makes a module's probes in the event that follows its load, when
 * dtrace(4) has just looked for probes that somebody waits for: those it finds
 * when any further module is loaded, and some time later.  So `load` fires when
 * it is enabled first, as far as we look: then, and at a start.
 */
static linker_file_t ours;
static uint64_t loaded_ns;
static bool load_told; /* atomic */
static eventhandler_tag loaded, unloading;

void
probes_tell_load(void)
{
	if (mirage_probe_load_enabled != 0 &&
	    !__atomic_exchange_n(&load_told, true, __ATOMIC_RELAXED))
		MIRAGE_PROBE(load, mirage_program.name, mirage_program.build_id,
		    loaded_ns);
}

static void
module_loaded(void *arg, linker_file_t file)
{
	probes_tell_load();
}

/* From the event that asks, before sdt(4) takes the probes away. */
static void
tell_unload(void *arg, linker_file_t file, int *error)
{
	if (file == ours)
		MIRAGE_PROBE(unload, *error);
}

void
probes_create(linker_file_t file)
{
	ours = file;
	loaded_ns = mirage_platform_monotonic_ns(NULL);
	load_told = false;
	/* After dtrace(4) has enabled what was waited for. */
	loaded = EVENTHANDLER_REGISTER(
	    kld_load, module_loaded, NULL, EVENTHANDLER_PRI_LAST);
	/* Behind our own refusal, and before sdt(4). */
	unloading = EVENTHANDLER_REGISTER(
	    kld_unload_try, tell_unload, NULL, EVENTHANDLER_PRI_FIRST + 1);
}

void
probes_destroy(void)
{
	if (loaded != NULL)
		EVENTHANDLER_DEREGISTER(kld_load, loaded);
	if (unloading != NULL)
		EVENTHANDLER_DEREGISTER(kld_unload_try, unloading);
	loaded = unloading = NULL;
}
