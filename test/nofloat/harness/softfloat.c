/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Compares every soft-float routine with the processor, bit for bit: all
 * pairs of a table of hard cases, then random pairs.
 *
 *	softfloat PAIRS SEED
 *
 * Compiled with hardware floats; soft doubles travel in general registers, so
 * the routines are declared on integers.  The processor's operations are in
 * assembly: a compiler may swap the operands of an addition, which shows when
 * both are NaNs.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "patterns.h"

#define BINARY64(name, op)                                             \
	u64 name(u64, u64);                                            \
	static u64 hard##name(u64 a, u64 b)                            \
	{                                                              \
		double x, y;                                           \
		memcpy(&x, &a, 8);                                     \
		memcpy(&y, &b, 8);                                     \
		__asm__ __volatile__(op " %1, %0" : "+x"(x) : "x"(y)); \
		memcpy(&a, &x, 8);                                     \
		return (a);                                            \
	}
#define BINARY32(name, op)                                             \
	u32 name(u32, u32);                                            \
	static u64 soft##name(u64 a, u64 b)                            \
	{                                                              \
		return (name((u32)a, (u32)b));                         \
	}                                                              \
	static u64 hard##name(u64 a, u64 b)                            \
	{                                                              \
		float x, y;                                            \
		u32 r;                                                 \
		memcpy(&x, &a, 4);                                     \
		memcpy(&y, &b, 4);                                     \
		__asm__ __volatile__(op " %1, %0" : "+x"(x) : "x"(y)); \
		memcpy(&r, &x, 4);                                     \
		return (r);                                            \
	}
/* What the compiler makes of a comparison: the routine's result against 0. */
#define COMPARE(name, bits, type, test, expr)               \
	int name(u##bits, u##bits);                         \
	static u64 soft##name(u64 a, u64 b)                 \
	{                                                   \
		return (name((u##bits)a, (u##bits)b) test); \
	}                                                   \
	static u64 hard##name(u64 a, u64 b)                 \
	{                                                   \
		volatile type x, y;                         \
		memcpy((void *)&x, &a, bits / 8);           \
		memcpy((void *)&y, &b, bits / 8);           \
		return (expr);                              \
	}
#define FROM_FLOAT(name, bits, type, arg, result, code) \
	result name(u##bits);                           \
	static u64 soft##name(u64 a, u64 b)             \
	{                                               \
		(void)b;                                \
		return ((u64)name((u##bits)a));         \
	}                                               \
	static u64 hard##name(u64 a, u64 b)             \
	{                                               \
		arg x;                                  \
		type r;                                 \
		result i;                               \
		(void)b;                                \
		memcpy(&x, &a, bits / 8);               \
		code;                                   \
		memcpy(&i, &r, sizeof(i));              \
		return ((u64)i);                        \
	}
#define FROM_INTEGER(name, integer, bits, type)  \
	u##bits name(integer);                   \
	static u64 soft##name(u64 a, u64 b)      \
	{                                        \
		(void)b;                         \
		return (name((integer)a));       \
	}                                        \
	static u64 hard##name(u64 a, u64 b)      \
	{                                        \
		volatile integer i = (integer)a; \
		type x = (type)i;                \
		u##bits r;                       \
		(void)b;                         \
		memcpy(&r, &x, sizeof(r));       \
		return (r);                      \
	}

BINARY64(__adddf3, "addsd")
BINARY64(__subdf3, "subsd")
BINARY64(__muldf3, "mulsd")
BINARY64(__divdf3, "divsd")
BINARY32(__addsf3, "addss")
BINARY32(__subsf3, "subss")
BINARY32(__mulsf3, "mulss")
BINARY32(__divsf3, "divss")
COMPARE(__eqdf2, 64, double, == 0, x == y)
COMPARE(__nedf2, 64, double, != 0, x != y)
COMPARE(__ltdf2, 64, double, < 0, x < y)
COMPARE(__ledf2, 64, double, <= 0, x <= y)
COMPARE(__gtdf2, 64, double, > 0, x > y)
COMPARE(__gedf2, 64, double, >= 0, x >= y)
COMPARE(__unorddf2, 64, double, != 0, __builtin_isunordered(x, y))
COMPARE(__eqsf2, 32, float, == 0, x == y)
COMPARE(__nesf2, 32, float, != 0, x != y)
COMPARE(__ltsf2, 32, float, < 0, x < y)
COMPARE(__lesf2, 32, float, <= 0, x <= y)
COMPARE(__gtsf2, 32, float, > 0, x > y)
COMPARE(__gesf2, 32, float, >= 0, x >= y)
COMPARE(__unordsf2, 32, float, != 0, __builtin_isunordered(x, y))

u64 __negdf2(u64);
u32 __negsf2(u32);

static u64
soft__negdf2(u64 a, u64 b)
{
	(void)b;
	return (__negdf2(a));
}

static u64
hard__negdf2(u64 a, u64 b)
{
	volatile double x;

	(void)b;
	memcpy((void *)&x, &a, 8);
	x = -x;
	memcpy(&a, (void *)&x, 8);
	return (a);
}

static u64
soft__negsf2(u64 a, u64 b)
{
	(void)b;
	return (__negsf2((u32)a));
}

static u64
hard__negsf2(u64 a, u64 b)
{
	volatile float x;
	u32 r;

	(void)b;
	memcpy((void *)&x, &a, 4);
	x = -x;
	memcpy(&r, (void *)&x, 4);
	return (r);
}

#define ASM(op)	 __asm__ __volatile__(op " %1, %0" : "=r"(r) : "x"(x))
#define ASMX(op) __asm__ __volatile__(op " %1, %0" : "=x"(r) : "x"(x))
FROM_FLOAT(__fixdfsi, 64, int32_t, double, int32_t, ASM("cvttsd2si"))
FROM_FLOAT(__fixdfdi, 64, int64_t, double, int64_t, ASM("cvttsd2si"))
FROM_FLOAT(__fixunsdfsi, 64, int64_t, double, u32, ASM("cvttsd2si"))
FROM_FLOAT(__fixsfsi, 32, int32_t, float, int32_t, ASM("cvttss2si"))
FROM_FLOAT(__fixsfdi, 32, int64_t, float, int64_t, ASM("cvttss2si"))
FROM_FLOAT(__fixunssfsi, 32, int64_t, float, u32, ASM("cvttss2si"))
FROM_FLOAT(__extendsfdf2, 32, double, float, u64, ASMX("cvtss2sd"))
FROM_FLOAT(__truncdfsf2, 64, float, double, u32, ASMX("cvtsd2ss"))
/* There is no instruction for it: what clang makes of the cast. */
FROM_FLOAT(__fixunsdfdi, 64, u64, double, u64, {
	volatile double y = x;
	r = (u64)y;
})
FROM_FLOAT(__fixunssfdi, 32, u64, float, u64, {
	volatile float y = x;
	r = (u64)y;
})
FROM_INTEGER(__floatsidf, int32_t, 64, double)
FROM_INTEGER(__floatdidf, int64_t, 64, double)
FROM_INTEGER(__floatunsidf, u32, 64, double)
FROM_INTEGER(__floatundidf, u64, 64, double)
FROM_INTEGER(__floatsisf, int32_t, 32, float)
FROM_INTEGER(__floatdisf, int64_t, 32, float)
FROM_INTEGER(__floatunsisf, u32, 32, float)
FROM_INTEGER(__floatundisf, u64, 32, float)

static const struct routine {
	const char *name;
	u64 (*soft)(u64, u64), (*hard)(u64, u64);
	int bits; /* of the operands */
} routines[] = {
#define D(name)	      {#name, name, hard##name, 64}
#define R(name, bits) {#name, soft##name, hard##name, bits}
    D(__adddf3),
    D(__subdf3),
    D(__muldf3),
    D(__divdf3),
    R(__negdf2, 64),
    R(__eqdf2, 64),
    R(__nedf2, 64),
    R(__ltdf2, 64),
    R(__ledf2, 64),
    R(__gtdf2, 64),
    R(__gedf2, 64),
    R(__unorddf2, 64),
    R(__fixdfsi, 64),
    R(__fixdfdi, 64),
    R(__fixunsdfsi, 64),
    R(__fixunsdfdi, 64),
    R(__truncdfsf2, 64),
    R(__floatsidf, 64),
    R(__floatdidf, 64),
    R(__floatunsidf, 64),
    R(__floatundidf, 64),
    R(__floatsisf, 64),
    R(__floatdisf, 64),
    R(__floatunsisf, 64),
    R(__floatundisf, 64),
    R(__addsf3, 32),
    R(__subsf3, 32),
    R(__mulsf3, 32),
    R(__divsf3, 32),
    R(__negsf2, 32),
    R(__eqsf2, 32),
    R(__nesf2, 32),
    R(__ltsf2, 32),
    R(__lesf2, 32),
    R(__gtsf2, 32),
    R(__gesf2, 32),
    R(__unordsf2, 32),
    R(__fixsfsi, 32),
    R(__fixsfdi, 32),
    R(__fixunssfsi, 32),
    R(__fixunssfdi, 32),
    R(__extendsfdf2, 32),
};
#define NROUTINES (sizeof(routines) / sizeof(routines[0]))

static u64 mismatches[NROUTINES];

static void
check(const struct routine *r, u64 a, u64 b)
{
	u64 soft = r->soft(a, b), hard = r->hard(a, b);

	if (soft != hard && mismatches[r - routines]++ == 0)
		printf("MISMATCH %s(%016" PRIx64 ", %016" PRIx64
		       "): %016" PRIx64 ", the processor has %016" PRIx64 "\n",
		    r->name, a, b, soft, hard);
}

/* -1 if the count has anything behind it. */
static void
check_table(const struct routine *r)
{
	size_t n = r->bits == 64 ? NHARD : NHARD32, i, j;

	for (i = 0; i < 2 * n; i++)
		for (j = 0; j < 2 * n; j++) {
			u64 a, b;

			if (r->bits == 64) {
				a = hard_cases[i >> 1] | (u64)(i & 1) << 63;
				b = hard_cases[j >> 1] | (u64)(j & 1) << 63;
			} else {
				a = hard_cases32[i >> 1] | (i & 1) << 31;
				b = hard_cases32[j >> 1] | (j & 1) << 31;
			}
			check(r, a, b);
		}
}

int
main(int argc, char **argv)
{
	u64 pairs, n, total = 0, a, b, c, d;
	size_t i;

	if (argc != 3) {
		fprintf(stderr, "usage: softfloat PAIRS SEED\n");
		return (64);
	}
	pairs = strtoull(argv[1], NULL, 0);
	state = strtoull(argv[2], NULL, 0);
	for (i = 0; i < NROUTINES; i++)
		check_table(&routines[i]);
	for (n = 0; n < pairs; n++) {
		random_pair(52, &a, &b);
		random_pair(23, &c, &d);
		for (i = 0; i < NROUTINES; i++)
			if (routines[i].bits == 64)
				check(&routines[i], a, b);
			else
				check(&routines[i], (u32)c, (u32)d);
	}
	for (i = 0; i < NROUTINES; i++) {
		printf("%s %" PRIu64 " %" PRIu64 "\n", routines[i].name, pairs,
		    mismatches[i]);
		total += mismatches[i];
	}
	return (total == 0 ? 0 : 1);
}
