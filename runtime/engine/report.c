/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Reports of uncaught errors.  Anything can be thrown, also what throws again
 * when it is made into text, so each step is protected, and all of it runs
 * on what is left of the turn's budget.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "native.h"
#include "report.h"
#include "unit.h"

struct report {
	struct mirage_instance *inst;
	const char *prefix;
};

/* [ value ] -> [ text ] */
static duk_ret_t
describe(duk_context *ctx, void *arg)
{
	const struct report *r = arg;

	duk_push_string(ctx, r->prefix);
	if (duk_is_error(ctx, -2)) {
		/* The stack property, if the program did not replace it. */
		duk_dup(ctx, -2);
		(void)duk_to_string(ctx, -1);
		mirage_unit_push_trace(ctx, duk_normalize_index(ctx, -3));
		duk_concat(ctx, 3);
	} else {
		if (duk_is_string(ctx, -2)) {
			duk_push_string(ctx, "\"");
			duk_dup(ctx, -3);
			duk_push_string(ctx, "\"");
			duk_concat(ctx, 3);
		} else {
			duk_dup(ctx, -2);
			(void)duk_to_string(ctx, -1);
		}
		duk_push_string(ctx, " (thrown, but no Error)");
		duk_concat(ctx, 3);
	}
	return (1);
}

void
mirage_report_value(struct mirage_instance *inst, duk_context *ctx,
    duk_idx_t idx, const char *prefix)
{
	struct report r = {inst, prefix};
	const struct mirage_thrown *at = NULL;
	struct mirage_thrown thrown;
	const char *text;

	/* A copy: making text of the value may throw as well. */
	if (!duk_is_error(ctx, idx))
		at = mirage_unit_thrown_at(ctx, idx);
	if (at != NULL)
		thrown = *at;
	duk_dup(ctx, idx);
	if (duk_safe_call(ctx, describe, &r, 1, 1) == DUK_EXEC_SUCCESS)
		text = duk_get_string(ctx, -1);
	else
		text = NULL;
	if (text == NULL)
		text = "uncaught: a value that throws when it is shown";
	mirage_fail(inst, MIRAGE_FAILED, text);
	if (at != NULL)
		mirage_fail_at(inst, thrown.function, thrown.file, thrown.line);
	duk_pop(ctx);
}

void
mirage_report_uncaught(struct mirage_instance *inst, duk_context *ctx)
{
	mirage_report_value(inst, ctx, -1, "uncaught ");
	/* What it ran may have ended with the budget, which is recorded. */
	mirage_unit_settle(inst, ctx);
}
