/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Duktape, unmodified, in one unit with what needs its internals: budgets,
 * stack traces, the end of views, line tables.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <duk_config_mirage.h>

#include "heap.h"
#include "unit.h"
#include "unit_hooks.h"

#include "duktape.c"

#undef duk_numconv_parse
#undef duk_numconv_stringify
#undef duk_js_string_compare
#undef duk_heap_strcache_offset_char2byte

#include "unit_budgets.h"
#include "unit_costs.h"
#include "unit_lines.h"
#include "unit_numbers.h"
#include "unit_stack.h"
#include "unit_views.h"
