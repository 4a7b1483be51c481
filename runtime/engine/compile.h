/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * From ES5 text to bytecode, with the engine that will run it.
 */
#ifndef MIRAGE_COMPILE_H
#define MIRAGE_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"
#include "unit.h"

/*
 * Compiles text, an expression whose value is the program's main, and gives
 * its bytecode to put().  Lines are those that map says, which may be NULL;
 * then all are lines of `file`.  inst has an open engine.  False: mirage_fail()
 * got "file:line: SyntaxError: ...".
 */
bool mirage_engine_compile(struct mirage_instance *, const char *text,
    size_t len, const char *file, const struct mirage_line_map *map,
    void (*put)(void *arg, const void *bytecode, size_t len), void *arg);

#endif /* MIRAGE_COMPILE_H */
