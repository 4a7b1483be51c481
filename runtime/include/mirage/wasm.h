/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One compiled frame-code module, as the builder describes it to the runtime.
 *
 * For a module that wasm2c was told to call "udp" (-n udp) the builder makes
 * one C file.  It is wasm2c's own, with these changes, in this order:
 *
 *  1. The prelude (from `#include <assert.h>` to just before `static bool
 *     s_module_initialized`, except `#include "udp.h"`) becomes
 *
 *	#include "udp.h"
 *	#include "instrument.h"
 *
 *     Both wasm-rt.h, which udp.h includes, and instrument.h are ours, in
 *     runtime/wasm (-Iruntime/wasm).
 *  2. Each call of an import, `(*Z_mirageZ_X)(instance->Z_mirage_instance`,
 *     becomes `Z_mirageZ_X(instance->Z_mirage_instance`; so for Z_envZ_abort.
 *  3. Before each function body:
 *
 *	#undef MIRAGE_FUNCTION
 *	#define MIRAGE_FUNCTION "Udp#input"
 *
 *     and before statements that can trap or call: `#line N "src/x.ts"`.
 *     instrument.h defines MIRAGE_FUNCTION as "?" for what stands outside.
 *  4. `goto w2c_LN;` to a label that was already seen (a loop) becomes
 *     `MIRAGE_LOOP(); goto w2c_LN;` (inside of the braces, if it has any).
 *     wasm2c also writes `{w2c_i0 = w2c_i1; goto w2c_L0;}`.
 *     `goto *` does not occur; a `switch` of gotos needs `case N: {
 *     MIRAGE_LOOP(); goto w2c_LN; }`.
 *  5. At the end, the descriptor, from the Wasm's list of exports.  Exported
 *     functions only; those with a parameter or a result that is not i32
 *     (or with more than MIRAGE_WASM_ARGS parameters) are left out.
 *
 *	#undef MIRAGE_FUNCTION
 *	#define MIRAGE_FUNCTION "udp"
 *	#line 1 "src/x.ts"
 *	static uint32_t
 *	export_0(void *instance, const uint32_t *a)
 *	{
 *		return (Z_udpZ_input(instance, a[0], a[1]));
 *	}
 *
 *	static uint32_t
 *	export_1(void *instance, const uint32_t *a)
 *	{
 *		(void)a;
 *		Z_udpZ_timer(instance);
 *		return (0);
 *	}
 *
 *	static const struct mirage_wasm_export exports[] = {
 *		{ "input", 2, 1, export_0 },
 *		{ "timer", 0, 0, export_1 },
 *	};
 *
 *	static void
 *	instantiate(void *instance, void *host)
 *	{
 *		(void)host;
 *		Z_udp_init_module();
 *		Z_udp_instantiate(instance, host, host);   // see below
 *	}
 *
 *	static void
 *	release(void *instance)
 *	{
 *		Z_udp_free(instance);
 *	}
 *
 *	const struct mirage_wasm_module mirage_wasm_module_udp = {
 *		.name = "udp",
 *		.file = "src/x.ts",
 *		.instance_bytes = sizeof(Z_udp_instance_t),
 *		.instantiate = instantiate,
 *		.free = release,
 *		.exports = exports,
 *		.nexports = sizeof(exports) / sizeof(exports[0]),
 *	};
 *
 *     Z_udp_instantiate takes one more argument per imported module (`env`,
 *     `mirage`; none, one or both): each gets `host`.  The memory, whatever
 *     its name, needs no export.  With no exported function: .exports =
 *     NULL, .nexports = 0.
 *
 * Frame code has integers only: the builder refuses a module whose C mentions
 * f32 or f64, naming function, file and line.
 *
 * The start section, if there is one, runs in instantiate().  `asc
 * --exportStart start` makes it the export `start` instead, which the runtime
 * calls once; either is fine.
 */
#ifndef MIRAGE_WASM_H
#define MIRAGE_WASM_H

#include <stddef.h>
#include <stdint.h>

#define MIRAGE_WASM_ARGS 10 /* most parameters of an exported function */

struct mirage_wasm_export {
	const char *name;
	uint8_t nargs;
	uint8_t has_result; /* 0: call returns 0 */
	uint32_t (*call)(void *instance, const uint32_t *args);
};

struct mirage_wasm_module {
	const char *name; /* for messages: "udp" */
	const char *file; /* its TypeScript source: "src/stack/udp.ts" */
	/* It is the stock network stack: the host's sockets may replace it. */
	uint8_t stack;
	size_t instance_bytes; /* of wasm2c's instance structure */
	void (*instantiate)(void *instance, void *host);
	void (*free)(void *instance);
	const struct mirage_wasm_export *exports;
	unsigned nexports;
};

#endif /* MIRAGE_WASM_H */
