/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Ethernet interfaces: attaching, input, output, requests, media.
 */
#include "kernel.h"
#include "ifnet.h"
#include "mbuf.h"

#include <sys/sockio.h>

#include <net/bpf.h>
#include <net/if_media.h>
#include <net/if_bridgevar.h>
#include <net/if_vlan_var.h>
#include <netinet/ip_var.h>
#include <netinet6/ip6_var.h>

#include <netinet/ip_carp.h>

struct mbuf *(*bridge_input_p)(struct ifnet *, struct mbuf *);
int (*carp_forus_p)(struct ifnet *, u_char *);
int ipforwarding, ip6_forwarding;

static int
dead_transmit(struct ifnet *ifp, struct mbuf *m)
{
	m_freem(m);
	return (ENXIO);
}

static int
dead_ioctl(struct ifnet *ifp, u_long command, caddr_t data)
{
	return (ENXIO);
}

static void
dead_input(struct ifnet *ifp, struct mbuf *m)
{
	m_freem(m);
}

static void
dead_qflush(struct ifnet *ifp)
{
}

static void
dead_init(void *softc)
{
}

void
ether_ifattach(struct ifnet *ifp, const uint8_t *address)
{
	may_sleep("ether_ifattach");
	if (curvnet == NULL)
		violation(
		    "ether_ifattach in %s without a vnet", place_text(here()));
	witness_enter("ifnet_sx", true);
	memcpy(ifp->address, address, sizeof(ifp->address));
	memcpy(ifp->first_address, address, sizeof(ifp->first_address));
	ifp->hw_addr = ifp->first_address;
	ifp->input = ether_input;
	ifp->mtu = ETHERMTU;
	if (ifp->baudrate == 0)
		ifp->baudrate = 10000000;
	ifp->attached = true;
	big_lock();
	ifp->next = interfaces;
	interfaces = ifp;
	big_unlock();
	witness_leave("ifnet_sx");
	if (netgraph_attach != NULL)
		netgraph_attach(ifp);
	event_ifnet("ifnet_arrival_event", ifp);
}

void
ether_ifdetach(struct ifnet *ifp)
{
	struct ifnet **at;

	may_sleep("ether_ifdetach");
	if (!ifp->attached) {
		violation("ether_ifdetach in %s of what is not attached",
		    place_text(here()));
		return;
	}
	if (netgraph_detach != NULL)
		netgraph_detach(ifp);
	witness_enter("ifnet_sx", true);
	big_lock();
	for (at = &interfaces; *at != ifp; at = &(*at)->next)
		;
	*at = ifp->next;
	big_unlock();
	witness_leave("ifnet_sx");
	if (ifp->qflush != NULL)
		ifp->qflush(ifp);
	event_ifnet("ifnet_departure_event", ifp);
	netisr_forget(ifp);
	ifp->attached = false;
	ifp->dying = true;
	ifp->transmit = dead_transmit;
	ifp->ioctl = dead_ioctl;
	ifp->input = dead_input;
	ifp->qflush = dead_qflush;
	ifp->init = dead_init;
}

int
ether_ioctl(struct ifnet *ifp, u_long command, caddr_t data)
{
	struct ifreq *request = (struct ifreq *)data;

	switch (command) {
	case SIOCSIFADDR:
		ifp->flags |= IFF_UP;
		ifp->init(ifp->softc);
		return (0);
	case SIOCSIFMTU:
		if (request->ifr_mtu > ETHERMTU)
			return (EINVAL);
		ifp->mtu = request->ifr_mtu;
		return (0);
	case SIOCGIFADDR:
		return (0);
	default:
		return (EINVAL);
	}
}

/* Frames of the host: by ng_ether, then to the driver. */
int
interface_output(struct ifnet *ifp, struct mbuf *m)
{
	int error = 0;

	if (ifp->l2com != NULL && netgraph_output != NULL &&
	    netgraph_output(ifp, &m, &error))
		return (error);
	return (ether_output_frame(ifp, m));
}

int
ether_output_frame(struct ifnet *ifp, struct mbuf *m)
{
	if (self()->epoch == 0)
		violation("ether_output_frame in %s outside of the net epoch",
		    place_text(here()));
	packet_check(m, ifp->name);
	return (ifp->transmit(ifp, m));
}

void
ether_input(struct ifnet *ifp, struct mbuf *m)
{
	struct mbuf *next;

	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		m->m_nextpkt = NULL;
		packet_check(m, "ether_input");
		if ((ifp->flags & IFF_UP) == 0) {
			m_freem(m);
			continue;
		}
		kpi_bpf_tap(ifp, m);
		if_inc_counter(ifp, IFCOUNTER_IBYTES, m->m_pkthdr.len);
		if (!ifp->simulated)
			if_inc_counter(ifp, IFCOUNTER_IPACKETS, 1);
		if (ETHER_IS_BROADCAST(m->m_data))
			m->m_flags |= M_BCAST;
		else if (ETHER_IS_MULTICAST(m->m_data))
			m->m_flags |= M_MCAST;
		if (ifp->l2com != NULL && netgraph_input != NULL &&
		    netgraph_input(ifp, &m))
			continue;
		ether_demux(ifp, m);
	}
}

void
ether_demux(struct ifnet *ifp, struct mbuf *m)
{
	if (self()->epoch == 0)
		violation("ether_demux in %s outside of the net epoch",
		    place_text(here()));
	if (!ETHER_IS_MULTICAST(m->m_data) &&
	    memcmp(m->m_data, ifp->address, ETHER_ADDR_LEN) != 0) {
		m_freem(m); /* not for the host */
		return;
	}
	stack_input(ifp, m);
}

struct mbuf *
ether_vlanencap(struct mbuf *m, uint16_t tag)
{
	struct ether_vlan_header *h;

	if (fault("ether_vlanencap")) {
		m_freem(m);
		return (NULL);
	}
	M_PREPEND(m, ETHER_VLAN_ENCAP_LEN, M_NOWAIT);
	if (m == NULL)
		return (NULL);
	if (m->m_len < (int)sizeof(*h)) {
		m = m_pullup(m, sizeof(*h));
		if (m == NULL)
			return (NULL);
	}
	h = mtod(m, struct ether_vlan_header *);
	memmove(h, (char *)h + ETHER_VLAN_ENCAP_LEN, 2 * ETHER_ADDR_LEN);
	h->evl_encap_proto = htons(ETHERTYPE_VLAN);
	h->evl_tag = htons(tag);
	return (m);
}

void
ether_gen_addr(struct ifnet *ifp, struct ether_addr *made)
{
	unsigned i;

	/* From the name: the same each time. */
	memcpy(made->octet, "\x58\x9c\xfc\x10\x00\x00", ETHER_ADDR_LEN);
	for (i = 0; ifp->name[i] != '\0'; i++)
		made->octet[4 + i % 2] =
		    (u_char)(made->octet[4 + i % 2] * 31 + ifp->name[i]);
}

/* Media. */
void
ifmedia_init(struct ifmedia *media, int mask, ifm_change_cb_t change,
    ifm_stat_cb_t status)
{
	memset(media, 0, sizeof(*media));
	media->ifm_mask = mask;
	media->ifm_change = change;
	media->ifm_status = status;
}

void
ifmedia_add(struct ifmedia *media, int word, int data, void *aux)
{
	struct ifmedia_entry *e = host_alloc(sizeof(*e));

	may_sleep("ifmedia_add");
	e->ifm_media = word;
	e->ifm_data = data;
	e->ifm_aux = aux;
	e->ifm_next = media->ifm_first;
	media->ifm_first = e;
	thing_made(KIND_MEDIA, e, "", sizeof(*e));
}

void
ifmedia_set(struct ifmedia *media, int word)
{
	struct ifmedia_entry *e;

	for (e = media->ifm_first; e != NULL; e = e->ifm_next)
		if (e->ifm_media == word)
			media->ifm_cur = e;
	if (media->ifm_cur == NULL)
		violation("ifmedia_set in %s to a medium that was not added",
		    place_text(here()));
	media->ifm_media = word;
}

void
ifmedia_removeall(struct ifmedia *media)
{
	struct ifmedia_entry *e;

	while ((e = media->ifm_first) != NULL) {
		media->ifm_first = e->ifm_next;
		thing_gone(KIND_MEDIA, e, "ifmedia_removeall", NULL);
		host_free(e);
	}
	media->ifm_cur = NULL;
}

int
ifmedia_ioctl(struct ifnet *ifp, struct ifreq *request, struct ifmedia *media,
    u_long command)
{
	struct ifmediareq *status = (struct ifmediareq *)request;

	if (command == SIOCSIFMEDIA)
		return (media->ifm_change(ifp));
	status->ifm_current = media->ifm_media;
	media->ifm_status(ifp, status);
	return (0);
}

void
bpfattach(struct ifnet *ifp, u_int type, u_int header)
{
}

void
bpfdetach(struct ifnet *ifp)
{
}
