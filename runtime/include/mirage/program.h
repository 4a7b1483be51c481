/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What `mirage build` makes of a program, linked in as mirage_program.
 */
#ifndef MIRAGE_PROGRAM_H
#define MIRAGE_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

/*
 * A part of the engine's id, by which programs of another build are refused.
 * Changes with what bytecode means, what is in each function of it, and
 * whatever else a program's own objects and the runtime agree on (this file,
 * <mirage/wasm.h>).
 */
#define MIRAGE_PROGRAM_FORMAT 2

struct mirage_instance;
struct mirage_wasm_module; /* <mirage/wasm.h>: one compiled frame-code module */

struct mirage_program {
	const char *name; /* "udp-echo" */
	const char *build_id; /* hex digest of all inputs */
	const char *engine_id; /* of the engine that made the bytecode */
	const uint8_t *bytecode; /* duk_dump_function() of the bundle */
	size_t bytecode_len;
	/* Frame code, in the order in which frames are offered to it. */
	const struct mirage_wasm_module *const *modules;
	unsigned nmodules;
};

extern const struct mirage_program mirage_program;

#endif /* MIRAGE_PROGRAM_H */
