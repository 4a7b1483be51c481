/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Byte orders.
 */
#ifndef KPI_SYS_ENDIAN_H
#define KPI_SYS_ENDIAN_H

#include <sys/types.h>
#define _LITTLE_ENDIAN 1234
#define _BIG_ENDIAN    4321
#define _BYTE_ORDER    _LITTLE_ENDIAN
#define LITTLE_ENDIAN  _LITTLE_ENDIAN
#define BIG_ENDIAN     _BIG_ENDIAN
#define BYTE_ORDER     _BYTE_ORDER
#define bswap16(x)     __builtin_bswap16(x)
#define bswap32(x)     __builtin_bswap32(x)
#define htons(x)       ((uint16_t)__builtin_bswap16((uint16_t)(x)))
#define ntohs(x)       ((uint16_t)__builtin_bswap16((uint16_t)(x)))
#define htonl(x)       ((uint32_t)__builtin_bswap32((uint32_t)(x)))
#define ntohl(x)       ((uint32_t)__builtin_bswap32((uint32_t)(x)))
static inline uint16_t
be16dec(const void *p)
{
	const uint8_t *b = p;

	return ((uint16_t)(b[0] << 8 | b[1]));
}
static inline void
be16enc(void *p, uint16_t v)
{
	uint8_t *b = p;

	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

#endif /* KPI_SYS_ENDIAN_H */
