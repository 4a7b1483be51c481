/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An instance: a program running.  Everything about it hangs off one
 * struct mirage_instance; nothing is global, so several run side by side.
 */
#ifndef MIRAGE_INSTANCE_H
#define MIRAGE_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mirage/platform.h>
#include <mirage/program.h>
#include <mirage/rtparams.h>
#include <mirage/stats.h>

#define MIRAGE_VERSION "0.1.0"

struct mirage_instance;

/* How a program ended; kern.mirage.state in the kernel. */
enum mirage_state {
	MIRAGE_IDLE,
	MIRAGE_RUNNING,
	MIRAGE_STOPPING,
	MIRAGE_RETURNED, /* main returned and nothing is left to wait for */
	MIRAGE_STOPPED, /* somebody asked */
	MIRAGE_FAILED, /* uncaught throw, unhandled rejection, trap */
	MIRAGE_OVER_BUDGET,
};

/* What the platform knows before the program starts. */
struct mirage_config {
	struct mirage_rtparams params;
	const char *ipv4; /* "10.0.0.2/24", or NULL */
	const char *gateway; /* "10.0.0.1", or NULL */
	/* "auto", "off", "2001:db8::2/64", or NULL, which is "off" */
	const char *ipv6;
	const char *gateway6; /* "fe80::1", or NULL */
	const char *target; /* "unix", "kfreebsd"; NULL: "unix" */
	int argc; /* words for the program itself */
	char *const *argv;
	/*
	 * The stack that mirage_instance_run() will be called on: lowest usable
	 * address.  The guard keeps params.stack_bytes above it free.
	 */
	uintptr_t stack_low;
};

/* NULL when there is no memory for it. */
struct mirage_instance *mirage_instance_create(struct mirage_platform *,
    const struct mirage_program *, const struct mirage_config *);

/*
 * Runs the program to its end, on the caller's thread; returns how it ended.
 * Every end releases frames, hooks and memory, except what state, error and
 * stats report.
 */
enum mirage_state mirage_instance_run(struct mirage_instance *);

enum mirage_state mirage_instance_state(const struct mirage_instance *);
/* Exit code that the program asked for with exit(), else 0. */
int mirage_instance_exit_code(const struct mirage_instance *);
/* The message with its TypeScript stack, or "". */
const char *mirage_instance_error(const struct mirage_instance *);
const struct mirage_stats *mirage_instance_stats(
    const struct mirage_instance *);
/*
 * The TypeScript functions that run, folded: the text of the probe `sample`,
 * "" while that is off.  On the instance's thread, also in a signal's handler.
 */
const char *mirage_instance_functions(const struct mirage_instance *);
void mirage_instance_destroy(struct mirage_instance *);

#endif /* MIRAGE_INSTANCE_H */
