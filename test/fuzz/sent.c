/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the stack sends: it must be well-formed, whatever it was sent, and its
 * payload must be what the program wrote.  Also where the harness learns the
 * sequence numbers with which to answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define TYPE_IPV4    0x0800
#define TYPE_ARP     0x0806
#define TYPE_IPV6    0x86dd
#define ETHERNET     14
#define TCP	     6
#define UDP	     17
#define ICMP6	     58
#define FRAGMENT     44
#define SOLICITATION 135
#define FLAG_FIN     0x01
#define FLAG_SYN     0x02
#define FLAG_RST     0x04
#define FLAG_ACK     0x10
#define OPTION_TIMES 8

void
fail(struct fuzz *f, const char *what, uint64_t a, uint64_t b)
{
	fprintf(stderr, "stack-fuzzer: %s (%llu, %llu)\n", what,
	    (unsigned long long)a, (unsigned long long)b);
	if (f->stack != NULL && *stack_error(f->stack) != '\0')
		fprintf(stderr, "%s\n", stack_error(f->stack));
	abort();
}

static uint32_t
get16(const uint8_t *p)
{
	return ((uint32_t)p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return (get16(p) << 16 | get16(p + 2));
}

/* One of those that are used. */
struct peer *
pick_peer(struct fuzz *f, uint32_t n)
{
	uint32_t i, used = 0;

	for (i = 0; i < PEERS; i++)
		used += f->peers[i].used;
	if (used == 0)
		return (NULL);
	n %= used;
	for (i = 0; !f->peers[i].used || n-- > 0; i++)
		;
	return (&f->peers[i]);
}

/* When there are too many one must go; bytes of its flow are not checked. */
static struct peer *
replace_peer(struct fuzz *f)
{
	struct peer *p = &f->peers[f->replaced++ % PEERS];
	int i;

	for (i = 0; i < FLOWS; i++)
		if (f->flows[i].peer == p)
			f->flows[i].foreign = true;
	return (p);
}

/* Knows it from now on. */
struct peer *
find_peer(struct fuzz *f, const struct ip *ip, uint32_t port, uint32_t own_port)
{
	struct peer *p, *free = NULL;
	int i;

	for (i = 0; i < PEERS; i++) {
		p = &f->peers[i];
		if (!p->used) {
			if (free == NULL)
				free = p;
		} else if (p->port == port && p->own_port == own_port &&
		    p->ip.v6 == ip->v6 &&
		    memcmp(p->ip.word, ip->word, sizeof(ip->word)) == 0)
			return (p);
	}
	if (free == NULL)
		free = replace_peer(f);
	memset(free, 0, sizeof(*free));
	free->used = true;
	free->ip = *ip;
	free->port = (uint16_t)port;
	free->own_port = (uint16_t)own_port;
	return (free);
}

/* Well-formed options; remembers the timestamp. */
static void
options(struct fuzz *f, struct peer *p, const uint8_t *o, uint32_t len)
{
	uint32_t n;

	while (len > 0 && o[0] != 0) {
		n = o[0] == 1 ? 1 : len > 1 ? o[1] : 0;
		CHECK(f, n > 0 && n <= len && (n > 1 || o[0] == 1),
		    "sent a malformed TCP option", o[0], n);
		if (o[0] == OPTION_TIMES && p != NULL) {
			CHECK(f, n == 10, "sent a bad timestamp", n, 0);
			p->ts_value = get32(o + 2);
		}
		o += n;
		len -= n;
	}
}

static void
sent_segment(struct fuzz *f, const struct ip *to, const uint8_t *t, size_t len)
{
	uint32_t header, flags, sequence, i, bytes, end;
	struct peer *p;

	CHECK(f, len >= 20, "sent a short TCP header", len, 0);
	header = (uint32_t)(t[12] >> 4) * 4;
	CHECK(f, header >= 20 && header <= len, "sent a bad TCP data offset",
	    header, len);
	flags = t[13];
	sequence = get32(t + 4);
	bytes = (uint32_t)len - header;
	p = find_peer(f, to, get16(t + 2), get16(t));
	options(f, p, t + 20, header - 20);
	CHECK(f, !(flags & FLAG_SYN) || !(flags & (FLAG_FIN | FLAG_RST)),
	    "sent SYN with FIN or RST", flags, 0);
	if (p == NULL || (flags & FLAG_RST))
		return;
	if (flags & FLAG_SYN) {
		if (!p->has_iss || p->iss != sequence)
			p->max = sequence + 1;
		p->has_iss = true;
		p->iss = sequence;
		sequence++;
	}
	end = sequence + bytes + ((flags & FLAG_FIN) ? 1 : 0);
	if (p->has_iss) {
		for (i = 0; i < bytes; i++)
			CHECK(f,
			    t[header + i] ==
				own_byte(sequence + i - p->iss - 1),
			    "sent what the program did not write",
			    sequence - p->iss, i);
		if ((int32_t)(end - p->max) > 0)
			p->max = end;
	}
	p->next = end;
	p->window = (uint16_t)get16(t + 14);
	if (flags & FLAG_ACK) {
		p->has_ack = true;
		p->ack = get32(t + 8);
	}
}

static void
sent_transport(struct fuzz *f, const struct ip *from, const struct ip *to,
    uint32_t protocol, const uint8_t *t, size_t len)
{
	if (protocol == TCP || protocol == UDP || protocol == ICMP6) {
		CHECK(f, len >= 8, "sent a short transport header", len, 0);
		if (protocol != UDP || from->v6 || get16(t + 6) != 0)
			CHECK(f,
			    sum(pseudo_sum(from, to, protocol, (uint32_t)len),
				t, len) == 0xffff,
			    "sent a bad checksum", protocol, len);
	} else if (protocol == 1)
		CHECK(f, sum(0, t, len) == 0xffff, "sent a bad ICMP checksum",
		    len, 0);
	if (protocol == TCP)
		sent_segment(f, to, t, len);
}

static void
remember(struct fuzz *f, const uint8_t *packet, size_t len, bool v6)
{
	if (len > sizeof(f->last_sent))
		len = sizeof(f->last_sent);
	memcpy(f->last_sent, packet, len);
	f->last_sent_len = len;
	f->last_sent_v6 = v6;
}

static void
sent_ipv4(struct fuzz *f, const uint8_t *ip, size_t len)
{
	struct ip from = {{0}, false}, to = {{0}, false};
	uint32_t header, total;

	CHECK(f, len >= 20 && ip[0] >> 4 == 4, "sent no IPv4", len, ip[0]);
	header = (uint32_t)(ip[0] & 15) * 4;
	total = get16(ip + 2);
	CHECK(f, header >= 20 && header <= total && total == len,
	    "sent a bad IPv4 length", total, len);
	CHECK(f, total <= f->mtu, "sent more than the MTU", total, f->mtu);
	CHECK(f, sum(0, ip, header) == 0xffff, "sent a bad header checksum",
	    header, 0);
	CHECK(f, ip[8] != 0, "sent a TTL of 0", 0, 0);
	from.word[3] = get32(ip + 12);
	to.word[3] = get32(ip + 16);
	CHECK(f, from.word[3] == OWN_IPV4, "sent from a foreign address",
	    from.word[3], 0);
	if (get16(ip + 6) & 0x3fff)
		return; /* a fragment */
	if (ip[9] == TCP || ip[9] == UDP)
		remember(f, ip, len, false);
	sent_transport(f, &from, &to, ip[9], ip + header, len - header);
}

static void
sent_ipv6(struct fuzz *f, const uint8_t *ip, size_t len)
{
	struct ip from = {{0}, true}, to = {{0}, true};
	uint32_t next, at = 40, i;

	CHECK(f, len >= 40 && ip[0] >> 4 == 6, "sent no IPv6", len, ip[0]);
	CHECK(f, get16(ip + 4) + 40 == len, "sent a bad IPv6 length",
	    get16(ip + 4), len);
	CHECK(f, len <= f->mtu, "sent more than the MTU", len, f->mtu);
	CHECK(f, ip[7] != 0, "sent a hop limit of 0", 0, 0);
	for (i = 0; i < 4; i++) {
		from.word[i] = get32(ip + 8 + 4 * i);
		to.word[i] = get32(ip + 24 + 4 * i);
	}
	CHECK(f, from.word[0] >> 24 != 0xff, "sent from a group", 0, 0);
	next = ip[6];
	if (next == 0) { /* hop by hop: multicast listener reports */
		CHECK(f, len >= 48 && 40 + (ip[41] + 1u) * 8 <= len,
		    "sent a bad extension header", len, 0);
		next = ip[40];
		at += (ip[41] + 1u) * 8;
	}
	if (next == FRAGMENT)
		return;
	if (next == ICMP6 && ip[at] == SOLICITATION && len >= at + 24 &&
	    !f->quiet)
		answer_solicitation(f, ip);
	if (next == TCP || next == UDP)
		remember(f, ip, len, true);
	sent_transport(f, &from, &to, next, ip + at, len - at);
}

void
sent(void *arg, const uint8_t *frame, size_t len)
{
	struct fuzz *f = arg;

	CHECK(f, len >= ETHERNET, "sent a short frame", len, 0);
	switch (get16(frame + 12)) {
	case TYPE_ARP:
		CHECK(f, len >= ETHERNET + 28, "sent a short ARP", len, 0);
		if (!f->quiet)
			answer_arp(f, frame + ETHERNET);
		break;
	case TYPE_IPV4:
		sent_ipv4(f, frame + ETHERNET, len - ETHERNET);
		break;
	case TYPE_IPV6:
		sent_ipv6(f, frame + ETHERNET, len - ETHERNET);
		break;
	default:
		fail(f, "sent an unknown protocol", get16(frame + 12), 0);
	}
}
