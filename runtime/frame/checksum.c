/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The Internet checksum, RFC 1071.
 */
#include <string.h>

#include "table.h"

static inline uint64_t
add_carry(uint64_t a, uint64_t b)
{
	unsigned long long sum;

	if (__builtin_uaddll_overflow(a, b, &sum))
		sum++; /* end-around; cannot carry again */
	return (sum);
}

static inline uint64_t
load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return (v);
}

/* Folds to 16 bits; 0 stays 0 and nothing else becomes 0. */
static uint32_t
fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return ((uint32_t)sum);
}

static uint32_t
swap16(uint32_t v)
{
	return ((v >> 8 & 0xff) | (v & 0xff) << 8);
}

/*
 * Sum of the bytes as little-endian words: RFC 1071, 2.(B), the sum may be
 * taken in either byte order and swapped once at the end.  Two independent
 * chains of adds with carry keep both adders of the machine busy.
 */
static uint64_t
sum_little(const uint8_t *p, size_t len)
{
	uint64_t a = 0, b = 0;

	while (len >= 64) {
		a = add_carry(a, load64(p));
		b = add_carry(b, load64(p + 8));
		a = add_carry(a, load64(p + 16));
		b = add_carry(b, load64(p + 24));
		a = add_carry(a, load64(p + 32));
		b = add_carry(b, load64(p + 40));
		a = add_carry(a, load64(p + 48));
		b = add_carry(b, load64(p + 56));
		p += 64;
		len -= 64;
	}
	while (len >= 8) {
		a = add_carry(a, load64(p));
		p += 8;
		len -= 8;
	}
	if (len > 0) {
		uint64_t last = 0;

		/* Memory beyond the end may be another's: no wide read. */
		if (len & 4) {
			uint32_t v;

			memcpy(&v, p, 4);
			last = v;
			p += 4;
		}
		if (len & 2) {
			uint16_t v;

			memcpy(&v, p, 2);
			last += v;
			p += 2;
		}
		if (len & 1)
			last += *p;
		b = add_carry(b, last);
	}
	return (add_carry(a, b));
}

uint32_t
mirage_sum(const uint8_t *data, size_t len, uint32_t seed)
{
	return (fold((uint64_t)swap16(fold(sum_little(data, len))) + seed));
}

uint32_t
mirage_frame_sum(
    const struct mirage_frame *f, uint32_t off, uint32_t len, uint32_t seed)
{
	uint64_t sum = seed;
	bool odd = false;
	unsigned i;

	if (len == 0)
		return (fold(seed)); /* an empty frame has no head */
	if (off <= f->head_len && len <= f->head_len - off)
		return (mirage_sum(f->head + off, len, seed));
	for (i = 0; i < f->nsegs && len > 0; i++) {
		const struct mirage_segment *s = &f->segs[i];
		uint32_t n, part;

		if (off >= s->len) {
			off -= s->len;
			continue;
		}
		n = s->len - off < len ? s->len - off : len;
		part = fold(sum_little(s->data + off, n));
		/* Words of a segment that begins at an odd byte are swapped. */
		sum += odd ? part : swap16(part);
		odd ^= n & 1;
		len -= n;
		off = 0;
	}
	return (fold(sum));
}
