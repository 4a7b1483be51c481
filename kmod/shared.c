/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets of an interface that host and program share: who gets which.  What
 * is addressed to the program's MAC address is the program's alone, a group's
 * goes to both, and the host gets everything else as if the program were not
 * there.
 */
#include "compat.h"
#include "kmod.h"

#include <net/bpf.h>
#include <net/if_bridgevar.h>
#include <net/netisr.h>
#include <net/vnet.h>

#include <netinet/in.h>
#include <netinet/ip_carp.h>

/* Does the host answer for the address by carp(4)? */
static bool
carp_has(struct ifnet *ifp, const uint8_t *mac)
{
	return (mrg_if_carp(ifp) &&
	    (*carp_forus_p)(ifp, __DECONST(uint8_t *, mac)) != 0);
}

/* Set on what the program sends to the host, which takes the way of input. */
#define FROM_PROGRAM M_PROTO9

/* Bytes that the host may write to in a packet that it got. */
#define HEADER_BYTES 128

struct mbuf *
shared_headers(struct mbuf *m)
{
	if (M_WRITABLE(m))
		return (m);
	/* Of external storage it makes a copy, contiguous or not. */
	return (m_pullup(m, MIN(m->m_pkthdr.len, HEADER_BYTES)));
}

static const uint8_t *
destination(const struct mbuf *m)
{
	return (mtod(m, const struct ether_header *)->ether_dhost);
}

/*
 * One more packet of the same bytes for the host, which changes headers in
 * place (it makes an ARP request its answer): those are its own, the rest is
 * by reference.
 */
static struct mbuf *
host_copy(struct mbuf *m)
{
	int len = MIN(m->m_pkthdr.len, HEADER_BYTES);
	struct mbuf *copy = m_gethdr(M_NOWAIT, MT_DATA);

	if (copy == NULL)
		return (NULL);
	if (!m_dup_pkthdr(copy, m, M_NOWAIT)) {
		m_free(copy);
		return (NULL);
	}
	m_copydata(m, 0, len, mtod(copy, caddr_t));
	copy->m_len = len;
	if (len == m->m_pkthdr.len)
		return (copy);
	copy->m_next = m_copym(m, len, M_COPYALL, M_NOWAIT);
	if (copy->m_next == NULL) {
		m_free(copy);
		return (NULL);
	}
	return (copy);
}

static void
to_program(struct mirage_port *port, struct mbuf *m)
{
	struct mirage_platform *p = port->platform;
	enum mirage_drop why;

	m = queue_prepare(m, port->mtu + LINK_BYTES, &why);
	if (m == NULL) {
		port_drop(port, why, 0);
		return;
	}
	mtx_lock(&p->lock);
	if (!p->accepting)
		counter_u64_add(p->not_running, 1);
	else if (queue_put(port, m))
		m = NULL;
	mtx_unlock(&p->lock);
	m_freem(m);
}

/*
 * As the host's input goes on where it asked us.  The card is promiscuous for
 * the program's address, which must not show the host more than before.
 */
static void
to_host(struct ifnet *ifp, struct mbuf *m)
{
	if (mrg_if_bridged(ifp)) {
		BRIDGE_INPUT(ifp, m);
		if (m == NULL)
			return;
	} else if (!ETHER_IS_MULTICAST(destination(m)) &&
	    memcmp(destination(m), mrg_if_lladdr(ifp), ETHER_ADDR_LEN) != 0 &&
	    !carp_has(ifp, destination(m)))
		m->m_flags |= M_PROMISC;
	ether_demux(ifp, m);
}

/* A group's packet for both; the caller's goes on to the host. */
static struct mbuf *
split(struct mirage_port *port, struct mbuf *m)
{
	struct mbuf *copy = host_copy(m);

	if (copy == NULL) {
		port_drop(
		    port, MIRAGE_DROP_NO_BUFFERS, (uint32_t)m->m_pkthdr.len);
		return (m);
	}
	to_program(port, m);
	return (copy);
}

void
shared_from_wire(struct mirage_port *port, struct mbuf *m)
{
	struct ifnet *ifp = port->ifp;

	if (m->m_flags & FROM_PROGRAM) {
		m->m_flags &= ~FROM_PROGRAM;
		to_host(ifp, m);
	} else if (port->steal ||
	    memcmp(destination(m), port->mac, ETHER_ADDR_LEN) == 0)
		to_program(port, m);
	else if (ETHER_IS_MULTICAST(destination(m)))
		to_host(ifp, split(port, m));
	else
		to_host(ifp, m);
}

int
shared_from_host(struct mirage_port *port, struct mbuf *m)
{
	if (port->steal) {
		counter_u64_add(port->platform->stolen, 1);
		m_freem(m);
		return (ENETDOWN);
	}
	if (m->m_len < ETHER_HDR_LEN) {
		m = m_pullup(m, ETHER_HDR_LEN);
		if (m == NULL)
			return (ENOBUFS);
	}
	if (memcmp(destination(m), port->mac, ETHER_ADDR_LEN) == 0) {
		to_program(port, m);
		return (0);
	}
	if (ETHER_IS_MULTICAST(destination(m)))
		m = split(port, m);
	return (ether_output_frame(port->ifp, m));
}

/* Is it for the host, and for the wire? */
struct way {
	bool host, wire;
};

static struct way
way_of(const struct mirage_port *port, struct ifnet *ifp, const uint8_t *to)
{
	bool group = ETHER_IS_MULTICAST(to);
	bool own = memcmp(to, mrg_if_lladdr(ifp), ETHER_ADDR_LEN) == 0;

	return ((struct way) {.host = !port->steal && (group || own),
	    .wire = port->steal || group || !own});
}

/* Through the host's own network thread, as if the card had received it. */
static int
hand_up(struct ifnet *ifp, struct mbuf *m)
{
	m = shared_headers(m);
	if (m == NULL)
		return (ENOBUFS);
	m->m_pkthdr.rcvif = ifp;
	m->m_flags |= FROM_PROGRAM;
	return (netisr_queue(NETISR_ETHER, m));
}

/* CSUM_*: what the card fills in now. */
static uint64_t
able(const struct mirage_port *port, struct ifnet *ifp)
{
	uint64_t able = 0;

	if (if_getcapenable(ifp) & IFCAP_TXCSUM)
		able |= CSUM_TCP | CSUM_UDP;
	if (if_getcapenable(ifp) & IFCAP_TXCSUM_IPV6)
		able |= CSUM_TCP_IPV6 | CSUM_UDP_IPV6;
	return (able & port->hwassist);
}

static int
distribute(struct mirage_port *port, struct ifnet *ifp, struct mirage_frame *f,
    struct mbuf *m)
{
	struct way way = way_of(port, ifp, destination(m));
	struct mbuf *copy;

	/* A card fills in and cuts what goes out alone. */
	if (f->flags & MIRAGE_FRAME_TX_SEGMENT && way.host)
		segment_vouch(m, f);
	else if (f->flags & MIRAGE_FRAME_TX_SEGMENT)
		m = segment_request(m, f, port->hwassist);
	else if (f->flags & MIRAGE_FRAME_TX_CSUM)
		m = way.host ? checksum_fill(m, f) :
			       checksum_request(m, f, able(port, ifp));
	if (m == NULL)
		return (ENOBUFS);
	if (!way.wire)
		return (hand_up(ifp, m));
	if (way.host) {
		copy = host_copy(m);
		if (copy != NULL)
			(void)hand_up(ifp, copy);
	}
	return (ether_output_frame(ifp, m));
}

/* Can a frame of many segments go as it is? */
static bool
is_uncut(
    struct mirage_port *port, struct ifnet *ifp, const struct mirage_frame *f)
{
	struct way way = way_of(port, ifp, f->head);

	if (!way.host)
		return (segment_able(
		    ifp, f, able(port, ifp) | (port->hwassist & CSUM_TSO)));
	return (!way.wire && segment_for_host(ifp, f));
}

enum mirage_tx
shared_transmit(struct mirage_port *port, struct mirage_frame *f)
{
	enum mirage_tx result = MIRAGE_TX_DOWN;
	struct ifnet *ifp = port->ifp;
	struct mbuf *m = NULL;
	mrg_net_tracker et;

	mrg_net_enter(&et);
	if (port->gone || f->len < ETHER_HDR_LEN || !mrg_if_running(ifp) ||
	    mrg_if_link_down(ifp))
		goto out;
	result = MIRAGE_TX_CUT;
	if (f->flags & MIRAGE_FRAME_TX_SEGMENT && !is_uncut(port, ifp, f))
		goto out;
	result = MIRAGE_TX_TOO_LONG;
	if ((f->flags & MIRAGE_FRAME_TX_SEGMENT) == 0 &&
	    f->len > mrg_if_mtu(ifp) + LINK_BYTES)
		goto out;
	result = MIRAGE_TX_FULL;
	m = mbuf_from_frame(port->platform, f);
	if (m != NULL && m->m_len < ETHER_HDR_LEN)
		m = m_pullup(m, ETHER_HDR_LEN);
	if (m == NULL)
		goto out;
	CURVNET_SET(mrg_if_vnet(ifp));
	if (distribute(port, ifp, f, m) == 0)
		result = MIRAGE_TX_SENT;
	CURVNET_RESTORE();
out:
	mrg_net_exit(&et);
	return (result);
}
