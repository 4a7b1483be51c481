/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A byte-budgeted allocator.  Small blocks come from slabs of one size, large
 * ones from the platform.  Destroying the heap gives everything back, so
 * nothing that a program allocated can outlive it.
 */
#ifndef MIRAGE_HEAP_H
#define MIRAGE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mirage_heap;
struct mirage_platform;

/* limit: bytes that the heap may hold of the platform.  NULL: no memory. */
struct mirage_heap *mirage_heap_create(
    struct mirage_platform *, uint64_t limit);
void mirage_heap_destroy(struct mirage_heap *);

/*
 * As in C, but blocks are aligned to 8 bytes.  NULL when the limit or the
 * platform's memory is reached; then realloc leaves the old block as it was.
 */
void *mirage_heap_alloc(struct mirage_heap *, size_t);
void *mirage_heap_realloc(struct mirage_heap *, void *, size_t);
void mirage_heap_free(struct mirage_heap *, void *);

/* Bytes held of the platform now, and the most that were. */
uint64_t mirage_heap_used(const struct mirage_heap *);
uint64_t mirage_heap_peak(const struct mirage_heap *);

/* Raises the limit, so that a program that reached it can be unwound. */
void mirage_heap_raise_limit(struct mirage_heap *, uint64_t by);

#endif /* MIRAGE_HEAP_H */
