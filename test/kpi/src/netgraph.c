/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * netgraph(4): types, nodes, hooks, and the thread that changes them.
 *
 * Whoever sends data runs the receiver, with others beside; a node is changed
 * by netgraph's own thread, with nobody inside.
 */
#include "kernel.h"
#include "netgraph.h"

#include <sys/epoch.h>

#include <net/vnet.h>

enum { MESSAGE, FUNCTION, DATA };

/* All of this: big lock. */
static LIST_HEAD(, ng_type) types;
static struct ng_node *nodes;
static ng_ID_t next_id = 1;
static struct ng_item *queue, **queue_last = &queue;
static bool busy;

bool
netgraph_idle(void)
{
	return (queue == NULL && !busy);
}

/* Items. */
static struct ng_item *
item_new(int kind, struct ng_node *node)
{
	struct ng_item *item = host_alloc(sizeof(*item));

	item->el_kind = kind;
	item->el_node = node;
	if (node != NULL)
		kpi_ng_node_ref(node, 1);
	thing_made(KIND_NG_ITEM, item, "", sizeof(*item));
	return (item);
}

void
kpi_ng_free_item(item_p item)
{
	struct ng_node *node;

	if (!thing_gone(KIND_NG_ITEM, item, "NG_FREE_ITEM", NULL))
		return;
	node = item->el_node;
	m_freem(item->el_m);
	if (item->el_msg != NULL)
		kpi_ng_free_message(item->el_msg);
	memory_retire(item, sizeof(*item));
	if (node != NULL)
		kpi_ng_node_ref(node, -1);
}

static void
enqueue(struct ng_item *item)
{
	big_lock();
	item->el_next = NULL;
	*queue_last = item;
	queue_last = &item->el_next;
	host_cond_broadcast(changed);
	big_unlock();
}

static void
later(struct ng_node *node, void (*function)(struct ng_item *), void *argument)
{
	struct ng_item *item = item_new(FUNCTION, node);

	item->el_function = function;
	item->el_argument = argument;
	enqueue(item);
}

/* Types. */
int
ng_newtype(struct ng_type *type)
{
	struct ng_type *t;

	may_sleep("ng_newtype");
	if (type->version != NG_ABI_VERSION)
		return (EINVAL);
	if (fault("ng_newtype"))
		return (EEXIST);
	big_lock();
	LIST_FOREACH(t, &types, types)
	if (strings_equal(t->name, type->name))
		break;
	if (t == NULL) {
		type->refs = 1;
		LIST_INSERT_HEAD(&types, type, types);
	}
	big_unlock();
	if (t != NULL)
		return (EEXIST);
	thing_made(KIND_NODE_TYPE, type, type->name, 0);
	return (0);
}

int
ng_rmtype(struct ng_type *type)
{
	bool last;

	big_lock();
	last = type->refs == 1;
	if (last)
		LIST_REMOVE(type, types);
	big_unlock();
	if (!last)
		return (EBUSY);
	thing_gone(KIND_NODE_TYPE, type, "ng_rmtype", NULL);
	return (0);
}

/* Nodes. */
int
netgraph_node(struct ng_type *type, struct ng_node **made)
{
	struct ng_node *node = host_alloc(sizeof(*node));

	node->nd_type = type;
	node->nd_refs = 1; /* until it is shut down */
	thing_made(KIND_NODE, node, type->name, sizeof(*node));
	big_lock();
	type->refs++;
	node->nd_ID = next_id++;
	node->nd_next = nodes;
	nodes = node;
	big_unlock();
	*made = node;
	return (0);
}

/* Nodes are looked for among those of the current network stack. */
static void
check_vnet(const char *function)
{
	if (curvnet == NULL)
		violation(
		    "%s in %s without a vnet", function, place_text(here()));
}

int
ng_make_node_common(struct ng_type *type, node_p *made)
{
	check_vnet("ng_make_node_common");
	if (!thing_is(KIND_NODE_TYPE, type))
		return (EINVAL);
	if (fault("ng_make_node_common"))
		return (ENOMEM);
	return (netgraph_node(type, made));
}

void
kpi_ng_node_ref(node_p node, int n)
{
	struct ng_node **at;
	bool last;

	if (!thing_is(KIND_NODE, node)) {
		violation("a netgraph node that is not there is used in %s",
		    place_text(here()));
		return;
	}
	big_lock();
	last = (node->nd_refs += n) == 0;
	if (last) {
		for (at = &nodes; *at != node; at = &(*at)->nd_next)
			;
		*at = node->nd_next;
		node->nd_type->refs--;
	}
	big_unlock();
	if (!last)
		return;
	if (!node->nd_closing || node->nd_hooks != NULL)
		violation("the last reference to netgraph node \"%s\" is given "
			  "up in %s while it lives",
		    node->nd_name, place_text(here()));
	thing_gone(KIND_NODE, node, "NG_NODE_UNREF", NULL);
	memory_retire(node, sizeof(*node));
}

int
ng_name_node(node_p node, const char *name)
{
	struct ng_node *n;

	if (fault("ng_name_node"))
		return (EADDRINUSE);
	big_lock();
	for (n = nodes; n != NULL && !strings_equal(n->nd_name, name);
	    n = n->nd_next)
		;
	if (n == NULL)
		strlcpy(node->nd_name, name, sizeof(node->nd_name));
	big_unlock();
	return (n == NULL ? 0 : EADDRINUSE);
}

/* With a reference; the big lock is not held. */
static struct ng_node *
node_by(const char *name, ng_ID_t id)
{
	struct ng_node *n;

	big_lock();
	for (n = nodes; n != NULL; n = n->nd_next)
		if (!n->nd_invalid &&
		    (name != NULL ? strings_equal(n->nd_name, name) :
				    n->nd_ID == id)) {
			n->nd_refs++;
			break;
		}
	big_unlock();
	return (n);
}

node_p
ng_name2noderef(node_p node, const char *name)
{
	check_vnet("ng_name2noderef");
	return (node_by(name, 0));
}

hook_p
ng_findhook(node_p node, const char *name)
{
	struct ng_hook *h;

	big_lock();
	for (h = node->nd_hooks; h != NULL; h = h->hk_next)
		if (!h->hk_invalid && strings_equal(h->hk_name, name))
			break;
	big_unlock();
	return (h);
}

/* Hooks.  References: of the node's list, of the peer, of who uses it. */
static struct ng_hook *
hook_new(const char *name)
{
	struct ng_hook *h = host_alloc(sizeof(*h));

	strlcpy(h->hk_name, name, sizeof(h->hk_name));
	h->hk_refs = 1;
	h->hk_invalid = 1;
	thing_made(KIND_HOOK, h, name, sizeof(*h));
	return (h);
}

static void
hook_ref(struct ng_hook *h, int n)
{
	bool last;

	big_lock();
	last = (h->hk_refs += n) == 0;
	big_unlock();
	if (last && thing_gone(KIND_HOOK, h, "NG_HOOK_UNREF", NULL))
		memory_retire(h, sizeof(*h));
}

void
hook_release(struct ng_hook *h)
{
	hook_ref(h, -1);
}

static void
hook_link(struct ng_hook *h, struct ng_node *node)
{
	kpi_ng_node_ref(node, 1);
	big_lock();
	h->hk_node = node;
	h->hk_next = node->nd_hooks;
	node->nd_hooks = h;
	h->hk_refs++;
	big_unlock();
}

static void hook_destroy(struct ng_hook *);

static void
remove_hook(struct ng_item *item)
{
	struct ng_hook *h = item->el_argument;

	hook_destroy(h);
	hook_ref(h, -1);
}

/* As writer of its node. */
static void
hook_destroy(struct ng_hook *h)
{
	struct ng_node *node = h->hk_node;
	struct ng_hook *peer, **at;

	big_lock();
	h->hk_invalid = 1;
	peer = h->hk_peer;
	h->hk_peer = NULL;
	if (peer != NULL)
		peer->hk_peer = NULL;
	h->hk_node = NULL;
	if (node != NULL) {
		for (at = &node->nd_hooks; *at != h; at = &(*at)->hk_next)
			;
		*at = h->hk_next;
	}
	big_unlock();
	if (peer != NULL) {
		/* The reference of this one becomes the item's. */
		if (peer->hk_node != NULL)
			later(peer->hk_node, remove_hook, peer);
		else
			hook_ref(peer, -1);
		hook_ref(h, -1);
	}
	if (node == NULL)
		return;
	h->hk_node = node;
	if (node->nd_type->disconnect != NULL)
		(void)node->nd_type->disconnect(h);
	h->hk_node = NULL;
	hook_ref(h, -1);
	kpi_ng_node_ref(node, -1);
}

static void
remove_node(struct ng_item *item)
{
	struct ng_node *node = item->el_node;

	if (node->nd_closing)
		return;
	node->nd_closing = 1;
	while (node->nd_hooks != NULL)
		hook_destroy(node->nd_hooks);
	if (node->nd_type->shutdown != NULL)
		(void)node->nd_type->shutdown(node);
	else
		kpi_ng_node_ref(node, -1);
}

void
netgraph_remove(struct ng_node *node)
{
	node->nd_invalid = 1;
	if (!node->nd_closing)
		later(node, remove_node, NULL);
}

int
ng_rmnode_self(node_p node)
{
	if (!thing_is(KIND_NODE, node)) {
		violation("ng_rmnode_self in %s of a node that is not there",
		    place_text(here()));
		return (0);
	}
	node->nd_invalid = 1;
	if (node->nd_closing)
		return (0);
	if (fault("ng_rmnode_self"))
		return (ENOMEM);
	netgraph_remove(node);
	return (0);
}

int
ng_rmhook_self(hook_p h)
{
	if (fault("ng_rmhook_self"))
		return (ENOMEM);
	hook_ref(h, 1);
	later(h->hk_node, remove_hook, h);
	return (0);
}

/* The third part of a connection: back at the node that asked. */
static void
connect_back(struct ng_item *item)
{
	struct ng_hook *h = item->el_argument;

	if (h->hk_peer != NULL && item->el_node->nd_type->connect != NULL &&
	    item->el_node->nd_type->connect(h) != 0)
		hook_destroy(h);
	else
		h->hk_invalid = h->hk_peer == NULL;
	hook_ref(h, -1);
}

/* The second: at the node that is asked. */
static void
connect_there(struct ng_item *item)
{
	struct ng_node *node = item->el_node;
	struct ng_hook *h = item->el_argument, *peer = h->hk_peer;

	if (peer == NULL || node->nd_invalid || fault("ng_con_part2") ||
	    (node->nd_type->newhook != NULL &&
		node->nd_type->newhook(node, h, h->hk_name) != 0)) {
		hook_destroy(h);
		hook_ref(h, -1);
		return;
	}
	hook_link(h, node);
	if (node->nd_type->connect != NULL && node->nd_type->connect(h) != 0) {
		hook_destroy(h);
		hook_ref(h, -1);
		return;
	}
	h->hk_invalid = 0;
	if (peer->hk_node != NULL) {
		hook_ref(peer, 1);
		later(peer->hk_node, connect_back, peer);
	}
	hook_ref(h, -1);
}

/* NGM_CONNECT: the first part, at the node that asks. */
static int
connect_nodes(struct ng_node *node, const struct ngm_connect *c)
{
	struct ng_node *other = NULL;
	struct ng_hook *h, *peer;
	int error = 0;

	if (c->path[0] == '[')
		other = node_by(NULL, (ng_ID_t)strtoul(c->path + 1, NULL, 16));
	if (other == NULL)
		return (ENOENT);
	if (ng_findhook(other, c->peerhook) != NULL ||
	    ng_findhook(node, c->ourhook) != NULL) {
		kpi_ng_node_ref(other, -1);
		return (EEXIST);
	}
	h = hook_new(c->ourhook);
	if (node->nd_type->newhook != NULL)
		error = node->nd_type->newhook(node, h, c->ourhook);
	if (error == 0) {
		hook_link(h, node);
		peer = hook_new(c->peerhook);
		h->hk_peer = peer;
		peer->hk_peer = h;
		hook_ref(h, 1);
		hook_ref(peer, 1);
		later(other, connect_there, peer);
	}
	hook_ref(h, -1);
	kpi_ng_node_ref(other, -1);
	return (error);
}

/* NGM_RMHOOK. */
static void
disconnect_node(struct ng_node *node, const struct ngm_rmhook *r)
{
	struct ng_hook *h = ng_findhook(node, r->ourhook);

	if (h != NULL)
		hook_destroy(h);
}

/* Sending. */
int
kpi_ng_send_id(node_p from, struct ng_mesg *m, ng_ID_t to, ng_ID_t back)
{
	struct ng_node *node;
	struct ng_item *item;

	check_vnet("NG_SEND_MSG_ID");
	if (fault("NG_SEND_MSG_ID")) {
		kpi_ng_free_message(m);
		return (ENOMEM);
	}
	node = node_by(NULL, to);
	if (node == NULL) {
		kpi_ng_free_message(m);
		return (ENOENT);
	}
	item = item_new(MESSAGE, node);
	item->el_msg = m;
	item->el_return = back != 0 ? back : from == NULL ? 0 : from->nd_ID;
	enqueue(item);
	kpi_ng_node_ref(node, -1);
	return (0);
}

int
kpi_ng_respond(int error, node_p from, item_p item, struct ng_mesg *response)
{
	struct ng_node *node;
	struct ng_item *answer;

	if (response != NULL) {
		node = node_by(NULL, item->el_return);
		response->header.flags |= NGF_RESP;
		if (node != NULL) {
			answer = item_new(MESSAGE, node);
			answer->el_msg = response;
			enqueue(answer);
			kpi_ng_node_ref(node, -1);
		} else {
			kpi_ng_free_message(response);
		}
	}
	kpi_ng_free_item(item);
	return (error);
}

void
netgraph_tell(struct ng_hook *h, uint32_t cookie, uint32_t command)
{
	struct ng_node *node = NULL;
	struct ng_item *item;

	big_lock();
	if (h != NULL && h->hk_peer != NULL && h->hk_peer->hk_node != NULL)
		(node = h->hk_peer->hk_node)->nd_refs++;
	big_unlock();
	if (node == NULL)
		return;
	item = item_new(MESSAGE, node);
	item->el_msg = kpi_ng_message(cookie, command, "", 0, M_WAITOK);
	enqueue(item);
	kpi_ng_node_ref(node, -1);
}

/* Runs the receiver of what is sent to a hook's peer, if nobody changes it. */
static bool
receive(struct ng_hook *peer, struct ng_node *node, struct ng_item *item,
    int *error)
{
	big_lock();
	if (node->nd_writer) {
		big_unlock();
		return (false);
	}
	node->nd_inside++;
	big_unlock();
	if (peer->hk_invalid || peer->hk_rcvdata == NULL)
		kpi_ng_free_item(item);
	else
		*error = peer->hk_rcvdata(peer, item);
	big_lock();
	node->nd_inside--;
	host_cond_broadcast(changed);
	big_unlock();
	return (true);
}

int
kpi_ng_send_data(hook_p hook, struct mbuf *m)
{
	struct ng_hook *peer;
	struct ng_node *node = NULL;
	struct ng_item *item;
	int error = 0;

	big_lock();
	peer = hook->hk_peer;
	if (peer != NULL && (node = peer->hk_node) != NULL) {
		node->nd_refs++;
		peer->hk_refs++;
	}
	big_unlock();
	if (node == NULL) {
		m_freem(m);
		return (ENOTCONN);
	}
	item = item_new(DATA, node);
	item->el_m = m;
	if (receive(peer, node, item, &error)) {
		hook_ref(peer, -1);
	} else {
		item->el_hook = peer;
		enqueue(item);
	}
	kpi_ng_node_ref(node, -1);
	return (error);
}

/* The thread. */
static void
apply(struct ng_item *item)
{
	struct ng_node *node = item->el_node;
	struct epoch_tracker et;

	if (item->el_kind == DATA) {
		struct ng_hook *peer = item->el_hook;
		int error;

		/* The item's own reference goes with it. */
		kpi_ng_node_ref(node, 1);
		kpi_epoch_enter(&et);
		(void)receive(peer, node, item, &error);
		kpi_epoch_exit(&et);
		hook_ref(peer, -1);
		kpi_ng_node_ref(node, -1);
		return;
	}
	big_lock();
	node->nd_writer = 1;
	while (node->nd_inside > 0)
		host_cond_wait(changed, big);
	big_unlock();
	kpi_ng_node_ref(node, 1);
	if (item->el_kind == FUNCTION) {
		kpi_epoch_enter(&et);
		item->el_function(item);
		kpi_epoch_exit(&et);
		kpi_ng_free_item(item);
	} else if (node->nd_invalid) {
		kpi_ng_free_item(item);
	} else if (item->el_msg->header.typecookie == NGM_GENERIC_COOKIE) {
		if (item->el_msg->header.cmd == NGM_CONNECT)
			(void)connect_nodes(node,
			    (const struct ngm_connect *)(const void *)
				item->el_msg->data);
		else if (item->el_msg->header.cmd == NGM_RMHOOK)
			disconnect_node(node,
			    (const struct ngm_rmhook *)(const void *)
				item->el_msg->data);
		else if (item->el_msg->header.cmd == NGM_SHUTDOWN)
			netgraph_remove(node);
		kpi_ng_free_item(item);
	} else {
		(void)node->nd_type->rcvmsg(node, item, NULL);
	}
	big_lock();
	node->nd_writer = 0;
	host_cond_broadcast(changed);
	big_unlock();
	kpi_ng_node_ref(node, -1);
}

static void
thread(void *unused)
{
	struct ng_item *item;

	curvnet = vnet0;
	for (;;) {
		big_lock();
		busy = false;
		host_cond_broadcast(changed);
		while (queue == NULL)
			host_cond_wait(changed, big);
		item = queue;
		queue = item->el_next;
		if (queue == NULL)
			queue_last = &queue;
		busy = true;
		big_unlock();
		apply(item);
		lock_leave_all("netgraph's thread goes on", 0);
	}
}

void
netgraph_start(void)
{
	(void)thread_new(thread, NULL, "ng_queue", 4, false);
	ether_nodes_start();
}
