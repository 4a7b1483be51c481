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

/* SDT_PROBE_DEFINEn_XLATE wants two texts of each argument: C's type and D's.
 */
#define PAIR(type, name, ...) TEXT(type), AS(__VA_ARGS__, NULL)
#define AS(what, as, ...)     as
#define CALL(macro, ...)      macro(__VA_ARGS__)
#define DEFINE(name, n, ...)                     \
	CALL(MIRAGE_PROBE_JOIN(DEFINE, n), name, \
	    MIRAGE_PROBE_EACH(PAIR, __VA_ARGS__))
#define DEFINE1(...) SDT_PROBE_DEFINE1_XLATE(mirage, , , __VA_ARGS__)
#define DEFINE2(...) SDT_PROBE_DEFINE2_XLATE(mirage, , , __VA_ARGS__)
#define DEFINE3(...) SDT_PROBE_DEFINE3_XLATE(mirage, , , __VA_ARGS__)
#define DEFINE4(...) SDT_PROBE_DEFINE4_XLATE(mirage, , , __VA_ARGS__)
#define DEFINE5(...) SDT_PROBE_DEFINE5_XLATE(mirage, , , __VA_ARGS__)
#define DEFINE6(...) SDT_PROBE_DEFINE6_XLATE(mirage, , , __VA_ARGS__)

#define MIRAGE_PROBE_ROW(name, family, since, where, when, ...)         \
	ENABLED(name)                                                   \
	DEFINE(name, MIRAGE_PROBE_COUNT(__VA_ARGS__), __VA_ARGS__);     \
	FIRE mirage_probe_##name(MIRAGE_PROBE_PARAMETERS(__VA_ARGS__))  \
	{                                                               \
		ENABLED_IS_ID(name);                                    \
		CALL(MIRAGE_PROBE_JOIN(                                 \
			 SDT_PROBE, MIRAGE_PROBE_COUNT(__VA_ARGS__)),   \
		    mirage, , , name, MIRAGE_PROBE_NAMES(__VA_ARGS__)); \
	}

/*
 * Types are told as C's own, which each dtrace(1) knows: 12.1's finds no
 * typedef of an integer.
 */
#define TEXT(type)  TEXT2(type)
#define TEXT2(type) #type
#define uint8_t	    unsigned char
#define uint32_t    unsigned int
#define uint64_t    unsigned long
/* SDT_PROBE6 calls as of six arguments what is declared with five. */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wcast-function-type"
#include "../dtrace/probes.def"
#pragma clang diagnostic pop
#undef uint8_t
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
