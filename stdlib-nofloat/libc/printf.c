/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Formatted output into memory; what is accepted is said in stdio.h.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct out {
	char *buf;
	size_t size; /* bytes at buf, with the NUL */
	size_t written; /* bytes that the whole output has so far */
};

struct conversion {
	bool minus, plus, space, zero, alternate;
	int width;
	int precision; /* -1: none given */
	char size; /* 'H' for hh, 'h', 'l' for all of 64 bits, or 0 */
};

static void
put(struct out *o, const char *s, size_t n)
{
	if (o->written < o->size) {
		size_t room = o->size - o->written;

		memcpy(o->buf + o->written, s, n < room ? n : room);
	}
	o->written += n;
}

static void
pad(struct out *o, char c, long n)
{
	if (n <= 0)
		return;
	if (o->written < o->size) {
		size_t room = o->size - o->written;

		memset(o->buf + o->written, c,
		    (size_t)n < room ? (size_t)n : room);
	}
	o->written += (size_t)n;
}

static void
put_field(struct out *o, const struct conversion *c, const char *s, size_t n)
{
	if (!c->minus)
		pad(o, ' ', c->width - (long)n);
	put(o, s, n);
	if (c->minus)
		pad(o, ' ', c->width - (long)n);
}

/* prefix is a sign, "0x" or "". */
static void
put_integer(struct out *o, const struct conversion *c, uint64_t value,
    unsigned base, const char *digits, const char *prefix)
{
	char text[24]; /* 22 octal digits at most */
	size_t n = 0, plen = strlen(prefix);
	long zeros, fill;

	for (; value != 0; value /= base)
		text[sizeof(text) - ++n] = digits[value % base];
	zeros = c->precision >= 0 ? c->precision : 1;
	if (base == 8 && c->alternate && zeros <= (long)n)
		zeros = (long)n + 1;
	zeros = zeros > (long)n ? zeros - (long)n : 0;
	fill = c->width - (long)n - zeros - (long)plen;
	if (c->zero && !c->minus && c->precision < 0 && fill > 0) {
		zeros += fill;
		fill = 0;
	}
	if (!c->minus)
		pad(o, ' ', fill);
	put(o, prefix, plen);
	pad(o, '0', zeros);
	put(o, text + sizeof(text) - n, n);
	if (c->minus)
		pad(o, ' ', fill);
}

/* A decimal number at *fmt, saturating. */
static int
number(const char **fmt)
{
	int n = 0;

	for (; **fmt >= '0' && **fmt <= '9'; ++*fmt)
		n = n < INT_MAX / 10 - 1 ? n * 10 + (**fmt - '0') : n;
	return (n);
}

static const char *
parse_flags(const char *fmt, struct conversion *c)
{
	for (;; fmt++) {
		if (*fmt == '-')
			c->minus = true;
		else if (*fmt == '+')
			c->plus = true;
		else if (*fmt == ' ')
			c->space = true;
		else if (*fmt == '0')
			c->zero = true;
		else if (*fmt == '#')
			c->alternate = true;
		else
			return (fmt);
	}
}

static const char *
parse_size(const char *fmt, struct conversion *c)
{
	switch (*fmt) {
	case 'h':
		c->size = fmt[1] == 'h' ? 'H' : 'h';
		return (fmt + (fmt[1] == 'h' ? 2 : 1));
	case 'l':
		c->size = 'l';
		return (fmt + (fmt[1] == 'l' ? 2 : 1));
	case 'j':
	case 'z':
	case 't':
		c->size = 'l';
		return (fmt + 1);
	default:
		return (fmt);
	}
}

int
vsnprintf(char *restrict buf, size_t size, const char *fmt, va_list args)
{
	static const char lower[] = "0123456789abcdef";
	static const char upper[] = "0123456789ABCDEF";
	struct out o = {buf, size, 0};
	const char *start, *s;
	char c;

	for (;;) {
		struct conversion cv = {.precision = -1};
		uint64_t u;
		int64_t i;

		for (start = fmt; *fmt != '\0' && *fmt != '%'; fmt++)
			;
		put(&o, start, (size_t)(fmt - start));
		if (*fmt == '\0')
			break;
		start = fmt;
		fmt = parse_flags(fmt + 1, &cv);
		if (*fmt == '*') {
			fmt++;
			cv.width = va_arg(args, int);
			if (cv.width < 0) {
				cv.minus = true;
				cv.width =
				    cv.width == INT_MIN ? INT_MAX : -cv.width;
			}
		} else
			cv.width = number(&fmt);
		if (*fmt == '.') {
			fmt++;
			if (*fmt == '*') {
				fmt++;
				cv.precision = va_arg(args, int);
			} else
				cv.precision = number(&fmt);
		}
		fmt = parse_size(fmt, &cv);
		switch (*fmt++) {
		case 'd':
		case 'i':
			i = cv.size == 'l' ? va_arg(args, long) :
					     va_arg(args, int);
			if (cv.size == 'H')
				i = (signed char)i;
			else if (cv.size == 'h')
				i = (short)i;
			put_integer(&o, &cv, i < 0 ? -(uint64_t)i : (uint64_t)i,
			    10, lower,
			    i < 0	 ? "-" :
				cv.plus	 ? "+" :
				cv.space ? " " :
					   "");
			break;
		case 'u':
		case 'o':
		case 'x':
		case 'X':
			u = cv.size == 'l' ? va_arg(args, unsigned long) :
					     va_arg(args, unsigned);
			if (cv.size == 'H')
				u = (unsigned char)u;
			else if (cv.size == 'h')
				u = (unsigned short)u;
			c = fmt[-1];
			if (c == 'u' || c == 'o')
				put_integer(
				    &o, &cv, u, c == 'u' ? 10 : 8, lower, "");
			else
				put_integer(&o, &cv, u, 16,
				    c == 'x' ? lower : upper,
				    !cv.alternate || u == 0 ? "" :
					c == 'x'	    ? "0x" :
							      "0X");
			break;
		case 'p':
			u = (uintptr_t)va_arg(args, void *);
			put_integer(&o, &cv, u, 16, lower, "0x");
			break;
		case 'c':
			c = (char)va_arg(args, int);
			put_field(&o, &cv, &c, 1);
			break;
		case 's':
			s = va_arg(args, const char *);
			if (s == NULL)
				s = "(null)";
			put_field(&o, &cv, s,
			    cv.precision < 0 ?
				strlen(s) :
				strnlen(s, (size_t)cv.precision));
			break;
		case '%':
			put(&o, "%", 1);
			break;
		case '\0':
			fmt--;
			/* FALLTHROUGH */
		default:
			put(&o, start, (size_t)(fmt - start));
			break;
		}
	}
	if (size != 0)
		buf[o.written < size ? o.written : size - 1] = '\0';
	return (o.written > INT_MAX ? INT_MAX : (int)o.written);
}

int
snprintf(char *restrict buf, size_t size, const char *restrict fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return (n);
}

int
vsprintf(char *restrict buf, const char *restrict fmt, va_list args)
{
	/* As much as there is address space above buf. */
	return (vsnprintf(buf, SIZE_MAX - (uintptr_t)buf, fmt, args));
}

int
sprintf(char *restrict buf, const char *restrict fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsprintf(buf, fmt, args);
	va_end(args);
	return (n);
}
