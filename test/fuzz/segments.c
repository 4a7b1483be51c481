/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TCP segments, with the numbers that the connection is at, or near them.
 */
#include <string.h>

#include "fuzz.h"

#define TCP	    6
#define FIN	    0x01
#define SYN	    0x02
#define RST	    0x04
#define PSH	    0x08
#define ACK	    0x10
#define URG	    0x20
#define ECE	    0x40
#define PAYLOAD_MAX 4096

/* How the input is bent; the low bits of an operation's second byte. */
enum bend {
	BEND_SEQUENCE = 0x01, /* sequence number by a step that follows */
	BEND_ACK = 0x02,
	BEND_OPTIONS = 0x04, /* options from the input */
	BEND_CHECKSUM = 0x08,
	BEND_OFFSET = 0x10,
	BEND_WINDOW = 0x20,
	BEND_BYTES = 0x40, /* payload from the input */
	BEND_URGENT = 0x80,
};

/* What is usual, and now and then anything. */
static uint32_t
flags_of(uint32_t choice)
{
	static const uint8_t usual[] = {ACK, ACK, ACK | PSH, ACK | PSH, ACK,
	    SYN, SYN | ACK, ACK | FIN, ACK | FIN | PSH, RST, RST | ACK, FIN,
	    ACK | URG, ACK | ECE, ACK | PSH | URG, ACK};

	return (choice < 192 ? usual[choice & 15] : choice * 5 & 0xff);
}

/* Near steps are as frequent as far ones. */
static uint32_t
step(struct input *in)
{
	uint32_t how = take8(in);

	switch (how & 7) {
	case 0:
		return (how >> 3);
	case 1:
		return (0 - (how >> 3));
	case 2:
		return ((how >> 3) * 1460);
	case 3:
		return (0 - (how >> 3) * 1460);
	case 4:
		return (take16(in));
	case 5:
		return (0 - take16(in));
	case 6:
		return (UINT32_C(1) << (how >> 3));
	default:
		return (take32(in));
	}
}

static void
usual_options(struct writer *w, const struct peer *p, uint32_t flags,
    uint32_t choice, uint32_t now_ms)
{
	if (flags & SYN) {
		put32(w, 0x02040000 | (choice & 1 ? 536 : 1460));
		if (choice & 2)
			put32(w, 0x01030300 | (choice >> 4));
		if (choice & 4)
			put32(w, 0x01010402);
	}
	if (choice & 8) {
		put32(w, 0x0101080a);
		put32(w, now_ms);
		put32(w, p->ts_value);
	}
}

static void
raw_options(struct writer *w, struct input *in)
{
	uint32_t n = take8(in) % 41;

	while (n-- > 0)
		put8(w, take8(in));
}

void
input_segment(struct fuzz *f, struct input *in)
{
	static uint8_t segment[60 + PAYLOAD_MAX + 4];
	struct writer w = {segment, segment + sizeof(segment)};
	uint32_t which = take8(in), bend = take8(in),
		 flags = flags_of(take8(in));
	uint32_t choice = take8(in), sequence, ack, len, header, i, s, urgent;
	struct ip own, remote;
	struct peer *p;

	/* A known connection, or a new one to a listener or a flow's port. */
	if (which & 0x80) {
		remote = remote_ip(which, which & 0x10);
		p = find_peer(f, &remote, 1024 + (choice & 7),
		    LISTENER_PORT + (which >> 5 & 3));
	} else {
		p = pick_peer(f, which);
	}
	if (p == NULL)
		return;
	own = own_ip(p->ip.v6);
	/* What the stack expects: its own acknowledgement. */
	sequence = p->has_ack && !(flags & SYN) ?
	    p->ack :
	    (take8(in) << 16 | SYN_LOW_BITS);
	ack = p->max;
	if (bend & BEND_SEQUENCE)
		sequence += step(in);
	if (bend & BEND_ACK)
		ack += step(in);
	if (flags & SYN) {
		/* The bytes that follow must fit the stream. */
		sequence = (sequence & 0xffff0000) | SYN_LOW_BITS;
	}
	put16(&w, p->port);
	put16(&w, p->own_port);
	put32(&w, sequence);
	put32(&w, flags & ACK || bend & BEND_ACK ? ack : 0);
	put16(&w, 0);
	put16(&w, bend & BEND_WINDOW ? take16(in) : 0xffff);
	put16(&w, 0);
	urgent = bend & BEND_URGENT ? take16(in) : 0;
	put16(&w, urgent);
	if (bend & BEND_OPTIONS)
		raw_options(&w, in);
	else
		usual_options(&w, p, flags, choice,
		    (uint32_t)(stack_now(f->stack) / 1000000));
	while ((w.at - segment) % 4 != 0)
		put8(&w, 0);
	header = (uint32_t)(w.at - segment);
	segment[12] = (uint8_t)(header / 4 << 4);
	segment[13] = (uint8_t)flags;
	if (bend & BEND_OFFSET)
		segment[12] = (uint8_t)(take8(in) << 4 | take8(in) >> 4);
	len = choice & 0x80 ? take8(in) : choice & 0x40 ? take16(in) : 0;
	if (len > PAYLOAD_MAX)
		len = PAYLOAD_MAX;
	if (header + len + (p->ip.v6 ? 40 : 20) > f->mtu)
		len = f->mtu - header - (p->ip.v6 ? 40 : 20);
	if ((bend & BEND_OFFSET) || ((bend & BEND_BYTES) && len > 0))
		p->foreign = true;
	for (i = 0; i < len; i++)
		put8(&w,
		    bend & BEND_BYTES ?
			take8(in) :
			peer_byte(sequence + i + !!(flags & SYN)));
	len = (uint32_t)(w.at - segment);
	s = ~sum(pseudo_sum(&p->ip, &own, TCP, len), segment, len);
	if (bend & BEND_CHECKSUM)
		s += take16(in);
	segment[16] = (uint8_t)(s >> 8);
	segment[17] = (uint8_t)s;
	send_packet(f, &p->ip, &own, TCP, segment, len);
}

/* A segment as it should be, with `len` bytes of the stream. */
static void
plain(struct fuzz *f, const struct peer *p, uint32_t sequence, uint32_t ack,
    uint32_t flags, uint32_t options, uint32_t window, uint32_t len)
{
	static uint8_t segment[60 + PAYLOAD_MAX + 4];
	struct writer w = {segment, segment + sizeof(segment)};
	struct ip own = own_ip(p->ip.v6);
	uint32_t header, i, s;

	put16(&w, p->port);
	put16(&w, p->own_port);
	put32(&w, sequence);
	put32(&w, ack);
	put16(&w, 0);
	put16(&w, window);
	put32(&w, 0);
	usual_options(
	    &w, p, flags, options, (uint32_t)(stack_now(f->stack) / 1000000));
	header = (uint32_t)(w.at - segment);
	segment[12] = (uint8_t)(header / 4 << 4);
	segment[13] = (uint8_t)flags;
	for (i = 0; i < len; i++)
		put8(&w, peer_byte(sequence + i));
	len += header;
	s = ~sum(pseudo_sum(&p->ip, &own, TCP, len), segment, len);
	segment[16] = (uint8_t)(s >> 8);
	segment[17] = (uint8_t)s;
	send_packet(f, &p->ip, &own, TCP, segment, len);
}

/*
 * A connection to a listener, or the answer to a SYN: so that inputs get past
 * the handshake without having to find it.
 */
void
input_handshake(struct fuzz *f, struct input *in)
{
	uint32_t which = take8(in), choice = take8(in), isn;
	struct ip remote = remote_ip(which, which & 0x10);
	struct peer *p;

	isn = (choice >> 4) << 28 | (which & 15) << 16 | SYN_LOW_BITS;
	if (which & 0x20) {
		p = pick_peer(f, which >> 6);
		if (p == NULL || !p->has_iss || p->has_ack)
			return;
		p->options = choice & 15;
		plain(f, p, isn, p->iss + 1, SYN | ACK, p->options, 0x4000, 0);
		return;
	}
	p = find_peer(
	    f, &remote, 2048 + (which >> 6), LISTENER_PORT + (choice >> 7));
	p->options = choice & 15;
	plain(f, p, isn, 0, SYN, p->options, 0x4000, 0);
	/* The answer may have made it another one's place. */
	if (p->used && p->has_iss && p->has_ack && p->ack == isn + 1)
		plain(
		    f, p, isn + 1, p->iss + 1, ACK, p->options & 8, 0x4000, 0);
}

/* What the peer would send next, or twice, or a little later. */
void
input_data(struct fuzz *f, struct input *in)
{
	uint32_t which = take8(in), how = take8(in), len = take8(in), gap;
	struct peer *p = pick_peer(f, which);

	if (p == NULL || !p->has_ack)
		return;
	len *= how & 0x80 ? 5 : 1;
	gap = how & 0x40 ? (how & 7) * len : 0;
	plain(f, p, p->ack + gap, how & 0x20 ? p->max : p->next,
	    ACK | (how & 8), p->options & 8, how & 0x10 ? take16(in) : 0x4000,
	    len);
}
