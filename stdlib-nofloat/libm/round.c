/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rounding to integers (IEEE 754, 5.9).  Exact.
 */
#include "fixed.h"

/*
 * Clears what is behind the point; if up, away from zero: the carry goes into
 * the exponent as it should.
 */
static inline uint64_t
cut(uint64_t u, int64_t exp, bool up)
{
	uint64_t mask = F64_FRACTION >> exp;

	return ((u + (up ? mask : 0)) & ~mask);
}

double
trunc(double x)
{
	uint64_t u = f64_of_double(x);
	int64_t exp = f64_exponent(u) - F64_BIAS;

	if (exp < 0)
		return (f64_to_double(u & F64_SIGN));
	if (exp >= 52)
		return (exp > F64_BIAS && f64_is_nan(u) ? quiet(u) : x);
	return (f64_to_double(cut(u, exp, false)));
}

double
floor(double x)
{
	uint64_t u = f64_of_double(x);
	int64_t exp = f64_exponent(u) - F64_BIAS;

	if (exp < 0) {
		if (u << 1 == 0 || u >> 63 == 0)
			return (f64_to_double(u & F64_SIGN));
		return (-1.0);
	}
	if (exp >= 52)
		return (exp > F64_BIAS && f64_is_nan(u) ? quiet(u) : x);
	return (f64_to_double(cut(u, exp, u >> 63 != 0)));
}

double
ceil(double x)
{
	uint64_t u = f64_of_double(x);
	int64_t exp = f64_exponent(u) - F64_BIAS;

	if (exp < 0) {
		if (u << 1 == 0 || u >> 63 != 0)
			return (f64_to_double(u & F64_SIGN));
		return (1.0);
	}
	if (exp >= 52)
		return (exp > F64_BIAS && f64_is_nan(u) ? quiet(u) : x);
	return (f64_to_double(cut(u, exp, u >> 63 == 0)));
}

/* Halves away from zero. */
double
round(double x)
{
	uint64_t u = f64_of_double(x), sign = u & F64_SIGN;
	int64_t exp = f64_exponent(u) - F64_BIAS;

	if (exp < 0)
		return (f64_to_double(exp == -1 ? sign | F64_ONE : sign));
	if (exp >= 52)
		return (exp > F64_BIAS && f64_is_nan(u) ? quiet(u) : x);
	return (f64_to_double(cut(u + (F64_IMPLICIT >> 1 >> exp), exp, false)));
}

/* Halves to even. */
double
nearbyint(double x)
{
	uint64_t u = f64_of_double(x), sign = u & F64_SIGN, unit;
	int64_t exp = f64_exponent(u) - F64_BIAS;

	if (exp < 0)
		return (f64_to_double((u & ~F64_SIGN) > F64_ONE - F64_IMPLICIT ?
			sign | F64_ONE :
			sign));
	if (exp >= 52)
		return (exp > F64_BIAS && f64_is_nan(u) ? quiet(u) : x);
	unit = F64_IMPLICIT >> exp;
	/* Below 2, unit is the exponent's last bit, which is set as it should.
	 */
	u += (unit >> 1) - 1 + ((u & unit) != 0);
	return (f64_to_double(u & ~(unit - 1)));
}

/* A float is a double, and so is its integer part. */

float
truncf(float x)
{
	return ((float)trunc(x));
}

float
floorf(float x)
{
	return ((float)floor(x));
}

float
ceilf(float x)
{
	return ((float)ceil(x));
}

float
nearbyintf(float x)
{
	return ((float)nearbyint(x));
}
