/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Comparisons.  The compiler tests the result against 0 with the operator of
 * the routine's name, so an unordered pair gives what makes that false: 1 for
 * eq, ne, lt and le; -1 for gt and ge.
 */
#include "binary64.h"

/* Ordered as the doubles are, both zeros alike; NaNs are the outermost. */
static inline int64_t
order(uint64_t a)
{
	uint64_t negative = (uint64_t)((int64_t)a >> 63);

	return ((int64_t)(((a & ~F64_SIGN) ^ negative) - negative));
}

static inline bool
unordered(uint64_t a, uint64_t b)
{
	return (f64_is_nan(a) || f64_is_nan(b));
}

static inline int
compare(uint64_t a, uint64_t b)
{
	int64_t x = order(a), y = order(b);

	return ((x > y) - (x < y));
}

int
__eqdf2(uint64_t a, uint64_t b)
{
	if (a == b)
		return (f64_is_nan(a));
	return ((a | b) << 1 != 0);
}

int
__ledf2(uint64_t a, uint64_t b)
{
	return (unlikely(unordered(a, b)) ? 1 : compare(a, b));
}

int
__gedf2(uint64_t a, uint64_t b)
{
	return (unlikely(unordered(a, b)) ? -1 : compare(a, b));
}

int
__unorddf2(uint64_t a, uint64_t b)
{
	return (unordered(a, b));
}

int __nedf2(uint64_t, uint64_t) __attribute__((__alias__("__eqdf2")));
int __ltdf2(uint64_t, uint64_t) __attribute__((__alias__("__ledf2")));
int __gtdf2(uint64_t, uint64_t) __attribute__((__alias__("__gedf2")));

/* binary32: widening keeps order and NaNs. */
int
__eqsf2(uint32_t a, uint32_t b)
{
	return (__eqdf2(__extendsfdf2(a), __extendsfdf2(b)));
}

int
__lesf2(uint32_t a, uint32_t b)
{
	return (__ledf2(__extendsfdf2(a), __extendsfdf2(b)));
}

int
__gesf2(uint32_t a, uint32_t b)
{
	return (__gedf2(__extendsfdf2(a), __extendsfdf2(b)));
}

int
__unordsf2(uint32_t a, uint32_t b)
{
	return (__unorddf2(__extendsfdf2(a), __extendsfdf2(b)));
}

int __nesf2(uint32_t, uint32_t) __attribute__((__alias__("__eqsf2")));
int __ltsf2(uint32_t, uint32_t) __attribute__((__alias__("__lesf2")));
int __gtsf2(uint32_t, uint32_t) __attribute__((__alias__("__gesf2")));
