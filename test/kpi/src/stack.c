/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The host's network stack: its thread, and what arrives there.
 */
#include "kernel.h"
#include "ifnet.h"
#include "mbuf.h"

#include <net/bpf.h>
#include <net/netisr.h>
#include <net/vnet.h>

/* A packet that the host, a tap or a card has got. */
struct arrival {
	struct arrival *next;
	char name[IFNAMSIZ];
	uint32_t len;
	uint32_t flags, csum_flags, csum_data;
	unsigned segments;
	uint16_t tso; /* or lro_nsegs */
	int vlan; /* -1: no tag beside the bytes */
	uint8_t bytes[];
};
struct arrivals {
	struct arrival *first, **last;
	size_t count;
};
static struct arrivals stack, tap;

/* More are forgotten: nobody looks at them. */
#define ARRIVALS_MAX 4096

static void
arrive(struct arrivals *list, const struct ifnet *ifp, const struct mbuf *m)
{
	struct arrival *a = host_alloc(sizeof(*a) + packet_length(m));

	strlcpy(a->name, ifp->name, sizeof(a->name));
	a->len = packet_length(m);
	packet_bytes(m, a->bytes);
	a->flags = m->m_flags;
	a->csum_flags = m->m_pkthdr.csum_flags;
	a->csum_data = m->m_pkthdr.csum_data;
	a->tso = m->m_pkthdr.tso_segsz;
	a->vlan = m->m_flags & M_VLANTAG ? m->m_pkthdr.ether_vtag : -1;
	for (; m != NULL; m = m->m_next)
		a->segments++;
	big_lock();
	if (list->count < ARRIVALS_MAX) {
		if (list->last == NULL)
			list->last = &list->first;
		*list->last = a;
		list->last = &a->next;
		list->count++;
		a = NULL;
	}
	big_unlock();
	host_free(a);
}

static void
take(struct arrivals *list, const char *name, struct text *t)
{
	struct arrival *a, **at;
	bool first = true;

	text_printf(t, "[");
	big_lock();
	for (at = &list->first; (a = *at) != NULL;) {
		if (name != NULL && !strings_equal(a->name, name)) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		list->count--;
		text_printf(t,
		    "%s{\"name\":\"%s\",\"segments\":%u,\"flags\":%u,"
		    "\"csumFlags\":%u,\"csumData\":%u,\"tso\":%u,"
		    "\"vlan\":%d,\"bytes\":\"",
		    first ? "" : ",", a->name, a->segments, a->flags,
		    a->csum_flags, a->csum_data, a->tso, a->vlan);
		text_hex(t, a->bytes, a->len);
		text_printf(t, "\"}");
		first = false;
		host_free(a);
	}
	list->last = at;
	big_unlock();
	text_printf(t, "]");
}

void
stack_take(const char *name, struct text *t)
{
	take(&stack, name, t);
}

void
tap_take(struct text *t)
{
	take(&tap, NULL, t);
}

void
kpi_bpf_tap(struct ifnet *ifp, struct mbuf *m)
{
	arrive(&tap, ifp, m);
}

/* Packets that wait in a socket which nobody reads. */
static struct mbuf *held, **held_last = &held;
static size_t nheld;
static bool hold;

void
stack_input(struct ifnet *ifp, struct mbuf *m)
{
	if (m->m_pkthdr.rcvif != ifp)
		violation("a packet on %s does not say that it came there",
		    ifp->name);
	arrive(&stack, ifp, m);
	big_lock();
	if (hold) {
		*held_last = m;
		held_last = &m->m_nextpkt;
		nheld++;
		m = NULL;
	}
	big_unlock();
	if (m != NULL) {
		/* As a socket drops what it does not want. */
		witness_enter("so_rcv", false);
		m_freem(m);
		witness_leave("so_rcv");
	}
}

void
stack_hold(bool on)
{
	struct mbuf *m, *next;

	big_lock();
	hold = on;
	m = on ? NULL : held;
	if (!on) {
		held = NULL;
		held_last = &held;
		nheld = 0;
	}
	big_unlock();
	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		m->m_nextpkt = NULL;
		m_freem(m);
	}
}

size_t
stack_held(void)
{
	return (nheld);
}

/* The network thread. */
#define NETISR_MAX 256
static struct mbuf *queue, **queue_last = &queue;
static unsigned queued;
static bool netisr_busy;

bool
netisr_idle(void)
{
	return (queued == 0 && !netisr_busy);
}

static void
netisr_main(void *argument)
{
	struct epoch_tracker et;
	struct mbuf *m;

	for (;;) {
		big_lock();
		netisr_busy = false;
		host_cond_broadcast(changed);
		while (queued == 0)
			host_cond_wait(changed, big);
		m = queue;
		queue = m->m_nextpkt;
		if (--queued == 0)
			queue_last = &queue;
		netisr_busy = true;
		big_unlock();
		m->m_nextpkt = NULL;
		kpi_epoch_enter(&et);
		curvnet = m->m_pkthdr.rcvif->vnet;
		m->m_pkthdr.rcvif->input(m->m_pkthdr.rcvif, m);
		curvnet = NULL;
		kpi_epoch_exit(&et);
	}
}

void
network_start(void)
{
	static bool started;

	if (started)
		return;
	started = true;
	netgraph_start();
	(void)thread_new(netisr_main, NULL, "netisr", 32, false);
}

int
netisr_queue(u_int protocol, struct mbuf *m)
{
	bool full;

	if (curvnet == NULL)
		violation(
		    "netisr_queue in %s without a vnet", place_text(here()));
	if (protocol != NETISR_ETHER)
		violation("netisr_queue in %s of protocol %u",
		    place_text(here()), protocol);
	packet_check(m, "netisr_queue");
	if (m->m_pkthdr.rcvif == NULL ||
	    !thing_is(KIND_IFNET, m->m_pkthdr.rcvif)) {
		violation("netisr_queue in %s of a packet from no interface",
		    place_text(here()));
		m_freem(m);
		return (EINVAL);
	}
	network_start();
	witness_enter("netisr_mtx", false);
	witness_leave("netisr_mtx");
	if (fault("netisr_queue")) {
		m_freem(m);
		return (ENOBUFS);
	}
	big_lock();
	full = queued >= NETISR_MAX;
	if (!full) {
		m->m_nextpkt = NULL;
		*queue_last = m;
		queue_last = &m->m_nextpkt;
		queued++;
		host_cond_broadcast(changed);
	}
	big_unlock();
	if (full)
		m_freem(m);
	return (full ? ENOBUFS : 0);
}

/* Packets of an interface that goes: their rcvif is of no use any more. */
void
netisr_forget(struct ifnet *ifp)
{
	struct mbuf *m, **at, *gone = NULL;

	big_lock();
	for (at = &queue; (m = *at) != NULL;) {
		if (m->m_pkthdr.rcvif != ifp) {
			at = &m->m_nextpkt;
			continue;
		}
		*at = m->m_nextpkt;
		queued--;
		m->m_nextpkt = gone;
		gone = m;
	}
	queue_last = at;
	while (netisr_busy)
		host_cond_wait_for(changed, big, 10000000);
	big_unlock();
	while ((m = gone) != NULL) {
		gone = m->m_nextpkt;
		m->m_nextpkt = NULL;
		m_freem(m);
	}
}

int
netisr_dispatch(u_int protocol, struct mbuf *m)
{
	return (netisr_queue(protocol, m));
}
