/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Formatted input from memory; what is accepted is said in stdio.h.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum size { SIZE_CHAR, SIZE_SHORT, SIZE_INT, SIZE_LONG };

static void
store(void *where, enum size size, uint64_t value)
{
	switch (size) {
	case SIZE_CHAR:
		*(unsigned char *)where = (unsigned char)value;
		break;
	case SIZE_SHORT:
		*(unsigned short *)where = (unsigned short)value;
		break;
	case SIZE_INT:
		*(unsigned *)where = (unsigned)value;
		break;
	case SIZE_LONG:
		*(unsigned long *)where = value;
		break;
	}
}

/*
 * An integer of at most width characters at *s, moved behind it; false if
 * there is none.
 */
static bool
scan_integer(const char **s, size_t width, int base, uint64_t *value)
{
	char text[72]; /* more digits than any 64-bit number has, with sign */
	char *end;
	size_t n;

	n = strnlen(*s, width < sizeof(text) - 1 ? width : sizeof(text) - 1);
	memcpy(text, *s, n);
	text[n] = '\0';
	*value = text[0] == '-' ? (uint64_t)strtol(text, &end, base) :
				  strtoul(text, &end, base);
	*s += end - text;
	return (end != text);
}

int
vsscanf(const char *restrict input, const char *restrict fmt, va_list args)
{
	const char *s = input;
	int stored = 0;

	for (; *fmt != '\0'; fmt++) {
		enum size size = SIZE_INT;
		bool discard = false, width_given;
		size_t width = 0, n;
		uint64_t value;
		char *text;
		int base;

		if (isspace(*fmt)) {
			while (isspace(*s))
				s++;
			continue;
		}
		if (*fmt != '%') {
			if (*s != *fmt)
				return (
				    *s == '\0' && stored == 0 ? EOF : stored);
			s++;
			continue;
		}
		fmt++;
		if (*fmt == '*') {
			discard = true;
			fmt++;
		}
		width_given = isdigit(*fmt);
		while (isdigit(*fmt))
			width = width * 10 + (size_t)(*fmt++ - '0');
		if (!width_given)
			width = SIZE_MAX;
		if (*fmt == 'h') {
			size = fmt[1] == 'h' ? SIZE_CHAR : SIZE_SHORT;
			fmt += fmt[1] == 'h' ? 2 : 1;
		} else if (*fmt == 'l') {
			size = SIZE_LONG;
			fmt += fmt[1] == 'l' ? 2 : 1;
		} else if (*fmt == 'j' || *fmt == 'z' || *fmt == 't') {
			size = SIZE_LONG;
			fmt++;
		}
		if (*fmt == 'n') {
			if (!discard)
				store(va_arg(args, void *), size,
				    (uint64_t)(s - input));
			continue;
		}
		if (*fmt != 'c')
			while (isspace(*s))
				s++;
		if (*s == '\0')
			return (stored == 0 ? EOF : stored);
		switch (*fmt) {
		case 'd':
		case 'u':
		case 'i':
		case 'o':
		case 'x':
		case 'X':
		case 'p':
			base = *fmt == 'i'	       ? 0 :
			    *fmt == 'o'		       ? 8 :
			    *fmt == 'd' || *fmt == 'u' ? 10 :
							 16;
			if (!scan_integer(&s, width, base, &value))
				return (stored);
			if (discard)
				break;
			store(va_arg(args, void *),
			    *fmt == 'p' ? SIZE_LONG : size, value);
			stored++;
			break;
		case 'c':
			n = width_given ? width : 1;
			if (strnlen(s, n) < n)
				return (stored == 0 ? EOF : stored);
			if (!discard) {
				memcpy(va_arg(args, char *), s, n);
				stored++;
			}
			s += n;
			break;
		case 's':
			for (n = 0; n < width && s[n] != '\0' && !isspace(s[n]);
			    n++)
				;
			if (!discard) {
				text = va_arg(args, char *);
				memcpy(text, s, n);
				text[n] = '\0';
				stored++;
			}
			s += n;
			break;
		case '%':
			if (*s++ != '%')
				return (stored);
			break;
		default:
			return (stored);
		}
	}
	return (stored);
}

int
sscanf(const char *restrict s, const char *restrict fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsscanf(s, fmt, args);
	va_end(args);
	return (n);
}
