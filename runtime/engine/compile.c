/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Compiles a program's text to bytecode: for mirage-bytecode and for tests.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "native.h"

struct compilation {
	struct mirage_instance *inst;
	const char *text;
	size_t len;
	const char *file;
	const struct mirage_line_map *map;
	void (*put)(void *, const void *, size_t);
	void *arg;
};

static duk_ret_t
compile(duk_context *ctx, void *arg)
{
	const struct compilation *c = arg;
	const void *code;
	duk_size_t len;

	/* Text that is not UTF-8 would make strings that are none. */
	duk_push_lstring(ctx, c->text, c->len);
	duk_push_string(ctx, c->file);
	duk_compile(ctx, DUK_COMPILE_EVAL);
	if (c->map != NULL)
		mirage_unit_map_lines(ctx, -1, c->map);
	duk_dump_function(ctx);
	code = duk_get_buffer(ctx, -1, &len);
	c->put(c->arg, code, len);
	return (0);
}

/*
 * Duktape ends a message of its compiler with " (line 12)" or " (line 12, end
 * of input)": cuts that off.  0: there is none.
 */
static uint32_t
take_line(char *message)
{
	char *s, *at = NULL;

	for (s = message; (s = strstr(s, " (line ")) != NULL; s++)
		at = s;
	if (at == NULL)
		return (0);
	*at = '\0';
	return ((uint32_t)strtoul(at + 7, NULL, 10));
}

static duk_ret_t
describe(duk_context *ctx, void *arg)
{
	const struct compilation *c = arg;
	char message[512], what[1024];
	const char *file = c->file;
	uint32_t line, index = UINT32_MAX, to = 0;

	snprintf(message, sizeof(message), "%s", duk_to_string(ctx, -1));
	line = take_line(message);
	if (line != 0 && c->map != NULL) {
		c->map->map(c->map->arg, line, &index, &to);
		if (index != UINT32_MAX) {
			file = c->map->name(c->map->arg, index);
			line = to;
		}
	}
	if (line != 0)
		snprintf(what, sizeof(what), "%s:%lu: %s", file,
		    (unsigned long)line, message);
	else
		snprintf(what, sizeof(what), "%s: %s", file, message);
	mirage_fail(c->inst, MIRAGE_FAILED, what);
	return (0);
}

bool
mirage_engine_compile(struct mirage_instance *inst, const char *text,
    size_t len, const char *file, const struct mirage_line_map *map,
    void (*put)(void *, const void *, size_t), void *arg)
{
	struct compilation c = {inst, text, len, file, map, put, arg};
	duk_context *ctx = inst->engine->ctx;

	/* The budget of a turn is for programs, not for compilers. */
	inst->fuel = INT64_MAX / 2;
	if (duk_safe_call(ctx, compile, &c, 0, 1) == DUK_EXEC_SUCCESS)
		return (true);
	if (duk_safe_call(ctx, describe, &c, 1, 1) != DUK_EXEC_SUCCESS)
		mirage_fail(inst, MIRAGE_FAILED, "the program is too large");
	return (false);
}
