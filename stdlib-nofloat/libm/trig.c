/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * sin, cos, tan.  Any argument is reduced by as much of 2 / pi as it takes
 * for 128 bits behind the point, so huge ones are as good as small ones.
 */
#include "fixed.h"
#include "tables.h"

/* r = sig * 2^(exp - 63) in [0, pi / 4], and what was taken off. */
struct reduced {
	uint64_t sig;
	int64_t exp;
	uint64_t quadrant;
	uint64_t negative; /* r, not x; 0 or 1 */
};

static inline __attribute__((__always_inline__)) struct reduced
reduce(uint64_t u)
{
	struct number x = unpack(u);
	struct reduced r = {x.sig, x.exp, 0, 0};
	uint64_t m, w0, w1, w2, low, hi;
	const uint64_t *t;
	u128 product, f;
	int shift;

	/* 0x3fe921fb54442d18 is pi / 4, rounded down. */
	if ((u & ~F64_SIGN) <= 0x3fe921fb54442d18)
		return (r);
	/*
	 * x = m * 2^(exp - 52).  The bits of 2 / pi that make multiples of 4
	 * are left out; of the others, 192.
	 */
	m = x.sig >> 11;
	t = &mirage_two_over_pi[(x.exp + 10) >> 6];
	shift = (int)(x.exp + 10) & 63;
	w0 = t[0] << shift | (t[1] >> 1 >> (63 - shift));
	w1 = t[1] << shift | (t[2] >> 1 >> (63 - shift));
	w2 = t[2] << shift | (t[3] >> 1 >> (63 - shift));
	product = (u128)m * w2;
	low = (uint64_t)product;
	product = (u128)m * w1 + (uint64_t)(product >> 64);
	hi = m * w0 + (uint64_t)(product >> 64);
	r.quadrant = hi >> 62;
	f = make128(hi, (uint64_t)product) << 2 | low >> 62;
	/* From the nearest quadrant on, in either direction. */
	r.negative = f >> 127 != 0;
	r.quadrant += r.negative;
	f = negate_if(r.negative, f);
	shift = clz128(f | 1);
	/* times pi / 2 in Q63 */
	r.sig = mulhi((uint64_t)(f << shift >> 64), 0xc90fdaa22168c235);
	r.exp = -shift;
	shift = r.sig >> 63 == 0;
	r.sig <<= shift;
	r.exp -= shift;
	return (r);
}

/* r * r in Q64. */
static inline uint64_t
square(const struct reduced *r)
{
	int64_t shift = -2 - 2 * r->exp;

	return (shift > 63 ? 0 : mulhi(r->sig, r->sig) >> shift);
}

/*
 * cos(r) or sin(r) / r in Q63; y = r * r.  Both are 1 - y (c - y (c' - ...))
 * of every other inverse factorial.
 */
static inline uint64_t
series(bool cosine, uint64_t y)
{
	const uint64_t *c = &mirage_inverse_factorial[cosine ? 1 : 2];
	uint64_t p = c[16];
	int n;

	for (n = 14; n >= 0; n -= 2)
		p = c[n] - mulhi(p, y);
	return (((uint64_t)1 << 63) - mulhi(p, y));
}

static inline __attribute__((__always_inline__)) double
sin_or_cos(struct reduced r, bool negative)
{
	bool cosine = r.quadrant & 1;
	uint64_t p = series(cosine, square(&r));

	negative ^= (r.quadrant & 2) != 0;
	negative ^= !cosine && r.negative;
	r.sig = cosine ? (uint64_t)1 << 63 : r.sig;
	r.exp = cosine ? 0 : r.exp;
	return (pack_fixed(negative, (u128)r.sig * p, (int)(126 - r.exp)));
}

static double
not_finite(uint64_t u)
{
	return (f64_is_nan(u) ? quiet(u) : INVALID);
}

double
sin(double x)
{
	uint64_t u = f64_of_double(x);

	if (unlikely(f64_exponent(u) == F64_EXP_MAX))
		return (not_finite(u));
	if (f64_exponent(u) < F64_BIAS - 27)
		return (x);
	return (sin_or_cos(reduce(u), u >> 63 != 0));
}

double
cos(double x)
{
	uint64_t u = f64_of_double(x);
	struct reduced r;

	if (unlikely(f64_exponent(u) == F64_EXP_MAX))
		return (not_finite(u));
	if (f64_exponent(u) < F64_BIAS - 27)
		return (1.0);
	/* cos(x) = sin(|x| + pi / 2) */
	r = reduce(u);
	r.quadrant++;
	return (sin_or_cos(r, false));
}

double
tan(double x)
{
	uint64_t u = f64_of_double(x), y, c;
	bool negative = u >> 63 != 0;
	struct reduced r;
	struct number n;
	u128 s;

	if (unlikely(f64_exponent(u) == F64_EXP_MAX))
		return (not_finite(u));
	if (f64_exponent(u) < F64_BIAS - 27)
		return (x);
	r = reduce(u);
	y = square(&r);
	s = (u128)r.sig * series(false, y); /* in Q(126 - exp) */
	c = series(true, y);
	if (r.quadrant & 1) {
		n = quotient(c, 63, s, (int)(126 - r.exp));
		negative = !negative;
	} else
		n = quotient(s, (int)(126 - r.exp), c, 63);
	return (pack(negative != r.negative, n.exp, n.sig));
}
