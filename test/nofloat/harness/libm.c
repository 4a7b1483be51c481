/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Compares the float-free libm with MPFR, in units in the last place, and the
 * functions that must be exact with the processor and the host's libm.
 *
 *	libm COUNT SEED
 *
 * COUNT random arguments of each inexact function, 40 * COUNT of each exact
 * one.  Prints a line for each: name, arguments tried, greatest error in ulp
 * (exact ones: wrong results), and the argument of that.  The last line counts
 * results that are doubles themselves, and those of them that were missed.
 */
#include <inttypes.h>
#include <math.h>
#include <mpfr.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "patterns.h"

static double
as_double(u64 u)
{
	double d;

	memcpy(&d, &u, 8);
	return (d);
}

static u64
as_bits(double d)
{
	u64 u;

	memcpy(&u, &d, 8);
	return (u);
}

typedef int mpfr1(mpfr_t, const mpfr_t, mpfr_rnd_t);
typedef int mpfr2(mpfr_t, const mpfr_t, const mpfr_t, mpfr_rnd_t);

/* Where an argument is drawn from, besides all bit patterns. */
struct range {
	double low, high; /* uniform in value */
	int min_exp, max_exp; /* uniform in exponent, either sign */
};

#define DECLARE1(name) u64 mirage_##name(u64)
#define DECLARE2(name) u64 mirage_##name(u64, u64)
DECLARE1(acos);
DECLARE1(acosh);
DECLARE1(asin);
DECLARE1(asinh);
DECLARE1(atan);
DECLARE1(atanh);
DECLARE1(cbrt);
DECLARE1(ceil);
DECLARE1(cos);
DECLARE1(cosh);
DECLARE1(exp);
DECLARE1(expm1);
DECLARE1(floor);
DECLARE1(log);
DECLARE1(log10);
DECLARE1(log1p);
DECLARE1(log2);
DECLARE1(nearbyint);
DECLARE1(round);
DECLARE1(sin);
DECLARE1(sinh);
DECLARE1(sqrt);
DECLARE1(tan);
DECLARE1(tanh);
DECLARE1(trunc);
DECLARE2(atan2);
DECLARE2(fmod);
DECLARE2(hypot);
DECLARE2(pow);

static const struct function {
	const char *name;
	u64 (*soft1)(u64);
	u64 (*soft2)(u64, u64);
	double (*host1)(double);
	double (*host2)(double, double);
	mpfr1 *true1;
	mpfr2 *true2;
	struct range range;
} functions[] = {
#define ONE(name, low, high, min, max)                                     \
	{                                                                  \
		#name, mirage_##name, NULL, name, NULL, mpfr_##name, NULL, \
		{                                                          \
			low, high, min, max                                \
		}                                                          \
	}
#define TWO(name, mpfr, low, high, min, max)                        \
	{                                                           \
		#name, NULL, mirage_##name, NULL, name, NULL, mpfr, \
		{                                                   \
			low, high, min, max                         \
		}                                                   \
	}
    ONE(sin, -10, 10, -30, 1023),
    ONE(cos, -10, 10, -30, 1023),
    ONE(tan, -10, 10, -30, 1023),
    ONE(asin, -1, 1, -30, -1),
    ONE(acos, -1, 1, -70, -1),
    ONE(atan, -10, 10, -30, 60),
    ONE(exp, -746, 710, -56, 9),
    ONE(expm1, -50, 710, -56, 9),
    ONE(log, 0, 3, -1022, 1023),
    ONE(log2, 0, 3, -1022, 1023),
    ONE(log10, 0, 3, -1022, 1023),
    ONE(log1p, -1, 3, -56, 200),
    ONE(sinh, -711, 711, -30, 9),
    ONE(cosh, -711, 711, -30, 9),
    ONE(tanh, -23, 23, -30, 5),
    ONE(asinh, -3, 3, -30, 100),
    ONE(acosh, 1, 4, 0, 100),
    ONE(atanh, -1, 1, -30, -1),
    ONE(cbrt, -10, 10, -1022, 1023),
    TWO(pow, mpfr_pow, 0, 40, -5, 8),
    TWO(atan2, mpfr_atan2, -9, 9, -9, 9),
    TWO(hypot, mpfr_hypot, -9, 9, -9, 9),
};
#define NFUNCTIONS (sizeof(functions) / sizeof(functions[0]))

static const struct exact {
	const char *name;
	u64 (*soft1)(u64);
	u64 (*soft2)(u64, u64);
	double (*host1)(double);
	double (*host2)(double, double);
} exacts[] = {
    {"floor", mirage_floor, NULL, floor, NULL},
    {"ceil", mirage_ceil, NULL, ceil, NULL},
    {"trunc", mirage_trunc, NULL, trunc, NULL},
    {"round", mirage_round, NULL, round, NULL},
    {"nearbyint", mirage_nearbyint, NULL, nearbyint, NULL},
    {"sqrt", mirage_sqrt, NULL, sqrt, NULL},
    {"fmod", NULL, mirage_fmod, NULL, fmod},
};
#define NEXACT (sizeof(exacts) / sizeof(exacts[0]))

static mpfr_t mx, my, mr, md;

/* In ulps of the true value, which is not zero; subnormal ulps are 2^-1074. */
static double
error_of(u64 soft, const mpfr_t truth)
{
	mpfr_exp_t exp = mpfr_get_exp(truth);

	if (exp < -1021)
		exp = -1021;
	mpfr_set_d(md, as_double(soft), MPFR_RNDN);
	mpfr_sub(md, md, truth, MPFR_RNDN);
	mpfr_mul_2si(md, md, 53 - exp, MPFR_RNDN);
	return (fabs(mpfr_get_d(md, MPFR_RNDN)));
}

/* A signalling NaN made quiet. */
static u64
without_signal(u64 u)
{
	return (isnan(as_double(u)) ? u | 0x0008000000000000 : u);
}

struct worst {
	double error;
	u64 x, y, soft;
};

static void
check(const struct function *f, u64 x, u64 y, struct worst *worst)
{
	u64 soft;
	double host, error;

	/* C leaves open what pow(1, x) and hypot(inf, x) make of these. */
	x = without_signal(x);
	y = without_signal(y);
	soft = f->soft1 != NULL ? f->soft1(x) : f->soft2(x, y);
	host = f->soft1 != NULL ? f->host1(as_double(x)) :
				  f->host2(as_double(x), as_double(y));
	if (isnan(host))
		error = isnan(as_double(soft)) ? 0 : INFINITY;
	else if ((isinf(host) || host == 0) && soft == as_bits(host))
		error = 0;
	else {
		mpfr_set_d(mx, as_double(x), MPFR_RNDN);
		mpfr_set_d(my, as_double(y), MPFR_RNDN);
		if (f->true1 != NULL)
			f->true1(mr, mx, MPFR_RNDN);
		else
			f->true2(mr, mx, my, MPFR_RNDN);
		if (isinf(host) || isinf(as_double(soft)))
			error = mpfr_get_d(mr, MPFR_RNDN) == as_double(soft) ?
			    0 :
			    INFINITY;
		else if (mpfr_zero_p(mr))
			error = as_double(soft) == 0 ? 0 : INFINITY;
		else
			error = error_of(soft, mr);
	}
	if (!(error <= worst->error)) {
		worst->error = error;
		worst->x = x;
		worst->y = y;
		worst->soft = soft;
	}
}

static u64
draw(const struct range *r)
{
	u64 choice = random64();
	double unit = (double)(random64() >> 11) * 0x1p-53;
	int exp;

	switch (choice & 7) {
	case 0:
		return (random64());
	case 1:
	case 2:
	case 3:
		return (as_bits(r->low + unit * (r->high - r->low)));
	default:
		exp = r->min_exp +
		    (int)((choice >> 8) %
			(unsigned)(r->max_exp - r->min_exp + 1));
		return (
		    as_bits(ldexp(1 + unit, exp)) | (choice >> 60 & 1) << 63);
	}
}

/* Multiples of pi / 4, whole numbers, and neighbours of 1. */
static const double special[] = {
    0.25,
    0.5,
    0.75,
    1,
    2,
    3,
    4,
    5,
    7,
    10,
    100,
    1000,
    1e15,
    1e22,
    1e300,
    0.7853981633974483,
    1.5707963267948966,
    2.356194490192345,
    3.141592653589793,
    6.283185307179586,
    355,
    0x1.921fb54442d17p+0,
    0x1.921fb54442d19p+0,
    0x1.6ac5b262ca1ffp+849,
    0x1p+1023,
    0x1.fffffffffffffp+1023,
    0x1.fffffffffffffp-1,
    0x1.0000000000001p+0,
    0x1.0000000000002p+0,
    0x1.62e42fefa39efp+9,
    0x1.62e42fefa39fp+9,
    -0x1.74910d52d3051p+9,
    -0x1.74910d52d3053p+9,
    -0x1.6232bdd7abcd2p+9,
    1e-8,
    1e-17,
    1e-300,
    0x1p-1022,
    0x1p-1074,
    1e-5,
    0.0625,
    0.03125,
    0x1p-27,
    0x1p-28,
    0x1p-54,
    0x1p-55,
    27,
    64,
    0.125,
    709,
    745,
    22,
    28,
};
#define NSPECIAL (sizeof(special) / sizeof(special[0]))

static u64
table_value(size_t i)
{
	u64 sign = (u64)(i & 1) << 63;

	i >>= 1;
	return (
	    sign ^ (i < NHARD ? hard_cases[i] : as_bits(special[i - NHARD])));
}

static bool
check_inexact(const struct function *f, u64 count)
{
	size_t n = 2 * (NHARD + NSPECIAL), i, j;
	struct worst worst = {0, 0, 0, 0};
	u64 k;

	for (i = 0; i < n; i++)
		if (f->soft1 != NULL)
			check(f, table_value(i), 0, &worst);
		else
			for (j = 0; j < n; j++)
				check(
				    f, table_value(i), table_value(j), &worst);
	for (k = 0; k < count; k++)
		check(f, draw(&f->range), draw(&f->range), &worst);
	printf("%s %" PRIu64 " %.4f %016" PRIx64 " %016" PRIx64
	       " -> %016" PRIx64 "\n",
	    f->name, count + (f->soft1 != NULL ? n : n * n), worst.error,
	    worst.x, worst.y, worst.soft);
	return (worst.error <= 1);
}

static bool
check_exact(const struct exact *f, u64 count)
{
	size_t n = 2 * (NHARD + NSPECIAL), i, j;
	u64 k, a, b, wrong = 0, tried = 0, x = 0, y = 0;

	for (k = 0; k < n * n + count; k++) {
		u64 soft, host;

		if (k < n * n) {
			i = k / n;
			j = k % n;
			a = table_value(i);
			b = table_value(j);
		} else
			random_pair(52, &a, &b);
		if (f->soft1 != NULL) {
			/* Most numbers are no candidates for a fraction. */
			if (k & 1)
				a = (a & ~((u64)0x7ff << 52)) |
				    (1020 + a % 56) << 52;
			soft = f->soft1(a);
			host = as_bits(f->host1(as_double(a)));
		} else {
			soft = f->soft2(a, b);
			host = as_bits(f->host2(as_double(a), as_double(b)));
		}
		tried++;
		if (soft != host &&
		    !(isnan(as_double(soft)) && isnan(as_double(host)))) {
			wrong++;
			x = a;
			y = b;
		}
	}
	printf("%s %" PRIu64 " %" PRIu64 " %016" PRIx64 " %016" PRIx64 "\n",
	    f->name, tried, wrong, x, y);
	return (wrong == 0);
}

static u64 representable, missed;

static void
expect(const char *name, double x, double y, u64 soft, double truth)
{
	representable++;
	if (soft == as_bits(truth))
		return;
	if (missed++ == 0)
		printf("WRONG %s(%.17g, %.17g) is %.17g, not %.17g\n", name, x,
		    y, as_double(soft), truth);
}

/* Where the true value is a double, that one must come out. */
static bool
check_representable(void)
{
	for (int i = 2; i < 1000; i++) {
		u64 x = as_bits(i), minus = as_bits(-i);
		double power = i;

		for (int n = 2; (power *= i) < 0x1p53; n++) {
			expect("pow", i, n, mirage_pow(x, as_bits(n)), power);
			expect("pow", -i, n, mirage_pow(minus, as_bits(n)),
			    n & 1 ? -power : power);
			if (n == 2)
				expect("pow", power, 0.5,
				    mirage_pow(as_bits(power), as_bits(0.5)),
				    i);
			if (n == 3)
				expect("cbrt", power, 0,
				    mirage_cbrt(as_bits(power)), i);
		}
		expect("hypot", 3 * i, 4 * i,
		    mirage_hypot(as_bits(3 * i), as_bits(4 * i)), 5 * i);
	}
	for (int n = -1074; n <= 1023; n++) {
		expect("log2", ldexp(1, n), 0,
		    mirage_log2(as_bits(ldexp(1, n))), n);
		expect("pow", 2, n, mirage_pow(as_bits(2), as_bits(n)),
		    ldexp(1, n));
		expect("pow", 0.5, n, mirage_pow(as_bits(0.5), as_bits(n)),
		    ldexp(1, -n));
	}
	for (int n = 0; n <= 22; n++) {
		char text[8];
		double power;

		snprintf(text, sizeof(text), "1e%d", n);
		power = strtod(text, NULL);
		expect("log10", power, 0, mirage_log10(as_bits(power)), n);
		expect(
		    "pow", 10, n, mirage_pow(as_bits(10), as_bits(n)), power);
	}
	expect("exp", 1, 0, mirage_exp(as_bits(1)), M_E);
	expect("atan2", 0, -1, mirage_atan2(0, as_bits(-1)), M_PI);
	expect("acos", -1, 0, mirage_acos(as_bits(-1)), M_PI);
	printf(
	    "representable %" PRIu64 " %" PRIu64 "\n", representable, missed);
	return (missed == 0);
}

int
main(int argc, char **argv)
{
	bool good = true;
	size_t i;

	if (argc != 3) {
		fprintf(stderr, "usage: libm COUNT SEED\n");
		return (64);
	}
	state = strtoull(argv[2], NULL, 0);
	mpfr_inits2(130, mx, my, mr, md, (mpfr_ptr)NULL);
	for (i = 0; i < NFUNCTIONS; i++)
		good &=
		    check_inexact(&functions[i], strtoull(argv[1], NULL, 0));
	for (i = 0; i < NEXACT; i++)
		good &=
		    check_exact(&exacts[i], 40 * strtoull(argv[1], NULL, 0));
	good &= check_representable();
	return (good ? 0 : 1);
}
