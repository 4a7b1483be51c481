/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside of an instance: what the parts of the runtime share with each other.
 * Platforms include <mirage/instance.h> instead.
 */
#ifndef MIRAGE_RUNTIME_INSTANCE_H
#define MIRAGE_RUNTIME_INSTANCE_H

#include <mirage/instance.h>

struct mirage_engine; /* engine/: the Duktape host */
struct mirage_net; /* engine/native_net.c */
struct mirage_heap; /* heap.c: byte-budgeted allocator */
struct mirage_timers; /* timers.c */
struct mirage_frame_table; /* frame/ */
struct mirage_frame_code; /* wasm/: the running frame-code modules */

enum mirage_budget {
	MIRAGE_BUDGET_NONE,
	MIRAGE_BUDGET_INSTRUCTIONS,
	MIRAGE_BUDGET_HEAP,
	MIRAGE_BUDGET_STACK,
	MIRAGE_BUDGET_DEPTH,
};

#define MIRAGE_ERROR_BYTES 4096
#define MIRAGE_NETIFS	   8 /* most interfaces of an instance */

struct mirage_instance {
	struct mirage_platform *platform;
	const struct mirage_program *program;
	struct mirage_config config;
	struct mirage_stats stats;

	/*
	 * Instructions left in this turn.  Interpreter instructions, loop
	 * back-edges and calls of frame code, and steps of the regular
	 * expression matcher are all charged here.
	 */
	int64_t fuel;
	enum mirage_budget exceeded; /* sticky: no catch can swallow it */
	bool stop; /* a stop request was seen */
	bool exiting; /* the program called exit() */
	int exit_code;
	enum mirage_state state;
	uintptr_t stack_limit; /* no frame of ours may lie below */

	unsigned nnetifs;
	struct mirage_netif_info netifs[MIRAGE_NETIFS];
	struct mirage_net *net; /* engine/native_net.c: listeners, views */

	struct mirage_heap *heap;
	struct mirage_engine *engine;
	struct mirage_timers *timers;
	struct mirage_frame_table *frames;
	struct mirage_frame_code *frame_code;

	struct mirage_netstat *netstat; /* being made; NULL: none is */

	char error[MIRAGE_ERROR_BYTES]; /* NUL-terminated, "" if none */
};

/*
 * Ends the program: records the first failure only.  `what` is the message
 * without a stack; the caller appends frames with mirage_fail_at().
 */
void mirage_fail(struct mirage_instance *, enum mirage_state, const char *what);
/*
 * The same for a budget: sets `exceeded`, and says which budget, how much it
 * was and how to raise it.
 */
void mirage_fail_budget(struct mirage_instance *, enum mirage_budget);
void mirage_fail_at(struct mirage_instance *, const char *function,
    const char *file, uint32_t line);

/* Is there a reason to leave all loops?  (stop, exit, budget, failure) */
bool mirage_ending(struct mirage_instance *);
/* The same without asking the platform: within a turn. */
static inline bool
mirage_ended(const struct mirage_instance *inst)
{
	return (inst->stop || inst->exiting ||
	    inst->exceeded != MIRAGE_BUDGET_NONE ||
	    inst->state == MIRAGE_FAILED || inst->state == MIRAGE_OVER_BUDGET);
}

/* netstat.c */

/*
 * Makes the text that mirage_platform_netstat() asks for: interfaces, what
 * frame code reports, counters.
 */
void mirage_netstat(struct mirage_instance *, char *text, size_t size);
/* A line of it, from frame code. */
void mirage_netstat_line(struct mirage_instance *, const char *, size_t len);

/* loop.c: turns until the program ends. */
void mirage_loop_run(struct mirage_instance *);

#endif /* MIRAGE_RUNTIME_INSTANCE_H */
