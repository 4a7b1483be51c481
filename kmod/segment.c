/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets of many segments of TCP: those that the host left uncut for a card
 * (TSO), those that a card merged (LRO), and the program's, for both.
 */
#include "compat.h"
#include "kmod.h"

#include <net/vnet.h>

#include <netinet/in.h>
#include <netinet/in_systm.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_var.h>
#include <netinet6/ip6_var.h>

#define TCP_BYTES	20
#define TCP_DATA_OFFSET 12
#define TCP_CHECKSUM	16

/*
 * Bytes of the headers of a packet of TCP whose first MIRAGE_RX_CONTIGUOUS
 * bytes are contiguous; 0: it is none.
 */
static uint32_t
header_bytes(const struct mbuf *m)
{
	const uint8_t *b = mtod(m, const uint8_t *);
	uint32_t at = ETHER_HDR_LEN, have = (uint32_t)m->m_len;
	uint16_t type = (uint16_t)(b[12] << 8 | b[13]);
	uint8_t protocol;

	if (type == ETHERTYPE_VLAN) {
		at += ETHER_VLAN_ENCAP_LEN;
		type = (uint16_t)(b[16] << 8 | b[17]);
	}
	if (have < at + sizeof(struct ip6_hdr))
		return (0);
	if (type == ETHERTYPE_IP) {
		protocol = b[at + offsetof(struct ip, ip_p)];
		at += (b[at] & 0xfu) * 4;
	} else if (type == ETHERTYPE_IPV6) {
		protocol = b[at + offsetof(struct ip6_hdr, ip6_nxt)];
		at += sizeof(struct ip6_hdr);
	} else
		return (0);
	if (protocol != IPPROTO_TCP || have < at + TCP_BYTES)
		return (0);
	return (at + (b[at + TCP_DATA_OFFSET] >> 4) * 4u);
}

uint16_t
segment_received(const struct mbuf *m, uint32_t max)
{
	uint32_t len = (uint32_t)m->m_pkthdr.len, header, payload, bytes, n;
	bool uncut = (m->m_pkthdr.csum_flags & CSUM_TSO) != 0;

	if ((!uncut && len <= max) || len > MIRAGE_FRAME_MAX + LINK_BYTES ||
	    (checksum_verdict(m) & MIRAGE_FRAME_RX_L4_GOOD) == 0)
		return (0);
	header = header_bytes(m);
	if (header == 0 || header >= len)
		return (0);
	payload = len - header;
	if (uncut)
		return (m->m_pkthdr.tso_segsz < payload ?
			m->m_pkthdr.tso_segsz :
			0);
	/*
	 * How many there were is known, not how long: as long as the MTU
	 * allows, if that makes so many.
	 */
	bytes = max - LINK_BYTES + ETHER_HDR_LEN;
	bytes = bytes > header ? bytes - header : 1;
	n = mrg_lro_packets(m);
	if (n > 1 && howmany(payload, bytes) != n)
		bytes = howmany(payload, n);
	return ((uint16_t)MIN(bytes, UINT16_MAX));
}

/*
 * What the host sends on must not be longer than the MTU of where it goes: so
 * it gets nothing merged while it forwards or bridges, as from LRO of a card.
 */
bool
segment_for_host(struct ifnet *ifp, const struct mirage_frame *f)
{
	bool forwarding;

	if ((if_getcapenable(ifp) & IFCAP_LRO) == 0 || mrg_if_bridged(ifp))
		return (false);
	CURVNET_SET(mrg_if_vnet(ifp));
	forwarding = f->flags & MIRAGE_FRAME_TX_SEGMENT6 ?
	    V_ip6_forwarding != 0 :
	    V_ipforwarding != 0;
	CURVNET_RESTORE();
	return (!forwarding);
}

void
segment_vouch(struct mbuf *m, const struct mirage_frame *f)
{
	checksum_vouch(m);
	mrg_set_lro_packets(
	    m, howmany(f->len - f->header_bytes, f->segment_bytes));
}

bool
segment_able(struct ifnet *ifp, const struct mirage_frame *f, uint64_t hwassist)
{
	bool version6 = (f->flags & MIRAGE_FRAME_TX_SEGMENT6) != 0;
	uint64_t need =
	    version6 ? CSUM_IP6_TSO | CSUM_TCP_IPV6 : CSUM_IP_TSO | CSUM_TCP;
	uint32_t size = ifp->if_hw_tsomaxsegsize, pieces = 0;
	unsigned i;

	if ((hwassist & need) != need ||
	    (if_getcapenable(ifp) & (version6 ? IFCAP_TSO6 : IFCAP_TSO4)) ==
		0 ||
	    f->len > segment_limit(ifp))
		return (false);
	for (i = 0; i < f->nsegs; i++)
		pieces += size == 0 ? 1 : howmany(f->segs[i].len, size);
	return (ifp->if_hw_tsomaxsegcount == 0 ||
	    pieces <= ifp->if_hw_tsomaxsegcount);
}

uint32_t
segment_limit(struct ifnet *ifp)
{
	return (ifp->if_hw_tsomax == 0 ?
		MIRAGE_FRAME_MAX :
		MIN(ifp->if_hw_tsomax, MIRAGE_FRAME_MAX));
}

struct mbuf *
segment_request(struct mbuf *m, const struct mirage_frame *f, uint64_t hwassist)
{
	/* Cards' drivers write to the headers. */
	m = shared_headers(m);
	if (m == NULL || m->m_len < f->header_bytes) {
		m_freem(m);
		return (NULL);
	}
	/* The place of the checksum has what the host's TCP leaves there. */
	m->m_pkthdr.csum_data = TCP_CHECKSUM;
	m->m_pkthdr.tso_segsz = f->segment_bytes;
	if (f->flags & MIRAGE_FRAME_TX_SEGMENT6)
		m->m_pkthdr.csum_flags = CSUM_TCP_IPV6 | CSUM_IP6_TSO;
	else
		m->m_pkthdr.csum_flags = CSUM_TCP | CSUM_IP_TSO;
	if ((f->flags & MIRAGE_FRAME_TX_SEGMENT6) == 0 && hwassist & CSUM_IP) {
		m->m_pkthdr.csum_flags |= CSUM_IP;
		memset(mtod(m, uint8_t *) + ETHER_HDR_LEN +
			offsetof(struct ip, ip_sum),
		    0, 2);
	}
	return (m);
}
