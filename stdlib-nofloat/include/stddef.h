/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Common definitions (C11 7.19).
 */
#ifndef MIRAGE_STDDEF_H
#define MIRAGE_STDDEF_H

typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
typedef __WCHAR_TYPE__ wchar_t;

typedef struct {
	long long ll __attribute__((__aligned__(8)));
	void *p[2] __attribute__((__aligned__(16)));
} max_align_t;

#undef NULL
#define NULL ((void *)0)

#undef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)

#endif /* MIRAGE_STDDEF_H */
