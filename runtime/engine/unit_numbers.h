/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Part of duktape_unit.c: decimals that lie exactly between two doubles.
 * ECMA-262 (6.1.6.1) wants the even one of the two, Duktape takes the upper
 * one, so 9007199254740993 would read as ...994, and some numbers would not be
 * read back from what they are printed as.
 */

/* A decimal: digits * 10^exponent, digits no multiple of 10. */
struct unit_decimal {
	unsigned __int128 digits;
	int exponent;
};

#define UNIT_DIGITS_MAX ((unsigned __int128)1 << 112) /* 33 digits */

/* False: no decimal, or more digits, which no printed number has. */
static bool
unit_read_decimal(const char *s, struct unit_decimal *d)
{
	int zeros = 0, e = 0, sign = 1;
	bool point = false, any = false;

	/* White space and the sign matter not. */
	while (*s != '\0' && *s != '.' && (*s < '0' || *s > '9'))
		s++;
	if (s[0] == '0' && s[1] != '\0' && strchr("xXoObB", s[1]) != NULL)
		return (false);
	d->digits = 0;
	d->exponent = 0;
	for (;; s++) {
		if (*s == '.' && !point) {
			point = true;
			continue;
		}
		if (*s < '0' || *s > '9')
			break;
		any = true;
		if (point)
			d->exponent--;
		if (*s == '0') {
			zeros++;
			continue;
		}
		for (; zeros > 0 && d->digits != 0; zeros--) {
			if (d->digits > UNIT_DIGITS_MAX)
				return (false);
			d->digits *= 10;
		}
		zeros = 0;
		if (d->digits > UNIT_DIGITS_MAX)
			return (false);
		d->digits = d->digits * 10 + (unsigned)(*s - '0');
	}
	if (!any || d->digits == 0)
		return (false);
	d->exponent += zeros;
	if (*s == 'e' || *s == 'E') {
		s++;
		if (*s == '-')
			sign = -1;
		if (*s == '-' || *s == '+')
			s++;
		for (; *s >= '0' && *s <= '9' && e < 100000; s++)
			e = e * 10 + (*s - '0');
		d->exponent += sign * e;
	}
	return (true);
}

/* Is d exactly m * 2^k?  m is odd and less than 2^54. */
static bool
unit_equals(const struct unit_decimal *d, uint64_t m, int k)
{
	unsigned __int128 a = d->digits, b = m;
	int twos, i;

	/* Divided by 2^exponent, what is left of 10^exponent is 5^exponent. */
	if (d->exponent > 23 || d->exponent < -23)
		return (false);
	for (i = 0; i < d->exponent; i++) {
		a *= 5;
		if (a >> 124 != 0)
			return (false);
	}
	for (i = 0; i < -d->exponent; i++) {
		b *= 5;
		if (b >> 124 != 0)
			return (false);
	}
	for (twos = 0; (a & 1) == 0; twos++)
		a >>= 1;
	return (a == b && d->exponent + twos == k);
}

static void
unit_numconv_parse(
    duk_hthread *thr, duk_small_int_t radix, duk_small_uint_t flags)
{
	struct unit_decimal decimal;
	union {
		duk_double_t d;
		duk_uint64_t u;
	} x;
	uint64_t mantissa;
	duk_size_t len;
	int exponent;

	len = duk_get_length(thr, -1);
	unit_work(thr, 8 + len);
	if (radix != 10) {
		duk_numconv_parse(thr, radix, flags);
		return;
	}
	duk_dup_top(thr);
	duk_numconv_parse(thr, radix, flags);
	/* [ text number ] */
	x.d = duk_get_number_default(thr, -1, 0);
	exponent = (int)(x.u >> 52 & 0x7ff);
	if (len > 1)
		unit_work(thr, unit_digits_work(exponent - 1023));
	if ((x.u & 1) != 0 && exponent != 0x7ff && duk_is_string(thr, -2) &&
	    unit_read_decimal(duk_get_string(thr, -2), &decimal)) {
		mantissa = x.u & ((UINT64_C(1) << 52) - 1);
		if (exponent != 0)
			mantissa |= UINT64_C(1) << 52;
		else
			exponent = 1;
		/* Half a unit of the last place below the number. */
		if (unit_equals(
			&decimal, 2 * mantissa - 1, exponent - 1075 - 1)) {
			x.u--;
			duk_pop(thr);
			duk_push_number(thr, x.d);
		}
	}
	duk_remove_m2(thr);
}
