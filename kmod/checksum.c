/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Checksums between mbufs and frames: what a card or the host has said of
 * those that came, and what is asked for those that go.
 */
#include "compat.h"
#include "kmod.h"

#include <netinet/in.h>
#include <netinet/in_systm.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>

#include <machine/in_cksum.h>

#define REQUESTS (CSUM_TCP | CSUM_UDP | CSUM_TCP_IPV6 | CSUM_UDP_IPV6)
#define L3_GOOD	 (CSUM_IP_CHECKED | CSUM_IP_VALID)
#define L4_GOOD	 (CSUM_DATA_VALID | CSUM_PSEUDO_HDR)

/* Offsets of the checksum in TCP's and UDP's header. */
#define TCP_CHECKSUM 16
#define UDP_CHECKSUM 6

/*
 * The host asks for a checksum: then its bytes are its own, and right.  A card
 * says that one is good: perhaps it was never filled in, for the frame has
 * left no machine (virtio, epair).  Both may lack it in the bytes.
 */
uint16_t
checksum_verdict(const struct mbuf *m)
{
	uint64_t flags = m->m_pkthdr.csum_flags;
	uint16_t verdict = 0;

	if ((flags & L3_GOOD) == L3_GOOD)
		verdict |= MIRAGE_FRAME_RX_L3_GOOD;
	if (flags & REQUESTS ||
	    ((flags & L4_GOOD) == L4_GOOD && m->m_pkthdr.csum_data == 0xffff))
		verdict |= MIRAGE_FRAME_RX_L4_GOOD | MIRAGE_FRAME_RX_UNSUMMED;
	return (verdict);
}

/* The first len bytes contiguous and nobody else's.  NULL: freed. */
static struct mbuf *
writable(struct mbuf *m, uint32_t len)
{
	if (len > (uint32_t)m->m_pkthdr.len || len > MHLEN) {
		m_freem(m);
		return (NULL);
	}
	if ((uint32_t)m->m_len >= len && M_WRITABLE(m))
		return (m);
	/* Of external storage it makes a copy. */
	return (m_pullup(m, (int)len));
}

/* Bytes of the link's header; 0: it is cut off. */
static uint32_t
link_bytes(const struct mbuf *m, uint16_t *type)
{
	const uint8_t *b = mtod(m, const uint8_t *);
	uint32_t at = ETHER_HDR_LEN;

	if (m->m_len < ETHER_HDR_LEN)
		return (0);
	*type = (uint16_t)(b[12] << 8 | b[13]);
	if (*type == ETHERTYPE_VLAN) {
		at += ETHER_VLAN_ENCAP_LEN;
		if ((uint32_t)m->m_len < at)
			return (0);
		*type = (uint16_t)(b[16] << 8 | b[17]);
	}
	return (at);
}

struct mbuf *
checksum_fill_ip(struct mbuf *m)
{
	uint32_t at, bytes;
	uint16_t type, sum;

	at = link_bytes(m, &type);
	if (at == 0 || type != ETHERTYPE_IP || (uint32_t)m->m_len <= at)
		return (m);
	bytes = (mtod(m, uint8_t *)[at] & 0xf) * 4u;
	if (bytes < sizeof(struct ip) || at + bytes > MHLEN ||
	    at + bytes > (uint32_t)m->m_pkthdr.len)
		return (m);
	m = writable(m, at + bytes);
	if (m == NULL)
		return (NULL);
	at += offsetof(struct ip, ip_sum);
	memset(mtod(m, uint8_t *) + at, 0, 2);
	sum = in_cksum_skip(m, (int)(at - offsetof(struct ip, ip_sum) + bytes),
	    (int)(at - offsetof(struct ip, ip_sum)));
	memcpy(mtod(m, uint8_t *) + at, &sum, 2);
	m->m_pkthdr.csum_flags &= ~CSUM_IP;
	return (m);
}

struct mbuf *
checksum_fill(struct mbuf *m, const struct mirage_frame *f)
{
	uint32_t at = (uint32_t)f->csum_start + f->csum_offset;
	uint16_t sum;

	m = writable(m, at + 2);
	if (m == NULL)
		return (NULL);
	/* The field holds the sum of the pseudo header. */
	sum = in_cksum_skip(m, m->m_pkthdr.len, f->csum_start);
	if (sum == 0)
		sum = 0xffff; /* RFC 768: 0 means that there is none */
	memcpy(mtod(m, uint8_t *) + at, &sum, 2);
	return (m);
}

/* CSUM_*: the request in the host's words; 0: it has none for it. */
static uint64_t
request_of(const struct mbuf *m, const struct mirage_frame *f)
{
	const uint8_t *b = mtod(m, const uint8_t *);
	uint16_t type;
	uint8_t protocol;

	/* A tag in the bytes is more than some cards look behind. */
	if (link_bytes(m, &type) != ETHER_HDR_LEN ||
	    (uint32_t)m->m_len < (uint32_t)f->csum_start + f->csum_offset + 2)
		return (0);
	if (type == ETHERTYPE_IP &&
	    f->csum_start >= ETHER_HDR_LEN + sizeof(struct ip)) {
		protocol = b[ETHER_HDR_LEN + offsetof(struct ip, ip_p)];
		if (protocol == IPPROTO_UDP && f->csum_offset == UDP_CHECKSUM)
			return (CSUM_UDP);
		if (protocol == IPPROTO_TCP && f->csum_offset == TCP_CHECKSUM)
			return (CSUM_TCP);
	} else if (type == ETHERTYPE_IPV6 &&
	    f->csum_start == ETHER_HDR_LEN + sizeof(struct ip6_hdr)) {
		protocol = b[ETHER_HDR_LEN + offsetof(struct ip6_hdr, ip6_nxt)];
		if (protocol == IPPROTO_UDP && f->csum_offset == UDP_CHECKSUM)
			return (CSUM_UDP_IPV6);
		if (protocol == IPPROTO_TCP && f->csum_offset == TCP_CHECKSUM)
			return (CSUM_TCP_IPV6);
	}
	return (0);
}

struct mbuf *
checksum_request(struct mbuf *m, const struct mirage_frame *f, uint64_t able)
{
	uint64_t request = request_of(m, f) & able;

	if (request == 0)
		return (checksum_fill(m, f));
	m->m_pkthdr.csum_flags = request;
	m->m_pkthdr.csum_data = f->csum_offset;
	return (m);
}

void
checksum_vouch(struct mbuf *m)
{
	m->m_pkthdr.csum_flags = L4_GOOD;
	m->m_pkthdr.csum_data = 0xffff;
}
