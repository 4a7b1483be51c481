/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Duktape, unmodified, in one unit with what needs its internals: budgets,
 * stack traces, the end of views, line tables, the language's probes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <duk_config_mirage.h>

#include <mirage/probes.h>

#include "heap.h"
#include "unit.h"
#include "unit_hooks.h"
#include "unit_trace_hooks.h"
#include "unit_work_hooks.h"

#include "duktape.c"

#undef duk_err_setup_ljstate1
#undef duk_numconv_parse
#undef duk_numconv_stringify
#undef duk_js_string_compare
#undef duk_heap_strcache_offset_char2byte
#undef duk_get_prop
#undef duk_get_prop_index
#undef duk_put_prop
#undef duk_put_prop_index
#undef duk_has_prop
#undef duk_has_prop_index
#undef duk_del_prop
#undef duk_del_prop_index
#undef duk__get_own_propdesc_raw
#undef duk_hobject_prototype_chain_contains
#undef duk_js_instanceof
#undef duk_hobject_enumerator_create
#undef duk_unpack_array_like
#undef duk_reserve_gap
#undef duk__handle_put_array_length_smaller
#undef duk_unicode_decode_xutf8_checked
#undef duk_unicode_re_canonicalize_char
#undef duk__json_stringify_fast_value
#undef duk__json_enc_value
#undef duk_js_compile
#undef duk_heap_mark_and_sweep
#undef duk__mark_heaphdr
#undef duk__handle_temproot
#undef duk__call_setup_act_not_tailcall
#undef duk__activation_unwind_nofree_norz
#undef duk__hobject_alloc_init
#undef duk_hboundfunc_alloc
#undef duk_hobject_refcount_finalize_norz
#undef duk__finalize_refcounts

#include "unit_budgets.h"
#include "unit_work.h"
#include "unit_costs.h"
#include "unit_lines.h"
#include "unit_numbers.h"
#include "unit_stack.h"
#include "unit_trace.h"
#include "unit_views.h"
