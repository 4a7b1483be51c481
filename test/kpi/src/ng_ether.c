/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * ng_ether(4): a node for each Ethernet interface.
 */
#include "kernel.h"
#include "ifnet.h"
#include "netgraph.h"

#include <netgraph/ng_ether.h>

enum { LOWER, UPPER, ORPHANS, HOOKS };

struct private
{
	struct ifnet *ifp; /* NULL: it has gone */
	struct ng_hook *hooks[HOOKS];
	/* What the interface gets back: not what it had, but what it had when
	 * this node came. */
	int hwassist;
};

static const char *const names[HOOKS] = {
    NG_ETHER_HOOK_LOWER, NG_ETHER_HOOK_UPPER, NG_ETHER_HOOK_ORPHAN};

/* What comes by a hook goes where the host's own would have gone. */
static int
from_lower(hook_p hook, item_p item)
{
	struct private *p = NG_NODE_PRIVATE(NG_HOOK_NODE(hook));
	struct mbuf *m;

	NGI_GET_M(item, m);
	kpi_ng_free_item(item);
	if (p->ifp == NULL) {
		m_freem(m);
		return (ENETDOWN);
	}
	return (ether_output_frame(p->ifp, m));
}

static int
from_upper(hook_p hook, item_p item)
{
	struct private *p = NG_NODE_PRIVATE(NG_HOOK_NODE(hook));
	struct mbuf *m;

	NGI_GET_M(item, m);
	kpi_ng_free_item(item);
	if (p->ifp == NULL) {
		m_freem(m);
		return (ENETDOWN);
	}
	m->m_pkthdr.rcvif = p->ifp;
	ether_demux(p->ifp, m);
	return (0);
}

static int
newhook(node_p node, hook_p hook, const char *name)
{
	struct private *p = NG_NODE_PRIVATE(node);
	unsigned i;

	for (i = 0; i < HOOKS; i++)
		if (strings_equal(names[i], name))
			break;
	if (i == HOOKS)
		return (EINVAL);
	if (p->hooks[i] != NULL)
		return (EISCONN);
	NG_HOOK_SET_RCVDATA(hook, i == LOWER ? from_lower : from_upper);
	big_lock();
	p->hooks[i] = hook;
	if (i == UPPER)
		p->ifp->hwassist = 0;
	big_unlock();
	return (0);
}

static int
disconnect(hook_p hook)
{
	struct private *p = NG_NODE_PRIVATE(NG_HOOK_NODE(hook));
	unsigned i;

	big_lock();
	for (i = 0; i < HOOKS; i++)
		if (p->hooks[i] == hook) {
			p->hooks[i] = NULL;
			if (i == UPPER && p->ifp != NULL)
				p->ifp->hwassist = p->hwassist;
		}
	big_unlock();
	return (0);
}

static int
message(node_p node, item_p item, hook_p hook)
{
	struct private *p = NG_NODE_PRIVATE(node);
	struct ng_mesg *m, *answer = NULL;
	int error = 0;

	NGI_GET_MSG(item, m);
	if (m->header.typecookie == NGM_ETHER_COOKIE &&
	    m->header.cmd == NGM_ETHER_GET_IFINDEX && p->ifp != NULL) {
		uint32_t index = p->ifp->index;

		answer = kpi_ng_message(m->header.typecookie, m->header.cmd,
		    "getifindex", sizeof(index), M_WAITOK);
		memcpy(answer->data, &index, sizeof(index));
	} else {
		error = EINVAL;
	}
	error = kpi_ng_respond(error, node, item, answer);
	kpi_ng_free_message(m);
	return (error);
}

static int
shutdown(node_p node)
{
	host_free(NG_NODE_PRIVATE(node));
	NG_NODE_SET_PRIVATE(node, NULL);
	kpi_ng_node_ref(node, -1);
	return (0);
}

static struct ng_type ether_type = {
    .version = NG_ABI_VERSION,
    .name = NG_ETHER_NODE_TYPE,
    .newhook = newhook,
    .disconnect = disconnect,
    .rcvmsg = message,
    .shutdown = shutdown,
};

static void
attach(struct ifnet *ifp)
{
	struct private *p = host_alloc(sizeof(*p));
	struct ng_node *node;

	p->ifp = ifp;
	p->hwassist = ifp->hwassist;
	(void)netgraph_node(&ether_type, &node);
	NG_NODE_SET_PRIVATE(node, p);
	strlcpy(node->nd_name, ifp->name, sizeof(node->nd_name));
	ifp->l2com = node;
}

static void
detach(struct ifnet *ifp)
{
	struct ng_node *node = ifp->l2com;
	struct private *p = NG_NODE_PRIVATE(node);

	big_lock();
	ifp->l2com = NULL;
	p->ifp = NULL;
	big_unlock();
	netgraph_remove(node);
}

/* Takes the packet if the hook leads somewhere. */
static bool
divert(struct ifnet *ifp, struct mbuf **m, unsigned which, int *error)
{
	struct ng_node *node;
	struct ng_hook *hook = NULL;

	big_lock();
	node = ifp->l2com;
	if (node != NULL)
		hook = ((struct private *)NG_NODE_PRIVATE(node))->hooks[which];
	if (hook != NULL && !hook->hk_invalid)
		hook->hk_refs++;
	else
		hook = NULL;
	big_unlock();
	if (hook == NULL)
		return (false);
	*error = kpi_ng_send_data(hook, *m);
	hook_release(hook);
	return (true);
}

static bool
input(struct ifnet *ifp, struct mbuf **m)
{
	int error;

	return (divert(ifp, m, LOWER, &error));
}

static bool
output(struct ifnet *ifp, struct mbuf **m, int *error)
{
	return (divert(ifp, m, UPPER, error));
}

static void
link_state(struct ifnet *ifp, int state)
{
	struct ng_node *node = ifp->l2com;

	if (node != NULL)
		netgraph_tell(
		    ((struct private *)NG_NODE_PRIVATE(node))->hooks[LOWER],
		    NGM_FLOW_COOKIE,
		    state == LINK_STATE_UP ? NGM_LINK_IS_UP : NGM_LINK_IS_DOWN);
}

void
ether_nodes_start(void)
{
	netgraph_attach = attach;
	netgraph_detach = detach;
	netgraph_input = input;
	netgraph_output = output;
	netgraph_link_state = link_state;
}
