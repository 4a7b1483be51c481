/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Node addon through which tests drive the float-free objects in-process:
 *
 *	run({ source, lines, rtparams, ... }): Promise<Result>
 *	arithmetic(name, a: bigint, b: bigint): bigint
 *	rtparams(): { letter, name, default, min, max, unit, text }[]
 *	engineId(): string
 *
 * Each run has a thread of Node's pool, so several instances run at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <node_api.h>

#include <mirage/rtparams.h>

#include "engine.h"
#include "run.h"

/* Soft float passes doubles as the integers that have their bits. */
uint64_t __adddf3(uint64_t, uint64_t);
uint64_t __subdf3(uint64_t, uint64_t);
uint64_t __muldf3(uint64_t, uint64_t);
uint64_t __divdf3(uint64_t, uint64_t);

static void
check(napi_env env, napi_status status)
{
	const napi_extended_error_info *info;

	if (status == napi_ok)
		return;
	napi_get_last_error_info(env, &info);
	fprintf(stderr, "addon: %s\n",
	    info->error_message == NULL ? "?" : info->error_message);
	abort();
}

/* A property's text, to be freed; NULL if it is not a string. */
static char *
get_text(napi_env env, napi_value object, const char *name, size_t *len)
{
	napi_valuetype type;
	napi_value value;
	size_t n;
	char *text;

	check(env, napi_get_named_property(env, object, name, &value));
	check(env, napi_typeof(env, value, &type));
	if (type != napi_string)
		return (NULL);
	check(env, napi_get_value_string_utf8(env, value, NULL, 0, &n));
	text = malloc(n + 1);
	if (text == NULL)
		abort();
	check(env, napi_get_value_string_utf8(env, value, text, n + 1, &n));
	if (len != NULL)
		*len = n;
	return (text);
}

static int64_t
get_integer(napi_env env, napi_value object, const char *name)
{
	napi_valuetype type;
	napi_value value;
	int64_t n;

	check(env, napi_get_named_property(env, object, name, &value));
	check(env, napi_typeof(env, value, &type));
	if (type != napi_number)
		return (0);
	check(env, napi_get_value_int64(env, value, &n));
	return (n);
}

static void
put_text(napi_env env, napi_value object, const char *name, const char *text,
    size_t len)
{
	napi_value value;

	check(env, napi_create_string_utf8(env, text, len, &value));
	check(env, napi_set_named_property(env, object, name, value));
}

static void
put_number(napi_env env, napi_value object, const char *name, uint64_t n)
{
	napi_value value;

	check(env, napi_create_double(env, (double)n, &value));
	check(env, napi_set_named_property(env, object, name, value));
}

struct job {
	struct mirage_run run;
	char *source;
	char *lines;
	char *rtparams;
	char *engine_id;
	bool ran;
	napi_async_work work;
	napi_deferred deferred;
};

static void
execute(napi_env env, void *data)
{
	struct job *job = data;

	(void)env;
	job->ran = mirage_run(&job->run);
}

static void
complete(napi_env env, napi_status status, void *data)
{
	static const char *const states[] = {"idle", "running", "stopping",
	    "returned", "stopped", "failed", "over budget"};
	struct job *job = data;
	napi_value result;

	(void)status;
	check(env, napi_create_object(env, &result));
	put_text(env, result, "state",
	    job->ran ? states[job->run.state] : "refused", NAPI_AUTO_LENGTH);
	put_text(env, result, "error", job->run.error, NAPI_AUTO_LENGTH);
	put_text(env, result, "console",
	    job->run.platform.console == NULL ? "" : job->run.platform.console,
	    job->run.platform.console_len);
	put_number(env, result, "exitCode", (uint64_t)job->run.exit_code);
	put_number(env, result, "instructions", job->run.instructions);
	put_number(env, result, "heapMax", job->run.heap_max);
	put_number(env, result, "leaked", job->run.leaked);
	put_number(env, result, "nowNs", job->run.platform.now_ns);
	put_number(env, result, "collections", job->run.collections);
	put_text(env, result, "probes",
	    job->run.probes.text == NULL ? "" : job->run.probes.text,
	    job->run.probes.len);
	check(env, napi_resolve_deferred(env, job->deferred, result));
	check(env, napi_delete_async_work(env, job->work));
	mirage_run_free(&job->run);
	free(job->source);
	free(job->lines);
	free(job->rtparams);
	free(job->engine_id);
	free(job);
}

static napi_value
run(napi_env env, napi_callback_info info)
{
	napi_value options, name, promise;
	struct job *job = calloc(1, sizeof(*job));
	size_t n = 1;

	if (job == NULL)
		abort();
	check(env, napi_get_cb_info(env, info, &n, &options, NULL, NULL));
	job->source = get_text(env, options, "source", &job->run.source_len);
	job->lines = get_text(env, options, "lines", NULL);
	job->rtparams = get_text(env, options, "rtparams", NULL);
	job->engine_id = get_text(env, options, "engineId", NULL);
	job->run.source = job->source == NULL ? "" : job->source;
	job->run.lines = job->lines;
	job->run.rtparams = job->rtparams;
	job->run.engine_id = job->engine_id;
	job->run.record_probes = get_integer(env, options, "probes") != 0;
	job->run.platform.netifs =
	    (unsigned)get_integer(env, options, "netifs");
	if (job->run.platform.netifs > MEMORY_NETIFS)
		job->run.platform.netifs = MEMORY_NETIFS;
	job->run.stack_bytes = (size_t)get_integer(env, options, "stackBytes");
	job->run.platform.wall_ns =
	    (uint64_t)get_integer(env, options, "wallMs") * 1000000;
	job->run.platform.stop_after =
	    (uint64_t)get_integer(env, options, "stopAfter");
	check(env, napi_create_promise(env, &job->deferred, &promise));
	check(env,
	    napi_create_string_utf8(env, "mirage", NAPI_AUTO_LENGTH, &name));
	check(env,
	    napi_create_async_work(
		env, NULL, name, execute, complete, job, &job->work));
	check(env, napi_queue_async_work(env, job->work));
	return (promise);
}

static napi_value
arithmetic(napi_env env, napi_callback_info info)
{
	static const struct {
		const char *name;
		uint64_t (*call)(uint64_t, uint64_t);
	} routines[] = {
	    {"add", __adddf3},
	    {"sub", __subdf3},
	    {"mul", __muldf3},
	    {"div", __divdf3},
	};
	napi_value argv[3], result;
	uint64_t a, b;
	size_t n = 3, i;
	char name[8];
	bool exact;

	check(env, napi_get_cb_info(env, info, &n, argv, NULL, NULL));
	check(env,
	    napi_get_value_string_utf8(env, argv[0], name, sizeof(name), &n));
	check(env, napi_get_value_bigint_uint64(env, argv[1], &a, &exact));
	check(env, napi_get_value_bigint_uint64(env, argv[2], &b, &exact));
	for (i = 0; i < sizeof(routines) / sizeof(routines[0]); i++) {
		if (strcmp(routines[i].name, name) == 0) {
			check(env,
			    napi_create_bigint_uint64(
				env, routines[i].call(a, b), &result));
			return (result);
		}
	}
	napi_throw_range_error(env, NULL, "no such routine");
	return (NULL);
}

static napi_value
rtparams(napi_env env, napi_callback_info info)
{
	const struct mirage_rtparam_row *rows;
	napi_value list, row;
	size_t n, i;

	(void)info;
	rows = mirage_rtparams_table(&n);
	check(env, napi_create_array_with_length(env, n, &list));
	for (i = 0; i < n; i++) {
		check(env, napi_create_object(env, &row));
		put_text(env, row, "letter", &rows[i].letter, 1);
		put_text(env, row, "name", rows[i].name, NAPI_AUTO_LENGTH);
		put_text(env, row, "unit", rows[i].unit, NAPI_AUTO_LENGTH);
		put_text(env, row, "text", rows[i].text, NAPI_AUTO_LENGTH);
		put_number(env, row, "default", rows[i].dflt);
		put_number(env, row, "min", rows[i].min);
		put_number(env, row, "max", rows[i].max);
		check(env, napi_set_element(env, list, (uint32_t)i, row));
	}
	return (list);
}

static napi_value
engine_id(napi_env env, napi_callback_info info)
{
	napi_value id;

	(void)info;
	check(env,
	    napi_create_string_utf8(
		env, mirage_engine_id(), NAPI_AUTO_LENGTH, &id));
	return (id);
}

NAPI_MODULE_INIT()
{
	static const struct {
		const char *name;
		napi_callback call;
	} functions[] = {
	    {"run", run},
	    {"arithmetic", arithmetic},
	    {"rtparams", rtparams},
	    {"engineId", engine_id},
	};
	napi_value f;
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		check(env,
		    napi_create_function(env, functions[i].name,
			NAPI_AUTO_LENGTH, functions[i].call, NULL, &f));
		check(env,
		    napi_set_named_property(
			env, exports, functions[i].name, f));
	}
	return (exports);
}
