/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Runs a program on the platform in memory.  No Node here, so that the same
 * can be an executable under a debugger or a sanitizer.
 */
#ifndef MIRAGE_ADDON_RUN_H
#define MIRAGE_ADDON_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mirage/instance.h>

#include "memory_platform.h"

struct mirage_run {
	/* In. */
	const char *source; /* ES5, or NULL: bytecode */
	size_t source_len;
	const char *lines; /* as mirage-bytecode's -l; NULL: none */
	const uint8_t *bytecode;
	size_t bytecode_len;
	const char *engine_id; /* that made the bytecode; NULL: this one */
	const char *rtparams;
	bool record_probes;
	size_t stack_bytes; /* of the thread's stack to use; 0: 4 MB */

	/* Out. */
	struct mirage_platform platform;
	enum mirage_state state;
	int exit_code;
	char error[8192];
	uint64_t instructions;
	uint64_t heap_max;
	uint64_t leaked; /* bytes still held at the end */
	uint64_t collections; /* of garbage */
	struct memory_record probes;
};

/* Runs it to its end.  False: rtparams or source are refused (see error). */
bool mirage_run(struct mirage_run *);
void mirage_run_free(struct mirage_run *);

#endif /* MIRAGE_ADDON_RUN_H */
