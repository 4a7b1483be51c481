/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The interfaces of a running program: which, and what the runtime asks of
 * them.
 */
#include "compat.h"
#include "kmod.h"

#include <mirage/rtparams.h>

#define DEFAULT_NAMES "mirage0"

MRG_NET_LOCK

void
port_make_mac(uint8_t mac[ETHER_ADDR_LEN], const uint8_t *host)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a, 64 bits */
	int i;

	for (i = 0; i < ETHER_ADDR_LEN; i++)
		h = (h ^ host[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 32;
	for (i = 0; i < ETHER_ADDR_LEN; i++)
		mac[i] = (uint8_t)(h >> (8 * i));
	/* Locally administered, not a group. */
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02);
}

/* Counters stay from run to run; this is before one. */
static void
prepare(struct mirage_platform *p, struct mirage_port *port, const char *name)
{
	counter_u64_t drops[MIRAGE_DROP_REASONS];
	unsigned i;

	for (i = 0; i < MIRAGE_DROP_REASONS; i++) {
		if (port->drops[i] == NULL)
			port->drops[i] = counter_u64_alloc(M_WAITOK);
		counter_u64_zero(port->drops[i]);
		drops[i] = port->drops[i];
	}
	memset(port, 0, sizeof(*port));
	memcpy(port->drops, drops, sizeof(drops));
	port->platform = p;
	strlcpy(port->name, name, sizeof(port->name));
}

static bool
open_port(struct mirage_platform *p, struct mirage_port *port, const char *name,
    bool steal, const uint8_t *mac, char *why, size_t len)
{
	bool opened;

	prepare(p, port, name);
	if (if_mirage_open(port, name, steal, why, len, &opened)) {
		if (opened && mac != NULL)
			memcpy(port->mac, mac, sizeof(port->mac));
		return (opened);
	}
	return (attach_open(port, name, steal, mac, why, len));
}

bool
ports_open(struct mirage_platform *p, const char *names, const char *mac,
    char *why, size_t len)
{
	struct mirage_rtparam_interface one;
	uint8_t address[ETHER_ADDR_LEN];
	bool given = mac[0] != '\0' && mirage_rtparams_mac(mac, address);
	unsigned n = 0;

	counter_u64_zero(p->copies);
	counter_u64_zero(p->bytes_copied);
	if (names[0] == '\0')
		names = DEFAULT_NAMES;
	while (mirage_rtparams_interface(&names, &one)) {
		if (!open_port(p, &p->ports[n], one.name, one.steal,
			given && n == 0 ? address : NULL, why, len)) {
			ports_close(p);
			return (false);
		}
		mtx_lock(&p->lock);
		p->nports = ++n;
		mtx_unlock(&p->lock);
	}
	return (true);
}

void
ports_close(struct mirage_platform *p)
{
	unsigned i;

	for (i = 0; i < p->nports; i++) {
		p->ports[i].ops->close(&p->ports[i]);
		queue_purge(&p->ports[i]);
	}
	mtx_lock(&p->lock);
	p->nports = 0;
	mtx_unlock(&p->lock);
}

static counter_u64_t *
counters(struct mirage_platform *p, unsigned i)
{
	counter_u64_t *all[] = {
	    &p->not_running, &p->stolen, &p->copies, &p->bytes_copied};

	return (i < nitems(all) ? all[i] : NULL);
}

int
netif_create(struct mirage_platform *p)
{
	counter_u64_t *c;
	unsigned i;
	int error;

	for (i = 0; (c = counters(p, i)) != NULL; i++)
		*c = counter_u64_alloc(M_WAITOK);
	error = attach_create();
	return (error != 0 ? error : if_mirage_create(p));
}

/* Also when not all was made. */
void
netif_destroy(struct mirage_platform *p)
{
	counter_u64_t *c;
	unsigned i, j;

	if_mirage_destroy();
	attach_destroy();
	for (i = 0; (c = counters(p, i)) != NULL; i++) {
		if (*c != NULL)
			counter_u64_free(*c);
		*c = NULL;
	}

	for (i = 0; i < PORTS_MAX; i++)
		for (j = 0; j < MIRAGE_DROP_REASONS; j++) {
			if (p->ports[i].drops[j] != NULL)
				counter_u64_free(p->ports[i].drops[j]);
			p->ports[i].drops[j] = NULL;
		}
}

/* gone, steal, up or down. */
static const char *
state_of(const struct mirage_port *port)
{
	if (port->gone || port->ifp == NULL)
		return ("gone");
	return (mrg_if_running(port->ifp) ? "up" : "down");
}

size_t
ports_describe(struct mirage_platform *p, char *text, size_t len)
{
	size_t n = 0;
	unsigned i;

	text[0] = '\0';
	mtx_lock(&p->lock);
	for (i = 0; i < p->nports && n < len; i++) {
		const struct mirage_port *port = &p->ports[i];
		const uint8_t *mac = port->mac;

		n += (size_t)snprintf(text + n, len - n,
		    "%s%s mac %02x:%02x:%02x:%02x:%02x:%02x mtu %u %s%s",
		    i == 0 ? "" : "\n",
		    port->gone || port->ifp == NULL ? port->name :
						      mrg_if_name(port->ifp),
		    mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
		    (unsigned)port->mtu, state_of(port),
		    port->steal ? " steal" : "");
		if (i == 0 && p->config_ipv4[0] != '\0' && n < len)
			n += (size_t)snprintf(
			    text + n, len - n, " address %s", p->config_ipv4);
	}
	mtx_unlock(&p->lock);
	return (MIN(n, len - 1));
}

/* What the runtime asks. */

unsigned
mirage_platform_netif_count(struct mirage_platform *p)
{
	return (p->nports);
}

void
mirage_platform_netif_info(
    struct mirage_platform *p, unsigned netif, struct mirage_netif_info *info)
{
	const struct mirage_port *port = &p->ports[netif];

	memset(info, 0, sizeof(*info));
	strlcpy(info->name, port->name, sizeof(info->name));
	memcpy(info->mac, port->mac, sizeof(info->mac));
	info->mtu = port->mtu;
	info->tx_offload = port->tx_offload;
	info->segment_max = port->segment_max;
}

/* Perhaps with the lock held (the sysctls), perhaps not. */
uint64_t
mirage_platform_drops(
    struct mirage_platform *p, unsigned netif, enum mirage_drop reason)
{
	return (counter_u64_fetch(p->ports[netif].drops[reason]));
}

/* What is sent goes to the host at once. */
uint32_t
mirage_platform_waiting(
    struct mirage_platform *p, unsigned netif, bool transmit)
{
	return (transmit ?
		0 :
		__atomic_load_n(&p->ports[netif].waiting, __ATOMIC_RELAXED));
}

uint64_t
mirage_platform_copies(struct mirage_platform *p, uint64_t *bytes)
{
	*bytes = counter_u64_fetch(p->bytes_copied);
	return (counter_u64_fetch(p->copies));
}

int
mirage_platform_receive(struct mirage_platform *p, unsigned netif,
    struct mirage_frame **taken, int max)
{
	struct mirage_port *port = &p->ports[netif];
	struct mbuf *m, *next;
	uint32_t len;
	int got = 0;

	for (m = queue_take(port, max); m != NULL; m = next) {
		next = m->m_nextpkt;
		m->m_nextpkt = NULL;
		len = (uint32_t)m->m_pkthdr.len;
		taken[got] = frame_from_mbuf(p, m);
		if (taken[got] != NULL)
			got++;
		else
			port_drop(port, MIRAGE_DROP_NO_BUFFERS, len);
	}
	return (got);
}

enum mirage_tx
mirage_platform_transmit(
    struct mirage_platform *p, unsigned netif, struct mirage_frame *f)
{
	struct mirage_port *port = &p->ports[netif];
	enum mirage_tx result = port->ops->transmit(port, f);

	if (result != MIRAGE_TX_CUT && --f->refs == 0)
		mirage_platform_frame_free(p, f);
	return (result);
}
