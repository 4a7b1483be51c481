/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Functions of Math that ES2015 has and Duktape lacks (ECMA-262, 21.3.2),
 * from libm: written in JavaScript they would lose digits.
 */
#include <math.h>
#include <stdint.h>

#include "native.h"
#include "unit.h"

#define ONE_ARGUMENT(name, expression)                 \
	static duk_ret_t math_##name(duk_context *ctx) \
	{                                              \
		double x = duk_to_number(ctx, 0);      \
                                                       \
		duk_push_number(ctx, expression);      \
		return (1);                            \
	}

ONE_ARGUMENT(acosh, acosh(x))
ONE_ARGUMENT(asinh, asinh(x))
ONE_ARGUMENT(atanh, atanh(x))
ONE_ARGUMENT(cosh, cosh(x))
ONE_ARGUMENT(expm1, expm1(x))
ONE_ARGUMENT(fround, (double)(float)x)
ONE_ARGUMENT(log1p, log1p(x))
ONE_ARGUMENT(sinh, sinh(x))
ONE_ARGUMENT(tanh, tanh(x))

void
mirage_native_math(duk_context *ctx)
{
	static const struct mirage_native_entry entries[] = {
	    {"acosh", math_acosh, 1},
	    {"asinh", math_asinh, 1},
	    {"atanh", math_atanh, 1},
	    {"cosh", math_cosh, 1},
	    {"expm1", math_expm1, 1},
	    {"fround", math_fround, 1},
	    {"log1p", math_log1p, 1},
	    {"sinh", math_sinh, 1},
	    {"tanh", math_tanh, 1},
	};
	size_t i;

	duk_get_global_string(ctx, "Math");
	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		duk_push_string(ctx, entries[i].name);
		mirage_unit_push_method(ctx, entries[i].call, entries[i].nargs);
		duk_push_string(ctx, "name");
		duk_push_string(ctx, entries[i].name);
		duk_def_prop(ctx, -3,
		    DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_FORCE |
			DUK_DEFPROP_SET_CONFIGURABLE);
		/* Not enumerable, as the others. */
		duk_def_prop(ctx, -3,
		    DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WRITABLE |
			DUK_DEFPROP_SET_CONFIGURABLE |
			DUK_DEFPROP_CLEAR_ENUMERABLE);
	}
	duk_pop(ctx);
}
