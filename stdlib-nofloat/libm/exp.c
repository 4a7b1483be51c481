/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Exponentials: 2^f by two tables of 64 entries and a short polynomial.
 */
#include "fixed.h"
#include "tables.h"

uint64_t
mirage_exp2_fixed(uint64_t f)
{
	uint64_t g = f & ((uint64_t)-1 >> 12), p, t;

	/* 2^g - 1 in Q64, by its series in g ln 2. */
	p = mirage_exp2_poly[3];
	p = mirage_exp2_poly[2] + mulhi(p, g);
	p = mirage_exp2_poly[1] + mulhi(p, g);
	p = mirage_exp2_poly[0] + mulhi(p, g);
	p = mulhi(p, g);
	/* (1 + t)(1 + p) - 1 */
	t = mirage_exp2_fine[f >> 52 & 63];
	p += t + mulhi(p, t);
	t = mirage_exp2_coarse[f >> 58];
	return (t + mulhi(t, p));
}

double
mirage_exp2_pack(bool negative, bool x_negative, u128 x)
{
	uint64_t whole = (uint64_t)(x >> 64), f = (uint64_t)x;
	int64_t k;

	if (whole > 2000)
		whole = 2000;
	k = (int64_t)whole;
	if (x_negative) {
		f = -f;
		k = -k - (f != 0);
	}
	return (pack(negative, k, mirage_exp2_fixed(f)));
}

/* |x| / ln 2 in Q64; x.exp must be less than 11. */
static u128
times_log2e(struct number x)
{
	u128 p = (u128)x.sig * mirage_log2e[0] +
	    ((u128)x.sig * mirage_log2e[1] >> 64);

	/* Now in units of 2^(x.exp - 126). */
	return (x.exp < -64 ? 0 : p >> (62 - x.exp));
}

struct number
mirage_exp_number(struct number x)
{
	u128 y = times_log2e(x);
	uint64_t f = (uint64_t)y;
	struct number n = {.exp = (int64_t)(y >> 64)};

	if (x.negative) {
		f = -f;
		n.exp = -n.exp - (f != 0);
	}
	n.sig = mirage_exp2_fixed(f);
	return (n);
}

double
exp(double x)
{
	uint64_t u = f64_of_double(x);
	int64_t exponent = f64_exponent(u) - F64_BIAS;
	struct number n;

	if (unlikely(exponent >= 11)) {
		if (f64_is_nan(u))
			return (quiet(u));
		return (f64_to_double(u >> 63 != 0 ? 0 : F64_INF));
	}
	if (unlikely(exponent < -54))
		return (1.0);
	n = mirage_exp_number(unpack(u));
	return (pack(false, n.exp, n.sig));
}

/*
 * (e^x - 1) / x in Q63, |x| < 1/16 in Q64, by the series sum x^n / (n + 1)!.
 */
static uint64_t
expm1_ratio(uint64_t x, bool negative)
{
	uint64_t p = mirage_inverse_factorial[12];
	int n;

	for (n = 11; n >= 0; n--)
		p = negative ? mirage_inverse_factorial[n] - mulhi(p, x) :
			       mirage_inverse_factorial[n] + mulhi(p, x);
	return (p);
}

double
expm1(double x)
{
	uint64_t u = f64_of_double(x), r;
	int64_t exponent = f64_exponent(u) - F64_BIAS;
	struct number n, e;
	u128 v, one;

	if (unlikely(exponent >= 11)) {
		if (f64_is_nan(u))
			return (quiet(u));
		return (u >> 63 != 0 ? -1.0 : f64_to_double(F64_INF));
	}
	if (exponent < -54)
		return (x);
	n = unpack(u);
	if (exponent < -4) {
		r = expm1_ratio(n.sig >> (-1 - n.exp), n.negative);
		return (pack_fixed(
		    n.negative, (u128)n.sig * r, (int)(63 + 63 - n.exp)));
	}
	e = mirage_exp_number(n);
	/* e^x - 1 in Q(126 - exp): e^x is 2^exp * [1, 2). */
	if (e.exp >= 0) {
		if (e.exp > 66)
			return (pack(false, e.exp, e.sig));
		v = (u128)e.sig << 60;
		one = ((u128)1 << 123) >> e.exp;
		return (pack_fixed(false, v - one, (int)(123 - e.exp)));
	}
	if (e.exp < -66)
		return (-1.0);
	v = (u128)e.sig << 60 >> -e.exp;
	return (pack_fixed(true, ((u128)1 << 123) - v, 123));
}
