/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Arithmetic of binary32 by way of binary64.  Rounding twice does no harm
 * here: 53 bits are more than 2 * 24 + 1, so no sum, difference, product or
 * quotient of two binary32 numbers is rounded onto a tie that it was not.
 */
#include "binary64.h"

uint32_t
__addsf3(uint32_t a, uint32_t b)
{
	return (__truncdfsf2(__adddf3(__extendsfdf2(a), __extendsfdf2(b))));
}

uint32_t
__subsf3(uint32_t a, uint32_t b)
{
	return (__truncdfsf2(__subdf3(__extendsfdf2(a), __extendsfdf2(b))));
}

uint32_t
__mulsf3(uint32_t a, uint32_t b)
{
	return (__truncdfsf2(__muldf3(__extendsfdf2(a), __extendsfdf2(b))));
}

uint32_t
__divsf3(uint32_t a, uint32_t b)
{
	return (__truncdfsf2(__divdf3(__extendsfdf2(a), __extendsfdf2(b))));
}

uint32_t
__negsf2(uint32_t a)
{
	return (a ^ 0x80000000);
}
