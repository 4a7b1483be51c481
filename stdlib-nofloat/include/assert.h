/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Assertions (C11 7.2).  A failed one ends in mirage_abort().
 */
#ifndef MIRAGE_ASSERT_H
#define MIRAGE_ASSERT_H

_Noreturn void mirage_assert_fail(
    const char *expression, const char *file, unsigned line);

#ifdef NDEBUG
#define assert(e) ((void)0)
#else
#define assert(e) ((e) ? (void)0 : mirage_assert_fail(#e, __FILE__, __LINE__))
#endif
#define static_assert _Static_assert

#endif /* MIRAGE_ASSERT_H */
