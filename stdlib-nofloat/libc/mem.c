/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * memcpy, memmove, memset, memcmp: short ones by a few words that may overlap
 * each other, long ones by the string instructions, which all current amd64
 * processors run at full cache bandwidth.
 */
#include <stdint.h>
#include <string.h>

#undef memcpy
#undef memmove
#undef memset
#undef memcmp

/* From here on the start-up of the string instructions is paid back. */
#define REP_BYTES 512

typedef uint64_t __attribute__((__aligned__(1), __may_alias__)) word64;
typedef uint32_t __attribute__((__aligned__(1), __may_alias__)) word32;
typedef uint16_t __attribute__((__aligned__(1), __may_alias__)) word16;

/* At most 32 bytes; reads all before it writes, so ranges may overlap. */
static inline __attribute__((__always_inline__)) void
copy_short(unsigned char *d, const unsigned char *s, size_t n)
{
	if (n >= 16) {
		uint64_t a = *(const word64 *)s;
		uint64_t b = *(const word64 *)(s + 8);
		uint64_t y = *(const word64 *)(s + n - 16);
		uint64_t z = *(const word64 *)(s + n - 8);

		*(word64 *)d = a;
		*(word64 *)(d + 8) = b;
		*(word64 *)(d + n - 16) = y;
		*(word64 *)(d + n - 8) = z;
	} else if (n >= 8) {
		uint64_t a = *(const word64 *)s;
		uint64_t z = *(const word64 *)(s + n - 8);

		*(word64 *)d = a;
		*(word64 *)(d + n - 8) = z;
	} else if (n >= 4) {
		uint32_t a = *(const word32 *)s;
		uint32_t z = *(const word32 *)(s + n - 4);

		*(word32 *)d = a;
		*(word32 *)(d + n - 4) = z;
	} else if (n != 0) {
		unsigned char a = s[0];
		unsigned char b = s[n >> 1];
		unsigned char z = s[n - 1];

		d[0] = a;
		d[n >> 1] = b;
		d[n - 1] = z;
	}
}

/* More than 32 bytes, destination not inside of the source. */
static inline __attribute__((__always_inline__)) void
copy_forward(unsigned char *d, const unsigned char *s, size_t n)
{
	uint64_t t0, t1, t2, t3;
	size_t i;

	if (n >= REP_BYTES) {
		__asm__ __volatile__("rep movsb"
		    : "+D"(d), "+S"(s), "+c"(n)
		    :
		    : "memory");
		return;
	}
	/* The last 32 bytes are read first: the loop may overwrite them. */
	t0 = *(const word64 *)(s + n - 32);
	t1 = *(const word64 *)(s + n - 24);
	t2 = *(const word64 *)(s + n - 16);
	t3 = *(const word64 *)(s + n - 8);
	for (i = 0; i + 32 < n; i += 32) {
		uint64_t a = *(const word64 *)(s + i);
		uint64_t b = *(const word64 *)(s + i + 8);
		uint64_t c = *(const word64 *)(s + i + 16);
		uint64_t e = *(const word64 *)(s + i + 24);

		*(word64 *)(d + i) = a;
		*(word64 *)(d + i + 8) = b;
		*(word64 *)(d + i + 16) = c;
		*(word64 *)(d + i + 24) = e;
	}
	*(word64 *)(d + n - 32) = t0;
	*(word64 *)(d + n - 24) = t1;
	*(word64 *)(d + n - 16) = t2;
	*(word64 *)(d + n - 8) = t3;
}

static void
copy_backward(unsigned char *d, const unsigned char *s, size_t n)
{
	uint64_t t0 = *(const word64 *)s;
	uint64_t t1 = *(const word64 *)(s + 8);
	uint64_t t2 = *(const word64 *)(s + 16);
	uint64_t t3 = *(const word64 *)(s + 24);
	size_t i;

	for (i = n; i > 32; i -= 32) {
		uint64_t a = *(const word64 *)(s + i - 8);
		uint64_t b = *(const word64 *)(s + i - 16);
		uint64_t c = *(const word64 *)(s + i - 24);
		uint64_t e = *(const word64 *)(s + i - 32);

		*(word64 *)(d + i - 8) = a;
		*(word64 *)(d + i - 16) = b;
		*(word64 *)(d + i - 24) = c;
		*(word64 *)(d + i - 32) = e;
	}
	*(word64 *)d = t0;
	*(word64 *)(d + 8) = t1;
	*(word64 *)(d + 16) = t2;
	*(word64 *)(d + 24) = t3;
}

void *
memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	if (n <= 32)
		copy_short(dst, src, n);
	else
		copy_forward(dst, src, n);
	return (dst);
}

void *
memmove(void *dst, const void *src, size_t n)
{
	if (n <= 32)
		copy_short(dst, src, n);
	else if ((uintptr_t)dst - (uintptr_t)src >= n)
		copy_forward(dst, src, n);
	else
		copy_backward(dst, src, n);
	return (dst);
}

void *
memset(void *dst, int c, size_t n)
{
	uint64_t w = (unsigned char)c * 0x0101010101010101;
	unsigned char *d = dst;
	size_t i;

	if (n >= REP_BYTES) {
		__asm__ __volatile__("rep stosb"
		    : "+D"(d), "+c"(n)
		    : "a"((unsigned char)c)
		    : "memory");
	} else if (n >= 16) {
		for (i = 0; i + 16 < n; i += 16) {
			*(word64 *)(d + i) = w;
			*(word64 *)(d + i + 8) = w;
		}
		*(word64 *)(d + n - 16) = w;
		*(word64 *)(d + n - 8) = w;
	} else if (n >= 8) {
		*(word64 *)d = w;
		*(word64 *)(d + n - 8) = w;
	} else if (n >= 4) {
		*(word32 *)d = (uint32_t)w;
		*(word32 *)(d + n - 4) = (uint32_t)w;
	} else if (n >= 2) {
		*(word16 *)d = (uint16_t)w;
		*(word16 *)(d + n - 2) = (uint16_t)w;
	} else if (n != 0)
		d[0] = (unsigned char)w;
	return (dst);
}

static inline int
compare_words(uint64_t a, uint64_t b)
{
	a = __builtin_bswap64(a);
	b = __builtin_bswap64(b);
	return ((a > b) - (a < b));
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;
	size_t i;

	if (n < 8) {
		for (i = 0; i < n; i++)
			if (p[i] != q[i])
				return (p[i] < q[i] ? -1 : 1);
		return (0);
	}
	for (i = 0; i + 8 < n; i += 8) {
		uint64_t x = *(const word64 *)(p + i);
		uint64_t y = *(const word64 *)(q + i);

		if (x != y)
			return (compare_words(x, y));
	}
	return (compare_words(
	    *(const word64 *)(p + n - 8), *(const word64 *)(q + n - 8)));
}
