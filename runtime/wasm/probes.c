/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fires probes for frame code.  Runs only while somebody listens: copies here
 * cost nobody else anything.
 */
#include <string.h>

#include "host.h"
#include "imports.h"

#define SITE struct mirage_wasm *w, const struct mirage_site *site

#define IPV4_BYTES   20
#define IPV6_BYTES   40
#define TCP_BYTES    60
#define UDP_BYTES    8
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define HOPS	     64 /* what the stack sends unless the program says otherwise */

/* A header of a frame where it is in one piece; else what there is, copied. */
static uint8_t *
header(struct mirage_frame *f, uint32_t at, uint32_t bytes, uint8_t *copy)
{
	if (at <= f->head_len && bytes <= f->head_len - at)
		return (f->head + at);
	memset(copy, 0, bytes);
	if (at < f->len)
		mirage_frame_copy_out(
		    f, at, copy, f->len - at < bytes ? f->len - at : bytes);
	return (copy);
}

static void
store16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Four words of a record, or the last of them (version 4), as on the wire. */
static void
store_address(uint8_t *p, const uint32_t *words, uint32_t version)
{
	unsigned i;

	for (i = version == 4 ? 3 : 0; i < 4; i++, p += 4) {
		store16(p, words[i] >> 16);
		store16(p + 2, words[i]);
	}
}

/* The IP header as it will be: nobody has written it yet. */
static void
make_header(uint8_t *p, const uint32_t *r, uint8_t protocol)
{
	bool sending = r[MIRAGE_WORD_SENDING] != 0;
	const uint32_t *local = r + MIRAGE_WORD_LOCAL,
		       *remote = r + MIRAGE_WORD_REMOTE;
	const uint32_t *source = sending ? local : remote,
		       *destination = sending ? remote : local;

	if (r[MIRAGE_WORD_VERSION] == 4) {
		memset(p, 0, IPV4_BYTES);
		p[0] = 0x45;
		store16(p + 2, IPV4_BYTES + r[MIRAGE_WORD_LENGTH]);
		p[8] = HOPS;
		p[9] = protocol;
		store_address(p + 12, source, 4);
		store_address(p + 16, destination, 4);
		return;
	}
	memset(p, 0, IPV6_BYTES);
	p[0] = 0x60;
	store16(p + 4, r[MIRAGE_WORD_LENGTH]);
	p[6] = protocol;
	p[7] = HOPS;
	store_address(p + 8, source, 6);
	store_address(p + 24, destination, 6);
}

void
mirage_import_probe_packet(
    SITE, uint32_t probe, uint32_t n, uint32_t h, uint32_t at)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);
	bool local = n >= w->inst->nnetifs;
	struct mirage_probe_netif netif = {
	    .name = local ? "lo0" : w->inst->netifs[n].name,
	    .number = n,
	    .mtu = local ? 0 : w->inst->netifs[n].mtu,
	    .local = local};
	uint8_t copy[IPV6_BYTES];
	uint8_t *ip = header(f, at, IPV4_BYTES, copy);
	bool is4 = ip[0] >> 4 == 4;

	/* ARP's begins with 0. */
	if (!is4 && ip[0] >> 4 != 6)
		return;
	if (!is4)
		ip = header(f, at, IPV6_BYTES, copy);
	if (probe == MIRAGE_WASM_PROBE_ip__send)
		MIRAGE_PROBE(ip__send, NULL, NULL, ip, &netif,
		    is4 ? (struct ip *)ip : NULL,
		    is4 ? NULL : (struct ip6_hdr *)ip);
	else
		MIRAGE_PROBE(ip__receive, NULL, NULL, ip, &netif,
		    is4 ? (struct ip *)ip : NULL,
		    is4 ? NULL : (struct ip6_hdr *)ip);
}

static void
describe_connection(struct mirage_probe_tcp *c, const uint32_t *r)
{
	memset(c, 0, sizeof(*c));
	c->version = r[MIRAGE_WORD_VERSION];
	c->local_port = (uint16_t)r[MIRAGE_WORD_LOCAL_PORT];
	c->remote_port = (uint16_t)r[MIRAGE_WORD_REMOTE_PORT];
	store_address(c->local_address, r + MIRAGE_WORD_LOCAL, c->version);
	store_address(c->remote_address, r + MIRAGE_WORD_REMOTE, c->version);
	c->state = (int32_t)r[MIRAGE_WORD_STATE];
	c->active = (int32_t)r[MIRAGE_WORD_ACTIVE];
	c->iss = r[MIRAGE_WORD_ISS];
	c->irs = r[MIRAGE_WORD_IRS];
	c->snd_una = r[MIRAGE_WORD_SND_UNA];
	c->snd_max = r[MIRAGE_WORD_SND_MAX];
	c->snd_nxt = r[MIRAGE_WORD_SND_NXT];
	c->rcv_ack = r[MIRAGE_WORD_RCV_ACK];
	c->rcv_nxt = r[MIRAGE_WORD_RCV_NXT];
	c->snd_wnd = r[MIRAGE_WORD_SND_WND];
	c->rcv_wnd = r[MIRAGE_WORD_RCV_WND];
	c->snd_scale = (int32_t)r[MIRAGE_WORD_SND_SCALE];
	c->rcv_scale = (int32_t)r[MIRAGE_WORD_RCV_SCALE];
	c->cwnd = r[MIRAGE_WORD_CWND];
	c->ssthresh = r[MIRAGE_WORD_SSTHRESH];
	c->mss = r[MIRAGE_WORD_MSS];
	c->rto_ms = r[MIRAGE_WORD_RTO_MS];
	c->srtt_us = r[MIRAGE_WORD_SRTT_US];
	c->retransmits = r[MIRAGE_WORD_RETRANSMITS];
	c->dupacks = r[MIRAGE_WORD_DUPACKS];
	c->snd_wl1 = r[MIRAGE_WORD_SND_WL1];
	c->snd_wl2 = r[MIRAGE_WORD_SND_WL2];
	c->rcv_adv = r[MIRAGE_WORD_RCV_ADV];
	c->ts_recent = r[MIRAGE_WORD_TS_RECENT];
}

static void
describe_socket(struct mirage_probe_udp *u, const uint32_t *r)
{
	memset(u, 0, sizeof(*u));
	u->version = r[MIRAGE_WORD_VERSION];
	u->local_port = (uint16_t)r[MIRAGE_WORD_LOCAL_PORT];
	u->remote_port = (uint16_t)r[MIRAGE_WORD_REMOTE_PORT];
	store_address(u->local_address, r + MIRAGE_WORD_LOCAL, u->version);
	store_address(u->remote_address, r + MIRAGE_WORD_REMOTE, u->version);
}

/* A flow's number where a tracer looks for an address. */
static struct mirage_probe_flow *
flow_of(const uint32_t *r)
{
	return ((struct mirage_probe_flow *)(uintptr_t)r[MIRAGE_WORD_FLOW]);
}

static void
tell_segment(uint32_t probe, const uint32_t *r, uint8_t *ip, uint8_t *at)
{
	struct mirage_probe_tcp connection;
	struct mirage_probe_tcp *c = NULL;
	struct tcphdr *tcp = (struct tcphdr *)at;

	if (r[MIRAGE_WORD_CONNECTED] != 0) {
		c = &connection;
		describe_connection(c, r);
	}
	switch (probe) {
	case MIRAGE_WASM_PROBE_tcp__state__change:
		MIRAGE_PROBE(tcp__state__change, NULL, flow_of(r), NULL, c,
		    NULL, (int)r[MIRAGE_WORD_PREVIOUS]);
		break;
#define X(name)                                                             \
	case MIRAGE_WASM_PROBE_##name:                                      \
		MIRAGE_PROBE(                                               \
		    name, NULL, c == NULL ? NULL : flow_of(r), ip, c, tcp); \
		break;
		X(tcp__send)
		X(tcp__receive)
		X(tcp__connect__request)
		X(tcp__connect__established)
		X(tcp__connect__refused)
		X(tcp__accept__established)
		X(tcp__accept__refused)
		X(tcp__retransmit)
#undef X
	default:
		break;
	}
}

static void
tell_datagram(uint32_t probe, const uint32_t *r, uint8_t *ip, uint8_t *at)
{
	struct mirage_probe_udp socket;
	struct udphdr *udp = (struct udphdr *)at;

	describe_socket(&socket, r);
	if (probe == MIRAGE_WASM_PROBE_udp__send)
		MIRAGE_PROBE(udp__send, NULL, flow_of(r), ip, &socket, udp);
	else
		MIRAGE_PROBE(udp__receive, NULL, flow_of(r), ip, &socket, udp);
}

void
mirage_import_probe_transport(SITE, uint32_t probe, uint32_t record, uint32_t h,
    uint32_t header_at, uint32_t at)
{
	bool udp = probe == MIRAGE_WASM_PROBE_udp__send ||
	    probe == MIRAGE_WASM_PROBE_udp__receive;
	uint8_t ip_copy[IPV6_BYTES], copy[TCP_BYTES];
	uint8_t *ip = ip_copy, *transport = NULL;
	uint32_t r[MIRAGE_WORDS];

	memcpy(r, mirage_wasm_linear(w, site, record, sizeof(r)), sizeof(r));
	if (header_at == 0)
		make_header(ip, r, udp ? PROTOCOL_UDP : PROTOCOL_TCP);
	if (h != 0) {
		struct mirage_frame *f = mirage_import_frame(w, site, h);

		if (header_at != 0)
			ip = header(f, header_at,
			    r[MIRAGE_WORD_VERSION] == 4 ? IPV4_BYTES :
							  IPV6_BYTES,
			    ip_copy);
		transport = header(f, at, udp ? UDP_BYTES : TCP_BYTES, copy);
	}
	if (udp)
		tell_datagram(probe, r, ip, transport);
	else
		tell_segment(probe, r, ip, transport);
}
