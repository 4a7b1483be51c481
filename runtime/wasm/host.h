/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The host of frame code: modules running, the way in, the way out by a trap.
 */
#ifndef MIRAGE_WASM_HOST_H
#define MIRAGE_WASM_HOST_H

#include <setjmp.h>

#include <mirage/wasm.h>

#include "frame/table.h"
#include "instance.h"
#include "wasm-rt.h"

enum mirage_trap {
	MIRAGE_TRAP_OOB,
	MIRAGE_TRAP_INT_OVERFLOW,
	MIRAGE_TRAP_DIV_BY_ZERO,
	MIRAGE_TRAP_UNREACHABLE,
	MIRAGE_TRAP_CALL_INDIRECT,
};

/* Where an operation stands in the TypeScript source. */
struct mirage_site {
	const char *function;
	const char *file;
	uint32_t line;
};

/* One running module.  wasm2c's instance structure follows it in memory. */
struct mirage_wasm {
	struct mirage_instance *inst;
	struct mirage_frame_table *frames;
	wasm_rt_memory_t *memory; /* NULL: it has none */
	const struct mirage_wasm_module *module;
	/* The platform's sockets instead of the module's exports; NULL: no. */
	const struct mirage_socket_call *calls;
	unsigned ncalls;
	uint64_t deadline_ns; /* of timer_set(), UINT64_MAX: none */
	uint32_t index; /* in the program */
	bool running; /* started, and has not trapped */
	bool refused; /* an event of it found the queue full */
	/* Indices of the exports that the runtime calls; -1: none. */
	int32_t start, input, timer, resume, report, stop;
} __attribute__((aligned(16)));

static inline struct mirage_wasm *
mirage_wasm_of(void *instance)
{
	return ((struct mirage_wasm *)instance - 1);
}

static inline void *
mirage_wasm_instance(struct mirage_wasm *w)
{
	return (w + 1);
}

/* report(): there is no such section. */
#define MIRAGE_REPORT_END UINT32_MAX

/* What frame code told application code. */
struct mirage_event {
	uint32_t module, kind, frame, offset, length, a, b, c;
};

/* An entry into frame code: where a trap goes. */
struct mirage_wasm_entry {
	jmp_buf escape;
	struct mirage_wasm_entry *outer;
};

struct mirage_frame_code {
	struct mirage_wasm **modules;
	unsigned nmodules;
	struct mirage_wasm_entry
	    *entry; /* innermost; NULL: not in frame code */
	uint32_t first_event, nevents, max_events;
	struct mirage_event *events; /* a ring of max_events */
};

/*
 * Instantiates the program's modules, and runs their start sections.  false:
 * the instance has failed, see mirage_instance_error().
 */
bool mirage_frame_code_create(struct mirage_instance *);
void mirage_frame_code_destroy(struct mirage_instance *);
/* Calls each module's start().  false: trapped. */
bool mirage_frame_code_start(struct mirage_instance *);
/* Offers a frame to each input() in turn: true if one took it (or trapped). */
bool mirage_frame_code_input(
    struct mirage_instance *, uint32_t netif, uint32_t handle);
/* Calls each timer() that is due. */
void mirage_frame_code_timers(struct mirage_instance *, uint64_t now_ns);
/*
 * Calls stop() of each module that is running, whatever ended the program:
 * each with a turn's budget of instructions, however much is used up.
 */
void mirage_frame_code_stop(struct mirage_instance *);
/* Calls resume() of each module whose events were refused, if there is room. */
void mirage_frame_code_resume(struct mirage_instance *);
/* Earliest deadline; UINT64_MAX: none. */
uint64_t mirage_frame_code_deadline(const struct mirage_instance *);
/* sockets.c */

/*
 * The platform's sockets take the place of a module that is the stock network
 * stack, if the platform offers them: true.
 */
bool mirage_sockets_replace(struct mirage_wasm *);
/* What mirage_wasm_call() and mirage_wasm_find_export() are then. */
uint32_t mirage_sockets_call(
    struct mirage_wasm *, uint32_t call, const uint32_t *args);
int32_t mirage_sockets_find(const struct mirage_wasm *, const char *name);
/* Queues the sockets' events.  True: there may be more. */
bool mirage_sockets_poll(struct mirage_instance *);

/*
 * Calls report() of module `index` (0, 1, ...): see docs/frame-code.md.  false:
 * there is no such module, or it trapped.
 */
bool mirage_frame_code_report(struct mirage_instance *, unsigned index,
    uint32_t section, uint32_t from, uint32_t *next);
/* The oldest event, taken from the queue; its frame's reference with it. */
bool mirage_frame_code_event(struct mirage_instance *, struct mirage_event *);

/*
 * Calls an export with its nargs arguments (more are ignored).  false: it
 * trapped or broke a budget, and the instance has failed.
 */
bool mirage_wasm_call(struct mirage_wasm *, uint32_t export_index,
    const uint32_t *args, uint32_t *result);
/* -1: no such export. */
int32_t mirage_wasm_find_export(const struct mirage_wasm *, const char *name);

/* Cold paths: leave frame code for good. */
#define MIRAGE_COLD __attribute__((noreturn, cold, noinline))
MIRAGE_COLD void mirage_wasm_trap(
    struct mirage_wasm *, enum mirage_trap, const struct mirage_site *);
MIRAGE_COLD void mirage_wasm_fail(
    struct mirage_wasm *, const char *what, const struct mirage_site *);
MIRAGE_COLD void mirage_wasm_over_budget(
    struct mirage_wasm *, enum mirage_budget, const struct mirage_site *);
/* A bad handle, or bytes outside of the frame. */
MIRAGE_COLD void mirage_wasm_bad_access(struct mirage_wasm *, uint32_t handle,
    uint32_t off, uint32_t len, const struct mirage_site *);

/* Charges `cost` units, each about one pass of a small loop. */
static inline __attribute__((always_inline)) void
mirage_wasm_burn(
    struct mirage_wasm *w, uint32_t cost, const struct mirage_site *site)
{
	struct mirage_instance *inst = w->inst;

	inst->fuel -= cost;
	if (UNLIKELY(inst->fuel < 0))
		mirage_wasm_over_budget(w, MIRAGE_BUDGET_INSTRUCTIONS, site);
}

/* On entry of each function. */
static inline __attribute__((always_inline)) void
mirage_wasm_enter(struct mirage_wasm *w, const struct mirage_site *site)
{
	struct mirage_instance *inst = w->inst;

	if (UNLIKELY((uintptr_t)__builtin_frame_address(0) < inst->stack_limit))
		mirage_wasm_over_budget(w, MIRAGE_BUDGET_STACK, site);
	inst->fuel--;
	if (UNLIKELY(inst->fuel < 0))
		mirage_wasm_over_budget(w, MIRAGE_BUDGET_INSTRUCTIONS, site);
}

/* Operations of instrument.h that are not worth inlining. */
void mirage_wasm_memory_init(wasm_rt_memory_t *, const uint8_t *data,
    uint32_t data_bytes, uint64_t to, uint32_t from, uint32_t n,
    const struct mirage_site *);
void mirage_wasm_memory_fill(wasm_rt_memory_t *, uint32_t to, uint32_t value,
    uint32_t n, const struct mirage_site *);
void mirage_wasm_memory_copy(wasm_rt_memory_t *, uint32_t to, uint32_t from,
    uint32_t n, const struct mirage_site *);

#endif /* MIRAGE_WASM_HOST_H */
