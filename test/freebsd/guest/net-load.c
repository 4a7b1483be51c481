/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Measures who answers echo requests, from a process of a FreeBSD guest:
 *
 *	net-load serve PORT			answers UDP, as a process does
 *	net-load rtt icmp|udp ADDRESS SIZE COUNT
 *	net-load flood icmp|udp ADDRESS SIZE SECONDS WINDOW
 *	net-load first ADDRESS			kern.mirage.run=1 to first
 *answer
 *
 * SIZE is of the payload, in bytes; UDP goes to port 7.  Each prints one line
 * of "name value" pairs: times in nanoseconds, of CLOCK_MONOTONIC; cpu_* in
 * ticks of kern.cp_time.  Answers are compared with what was sent.
 */
#include "freebsd.h"

GUEST_START;

#define ECHO_PORT      7
#define PAYLOAD_MAX    8192
#define HEADERS	       28 /* IPv4 without options, ICMP echo */
#define SAMPLES_MAX    100000
#define WINDOW_MAX     256
#define ANSWER_MS      1000
#define ICMP_ECHO      8
#define ICMP_ECHOREPLY 0

static uint8_t request[PAYLOAD_MAX + 8], answer[PAYLOAD_MAX + 64];
static uint64_t samples[SAMPLES_MAX];

_Noreturn static void
fail(const char *what)
{
	CALL(write, 2, "net-load: ", 10);
	CALL(write, 2, what, length(what));
	CALL(write, 2, "\n", 1);
	leave(1);
}

/* Nanoseconds since the machine was started. */
static uint64_t
now_ns(void)
{
	struct timespec t = {0, 0};

	CALL(clock_gettime, CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec);
}

static void
print_pair(const char *name, uint64_t value)
{
	print(name);
	print(" ");
	print_number(value);
	print(" ");
}

static uint32_t
address(const char *s)
{
	uint8_t bytes[4] = {0};
	uint32_t result;
	int i = 0;

	for (; *s != '\0' && i < 4; s++) {
		if (*s == '.')
			i++;
		else
			bytes[i] = (uint8_t)(bytes[i] * 10 + (*s - '0'));
	}
	memcpy(&result, bytes, sizeof(result));
	return (result);
}

static uint16_t
swap16(uint32_t n)
{
	return ((uint16_t)((n >> 8 & 0xff) | (n & 0xff) << 8));
}

static bool
same(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return (*a == *b);
}

/* A sysctl by its name: sysctl.name2oid is {0, 3}. */
static long
sysctl_by_name(
    const char *name, void *old, size_t *old_len, void *new, size_t new_len)
{
	int query[2] = {0, 3}, oid[24];
	size_t len = sizeof(oid);
	long error = CALL(sysctl, query, 2, oid, &len, name, length(name));

	if (error < 0)
		return (error);
	return (
	    CALL(sysctl, oid, len / sizeof(int), old, old_len, new, new_len));
}

struct cpu {
	long user, nice, system, interrupt, idle;
};

static struct cpu
cpu_now(void)
{
	struct cpu c = {0};
	size_t len = sizeof(c);

	(void)sysctl_by_name("kern.cp_time", &c, &len, NULL, 0);
	return (c);
}

struct peer {
	int fd;
	bool icmp;
	uint32_t size; /* of the payload */
	struct sockaddr_in to;
};

static struct peer
connect_to(const char *protocol, const char *to, const char *size)
{
	struct peer p = {.icmp = same(protocol, "icmp"),
	    .size = (uint32_t)number_of(size, PAYLOAD_MAX)};
	int space = 1 << 20;

	if (!p.icmp && !same(protocol, "udp"))
		fail("the protocol is icmp or udp");
	if (p.size < 8)
		fail("SIZE is from 8 to 8192");
	p.fd = (int)CALL(socket, AF_INET, p.icmp ? SOCK_RAW : SOCK_DGRAM,
	    p.icmp ? IPPROTO_ICMP : 0);
	if (p.fd < 0)
		fail("no socket");
	CALL(setsockopt, p.fd, SOL_SOCKET, SO_RCVBUF, &space, sizeof(space), 0);
	CALL(setsockopt, p.fd, SOL_SOCKET, SO_SNDBUF, &space, sizeof(space), 0);
	p.to.sin_len = sizeof(p.to);
	p.to.sin_family = AF_INET;
	p.to.sin_port = swap16(ECHO_PORT);
	p.to.sin_addr = address(to);
	return (p);
}

static uint8_t *
payload(const struct peer *p, uint8_t *message)
{
	return (message + (p->icmp ? 8 : 0));
}

/* Request number n: its payload is n and a pattern that follows from it. */
static bool
send_request(const struct peer *p, uint64_t n)
{
	uint8_t *at = payload(p, request);
	uint32_t i, sum = 0, len = p->size + (p->icmp ? 8 : 0);

	memcpy(at, &n, sizeof(n));
	if (n == 0)
		for (i = 8; i < p->size; i++)
			at[i] = (uint8_t)(i * 7);
	if (p->icmp) {
		memset(request, 0, 8);
		request[0] = ICMP_ECHO;
		request[4] = 'M';
		request[6] = (uint8_t)(n >> 8);
		request[7] = (uint8_t)n;
		for (i = 0; i + 1 < len; i += 2)
			sum += (uint32_t)request[i] << 8 | request[i + 1];
		if (i < len)
			sum += (uint32_t)request[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
		sum = ~((sum & 0xffff) + (sum >> 16));
		request[2] = (uint8_t)(sum >> 8);
		request[3] = (uint8_t)sum;
	}
	return (CALL(sendto, p->fd, request, len, 0, &p->to, sizeof(p->to)) ==
	    (long)len);
}

/* Waits for an answer; UINT64_MAX: none came in time.  Its number else. */
static uint64_t
receive_answer(const struct peer *p, int wait_ms)
{
	uint64_t until = now_ns() + (uint64_t)wait_ms * 1000000, n;
	long got, head = p->icmp ? HEADERS : 0;
	struct pollfd ready = {.fd = p->fd, .events = POLLIN};
	uint32_t i;

	do {
		if (CALL(poll, &ready, 1, wait_ms) <= 0)
			return (UINT64_MAX);
		got = CALL(recvfrom, p->fd, answer, sizeof(answer), 0, 0, 0);
		/* A raw socket also hears requests, and others' answers. */
		if (p->icmp &&
		    (got < HEADERS || answer[20] != ICMP_ECHOREPLY ||
			answer[24] != 'M'))
			continue;
		if (got != head + (long)p->size)
			fail("an answer of another length");
		for (i = 8; i < p->size; i++)
			if (answer[(uint32_t)head + i] != (uint8_t)(i * 7))
				fail("an answer with other bytes");
		memcpy(&n, answer + head, sizeof(n));
		return (n);
	} while (now_ns() < until);
	return (UINT64_MAX);
}

static void
sort(uint64_t *a, uint32_t n)
{
	uint32_t gap, i, j;

	for (gap = n / 2; gap > 0; gap /= 2)
		for (i = gap; i < n; i++) {
			uint64_t x = a[i];

			for (j = i; j >= gap && a[j - gap] > x; j -= gap)
				a[j] = a[j - gap];
			a[j] = x;
		}
}

static void
measure_rtt(const struct peer *p, uint32_t count)
{
	uint32_t i, got = 0;

	if (count == 0)
		fail("COUNT is from 1 to 100000");
	for (i = 0; i < count; i++) {
		uint64_t start = now_ns(), n;

		if (!send_request(p, i))
			continue;
		do
			n = receive_answer(p, ANSWER_MS);
		while (n != i && n != UINT64_MAX);
		if (n == i)
			samples[got++] = now_ns() - start;
	}
	if (got == 0)
		fail("no answer");
	sort(samples, got);
	print_pair("sent", count);
	print_pair("received", got);
	print_pair("min", samples[0]);
	print_pair("p50", samples[got / 2]);
	print_pair("p90", samples[(uint64_t)got * 90 / 100]);
	print_pair("p99", samples[(uint64_t)got * 99 / 100]);
	print_pair("max", samples[got - 1]);
	print("\n");
}

/* Keeps so many requests under way; an answer lets the next one go. */
static void
measure_flood(const struct peer *p, uint64_t seconds, uint64_t window)
{
	struct cpu before, after;
	uint64_t start, end, sent = 0, received = 0, under_way = 0, refused = 0;

	if (window == 0)
		fail("WINDOW is from 1 to 256");
	before = cpu_now();
	start = now_ns();
	end = start + seconds * 1000000000;
	while (now_ns() < end) {
		while (under_way < window) {
			if (!send_request(p, sent)) {
				refused++;
				break;
			}
			sent++;
			under_way++;
		}
		if (receive_answer(p, 200) != UINT64_MAX) {
			received++;
			under_way--;
		} else
			under_way = 0; /* lost, all of them */
	}
	end = now_ns();
	after = cpu_now();
	while (received < sent && receive_answer(p, 200) != UINT64_MAX)
		received++;
	print_pair("sent", sent);
	print_pair("received", received);
	print_pair("refused", refused);
	print_pair("ns", end - start);
	print_pair("cpu_user", (uint64_t)(after.user - before.user));
	print_pair("cpu_system", (uint64_t)(after.system - before.system));
	print_pair(
	    "cpu_interrupt", (uint64_t)(after.interrupt - before.interrupt));
	print_pair("cpu_idle", (uint64_t)(after.idle - before.idle));
	print("\n");
}

static void
measure_first(const struct peer *p)
{
	uint64_t start, n = 0;
	int one = 1;

	start = now_ns();
	if (sysctl_by_name("kern.mirage.run", NULL, NULL, &one, sizeof(one)) <
	    0)
		fail("kern.mirage.run=1 was refused");
	print_pair("accepted", now_ns() - start);
	do {
		(void)send_request(p, n++);
		if (n == 10000)
			fail("no answer");
	} while (receive_answer(p, 1) == UINT64_MAX);
	print_pair("first", now_ns() - start);
	print_pair("requests", n);
	print("\n");
}

static void
serve(uint32_t port)
{
	struct sockaddr_in at = {.sin_len = sizeof(at),
	    .sin_family = AF_INET,
	    .sin_port = swap16(port)};
	long fd = CALL(socket, AF_INET, SOCK_DGRAM, 0);
	int space = 1 << 20;

	if (fd < 0 || CALL(bind, fd, &at, sizeof(at)) < 0)
		fail("cannot listen");
	CALL(setsockopt, fd, SOL_SOCKET, SO_RCVBUF, &space, sizeof(space), 0);
	for (;;) {
		struct sockaddr_in from;
		uint32_t from_len = sizeof(from);
		long got = CALL(
		    recvfrom, fd, answer, sizeof(answer), 0, &from, &from_len);

		if (got < 0)
			fail("cannot receive");
		CALL(sendto, fd, answer, got, 0, &from, from_len);
	}
}

int
main(int argc, char **argv)
{
	struct peer p;

	if (argc == 3 && same(argv[1], "serve")) {
		serve((uint32_t)number_of(argv[2], 65535));
	} else if (argc == 6 && same(argv[1], "rtt")) {
		p = connect_to(argv[2], argv[3], argv[4]);
		measure_rtt(&p, (uint32_t)number_of(argv[5], SAMPLES_MAX));
	} else if (argc == 7 && same(argv[1], "flood")) {
		p = connect_to(argv[2], argv[3], argv[4]);
		measure_flood(&p, number_of(argv[5], 3600),
		    number_of(argv[6], WINDOW_MAX));
	} else if (argc == 3 && same(argv[1], "first")) {
		p = connect_to("udp", argv[2], "64");
		measure_first(&p);
	} else
		fail("serve PORT | rtt icmp|udp ADDRESS SIZE COUNT | "
		     "flood icmp|udp ADDRESS SIZE SECONDS WINDOW | "
		     "first ADDRESS");
	return (0);
}
