/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * netgraph(4) and ng_ether(4), inside of the double.
 */
#ifndef KPI_NETGRAPH_H
#define KPI_NETGRAPH_H

#include <sys/mbuf.h>

#include <netgraph/ng_message.h>
#include <netgraph/netgraph.h>

int netgraph_node(struct ng_type *, struct ng_node **made);
void netgraph_remove(struct ng_node *);
/* A message to the node at a hook's other end. */
void netgraph_tell(struct ng_hook *, uint32_t cookie, uint32_t command);
void hook_release(struct ng_hook *);
void ether_nodes_start(void);

#endif /* KPI_NETGRAPH_H */
