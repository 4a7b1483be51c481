/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Drives TCP of the stack by itself, without an interpreter, so that callgrind
 * can count what its frame code does:
 *
 *   stack-segments SCENARIO COUNT
 *
 * A scenario does its work COUNT times over one connection (`connections`: over
 * one each) of a peer that has timestamps, a window of 8 MB and 1,448 bytes in
 * a segment, as Linux over Ethernet.  Prints one line of JSON: how many bytes
 * of payload passed, and how many of frames were copied.  Exit 1 if the stack
 * did something else.
 */
#include <arpa/inet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack.h"

#define OWN_ADDRESS  0x0a000002
#define PEER_ADDRESS 0x0a000001
#define PORT	     7
#define FIRST_PORT   20000

#define ETHERNET 14
#define IPV4	 20
#define TCP	 32 /* with timestamps */
#define HEADERS	 (ETHERNET + IPV4 + TCP)
#define SEGMENT	 1448 /* payload of a full one */
#define MERGED	 (44 * SEGMENT) /* of as many as 64 KiB hold */
#define REQUEST	 64

#define FIN 0x01
#define SYN 0x02
#define PSH 0x08
#define ACK 0x10

/* As src/stack/interface.ts has them. */
enum { ACCEPTED = 16, DATA = 18, END = 19, WRITABLE = 20, CLOSED = 21 };

static struct stack *stack;
static const uint8_t own_mac[6] = {0x02}, peer_mac[6] = {0x02, 1};

/* The peer's side of the connection. */
static uint16_t port = FIRST_PORT;
static uint32_t seq, edge, echo; /* edge: all before it has come */
static uint8_t answer; /* flags of what the stack sent last */

static uint32_t flow; /* the program's */
static bool echoes; /* it sends back what comes */
static uint32_t closed;
static uint64_t passed; /* bytes of payload */

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "stack-segments: %s: %s\n", what, stack_error(stack));
	exit(1);
}

static void
put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void
put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

static uint32_t
get32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return (ntohl(value));
}

/* RFC 1071. */
static uint32_t
sum(const uint8_t *p, size_t len, uint32_t seed)
{
	uint64_t total = seed;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		total += (uint32_t)(p[i] << 8 | p[i + 1]);
	if (len % 2 != 0)
		total += (uint32_t)(p[len - 1] << 8);
	while (total > 0xffff)
		total = (total >> 16) + (total & 0xffff);
	return ((uint32_t)total);
}

/* --- what the stack says --- */

static void
sent(void *arg, const uint8_t *bytes, size_t len)
{
	const uint8_t *tcp = bytes + ETHERNET + IPV4;
	uint32_t payload;
	size_t header;

	(void)arg;
	if (len < ETHERNET + IPV4 + 20 || bytes[12] != 0x08 || bytes[13] != 0 ||
	    bytes[ETHERNET + 9] != 6)
		return;
	header = (size_t)(tcp[12] >> 4) * 4;
	payload = (uint32_t)(len - ETHERNET - IPV4 - header);
	answer = tcp[13];
	if (answer & SYN)
		edge = get32(tcp + 4) + 1;
	else if (get32(tcp + 4) == edge)
		edge += payload + (answer & FIN);
	/* The SYN-ACK has MSS, window scale and SACK besides. */
	if (header == TCP)
		echo = get32(tcp + 24);
	passed += payload;
}

static void
event(void *arg, const struct stack_event *e)
{
	(void)arg;
	switch (e->kind) {
	case ACCEPTED:
		flow = e->b;
		break;
	case DATA:
		if (echoes &&
		    STACK_CALL(stack, "tcp_write", e->a, e->frame, e->offset,
			e->length) != (int32_t)e->length)
			fail("an echo was not taken");
		STACK_CALL(stack, "tcp_consume", e->a, e->length);
		stack_release(stack, e->frame);
		passed += e->length;
		break;
	case END:
		STACK_CALL(stack, "tcp_close", e->a);
		break;
	case CLOSED:
		closed++;
		STACK_CALL(stack, "tcp_close", e->a);
		break;
	default:
		break;
	}
}

/* --- what the peer says --- */

static uint8_t frame[STACK_FRAME_BYTES];

/* `good`: the card has looked at the checksum. */
static void
say(uint8_t flags, uint32_t payload, uint32_t ack, bool good)
{
	uint8_t *ip = frame + ETHERNET, *tcp = ip + IPV4;
	uint32_t pseudo, all = HEADERS + payload;

	memcpy(frame, own_mac, 6);
	memcpy(frame + 6, peer_mac, 6);
	put16(frame + 12, 0x0800);
	memset(ip, 0, IPV4 + TCP);
	ip[0] = 0x45;
	put16(ip + 2, all - ETHERNET);
	ip[8] = 64;
	ip[9] = 6;
	put32(ip + 12, PEER_ADDRESS);
	put32(ip + 16, OWN_ADDRESS);
	put16(ip + 10, ~sum(ip, IPV4, 0));
	put16(tcp, port);
	put16(tcp + 2, PORT);
	put32(tcp + 4, seq);
	put32(tcp + 8, (flags & ACK) != 0 ? ack : 0);
	tcp[12] = TCP / 4 << 4;
	tcp[13] = flags;
	put16(tcp + 14, 65535);
	if (flags & SYN) {
		/* MSS 1460, window scale 7, timestamps: in 20 bytes. */
		static const uint8_t options[] = {
		    2, 4, 0x05, 0xb4, 3, 3, 7, 1, 8, 10};

		tcp[12] = 40 / 4 << 4;
		all += 8;
		put16(ip + 2, all - ETHERNET);
		put16(ip + 10, 0);
		put16(ip + 10, ~sum(ip, IPV4, 0));
		memset(tcp + 20, 0, 20);
		memcpy(tcp + 20, options, sizeof(options));
		put32(tcp + 30, (uint32_t)(stack_now(stack) / 1000000));
	} else {
		tcp[20] = tcp[21] = 1;
		tcp[22] = 8;
		tcp[23] = 10;
		put32(tcp + 24, (uint32_t)(stack_now(stack) / 1000000));
		put32(tcp + 28, echo);
	}
	pseudo = sum(ip + 12, 8, 6 + all - ETHERNET - IPV4);
	if (!good || payload <= SEGMENT)
		put16(tcp + 16, ~sum(tcp, all - ETHERNET - IPV4, pseudo));
	seq += payload + (flags & (SYN | FIN) ? 1 : 0);
	/* Time goes on: 10 us. */
	stack_advance_to(stack, stack_now(stack) + 10000);
	if (good)
		stack_input_good(
		    stack, frame, all, payload > SEGMENT ? SEGMENT : 0);
	else
		stack_input(stack, frame, all);
}

static void
connect_peer(void)
{
	flow = 0;
	port++;
	seq += 100000;
	say(SYN, 0, 0, true);
	if (answer != (SYN | ACK))
		fail("no SYN-ACK");
	say(ACK, 0, edge, true);
	if (flow == 0)
		fail("not accepted");
}

static void
know_peer(void)
{
	uint8_t arp[60] = {0};

	memset(arp, 0xff, 6);
	memcpy(arp + 6, peer_mac, 6);
	put16(arp + 12, 0x0806);
	put32(arp + 14, 0x00010800);
	put32(arp + 18, 0x06040002);
	memcpy(arp + 22, peer_mac, 6);
	put32(arp + 28, PEER_ADDRESS);
	memcpy(arp + 32, own_mac, 6);
	put32(arp + 38, OWN_ADDRESS);
	stack_input(stack, arp, sizeof(arp));
}

/* --- scenarios --- */

static void
in_segments(bool good)
{
	say(ACK, SEGMENT, edge, good);
}

/* The program writes `bytes`; the peer acknowledges each `step` of them. */
static void
out(uint32_t bytes, uint32_t step)
{
	static uint8_t payload[MERGED];
	uint32_t f = stack_frame(stack, payload, bytes), ack = edge;
	uint32_t end = edge + bytes;

	if (STACK_CALL(stack, "tcp_write", flow, f, 0, bytes) != (int32_t)bytes)
		fail("a write was not taken");
	stack_release(stack, f);
	while (ack != end) {
		if (ack == edge)
			fail("not all was sent");
		ack = edge - ack < step ? edge : ack + step;
		say(ACK, 0, ack, true);
	}
}

static void
once(const char *scenario)
{
	if (strcmp(scenario, "in") == 0)
		in_segments(true);
	else if (strcmp(scenario, "in-unsummed") == 0)
		in_segments(false);
	else if (strcmp(scenario, "in-merged") == 0)
		say(ACK, MERGED, edge, true);
	else if (strcmp(scenario, "out") == 0 ||
	    strcmp(scenario, "out-offloads") == 0)
		out(MERGED, MERGED);
	else if (strcmp(scenario, "acknowledgements") == 0)
		out(MERGED, SEGMENT);
	else if (strcmp(scenario, "requests") == 0)
		say(ACK | PSH, REQUEST, edge, true);
	else if (strcmp(scenario, "connections") == 0) {
		connect_peer();
		say(FIN | ACK, 0, edge, true);
		if ((answer & FIN) == 0)
			fail("no FIN");
		say(ACK, 0, edge, true);
	} else {
		fprintf(stderr, "stack-segments: no scenario %s\n", scenario);
		exit(64);
	}
}

int
main(int argc, char **argv)
{
	struct stack_options options = {
	    .sent = sent, .event = event, .sent_bytes = 128};
	unsigned long count, i;
	char *end;

	if (argc != 3 || (count = strtoul(argv[2], &end, 10)) == 0 || *end != 0)
		return (fputs("usage: stack-segments SCENARIO COUNT\n", stderr),
		    64);
	options.offloads = strcmp(argv[1], "out") != 0;
	stack = stack_open(&options);
	if (stack == NULL || *stack_error(stack) != '\0')
		fail("start");
	if (STACK_CALL(stack, "configure", 0, OWN_ADDRESS, 24, 0) != 0 ||
	    STACK_CALL(stack, "tcp_listen", 0, 0, 0, 0, PORT, 128) <= 0)
		fail("listen");
	know_peer();
	echoes = strcmp(argv[1], "requests") == 0;
	if (strcmp(argv[1], "connections") != 0) {
		connect_peer();
		/* The first writes are in slow start. */
		for (i = 0; !echoes && i < 64; i++)
			once(argv[1]);
	}
	passed = 0;
	for (i = 0; i < count; i++)
		once(argv[1]);
	if (*stack_error(stack) != '\0' ||
	    (closed != 0) != (strcmp(argv[1], "connections") == 0))
		fail("the connection ended");
	printf("{\"bytes\":%llu,\"copied\":%llu,\"closed\":%lu}\n",
	    (unsigned long long)passed,
	    (unsigned long long)stack_counter(stack, "copies.bytes"),
	    (unsigned long)closed);
	return (0);
}
