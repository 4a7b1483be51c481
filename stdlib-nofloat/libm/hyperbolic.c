/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Hyperbolic functions: series below 1/2, exponentials above.
 */
#include "fixed.h"
#include "tables.h"

/* sum y^n / (2n + 1)! in Q63, that is sinh(x) / x; y = x * x < 1/4, in Q64. */
static uint64_t
sinh_ratio(uint64_t y)
{
	uint64_t p = mirage_inverse_factorial[18];
	int n;

	for (n = 16; n >= 0; n -= 2)
		p = mirage_inverse_factorial[n] + mulhi(p, y);
	return (p);
}

/* sum y^n / (2n)! in Q63, that is cosh(x). */
static uint64_t
cosh_series(uint64_t y)
{
	uint64_t p = mirage_inverse_factorial[17];
	int n;

	for (n = 15; n >= 1; n -= 2)
		p = mirage_inverse_factorial[n] + mulhi(p, y);
	return (((uint64_t)1 << 63) + mulhi(p, y));
}

/* x * x in Q64 for |x| < 1/2. */
static uint64_t
square(struct number x)
{
	uint64_t s = mulhi(x.sig, x.sig); /* in units of 2^(2 exp - 62) */
	int64_t shift = -2 - 2 * x.exp;

	return (shift > 63 ? 0 : s >> shift);
}

/* e^-|x| in Q(126 - exp) next to e^|x| = sig * 2^(exp - 63) in the same. */
static u128
inverse_beside(struct number x, int64_t exp)
{
	struct number e;
	int64_t shift;

	x.negative = 1;
	e = mirage_exp_number(x);
	shift = exp - e.exp;
	return (shift > 120 ? 0 : (u128)e.sig << 62 >> shift);
}

double
sinh(double x)
{
	uint64_t u = f64_of_double(x);
	int64_t exponent = f64_exponent(u) - F64_BIAS;
	struct number n, e;
	bool negative;

	if (unlikely(exponent >= 11))
		return (f64_is_nan(u) ?
			quiet(u) :
			f64_to_double((u & F64_SIGN) | F64_INF));
	if (exponent < -27)
		return (x);
	n = unpack(u);
	if (exponent < -1)
		return (pack_fixed(n.negative,
		    (u128)n.sig * sinh_ratio(square(n)), (int)(126 - n.exp)));
	negative = n.negative;
	n.negative = 0;
	e = mirage_exp_number(n);
	return (
	    pack_fixed(negative, ((u128)e.sig << 62) - inverse_beside(n, e.exp),
		(int)(126 - e.exp)));
}

double
cosh(double x)
{
	uint64_t u = f64_of_double(x);
	int64_t exponent = f64_exponent(u) - F64_BIAS;
	struct number n, e;

	if (unlikely(exponent >= 11))
		return (f64_is_nan(u) ? quiet(u) : f64_to_double(F64_INF));
	if (exponent < -27)
		return (1.0);
	n = unpack(u);
	n.negative = 0;
	e = mirage_exp_number(n);
	return (
	    pack_fixed(false, ((u128)e.sig << 62) + inverse_beside(n, e.exp),
		(int)(126 - e.exp)));
}

double
tanh(double x)
{
	uint64_t u = f64_of_double(x), y, s, c, rem;
	int64_t exponent = f64_exponent(u) - F64_BIAS;
	struct number n, e;
	bool negative;
	u128 v;

	if (unlikely(exponent >= 5)) {
		if (f64_is_nan(u))
			return (quiet(u));
		return (f64_to_double((u & F64_SIGN) | F64_ONE));
	}
	if (exponent < -27)
		return (x);
	n = unpack(u);
	if (exponent < -1) {
		/* sinh(x) / x is at most 1.05, cosh(x) at most 1.13. */
		y = square(n);
		s = sinh_ratio(y);
		c = cosh_series(y);
		/* The quotient, less than 1, in Q63. */
		s = u128_div_u64(s >> 1, 0, c, &rem);
		return (pack_fixed(
		    n.negative, (u128)n.sig * s, (int)(63 - n.exp + 63)));
	}
	/* 1 - 2 / (e^2|x| + 1) */
	negative = n.negative;
	n.negative = 0;
	n.exp++;
	e = mirage_exp_number(n);
	if (e.exp > 62)
		return (negative ? -1.0 : 1.0);
	/* e^2|x| + 1 as c * 2^(exp - 62) */
	c = (e.sig >> 1) + ((uint64_t)1 << 62 >> e.exp);
	/* 2 / (...) in Q(62 + exp) */
	v = u128_div_u64((uint64_t)1 << 61, 0, c, &rem);
	return (
	    pack_fixed(negative, ((u128)1 << 123) - (v << 61 >> e.exp), 123));
}
