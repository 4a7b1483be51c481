/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Writing frames.
 */
#include <string.h>

#include "fuzz.h"

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd

void
put(struct writer *w, const void *bytes, size_t len)
{
	if (len > (size_t)(w->end - w->at))
		len = (size_t)(w->end - w->at);
	if (len > 0)
		memcpy(w->at, bytes, len);
	w->at += len;
}

void
put8(struct writer *w, uint32_t v)
{
	const uint8_t b = (uint8_t)v;

	put(w, &b, 1);
}

void
put16(struct writer *w, uint32_t v)
{
	put8(w, v >> 8);
	put8(w, v);
}

void
put32(struct writer *w, uint32_t v)
{
	put16(w, v >> 16);
	put16(w, v);
}

uint32_t
fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (s);
}

uint32_t
sum(uint32_t seed, const uint8_t *p, size_t len)
{
	uint64_t s = seed;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		s += (uint32_t)p[i] << 8 | p[i + 1];
	if (len & 1)
		s += (uint32_t)p[len - 1] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ((uint32_t)s);
}

uint32_t
pseudo_sum(
    const struct ip *from, const struct ip *to, uint32_t protocol, uint32_t len)
{
	uint32_t s = protocol + len;
	int i;

	for (i = 0; i < 4; i++)
		s += (from->word[i] >> 16) + (from->word[i] & 0xffff) +
		    (to->word[i] >> 16) + (to->word[i] & 0xffff);
	return (fold(s));
}

struct ip
own_ip(bool v6)
{
	struct ip ip = {{0, 0, 0, OWN_IPV4}, v6};

	if (v6) {
		ip.word[0] = 0xfd000000;
		ip.word[3] = 2;
	}
	return (ip);
}

/* 0 to 14 on the link, 15: beyond the gateway. */
struct ip
remote_ip(uint32_t which, bool v6)
{
	struct ip ip = {{0, 0, 0, OTHER_IPV4 + which % 15}, v6};

	if (which % 16 == 15)
		ip.word[3] = OUTSIDE_IPV4;
	if (v6) {
		ip.word[0] = which % 16 == 15 ? 0x20010db8 : 0xfd000000;
		ip.word[3] = which % 15 + 1;
	}
	return (ip);
}

static void
put_ip(struct writer *w, const struct ip *ip)
{
	int i;

	for (i = ip->v6 ? 0 : 3; i < 4; i++)
		put32(w, ip->word[i]);
}

void
send_frame(struct fuzz *f, uint32_t type, const uint8_t *packet, size_t len)
{
	static const uint8_t addresses[12] = {
	    0x02, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0xfe};
	static uint8_t frame[FRAME_ROOM + 64];
	struct writer w = {frame, frame + sizeof(frame)};

	put(&w, addresses, sizeof(addresses));
	put16(&w, type);
	put(&w, packet, len);
	f->frames_in++;
	stack_input(f->stack, frame, (size_t)(w.at - frame));
}

void
send_packet(struct fuzz *f, const struct ip *from, const struct ip *to,
    uint32_t protocol, const uint8_t *payload, size_t len)
{
	static uint8_t packet[FRAME_ROOM];
	static uint16_t identification;
	struct writer w = {packet, packet + sizeof(packet)};
	uint32_t s;

	if (from->v6) {
		put32(&w, 0x60000000);
		put16(&w, (uint32_t)len);
		put8(&w, protocol);
		put8(&w, protocol == 58 ? 255 : 64);
	} else {
		put16(&w, 0x4500);
		put16(&w, 20 + (uint32_t)len);
		put16(&w, ++identification);
		put16(&w, 0x4000);
		put8(&w, 64);
		put8(&w, protocol);
		put16(&w, 0);
	}
	put_ip(&w, from);
	put_ip(&w, to);
	if (!from->v6) {
		s = ~sum(0, packet, 20);
		packet[10] = (uint8_t)(s >> 8);
		packet[11] = (uint8_t)s;
	}
	put(&w, payload, len);
	send_frame(f, from->v6 ? TYPE_IPV6 : TYPE_IPV4, packet,
	    (size_t)(w.at - packet));
}
