/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Addition, subtraction, multiplication and division of binary64: IEEE 754
 * section 4.3.1 (to nearest, ties to even), NaNs as SSE propagates them.
 */
#include "binary64.h"

/*
 * |a| >= |b|, and a (so perhaps b) is an infinity or a NaN.  What a NaN's sign
 * is, is not a subtraction's to change: flip undoes it.
 */
static __attribute__((__noinline__)) uint64_t
add_special(uint64_t a, uint64_t b, uint64_t flip, bool swapped)
{
	if (!f64_is_nan(a) && !f64_is_nan(b))
		return ((a ^ b) == F64_SIGN ? F64_DEFAULT_NAN : a);
	return (swapped ? f64_propagate_nan(b, a ^ flip) :
			  f64_propagate_nan(a, b ^ flip));
}

/*
 * a + b, or a - b if flip is F64_SIGN.  Significands are held with bit 62 as
 * the leading one, so that a carry goes to bit 63, and 10 bits stay below for
 * rounding.
 */
static inline __attribute__((__always_inline__)) uint64_t
add(uint64_t a, uint64_t b, uint64_t flip)
{
	uint64_t sa, sb, sum, lost, sign, t;
	int64_t ea, eb, shift;
	bool swap;

	b ^= flip;
	swap = a << 1 < b << 1;
	t = swap ? b : a;
	b = swap ? a : b;
	a = t;
	ea = f64_exponent(a);
	eb = f64_exponent(b);
	if (unlikely(ea == F64_EXP_MAX))
		return (add_special(a, b, flip, swap));
	sign = a & F64_SIGN;
	sa = (a & F64_FRACTION) << 10;
	sb = (b & F64_FRACTION) << 10;
	if (unlikely(eb == 0)) {
		/* Subnormals and zeros have no leading one. */
		if (sb == 0) {
			if (unlikely(a << 1 == 0))
				return (a & b);
			return (a);
		}
		eb = 1;
		if (ea == 0)
			ea = 1;
		else
			sa |= F64_IMPLICIT << 10;
	} else {
		sa |= F64_IMPLICIT << 10;
		sb |= F64_IMPLICIT << 10;
	}
	shift = ea - eb;
	/* Not even half of half an ulp: a, as it was. */
	if (unlikely(shift > 60))
		return (a);
	/* What is shifted out matters only for whether it is nothing. */
	lost = sb << 1 << (63 - shift);
	sb >>= shift;
	if ((int64_t)(a ^ b) >= 0) {
		uint64_t carry, tie;

		sum = sa + sb;
		carry = sum >> 63;
		ea += (int64_t)carry;
		if (unlikely(ea == F64_EXP_MAX))
			return (sign | F64_INF);
		/* As f64_round_sig(), by one bit more if there is a carry. */
		tie = (sum << (54 - carry) | lost >> 1) == F64_SIGN;
		sum = (((sum >> (9 + carry)) + 1) >> 1) & ~tie;
	} else {
		sum = sa - (sb | (lost != 0));
		if (unlikely(sum == 0))
			return (0);
		shift = __builtin_clzl(sum);
		/* Below the smallest exponent a result is subnormal. */
		shift = shift <= ea ? shift : ea;
		sum = f64_round_sig(sum << shift);
		ea -= shift - 1;
	}
	/* The leading one, if there is one, completes the exponent. */
	return (sign + ((uint64_t)(ea - 1) << 52) + sum);
}

uint64_t
__adddf3(uint64_t a, uint64_t b)
{
	return (add(a, b, 0));
}

uint64_t
__subdf3(uint64_t a, uint64_t b)
{
	return (add(a, b, F64_SIGN));
}

/* The significand with its leading one at bit 63; adjusts *exp. */
static inline uint64_t
normalise(uint64_t a, int64_t *exp)
{
	int shift = __builtin_clzl(a & F64_FRACTION);

	*exp = 12 - shift;
	return ((a & F64_FRACTION) << shift);
}

static inline __attribute__((__always_inline__)) uint64_t
multiply(uint64_t sign, int64_t exp, uint64_t sa, uint64_t sb)
{
	unsigned __int128 product = (unsigned __int128)sa * sb;
	uint64_t hi = (uint64_t)(product >> 64);
	uint64_t low = hi >> 63 ^ 1;

	hi |= (uint64_t)product != 0;
	return (f64_round_pack(sign, exp - (int64_t)low, hi << low));
}

/* An operand is zero, subnormal, infinite or a NaN. */
static __attribute__((__noinline__)) uint64_t
multiply_special(uint64_t a, uint64_t b)
{
	uint64_t sign = (a ^ b) & F64_SIGN, sa, sb;
	int64_t ea = f64_exponent(a), eb = f64_exponent(b);

	if (f64_is_nan(a) || f64_is_nan(b))
		return (f64_propagate_nan(a, b));
	if (ea == F64_EXP_MAX || eb == F64_EXP_MAX)
		return (a << 1 == 0 || b << 1 == 0 ? F64_DEFAULT_NAN :
						     sign | F64_INF);
	if (a << 1 == 0 || b << 1 == 0)
		return (sign);
	sa = ea != 0 ? (a & F64_FRACTION) << 11 | F64_SIGN : normalise(a, &ea);
	sb = eb != 0 ? (b & F64_FRACTION) << 11 | F64_SIGN : normalise(b, &eb);
	return (multiply(sign, ea + eb - F64_BIAS + 1, sa, sb));
}

uint64_t
__muldf3(uint64_t a, uint64_t b)
{
	int64_t ea = f64_exponent(a), eb = f64_exponent(b);

	if (unlikely((uint64_t)(ea - 1) >= F64_EXP_MAX - 1 ||
		(uint64_t)(eb - 1) >= F64_EXP_MAX - 1))
		return (multiply_special(a, b));
	return (multiply((a ^ b) & F64_SIGN, ea + eb - F64_BIAS + 1,
	    (a & F64_FRACTION) << 11 | F64_SIGN,
	    (b & F64_FRACTION) << 11 | F64_SIGN));
}

static inline __attribute__((__always_inline__)) uint64_t
divide(uint64_t sign, int64_t exp, uint64_t sa, uint64_t sb)
{
	uint64_t q, rem, low;

	/* Half of sa is less than sb: the quotient is 2^62 at least. */
	q = u128_div_u64(sa >> 1, 0, sb, &rem);
	q |= rem != 0;
	low = q >> 63 ^ 1;
	return (f64_round_pack(sign, exp - (int64_t)low, q << low));
}

/* An operand is zero, subnormal, infinite or a NaN. */
static __attribute__((__noinline__)) uint64_t
divide_special(uint64_t a, uint64_t b)
{
	uint64_t sign = (a ^ b) & F64_SIGN, sa, sb;
	int64_t ea = f64_exponent(a), eb = f64_exponent(b);

	if (f64_is_nan(a) || f64_is_nan(b))
		return (f64_propagate_nan(a, b));
	if (ea == F64_EXP_MAX)
		return (eb == F64_EXP_MAX ? F64_DEFAULT_NAN : sign | F64_INF);
	if (eb == F64_EXP_MAX)
		return (sign);
	if (b << 1 == 0)
		return (a << 1 == 0 ? F64_DEFAULT_NAN : sign | F64_INF);
	if (a << 1 == 0)
		return (sign);
	sa = ea != 0 ? (a & F64_FRACTION) << 11 | F64_SIGN : normalise(a, &ea);
	sb = eb != 0 ? (b & F64_FRACTION) << 11 | F64_SIGN : normalise(b, &eb);
	return (divide(sign, ea - eb + F64_BIAS, sa, sb));
}

uint64_t
__divdf3(uint64_t a, uint64_t b)
{
	int64_t ea = f64_exponent(a), eb = f64_exponent(b);

	if (unlikely((uint64_t)(ea - 1) >= F64_EXP_MAX - 1 ||
		(uint64_t)(eb - 1) >= F64_EXP_MAX - 1))
		return (divide_special(a, b));
	return (divide((a ^ b) & F64_SIGN, ea - eb + F64_BIAS,
	    (a & F64_FRACTION) << 11 | F64_SIGN,
	    (b & F64_FRACTION) << 11 | F64_SIGN));
}

uint64_t
__negdf2(uint64_t a)
{
	return (a ^ F64_SIGN);
}
