/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Nanoseconds of a call of each routine, next to the processor's instruction
 * or the host's libm.  Not a test: run it by hand on an idle machine.
 *
 * "chain": each operation waits for the one before; "flow": none does.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef uint64_t u64;

u64 __adddf3(u64, u64), __subdf3(u64, u64), __muldf3(u64, u64);
u64 __divdf3(u64, u64), __floatsidf(int), __extendsfdf2(uint32_t);
int __ltdf2(u64, u64), __eqdf2(u64, u64), __fixdfsi(u64);

u64 mirage_floor(u64);
u64 mirage_ceil(u64);
u64 mirage_trunc(u64);
u64 mirage_sqrt(u64);
u64 mirage_sin(u64);
u64 mirage_cos(u64);
u64 mirage_tan(u64);
u64 mirage_asin(u64);
u64 mirage_acos(u64);
u64 mirage_atan(u64);
u64 mirage_exp(u64);
u64 mirage_expm1(u64);
u64 mirage_log(u64);
u64 mirage_log2(u64);
u64 mirage_log10(u64);
u64 mirage_log1p(u64);
u64 mirage_sinh(u64);
u64 mirage_cosh(u64);
u64 mirage_tanh(u64);
u64 mirage_asinh(u64);
u64 mirage_atanh(u64);
u64 mirage_cbrt(u64);
u64 mirage_atan2(u64, u64);
u64 mirage_fmod(u64, u64);
u64 mirage_hypot(u64, u64);
u64 mirage_pow(u64, u64);

#define N      4096
#define TRIALS 100

static double in[N], in2[N];
static u64 soft_in[N], soft_in2[N];
static volatile u64 sink;
static volatile double hard_sink;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec * 1e9 + (double)t.tv_nsec);
}

#define TIME(result, body)                                     \
	do {                                                   \
		double best = 1e30;                            \
		for (int trial = 0; trial < TRIALS; trial++) { \
			double start = now(), took;            \
			for (int r = 0; r < 2; r++)            \
				for (int i = 0; i < N; i++) {  \
					body;                  \
				}                              \
			took = (now() - start) / (2.0 * N);    \
			best = took < best ? took : best;      \
		}                                              \
		result = best;                                 \
	} while (0)

static __attribute__((__noinline__)) double
hard_add(double a, double b)
{
	return (a + b);
}

static __attribute__((__noinline__)) double
hard_mul(double a, double b)
{
	return (a * b);
}

static __attribute__((__noinline__)) double
hard_div(double a, double b)
{
	return (a / b);
}

static __attribute__((__noinline__)) double
hard_sub(double a, double b)
{
	return (a - b);
}

#define BINARY(name, soft, hard, seed)                                  \
	do {                                                            \
		double s1, s2, h1, h2, acc = seed;                      \
		u64 sacc;                                               \
		memcpy(&sacc, &acc, 8);                                 \
		TIME(s1, sacc = soft(sacc, soft_in[i]));                \
		sink = sacc;                                            \
		TIME(s2, sink = soft(soft_in2[i], soft_in[i]));         \
		TIME(h1, acc = hard(acc, in[i]));                       \
		hard_sink = acc;                                        \
		TIME(h2, hard_sink = hard(in2[i], in[i]));              \
		printf("%-8s chain %6.2f (hardware %5.2f)  flow %6.2f " \
		       "(hardware %5.2f)\n",                            \
		    name, s1, h1, s2, h2);                              \
	} while (0)

static void
arguments(double low, double high)
{
	u64 x = 88172645463325252u;

	for (int i = 0; i < N; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		in[i] = low + (high - low) * (double)(x >> 11) * 0x1p-53;
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		in2[i] = low + (high - low) * (double)(x >> 11) * 0x1p-53;
	}
	memcpy(soft_in, in, sizeof(in));
	memcpy(soft_in2, in2, sizeof(in2));
}

#define ONE(name)                                                 \
	do {                                                      \
		TIME(s, sink = mirage_##name(soft_in[i]));        \
		TIME(h, hard_sink = name(in[i]));                 \
		printf("%-8s %6.2f (host %6.2f)\n", #name, s, h); \
	} while (0)
#define TWO(name)                                                       \
	do {                                                            \
		TIME(s, sink = mirage_##name(soft_in[i], soft_in2[i])); \
		TIME(h, hard_sink = name(in[i], in2[i]));               \
		printf("%-8s %6.2f (host %6.2f)\n", #name, s, h);       \
	} while (0)

int
main(void)
{
	double s, h;

	arguments(-100, 100);
	printf("signs mixed\n");
	BINARY("add", __adddf3, hard_add, 1);
	BINARY("sub", __subdf3, hard_sub, 1);
	arguments(0.5, 2);
	printf("0.5 .. 2\n");
	BINARY("add", __adddf3, hard_add, 1);
	BINARY("sub", __subdf3, hard_sub, 1);
	BINARY("mul", __muldf3, hard_mul, 1);
	BINARY("div", __divdf3, hard_div, 1);
	TIME(s, sink = (u64)(__ltdf2(soft_in[i], soft_in2[i]) < 0));
	TIME(h, sink = in[i] < in2[i]);
	printf("%-8s flow %6.2f (hardware %5.2f)\n", "lt", s, h);
	TIME(s, sink = (u64)(__eqdf2(soft_in[i], soft_in2[i]) == 0));
	TIME(h, sink = in[i] == in2[i]);
	printf("%-8s flow %6.2f (hardware %5.2f)\n", "eq", s, h);
	TIME(s, sink = (u64)__fixdfsi(soft_in[i]));
	TIME(h, sink = (u64)(int)in[i]);
	printf("%-8s flow %6.2f (hardware %5.2f)\n", "toint", s, h);
	TIME(s, sink = __floatsidf((int)(i * 7919)));
	TIME(h, hard_sink = (double)(int)(i * 7919));
	printf("%-8s flow %6.2f (hardware %5.2f)\n", "fromint", s, h);
	arguments(0.01, 0.99);
	printf("libm, 0.01 .. 0.99\n");
	ONE(floor);
	ONE(ceil);
	ONE(trunc);
	ONE(sqrt);
	ONE(sin);
	ONE(cos);
	ONE(tan);
	ONE(asin);
	ONE(acos);
	ONE(atan);
	ONE(exp);
	ONE(expm1);
	ONE(log);
	ONE(log2);
	ONE(log10);
	ONE(log1p);
	ONE(sinh);
	ONE(cosh);
	ONE(tanh);
	ONE(asinh);
	ONE(atanh);
	ONE(cbrt);
	TWO(pow);
	TWO(fmod);
	TWO(atan2);
	TWO(hypot);
	arguments(1, 1e6);
	printf("libm, 1 .. 1e6\n");
	ONE(floor);
	ONE(sqrt);
	ONE(sin);
	ONE(cos);
	ONE(tan);
	ONE(atan);
	ONE(log);
	TWO(fmod);
	TWO(atan2);
	TWO(hypot);
	return (0);
}
