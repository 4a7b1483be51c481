/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The remainder of a truncated division (C11 7.12.10.1).  Exact.
 */
#include "fixed.h"

double
fmod(double x, double y)
{
	uint64_t a = f64_of_double(x), b = f64_of_double(y);
	uint64_t sign = a & F64_SIGN, sa, sb;
	int64_t ea, eb, n;
	int shift;

	a &= ~F64_SIGN;
	b &= ~F64_SIGN;
	if (unlikely(a >= F64_INF || b > F64_INF || b == 0)) {
		if (a > F64_INF || b > F64_INF)
			return (f64_to_double(f64_propagate_nan(
			    f64_of_double(x), f64_of_double(y))));
		return (INVALID);
	}
	if (a < b)
		return (x);
	ea = f64_exponent(a);
	eb = f64_exponent(b);
	sa = a & F64_FRACTION;
	sb = b & F64_FRACTION;
	/* A subnormal is as if of exponent 1, without the leading one. */
	if (ea != 0)
		sa |= F64_IMPLICIT;
	else
		ea = 1;
	if (eb != 0)
		sb |= F64_IMPLICIT;
	else
		eb = 1;
	n = ea - eb;
	if (n <= 11)
		sa = (sa << n) % sb;
	else {
		/* sa = sa * 2^n mod sb, 64 exponents in a division. */
		for (sa %= sb; n >= 64; n -= 64)
			(void)u128_div_u64(sa, 0, sb, &sa);
		if (n != 0)
			(void)u128_div_u64(sa >> (64 - n), sa << n, sb, &sa);
	}
	if (sa == 0)
		return (f64_to_double(sign));
	shift = __builtin_clzl(sa) - 11;
	shift = shift < eb ? shift : (int)eb - 1;
	return (f64_to_double(
	    sign | (((uint64_t)(eb - shift - 1) << 52) + (sa << shift))));
}
