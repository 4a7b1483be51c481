/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mirage/probes.h>
#include <mirage/rtparams.h>
#include <mirage/stats.h>

#include "compile.h"
#include "instance.h"
#include "run.h"

#define STACK_BYTES (4 << 20)
#define FILE_NAME   "program.js"

struct lines {
	const char *text;
	char name[256]; /* of the last one looked up */
};

/* Line `line` of the map is "file:line", or empty. */
static void
map_line(void *arg, uint32_t line, uint32_t *file, uint32_t *to)
{
	struct lines *l = arg;
	const char *s = l->text, *end, *colon;

	while (--line > 0 && s != NULL) {
		s = strchr(s, '\n');
		if (s != NULL)
			s++;
	}
	if (s == NULL)
		return;
	end = s + strcspn(s, "\n");
	for (colon = end; colon > s && colon[-1] != ':'; colon--)
		;
	if (colon <= s)
		return;
	/* A file is known by where its name stands first. */
	snprintf(l->name, sizeof(l->name), "%.*s", (int)(colon - 1 - s), s);
	*file = (uint32_t)(strstr(l->text, l->name) - l->text);
	*to = (uint32_t)strtoul(colon, NULL, 10);
}

static const char *
map_name(void *arg, uint32_t file)
{
	struct lines *l = arg;

	if (file == UINT32_MAX)
		return ("mirage");
	snprintf(l->name, sizeof(l->name), "%.*s",
	    (int)strcspn(l->text + file, ":"), l->text + file);
	return (l->name);
}

struct bytecode {
	uint8_t *data;
	size_t len;
};

static void
keep(void *arg, const void *bytecode, size_t len)
{
	struct bytecode *b = arg;

	b->data = malloc(len);
	b->len = len;
	if (b->data != NULL)
		memcpy(b->data, bytecode, len);
}

static bool
compile(struct mirage_run *run, struct bytecode *code)
{
	static const struct mirage_program none;
	struct lines lines = {.text = run->lines};
	struct mirage_line_map map = {map_line, map_name, &lines};
	struct mirage_instance *inst;
	struct mirage_config config = {0};
	bool ok;

	mirage_rtparams_default(&config.params);
	config.params.heap_bytes = UINT64_C(1) << 30;
	inst = mirage_instance_create(&run->platform, &none, &config);
	if (inst == NULL)
		return (false);
	inst->stack_limit = (uintptr_t)__builtin_frame_address(0) - STACK_BYTES;
	ok = mirage_engine_open(inst) &&
	    mirage_engine_compile(inst, run->source, run->source_len, FILE_NAME,
		run->lines == NULL ? NULL : &map, keep, code);
	snprintf(
	    run->error, sizeof(run->error), "%s", mirage_instance_error(inst));
	mirage_engine_close(inst);
	mirage_instance_destroy(inst);
	return (ok && code->data != NULL);
}

bool
mirage_run(struct mirage_run *run)
{
	struct mirage_config config = {0};
	struct mirage_program program = {0};
	struct mirage_instance *inst;
	struct bytecode code = {NULL, 0};
	size_t stack;

	run->state = MIRAGE_IDLE;
	run->error[0] = '\0';
	if (run->platform.random == 0)
		run->platform.random = 1;
	mirage_rtparams_default(&config.params);
	if (run->rtparams != NULL &&
	    !mirage_rtparams_parse(
		&config.params, run->rtparams, run->error, sizeof(run->error)))
		return (false);
	program.bytecode = run->bytecode;
	program.bytecode_len = run->bytecode_len;
	if (run->source != NULL) {
		if (!compile(run, &code)) {
			run->leaked = run->platform.held;
			return (false);
		}
		program.bytecode = code.data;
		program.bytecode_len = code.len;
	}
	program.name = "test";
	program.build_id = "0";
	program.engine_id =
	    run->engine_id == NULL ? mirage_engine_id() : run->engine_id;
	stack = run->stack_bytes == 0 ? STACK_BYTES : run->stack_bytes;
	config.stack_low = (uintptr_t)__builtin_frame_address(0) - stack;
	if (run->record_probes)
		memory_probes_record(&run->probes);
	MIRAGE_PROBE(
	    load, program.name, program.build_id, run->platform.now_ns);
	inst = mirage_instance_create(&run->platform, &program, &config);
	if (inst != NULL) {
		run->state = mirage_instance_run(inst);
		run->exit_code = mirage_instance_exit_code(inst);
		snprintf(run->error, sizeof(run->error), "%s",
		    mirage_instance_error(inst));
		run->instructions = mirage_instance_stats(inst)->instructions;
		run->heap_max = mirage_instance_stats(inst)->heap_bytes_max;
		run->collections = mirage_instance_stats(inst)->gc;
		mirage_instance_destroy(inst);
	}
	memory_platform_drain(&run->platform);
	MIRAGE_PROBE(unload, 0);
	memory_probes_record(NULL);
	free(code.data);
	run->leaked = run->platform.held;
	return (inst != NULL);
}

void
mirage_run_free(struct mirage_run *run)
{
	free(run->platform.console);
	run->platform.console = NULL;
	free(run->probes.text);
	run->probes.text = NULL;
}
