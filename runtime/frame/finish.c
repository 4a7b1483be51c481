/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The checksum of TCP and UDP in a frame that came without it
 * (MIRAGE_FRAME_RX_UNSUMMED): the host had left it to a card that there is
 * not.  It is filled in, of the bytes as they are then, when somebody sees
 * them for whom they must be right.
 */
#include "table.h"

#define ETHERNET_BYTES 14
#define VLAN_BYTES     4
#define IPV4_BYTES     20
#define IPV6_BYTES     40

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_IPV6 0x86dd

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

static uint32_t
get16(const struct mirage_frame *f, uint32_t at)
{
	return ((uint32_t)f->head[at] << 8 | f->head[at + 1]);
}

/* RFC 791; a fragment has no checksum of its own. */
static bool
find_ipv4(const struct mirage_frame *f, uint32_t at, struct mirage_transport *t)
{
	uint32_t header, total;

	if (f->head_len < at + IPV4_BYTES)
		return (false);
	header = (f->head[at] & 0xfu) * 4;
	total = get16(f, at + 2);
	if (f->head[at] >> 4 != 4 || header < IPV4_BYTES || total < header ||
	    (get16(f, at + 6) & 0x3fff) != 0)
		return (false);
	t->protocol = f->head[at + 9];
	t->at = at + header;
	t->len = total - header;
	t->seed = mirage_sum(f->head + at + 12, 8, t->len + t->protocol);
	return (true);
}

/* RFC 8200; no extension headers, which no card looks behind. */
static bool
find_ipv6(const struct mirage_frame *f, uint32_t at, struct mirage_transport *t)
{
	if (f->head_len < at + IPV6_BYTES || f->head[at] >> 4 != 6)
		return (false);
	t->protocol = f->head[at + 6];
	t->at = at + IPV6_BYTES;
	t->len = get16(f, at + 4);
	t->seed = mirage_sum(f->head + at + 8, 32, t->len + t->protocol);
	return (true);
}

bool
mirage_frame_transport(const struct mirage_frame *f, struct mirage_transport *t)
{
	uint32_t at = ETHERNET_BYTES, type;

	if (f->head_len < at)
		return (false);
	type = get16(f, at - 2);
	if (type == ETHERTYPE_VLAN && f->head_len >= at + VLAN_BYTES) {
		at += VLAN_BYTES;
		type = get16(f, at - 2);
	}
	if (!(type == ETHERTYPE_IPV4 ?
		    find_ipv4(f, at, t) :
		    type == ETHERTYPE_IPV6 && find_ipv6(f, at, t)))
		return (false);
	if (t->protocol != PROTOCOL_TCP && t->protocol != PROTOCOL_UDP)
		return (false);
	t->field = t->at + (t->protocol == PROTOCOL_TCP ? 16 : 6);
	return (mirage_frame_holds(f, t->at, t->len) &&
	    t->field + 2 <= t->at + t->len);
}

/*
 * What is to be summed, with the sum of the pseudo header in the checksum's
 * place: what the headers say or, of those that we do not know, who received
 * the frame.  false: there is none.
 */
static bool
find_sum(struct mirage_frame *f, struct mirage_transport *t)
{
	if (mirage_frame_transport(f, t))
		return (true);
	if (f->csum_start == 0 || f->csum_start > f->len)
		return (false);
	t->at = f->csum_start;
	t->len = f->len - t->at;
	t->field = t->at + f->csum_offset;
	return (t->field + 2 <= f->len && t->field + 2 <= f->head_len &&
	    (t->seed = get16(f, t->field), true));
}

bool
mirage_frame_finish(struct mirage_instance *inst, struct mirage_frame *f)
{
	struct mirage_transport t;
	uint32_t sum;

	if (find_sum(f, &t)) {
		if (!mirage_frame_writable(inst, f, t.field + 2))
			return (false);
		f->head[t.field] = f->head[t.field + 1] = 0;
		sum = ~mirage_frame_sum(f, t.at, t.len, t.seed) & 0xffff;
		if (sum == 0)
			sum = 0xffff; /* RFC 768: 0: there is none */
		f->head[t.field] = (uint8_t)(sum >> 8);
		f->head[t.field + 1] = (uint8_t)sum;
	}
	f->flags &= (uint16_t)~MIRAGE_FRAME_RX_UNSUMMED;
	return (true);
}

bool
mirage_frame_request(struct mirage_instance *inst, struct mirage_frame *f)
{
	struct mirage_transport t;

	if (find_sum(f, &t)) {
		if (t.at > UINT16_MAX ||
		    !mirage_frame_writable(inst, f, t.field + 2))
			return (false);
		f->head[t.field] = (uint8_t)(t.seed >> 8);
		f->head[t.field + 1] = (uint8_t)t.seed;
		f->csum_start = (uint16_t)t.at;
		f->csum_offset = (uint16_t)(t.field - t.at);
		f->flags |= MIRAGE_FRAME_TX_CSUM;
	}
	f->flags &= (uint16_t)~MIRAGE_FRAME_RX_UNSUMMED;
	return (true);
}

bool
mirage_frame_finish_before(
    struct mirage_instance *inst, struct mirage_frame *f, uint32_t off)
{
	struct mirage_transport t;

	if ((f->flags & MIRAGE_FRAME_RX_UNSUMMED) == 0 || !find_sum(f, &t) ||
	    off > t.field + 1)
		return (true);
	return (mirage_frame_finish(inst, f));
}
