/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Conversions between binary64, binary32 and integers.  A value that the
 * integer type cannot hold (and a NaN) gives what SSE's cvttsd2si gives: the
 * sign bit alone.
 */
#include "binary64.h"

#define F32_INF	  0x7f800000
#define F32_QUIET 0x00400000

uint64_t
__extendsfdf2(uint32_t a)
{
	uint64_t sign = (uint64_t)(a & 0x80000000) << 32;
	uint64_t magnitude = a & 0x7fffffff;
	int shift;

	if (likely(magnitude - 0x00800000 < F32_INF - 0x00800000))
		return (sign |
		    ((magnitude << 29) + ((uint64_t)(F64_BIAS - 127) << 52)));
	if (magnitude >= F32_INF)
		return (sign | F64_INF | magnitude << 29 |
		    (magnitude > F32_INF ? F64_QUIET : 0));
	if (magnitude == 0)
		return (sign);
	shift = __builtin_clzl(magnitude);
	/* The leading one, at bit 52 now, adds 1 to the exponent. */
	return (sign |
	    ((magnitude << (shift - 11)) +
		((uint64_t)(F64_BIAS - 149 + 63 - shift - 1) << 52)));
}

uint32_t
__truncdfsf2(uint64_t a)
{
	uint32_t sign = (uint32_t)(a >> 32 & 0x80000000);
	uint64_t magnitude = a & ~F64_SIGN, sig, rest;
	int64_t exp = (int64_t)(magnitude >> 52) - F64_BIAS + 127;

	if (unlikely(magnitude > F64_INF))
		return (sign | F32_INF | F32_QUIET |
		    (uint32_t)(magnitude >> 29 & 0x3fffff));
	if (exp >= 255)
		return (sign | F32_INF);
	if (likely(exp > 0)) {
		rest = magnitude & 0x1fffffff;
		sig = magnitude >> 29;
		sig += rest + (sig & 1) > 0x10000000;
		/* A carry may go into the exponent, as far as infinity. */
		return (sign |
		    (uint32_t)(sig - ((uint64_t)(F64_BIAS - 127) << 23)));
	}
	if (exp < -24)
		return (sign);
	/* Subnormal: bit 31 of sig is worth the smallest binary32. */
	sig = ((magnitude & F64_FRACTION) | F64_IMPLICIT) << 10;
	sig = sig >> (1 - exp) | (sig << (63 + exp) != 0);
	rest = sig & 0x7fffffffff;
	sig >>= 39;
	sig += rest + (sig & 1) > 0x4000000000;
	return (sign | (uint32_t)sig);
}

/* The absolute value cut to an integer; the exponent must be less than 64. */
static inline uint64_t
truncate(uint64_t a, int64_t exp)
{
	uint64_t sig = (a & F64_FRACTION) << 11 | F64_SIGN;

	return (sig >> (63 - exp));
}

int64_t
__fixdfdi(uint64_t a)
{
	int64_t exp = f64_exponent(a) - F64_BIAS;
	uint64_t negative = (uint64_t)((int64_t)a >> 63);

	if (exp < 0)
		return (0);
	if (unlikely(exp >= 63))
		return (INT64_MIN);
	return ((int64_t)((truncate(a, exp) ^ negative) - negative));
}

uint64_t
__fixunsdfdi(uint64_t a)
{
	int64_t exp = f64_exponent(a) - F64_BIAS;

	if (unlikely(exp == 63 && (a & F64_SIGN) == 0))
		return (truncate(a, exp));
	return ((uint64_t)__fixdfdi(a));
}

int32_t
__fixdfsi(uint64_t a)
{
	int64_t i = __fixdfdi(a);

	return (likely(i == (int32_t)i) ? (int32_t)i : INT32_MIN);
}

uint32_t
__fixunsdfsi(uint64_t a)
{
	return ((uint32_t)__fixdfdi(a));
}

int64_t
__fixsfdi(uint32_t a)
{
	return (__fixdfdi(__extendsfdf2(a)));
}

uint64_t
__fixunssfdi(uint32_t a)
{
	return (__fixunsdfdi(__extendsfdf2(a)));
}

int32_t
__fixsfsi(uint32_t a)
{
	return (__fixdfsi(__extendsfdf2(a)));
}

uint32_t
__fixunssfsi(uint32_t a)
{
	return (__fixunsdfsi(__extendsfdf2(a)));
}

/* 32 bits fit into the significand: no rounding. */
static inline uint64_t
from_u32(uint64_t sign, uint32_t u)
{
	int shift;

	if (u == 0)
		return (0);
	shift = __builtin_clzl(u);
	return (sign |
	    (((uint64_t)u << (shift - 11)) +
		((uint64_t)(F64_BIAS + 62 - shift) << 52)));
}

uint64_t
__floatunsidf(uint32_t u)
{
	return (from_u32(0, u));
}

uint64_t
__floatsidf(int32_t i)
{
	return (i < 0 ? from_u32(F64_SIGN, -(uint32_t)i) :
			from_u32(0, (uint32_t)i));
}

uint64_t
__floatundidf(uint64_t u)
{
	int shift;

	if (u == 0)
		return (0);
	shift = __builtin_clzl(u);
	return (f64_round_pack(0, F64_BIAS + 63 - shift, u << shift));
}

uint64_t
__floatdidf(int64_t i)
{
	return (i < 0 ? F64_SIGN | __floatundidf(-(uint64_t)i) :
			__floatundidf((uint64_t)i));
}

/* Integer to binary32, rounded once: sticky bits first, then via binary64. */
uint32_t
__floatundisf(uint64_t u)
{
	if (u >> 53 != 0)
		u = u >> 11 << 11 | (uint64_t)((u & 0x7ff) != 0) << 11;
	return (__truncdfsf2(__floatundidf(u)));
}

uint32_t
__floatdisf(int64_t i)
{
	return (i < 0 ? 0x80000000 | __floatundisf(-(uint64_t)i) :
			__floatundisf((uint64_t)i));
}

uint32_t
__floatunsisf(uint32_t u)
{
	return (__truncdfsf2(__floatunsidf(u)));
}

uint32_t
__floatsisf(int32_t i)
{
	return (__truncdfsf2(__floatsidf(i)));
}
