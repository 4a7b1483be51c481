/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How what a program threw becomes the message that it ends with.
 */
#ifndef MIRAGE_REPORT_H
#define MIRAGE_REPORT_H

#include <duk_config_mirage.h>
#include <duktape.h>

#include "engine.h"

/* Ends the program with the value on top of the stack, which stays. */
void mirage_report_uncaught(struct mirage_instance *, duk_context *);

/* The same with a prefix, inside of a protected call; may throw. */
void mirage_report_value(
    struct mirage_instance *, duk_context *, duk_idx_t, const char *prefix);

#endif /* MIRAGE_REPORT_H */
