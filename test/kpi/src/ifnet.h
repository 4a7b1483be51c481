/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Interfaces, inside of the double.
 */
#ifndef KPI_IFNET_H
#define KPI_IFNET_H

#include <sys/mbuf.h>

#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_var.h>

struct ifnet {
	void *bridge, *carp, *hw_addr; /* what the module sees */
	u_int tsomax, tsomaxsegcount, tsomaxsegsize;
	char name[IFNAMSIZ];
	const char *dname;
	int unit;
	u_int index;
	int type;
	int flags, drvflags;
	int capabilities, capenable, hwassist;
	int mtu;
	int link;
	int promiscuous; /* how often it was asked for */
	uint64_t baudrate;
	uint64_t counters[IFCOUNTERS];
	uint8_t address[ETHER_ADDR_LEN];
	uint8_t first_address[ETHER_ADDR_LEN];
	void *softc;
	struct vnet *vnet;
	if_init_fn_t init;
	if_ioctl_fn_t ioctl;
	if_start_fn_t start;
	if_transmit_fn_t transmit;
	if_qflush_fn_t qflush;
	if_input_fn_t input;
	bool attached, dying;
	int references;
	struct if_clone *cloner; /* that made it */
	void *l2com; /* node of ng_ether(4) */
	bool simulated; /* a network card of the double's own */
	struct ifnet *next;
};

extern struct ifnet *interfaces; /* attached ones; big lock */
/* NULL: there is none.  With a reference. */
struct ifnet *interface_find(const char *name);
/* What ifconfig(8) does. */
int interface_ioctl(struct ifnet *, u_long command, int value);
/* A packet of the host's leaves by it. */
int interface_output(struct ifnet *, struct mbuf *);

/* Simulated network cards. */
struct text;
int card_create(const char *name, const uint8_t *mac);
int card_destroy(const char *name);
/* What went out by it. */
void card_take(const char *name, struct text *);
bool card_receive(struct ifnet *, struct mbuf *);
void card_full(struct ifnet *, bool);

/* ng_ether(4): true if it took the packet. */
extern bool (*netgraph_input)(struct ifnet *, struct mbuf **);
extern bool (*netgraph_output)(struct ifnet *, struct mbuf **, int *error);
extern void (*netgraph_attach)(struct ifnet *);
extern void (*netgraph_detach)(struct ifnet *);
extern void (*netgraph_link_state)(struct ifnet *, int);

void ether_input(struct ifnet *, struct mbuf *);

#endif /* KPI_IFNET_H */
