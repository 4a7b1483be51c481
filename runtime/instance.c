/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An instance from its creation to its end, and how it fails.
 */
#include <stdio.h>
#include <string.h>

#include <mirage/probes.h>

#include "engine/engine.h"
#include "engine/net.h"
#include "frame/table.h"
#include "heap.h"
#include "instance.h"
#include "timers.h"
#include "wasm/host.h"

struct mirage_instance *
mirage_instance_create(struct mirage_platform *platform,
    const struct mirage_program *program, const struct mirage_config *config)
{
	struct mirage_instance *inst =
	    mirage_platform_alloc(platform, sizeof(*inst));
	unsigned i;

	if (inst == NULL)
		return (NULL);
	memset(inst, 0, sizeof(*inst));
	inst->platform = platform;
	inst->program = program;
	inst->config = *config;
	inst->state = MIRAGE_IDLE;
	inst->nnetifs = mirage_platform_netif_count(platform);
	if (inst->nnetifs > MIRAGE_NETIFS)
		inst->nnetifs = MIRAGE_NETIFS;
	for (i = 0; i < inst->nnetifs; i++)
		mirage_platform_netif_info(platform, i, &inst->netifs[i]);
	return (inst);
}

void
mirage_instance_destroy(struct mirage_instance *inst)
{
	mirage_platform_free(inst->platform, inst, sizeof(*inst));
}

/* Brings up all parts, in the order in which they need each other. */
static bool
open_parts(struct mirage_instance *inst)
{
	if (mirage_frame_table_create(inst) == NULL) {
		mirage_fail(inst, MIRAGE_FAILED, "no memory for frames");
		return (false);
	}
	if (!mirage_engine_open(inst))
		return (false);
	if (!mirage_timers_open(inst) || !mirage_net_open(inst)) {
		mirage_fail(inst, MIRAGE_FAILED, "no memory for the program");
		return (false);
	}
	mirage_engine_turn(inst);
	if (!mirage_frame_code_create(inst))
		return (false);
	mirage_engine_turn(inst);
	return (mirage_frame_code_start(inst));
}

/*
 * Ends all parts, whatever came up.  Frames go before the engine, whose views
 * of them are emptied; frame code's memory goes back to the engine's heap.
 */
static void
close_parts(struct mirage_instance *inst)
{
	mirage_timers_close(inst);
	mirage_frame_code_destroy(inst);
	mirage_net_close(inst);
	inst->stats.frames_reclaimed += mirage_frame_table_destroy(inst);
	if (inst->heap != NULL) {
		inst->stats.heap_bytes = mirage_heap_used(inst->heap);
		inst->stats.heap_bytes_max = mirage_heap_peak(inst->heap);
	}
	mirage_engine_close(inst);
}

/* Of an end. */
static const char *
state_name(enum mirage_state state)
{
	switch (state) {
	case MIRAGE_STOPPED:
		return ("stopped");
	case MIRAGE_FAILED:
		return ("failed");
	case MIRAGE_OVER_BUDGET:
		return ("over-budget");
	default:
		return ("returned");
	}
}

enum mirage_state
mirage_instance_run(struct mirage_instance *inst)
{
	inst->stack_limit =
	    inst->config.stack_low + (uintptr_t)inst->config.params.stack_bytes;
	inst->state = MIRAGE_RUNNING;
	MIRAGE_PROBE(start, inst->program->name, inst->program->build_id);
	if (mirage_engine_accepts(inst) && open_parts(inst) &&
	    mirage_engine_main(inst))
		mirage_loop_run(inst);
	mirage_frame_code_stop(inst);
	if (inst->error[0] != '\0')
		MIRAGE_PROBE(error, inst->program->name, inst->error);
	close_parts(inst);
	if (inst->state == MIRAGE_RUNNING || inst->state == MIRAGE_STOPPING) {
		if (inst->exiting || !inst->stop)
			inst->state = MIRAGE_RETURNED;
		else
			inst->state = MIRAGE_STOPPED;
	}
	MIRAGE_PROBE(stop, inst->program->name, state_name(inst->state),
	    inst->exit_code, inst->stats.instructions);
	return (inst->state);
}

enum mirage_state
mirage_instance_state(const struct mirage_instance *inst)
{
	return (inst->state);
}

int
mirage_instance_exit_code(const struct mirage_instance *inst)
{
	return (inst->exit_code);
}

const char *
mirage_instance_error(const struct mirage_instance *inst)
{
	return (inst->error);
}

const struct mirage_stats *
mirage_instance_stats(const struct mirage_instance *inst)
{
	return (&inst->stats);
}

const char *
mirage_instance_functions(const struct mirage_instance *inst)
{
	return (mirage_engine_functions(inst));
}

void
mirage_fail(
    struct mirage_instance *inst, enum mirage_state state, const char *what)
{
	if (inst->state == MIRAGE_FAILED || inst->state == MIRAGE_OVER_BUDGET)
		return;
	inst->state = state;
	snprintf(inst->error, sizeof(inst->error), "%s", what);
}

void
mirage_fail_budget(struct mirage_instance *inst, enum mirage_budget budget)
{
	const struct mirage_rtparams *p = &inst->config.params;
	static const struct {
		const char *name;
		const char *text;
		char letter;
	} budgets[] = {
	    [MIRAGE_BUDGET_INSTRUCTIONS] = {"instruction",
		"more than %s instructions in one turn", 'i'},
	    [MIRAGE_BUDGET_HEAP] = {"heap", "more than %s bytes", 'h'},
	    [MIRAGE_BUDGET_STACK] = {"native stack",
		"less than %s bytes of it left", 's'},
	    [MIRAGE_BUDGET_DEPTH] = {"call depth",
		"calls nested more than %s deep", 'd'},
	};
	const uint64_t amounts[] = {
	    [MIRAGE_BUDGET_INSTRUCTIONS] = p->instructions,
	    [MIRAGE_BUDGET_HEAP] = p->heap_bytes,
	    [MIRAGE_BUDGET_STACK] = p->stack_bytes,
	    [MIRAGE_BUDGET_DEPTH] = p->depth};
	char text[96], what[192], limit[24];

	if (inst->exceeded == MIRAGE_BUDGET_NONE)
		inst->exceeded = budget;
	mirage_rtparams_format(amounts[budget], limit, sizeof(limit));
	snprintf(text, sizeof(text), budgets[budget].text, limit);
	snprintf(what, sizeof(what), "%s budget exceeded: %s (rtparam %c=%s)",
	    budgets[budget].name, text, budgets[budget].letter, limit);
	MIRAGE_PROBE(budget, budgets[budget].name, amounts[budget]);
	mirage_fail(inst, MIRAGE_OVER_BUDGET, what);
}

/* line 0: file says what it is instead, "native". */
void
mirage_fail_at(struct mirage_instance *inst, const char *function,
    const char *file, uint32_t line)
{
	size_t len = strlen(inst->error);
	char where[16] = "";

	if (line != 0)
		snprintf(where, sizeof(where), ":%u", (unsigned)line);
	/* A whole line or nothing. */
	if (len + strlen(function) + strlen(file) + 32 > sizeof(inst->error))
		return;
	if (*function == '\0')
		snprintf(inst->error + len, sizeof(inst->error) - len,
		    "\n    at %s%s", file, where);
	else
		snprintf(inst->error + len, sizeof(inst->error) - len,
		    "\n    at %s (%s%s)", function, file, where);
}

bool
mirage_ending(struct mirage_instance *inst)
{
	if (!inst->stop && mirage_platform_stop_requested(inst->platform))
		inst->stop = true;
	return (mirage_ended(inst));
}
