/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Simulated network cards: what a driver does, with a wire at its end.
 */
#include "kernel.h"
#include "ifnet.h"
#include "mbuf.h"

#include <sys/sockio.h>

#include <net/bpf.h>
#include <net/if_types.h>
#include <net/vnet.h>

struct card {
	struct ifnet *ifp;
	bool full; /* of what it sends */
	struct text wire; /* what it sent: JSON strings of hex */
	size_t count;
};

/* The checksum that the card was asked for. */
static void
fill_checksum(const struct mbuf *m, uint8_t *bytes, uint32_t len)
{
	uint32_t start, at, sum = 0, i;

	/* Packets that it cuts are shown uncut. */
	if ((m->m_pkthdr.csum_flags & (CSUM_TCP | CSUM_UDP)) == 0 ||
	    m->m_pkthdr.csum_flags & CSUM_TSO)
		return;
	start = ETHER_HDR_LEN + (bytes[ETHER_HDR_LEN] & 0xf) * 4u;
	at = start + m->m_pkthdr.csum_data;
	if (at + 2 > len) {
		violation("a card is asked for a checksum behind the packet's "
			  "end, at byte %u of %u",
		    at, len);
		return;
	}
	for (i = start; i < len; i++)
		sum += (uint32_t)bytes[i] << ((i - start) % 2 == 0 ? 8 : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	bytes[at] = (uint8_t)(sum >> 8);
	bytes[at + 1] = (uint8_t)sum;
}

/* A packet that the card shall cut is as the host's own TCP would make it. */
static void
check_segments(struct ifnet *ifp, const struct mbuf *m, uint32_t len)
{
	uint32_t flags = m->m_pkthdr.csum_flags, pieces = 0;
	const struct mbuf *n;

	if ((flags & CSUM_TSO) == 0) {
		if (len > (uint32_t)ifp->mtu + ETHER_HDR_LEN + 4)
			violation("a card is given %u bytes", len);
		return;
	}
	for (n = m; n != NULL; n = n->m_next)
		pieces += (uint32_t)n->m_len;
	if ((ifp->capenable & (IFCAP_TSO4 | IFCAP_TSO6)) == 0 ||
	    m->m_pkthdr.tso_segsz == 0 || len > ifp->tsomax || pieces != len)
		violation("a card cannot cut a packet of %u bytes to %u", len,
		    m->m_pkthdr.tso_segsz);
}

static int
card_transmit(struct ifnet *ifp, struct mbuf *m)
{
	struct card *c = ifp->softc;
	uint32_t len = packet_length(m);
	uint8_t *bytes;

	if (c->full) {
		m_freem(m);
		if_inc_counter(ifp, IFCOUNTER_OQDROPS, 1);
		return (ENOBUFS);
	}
	check_segments(ifp, m, len);
	kpi_bpf_tap(ifp, m);
	bytes = host_alloc(len);
	packet_bytes(m, bytes);
	fill_checksum(m, bytes, len);
	big_lock();
	if (c->count++ < 4096) {
		text_printf(&c->wire,
		    "%s{\"name\":\"%s\",\"csumFlags\":%u,\"csumData\":%u,"
		    "\"tso\":%u,\"vlan\":%d,\"bytes\":\"",
		    c->wire.len == 0 ? "" : ",", ifp->name,
		    m->m_pkthdr.csum_flags, m->m_pkthdr.csum_data,
		    m->m_pkthdr.tso_segsz,
		    m->m_flags & M_VLANTAG ? m->m_pkthdr.ether_vtag : -1);
		text_hex(&c->wire, bytes, len);
		text_printf(&c->wire, "\"}");
	}
	big_unlock();
	host_free(bytes);
	if_inc_counter(ifp, IFCOUNTER_OPACKETS, 1);
	m_freem(m);
	return (0);
}

static int
card_ioctl(struct ifnet *ifp, u_long command, caddr_t data)
{
	struct ifreq *request = (struct ifreq *)data;

	switch (command) {
	case SIOCSIFFLAGS:
		ifp->drvflags = ifp->flags & IFF_UP ?
		    ifp->drvflags | IFF_DRV_RUNNING :
		    ifp->drvflags & ~IFF_DRV_RUNNING;
		return (0);
	case SIOCSIFMTU:
		ifp->mtu = request->ifr_mtu;
		return (0);
	case SIOCSIFCAP:
		ifp->capenable = request->ifr_reqcap & ifp->capabilities;
		ifp->hwassist &= ~CSUM_TSO;
		if (ifp->capenable & IFCAP_TSO4)
			ifp->hwassist |= CSUM_IP_TSO;
		if (ifp->capenable & IFCAP_TSO6)
			ifp->hwassist |= CSUM_IP6_TSO;
		return (0);
	default:
		return (ether_ioctl(ifp, command, data));
	}
}

static void
card_init(void *softc)
{
}

static void
card_qflush(struct ifnet *ifp)
{
}

int
card_create(const char *name, const uint8_t *mac)
{
	struct ifnet *ifp = interface_find(name);
	struct vnet *saved = curvnet;
	struct card *c;

	if (ifp != NULL) {
		if_rele(ifp);
		return (EEXIST);
	}
	c = host_alloc(sizeof(*c));
	curvnet = vnet0;
	ifp = if_alloc(IFT_ETHER);
	c->ifp = ifp;
	ifp->simulated = true;
	ifp->softc = c;
	if_initname(ifp, name, -1);
	ifp->flags = IFF_BROADCAST | IFF_SIMPLEX | IFF_MULTICAST | IFF_UP;
	ifp->drvflags = IFF_DRV_RUNNING;
	ifp->link = LINK_STATE_UP;
	ifp->capabilities = ifp->capenable =
	    IFCAP_VLAN_MTU | IFCAP_VLAN_HWTAGGING | IFCAP_RXCSUM | IFCAP_TXCSUM;
	/* Segmentation is there, and off. */
	ifp->capabilities |= IFCAP_TSO4 | IFCAP_TSO6 | IFCAP_LRO;
	ifp->tsomax = 65535 - ETHER_HDR_LEN - 4;
	ifp->tsomaxsegcount = 40;
	ifp->tsomaxsegsize = 16384;
	ifp->transmit = card_transmit;
	ifp->ioctl = card_ioctl;
	ifp->init = card_init;
	ifp->qflush = card_qflush;
	ether_ifattach(ifp, mac);
	/* As drivers do when the interface is brought up. */
	ifp->hwassist = CSUM_IP | CSUM_TCP | CSUM_UDP | CSUM_TCP_IPV6;
	curvnet = saved;
	return (0);
}

int
card_destroy(const char *name)
{
	struct ifnet *ifp = interface_find(name);
	struct vnet *saved = curvnet;
	struct card *c;

	if (ifp == NULL)
		return (ENXIO);
	if_rele(ifp);
	if (!ifp->simulated)
		return (EINVAL);
	c = ifp->softc;
	curvnet = ifp->vnet;
	ifp->drvflags = 0;
	ether_ifdetach(ifp);
	curvnet = saved;
	epoch_forget();
	if_free(ifp);
	text_free(&c->wire);
	host_free(c);
	return (0);
}

void
card_take(const char *name, struct text *t)
{
	struct ifnet *ifp = interface_find(name);
	struct card *c;

	text_printf(t, "[");
	if (ifp != NULL && ifp->simulated) {
		c = ifp->softc;
		big_lock();
		if (c->wire.len > 0)
			text_printf(t, "%s", c->wire.at);
		text_free(&c->wire);
		c->count = 0;
		big_unlock();
	}
	if (ifp != NULL)
		if_rele(ifp);
	text_printf(t, "]");
}

void
card_full(struct ifnet *ifp, bool full)
{
	if (ifp->simulated)
		((struct card *)ifp->softc)->full = full;
}

/* As the driver hands on what came by the wire; takes the packet. */
bool
card_receive(struct ifnet *ifp, struct mbuf *m)
{
	struct epoch_tracker et;

	if ((ifp->drvflags & IFF_DRV_RUNNING) == 0) {
		m_freem(m);
		return (false);
	}
	m->m_pkthdr.rcvif = ifp;
	if_inc_counter(ifp, IFCOUNTER_IPACKETS, 1);
	kpi_epoch_enter(&et);
	curvnet = ifp->vnet;
	ifp->input(ifp, m);
	curvnet = NULL;
	kpi_epoch_exit(&et);
	return (true);
}
