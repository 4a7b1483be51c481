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

	if ((m->m_pkthdr.csum_flags & (CSUM_TCP | CSUM_UDP)) == 0)
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
	kpi_bpf_tap(ifp, m);
	bytes = host_alloc(len);
	packet_bytes(m, bytes);
	fill_checksum(m, bytes, len);
	big_lock();
	if (c->count++ < 4096) {
		text_printf(&c->wire,
		    "%s{\"name\":\"%s\",\"csumFlags\":%u,\"csumData\":%u,"
		    "\"vlan\":%d,\"bytes\":\"",
		    c->wire.len == 0 ? "" : ",", ifp->name,
		    m->m_pkthdr.csum_flags, m->m_pkthdr.csum_data,
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
	ifp->hwassist = CSUM_IP | CSUM_TCP | CSUM_UDP;
	ifp->transmit = card_transmit;
	ifp->ioctl = card_ioctl;
	ifp->init = card_init;
	ifp->qflush = card_qflush;
	ether_ifattach(ifp, mac);
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
