/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * mirageN: an Ethernet interface of the host whose other end is the program.
 * What the host sends waits in the program's queue; what the program sends
 * goes to the host's own network thread.
 */
#include "compat.h"
#include "kmod.h"

#include <sys/jail.h>
#include <sys/queue.h>
#include <sys/sockio.h>

#include <net/bpf.h>
#include <net/if_clone.h>
#include <net/if_media.h>
#include <net/if_types.h>
#include <net/netisr.h>
#include <net/vnet.h>

#include <netinet/in.h>
#include <netinet/in_systm.h>
#include <netinet/ip.h>

/*
 * Checksums that the host leaves to us: a frame without one has it filled in
 * before it goes on.  The other way is off until somebody turns it on
 * (ifconfig mirage0 rxcsum): a host that passes such packets on, to another
 * interface or through address translation, would send them without one.
 *
 * What the host's TCP sends need not be cut, nor what the program's sends
 * (LRO), unless the host forwards: see segment.c.
 */
#define SWITCHABLE                                                             \
	(IFCAP_TXCSUM | IFCAP_TXCSUM_IPV6 | IFCAP_RXCSUM | IFCAP_RXCSUM_IPV6 | \
	    IFCAP_TSO4 | IFCAP_TSO6 | IFCAP_LRO)
#define CAPABILITIES \
	(IFCAP_VLAN_MTU | IFCAP_LINKSTATE | IFCAP_JUMBO_MTU | SWITCHABLE)
#define ENABLED (CAPABILITIES & ~(IFCAP_RXCSUM | IFCAP_RXCSUM_IPV6))

struct mirage_if {
	struct mirage_platform *platform;
	struct ifnet *ifp;
	struct ifmedia media;
	uint8_t host_mac[ETHER_ADDR_LEN];
	struct mirage_port *port; /* lock; NULL: no program has it */
	LIST_ENTRY(mirage_if) link; /* lock */
};

static LIST_HEAD(, mirage_if) interfaces;
static struct mirage_platform *owner; /* of all of them */
static struct if_clone *cloner;

/*
 * Calls of create() and destroy() that have not returned (lock): the kernel
 * waits for none of ifconfig(8)'s when a cloner is detached.
 */
static unsigned inside;

/* In any context, inside of a network epoch: must not sleep. */
static int
transmit(struct ifnet *ifp, struct mbuf *m)
{
	struct mirage_if *sc = if_getsoftc(ifp);
	struct mirage_platform *p = sc->platform;
	enum mirage_drop why;
	uint32_t len;
	int error = 0;

	if (!mrg_if_running(ifp)) {
		m_freem(m);
		return (ENETDOWN);
	}
	ETHER_BPF_MTAP(ifp, m);
	m = queue_prepare(m, mrg_if_mtu(ifp) + LINK_BYTES, &why);
	len = m == NULL ? 0 : (uint32_t)m->m_pkthdr.len;
	mtx_lock(&p->lock);
	if (sc->port == NULL || !p->accepting) {
		counter_u64_add(p->not_running, 1);
		error = ENETDOWN;
	} else if (m == NULL) {
		port_drop(sc->port, why, 0);
		error = why == MIRAGE_DROP_NO_BUFFERS ? ENOBUFS : EMSGSIZE;
	} else if (!queue_put(sc->port, m))
		error = ENOBUFS;
	mtx_unlock(&p->lock);
	if (error != 0) {
		m_freem(m);
		if_inc_counter(
		    ifp, m == NULL ? IFCOUNTER_OERRORS : IFCOUNTER_OQDROPS, 1);
		return (error);
	}
	if_inc_counter(ifp, IFCOUNTER_OPACKETS, 1);
	if_inc_counter(ifp, IFCOUNTER_OBYTES, len);
	return (0);
}

static void
qflush(struct ifnet *ifp)
{
}

static void
init(void *softc)
{
	struct mirage_if *sc = softc;

	if_setdrvflagbits(sc->ifp, IFF_DRV_RUNNING, 0);
	if_link_state_change(sc->ifp, LINK_STATE_UP);
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
set_mtu(struct mirage_if *sc, int mtu)
{
	int error = 0;

	if (mtu < ETHERMIN || mtu > MIRAGE_MTU_MAX)
		return (EINVAL);
	/* A program is told the MTU when it starts, and counts on it. */
	mtx_lock(&sc->platform->lock);
	if (sc->port != NULL)
		error = EBUSY;
	else
		if_setmtu(sc->ifp, mtu);
	mtx_unlock(&sc->platform->lock);
	return (error);
}

static void
set_capabilities(struct ifnet *ifp, int enabled)
{
	uint64_t able = 0;

	/* What is cut needs a checksum for each packet. */
	if (enabled & IFCAP_TXCSUM)
		able |= CSUM_TCP | CSUM_UDP;
	else
		enabled &= ~IFCAP_TSO4;
	if (enabled & IFCAP_TXCSUM_IPV6)
		able |= CSUM_TCP_IPV6 | CSUM_UDP_IPV6;
	else
		enabled &= ~IFCAP_TSO6;
	if (enabled & IFCAP_TSO4)
		able |= CSUM_IP_TSO;
	if (enabled & IFCAP_TSO6)
		able |= CSUM_IP6_TSO;
	if_setcapenable(ifp, enabled);
	if_sethwassist(ifp, able);
}

static int
ioctl(struct ifnet *ifp, u_long command, caddr_t data)
{
	struct mirage_if *sc = if_getsoftc(ifp);
	struct ifreq *request = (struct ifreq *)data;

	switch (command) {
	case SIOCSIFFLAGS:
		if (if_getflags(ifp) & IFF_UP)
			init(sc);
		else
			if_setdrvflagbits(ifp, 0, IFF_DRV_RUNNING);
		return (0);
	case SIOCADDMULTI:
	case SIOCDELMULTI:
		return (0); /* the program gets all of them */
	case SIOCSIFMTU:
		return (set_mtu(sc, request->ifr_mtu));
	case SIOCSIFCAP:
		set_capabilities(ifp,
		    (if_getcapenable(ifp) & ~SWITCHABLE) |
			(request->ifr_reqcap & SWITCHABLE));
		return (0);
	case SIOCSIFMEDIA:
	case SIOCGIFMEDIA:
		return (ifmedia_ioctl(ifp, request, &sc->media, command));
	default:
		return (ether_ioctl(ifp, command, data));
	}
}

/* FNV-1a, 64 bits. */
static uint64_t
hash(uint64_t h, const char *text)
{
	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return (h);
}

/* Does the text name this machine, or is it nothing but zeros? */
static bool
says_something(const char *id)
{
	return (id[strspn(id, "0-")] != '\0');
}

/*
 * The same whenever an interface of that name is made on this machine: from
 * what is known of the machine when a module is loaded, its host UUID, its
 * firmware's, else its name.
 */
static void
make_host_mac(uint8_t mac[ETHER_ADDR_LEN], const char *name)
{
	char id[128] = "", *firmware;
	uint64_t h;
	int i;

	getcredhostuuid(curthread->td_ucred, id, sizeof(id));
	if (!says_something(id)) {
		firmware = mrg_getenv("smbios.system.uuid");
		if (firmware != NULL) {
			strlcpy(id, firmware, sizeof(id));
			freeenv(firmware);
		}
	}
	if (!says_something(id))
		getcredhostname(curthread->td_ucred, id, sizeof(id));
	h = hash(hash(UINT64_C(0xcbf29ce484222325), id), name);
	h ^= h >> 32;
	for (i = 0; i < ETHER_ADDR_LEN; i++)
		mac[i] = (uint8_t)(h >> (8 * i));
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02);
}

/* False: the module goes, and no interface is made any more. */
static bool
enter(bool making)
{
	bool allowed;

	mtx_lock(&owner->lock);
	allowed = !making || !owner->unloading;
	if (allowed)
		inside++;
	mtx_unlock(&owner->lock);
	return (allowed);
}

static void
leave(void)
{
	mtx_lock(&owner->lock);
	if (--inside == 0)
		wakeup(&inside);
	mtx_unlock(&owner->lock);
}

/* Until nobody is inside, and those who were have had time to return. */
static void
wait_outside(void)
{
	mtx_lock(&owner->lock);
	while (inside > 0)
		msleep(&inside, &owner->lock, 0, "mrgclone", 0);
	mtx_unlock(&owner->lock);
	pause("mrgclone", hz / 20 + 1);
}

static int
make(int unit, struct ifnet **made)
{
	static const uint8_t none[ETHER_ADDR_LEN];
	struct mirage_if *sc = malloc(sizeof(*sc), M_MIRAGE, M_WAITOK | M_ZERO);
	struct ifnet *ifp = if_alloc(IFT_ETHER);

	if (ifp == NULL) {
		free(sc, M_MIRAGE);
		return (ENOMEM);
	}
	sc->platform = owner;
	sc->ifp = ifp;
	if_initname(ifp, "mirage", unit);
	if_setsoftc(ifp, sc);
	if_setflags(ifp, IFF_BROADCAST | IFF_SIMPLEX | IFF_MULTICAST);
	if_setcapabilities(ifp, CAPABILITIES);
	/* Without limits the kernel would say on the console what it takes. */
	ifp->if_hw_tsomax = IP_MAXPACKET;
	ifp->if_hw_tsomaxsegcount = RECEIVE_SEGMENTS - 4;
	ifp->if_hw_tsomaxsegsize = IP_MAXPACKET;
	set_capabilities(ifp, ENABLED);
	if_setinitfn(ifp, init);
	if_setioctlfn(ifp, ioctl);
	if_settransmitfn(ifp, transmit);
	if_setqflushfn(ifp, qflush);
	ifmedia_init(&sc->media, 0, media_change, media_status);
	ifmedia_add(&sc->media, IFM_ETHER | IFM_AUTO, 0, NULL);
	ifmedia_set(&sc->media, IFM_ETHER | IFM_AUTO);
	make_host_mac(sc->host_mac, mrg_if_name(ifp));
	/*
	 * The kernel announces each address that is not zero, on the console.
	 * So it is set after that, as those of vlan(4) and lagg(4) are.
	 */
	ether_ifattach(ifp, none);
	mrg_if_set_first_lladdr(ifp, sc->host_mac);
	(void)if_setlladdr(ifp, sc->host_mac, ETHER_ADDR_LEN);
	mtx_lock(&owner->lock);
	LIST_INSERT_HEAD(&interfaces, sc, link);
	mtx_unlock(&owner->lock);
	*made = ifp;
	return (0);
}

static int
create(int unit, struct ifnet **made)
{
	int error;

	if (!enter(true))
		return (ENXIO);
	error = make(unit, made);
	leave();
	return (error);
}

static void
destroy(struct ifnet *ifp)
{
	struct mirage_if *sc = if_getsoftc(ifp);
	struct mirage_platform *p = sc->platform;
	struct mirage_port *port;

	(void)enter(false);
	mtx_lock(&p->lock);
	LIST_REMOVE(sc, link);
	port = sc->port;
	if (port != NULL) {
		port->softc = NULL;
		port->gone = true;
		__atomic_store_n(&port->ifp, NULL, __ATOMIC_RELEASE);
	}
	sc->port = NULL;
	mtx_unlock(&p->lock);
	if_setdrvflagbits(ifp, 0, IFF_DRV_RUNNING);
	CURVNET_SET(mrg_if_vnet(ifp));
	ether_ifdetach(ifp);
	/* The program's thread, senders, and what waits for the host's. */
	mrg_net_wait();
	if_free(ifp);
	CURVNET_RESTORE();
	ifmedia_removeall(&sc->media);
	free(sc, M_MIRAGE);
	leave();
}

MRG_CLONER(clone_create, clone_destroy, create, destroy)

int
if_mirage_create(struct mirage_platform *p)
{
	char name[IFNAMSIZ] = "mirage0";
	int error;

	LIST_INIT(&interfaces);
	owner = p;
	CURVNET_SET(vnet0);
	cloner = mrg_cloner_attach("mirage", clone_create, clone_destroy);
	error =
	    cloner == NULL ? ENOMEM : if_clone_create(name, sizeof(name), NULL);
	CURVNET_RESTORE();
	return (error);
}

void
if_mirage_destroy(void)
{
	if (cloner == NULL)
		return;
	mtx_lock(&owner->lock);
	owner->unloading = true;
	mtx_unlock(&owner->lock);
	/* One that is just made must be in the cloner's list. */
	wait_outside();
	CURVNET_SET(vnet0);
	mrg_cloner_detach(cloner); /* all interfaces too */
	CURVNET_RESTORE();
	cloner = NULL;
	/* One that somebody else destroys is in no list. */
	wait_outside();
}

/* The program's side. */

static enum mirage_tx
send(struct mirage_port *port, struct ifnet *ifp, struct mirage_frame *f)
{
	bool sum = (f->flags & MIRAGE_FRAME_TX_CSUM) != 0;
	bool segmented = (f->flags & MIRAGE_FRAME_TX_SEGMENT) != 0;
	struct mbuf *m;
	int error;

	if (!segmented && f->len > mrg_if_mtu(ifp) + LINK_BYTES)
		return (MIRAGE_TX_TOO_LONG);
	if (f->len < ETHER_HDR_LEN || !mrg_if_running(ifp))
		return (MIRAGE_TX_DOWN);
	if (segmented && !segment_for_host(ifp, f))
		return (MIRAGE_TX_CUT);
	m = mbuf_from_frame(port->platform, f);
	if (m != NULL && segmented)
		segment_vouch(m, f);
	else if (m != NULL && sum) {
		/* It may have been turned off meanwhile. */
		if (if_getcapenable(ifp) & IFCAP_RXCSUM)
			checksum_vouch(m);
		else
			m = checksum_fill(m, f);
	}
	if (m != NULL)
		m = shared_headers(m);
	if (m == NULL)
		return (MIRAGE_TX_FULL);
	m->m_pkthdr.rcvif = ifp;
	CURVNET_SET(mrg_if_vnet(ifp));
	error = netisr_queue(NETISR_ETHER, m);
	CURVNET_RESTORE();
	return (error == 0 ? MIRAGE_TX_SENT : MIRAGE_TX_FULL);
}

static enum mirage_tx
port_transmit(struct mirage_port *port, struct mirage_frame *f)
{
	enum mirage_tx result = MIRAGE_TX_DOWN;
	struct ifnet *ifp;
	mrg_net_tracker et;

	mrg_net_enter(&et);
	ifp = __atomic_load_n(&port->ifp, __ATOMIC_ACQUIRE);
	if (ifp != NULL)
		result = send(port, ifp, f);
	mrg_net_exit(&et);
	return (result);
}

static void
port_close(struct mirage_port *port)
{
	struct mirage_platform *p = port->platform;

	mtx_lock(&p->lock);
	if (port->softc != NULL)
		((struct mirage_if *)port->softc)->port = NULL;
	port->softc = NULL;
	port->ifp = NULL;
	mtx_unlock(&p->lock);
}

static const struct port_ops ops = {port_transmit, port_close};

bool
if_mirage_open(struct mirage_port *port, const char *name, bool steal,
    char *why, size_t len, bool *opened)
{
	struct mirage_platform *p = port->platform;
	struct mirage_if *sc;

	*opened = false;
	mtx_lock(&p->lock);
	LIST_FOREACH(sc, &interfaces, link)
	if (strcmp(mrg_if_name(sc->ifp), name) == 0)
		break;
	if (sc == NULL) {
		mtx_unlock(&p->lock);
		return (false);
	}
	if (!steal) {
		port->ops = &ops;
		port->softc = sc;
		port->mtu = mrg_if_mtu(sc->ifp);
		/* What the host must not get without is filled in here. */
		port->tx_offload = MIRAGE_FRAME_TX_CSUM;
		if (if_getcapenable(sc->ifp) & IFCAP_LRO) {
			port->tx_offload |= MIRAGE_FRAME_TX_SEGMENT;
			port->segment_max = MIRAGE_FRAME_MAX;
		}
		port_make_mac(port->mac, sc->host_mac);
		__atomic_store_n(&port->ifp, sc->ifp, __ATOMIC_RELEASE);
		sc->port = port;
		*opened = true;
	}
	mtx_unlock(&p->lock);
	if (steal)
		snprintf(why, len,
		    "%s: all of it is the program's already; steal is for an "
		    "interface of the host's own",
		    name);
	return (true);
}
