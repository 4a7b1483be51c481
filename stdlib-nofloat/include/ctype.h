/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Character classes (C11 7.4) in the C locale, that is ASCII; any int is
 * accepted.
 */
#ifndef MIRAGE_CTYPE_H
#define MIRAGE_CTYPE_H

#define isalnum	 mirage_isalnum
#define isalpha	 mirage_isalpha
#define isdigit	 mirage_isdigit
#define islower	 mirage_islower
#define isprint	 mirage_isprint
#define isspace	 mirage_isspace
#define isupper	 mirage_isupper
#define isxdigit mirage_isxdigit
#define tolower	 mirage_tolower
#define toupper	 mirage_toupper

static inline int
isdigit(int c)
{
	return ((unsigned)c - '0' < 10);
}

static inline int
islower(int c)
{
	return ((unsigned)c - 'a' < 26);
}

static inline int
isupper(int c)
{
	return ((unsigned)c - 'A' < 26);
}

static inline int
isalpha(int c)
{
	return (islower(c) || isupper(c));
}

static inline int
isalnum(int c)
{
	return (isalpha(c) || isdigit(c));
}

static inline int
isxdigit(int c)
{
	return (isdigit(c) || ((unsigned)c | 32) - 'a' < 6);
}

static inline int
isspace(int c)
{
	return (c == ' ' || (unsigned)c - '\t' < 5);
}

static inline int
isprint(int c)
{
	return ((unsigned)c - 32 < 95);
}

static inline int
tolower(int c)
{
	return (isupper(c) ? c + 32 : c);
}

static inline int
toupper(int c)
{
	return (islower(c) ? c - 32 : c);
}

#endif /* MIRAGE_CTYPE_H */
