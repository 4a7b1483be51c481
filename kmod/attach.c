/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Attaching to an interface that the host has already: a netgraph(4) node on
 * the hooks of ng_ether(4).  What they show goes on from here by the calls
 * that the host's own input and output would have made next, not through the
 * hooks: a node of ng_ether forgets its interface while packets may be on
 * their way to it.
 *
 * Nodes are shut down with nobody inside, so after that no packet comes.
 */
#include "compat.h"
#include "kmod.h"

#include <net/if_types.h>
#include <net/vnet.h>

#include <netgraph/ng_message.h>
#include <netgraph/netgraph.h>
#include <netgraph/ng_ether.h>

/* In its macros, which become code of this file. */
#pragma clang diagnostic ignored "-Wpointer-sign"

#define LOWER 0x1
#define UPPER 0x2

/* Answers of netgraph's thread are awaited so long. */
#define ANSWER_SECONDS 5

/*
 * Hooks of a program that has just ended may be still there, for netgraph
 * takes them away in its own time: tries, a twentieth of a second apart.
 */
#define TRIES 20

struct attachment {
	struct mirage_port *port;
	struct ifnet *ifp; /* a reference */
	node_p node; /* a reference; NULL: none */
	ng_ID_t below; /* the interface's node */
	int switches; /* if_capenable, before there were hooks */
	bool promiscuous;

	/* lock: */
	bool opening; /* hooks may be made */
	bool closing; /* they go because we want it */
	unsigned hooks; /* that are connected */
	bool lost; /* one was there and went */
	bool dead; /* the node */
	bool answered;
	uint32_t index; /* of the interface below the hooks, as answered */
};

static ng_shutdown_t node_shutdown;
static ng_rcvmsg_t node_message;
static ng_newhook_t node_newhook;
static ng_connect_t node_connect;
static ng_disconnect_t node_disconnect;
static ng_constructor_t node_constructor;
static ng_rcvdata_t from_lower, from_upper;

static struct ng_type node_type = {
    .version = NG_ABI_VERSION,
    .name = "mirage",
    .constructor = node_constructor,
    .rcvmsg = node_message,
    .shutdown = node_shutdown,
    .newhook = node_newhook,
    .connect = node_connect,
    .disconnect = node_disconnect,
};
static bool have_type;

/* Nodes are made by programs that start, not by ngctl(8). */
static int
node_constructor(node_p node)
{
	return (EOPNOTSUPP);
}

static struct mtx *
lock_of(struct attachment *a)
{
	return (&a->port->platform->lock);
}

static unsigned
hook_bit(const char *name)
{
	return (strcmp(name, NG_ETHER_HOOK_LOWER) == 0 ? LOWER :
		strcmp(name, NG_ETHER_HOOK_UPPER) == 0 ? UPPER :
							 0);
}

static int
node_newhook(node_p node, hook_p hook, const char *name)
{
	struct attachment *a = NG_NODE_PRIVATE(node);
	unsigned bit = hook_bit(name);
	bool opening;

	mtx_lock(lock_of(a));
	opening = a->opening;
	mtx_unlock(lock_of(a));
	if (!opening || bit == 0)
		return (EINVAL);
	NG_HOOK_SET_PRIVATE(hook, a->port);
	NG_HOOK_SET_RCVDATA(hook, bit == LOWER ? from_lower : from_upper);
	return (0);
}

static int
node_connect(hook_p hook)
{
	struct attachment *a = NG_NODE_PRIVATE(NG_HOOK_NODE(hook));

	mtx_lock(lock_of(a));
	a->hooks |= hook_bit(NG_HOOK_NAME(hook));
	wakeup(a);
	mtx_unlock(lock_of(a));
	return (0);
}

static int
node_disconnect(hook_p hook)
{
	struct attachment *a = NG_NODE_PRIVATE(NG_HOOK_NODE(hook));

	mtx_lock(lock_of(a));
	a->hooks &= ~hook_bit(NG_HOOK_NAME(hook));
	a->lost = !a->closing;
	a->port->gone = true;
	wakeup(a);
	mtx_unlock(lock_of(a));
	return (0);
}

static int
node_shutdown(node_p node)
{
	struct attachment *a = NG_NODE_PRIVATE(node);

	NG_NODE_SET_PRIVATE(node, NULL);
	mtx_lock(lock_of(a));
	a->dead = true;
	a->port->gone = true;
	wakeup(a);
	mtx_unlock(lock_of(a));
	NG_NODE_UNREF(node);
	return (0);
}

static int
node_message(node_p node, item_p item, hook_p hook)
{
	struct attachment *a = NG_NODE_PRIVATE(node);
	struct ng_mesg *message, *none = NULL;
	int error = 0;

	NGI_GET_MSG(item, message);
	switch (message->header.typecookie) {
	case NGM_ETHER_COOKIE:
		if (message->header.cmd == NGM_ETHER_GET_IFINDEX &&
		    message->header.flags & NGF_RESP &&
		    message->header.arglen == sizeof(a->index)) {
			mtx_lock(lock_of(a));
			memcpy(&a->index, message->data, sizeof(a->index));
			a->answered = true;
			wakeup(a);
			mtx_unlock(lock_of(a));
		} else
			error = EINVAL;
		break;
	case NGM_FLOW_COOKIE:
		break; /* the link's state is looked at when it matters */
	default:
		error = EINVAL;
	}
	NG_RESPOND_MSG(error, node, item, none);
	NG_FREE_MSG(message);
	return (error);
}

static int
from_lower(hook_p hook, item_p item)
{
	struct mirage_port *port = NG_HOOK_PRIVATE(hook);
	mrg_net_tracker et;
	struct mbuf *m;

	NGI_GET_M(item, m);
	NG_FREE_ITEM(item);
	if (m->m_len < ETHER_HDR_LEN &&
	    (m = m_pullup(m, ETHER_HDR_LEN)) == NULL)
		return (ENOBUFS);
	mrg_net_enter_nested(&et);
	shared_from_wire(port, m);
	mrg_net_exit_nested(&et);
	return (0);
}

static int
from_upper(hook_p hook, item_p item)
{
	struct mirage_port *port = NG_HOOK_PRIVATE(hook);
	mrg_net_tracker et;
	struct mbuf *m;
	int error;

	NGI_GET_M(item, m);
	NG_FREE_ITEM(item);
	mrg_net_enter_nested(&et);
	error = shared_from_host(port, m);
	mrg_net_exit_nested(&et);
	return (error);
}

int
attach_create(void)
{
	int error = ng_newtype(&node_type);

	have_type = error == 0;
	return (error);
}

void
attach_destroy(void)
{
	/* Netgraph's thread may hold a node for as long as it looks at it. */
	while (have_type && ng_rmtype(&node_type) == EBUSY)
		pause("mrgnode", hz / 50 + 1);
	have_type = false;
}

/* Until `hooks` are connected (with 0: until there is an answer). */
static int
await(struct attachment *a, unsigned hooks)
{
	int error = 0;

	mtx_lock(lock_of(a));
	while (error == 0) {
		if (a->lost || a->dead)
			error = ENOTCONN;
		else if (hooks != 0 ? (a->hooks & hooks) == hooks : a->answered)
			break;
		else
			error = msleep(
			    a, lock_of(a), 0, "mrgattach", ANSWER_SECONDS * hz);
	}
	mtx_unlock(lock_of(a));
	return (error);
}

static int
connect_hook(struct attachment *a, const char *name)
{
	struct ng_mesg *message;
	struct ngm_connect *c;
	int error;

	NG_MKMESSAGE(
	    message, NGM_GENERIC_COOKIE, NGM_CONNECT, sizeof(*c), M_WAITOK);
	if (message == NULL)
		return (ENOMEM);
	c = (struct ngm_connect *)message->data;
	snprintf(c->path, sizeof(c->path), "[%x]:", a->below);
	strlcpy(c->ourhook, name, sizeof(c->ourhook));
	strlcpy(c->peerhook, name, sizeof(c->peerhook));
	NG_SEND_MSG_ID(error, a->node, message, NG_NODE_ID(a->node), 0);
	return (error != 0 ? error : await(a, hook_bit(name)));
}

/*
 * Is it the interface's node that is below, and are the hooks, if there were
 * any, there still?  The question is behind everything that was to happen to
 * that node before.
 */
static int
verify(struct attachment *a)
{
	struct ng_mesg *message;
	int error;

	NG_MKMESSAGE(
	    message, NGM_ETHER_COOKIE, NGM_ETHER_GET_IFINDEX, 0, M_WAITOK);
	if (message == NULL)
		return (ENOMEM);
	mtx_lock(lock_of(a));
	a->answered = false;
	mtx_unlock(lock_of(a));
	NG_SEND_MSG_ID(error, a->node, message, a->below, NG_NODE_ID(a->node));
	if (error == 0)
		error = await(a, 0);
	if (error == 0 && a->index != mrg_if_index(a->ifp))
		error = ENXIO;
	return (error);
}

/* Bits of if_hwassist whose switches were turned off meanwhile. */
static uint64_t
switched_off(const struct attachment *a)
{
	int off = a->switches & ~if_getcapenable(a->ifp);
	uint64_t bits = 0;

	if (off & IFCAP_TXCSUM)
		bits |= CSUM_IP | CSUM_TCP | CSUM_UDP | CSUM_SCTP;
	if (off & IFCAP_TXCSUM_IPV6)
		bits |= CSUM_TCP_IPV6 | CSUM_UDP_IPV6 | CSUM_SCTP_IPV6;
	if (off & IFCAP_TSO4)
		bits |= CSUM_IP_TSO;
	if (off & IFCAP_TSO6)
		bits |= CSUM_IP6_TSO;
	return (bits);
}

/*
 * The host gets back what its card did for it.  While there is a hook `upper`,
 * ng_ether(4) has if_hwassist at 0, and afterwards sets it to what it was when
 * ng_ether first saw the interface: nothing, for drivers that set it when the
 * interface is brought up.  So that hook goes first, and when the interface's
 * node has seen that, the right value is written over that one.
 */
static void
unhook_upper(struct attachment *a)
{
	struct ng_mesg *message;
	uint64_t meanwhile;
	int error = 0;

	mtx_lock(lock_of(a));
	if ((a->hooks & UPPER) == 0 || a->lost || a->dead)
		error = ENOTCONN;
	else
		a->closing = a->port->gone = true;
	mtx_unlock(lock_of(a));
	if (error != 0 || (mrg_if_getflags(a->ifp) & IFF_DYING) != 0)
		return;
	NG_MKMESSAGE(message, NGM_GENERIC_COOKIE, NGM_RMHOOK,
	    sizeof(struct ngm_rmhook), M_WAITOK);
	if (message == NULL)
		return;
	strlcpy(((struct ngm_rmhook *)message->data)->ourhook,
	    NG_ETHER_HOOK_UPPER, NG_HOOKSIZ);
	/* What drivers have set since, as somebody turned a switch. */
	meanwhile = (uint64_t)if_gethwassist(a->ifp);
	NG_SEND_MSG_ID(error, a->node, message, NG_NODE_ID(a->node), 0);
	mtx_lock(lock_of(a));
	while (error == 0 && (a->hooks & UPPER) != 0 && !a->dead)
		error =
		    msleep(a, lock_of(a), 0, "mrgdetach", ANSWER_SECONDS * hz);
	mtx_unlock(lock_of(a));
	if (error == 0 && verify(a) == 0)
		if_sethwassist(
		    a->ifp, (a->port->hwassist | meanwhile) & ~switched_off(a));
}

static void
kill_node(struct attachment *a)
{
	if (a->node == NULL)
		return;
	CURVNET_SET(vnet0);
	unhook_upper(a);
	CURVNET_RESTORE();
	mtx_lock(lock_of(a));
	a->opening = false;
	mtx_unlock(lock_of(a));
	/* Asked in vain while memory is short, it would never be dead. */
	while (ng_rmnode_self(a->node) == ENOMEM)
		pause("mrgdetach", hz / 20 + 1);
	mtx_lock(lock_of(a));
	while (!a->dead)
		msleep(a, lock_of(a), 0, "mrgdetach", 0);
	mtx_unlock(lock_of(a));
	NG_NODE_UNREF(a->node);
	a->node = NULL;
}

/* One try.  EEXIST: somebody has the hooks. */
static int
hook_up(struct attachment *a, node_p below)
{
	char name[NG_NODESIZ];
	int error;

	a->below = NG_NODE_ID(below);
	a->opening = true;
	a->hooks = 0;
	a->closing = a->lost = a->dead = a->answered = a->port->gone = false;
	error = ng_make_node_common(&node_type, &a->node);
	if (error != 0) {
		a->node = NULL;
		return (error);
	}
	NG_NODE_REF(a->node); /* ours, until it is dead */
	NG_NODE_SET_PRIVATE(a->node, a);
	snprintf(name, sizeof(name), "mirage_%s", NG_NODE_NAME(below));
	(void)ng_name_node(a->node, name); /* perhaps it is taken */
	/*
	 * Netgraph looks through a node's hooks, and so do we, while its thread
	 * may free some of a program that has just ended: so it is asked first.
	 */
	error = verify(a);
	if (error == 0 &&
	    (ng_findhook(below, NG_ETHER_HOOK_LOWER) != NULL ||
		ng_findhook(below, NG_ETHER_HOOK_UPPER) != NULL))
		error = EEXIST;
	/* While there is a hook `upper`, the interface has none. */
	a->port->hwassist = (uint64_t)if_gethwassist(a->ifp);
	a->switches = if_getcapenable(a->ifp);
	if (error == 0)
		error = connect_hook(a, NG_ETHER_HOOK_LOWER);
	if (error == 0)
		error = connect_hook(a, NG_ETHER_HOOK_UPPER);
	if (error == 0)
		error = verify(a);
	if (error == 0) {
		mtx_lock(lock_of(a));
		a->opening = false;
		mtx_unlock(lock_of(a));
	} else
		kill_node(a);
	return (error);
}

/* ng_ether(4) calls its node as the interface, with _ for what paths use. */
static node_p
node_of(const char *interface)
{
	char name[IFNAMSIZ];
	node_p node;
	size_t i;

	strlcpy(name, interface, sizeof(name));
	for (i = 0; name[i] != '\0'; i++)
		if (name[i] == '.' || name[i] == ':')
			name[i] = '_';
	node = ng_name2noderef(NULL, name);
	if (node != NULL &&
	    strcmp(node->nd_type->name, NG_ETHER_NODE_TYPE) != 0) {
		NG_NODE_UNREF(node);
		node = NULL;
	}
	return (node);
}

static bool
hook_up_soon(struct attachment *a, const char *name, char *why, size_t len)
{
	node_p below = node_of(name);
	int error = ENOENT, tries;

	if (below == NULL) {
		snprintf(why, len,
		    "%s: ng_ether(4) has no node of that name for it", name);
		return (false);
	}
	for (tries = 0; tries < TRIES; tries++) {
		error = hook_up(a, below);
		if (error != EEXIST && error != EISCONN && error != ENOTCONN)
			break;
		pause("mrgattach", hz / 20 + 1);
	}
	NG_NODE_UNREF(below);
	if (error == EEXIST || error == EISCONN)
		snprintf(why, len,
		    "%s: its netgraph hooks are in use: see ngctl show %s:",
		    name, name);
	else if (error != 0)
		snprintf(why, len, "%s: cannot be attached to: error %d", name,
		    error);
	return (error == 0);
}

static void
detach(struct attachment *a)
{
	kill_node(a);
	/* One that has moved to a jail is not left promiscuous there. */
	if (a->promiscuous && (mrg_if_getflags(a->ifp) & IFF_DYING) == 0) {
		CURVNET_SET(mrg_if_vnet(a->ifp));
		(void)ifpromisc(a->ifp, 0);
		CURVNET_RESTORE();
	}
	if_rele(a->ifp);
	free(a, M_MIRAGE);
}

static void
port_close(struct mirage_port *port)
{
	struct attachment *a = port->softc;

	detach(a);
	mtx_lock(&port->platform->lock);
	port->softc = NULL;
	port->ifp = NULL;
	mtx_unlock(&port->platform->lock);
}

static const struct port_ops ops = {shared_transmit, port_close};

static bool
attach(struct mirage_port *port, struct ifnet *ifp, char *why, size_t len)
{
	struct attachment *a = malloc(sizeof(*a), M_MIRAGE, M_WAITOK | M_ZERO);
	int error;

	a->port = port;
	a->ifp = ifp;
	if (!hook_up_soon(a, port->name, why, len)) {
		detach(a);
		return (false);
	}
	error = ifpromisc(ifp, 1);
	if (error != 0) {
		snprintf(why, len, "%s: cannot be made promiscuous: error %d",
		    port->name, error);
		detach(a);
		return (false);
	}
	a->promiscuous = true;
	port->softc = a;
	port->ops = &ops;
	return (true);
}

/* Takes the reference of ifp, whose address is `host`. */
static bool
attach_interface(struct mirage_port *port, struct ifnet *ifp,
    const uint8_t *host, const uint8_t *mac, char *why, size_t len)
{
	const char *name = port->name;

	if (mrg_if_type(ifp) != IFT_ETHER && mrg_if_type(ifp) != IFT_L2VLAN) {
		snprintf(why, len, "%s: not an Ethernet interface", name);
		if_rele(ifp);
		return (false);
	}
	if (mac != NULL)
		memcpy(port->mac, mac, sizeof(port->mac));
	else
		port_make_mac(port->mac, host);
	if (!port->steal && memcmp(port->mac, host, sizeof(port->mac)) == 0) {
		snprintf(why, len,
		    "%s: the MAC address of rtparam m is its own; the program "
		    "needs another, or all of it (%s:steal)",
		    name, name);
		if_rele(ifp);
		return (false);
	}
	port->mtu = mrg_if_mtu(ifp);
	/* Packets come as soon as the hooks are there. */
	port->ifp = ifp;
	if (!attach(port, ifp, why, len)) {
		port->ifp = NULL;
		return (false);
	}
	if (port->hwassist & (CSUM_UDP | CSUM_TCP) &&
	    if_getcapenable(ifp) & IFCAP_TXCSUM)
		port->tx_offload = MIRAGE_FRAME_TX_CSUM;
	if (port->hwassist & CSUM_IP_TSO && if_getcapenable(ifp) & IFCAP_TSO4)
		port->tx_offload |= MIRAGE_FRAME_TX_SEGMENT4;
	if (port->hwassist & CSUM_IP6_TSO && if_getcapenable(ifp) & IFCAP_TSO6)
		port->tx_offload |= MIRAGE_FRAME_TX_SEGMENT6;
	if (port->tx_offload & MIRAGE_FRAME_TX_SEGMENT)
		port->segment_max = segment_limit(ifp);
	return (true);
}

bool
attach_open(struct mirage_port *port, const char *name, bool steal,
    const uint8_t *mac, char *why, size_t len)
{
	uint8_t host[ETHER_ADDR_LEN];
	mrg_net_tracker et;
	struct ifnet *ifp;
	bool opened = false;

	port->steal = steal;
	CURVNET_SET(vnet0);
	/* The reference is not one on the address. */
	mrg_net_enter(&et);
	ifp = ifunit_ref(name);
	if (ifp != NULL)
		memcpy(host, mrg_if_lladdr(ifp), sizeof(host));
	mrg_net_exit(&et);
	if (ifp == NULL)
		snprintf(why, len,
		    "%s: no such interface (rtparam n; ifconfig -l lists them)",
		    name);
	else
		opened = attach_interface(port, ifp, host, mac, why, len);
	CURVNET_RESTORE();
	return (opened);
}
