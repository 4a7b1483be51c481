/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A fuzzer of the stack that keeps state: the input is a list of operations
 * (segments, datagrams, errors, fragments, calls of the program, time), and
 * what the harness sends fits what the stack said before, as far as the input
 * wants it to.  So inputs reach connections in all their states, not just the
 * checks of headers.
 *
 * Bytes of payload say where in their stream they belong, both ways, so that
 * each byte that the stack delivers or sends again can be checked.
 */
#ifndef MIRAGE_FUZZ_H
#define MIRAGE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack.h"

/* The stack's own addresses, and its neighbours': .1 to .14 of its net. */
#define OWN_IPV4      0x0a000002
#define OTHER_IPV4    0x0a000000
#define PREFIX_IPV4   24
#define PREFIX_IPV6   64
#define OUTSIDE_IPV4  0xc6336401 /* by way of the gateway */
#define GATEWAY_IPV4  0x0a000001
#define PEERS	      32
#define FLOWS	      32
#define UDP_SOCKETS   4
#define LISTENERS     3
#define SYN_LOW_BITS  0x1234 /* of peers' initial sequence numbers */
#define LISTENER_PORT 80 /* and the next ones */
#define UDP_PORT      53

/* The rest of the input. */
struct input {
	const uint8_t *bytes;
	size_t len;
};

static inline uint32_t
take8(struct input *in)
{
	if (in->len == 0)
		return (0);
	in->len--;
	return (*in->bytes++);
}

static inline uint32_t
take16(struct input *in)
{
	uint32_t high = take8(in);

	return (high << 8 | take8(in));
}

static inline uint32_t
take32(struct input *in)
{
	uint32_t high = take16(in);

	return (high << 16 | take16(in));
}

/* An address; IPv4 in the last word, the others 0. */
struct ip {
	uint32_t word[4];
	bool v6;
};

/* One remote end of a connection, as the wire shows it. */
struct peer {
	bool used;
	struct ip ip;
	uint16_t port, own_port;
	bool has_iss; /* the stack sent a SYN */
	uint32_t iss; /* its initial sequence number */
	uint32_t next; /* after what it sent last */
	uint32_t max; /* after the furthest that it sent */
	uint32_t ack; /* what it acknowledged last */
	bool has_ack;
	uint16_t window; /* unscaled */
	uint32_t ts_value; /* of its last timestamp */
	uint32_t options; /* that it sends in its SYN; bit 3: timestamps */
	bool foreign; /* bytes of the input itself were sent as payload */
};

/* A flow as the program knows it. */
struct flow {
	bool used;
	bool over; /* the stack said so */
	bool ended; /* its peer's FIN */
	bool shut;
	uint32_t id;
	bool known; /* peer is whom it talks to */
	bool foreign; /* no such: its bytes cannot be checked */
	struct peer *peer;
	uint32_t written; /* bytes taken by the stack */
	uint32_t received; /* bytes in order */
	uint32_t unconsumed;
};

struct fuzz {
	struct stack *stack;
	uint32_t mtu;
	struct peer peers[PEERS];
	unsigned replaced; /* the last one that had to go */
	struct flow flows[FLOWS];
	int32_t listeners[LISTENERS]; /* -1: none */
	int32_t udp[UDP_SOCKETS];
	uint64_t events;
	uint64_t frames_in;
	bool greedy; /* the program consumes at once */
	bool quiet; /* nobody answers ARP and solicitations but the input */
	bool raw; /* the input made frames of its own: payload says nothing */
	uint8_t last_sent[2048]; /* the last packet with a transport header */
	size_t last_sent_len;
	bool last_sent_v6;
};

_Noreturn void fail(struct fuzz *, const char *what, uint64_t a, uint64_t b);
#define CHECK(f, condition, what, a, b)      \
	do {                                 \
		if (!(condition))            \
			fail(f, what, a, b); \
	} while (0)

/* wire.c */
struct writer {
	uint8_t *at, *end;
};
#define FRAME_ROOM 9216
void put(struct writer *, const void *, size_t);
void put8(struct writer *, uint32_t);
void put16(struct writer *, uint32_t);
void put32(struct writer *, uint32_t);
uint32_t sum(uint32_t seed, const uint8_t *, size_t);
uint32_t fold(uint32_t);
uint32_t pseudo_sum(const struct ip *from, const struct ip *to,
    uint32_t protocol, uint32_t len);
struct ip own_ip(bool v6);
struct ip remote_ip(uint32_t which, bool v6);
/* Ethernet and IP around a payload whose checksum is in place; sends it. */
void send_packet(struct fuzz *, const struct ip *from, const struct ip *to,
    uint32_t protocol, const uint8_t *payload, size_t len);
void send_frame(struct fuzz *, uint32_t type, const uint8_t *, size_t);

/* The byte at place n of a stream, from the peer and from the program. */
static inline uint8_t
peer_byte(uint32_t sequence)
{
	return ((uint8_t)((sequence & 0xffff) * 167 >> 5));
}

static inline uint8_t
own_byte(uint32_t n)
{
	return ((uint8_t)(n * 109 >> 3));
}

/* sent.c: looks at what the stack sends. */
void sent(void *, const uint8_t *, size_t);
struct peer *pick_peer(struct fuzz *, uint32_t n); /* NULL: there is none */
struct peer *find_peer(
    struct fuzz *, const struct ip *, uint32_t port, uint32_t own_port);

/* program.c: what a program does. */
void program_event(void *, const struct stack_event *);
void program_call(struct fuzz *, struct input *);
void program_start(struct fuzz *);
void program_end(struct fuzz *);

/* segments.c, packets.c: what comes over the wire. */
void input_segment(struct fuzz *, struct input *);
void input_handshake(struct fuzz *, struct input *);
void input_data(struct fuzz *, struct input *);
void input_datagram(struct fuzz *, struct input *);
void input_error(struct fuzz *, struct input *);
void input_fragment(struct fuzz *, struct input *);
void input_neighbour(struct fuzz *, struct input *);
void input_raw(struct fuzz *, struct input *);
void answer_arp(struct fuzz *, const uint8_t *request);
void answer_solicitation(struct fuzz *, const uint8_t *request);

#endif /* MIRAGE_FUZZ_H */
