/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Powers, as 2^(y log2 x).  The logarithm is true to 75 bits, because the
 * product is as large as 2^10 and counts in units of 2^-64.
 */
#include "fixed.h"

enum parity { FRACTION, ODD, EVEN };

static enum parity
parity_of(uint64_t y)
{
	int64_t exp = f64_exponent(y) - F64_BIAS;

	if (exp < 0)
		return (FRACTION);
	if (exp > 52)
		return (EVEN);
	if (exp < 52 && (y & F64_FRACTION >> exp) != 0)
		return (FRACTION);
	return (
	    ((y & F64_FRACTION) | F64_IMPLICIT) >> (52 - exp) & 1 ? ODD : EVEN);
}

/* x or y is 0, an infinity or a NaN: C11, annex F.10.4.4. */
static double
pow_special(uint64_t x, uint64_t y)
{
	uint64_t sign, magnitude = x & ~F64_SIGN;
	bool grows;

	if (y << 1 == 0 || x == F64_ONE)
		return (1.0);
	if (f64_is_nan(x) || f64_is_nan(y))
		return (f64_to_double(f64_propagate_nan(x, y)));
	if (y << 1 == F64_INF << 1) {
		if (magnitude == F64_ONE)
			return (1.0);
		grows = (magnitude > F64_ONE) == (y >> 63 == 0);
		return (f64_to_double(grows ? F64_INF : 0));
	}
	sign = parity_of(y) == ODD ? x & F64_SIGN : 0;
	grows = (magnitude == F64_INF) == (y >> 63 == 0);
	return (f64_to_double(sign | (grows ? F64_INF : 0)));
}

double
pow(double x, double y)
{
	uint64_t a = f64_of_double(x), b = f64_of_double(y);
	bool negative = false, down;
	struct number n;
	struct wide w;
	uint64_t hi;
	u128 product;
	int shift;

	if (unlikely((a & ~F64_SIGN) - 1 >= F64_INF - 1 ||
		(b & ~F64_SIGN) - 1 >= F64_INF - 1))
		return (pow_special(a, b));
	if (a >> 63 != 0) {
		enum parity parity = parity_of(b);

		if (parity == FRACTION)
			return (INVALID);
		negative = parity == ODD;
		a &= ~F64_SIGN;
	}
	w = mirage_log2_wide(unpack(a));
	if (w.magnitude == 0)
		return (negative ? -1.0 : 1.0);
	n = unpack(b);
	shift = clz128(w.magnitude);
	w.magnitude <<= shift;
	w.q += shift;
	hi = (uint64_t)(w.magnitude >> 64);
	product =
	    (u128)hi * n.sig + ((u128)(uint64_t)w.magnitude * n.sig >> 64);
	/* product is in Q(w.q - 1 - n.exp); bring it to Q64. */
	down = w.negative != n.negative;
	if (w.q - 1 - n.exp < 64 + 52)
		product = (u128)2000 << 64;
	else if (w.q - 1 - n.exp > 64 + 127)
		product = 0;
	else
		product >>= w.q - 1 - n.exp - 64;
	return (mirage_exp2_pack(negative, down, product));
}

double
cbrt(double x)
{
	uint64_t u = f64_of_double(x);
	bool negative = u >> 63 != 0;
	struct wide w;

	u &= ~F64_SIGN;
	if (unlikely(u - 1 >= F64_INF - 1))
		return (f64_is_nan(u) ? quiet(f64_of_double(x)) : x);
	w = mirage_log2_wide(unpack(u));
	if (w.magnitude == 0)
		return (negative ? -1.0 : 1.0);
	/* A third of it, in Q64. */
	w.magnitude = mulhi128(w.magnitude, ~(u128)0 / 3);
	return (mirage_exp2_pack(negative, w.negative,
	    w.q - 64 > 127 ? 0 : w.magnitude >> (w.q - 64)));
}
