/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * IEEE 754 binary64 in a general register: sign (1 bit), biased exponent
 * (11 bits), fraction (52 bits).  Internal to stdlib-nofloat.
 *
 * With -msoft-float a double travels as a uint64_t does, so the routines that
 * the compiler calls are written on uint64_t.
 */
#ifndef MIRAGE_BINARY64_H
#define MIRAGE_BINARY64_H

#include <stdbool.h>
#include <stdint.h>

#define F64_SIGN     0x8000000000000000U
#define F64_INF	     0x7ff0000000000000U
#define F64_FRACTION 0x000fffffffffffffU
#define F64_IMPLICIT 0x0010000000000000U
#define F64_QUIET                                                  \
	0x0008000000000000U /* set in a NaN that is not signalling \
			     */
#define F64_ONE 0x3ff0000000000000U
/* What SSE makes of an invalid operation: the quiet NaN with its sign set. */
#define F64_DEFAULT_NAN 0xfff8000000000000U

#define F64_BIAS    1023
#define F64_EXP_MAX 0x7ff

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

static inline int64_t
f64_exponent(uint64_t a)
{
	return ((int64_t)(a >> 52 & F64_EXP_MAX));
}

static inline bool
f64_is_nan(uint64_t a)
{
	return (a << 1 > F64_INF << 1);
}

static inline uint64_t
f64_of_double(double d)
{
	union {
		double d;
		uint64_t u;
	} pun = {.d = d};

	return (pun.u);
}

static inline double
f64_to_double(uint64_t u)
{
	union {
		uint64_t u;
		double d;
	} pun = {.u = u};

	return (pun.d);
}

/*
 * As SSE does it: the first operand if it is a NaN, else the second; quiet.
 * At least one must be a NaN.
 */
static inline uint64_t
f64_propagate_nan(uint64_t a, uint64_t b)
{
	return ((f64_is_nan(a) ? a : b) | F64_QUIET);
}

/* sig / 2^11 to nearest, ties to even; only bit 0 may stand for more below. */
static inline uint64_t
f64_round_sig(uint64_t sig)
{
	uint64_t tie = (sig & 0x7ff) == 0x400;

	return ((((sig >> 10) + 1) >> 1) & ~tie);
}

/*
 * A value of sig * 2^(exp - F64_BIAS - 63), where bit 63 of sig is set and its
 * bit 0 stands for everything below, rounded to nearest, ties to even.  sign
 * is 0 or F64_SIGN; exp is the biased exponent and may be out of range.
 */
static inline uint64_t
f64_round_pack(uint64_t sign, int64_t exp, uint64_t sig)
{
	if (unlikely((uint64_t)(exp - 1) >= F64_EXP_MAX - 1)) {
		if (exp > 0)
			return (sign | F64_INF);
		/* Subnormal: make room for the missing exponents. */
		if (exp < -54)
			return (sign);
		sig = sig >> (1 - exp) | (sig << (63 + exp) != 0);
		return (sign | f64_round_sig(sig));
	}
	/* The leading one adds 1 to the exponent, a carry perhaps another. */
	return (sign + ((uint64_t)(exp - 1) << 52) + f64_round_sig(sig));
}

/* One 128-bit by 64-bit division: hi must be less than d. */
static inline uint64_t
u128_div_u64(uint64_t hi, uint64_t lo, uint64_t d, uint64_t *rem)
{
	__asm__("divq %4"
	    : "=a"(lo), "=d"(hi)
	    : "0"(lo), "1"(hi), "r"(d)
	    : "cc");
	*rem = hi;
	return (lo);
}

uint64_t __adddf3(uint64_t, uint64_t);
uint64_t __subdf3(uint64_t, uint64_t);
uint64_t __muldf3(uint64_t, uint64_t);
uint64_t __divdf3(uint64_t, uint64_t);
uint64_t __negdf2(uint64_t);
uint64_t __extendsfdf2(uint32_t);
uint32_t __truncdfsf2(uint64_t);
int64_t __fixdfdi(uint64_t);
uint64_t __fixunsdfdi(uint64_t);

#endif /* MIRAGE_BINARY64_H */
