/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Bit patterns that are hard on floating-point routines.
 */
#ifndef PATTERNS_H
#define PATTERNS_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t u64;
typedef uint32_t u32;

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

#endif /* PATTERNS_H */
