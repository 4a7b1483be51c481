/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Logarithms: two multiplications by short table entries bring the argument
 * to 1 + z, |z| < 2^-13, exactly; then a short series.  128 bits, because the
 * logarithm of a number next to 1 is as small as 2^-53.
 */
#include "fixed.h"
#include "tables.h"

#define ONE_Q112 ((u128)1 << 112)

/*
 * 1/2 - z/3 + z^2/4 - z^3/5 + z^4/6 in Q64, of |z| in Q77 and z^2 in Q90; pairs
 * of terms do not wait for each other.
 */
static inline uint64_t
log_series(bool negative, uint64_t z, uint64_t zz)
{
	uint64_t sign = -(uint64_t)negative;
	uint64_t a = mulhi(UINT64_MAX / 3, z) >> 13;
	uint64_t b = mulhi(UINT64_MAX / 5, z) >> 13;
	uint64_t c = mulhi(UINT64_MAX / 6, zz) >> 26;

	a = UINT64_MAX / 2 - ((a ^ sign) - sign);
	b = UINT64_MAX / 4 - ((b ^ sign) - sign);
	return (a + (mulhi(b + c, zz) >> 26));
}

/* Without the power of two, which is added to *k. */
static i128
log_reduced(u128 v, int q, int64_t *k)
{
	int zeros = clz128(v), high, i, j;
	u128 m, zz;
	uint64_t zq, p;
	i128 z;

	m = zeros >= 15 ? v << (zeros - 15) : v >> (15 - zeros);
	*k += 127 - zeros - q;
	high = m > (u128)181 << 105;
	m >>= high;
	*k += high;
	/* m times nearly its reciprocal, then times nearly that one's. */
	i = (int)((m + ((u128)1 << 104)) >> 105) - 90;
	m = m * mirage_log_reciprocal[i] >> 12;
	j = (int)((i128)(m - ONE_Q112 + ((u128)1 << 97)) >> 98);
	m = m * (u128)(16384 - j) >> 14;
	z = (i128)(m - ONE_Q112);
	/* ln(1 + z) = z - z^2 (1/2 - z/3 + ...) */
	zq = (uint64_t)(magnitude_of(z) >> 35); /* in Q77 */
	zz = (u128)zq * zq;
	p = log_series(z < 0, zq, (uint64_t)(zz >> 64));
	zz = (zz >> 64) * p + ((u128)(uint64_t)zz * p >> 64);
	z -= (i128)(zz >> 42);
	z += (i128)make128(mirage_log_coarse[i][0], mirage_log_coarse[i][1]);
	j += 96;
	return (
	    z + (i128)make128(mirage_log_fine[j][0], mirage_log_fine[j][1]));
}

i128
mirage_log_fixed(u128 v, int q)
{
	int64_t k = 0;
	i128 l = log_reduced(v, q, &k);

	return (l + (i128)make128(mirage_ln2[0], mirage_ln2[1]) * k);
}

/* l, in Q112, times a constant in Q(128 - less), to 126 bits. */
static struct wide
scale(i128 l, const uint64_t constant[2], int less)
{
	struct wide w = {.negative = l < 0};
	u128 magnitude = magnitude_of(l);
	int zeros;

	if (magnitude == 0)
		return (w);
	zeros = clz128(magnitude);
	w.magnitude =
	    mulhi128(magnitude << zeros, make128(constant[0], constant[1]));
	w.q = 112 + zeros - less;
	return (w);
}

struct wide
mirage_log2_wide(struct number n)
{
	int64_t k = n.exp;
	i128 l = log_reduced(n.sig, 63, &k);
	struct wide w = scale(l, mirage_log2e, 1);

	if (k == 0)
		return (w);
	/* |l| is at most half of what k stands for. */
	l = w.magnitude == 0 ? 0 : (i128)(w.magnitude >> (w.q - 112));
	l = (i128)((u128)k << 112) + (i128)negate_if(w.negative, (u128)l);
	w.negative = l < 0;
	w.magnitude = magnitude_of(l);
	w.q = 112;
	return (w);
}

static struct wide
wide_of(i128 v)
{
	struct wide w = {magnitude_of(v), 112, v < 0};

	return (w);
}

/* What all three do for 0, negative numbers, infinities and NaNs. */
static double
log_special(uint64_t u)
{
	if (f64_is_nan(u))
		return (quiet(u));
	if (u << 1 == 0)
		return (f64_to_double(F64_SIGN | F64_INF));
	return (u >> 63 != 0 ? INVALID : f64_to_double(F64_INF));
}

double
log(double x)
{
	uint64_t u = f64_of_double(x);
	struct number n;

	if (unlikely(u - 1 >= F64_INF - 1))
		return (log_special(u));
	n = unpack(u);
	return (pack_wide(wide_of(mirage_log_fixed(n.sig, 63 - (int)n.exp))));
}

double
log2(double x)
{
	uint64_t u = f64_of_double(x);

	if (unlikely(u - 1 >= F64_INF - 1))
		return (log_special(u));
	return (pack_wide(mirage_log2_wide(unpack(u))));
}

double
log10(double x)
{
	uint64_t u = f64_of_double(x);
	struct number n;

	if (unlikely(u - 1 >= F64_INF - 1))
		return (log_special(u));
	n = unpack(u);
	return (pack_wide(
	    scale(mirage_log_fixed(n.sig, 63 - (int)n.exp), mirage_log10e, 0)));
}

/* 1 + x as a value in Qq, q set; -1 < x, and |x| at least 2^-54. */
static u128
one_plus(struct number x, int *q)
{
	u128 v = (u128)x.sig << 49; /* in Q(112 - exp) */

	if (x.exp <= 0) {
		*q = 112;
		v >>= -x.exp;
		return (x.negative ? ONE_Q112 - v : ONE_Q112 + v);
	}
	*q = 112 - (int)x.exp;
	return (x.exp > 112 ? v : v + (ONE_Q112 >> x.exp));
}

double
log1p(double x)
{
	uint64_t u = f64_of_double(x);
	struct number n;
	u128 v;
	int q;

	if (unlikely(
		f64_exponent(u) == F64_EXP_MAX || u >= (F64_SIGN | F64_ONE))) {
		if (f64_is_nan(u) || u == F64_INF)
			return (f64_is_nan(u) ? quiet(u) : x);
		return (u == (F64_SIGN | F64_ONE) ?
			f64_to_double(F64_SIGN | F64_INF) :
			INVALID);
	}
	if (f64_exponent(u) < F64_BIAS - 54)
		return (x);
	n = unpack(u);
	v = one_plus(n, &q);
	return (pack_wide(wide_of(mirage_log_fixed(v, q))));
}

double
atanh(double x)
{
	uint64_t u = f64_of_double(x);
	struct number n;
	i128 l;
	int q;

	if (unlikely(f64_exponent(u) >= F64_BIAS)) {
		if (f64_is_nan(u))
			return (quiet(u));
		return (u << 1 == F64_ONE << 1 ?
			f64_to_double((u & F64_SIGN) | F64_INF) :
			INVALID);
	}
	if (f64_exponent(u) < F64_BIAS - 27)
		return (x);
	n = unpack(u);
	l = mirage_log_fixed(one_plus(n, &q), q);
	n.negative = !n.negative;
	l -= mirage_log_fixed(one_plus(n, &q), q);
	/* Half of it. */
	return (pack_fixed(l < 0, magnitude_of(l), 113));
}

/* ln(sum), with a sign; sum is more than 1, in Q112. */
static double
log_of_sum(bool negative, u128 sum)
{
	return (pack_fixed(negative, (u128)mirage_log_fixed(sum, 112), 112));
}

/* n in Q112; n must be less than 4. */
static u128
to_q112(struct number n)
{
	return (n.exp < -113 ? 0 :
		n.exp >= 0   ? (u128)n.sig << 49 << n.exp :
			       (u128)n.sig << 49 >> -n.exp);
}

/* ln(x + sqrt(x^2 + one)), one is 1 or -1, for x > 1. */
static double
log_of_large(struct number x, int one)
{
	struct number root;
	u128 v = (u128)(x.sig >> 1) * (x.sig >> 1); /* in Q(124 - 2 exp) */
	u128 unit;

	if (x.exp > 28)
		return (pack_fixed(x.negative,
		    (u128)mirage_log_fixed(x.sig, 62 - (int)x.exp), 112));
	unit = (u128)1 << (124 - 2 * x.exp);
	root = mirage_root_number(
	    one > 0 ? v + unit : v - unit, 124 - 2 * (int)x.exp);
	/* Both in units of 2^(x.exp - 124). */
	v = (u128)x.sig << 61;
	unit = root.exp >= x.exp ? (u128)root.sig << 61 << (root.exp - x.exp) :
				   (u128)root.sig << 61 >> (x.exp - root.exp);
	return (pack_fixed(x.negative,
	    (u128)mirage_log_fixed(v + unit, 124 - (int)x.exp), 112));
}

double
asinh(double x)
{
	uint64_t u = f64_of_double(x);
	struct number n, root, d;
	u128 square;

	if (unlikely(f64_exponent(u) == F64_EXP_MAX))
		return (f64_is_nan(u) ? quiet(u) : x);
	if (f64_exponent(u) < F64_BIAS - 27)
		return (x);
	n = unpack(u);
	if (n.exp >= 0)
		return (log_of_large(n, 1));
	/* sqrt(x^2 + 1) - 1 = x^2 / (sqrt(x^2 + 1) + 1), without cancelling */
	square = (u128)n.sig * n.sig >> (-2 * n.exp); /* in Q126 */
	root = mirage_root_number(square + ((u128)1 << 126), 126);
	d = quotient(square, 126, ((u128)root.sig << 49) + ONE_Q112, 112);
	return (log_of_sum(n.negative, ONE_Q112 + to_q112(n) + to_q112(d)));
}

double
acosh(double x)
{
	uint64_t u = f64_of_double(x), t;
	struct number n, root;

	if (unlikely((int64_t)u <= (int64_t)F64_ONE ||
		f64_exponent(u) == F64_EXP_MAX)) {
		if (f64_is_nan(u))
			return (quiet(u));
		return (u == F64_ONE ? 0.0 : u == F64_INF ? x : INVALID);
	}
	n = unpack(u);
	if (n.exp >= 1)
		return (log_of_large(n, -1));
	/* x = 1 + t: t + sqrt(2t + t^2) */
	t = n.sig << 1 >> 1; /* in Q63 */
	root = mirage_root_number((u128)t * (((u128)1 << 64) + t), 126);
	return (log_of_sum(false, ONE_Q112 + ((u128)t << 49) + to_q112(root)));
}
