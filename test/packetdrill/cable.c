/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The other end of the cable.  packetdrill knows packets only, so Ethernet is
 * played here: one neighbour has all addresses but the stack's own, and says
 * so when it is asked (ARP, neighbour solicitations).
 */
#include <stdlib.h>
#include <string.h>

#include "pd.h"

#define ETHERNET       14
#define NS_PER_US      1000
#define US_PER_S       1000000
#define EPOCH_US       (INT64_C(1000000000) * US_PER_S) /* as in clock.c */
#define PATIENCE_NS    (UINT64_C(3) * 3600 * 1000000000) /* for a packet */
#define TYPE_IPV4      0x0800
#define TYPE_ARP       0x0806
#define TYPE_IPV6      0x86dd
#define NEXT_ICMP6     58
#define ROUTER_SOLICIT 133
#define SOLICITATION   135
#define ADVERTISEMENT  136
#define HOP_BY_HOP     0
#define MLD_REPORT     143
#define MLD_REPORT1    131

static const uint8_t their_mac[6] = {0x02, 0, 0, 0, 0, 0xfe};

static unsigned
get16(const uint8_t *p)
{
	return ((unsigned)p[0] << 8 | p[1]);
}

static void
answer_arp(struct pd *pd, const uint8_t *request)
{
	uint8_t reply[60] = {0};
	const uint8_t *arp = request + ETHERNET;

	/* A request, not for the sender's own address and not from none. */
	if (get16(arp + 6) != 1 || memcmp(arp + 14, arp + 24, 4) == 0 ||
	    memcmp(arp + 14, "\0\0\0\0", 4) == 0)
		return;
	memcpy(reply, request + 6, 6);
	memcpy(reply + 6, their_mac, 6);
	memcpy(reply + 12, request + 12, 2);
	memcpy(reply + ETHERNET, arp, 6);
	reply[ETHERNET + 7] = 2;
	memcpy(reply + ETHERNET + 8, their_mac, 6);
	memcpy(reply + ETHERNET + 14, arp + 24, 4);
	memcpy(reply + ETHERNET + 18, arp + 8, 10);
	stack_input(pd->stack, reply, sizeof(reply));
}

static void
add(uint32_t *sum, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		*sum += get16(p + i);
}

static void
answer_solicitation(struct pd *pd, const uint8_t *request)
{
	static const uint8_t unspecified[16];
	uint8_t reply[ETHERNET + 40 + 32] = {0};
	const uint8_t *from = request + ETHERNET;
	uint8_t *ip = reply + ETHERNET, *icmp = ip + 40;
	uint32_t sum = NEXT_ICMP6 + 32;

	if (memcmp(from + 8, unspecified, 16) == 0)
		return; /* looks for duplicates: there are none */
	memcpy(reply, request + 6, 6);
	memcpy(reply + 6, their_mac, 6);
	memcpy(reply + 12, request + 12, 2);
	ip[0] = 0x60;
	ip[5] = 32;
	ip[6] = NEXT_ICMP6;
	ip[7] = 255;
	memcpy(ip + 8, from + 40 + 8, 16); /* the target */
	memcpy(ip + 24, from + 8, 16);
	icmp[0] = ADVERTISEMENT;
	icmp[4] = 0xe0; /* a router, solicited, override */
	memcpy(icmp + 8, from + 40 + 8, 16);
	icmp[24] = 2;
	icmp[25] = 1;
	memcpy(icmp + 26, their_mac, 6);
	add(&sum, ip + 8, 32);
	add(&sum, icmp, 32);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	icmp[2] = (uint8_t)(~sum >> 8);
	icmp[3] = (uint8_t)~sum;
	stack_input(pd->stack, reply, sizeof(reply));
}

/* Is it talk about neighbours and groups, which packetdrill does not know? */
static bool
is_neighbourly(const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + ETHERNET;
	unsigned type;

	if (len < ETHERNET + 40 + 8)
		return (false);
	if (ip[6] == HOP_BY_HOP)
		return (true); /* multicast listener reports */
	type = ip[40];
	return (ip[6] == NEXT_ICMP6 &&
	    ((type >= ROUTER_SOLICIT && type <= ADVERTISEMENT) ||
		type == MLD_REPORT || type == MLD_REPORT1));
}

void
pd_sent(void *arg, const uint8_t *frame, size_t len)
{
	struct pd *pd = arg;
	unsigned type = len < ETHERNET ? 0 : get16(frame + 12);
	struct packet *p;

	if (type == TYPE_ARP && len >= ETHERNET + 28) {
		answer_arp(pd, frame);
		return;
	}
	if (type == TYPE_IPV6 && is_neighbourly(frame, len)) {
		if (frame[ETHERNET + 6] == NEXT_ICMP6 &&
		    frame[ETHERNET + 40] == SOLICITATION &&
		    len >= ETHERNET + 40 + 24)
			answer_solicitation(pd, frame);
		return;
	}
	if (type != TYPE_IPV4 && type != TYPE_IPV6)
		return;
	p = malloc(sizeof(*p) + len - ETHERNET);
	if (p == NULL)
		abort();
	p->next = NULL;
	p->ns = stack_now(pd->stack);
	p->len = len - ETHERNET;
	memcpy(p->bytes, frame + ETHERNET, p->len);
	if (pd->last == NULL)
		pd->first = p;
	else
		pd->last->next = p;
	pd->last = p;
}

void
pd_drop_packets(struct pd *pd)
{
	struct packet *p;

	while ((p = pd->first) != NULL) {
		pd->first = p->next;
		free(p);
	}
	pd->last = NULL;
}

int
pd_call_netdev_send(void *self, const void *bytes, size_t len)
{
	struct pd *pd = self;
	uint8_t *frame = malloc(ETHERNET + len);
	const uint8_t *ip = bytes;

	if (frame == NULL || len == 0)
		abort();
	memset(frame, 0, 6);
	frame[0] = 0x02; /* the stack's: the first of the platform in memory */
	memcpy(frame + 6, their_mac, 6);
	frame[12] = ip[0] >> 4 == 6 ? TYPE_IPV6 >> 8 : TYPE_IPV4 >> 8;
	frame[13] = ip[0] >> 4 == 6 ? TYPE_IPV6 & 0xff : TYPE_IPV4 & 0xff;
	memcpy(frame + ETHERNET, bytes, len);
	pd_enter(pd);
	pd_control_read(pd);
	stack_input(pd->stack, frame, ETHERNET + len);
	pd_leave(pd);
	free(frame);
	return (0);
}

static bool
has_packet(struct pd *pd, const void *what)
{
	(void)what;
	return (pd->first != NULL);
}

int
pd_call_netdev_receive(void *self, void *bytes, size_t *len, long long *us)
{
	struct pd *pd = self;
	struct packet *p;

	pd_enter(pd);
	pd_control_read(pd);
	(void)pd_wait(pd, has_packet, NULL, stack_now(pd->stack) + PATIENCE_NS);
	p = pd->first;
	if (p == NULL) {
		*len = 0;
		*us = 0;
	} else {
		pd->first = p->next;
		if (pd->first == NULL)
			pd->last = NULL;
		if (p->len < *len)
			*len = p->len;
		memcpy(bytes, p->bytes, *len);
		*us = EPOCH_US + (long long)(p->ns / NS_PER_US);
		free(p);
	}
	pd_leave(pd);
	return (0);
}
