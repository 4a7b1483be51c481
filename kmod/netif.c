/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * mirage0: an Ethernet interface of the host whose other end is the program.
 * What the host sends waits in a bounded queue for the program's thread; what
 * the program sends goes to the host's own network thread.
 */
#include "compat.h"
#include "kmod.h"

#include <sys/sockio.h>

#include <net/bpf.h>
#include <net/ethernet.h>
#include <net/if_types.h>
#include <net/if_vlan_var.h>
#include <net/netisr.h>
#include <net/vnet.h>

static void
drop(struct mirage_platform *p, enum mirage_drop reason, struct mbuf *m)
{
	mtx_lock(&p->lock);
	p->netif.drops[reason]++;
	mtx_unlock(&p->lock);
	m_freem(m);
}

/* In any context, inside of a network epoch: must not sleep. */
static int
transmit(struct ifnet *ifp, struct mbuf *m)
{
	struct mirage_platform *p = if_getsoftc(ifp);
	struct mirage_netif *n = &p->netif;
	uint32_t len = (uint32_t)m->m_pkthdr.len;
	uint32_t max = mrg_if_mtu(ifp) + ETHER_HDR_LEN + ETHER_VLAN_ENCAP_LEN;
	bool queued = false, full = false;

	if (!mrg_if_running(ifp)) {
		m_freem(m);
		return (ENETDOWN);
	}
	ETHER_BPF_MTAP(ifp, m);
	if (m->m_flags & M_VLANTAG) {
		m = ether_vlanencap(m, m->m_pkthdr.ether_vtag);
		if (m == NULL)
			goto lost;
		m->m_flags &= ~M_VLANTAG;
		len = (uint32_t)m->m_pkthdr.len;
	}
	m = mrg_map_mbuf(m);
	if (m == NULL)
		goto lost;
	if (len < ETHER_HDR_LEN || len > max) {
		drop(p, len > max ? MIRAGE_DROP_OVERSIZE : MIRAGE_DROP_RUNT, m);
		if_inc_counter(ifp, IFCOUNTER_OERRORS, 1);
		return (EMSGSIZE);
	}
	if ((uint32_t)m->m_len < MIN(len, MIRAGE_RX_CONTIGUOUS)) {
		m = m_pullup(m, (int)MIN(len, MIRAGE_RX_CONTIGUOUS));
		if (m == NULL)
			goto lost;
	}
	m->m_nextpkt = NULL;
	mtx_lock(&p->lock);
	if (!p->accepting)
		n->not_running++;
	else if (n->waiting >= QUEUE_LIMIT) {
		n->drops[MIRAGE_DROP_QUEUE_FULL]++;
		full = true;
	} else {
		if (n->first == NULL)
			n->first = m;
		else
			n->last->m_nextpkt = m;
		n->last = m;
		n->waiting++;
		queued = true;
		if (p->sleeping)
			wakeup_one(&p->sleeping);
	}
	mtx_unlock(&p->lock);
	if (!queued) {
		m_freem(m);
		if_inc_counter(ifp, IFCOUNTER_OQDROPS, 1);
		return (full ? ENOBUFS : ENETDOWN);
	}
	if_inc_counter(ifp, IFCOUNTER_OPACKETS, 1);
	if_inc_counter(ifp, IFCOUNTER_OBYTES, len);
	return (0);
lost:
	drop(p, MIRAGE_DROP_NO_BUFFERS, NULL);
	if_inc_counter(ifp, IFCOUNTER_OERRORS, 1);
	return (ENOBUFS);
}

static void
qflush(struct ifnet *ifp)
{
	netif_purge(if_getsoftc(ifp));
}

static void
init(void *softc)
{
	struct mirage_platform *p = softc;

	if_setdrvflagbits(p->netif.ifp, IFF_DRV_RUNNING, 0);
	if_link_state_change(p->netif.ifp, LINK_STATE_UP);
}

static int
media_change(struct ifnet *ifp)
{
	return (0);
}

static void
media_status(struct ifnet *ifp, struct ifmediareq *request)
{
	request->ifm_active = IFM_ETHER | IFM_AUTO;
	request->ifm_status = IFM_AVALID | IFM_ACTIVE;
}

static int
set_mtu(struct mirage_platform *p, struct ifnet *ifp, int mtu)
{
	int error = 0;

	if (mtu < ETHERMIN || mtu > MIRAGE_MTU_MAX)
		return (EINVAL);
	/* A program is told the MTU when it starts, and counts on it. */
	mtx_lock(&p->lock);
	if (p->busy)
		error = EBUSY;
	else
		if_setmtu(ifp, mtu);
	mtx_unlock(&p->lock);
	return (error);
}

static int
ioctl(struct ifnet *ifp, u_long command, caddr_t data)
{
	struct mirage_platform *p = if_getsoftc(ifp);
	struct ifreq *request = (struct ifreq *)data;

	switch (command) {
	case SIOCSIFFLAGS:
		if (if_getflags(ifp) & IFF_UP)
			init(p);
		else
			if_setdrvflagbits(ifp, 0, IFF_DRV_RUNNING);
		return (0);
	case SIOCADDMULTI:
	case SIOCDELMULTI:
		return (0); /* the program gets all of them */
	case SIOCSIFMTU:
		return (set_mtu(p, ifp, request->ifr_mtu));
	case SIOCSIFMEDIA:
	case SIOCGIFMEDIA:
		return (ifmedia_ioctl(ifp, request, &p->netif.media, command));
	default:
		return (ether_ioctl(ifp, command, data));
	}
}

int
netif_create(struct mirage_platform *p)
{
	struct mirage_netif *n = &p->netif;
	struct ifnet *ifp;

	CURVNET_SET(vnet0);
	ifp = if_alloc(IFT_ETHER);
	if (ifp == NULL) {
		CURVNET_RESTORE();
		return (ENOMEM);
	}
	if_initname(ifp, "mirage", 0);
	if_setsoftc(ifp, p);
	if_setflags(ifp, IFF_BROADCAST | IFF_SIMPLEX | IFF_MULTICAST);
	if_setcapabilities(ifp, IFCAP_VLAN_MTU | IFCAP_LINKSTATE);
	if_setcapenable(ifp, IFCAP_VLAN_MTU | IFCAP_LINKSTATE);
	if_setinitfn(ifp, init);
	if_setioctlfn(ifp, ioctl);
	if_settransmitfn(ifp, transmit);
	if_setqflushfn(ifp, qflush);
	ifmedia_init(&n->media, 0, media_change, media_status);
	ifmedia_add(&n->media, IFM_ETHER | IFM_AUTO, 0, NULL);
	ifmedia_set(&n->media, IFM_ETHER | IFM_AUTO);
	mrg_ether_gen_addr(ifp, n->host_mac);
	/* The program's own: a neighbour of it, locally administered. */
	memcpy(n->mac, n->host_mac, sizeof(n->mac));
	n->mac[0] |= 0x02;
	n->mac[5] ^= 0x01;
	n->ifp = ifp;
	ether_ifattach(ifp, n->host_mac);
	CURVNET_RESTORE();
	return (0);
}

void
netif_destroy(struct mirage_platform *p)
{
	struct ifnet *ifp = p->netif.ifp;

	if (ifp == NULL)
		return;
	if_setdrvflagbits(ifp, 0, IFF_DRV_RUNNING);
	CURVNET_SET(mrg_if_vnet(ifp));
	ether_ifdetach(ifp);
	mrg_net_wait();
	p->netif.ifp = NULL;
	if_free(ifp);
	CURVNET_RESTORE();
	ifmedia_removeall(&p->netif.media);
	netif_purge(p);
}

void
netif_purge(struct mirage_platform *p)
{
	struct mbuf *m, *next;

	mtx_lock(&p->lock);
	m = p->netif.first;
	p->netif.first = p->netif.last = NULL;
	p->netif.waiting = 0;
	mtx_unlock(&p->lock);
	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		m->m_nextpkt = NULL;
		m_freem(m);
	}
}

unsigned
mirage_platform_netif_count(struct mirage_platform *p)
{
	return (p->netif.ifp != NULL ? 1 : 0);
}

void
mirage_platform_netif_info(
    struct mirage_platform *p, unsigned netif, struct mirage_netif_info *info)
{
	memset(info, 0, sizeof(*info));
	strlcpy(info->name, "mirage0", sizeof(info->name));
	memcpy(info->mac, p->netif.mac, sizeof(info->mac));
	info->mtu = mrg_if_mtu(p->netif.ifp);
}

/* Perhaps with the lock held (the sysctls), perhaps not: one load. */
uint64_t
mirage_platform_drops(
    struct mirage_platform *p, unsigned netif, enum mirage_drop reason)
{
	return (__atomic_load_n(&p->netif.drops[reason], __ATOMIC_RELAXED));
}

int
mirage_platform_receive(struct mirage_platform *p, unsigned netif,
    struct mirage_frame **taken, int max)
{
	struct mirage_netif *n = &p->netif;
	struct mbuf *m, *next, *last = NULL;
	int got = 0, i;

	mtx_lock(&p->lock);
	p->frame_told = false;
	m = n->first;
	for (i = 0; i < max && n->first != NULL; i++) {
		last = n->first;
		n->first = last->m_nextpkt;
		n->waiting--;
	}
	if (n->first == NULL)
		n->last = NULL;
	if (last != NULL)
		last->m_nextpkt = NULL;
	mtx_unlock(&p->lock);
	for (; m != NULL && last != NULL; m = next) {
		next = m->m_nextpkt;
		m->m_nextpkt = NULL;
		taken[got] = frame_from_mbuf(p, m);
		if (taken[got] != NULL)
			got++;
		else
			drop(p, MIRAGE_DROP_NO_BUFFERS, NULL);
	}
	return (got);
}

static enum mirage_tx
send_frame(struct mirage_platform *p, struct mirage_frame *f)
{
	struct ifnet *ifp = p->netif.ifp;
	struct mbuf *m;
	int error;

	if (f->len > mrg_if_mtu(ifp) + ETHER_HDR_LEN + ETHER_VLAN_ENCAP_LEN)
		return (MIRAGE_TX_TOO_LONG);
	if (f->len < ETHER_HDR_LEN || !mrg_if_running(ifp))
		return (MIRAGE_TX_DOWN);
	m = mbuf_from_frame(p, f);
	if (m == NULL)
		return (MIRAGE_TX_FULL);
	m->m_pkthdr.rcvif = ifp;
	CURVNET_SET(mrg_if_vnet(ifp));
	error = netisr_queue(NETISR_ETHER, m);
	CURVNET_RESTORE();
	return (error == 0 ? MIRAGE_TX_SENT : MIRAGE_TX_FULL);
}

enum mirage_tx
mirage_platform_transmit(
    struct mirage_platform *p, unsigned netif, struct mirage_frame *f)
{
	enum mirage_tx result = send_frame(p, f);

	if (--f->refs == 0)
		mirage_platform_frame_free(p, f);
	return (result);
}
