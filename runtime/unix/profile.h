/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * --profile FILE, inside: profile.c and symbols.c.
 */
#ifndef MIRAGE_UNIX_PROFILE_H
#define MIRAGE_UNIX_PROFILE_H

#include <stdio.h>

#include <mirage/instance.h>

#include "unix.h"

struct profile;
struct symbols;

/* NULL: see error (of ERROR_BYTES). */
struct profile *profile_open(const char *path, char *error);
/* From the program's thread, whose stack is [low, high). */
void profile_begin(
    struct profile *, struct mirage_instance *, uintptr_t low, uintptr_t high);
void profile_end(struct profile *);
/* Writes the file.  false: it could not be written. */
bool profile_close(struct profile *);

/* Names of this process's functions; NULL is taken for none. */
struct symbols *symbols_open(void);
void symbols_close(struct symbols *);
/* Of the executable, "" if that is not known. */
const char *symbols_path(const struct symbols *);
/* A line: MODULE`FUNCTION+0xOFFSET, or the address. */
void symbols_print(const struct symbols *, FILE *, uintptr_t pc);

#endif /* MIRAGE_UNIX_PROFILE_H */
