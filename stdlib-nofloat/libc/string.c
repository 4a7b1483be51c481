/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Strings (C11 7.24, and strnlen, strlcpy, strlcat as in BSD).
 */
#include <stdint.h>
#include <string.h>

typedef uint64_t __attribute__((__may_alias__)) word;

/* Nonzero if a byte of w is zero. */
#define ZERO_BYTE(w) (((w) - 0x0101010101010101) & ~(w) & 0x8080808080808080)

/* An aligned word does not cross a page, so it may be read whole. */
__attribute__((__no_sanitize__("address"))) size_t
strlen(const char *s)
{
	const char *p = s;
	word w;

	while (((uintptr_t)p & 7) != 0) {
		if (*p == '\0')
			return ((size_t)(p - s));
		p++;
	}
	while (w = *(const word *)(const void *)p, ZERO_BYTE(w) == 0)
		p += 8;
	return ((size_t)(p - s) + (size_t)(__builtin_ctzl(ZERO_BYTE(w)) >> 3));
}

size_t
strnlen(const char *s, size_t max)
{
	const char *end = memchr(s, '\0', max);

	return (end == NULL ? max : (size_t)(end - s));
}

int
strcmp(const char *a, const char *b)
{
	while (*a == *b && *a != '\0') {
		a++;
		b++;
	}
	return ((int)(unsigned char)*a - (int)(unsigned char)*b);
}

int
strncmp(const char *a, const char *b, size_t n)
{
	for (; n != 0; n--, a++, b++)
		if (*a != *b || *a == '\0')
			return (
			    (int)(unsigned char)*a - (int)(unsigned char)*b);
	return (0);
}

char *
strcpy(char *restrict dst, const char *restrict src)
{
	return (memcpy(dst, src, strlen(src) + 1));
}

char *
strncpy(char *restrict dst, const char *restrict src, size_t n)
{
	size_t len = strnlen(src, n);

	memcpy(dst, src, len);
	memset(dst + len, 0, n - len);
	return (dst);
}

char *
strcat(char *restrict dst, const char *restrict src)
{
	strcpy(dst + strlen(dst), src);
	return (dst);
}

size_t
strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
	size_t len = strlen(src);

	if (size != 0) {
		size_t n = len < size ? len : size - 1;

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return (len);
}

size_t
strlcat(char *restrict dst, const char *restrict src, size_t size)
{
	size_t len = strnlen(dst, size);

	return (len + strlcpy(dst + len, src, size - len));
}

char *
strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return ((char *)(uintptr_t)s);
		if (*s == '\0')
			return (NULL);
	}
}

char *
strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (;; s++) {
		if (*s == (char)c)
			last = s;
		if (*s == '\0')
			return ((char *)(uintptr_t)last);
	}
}

size_t
strspn(const char *s, const char *set)
{
	size_t n = 0;

	while (s[n] != '\0' && strchr(set, s[n]) != NULL)
		n++;
	return (n);
}

size_t
strcspn(const char *s, const char *set)
{
	size_t n = 0;

	while (s[n] != '\0' && strchr(set, s[n]) == NULL)
		n++;
	return (n);
}

char *
strstr(const char *s, const char *what)
{
	size_t len = strlen(what);

	for (; strncmp(s, what, len) != 0; s++)
		if (*s == '\0')
			return (NULL);
	return ((char *)(uintptr_t)s);
}

void *
memchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	for (; n != 0; n--, p++)
		if (*p == (unsigned char)c)
			return ((void *)(uintptr_t)p);
	return (NULL);
}
