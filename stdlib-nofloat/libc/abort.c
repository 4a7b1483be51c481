/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The end of the road.  The hook is the only global of the library: it belongs
 * to the platform, which sets it once, before any instance exists.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static mirage_abort_hook_t *abort_hook;

void
mirage_set_abort_hook(mirage_abort_hook_t *hook)
{
	abort_hook = hook;
}

static _Noreturn void
die(const char *why)
{
	if (abort_hook != NULL)
		abort_hook(why);
	__builtin_trap();
}

void
abort(void)
{
	die("abort() called");
}

void
mirage_assert_fail(const char *expression, const char *file, unsigned line)
{
	char why[256];

	snprintf(why, sizeof(why), "assertion failed: %s, %s:%u", expression,
	    file, line);
	die(why);
}
