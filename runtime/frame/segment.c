/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames of several packets of TCP, and their packets when no card cuts them.
 */
#include <string.h>

#include <mirage/probes.h>

#include "table.h"

#define ETHERNET_BYTES	14
#define VLAN_BYTES	4
#define TCP_BYTES	20
#define TCP_SEQUENCE	4
#define TCP_DATA_OFFSET 12
#define TCP_FLAGS	13
#define TCP_CHECKSUM	16

#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80

#define IPV4_LENGTH	    2
#define IPV4_IDENTIFICATION 4
#define IPV4_CHECKSUM	    10
#define IPV4_ADDRESSES	    12
#define IPV6_BYTES	    40
#define IPV6_LENGTH	    4
#define IPV6_ADDRESSES	    8
#define ETHERTYPE_VLAN	    0x8100
#define PROTOCOL_TCP	    6

/* Where the headers are, in bytes from the frame's start. */
struct headers {
	uint32_t network, transport, payload;
	bool version6;
};

static uint32_t
load16(const uint8_t *p)
{
	return ((uint32_t)p[0] << 8 | p[1]);
}

static void
store16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Of a frame that is a packet of TCP and nothing behind it. */
static bool
find_headers(const struct mirage_frame *f, struct headers *h)
{
	struct mirage_transport t;

	if (!mirage_frame_transport(f, &t) || t.protocol != PROTOCOL_TCP ||
	    t.at + t.len != f->len || t.len < TCP_BYTES ||
	    f->head_len < t.at + TCP_BYTES)
		return (false);
	h->network = ETHERNET_BYTES;
	if (load16(f->head + ETHERNET_BYTES - 2) == ETHERTYPE_VLAN)
		h->network += VLAN_BYTES;
	h->version6 = f->head[h->network] >> 4 == 6;
	h->transport = t.at;
	h->payload = t.at + (f->head[t.at + TCP_DATA_OFFSET] >> 4) * 4u;
	return (h->payload >= t.at + TCP_BYTES && h->payload <= f->len);
}

bool
mirage_frame_check_segment(struct mirage_frame *f, uint32_t max)
{
	struct headers h;

	if (f->segment_bytes == 0 || f->len > MIRAGE_FRAME_BYTES_MAX ||
	    !find_headers(f, &h) || f->head_len < h.payload ||
	    h.payload + f->segment_bytes > max)
		return (false);
	if ((f->flags & MIRAGE_FRAME_TX_CSUM) == 0 ||
	    f->csum_start != h.transport || f->csum_offset != TCP_CHECKSUM)
		return (false);
	f->header_bytes = (uint16_t)h.payload;
	f->flags &= (uint16_t)~MIRAGE_FRAME_TX_SEGMENT;
	f->flags |=
	    h.version6 ? MIRAGE_FRAME_TX_SEGMENT6 : MIRAGE_FRAME_TX_SEGMENT4;
	return (true);
}

bool
mirage_frame_resegment(struct mirage_instance *inst, struct mirage_frame *f)
{
	struct headers h;

	if (!find_headers(f, &h) ||
	    !mirage_frame_writable(inst, f, h.payload) ||
	    !mirage_frame_request(inst, f))
		return (false);
	f->flags |= MIRAGE_FRAME_TX_SEGMENT;
	return (true);
}

static void
write_ipv4(uint8_t *ip, uint32_t header, uint32_t total, uint32_t index)
{
	store16(ip + IPV4_LENGTH, total);
	store16(
	    ip + IPV4_IDENTIFICATION, load16(ip + IPV4_IDENTIFICATION) + index);
	store16(ip + IPV4_CHECKSUM, 0);
	store16(ip + IPV4_CHECKSUM, ~mirage_sum(ip, header, 0));
}

/* Of the packet number `index`, with `bytes` of payload from `at` on. */
static void
write_headers(uint8_t *p, const struct headers *h, uint32_t index, uint32_t at,
    uint32_t bytes, bool last)
{
	uint8_t *ip = p + h->network, *tcp = p + h->transport;
	uint32_t header = h->transport - h->network;
	uint32_t len = h->payload - h->transport + bytes, seed, sequence;

	if (h->version6) {
		store16(ip + IPV6_LENGTH, header - IPV6_BYTES + len);
		seed = mirage_sum(ip + IPV6_ADDRESSES, 32, len + PROTOCOL_TCP);
	} else {
		write_ipv4(ip, header, header + len, index);
		seed = mirage_sum(ip + IPV4_ADDRESSES, 8, len + PROTOCOL_TCP);
	}
	sequence =
	    load16(tcp + TCP_SEQUENCE) << 16 | load16(tcp + TCP_SEQUENCE + 2);
	sequence += at;
	store16(tcp + TCP_SEQUENCE, sequence >> 16);
	store16(tcp + TCP_SEQUENCE + 2, sequence);
	if (index > 0)
		tcp[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
	if (!last)
		tcp[TCP_FLAGS] &= (uint8_t)~(TCP_FIN | TCP_PSH);
	store16(tcp + TCP_CHECKSUM, seed);
}

/* One packet's frame; NULL: no memory. */
static struct mirage_frame *
cut_packet(struct mirage_instance *inst, const struct mirage_frame *f,
    const struct headers *h, uint32_t index)
{
	uint32_t at = index * f->segment_bytes;
	uint32_t left = f->len - h->payload - at;
	uint32_t bytes = left < f->segment_bytes ? left : f->segment_bytes;
	struct mirage_frame *g;

	g = mirage_platform_frame_alloc(inst->platform, h->payload);
	if (g == NULL)
		return (NULL);
	mirage_frame_copy_out(f, 0, g->head, h->payload);
	inst->stats.copies++;
	inst->stats.bytes_copied += h->payload;
	MIRAGE_PROBE(copy, "segment", h->payload);
	if (!mirage_frame_append(
		inst->platform, g, f, h->payload + at, bytes)) {
		mirage_platform_frame_free(inst->platform, g);
		return (NULL);
	}
	write_headers(g->head, h, index, at, bytes, bytes == left);
	g->netif = f->netif;
	g->timestamp_ns = f->timestamp_ns;
	g->csum_start = (uint16_t)h->transport;
	g->csum_offset = TCP_CHECKSUM;
	g->flags |= f->flags & MIRAGE_FRAME_TX_CSUM ? MIRAGE_FRAME_TX_CSUM :
						      MIRAGE_FRAME_RX_L3_GOOD |
		MIRAGE_FRAME_RX_L4_GOOD | MIRAGE_FRAME_RX_UNSUMMED;
	return (g);
}

bool
mirage_frame_cut(struct mirage_instance *inst, const struct mirage_frame *f,
    mirage_frame_taker *take, void *argument)
{
	uint32_t packets, i, len = f->len, bytes = f->segment_bytes;
	struct mirage_frame *g;
	struct headers h;

	if (bytes == 0 || !find_headers(f, &h))
		return (false);
	inst->stats.frames_cut++;
	packets = (len - h.payload + bytes - 1) / bytes;
	for (i = 0; i == 0 || i < packets; i++) {
		/* Who took the last one may have changed the frame. */
		if (f->len != len || f->segment_bytes != bytes)
			return (false);
		g = cut_packet(inst, f, &h, i);
		if (g == NULL || !take(inst, argument, g))
			return (false);
	}
	return (true);
}
