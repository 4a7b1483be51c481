/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Mathematics (C11 7.12) without floating-point instructions.  There is no
 * errno and no exception flag.  Results are exact where IEEE 754 demands it
 * (floor ceil trunc round nearbyint fmod sqrt), and elsewhere within 1 ulp of
 * the true value over the whole range, huge arguments of sin included.
 */
#ifndef MIRAGE_MATH_H
#define MIRAGE_MATH_H

#define HUGE_VAL  __builtin_huge_val()
#define HUGE_VALF __builtin_huge_valf()
#define INFINITY  __builtin_inff()
#define NAN	  __builtin_nanf("")

#define M_E	  2.7182818284590452354
#define M_LN10	  2.30258509299404568402
#define M_LN2	  0.69314718055994530942
#define M_LOG10E  0.43429448190325182765
#define M_LOG2E	  1.4426950408889634074
#define M_PI	  3.14159265358979323846
#define M_SQRT1_2 0.70710678118654752440
#define M_SQRT2	  1.41421356237309504880

#define FP_NAN	     0
#define FP_INFINITE  1
#define FP_ZERO	     2
#define FP_SUBNORMAL 3
#define FP_NORMAL    4

#define acos	   mirage_acos
#define acosh	   mirage_acosh
#define asin	   mirage_asin
#define asinh	   mirage_asinh
#define atan	   mirage_atan
#define atan2	   mirage_atan2
#define atanh	   mirage_atanh
#define cbrt	   mirage_cbrt
#define ceil	   mirage_ceil
#define ceilf	   mirage_ceilf
#define copysign   mirage_copysign
#define copysignf  mirage_copysignf
#define cos	   mirage_cos
#define cosh	   mirage_cosh
#define exp	   mirage_exp
#define expm1	   mirage_expm1
#define fabs	   mirage_fabs
#define fabsf	   mirage_fabsf
#define floor	   mirage_floor
#define floorf	   mirage_floorf
#define fmax	   mirage_fmax
#define fmin	   mirage_fmin
#define fmod	   mirage_fmod
#define hypot	   mirage_hypot
#define log	   mirage_log
#define log10	   mirage_log10
#define log1p	   mirage_log1p
#define log2	   mirage_log2
#define nearbyint  mirage_nearbyint
#define nearbyintf mirage_nearbyintf
#define pow	   mirage_pow
#define rint	   mirage_nearbyint
#define rintf	   mirage_nearbyintf
#define round	   mirage_round
#define sin	   mirage_sin
#define sinh	   mirage_sinh
#define sqrt	   mirage_sqrt
#define sqrtf	   mirage_sqrtf
#define tan	   mirage_tan
#define tanh	   mirage_tanh
#define trunc	   mirage_trunc
#define truncf	   mirage_truncf

double acos(double);
double acosh(double);
double asin(double);
double asinh(double);
double atan(double);
double atan2(double, double);
double atanh(double);
double cbrt(double);
double ceil(double);
float ceilf(float);
double cos(double);
double cosh(double);
double exp(double);
double expm1(double);
double floor(double);
float floorf(float);
double fmod(double, double);
double hypot(double, double);
double log(double);
double log10(double);
double log1p(double);
double log2(double);
double nearbyint(double);
float nearbyintf(float);
double pow(double, double);
double round(double);
double sin(double);
double sinh(double);
double sqrt(double);
float sqrtf(float);
double tan(double);
double tanh(double);
double trunc(double);
float truncf(float);

/* What is only a matter of bits is inlined. */

static inline unsigned long
mirage_math_bits(double x)
{
	union {
		double d;
		unsigned long u;
	} pun = {.d = x};

	return (pun.u);
}

static inline double
fabs(double x)
{
	return (__builtin_fabs(x));
}

static inline float
fabsf(float x)
{
	return (__builtin_fabsf(x));
}

static inline double
copysign(double x, double y)
{
	return (__builtin_copysign(x, y));
}

static inline float
copysignf(float x, float y)
{
	return (__builtin_copysignf(x, y));
}

static inline int
mirage_fpclassify(double x)
{
	unsigned long u = mirage_math_bits(x) << 1;

	if (u >= 0xffe0000000000000)
		return (u == 0xffe0000000000000 ? FP_INFINITE : FP_NAN);
	if (u < 0x0020000000000000)
		return (u == 0 ? FP_ZERO : FP_SUBNORMAL);
	return (FP_NORMAL);
}

static inline int
mirage_isnan(double x)
{
	return (mirage_math_bits(x) << 1 > 0xffe0000000000000);
}

static inline int
mirage_isinf(double x)
{
	return (mirage_math_bits(x) << 1 == 0xffe0000000000000);
}

static inline int
mirage_isfinite(double x)
{
	return (mirage_math_bits(x) << 1 < 0xffe0000000000000);
}

static inline int
mirage_signbit(double x)
{
	return ((int)(mirage_math_bits(x) >> 63));
}

/* As C says: a NaN loses against a number. */
static inline double
fmax(double x, double y)
{
	if (mirage_isnan(x) || y > x)
		return (y);
	return (x);
}

static inline double
fmin(double x, double y)
{
	if (mirage_isnan(x) || y < x)
		return (y);
	return (x);
}

/* A float widens to a double of its own class, subnormals excepted. */
#define fpclassify(x)                                                \
	(sizeof(x) == sizeof(float) ?                                \
		__builtin_fpclassify(FP_NAN, FP_INFINITE, FP_NORMAL, \
		    FP_SUBNORMAL, FP_ZERO, x) :                      \
		mirage_fpclassify(x))
#define isfinite(x) mirage_isfinite(x)
#define isinf(x)    mirage_isinf(x)
#define isnan(x)    mirage_isnan(x)
#define signbit(x)  mirage_signbit(x)

#endif /* MIRAGE_MATH_H */
