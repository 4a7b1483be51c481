/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * atan2 and what follows from it.  Of y / x <= 1 the nearest c = i / 64 is
 * taken off, atan(y / x) = atan(c) + atan((y - cx) / (x + cy)), which leaves
 * one division and a short series.
 */
#include "fixed.h"
#include "tables.h"

/* atan(u) for u < 1/64: u (1 - u^2/3 + u^4/5 - u^6/7 + u^8/9 - u^10/11) */
static struct wide
atan_series(struct number u)
{
	int64_t shift = -2 - 2 * u.exp;
	uint64_t y = shift > 63 ? 0 : mulhi(u.sig, u.sig) >> shift;
	uint64_t p = UINT64_MAX / 11;
	struct wide w = {.q = (int)(127 - u.exp)};

	p = UINT64_MAX / 9 - mulhi(p, y);
	p = UINT64_MAX / 7 - mulhi(p, y);
	p = UINT64_MAX / 5 - mulhi(p, y);
	p = UINT64_MAX / 3 - mulhi(p, y);
	p = UINT64_MAX - mulhi(p, y);
	w.magnitude = (u128)u.sig * p;
	return (w);
}

/* y / x must be at most 1; signs are not looked at. */
static struct wide
atan_ratio(struct number y, struct number x)
{
	int64_t d = x.exp - y.exp;
	struct wide w;
	uint64_t i;
	u128 num, den, part;
	bool below;

	if (d > 8)
		return (atan_series(quotient(y.sig, (int)d, x.sig, 0)));
	i = (((y.sig >> (8 + d)) * 128) / (x.sig >> 8) + 1) >> 1;
	num = (u128)y.sig << 32 >> d;
	den = (u128)x.sig << 32;
	num *= 64;
	part = den * i;
	below = num < part;
	w.magnitude = 0;
	if (likely(num != part)) {
		w = atan_series(quotient(negate_if(below, num - part), 0,
		    den * 64 + num / 64 * i, 0));
		if (i == 0)
			return (w);
		w.magnitude = negate_if(below, to_q124(w));
	}
	w.magnitude +=
	    make128(mirage_atan_table[i][0], mirage_atan_table[i][1]);
	w.q = 124;
	w.negative = 0;
	return (w);
}

/* The angle of a point, neither coordinate of which is 0. */
static double
angle(struct number y, struct number x)
{
	u128 pi = make128(mirage_pi[0], mirage_pi[1]);
	bool steep = y.exp > x.exp || (y.exp == x.exp && y.sig > x.sig);
	struct number small = steep ? x : y, large = steep ? y : x;
	struct wide w = atan_ratio(small, large);

	/* pi/2 +- w, pi - w, or w */
	if (steep || x.negative) {
		w.magnitude = negate_if(steep != x.negative, to_q124(w));
		w.magnitude += steep ? pi >> 1 : pi;
		w.q = 124;
	}
	return (pack_fixed(y.negative, w.magnitude, w.q));
}

/* eighths of a full turn, 0 to 4 */
static double
multiple(uint64_t sign, unsigned eighths)
{
	u128 pi = make128(mirage_pi[0], mirage_pi[1]);

	if (eighths == 0)
		return (f64_to_double(sign));
	return (pack_fixed(sign != 0, pi * eighths >> 2, 124));
}

double
atan2(double y, double x)
{
	uint64_t a = f64_of_double(y), b = f64_of_double(x);
	uint64_t sign = a & F64_SIGN;
	bool left = b >> 63 != 0;

	if (unlikely(f64_is_nan(a) || f64_is_nan(b)))
		return (f64_to_double(f64_propagate_nan(a, b)));
	a &= ~F64_SIGN;
	b &= ~F64_SIGN;
	if (a == 0)
		return (multiple(sign, left ? 4 : 0));
	if (b == 0)
		return (multiple(sign, 2));
	if (a == F64_INF)
		return (multiple(sign, b < F64_INF ? 2 : left ? 3 : 1));
	if (b == F64_INF)
		return (multiple(sign, left ? 4 : 0));
	return (angle(unpack(f64_of_double(y)), unpack(f64_of_double(x))));
}

static const struct number one = {(uint64_t)1 << 63, 0, 0};

double
atan(double x)
{
	uint64_t u = f64_of_double(x);

	if (unlikely(f64_exponent(u) == F64_EXP_MAX))
		return (f64_is_nan(u) ? quiet(u) : multiple(u & F64_SIGN, 2));
	if (f64_exponent(u) < F64_BIAS - 27)
		return (x);
	return (angle(unpack(u), one));
}

/* sqrt(1 - x * x) for 2^-60 < |x| < 1; nothing cancels in 128 bits. */
static struct number
other_side(struct number x)
{
	return (mirage_root_number(
	    -((u128)x.sig * x.sig >> (-2 - 2 * x.exp)), 128));
}

double
asin(double x)
{
	uint64_t u = f64_of_double(x);
	struct number n;

	if (unlikely(f64_exponent(u) >= F64_BIAS)) {
		if (f64_is_nan(u))
			return (quiet(u));
		return (u << 1 == F64_ONE << 1 ? multiple(u & F64_SIGN, 2) :
						 INVALID);
	}
	if (f64_exponent(u) < F64_BIAS - 27)
		return (x);
	n = unpack(u);
	return (angle(n, other_side(n)));
}

double
acos(double x)
{
	uint64_t u = f64_of_double(x);
	struct number n;

	if (unlikely(f64_exponent(u) >= F64_BIAS)) {
		if (f64_is_nan(u))
			return (quiet(u));
		if (u << 1 != F64_ONE << 1)
			return (INVALID);
		return (multiple(0, u >> 63 != 0 ? 4 : 0));
	}
	if (f64_exponent(u) < F64_BIAS - 60)
		return (multiple(0, 2));
	n = unpack(u);
	return (angle(other_side(n), n));
}
