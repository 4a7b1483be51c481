/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets of TCP that came one behind the other become one frame, where neither
 * the card nor the host has done it (GRO): the stack's work is for each frame.
 * Payload is by reference.
 *
 * A packet is merged only if the one before it, put together with it and cut
 * again, would give the two packets that came: the same headers but for
 * lengths, sequence number, identification, checksums and PSH, which ends a
 * frame.
 */
#include <string.h>

#include "table.h"

#define FLOWS_MAX 8 /* that are merged side by side */
/*
 * Payload of a packet that others are merged into.  Who holds a frame holds the
 * buffers of all its packets, and TCP counts the frames of a connection, not
 * their buffers, where they carry less than this.
 */
#define BYTES_MIN 256

#define ETHERNET_BYTES	14
#define ETHERTYPE_IPV4	0x0800
#define ETHERTYPE_IPV6	0x86dd
#define IPV4_BYTES	20
#define IPV4_LENGTH	2
#define IPV4_FRAGMENT	6
#define IPV4_CHECKSUM	10
#define IPV4_ADDRESSES	12
#define IPV4_MORE	0x2000
#define IPV4_OFFSET	0x1fff
#define IPV6_BYTES	40
#define IPV6_LENGTH	4
#define TCP_BYTES	20
#define TCP_SEQUENCE	4
#define TCP_ACK_NUMBER	8
#define TCP_DATA_OFFSET 12
#define TCP_FLAGS	13
#define TCP_WINDOW	14
#define TCP_URGENT	18
#define TCP_PSH		0x08
#define TCP_ACK		0x10
#define PROTOCOL_TCP	6

/* A packet that can be merged. */
struct packet {
	struct mirage_frame *frame;
	uint32_t transport, payload; /* bytes from head */
	uint32_t sequence;
	uint32_t bytes; /* of payload */
	bool open; /* another one may follow */
};

static uint32_t
load16(const uint8_t *p)
{
	return ((uint32_t)p[0] << 8 | p[1]);
}

static uint32_t
load32(const uint8_t *p)
{
	return (load16(p) << 16 | load16(p + 2));
}

static void
store16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/*
 * Is it plain IPv4 without options, its header whole, or IPv6 with TCP next,
 * and either without a VLAN tag?
 */
static bool
is_plain(const struct mirage_frame *f, uint32_t transport)
{
	const uint8_t *ip = f->head + ETHERNET_BYTES;
	uint32_t type = load16(ip - 2);

	if (type == ETHERTYPE_IPV6)
		return (transport == ETHERNET_BYTES + IPV6_BYTES);
	return (type == ETHERTYPE_IPV4 &&
	    transport == ETHERNET_BYTES + IPV4_BYTES &&
	    (load16(ip + IPV4_FRAGMENT) & (IPV4_MORE | IPV4_OFFSET)) == 0 &&
	    ((f->flags & MIRAGE_FRAME_RX_L3_GOOD) != 0 ||
		mirage_sum(ip, IPV4_BYTES, 0) == 0xffff));
}

/* What can be merged: data, with the checksum right, and nothing special. */
static bool
look(struct mirage_frame *f, struct packet *p)
{
	struct mirage_transport t;
	const uint8_t *tcp;

	if (f->segment_bytes != 0 || f->nsegs == 0 ||
	    (f->segs[0].buffer->flags & MIRAGE_BUFFER_READONLY) != 0 ||
	    f->head_len < ETHERNET_BYTES + 1 ||
	    !mirage_frame_transport(f, &t) || t.protocol != PROTOCOL_TCP ||
	    t.at + t.len != f->len || t.len <= TCP_BYTES ||
	    f->head_len < t.at + TCP_BYTES || !is_plain(f, t.at))
		return (false);
	tcp = f->head + t.at;
	p->frame = f;
	p->transport = t.at;
	p->payload = t.at + (tcp[TCP_DATA_OFFSET] >> 4) * 4u;
	p->sequence = load32(tcp + TCP_SEQUENCE);
	p->open = (tcp[TCP_FLAGS] & TCP_PSH) == 0;
	if ((tcp[TCP_FLAGS] & ~TCP_PSH) != TCP_ACK ||
	    load16(tcp + TCP_URGENT) != 0 || p->payload < t.at + TCP_BYTES ||
	    p->payload >= f->len || f->head_len < p->payload)
		return (false);
	p->bytes = f->len - p->payload;
	if ((f->flags & MIRAGE_FRAME_RX_L4_GOOD) == 0) {
		if (mirage_frame_sum(f, t.at, t.len, t.seed) != 0xffff)
			return (false);
		f->flags |= MIRAGE_FRAME_RX_L4_GOOD;
	}
	return (true);
}

/* Of the same flow, as far as that can be seen without an address more? */
static bool
same_flow(const struct packet *a, const struct packet *b)
{
	const uint8_t *p = a->frame->head, *q = b->frame->head;
	uint32_t addresses =
	    ETHERNET_BYTES + (p[ETHERNET_BYTES] >> 4 == 6 ? 8 : IPV4_ADDRESSES);

	return (a->transport == b->transport &&
	    (p[ETHERNET_BYTES] ^ q[ETHERNET_BYTES]) < 0x10 &&
	    memcmp(p + addresses, q + addresses,
		a->transport - addresses + TCP_SEQUENCE) == 0);
}

/* Do their headers say the same, but for what differs from packet to packet? */
static bool
same_headers(const struct packet *a, const struct packet *b)
{
	const uint8_t *p = a->frame->head, *q = b->frame->head;
	const uint8_t *v = p + ETHERNET_BYTES, *w = q + ETHERNET_BYTES;
	const uint8_t *t = p + a->transport, *u = q + b->transport;
	uint32_t options = a->payload - a->transport - TCP_BYTES;

	/* IPv4: type of service, fragment bits, TTL, protocol.  IPv6: class,
	 * label, next header, hop limit. */
	if (memcmp(p, q, ETHERNET_BYTES) != 0 ||
	    (v[0] >> 4 == 6 ? memcmp(v, w, IPV6_LENGTH) != 0 ||
			memcmp(v + 6, w + 6, 2) != 0 :
			      v[1] != w[1] ||
			memcmp(v + IPV4_FRAGMENT, w + IPV4_FRAGMENT, 4) != 0))
		return (false);
	return (a->payload == b->payload &&
	    memcmp(t + TCP_ACK_NUMBER, u + TCP_ACK_NUMBER, 5) == 0 &&
	    memcmp(t + TCP_WINDOW, u + TCP_WINDOW, 2) == 0 &&
	    memcmp(t + TCP_BYTES, u + TCP_BYTES, options) == 0);
}

/* Appends b to a, which owns it then.  false: they do not go together. */
static bool
join(struct mirage_instance *inst, struct packet *a, const struct packet *b)
{
	struct mirage_platform *p = inst->platform;
	struct mirage_frame *f = a->frame;
	uint32_t size = f->segment_bytes != 0 ? f->segment_bytes : a->bytes;
	uint8_t *ip;

	if (!a->open || b->sequence != a->sequence + a->bytes ||
	    size < BYTES_MIN || b->bytes > size ||
	    f->len + b->bytes > MIRAGE_FRAME_MAX || !same_headers(a, b) ||
	    !mirage_frame_writable(inst, f, a->payload) ||
	    !mirage_frame_append(p, f, b->frame, b->payload, b->bytes))
		return (false);
	ip = f->head + ETHERNET_BYTES;
	if (ip[0] >> 4 == 6)
		store16(ip + IPV6_LENGTH, f->len - ETHERNET_BYTES - IPV6_BYTES);
	else {
		store16(ip + IPV4_LENGTH, f->len - ETHERNET_BYTES);
		store16(ip + IPV4_CHECKSUM, 0);
		store16(ip + IPV4_CHECKSUM, ~mirage_sum(ip, IPV4_BYTES, 0));
	}
	f->head[a->transport + TCP_FLAGS] |=
	    b->frame->head[b->transport + TCP_FLAGS];
	f->segment_bytes = (uint16_t)size;
	f->flags |= MIRAGE_FRAME_RX_UNSUMMED;
	a->bytes += b->bytes;
	a->open = b->open && b->bytes == size;
	mirage_platform_frame_free(p, b->frame);
	return (true);
}

int
mirage_frame_merge(
    struct mirage_instance *inst, struct mirage_frame **frames, int n)
{
	struct packet flows[FLOWS_MAX], next;
	unsigned nflows = 0, i, oldest = 0;
	int from, left = 0;

	/* Those that are held already hold enough. */
	if (inst->frames->merged + (uint32_t)n > inst->frames->limit)
		return (n);
	for (from = 0; from < n; from++) {
		struct mirage_frame *f = frames[from];

		if (!look(f, &next)) {
			/* Nothing that follows comes before it. */
			nflows = 0;
			frames[left++] = f;
			continue;
		}
		for (i = 0; i < nflows; i++)
			if (same_flow(&flows[i], &next))
				break;
		if (i < nflows && join(inst, &flows[i], &next))
			continue;
		frames[left++] = f;
		if (i < nflows)
			flows[i] = next;
		else if (nflows < FLOWS_MAX)
			flows[nflows++] = next;
		else {
			flows[oldest] = next;
			oldest = (oldest + 1) % FLOWS_MAX;
		}
	}
	return (left);
}
