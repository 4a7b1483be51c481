/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * General utilities (C11 7.22), as far as the engine needs them.  malloc and
 * its kin are declared, for code that names them, but defined nowhere: memory
 * comes from an instance's budgeted heap.
 */
#ifndef MIRAGE_STDLIB_H
#define MIRAGE_STDLIB_H

#include <stddef.h>

#define abort	 mirage_abort
#define abs	 mirage_abs
#define atoi	 mirage_atoi
#define calloc	 mirage_calloc
#define free	 mirage_free
#define labs	 mirage_labs
#define llabs	 mirage_llabs
#define malloc	 mirage_malloc
#define realloc	 mirage_realloc
#define strtol	 mirage_strtol
#define strtoll	 mirage_strtoll
#define strtoul	 mirage_strtoul
#define strtoull mirage_strtoull

/*
 * Calls the hook with the reason, if the platform set one, then executes an
 * undefined instruction.  Nothing that a program does may lead here.
 */
_Noreturn void abort(void);
typedef void mirage_abort_hook_t(const char *why);
void mirage_set_abort_hook(mirage_abort_hook_t *);

void *calloc(size_t, size_t);
void free(void *);
void *malloc(size_t);
void *realloc(void *, size_t);

/*
 * An out-of-range number gives the type's limit, as C says; there is no errno
 * that would tell it from the limit itself.
 */
int atoi(const char *);
long strtol(const char *restrict, char **restrict, int base);
long long strtoll(const char *restrict, char **restrict, int base);
unsigned long strtoul(const char *restrict, char **restrict, int base);
unsigned long long strtoull(const char *restrict, char **restrict, int base);

static inline int
abs(int i)
{
	return (i < 0 ? -i : i);
}

static inline long
labs(long i)
{
	return (i < 0 ? -i : i);
}

static inline long long
llabs(long long i)
{
	return (i < 0 ? -i : i);
}

#endif /* MIRAGE_STDLIB_H */
