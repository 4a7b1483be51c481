/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Text to integer (C11 7.22.1.4), without errno.
 */
#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

static int
digit_value(char c)
{
	if (isdigit(c))
		return (c - '0');
	return (isalpha(c) ? tolower(c) - 'a' + 10 : INT_MAX);
}

/*
 * The digits after white space, a sign and a prefix: *negative says whether
 * there was a minus.  *end is s if there are none.  False if the number is too
 * large; *value is ULONG_MAX then.
 */
static bool
parse(
    const char *s, char **end, int base, bool *negative, unsigned long *result)
{
	const char *p = s, *digits;
	unsigned long value = 0;
	bool overflow = false;

	while (isspace(*p))
		p++;
	*negative = *p == '-';
	if (*p == '-' || *p == '+')
		p++;
	if ((base == 0 || base == 16) && p[0] == '0' &&
	    (p[1] == 'x' || p[1] == 'X') && digit_value(p[2]) < 16) {
		p += 2;
		base = 16;
	} else if (base == 0)
		base = p[0] == '0' ? 8 : 10;
	for (digits = p; digit_value(*p) < base; p++)
		if (__builtin_mul_overflow(
			value, (unsigned long)base, &value) ||
		    __builtin_add_overflow(
			value, (unsigned long)digit_value(*p), &value))
			overflow = true;
	if (end != NULL)
		*end = (char *)(size_t)(p == digits ? s : p);
	*result = overflow ? ULONG_MAX : value;
	return (!overflow);
}

long
strtol(const char *restrict s, char **restrict end, int base)
{
	bool negative;
	unsigned long value;

	(void)parse(s, end, base, &negative, &value);
	if (negative)
		return (value > LONG_MAX ? LONG_MIN : -(long)value);
	return (value > LONG_MAX ? LONG_MAX : (long)value);
}

unsigned long
strtoul(const char *restrict s, char **restrict end, int base)
{
	bool negative;
	unsigned long value;

	if (!parse(s, end, base, &negative, &value))
		return (ULONG_MAX);
	return (negative ? -value : value);
}

long long
strtoll(const char *restrict s, char **restrict end, int base)
{
	return (strtol(s, end, base));
}

unsigned long long
strtoull(const char *restrict s, char **restrict end, int base)
{
	return (strtoul(s, end, base));
}

int
atoi(const char *s)
{
	return ((int)strtol(s, NULL, 10));
}
