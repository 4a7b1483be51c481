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

typedef uint64_t u64;
typedef uint32_t u32;

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

static u64 state;

static u64
random64(void)
{
	u64 z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31);
}

/*
 * Bit patterns of a format with `frac` fraction bits: uniform ones are mostly
 * of exponents too far apart to meet, so most are biased.
 */
static void
random_pair(int frac, u64 *a, u64 *b)
{
	u64 r = random64(), one = 1, mask = (one << frac) - 1;
	int expbits = frac == 52 ? 11 : 8;
	u64 expmask = (one << expbits) - 1, exp;

	*a = random64();
	*b = random64();
	switch (r & 7) {
	case 0:
	case 1:
		break;
	case 2:
	case 3: /* exponents near each other */
		exp = (*a >> frac & expmask) + (r >> 8) % 5 - 2;
		*b = (*b & ~(expmask << frac)) | (exp & expmask) << frac;
		break;
	case 4: /* the second is subnormal, or both */
		*b &= ~(expmask << frac);
		if (r & 0x100)
			*a &= ~(expmask << frac);
		*b &=
		    ~(mask & (mask << (r >> 16) % (unsigned)frac)) | mask >> 1;
		break;
	case 5: /* results about to be subnormal or infinite */
		exp = r & 0x100 ? expmask - (*a >> frac & expmask) / 2 :
				  (expmask >> 1) - (*a >> frac & expmask);
		exp += (r >> 9) % 9 - 4;
		*b = (*b & ~(expmask << frac)) | (exp & expmask) << frac;
		break;
	case 6: /* short significands: ties and exact results */
		*a &= ~(mask >> (r >> 8) % 32);
		*b &= ~(mask >> (r >> 16) % 32);
		exp = (*a >> frac & expmask) + (r >> 24) % 128 - 64;
		*b = (*b & ~(expmask << frac)) | (exp & expmask) << frac;
		break;
	case 7: /* integers, runs of ones, neighbours */
		if (r & 0x100) {
			*a = *a >> (r >> 16) % 64;
			*b = *a + (r >> 24) % 5 - 2;
		} else {
			*a |= mask >> (r >> 16) % (unsigned)frac;
			*b = *a ^ (*b & (one << (frac + expbits))) ^
			    (r >> 32) % 4;
		}
		break;
	}
}

static const u64 hard_cases[] = {
    0,
    1,
    2,
    3,
    0x0008000000000000,
    0x000ffffffffffffe,
    0x000fffffffffffff,
    0x0010000000000000,
    0x0010000000000001,
    0x001fffffffffffff,
    0x0020000000000000,
    0x0020000000000001,
    0x0340000000000000,
    0x0350000000000000,
    0x1ff0000000000000,
    0x1ff0000000000001,
    0x2000000000000000,
    0x3690000000000000,
    0x3690000000000001,
    0x36a0000000000000,
    0x380fffffe0000000,
    0x380ffffff0000000,
    0x3810000000000000,
    0x3c90000000000000,
    0x3ca0000000000000,
    0x3ca0000000000001,
    0x3cb0000000000000,
    0x3fd5555555555555,
    0x3fdfffffffffffff,
    0x3fe0000000000000,
    0x3fe0000000000001,
    0x3fefffffffffffff,
    0x3ff0000000000000,
    0x3ff0000000000001,
    0x3ff0000010000000,
    0x3ff0000030000000,
    0x3ff8000000000000,
    0x3fffffffffffffff,
    0x4000000000000000,
    0x4008000000000000,
    0x4024000000000000,
    0x41dfffffffc00000,
    0x41dfffffffe00000,
    0x41dfffffffffffff,
    0x41e0000000000000,
    0x41e0000000100000,
    0x41e0000000200000,
    0x41efffffffe00000,
    0x41efffffffffffff,
    0x41f0000000000000,
    0x433fffffffffffff,
    0x4340000000000000,
    0x4340000000000001,
    0x43dfffffffffffff,
    0x43e0000000000000,
    0x43e0000000000001,
    0x43efffffffffffff,
    0x43f0000000000000,
    0x47efffffe0000000,
    0x47efffffefffffff,
    0x47effffff0000000,
    0x5fefffffffffffff,
    0x5ff0000000000000,
    0x7fdfffffffffffff,
    0x7fe0000000000000,
    0x7feffffffffffffe,
    0x7fefffffffffffff,
    0x7ff0000000000000,
    0x7ff0000000000001,
    0x7ff4000000000000,
    0x7ff7ffffffffffff,
    0x7ff8000000000000,
    0x7ff8000000000001,
    0x7fffffffffffffff,
};
static const u32 hard_cases32[] = {
    0,
    1,
    2,
    0x00400000,
    0x007ffffe,
    0x007fffff,
    0x00800000,
    0x00800001,
    0x00ffffff,
    0x01000000,
    0x1f800000,
    0x20000000,
    0x33000000,
    0x33800000,
    0x33800001,
    0x34000000,
    0x3eaaaaab,
    0x3effffff,
    0x3f000000,
    0x3f7fffff,
    0x3f800000,
    0x3f800001,
    0x3fc00000,
    0x40000000,
    0x40400000,
    0x4b7fffff,
    0x4b800000,
    0x4effffff,
    0x4f000000,
    0x4f7fffff,
    0x4f800000,
    0x5effffff,
    0x5f000000,
    0x5f7fffff,
    0x5f800000,
    0x7effffff,
    0x7f000000,
    0x7f7fffff,
    0x7f800000,
    0x7f800001,
    0x7fa00000,
    0x7fc00000,
    0x7fc00001,
    0x7fffffff,
};
#define NHARD	(sizeof(hard_cases) / sizeof(hard_cases[0]))
#define NHARD32 (sizeof(hard_cases32) / sizeof(hard_cases32[0]))

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
