/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The bounded queue of packets that wait for the program at a port.
 */
#include "compat.h"
#include "kmod.h"

#include <net/if_vlan_var.h>

#include <mirage/probes.h>

/* The tag that a card or the host's input took out. */
static struct mbuf *
put_tag(struct mbuf *m)
{
	uint16_t tag = m->m_pkthdr.ether_vtag;

	m->m_flags &= ~M_VLANTAG;
	m->m_pkthdr.ether_vtag = 0;
	return (ether_vlanencap(m, tag));
}

/*
 * Memory that its owner does not give away (M_NOFREE: a packet that a driver
 * made around its ring) cannot wait.
 */
static struct mbuf *
own(struct mbuf *m)
{
	struct mbuf *copy;

	if ((m->m_flags & M_NOFREE) == 0)
		return (m);
	copy = m_dup(m, M_NOWAIT);
	m_freem(m);
	return (copy);
}

struct mbuf *
queue_prepare(struct mbuf *m, uint32_t max, enum mirage_drop *why)
{
	uint32_t len;

	*why = MIRAGE_DROP_NO_BUFFERS;
	mrg_drop_send_tag(m);
	if (m->m_flags & M_NOFREE && (m = own(m)) == NULL)
		return (NULL);
	if (m->m_flags & M_VLANTAG && (m = put_tag(m)) == NULL)
		return (NULL);
	m = mrg_map_mbuf(m);
	if (m == NULL)
		return (NULL);
	len = (uint32_t)m->m_pkthdr.len;
	if (len < ETHER_HDR_LEN) {
		*why = MIRAGE_DROP_RUNT;
		m_freem(m);
		return (NULL);
	}
	if ((uint32_t)m->m_len < MIN(len, MIRAGE_RX_CONTIGUOUS)) {
		m = m_pullup(m, (int)MIN(len, MIRAGE_RX_CONTIGUOUS));
		if (m == NULL)
			return (NULL);
	}
	m->m_pkthdr.tso_segsz = segment_received(m, max);
	if (len > max && m->m_pkthdr.tso_segsz == 0) {
		*why = MIRAGE_DROP_OVERSIZE;
		m_freem(m);
		return (NULL);
	}
	if (m->m_pkthdr.csum_flags & CSUM_IP)
		m = checksum_fill_ip(m);
	return (m);
}

void
port_drop(struct mirage_port *port, enum mirage_drop why, uint32_t len)
{
	counter_u64_add(port->drops[why], 1);
	MIRAGE_PROBE(drop, (uint32_t)(port - port->platform->ports),
	    mirage_drop_name(why), len);
}

bool
queue_put(struct mirage_port *port, struct mbuf *m)
{
	struct mirage_platform *p = port->platform;

	mtx_assert(&p->lock, MA_OWNED);
	if (port->waiting >= QUEUE_LIMIT) {
		port_drop(
		    port, MIRAGE_DROP_QUEUE_FULL, (uint32_t)m->m_pkthdr.len);
		return (false);
	}
	m->m_nextpkt = NULL;
	if (port->first == NULL)
		port->first = m;
	else
		port->last->m_nextpkt = m;
	port->last = m;
	port->waiting++;
	p->frames_waiting++;
	if (p->sleeping)
		wakeup_one(&p->sleeping);
	return (true);
}

struct mbuf *
queue_take(struct mirage_port *port, int max)
{
	struct mirage_platform *p = port->platform;
	struct mbuf *m, *last = NULL;
	int n;

	mtx_lock(&p->lock);
	p->frame_told = false;
	m = port->first;
	for (n = 0; n < max && port->first != NULL; n++) {
		last = port->first;
		port->first = last->m_nextpkt;
	}
	port->waiting -= (unsigned)n;
	p->frames_waiting -= (unsigned)n;
	if (port->first == NULL)
		port->last = NULL;
	if (last != NULL)
		last->m_nextpkt = NULL;
	mtx_unlock(&p->lock);
	return (last == NULL ? NULL : m);
}

void
queue_purge(struct mirage_port *port)
{
	struct mbuf *m, *next;

	for (m = queue_take(port, QUEUE_LIMIT); m != NULL; m = next) {
		next = m->m_nextpkt;
		m->m_nextpkt = NULL;
		m_freem(m);
	}
}
