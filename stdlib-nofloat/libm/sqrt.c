/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Square roots.  sqrt is correctly rounded, as IEEE 754 (5.4.1) demands.
 */
#include "fixed.h"
#include "tables.h"

/*
 * Newton's iteration for 1 / sqrt(m), which needs no division, from a table
 * with 9 bits to 34; one more step, on the root itself, makes 64 of them.
 */
uint64_t
mirage_root(uint64_t m)
{
	uint64_t y, s; /* in Q62, Q64 */
	i128 rest;

	y = mirage_rsqrt_table[(m >> 55) - 128];
	y *= (((uint64_t)3 << 60) - mulhi(m, y * y << 30)) >> 14;
	y = mulhi(y, ((uint64_t)3 << 60) - mulhi(m, mulhi(y, y))) << 3;
	s = mulhi(m, y);
	s = s < (uint64_t)1 << 62 ? s << 2 : UINT64_MAX;
	/* Small enough for 97 bits, so it may wrap on the way. */
	rest = (i128)((u128)m << 64) - (i128)((u128)s * s);
	rest = (i128)(int64_t)(rest >> 34) * (i128)(y >> 1) >> 92;
	if (rest > 0 && (uint64_t)rest > UINT64_MAX - s)
		return (UINT64_MAX);
	return (s + (uint64_t)rest);
}

double
sqrt(double x)
{
	uint64_t u = f64_of_double(x), m, s;
	struct number n;
	u128 target;

	if (unlikely(u - 1 >= F64_INF - 1)) {
		if (f64_is_nan(u))
			return (quiet(u));
		return (u << 1 == 0 || u == F64_INF ? x : INVALID);
	}
	n = unpack(u);
	/* x = m * 2^(2k), m in Q64, [1/4, 1). */
	m = n.exp & 1 ? n.sig : n.sig >> 1;
	n.exp = (n.exp + (n.exp & 1 ? 1 : 2)) >> 1;
	s = mirage_root(m);
	/* Unless it is next to a number of 54 bits, rounding is clear. */
	if (likely(((s + 16) & 0x3ff) > 32))
		return (pack(false, n.exp - 1, s | 1));
	s >>= 10;
	target = (u128)m << 44;
	while ((u128)s * s > target)
		s--;
	while ((u128)(s + 1) * (s + 1) <= target)
		s++;
	return (pack(false, n.exp - 1, s << 10 | ((u128)s * s != target)));
}

/* 53 bits are more than 2 * 24 + 1: rounding twice does no harm. */
float
sqrtf(float x)
{
	return ((float)sqrt(x));
}

struct number
mirage_root_number(u128 v, int q)
{
	int zeros = clz128(v) & ~1;
	struct number n = {.negative = 0};

	n.sig = mirage_root((uint64_t)(v << zeros >> 64));
	/* The root of 1/4 may come out a unit below 1/2. */
	n.sig = n.sig < F64_SIGN ? F64_SIGN : n.sig;
	n.exp = (128 - zeros - q) / 2 - 1;
	return (n);
}

double
hypot(double x, double y)
{
	uint64_t a = f64_of_double(x) & ~F64_SIGN;
	uint64_t b = f64_of_double(y) & ~F64_SIGN, t;
	struct number p, q;
	int64_t shift;
	u128 sum;

	if (a < b) {
		t = a;
		a = b;
		b = t;
	}
	if (unlikely(a >= F64_INF)) {
		if (a == F64_INF || b == F64_INF)
			return (f64_to_double(F64_INF));
		return (quiet(a));
	}
	if (b == 0)
		return (f64_to_double(a));
	p = unpack(a);
	q = unpack(b);
	shift = 2 * (p.exp - q.exp);
	if (shift > 120)
		return (f64_to_double(a));
	/* Both squares in units of 2^(2 * p.exp - 124): there is room. */
	sum = (u128)(p.sig >> 1) * (p.sig >> 1);
	sum += (u128)(q.sig >> 1) * (q.sig >> 1) >> shift;
	q = mirage_root_number(sum, 124);
	return (pack(false, q.exp + p.exp, q.sig));
}
