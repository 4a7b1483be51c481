/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The native object (src/lib/native.ts), except for interfaces, frames and
 * frame code; and what all bindings share.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <mirage/platform.h>
#include <mirage/probes.h>

#include "heap.h"
#include "native.h"
#include "report.h"
#include "timers.h"
#include "unit.h"

/* --- arguments --- */

uint8_t *
mirage_native_bytes(
    duk_context *ctx, duk_idx_t idx, const char *what, size_t *len)
{
	duk_size_t n;
	void *p;

	if (!duk_is_buffer_data(ctx, idx))
		(void)duk_error(ctx, DUK_ERR_TYPE_ERROR,
		    "%s is not a Uint8Array or other buffer", what);
	p = duk_get_buffer_data(ctx, idx, &n);
	*len = p == NULL ? 0 : n;
	return (p);
}

void *
mirage_native_buffer_owner(
    duk_context *ctx, duk_idx_t idx, const uint8_t **base, size_t *len)
{
	return (mirage_unit_buffer_owner(ctx, idx, base, len));
}

uint32_t
mirage_native_uint(duk_context *ctx, duk_idx_t idx, const char *what,
    uint32_t min, uint32_t max)
{
	double x;

	if (!duk_is_number(ctx, idx))
		(void)duk_error(
		    ctx, DUK_ERR_TYPE_ERROR, "%s is not a number", what);
	x = duk_get_number(ctx, idx);
	if (!(x >= (double)min && x <= (double)max) || x != (double)(uint32_t)x)
		(void)duk_error(ctx, DUK_ERR_RANGE_ERROR,
		    "%s is not an integer from %lu to %lu", what,
		    (unsigned long)min, (unsigned long)max);
	return ((uint32_t)x);
}

void
mirage_native_function(duk_context *ctx, duk_idx_t idx, const char *what)
{
	if (!duk_is_function(ctx, idx))
		(void)duk_error(
		    ctx, DUK_ERR_TYPE_ERROR, "%s is not a function", what);
}

void
mirage_native_put(
    duk_context *ctx, const struct mirage_native_entry *entries, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		duk_push_c_function(ctx, entries[i].call, entries[i].nargs);
		duk_push_string(ctx, "name");
		duk_push_string(ctx, entries[i].name);
		duk_def_prop(ctx, -3,
		    DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_FORCE |
			DUK_DEFPROP_SET_CONFIGURABLE);
		duk_put_prop_string(ctx, -2, entries[i].name);
	}
}

/* --- console --- */

/*
 * Duktape's strings are UTF-8, except that characters outside of the BMP are
 * two surrogates of three bytes each.  dst may be src; returns the new length.
 */
static size_t
join_surrogates(char *dst, const char *src, size_t len)
{
	const uint8_t *s = (const uint8_t *)src;
	uint8_t *d = (uint8_t *)dst;
	uint32_t high, low, c;
	size_t i = 0, n = 0;

	while (i < len) {
		if (s[i] != 0xed || len - i < 3 || (s[i + 1] & 0xe0) != 0xa0) {
			d[n++] = s[i++];
			continue;
		}
		high = (uint32_t)(s[i + 1] & 0x3f) << 6 | (s[i + 2] & 0x3f);
		low = 0;
		if (high < 0xc00 && len - i >= 6 && s[i + 3] == 0xed &&
		    (s[i + 4] & 0xf0) == 0xb0)
			low = (uint32_t)(s[i + 4] & 0x3f) << 6 |
			    (s[i + 5] & 0x3f);
		if (low == 0) {
			/* A lone surrogate: U+FFFD, as TextEncoder has it. */
			d[n++] = 0xef;
			d[n++] = 0xbf;
			d[n++] = 0xbd;
			i += 3;
			continue;
		}
		c = 0x10000 + ((high - 0x800) << 10) + (low - 0xc00);
		d[n++] = (uint8_t)(0xf0 | c >> 18);
		d[n++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		d[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		d[n++] = (uint8_t)(0x80 | (c & 0x3f));
		i += 6;
	}
	return (n);
}

static duk_ret_t
print(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	uint32_t level;
	const char *text, *end, *line;
	duk_size_t len;
	char *copy;

	level = mirage_native_uint(
	    ctx, 0, "the level", MIRAGE_CONSOLE_DEBUG, MIRAGE_CONSOLE_ERROR);
	if (!duk_is_string(ctx, 1))
		return (duk_error(
		    ctx, DUK_ERR_TYPE_ERROR, "the text is not a string"));
	text = duk_get_lstring(ctx, 1, &len);
	if (memchr(text, 0xed, len) != NULL) {
		copy = duk_push_fixed_buffer(ctx, len);
		len = join_surrogates(copy, text, len);
		text = copy;
	}
	for (end = text + len;; text = line + 1) {
		line = memchr(text, '\n', (size_t)(end - text));
		if (line == NULL)
			line = end;
		if (!mirage_engine_charge(inst, 64))
			return (0);
		MIRAGE_PROBE(console, level, text, (uint32_t)(line - text));
		mirage_platform_console(inst->platform,
		    (enum mirage_console_level)level, text,
		    (size_t)(line - text));
		if (line == end || line + 1 == end)
			return (0);
	}
}

/* --- clocks and timers --- */

static duk_ret_t
monotonic_ns(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);

	duk_push_number(
	    ctx, (double)mirage_platform_monotonic_ns(inst->platform));
	return (1);
}

static duk_ret_t
wall_clock(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	uint64_t ns = mirage_platform_wall_ns(inst->platform);

	duk_push_array(ctx);
	duk_push_number(ctx, (double)(ns / 1000000000));
	duk_put_prop_index(ctx, -2, 0);
	duk_push_uint(ctx, (duk_uint_t)(ns % 1000000000));
	duk_put_prop_index(ctx, -2, 1);
	return (1);
}

static duk_ret_t
timer_set(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	uint64_t ns;
	uint32_t id;
	mirage_ref ref;
	double delay;

	mirage_native_function(ctx, 0, "the callback");
	if (!duk_is_number(ctx, 1))
		return (duk_error(
		    ctx, DUK_ERR_TYPE_ERROR, "the delay is not a number"));
	delay = duk_get_number(ctx, 1);
	if (!(delay >= 0))
		return (duk_error(ctx, DUK_ERR_RANGE_ERROR,
		    "the delay is not a number of nanoseconds from 0"));
	/* 2^63 ns are 292 years. */
	ns = delay >= 9223372036854775808.0 ? UINT64_C(1) << 63 :
					      (uint64_t)delay;
	ref = mirage_ref_new(ctx, 0);
	id = mirage_timers_set(inst, ref, ns, duk_to_boolean(ctx, 2));
	if (id == 0) {
		mirage_engine_exceeded(inst, MIRAGE_BUDGET_HEAP);
		return (duk_error(
		    ctx, DUK_ERR_RANGE_ERROR, "no memory for a timer"));
	}
	duk_push_uint(ctx, id);
	return (1);
}

static duk_ret_t
timer_clear(duk_context *ctx)
{
	if (duk_is_number(ctx, 0))
		mirage_timers_clear(
		    mirage_native_instance(ctx), duk_to_uint32(ctx, 0));
	return (0);
}

/* --- statistics --- */

static duk_ret_t
stats(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	const char *name;
	uint64_t value;
	unsigned i;

	inst->stats.heap_bytes = mirage_heap_used(inst->heap);
	inst->stats.heap_bytes_max = mirage_heap_peak(inst->heap);
	duk_push_object(ctx);
	for (i = 0; mirage_stats_get(inst, i, &name, &value); i++) {
		duk_push_number(ctx, (double)value);
		duk_put_prop_string(ctx, -2, name);
	}
	return (1);
}

/* --- ends --- */

static duk_ret_t
fail(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	const char *prefix;

	prefix = duk_is_string(ctx, 1) ? duk_get_string(ctx, 1) : "";
	mirage_report_value(inst, ctx, 0, prefix);
	mirage_engine_interrupt(inst);
	return (duk_error(ctx, DUK_ERR_ERROR, "the program failed"));
}

static duk_ret_t
thrown_here(duk_context *ctx)
{
	mirage_unit_remember_throw(ctx, 0);
	return (0);
}

static duk_ret_t
exit_program(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);

	inst->exit_code = (int)mirage_native_uint(ctx, 0, "exit code", 0, 255);
	inst->exiting = true;
	mirage_engine_interrupt(inst);
	return (duk_error(ctx, DUK_ERR_ERROR, "the program ends"));
}

static duk_ret_t
keep_alive(duk_context *ctx)
{
	struct mirage_engine *e = mirage_native_instance(ctx)->engine;

	if (!duk_is_number(ctx, 0))
		return (duk_error(
		    ctx, DUK_ERR_TYPE_ERROR, "delta is not a number"));
	e->kept_alive += duk_get_int(ctx, 0);
	return (0);
}

static duk_ret_t
fill_random(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	uint8_t *p;
	size_t len;

	p = mirage_native_bytes(ctx, 0, "the view", &len);
	if (mirage_engine_charge(inst, 64 + len) && len > 0)
		mirage_platform_entropy(inst->platform, p, len);
	return (0);
}

/* --- the object --- */

static void
put_text(duk_context *ctx, const char *name, const char *text)
{
	if (text == NULL)
		duk_push_undefined(ctx);
	else
		duk_push_string(ctx, text);
	duk_put_prop_string(ctx, -2, name);
}

static void
push_config(duk_context *ctx)
{
	const struct mirage_instance *inst = mirage_native_instance(ctx);
	const struct mirage_config *c = &inst->config;
	unsigned ncalls;
	int i;

	duk_push_object(ctx);
	put_text(ctx, "ipv4", c->ipv4);
	put_text(ctx, "gateway", c->gateway);
	duk_push_boolean(
	    ctx, mirage_platform_sockets(inst->platform, &ncalls) != NULL);
	duk_put_prop_literal(ctx, -2, "sockets");
	put_text(ctx, "ipv6", c->ipv6);
	put_text(ctx, "gateway6", c->gateway6);
	duk_push_array(ctx);
	for (i = 0; i < c->argc; i++) {
		duk_push_string(ctx, c->argv[i]);
		duk_put_prop_index(ctx, -2, (duk_uarridx_t)i);
	}
	duk_put_prop_string(ctx, -2, "args");
	put_text(ctx, "program", inst->program->name);
	put_text(ctx, "buildId", inst->program->build_id);
	put_text(ctx, "version", MIRAGE_VERSION);
	put_text(ctx, "target", c->target == NULL ? "unix" : c->target);
}

void
mirage_native_push(duk_context *ctx)
{
	static const struct mirage_native_entry entries[] = {
	    {"print", print, 2},
	    {"monotonicNs", monotonic_ns, 0},
	    {"wallClock", wall_clock, 0},
	    {"timerSet", timer_set, 3},
	    {"timerClear", timer_clear, 1},
	    {"stats", stats, 0},
	    {"fail", fail, 2},
	    {"thrownHere", thrown_here, 1},
	    {"exit", exit_program, 1},
	    {"keepAlive", keep_alive, 1},
	    {"random", fill_random, 1},
	};

	duk_push_object(ctx);
	mirage_native_put(ctx, entries, sizeof(entries) / sizeof(entries[0]));
	push_config(ctx);
	duk_put_prop_string(ctx, -2, "config");
	mirage_native_microtasks(ctx);
	mirage_native_async(ctx);
	mirage_native_net(ctx);
	mirage_native_frame_code(ctx);
}
