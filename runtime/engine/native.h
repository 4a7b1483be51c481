/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * For C functions that JavaScript calls.  They may throw (duk_error(), which
 * does not return), so they hold nothing that would then be lost.
 */
#ifndef MIRAGE_NATIVE_H
#define MIRAGE_NATIVE_H

#include <duk_config_mirage.h>
#include <duktape.h>

#include "engine.h"

struct mirage_instance *mirage_native_instance(duk_context *);

/* Keeps the value at idx alive.  Throws when there is no memory. */
mirage_ref mirage_ref_new(duk_context *, duk_idx_t idx);
/* Pushes the value, or undefined for 0. */
void mirage_ref_push(duk_context *, mirage_ref);

/*
 * Pushes a Uint8Array over memory that is not the engine's.  The reference
 * keeps it alive until mirage_view_detach(), which must come before the
 * memory goes: from then on the view, and every view, slice or DataView that
 * was made of its buffer, is empty.  data may be NULL if len is 0.
 */
mirage_ref mirage_view_push(duk_context *, void *data, uint32_t len);
/* Also frees the reference.  Needs no JavaScript to run, cannot fail. */
void mirage_view_detach(struct mirage_instance *, mirage_ref);

/*
 * Bytes of a typed array, DataView, ArrayBuffer or plain buffer at idx; a
 * TypeError that names `what` for anything else, or if it was detached.
 */
uint8_t *mirage_native_bytes(
    duk_context *, duk_idx_t idx, const char *what, size_t *len);
/*
 * The owner of these bytes: equal for all views of one buffer, NULL for a
 * buffer that is not the engine's (then *base is where its memory begins).
 */
void *mirage_native_buffer_owner(
    duk_context *, duk_idx_t idx, const uint8_t **base, size_t *len);

/* An integer in min..max, else TypeError or RangeError that names `what`. */
uint32_t mirage_native_uint(
    duk_context *, duk_idx_t idx, const char *what, uint32_t min, uint32_t max);
/* A function, else TypeError. */
void mirage_native_function(duk_context *, duk_idx_t idx, const char *what);

struct mirage_native_entry {
	const char *name;
	duk_c_function call;
	duk_idx_t nargs; /* or DUK_VARARGS */
};

/* Adds functions to the object on top of the stack. */
void mirage_native_put(
    duk_context *, const struct mirage_native_entry *, size_t n);

/* native_core.c: pushes the object that the program's main gets. */
void mirage_native_push(duk_context *);

/*
 * Pushes an array of our own.  It has no prototype: setters that a program
 * puts into Array.prototype would take what is put here.
 */
void mirage_push_own_array(duk_context *);

/*
 * microtasks.c, async.c: add the microtask queue, and what resumes async
 * functions, to the object on top of the stack.
 */
void mirage_native_microtasks(duk_context *);
void mirage_native_async(duk_context *);

/* native_math.c: adds the functions of ES2015 that Duktape's Math lacks. */
void mirage_native_math(duk_context *);

/*
 * native_net.c, native_frame_code.c: add the bindings of interfaces and frames,
 * and those of frame code, to the object on top of the stack.
 */
void mirage_native_net(duk_context *);
void mirage_native_frame_code(duk_context *);

#endif /* MIRAGE_NATIVE_H */
