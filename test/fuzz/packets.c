/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Everything that comes over the wire but TCP's segments.
 */
#include <string.h>

#include "fuzz.h"

#define TYPE_IPV4   0x0800
#define TYPE_ARP    0x0806
#define TYPE_IPV6   0x86dd
#define ICMP	    1
#define UDP	    17
#define ICMP6	    58
#define PAYLOAD_MAX 8192

static void
finish(uint8_t *packet, size_t len, uint32_t seed, size_t at)
{
	uint32_t s = ~sum(seed, packet, len);

	packet[at] = (uint8_t)(s >> 8);
	packet[at + 1] = (uint8_t)s;
}

void
input_datagram(struct fuzz *f, struct input *in)
{
	static uint8_t datagram[8 + PAYLOAD_MAX];
	struct writer w = {datagram, datagram + sizeof(datagram)};
	uint32_t which = take8(in), how = take8(in), len = take8(in), i;
	struct ip from = remote_ip(which, which & 0x10);
	struct ip to = own_ip(from.v6);

	if (how & 0x80)
		len *= 5;
	if (8 + len + (from.v6 ? 40 : 20) > f->mtu)
		len = f->mtu - 8 - (from.v6 ? 40 : 20);
	put16(&w, 4000 + (which >> 5));
	put16(&w, UDP_PORT + (how & 3));
	put16(&w, how & 4 ? take16(in) : 8 + len);
	put16(&w, 0);
	for (i = 0; i < len; i++)
		put8(&w, how & 8 ? take8(in) : i);
	if (how & 0x10 && !from.v6)
		to.word[3] = how & 0x20 ? 0xffffffff : 0xe0000001;
	len = (uint32_t)(w.at - datagram);
	if (!(how & 0x40))
		finish(datagram, len, pseudo_sum(&from, &to, UDP, len), 6);
	send_packet(f, &from, &to, UDP, datagram, len);
}

/* An ICMP message; mostly an error that quotes what the stack sent last. */
void
input_error(struct fuzz *f, struct input *in)
{
	static uint8_t message[8 + 600];
	struct writer w = {message, message + sizeof(message)};
	uint32_t how = take8(in), type = take8(in), code = take8(in), n, at;
	bool v6 = f->last_sent_len > 0 ? f->last_sent_v6 : how & 0x80;
	struct ip from = remote_ip(how, v6), to = own_ip(v6);

	put8(&w, type);
	put8(&w, code);
	put16(&w, 0);
	put32(&w, how & 0x10 ? take16(in) : take32(in));
	n = how & 0x20 ? take8(in) : (uint32_t)f->last_sent_len;
	if (n > f->last_sent_len)
		n = (uint32_t)f->last_sent_len;
	if (n > 600)
		n = 600;
	put(&w, f->last_sent, n);
	if (how & 0x40 && n > 0) {
		at = take8(in) % n;
		message[8 + at] ^= (uint8_t)take8(in);
	}
	n = (uint32_t)(w.at - message);
	finish(message, n, v6 ? pseudo_sum(&from, &to, ICMP6, n) : 0, 2);
	send_packet(f, &from, &to, v6 ? ICMP6 : ICMP, message, n);
}

/* Part of a datagram, or of nothing. */
void
input_fragment(struct fuzz *f, struct input *in)
{
	static uint8_t packet[FRAME_ROOM];
	struct writer w = {packet, packet + sizeof(packet)};
	uint32_t how = take8(in), id = take8(in) & 7, offset = take16(in);
	uint32_t len = take8(in) * (how & 1 ? 5 : 1), i;
	const bool v6 = how & 2;
	struct ip from = remote_ip(how >> 4, v6), to = own_ip(v6);

	if (how & 8)
		len &= ~7u;
	if (len + 48 > f->mtu)
		len = (f->mtu - 48) & ~7u;
	if (v6) {
		put8(&w, UDP);
		put8(&w, 0);
		put16(&w, offset << 3 | (how & 4 ? 1 : 0));
		put32(&w, id);
	} else {
		put16(&w, 0x4500);
		put16(&w, 20 + len);
		put16(&w, id);
		put16(&w, (offset & 0x1fff) | (how & 4 ? 0x2000 : 0));
		put8(&w, 64);
		put8(&w, UDP);
		put16(&w, 0);
		put32(&w, from.word[3]);
		put32(&w, to.word[3]);
		finish(packet, 20, 0, 10);
	}
	for (i = 0; i < len; i++)
		put8(&w, take8(in));
	if (v6)
		send_packet(f, &from, &to, 44, packet, (size_t)(w.at - packet));
	else
		send_frame(f, TYPE_IPV4, packet, (size_t)(w.at - packet));
}

static void
arp(struct fuzz *f, uint32_t how, struct input *in)
{
	uint8_t packet[28];
	struct writer w = {packet, packet + sizeof(packet)};

	put32(&w, 0x00010800);
	put16(&w, 0x0604);
	put16(&w, how & 1 ? 1 : 2);
	put32(&w, 0x02000000);
	put16(&w, how & 2 ? 0xfe : take8(in));
	put32(&w, how & 4 ? take32(in) : remote_ip(how >> 4, false).word[3]);
	put32(&w, 0x02000000);
	put16(&w, 0);
	put32(&w, how & 8 ? take32(in) : OWN_IPV4);
	send_frame(f, TYPE_ARP, packet, sizeof(packet));
}

void
answer_arp(struct fuzz *f, const uint8_t *request)
{
	uint8_t packet[28];
	struct writer w = {packet, packet + sizeof(packet)};

	/* A request, from an address that is not asked for. */
	if (request[7] != 1 || memcmp(request + 14, request + 24, 4) == 0 ||
	    memcmp(request + 14, "\0\0\0\0", 4) == 0)
		return;
	put(&w, request, 6);
	put16(&w, 2);
	put32(&w, 0x02000000);
	put16(&w, 0xfe);
	put(&w, request + 24, 4);
	put(&w, request + 8, 10);
	send_frame(f, TYPE_ARP, packet, sizeof(packet));
}

void
answer_solicitation(struct fuzz *f, const uint8_t *request)
{
	uint8_t message[32];
	struct writer w = {message, message + sizeof(message)};
	struct ip from = {{0}, true}, to = {{0}, true};
	int i;

	for (i = 0; i < 16; i++) {
		from.word[i / 4] = from.word[i / 4] << 8 | request[48 + i];
		to.word[i / 4] = to.word[i / 4] << 8 | request[8 + i];
	}
	if ((to.word[0] | to.word[1] | to.word[2] | to.word[3]) == 0)
		return; /* looks for duplicates: there are none */
	put32(&w, 136u << 24);
	put32(&w, 0xe0000000);
	put(&w, request + 48, 16);
	put16(&w, 0x0201);
	put32(&w, 0x02000000);
	put16(&w, 0xfe);
	finish(message, sizeof(message),
	    pseudo_sum(&from, &to, ICMP6, sizeof(message)), 2);
	send_packet(f, &from, &to, ICMP6, message, sizeof(message));
}

/* ARP, or a message of neighbour discovery with options from the input. */
void
input_neighbour(struct fuzz *f, struct input *in)
{
	static uint8_t message[512];
	struct writer w = {message, message + sizeof(message)};
	uint32_t how = take8(in), type, n;
	struct ip from, to = own_ip(true), target;
	int i;

	if (how & 0x80) {
		arp(f, how, in);
		return;
	}
	type = 133 + (how & 3);
	from = remote_ip(how >> 2, true);
	if (how & 0x40)
		from.word[0] = 0xfe800000;
	target = how & 0x20 ? own_ip(true) : from;
	put8(&w, type);
	put8(&w, 0);
	put16(&w, 0);
	put32(&w, take32(in));
	if (type == 134) {
		put32(&w, take16(in) * 1000);
		put32(&w, take16(in));
	} else if (type != 133) {
		for (i = 0; i < 4; i++)
			put32(&w, target.word[i]);
	}
	for (n = take8(in) & 0x7f; n > 0; n--)
		put8(&w, take8(in));
	n = (uint32_t)(w.at - message);
	finish(message, n, pseudo_sum(&from, &to, ICMP6, n), 2);
	send_packet(f, &from, &to, ICMP6, message, n);
}

/* Bytes of the input as a frame, or as the payload of an IP packet. */
void
input_raw(struct fuzz *f, struct input *in)
{
	static uint8_t bytes[2048];
	uint32_t how = take8(in), len = take16(in) % sizeof(bytes), i;
	const bool v6 = how & 1;
	struct ip from = remote_ip(how >> 4, v6), to = own_ip(v6);

	if (len > in->len)
		len = (uint32_t)in->len;
	if (len + 40 > f->mtu)
		len = f->mtu - 40;
	for (i = 0; i < len; i++)
		bytes[i] = (uint8_t)take8(in);
	f->raw = true;
	if (how & 2)
		send_packet(f, &from, &to, take8(in), bytes, len);
	else
		send_frame(f, how & 4 ? TYPE_IPV4 : TYPE_IPV6, bytes, len);
}
