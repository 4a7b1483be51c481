/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TCP segments, with the numbers that the connection is at, or near them.
 */
#include <string.h>

#include "fuzz.h"

#define TCP	    6
#define FLAG_FIN    0x01
#define FLAG_SYN    0x02
#define FLAG_RST    0x04
#define FLAG_ACK    0x10
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
	if (flags & FLAG_SYN) {
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
	uint32_t which = take8(in), bend = take8(in), flags = take8(in);
	uint32_t choice = take8(in), sequence, ack, len, header, i, s, urgent;
	struct ip own, remote;
	struct peer *p;

	/* A known connection, or a new one to a listener or a flow's port. */
	if (which & 0x80) {
		remote = remote_ip(which, which & 0x10);
		p = find_peer(f, &remote, 1024 + (choice & 7),
		    LISTENER_PORT + (which >> 5 & 3));
	} else {
		p = &f->peers[which % PEERS];
	}
	if (p == NULL || !p->used)
		return;
	own = own_ip(p->ip.v6);
	/* What the stack expects: its own acknowledgement. */
	sequence = p->has_ack && !(flags & FLAG_SYN) ?
	    p->ack :
	    (take8(in) << 16 | SYN_LOW_BITS);
	ack = p->max;
	if (bend & BEND_SEQUENCE)
		sequence += step(in);
	if (bend & BEND_ACK)
		ack += step(in);
	if (flags & FLAG_SYN) {
		/* The bytes that follow must fit the stream. */
		sequence = (sequence & 0xffff0000) | SYN_LOW_BITS;
	}
	put16(&w, p->port);
	put16(&w, p->own_port);
	put32(&w, sequence);
	put32(&w, flags & FLAG_ACK || bend & BEND_ACK ? ack : 0);
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
			peer_byte(sequence + i + !!(flags & FLAG_SYN)));
	len = (uint32_t)(w.at - segment);
	s = ~sum(pseudo_sum(&p->ip, &own, TCP, len), segment, len);
	if (bend & BEND_CHECKSUM)
		s += take16(in);
	segment[16] = (uint8_t)(s >> 8);
	segment[17] = (uint8_t)s;
	send_packet(f, &p->ip, &own, TCP, segment, len);
}
