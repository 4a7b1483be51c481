/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * netgraph(4): nodes, hooks, items.
 */
#ifndef KPI_NETGRAPH_NETGRAPH_H
#define KPI_NETGRAPH_NETGRAPH_H

#include <sys/module.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <netgraph/ng_message.h>
#include <kpi/kpi.h>

#define NG_ABI_VERSION 12

typedef struct ng_node *node_p;
typedef struct ng_hook *hook_p;
typedef struct ng_item *item_p;

typedef int ng_constructor_t(node_p);
typedef int ng_close_t(node_p);
typedef int ng_shutdown_t(node_p);
typedef int ng_newhook_t(node_p, hook_p, const char *);
typedef hook_p ng_findhook_t(node_p, const char *);
typedef int ng_connect_t(hook_p);
typedef int ng_rcvmsg_t(node_p, item_p, hook_p);
typedef int ng_rcvdata_t(hook_p, item_p);
typedef int ng_disconnect_t(hook_p);

struct ng_type {
	uint32_t version;
	const char *name;
	modeventhand_t mod_event;
	ng_constructor_t *constructor;
	ng_rcvmsg_t *rcvmsg;
	ng_close_t *close;
	ng_shutdown_t *shutdown;
	ng_newhook_t *newhook;
	ng_findhook_t *findhook;
	ng_connect_t *connect;
	ng_rcvdata_t *rcvdata;
	ng_disconnect_t *disconnect;
	const void *cmdlist;
	LIST_ENTRY(ng_type) types;
	int refs;
};

struct ng_hook {
	char hk_name[NG_HOOKSIZ];
	void *hk_private;
	struct ng_node *hk_node;
	struct ng_hook *hk_peer;
	ng_rcvdata_t *hk_rcvdata;
	int hk_refs;
	int hk_invalid;
	struct ng_hook *hk_next;
};

struct ng_node {
	char nd_name[NG_NODESIZ];
	struct ng_type *nd_type;
	void *nd_private;
	ng_ID_t nd_ID;
	int nd_refs;
	int nd_invalid;
	int nd_closing;
	unsigned nd_inside; /* who handles data of it */
	int nd_writer; /* somebody changes it */
	struct ng_hook *nd_hooks;
	struct ng_node *nd_next;
};

struct ng_item {
	struct mbuf *el_m;
	struct ng_mesg *el_msg;
	ng_ID_t el_return;
	int el_kind;
	node_p el_node;
	hook_p el_hook;
	void (*el_function)(struct ng_item *);
	void *el_argument;
	struct ng_item *el_next;
};

int ng_newtype(struct ng_type *) KPI_NAME(ng_newtype);
int ng_rmtype(struct ng_type *) KPI_NAME(ng_rmtype);
int ng_make_node_common(struct ng_type *, node_p *)
    KPI_NAME(ng_make_node_common);
int ng_name_node(node_p, const char *) KPI_NAME(ng_name_node);
node_p ng_name2noderef(node_p, const char *) KPI_NAME(ng_name2noderef);
hook_p ng_findhook(node_p, const char *) KPI_NAME(ng_findhook);
int ng_rmnode_self(node_p) KPI_NAME(ng_rmnode_self);
int ng_rmhook_self(hook_p) KPI_NAME(ng_rmhook_self);
void kpi_ng_node_ref(node_p, int) KPI_NAME(ng_node_ref);
void kpi_ng_free_item(item_p) KPI_NAME(ng_free_item);
int kpi_ng_send_id(node_p, struct ng_mesg *, ng_ID_t, ng_ID_t)
    KPI_NAME(ng_send_id);
int kpi_ng_respond(int, node_p, item_p, struct ng_mesg *) KPI_NAME(ng_respond);
int kpi_ng_send_data(hook_p, struct mbuf *) KPI_NAME(ng_send_data);
#ifndef KPI_INSIDE
#define ng_newtype(type) KPI_CALL(ng_newtype, type)
#define ng_rmtype(type)	 KPI_CALL(ng_rmtype, type)
#define ng_make_node_common(type, node) \
	KPI_CALL(ng_make_node_common, type, node)
#define ng_name_node(node, name)    KPI_CALL(ng_name_node, node, name)
#define ng_name2noderef(here, name) KPI_CALL(ng_name2noderef, here, name)
#define ng_rmnode_self(node)	    KPI_CALL(ng_rmnode_self, node)
#define ng_rmhook_self(hook)	    KPI_CALL(ng_rmhook_self, hook)
#endif

#define NG_NODE_PRIVATE(node)	     ((node)->nd_private)
#define NG_NODE_SET_PRIVATE(node, p) ((node)->nd_private = (p))
#define NG_NODE_ID(node)	     ((node)->nd_ID)
#define NG_NODE_NAME(node)	     ((node)->nd_name)
#define NG_NODE_HAS_NAME(node)	     ((node)->nd_name[0] != '\0')
#define NG_NODE_REF(node)	     kpi_ng_node_ref((node), 1)
#define NG_NODE_UNREF(node)	     KPI_CALL(kpi_ng_node_ref, (node), -1)
#define NG_NODE_IS_VALID(node)	     (!(node)->nd_invalid)
#define NG_NODE_NOT_VALID(node)	     ((node)->nd_invalid)
#define NG_NODE_FORCE_WRITER(node)   ((void)(node))
#define NG_HOOK_NAME(hook)	     ((hook)->hk_name)
#define NG_HOOK_PRIVATE(hook)	     ((hook)->hk_private)
#define NG_HOOK_SET_PRIVATE(hook, p) ((hook)->hk_private = (p))
#define NG_HOOK_SET_RCVDATA(hook, f) ((hook)->hk_rcvdata = (f))
#define NG_HOOK_NODE(hook)	     ((hook)->hk_node)
#define NG_HOOK_PEER(hook)	     ((hook)->hk_peer)
#define NGI_GET_M(item, m)	     ((m) = (item)->el_m, (item)->el_m = NULL)
#define NGI_GET_MSG(item, msg)	     ((msg) = (item)->el_msg, (item)->el_msg = NULL)
#define NGI_M(item)		     ((item)->el_m)
#define NGI_RETADDR(item)	     ((item)->el_return)
#define NG_FREE_ITEM(item)	     KPI_CALL(kpi_ng_free_item, item)
#define NG_FREE_M(m)        \
	do {                \
		m_freem(m); \
		(m) = NULL; \
	} while (0)
#define NG_SEND_MSG_ID(error, here, msg, id, retaddr)                         \
	do {                                                                  \
		(error) =                                                     \
		    KPI_CALL(kpi_ng_send_id, (here), (msg), (id), (retaddr)); \
		(msg) = NULL;                                                 \
	} while (0)
#define NG_RESPOND_MSG(error, here, item, resp)                                \
	do {                                                                   \
		(error) =                                                      \
		    KPI_CALL(kpi_ng_respond, (error), (here), (item), (resp)); \
		(resp) = NULL;                                                 \
	} while (0)
#define NG_SEND_DATA_ONLY(error, hook, m)                          \
	do {                                                       \
		(error) = KPI_CALL(kpi_ng_send_data, (hook), (m)); \
		(m) = NULL;                                        \
	} while (0)

#endif /* KPI_NETGRAPH_NETGRAPH_H */
