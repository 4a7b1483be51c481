/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Echo requests by ICMP and by UDP.
 */
#include "load.h"

#define ECHO_PORT	  7
#define PAYLOAD_MAX	  8192
#define IP_HEADER	  20 /* without options */
#define ICMP_HEADER	  8
#define WINDOW_MAX	  256
#define LOST_MS		  1000 /* of one request */
#define ALL_LOST_MS	  200 /* of a window */
#define ICMP_ECHO_REPLY	  0
#define ICMP_ECHO_REQUEST 8
#define NONE		  UINT64_MAX

static uint8_t request[PAYLOAD_MAX + ICMP_HEADER];
static uint8_t answer[PAYLOAD_MAX + IP_HEADER + ICMP_HEADER];

struct peer {
	int fd;
	bool icmp;
	size_t size; /* of the payload */
	uint16_t id; /* of ICMP, as it is in the packet */
	struct sockaddr_in to;
};

static struct peer
peer_of(const char *protocol, const char *to, const char *size)
{
	struct peer p;
	int space = 1 << 20;
	size_t i;

	p.icmp = strcmp(protocol, "icmp") == 0;
	if (!p.icmp && strcmp(protocol, "udp") != 0)
		usage("icmp or udp is wanted", protocol);
	p.size = (size_t)number("BYTES", size, PAYLOAD_MAX);
	if (p.size < sizeof(uint64_t))
		usage("BYTES is 8 at least", size);
	p.to = socket_address(ipv4_address(to), p.icmp ? 0 : ECHO_PORT);
	p.id = (uint16_t)getpid();
	p.fd = socket(
	    AF_INET, p.icmp ? SOCK_RAW : SOCK_DGRAM, p.icmp ? IPPROTO_ICMP : 0);
	if (p.fd < 0)
		fail("socket", true);
	(void)setsockopt(p.fd, SOL_SOCKET, SO_RCVBUF, &space, sizeof(space));
	(void)setsockopt(p.fd, SOL_SOCKET, SO_SNDBUF, &space, sizeof(space));
	for (i = sizeof(uint64_t); i < p.size; i++)
		request[(p.icmp ? ICMP_HEADER : 0) + i] = (uint8_t)(i * 7);
	return (p);
}

static uint16_t
internet_checksum(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	if (i < len)
		sum += (uint32_t)bytes[i] << 8;
	sum = (sum & 0xffff) + (sum >> 16);
	return ((uint16_t)~((sum & 0xffff) + (sum >> 16)));
}

/* Request number n: its payload is n, and a pattern. */
static bool
send_request(const struct peer *p, uint64_t n)
{
	size_t head = p->icmp ? ICMP_HEADER : 0, len = p->size + head;
	uint16_t sum;

	memcpy(request + head, &n, sizeof(n));
	if (p->icmp) {
		memset(request, 0, ICMP_HEADER);
		request[0] = ICMP_ECHO_REQUEST;
		memcpy(request + 4, &p->id, sizeof(p->id));
		request[6] = (uint8_t)(n >> 8);
		request[7] = (uint8_t)n;
		sum = internet_checksum(request, len);
		request[2] = (uint8_t)(sum >> 8);
		request[3] = (uint8_t)sum;
	}
	return (sendto(p->fd, request, len, 0, (const struct sockaddr *)&p->to,
		    sizeof(p->to)) == (ssize_t)len);
}

/* Number of the answer that comes, NONE if none does in time. */
static uint64_t
receive_answer(const struct peer *p, int wait_ms)
{
	struct pollfd ready = {.fd = p->fd, .events = POLLIN};
	size_t head = p->icmp ? IP_HEADER + ICMP_HEADER : 0;
	uint64_t n;

	for (;;) {
		ssize_t got = recv(p->fd, answer, sizeof(answer), MSG_DONTWAIT);

		if (got < 0) {
			if (errno != EAGAIN)
				fail("recv", true);
			if (poll(&ready, 1, wait_ms) <= 0)
				return (NONE);
			continue;
		}
		/* A raw socket also hears requests, and others' answers. */
		if (p->icmp &&
		    ((size_t)got < head ||
			answer[IP_HEADER] != ICMP_ECHO_REPLY ||
			memcmp(answer + IP_HEADER + 4, &p->id, sizeof(p->id)) !=
			    0))
			continue;
		if ((size_t)got != head + p->size)
			fail("an answer of another length", false);
		if (memcmp(answer + head + sizeof(n),
			request + (p->icmp ? ICMP_HEADER : 0) + sizeof(n),
			p->size - sizeof(n)) != 0)
			fail("an answer with other bytes", false);
		memcpy(&n, answer + head, sizeof(n));
		return (n);
	}
}

void
load_rtt(char **words)
{
	struct peer p = peer_of(words[0], words[1], words[2]);
	struct measurement m;
	uint64_t before, n = 0, got, sent = 0, received = 0;

	measurement_start(&m);
	while (measurement_running(&m, before = now_ns())) {
		if (!send_request(&p, ++n))
			fail("send", true);
		do
			got = receive_answer(&p, LOST_MS);
		while (got != n && got != NONE);
		if (!m.counting)
			continue;
		sent++;
		if (got == NONE)
			continue;
		received++;
		sample(now_ns() - before);
	}
	measurement_stop(&m);
	report("sent", sent);
	report("received", received);
	report_samples();
	report_end();
}

void
load_flood(char **words)
{
	struct peer p = peer_of(words[0], words[1], words[2]);
	uint64_t window = number("WINDOW", words[3], WINDOW_MAX);
	uint64_t n = 0, under_way = 0, lost = 0, received = 0;
	struct measurement m;

	measurement_start(&m);
	while (measurement_running(&m, now_ns())) {
		while (under_way < window && send_request(&p, n)) {
			n++;
			under_way++;
		}
		if (receive_answer(&p, ALL_LOST_MS) == NONE) {
			lost += m.counting ? under_way : 0;
			under_way = 0;
			continue;
		}
		received += m.counting;
		if (under_way > 0)
			under_way--;
	}
	measurement_stop(&m);
	report("received", received);
	report("lost", lost);
	report_end();
}

#ifdef __FreeBSD__
void
load_first(char **words)
{
	struct peer p = peer_of("udp", words[0], "64");
	uint64_t n = 0, start = now_ns();
	int one = 1;

	if (sysctlbyname("kern.mirage.run", NULL, NULL, &one, sizeof(one)) != 0)
		fail("kern.mirage.run=1", true);
	do {
		(void)send_request(&p, n++);
		if (n == 10000)
			fail("no answer", false);
	} while (receive_answer(&p, 1) == NONE);
	report("ns", now_ns() - start);
	report_end();
}
#else
void
load_first(char **words)
{
	(void)words;
	usage("first is for FreeBSD", NULL);
}
#endif
