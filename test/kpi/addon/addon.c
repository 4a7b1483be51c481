/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Node addon that is the double of a kernel:
 *
 *	command(line: string): string
 *
 * Modules are loaded into this process and find the kernel's functions here.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include <node_api.h>

#include "api.h"

static void
check(napi_status status)
{
	if (status != napi_ok) {
		fprintf(stderr, "kpi: Node-API status %d\n", (int)status);
		abort();
	}
}

static napi_value
command(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	char *line, *reply;
	size_t n = 1, len;

	check(napi_get_cb_info(env, info, &n, &argument, NULL, NULL));
	check(napi_get_value_string_utf8(env, argument, NULL, 0, &len));
	line = malloc(len + 1);
	if (line == NULL)
		abort();
	check(napi_get_value_string_utf8(env, argument, line, len + 1, &len));
	reply = kpi_command(line);
	free(line);
	check(napi_create_string_utf8(env, reply, NAPI_AUTO_LENGTH, &result));
	kpi_reply_free(reply);
	return (result);
}

/* Node keeps an addon's names to itself; modules need ours. */
static void
show_names(void)
{
	Dl_info info;

	if (dladdr((void *)show_names, &info) == 0 ||
	    dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL) ==
		NULL) {
		fprintf(stderr, "kpi: the addon does not find itself\n");
		abort();
	}
}

NAPI_MODULE_INIT()
{
	napi_value f;

	show_names();
	check(napi_create_function(
	    env, "command", NAPI_AUTO_LENGTH, command, NULL, &f));
	check(napi_set_named_property(env, exports, "command", f));
	return (exports);
}
