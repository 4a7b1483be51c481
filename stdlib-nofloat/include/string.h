/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Strings (C11 7.24, and strnlen, strlcpy, strlcat as in BSD).  The compiler
 * calls memcpy, memmove, memset and memcmp itself, so these keep their names.
 */
#ifndef MIRAGE_STRING_H
#define MIRAGE_STRING_H

#include <stddef.h>

void *memcpy(void *restrict, const void *restrict, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);

/* Freestanding code gets short ones inlined only if it asks for it. */
#define memcpy(dst, src, n)  __builtin_memcpy(dst, src, n)
#define memmove(dst, src, n) __builtin_memmove(dst, src, n)
#define memset(dst, c, n)    __builtin_memset(dst, c, n)
#define memcmp(a, b, n)	     __builtin_memcmp(a, b, n)

#define memchr	mirage_memchr
#define strcat	mirage_strcat
#define strchr	mirage_strchr
#define strcmp	mirage_strcmp
#define strcpy	mirage_strcpy
#define strcspn mirage_strcspn
#define strlcat mirage_strlcat
#define strlcpy mirage_strlcpy
#define strlen	mirage_strlen
#define strncmp mirage_strncmp
#define strncpy mirage_strncpy
#define strnlen mirage_strnlen
#define strrchr mirage_strrchr
#define strspn	mirage_strspn
#define strstr	mirage_strstr

void *memchr(const void *, int, size_t);
char *strcat(char *restrict, const char *restrict);
char *strchr(const char *, int);
int strcmp(const char *, const char *);
char *strcpy(char *restrict, const char *restrict);
size_t strcspn(const char *, const char *);
size_t strlcat(char *restrict, const char *restrict, size_t);
size_t strlcpy(char *restrict, const char *restrict, size_t);
size_t strlen(const char *);
int strncmp(const char *, const char *, size_t);
char *strncpy(char *restrict, const char *restrict, size_t);
size_t strnlen(const char *, size_t);
char *strrchr(const char *, int);
size_t strspn(const char *, const char *);
char *strstr(const char *, const char *);

#endif /* MIRAGE_STRING_H */
