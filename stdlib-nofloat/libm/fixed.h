/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fixed-point arithmetic for libm.  A number "in Qn" is an integer that counts
 * units of 2^-n.  Functions compute to 60 bits or more and round once, so
 * that results are off by half an ulp and a few thousandths.
 */
#ifndef MIRAGE_FIXED_H
#define MIRAGE_FIXED_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "../softfloat/binary64.h"

typedef unsigned __int128 u128;
typedef __int128 i128;

/*
 * A finite number other than 0: sig * 2^(exp - 63), bit 63 of sig is set.
 * negative is 0 or 1; all fields of a structure are equally wide, because a
 * copy that reads across what was written in pieces has to wait.
 */
struct number {
	uint64_t sig;
	int64_t exp;
	uint64_t negative;
};

static inline struct number
unpack(uint64_t u)
{
	struct number n;

	n.negative = u >> 63 != 0;
	n.exp = f64_exponent(u) - F64_BIAS;
	n.sig = u << 11 | F64_SIGN;
	if (unlikely(n.exp == -F64_BIAS)) {
		int shift = __builtin_clzl(u & F64_FRACTION);

		n.sig = (u & F64_FRACTION) << shift;
		n.exp = -1011 - shift;
	}
	return (n);
}

/* sig * 2^(exp - 63), rounded; bit 63 of sig is set. */
static inline double
pack(bool negative, int64_t exp, uint64_t sig)
{
	return (f64_to_double(
	    f64_round_pack((uint64_t)negative << 63, exp + F64_BIAS, sig)));
}

/*
 * Signs and sizes of random arguments are not to be predicted, so what depends
 * on them is selected, not branched on.
 */

static inline int
clz128(u128 v)
{
	uint64_t hi = (uint64_t)(v >> 64);
	bool low = hi == 0;

	return (__builtin_clzl(low ? (uint64_t)v : hi) + (low ? 64 : 0));
}

/* v, or -v if negative. */
static inline u128
negate_if(bool negative, u128 v)
{
	u128 mask = -(u128)negative;

	return ((v ^ mask) - mask);
}

static inline u128
magnitude_of(i128 v)
{
	return (negate_if(v < 0, (u128)v));
}

/* v != 0, in Qq, rounded. */
static inline double
pack_fixed(bool negative, u128 v, int64_t q)
{
	int shift = clz128(v);

	v <<= shift;
	return (pack(negative, 127 - shift - q,
	    (uint64_t)(v >> 64) | ((uint64_t)v != 0)));
}

static inline uint64_t
mulhi(uint64_t a, uint64_t b)
{
	return ((uint64_t)((u128)a * b >> 64));
}

/* The upper 128 bits of the product, at most 2 too small. */
static inline u128
mulhi128(u128 a, u128 b)
{
	uint64_t ah = (uint64_t)(a >> 64), al = (uint64_t)a;
	uint64_t bh = (uint64_t)(b >> 64), bl = (uint64_t)b;

	return ((u128)ah * bh + ((u128)ah * bl >> 64) + ((u128)al * bh >> 64));
}

static inline u128
make128(uint64_t hi, uint64_t lo)
{
	return ((u128)hi << 64 | lo);
}

static inline double
quiet(uint64_t nan)
{
	return (f64_to_double(nan | F64_QUIET));
}

#define INVALID f64_to_double(F64_DEFAULT_NAN)

/* A positive or negative value in Qq. */
struct wide {
	u128 magnitude;
	int64_t q;
	uint64_t negative;
};

/* v in Qq, q at least 124, brought to Q124. */
static inline u128
to_q124(struct wide w)
{
	return (w.q > 251 ? 0 : w.magnitude >> (w.q - 124));
}

static inline double
pack_wide(struct wide w)
{
	return (
	    w.magnitude == 0 ? 0.0 : pack_fixed(w.negative, w.magnitude, w.q));
}

/* a / b to 62 bits; neither is 0, b is normalised to 64 bits first. */
static inline struct number
quotient(u128 a, int aq, u128 b, int bq)
{
	int as = clz128(a), bs = clz128(b);
	struct number n = {.negative = 0};
	uint64_t unused;

	n.exp = (127 - as - aq) - (127 - bs - bq);
	n.sig = u128_div_u64(
	    (uint64_t)(a << as >> 65), 0, (uint64_t)(b << bs >> 64), &unused);
	as = n.sig >> 63 == 0;
	n.sig <<= as;
	n.exp -= as;
	return (n);
}

/* log.c: the natural logarithm, in Q112, of v in Qq, v > 0. */
i128 mirage_log_fixed(u128 v, int q);
/* ... and that to base 2, true to 80 bits, of v = n. */
struct wide mirage_log2_wide(struct number n);
/* exp.c: 2 to the power of f, in Q63; f is in Q64, [0, 1). */
uint64_t mirage_exp2_fixed(uint64_t f);
/* exp.c: 2 to the power of x (of -x, if x_negative), rounded; x in Q64. */
double mirage_exp2_pack(bool negative, bool x_negative, u128 x);
/* exp.c: e to the power of x; |x| must be less than 2^11. */
struct number mirage_exp_number(struct number x);
/* sqrt.c: the root in Q64 of m in Q64, [1/4, 1); off by 4 units at most. */
uint64_t mirage_root(uint64_t m);
/* sqrt.c: the root of v in Qq, q even, v > 0; true to 61 bits. */
struct number mirage_root_number(u128 v, int q);

#endif /* MIRAGE_FIXED_H */
