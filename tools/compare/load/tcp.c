/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TCP: bytes, requests, connections.
 */
#include "load.h"

static uint8_t buffer[CHUNK_BYTES];

static int
dial(char **words)
{
	struct sockaddr_in to = socket_address(
	    ipv4_address(words[0]), number("PORT", words[1], 65535));
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		fail("socket", true);
	no_delay(fd);
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		fail("connect", true);
	return (fd);
}

/* Returns when the socket has what is waited for. */
static void
await(int fd, short events, const char *what)
{
	struct pollfd ready = {.fd = fd, .events = events};

	if (poll(&ready, 1, ANSWER_MS) <= 0)
		fail(what, false);
}

/* Of what was sent, bytes that the peer has not acknowledged. */
static uint64_t
unacknowledged(int fd)
{
	int bytes = 0;
#ifdef __FreeBSD__
	unsigned long request = FIONWRITE;
#else
	unsigned long request = SIOCOUTQ;
#endif

	if (ioctl(fd, request, &bytes) != 0)
		fail("how much is in the socket", true);
	return ((uint64_t)bytes);
}

void
load_send(char **words)
{
	uint64_t sent = 0, before = 0;
	int fd = dial(words);
	struct measurement m;
	ssize_t n;

	non_blocking(fd);
	measurement_start(&m);
	for (;;) {
		bool counted = m.counting;

		if (!measurement_running(&m, now_ns()))
			break;
		if (m.counting && !counted)
			before = sent - unacknowledged(fd);
		n = send(fd, buffer, sizeof(buffer), MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			await(fd, POLLOUT, "send: nothing is taken");
		else if (n < 0)
			fail("send", true);
		else
			sent += (uint64_t)n;
	}
	report("bytes", sent - unacknowledged(fd) - before);
	measurement_stop(&m);
	shutdown(fd, SHUT_WR);
	await(fd, POLLIN, "the server does not close");
	if (recv(fd, buffer, sizeof(buffer), 0) != 0)
		fail("the server sent bytes, or reset the connection", false);
	report_end();
}

void
load_receive(char **words)
{
	uint64_t all = 0, counted = 0;
	int fd = dial(words);
	struct measurement m;

	non_blocking(fd);
	measurement_start(&m);
	while (measurement_running(&m, now_ns())) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

		if (n == 0)
			fail("the server closed", false);
		if (n < 0 && errno == EAGAIN) {
			await(fd, POLLIN, "nothing comes");
			continue;
		}
		if (n < 0)
			fail("recv", true);
		/* The comparison would be measured too. */
		if (m.counting)
			counted += (uint64_t)n;
		else if (memcmp(buffer, chargen_at(all), (size_t)n) != 0)
			fail("other bytes came than chargen's", false);
		all += (uint64_t)n;
	}
	report("bytes", counted);
	measurement_stop(&m);
	report_end();
}

/* Sends and gets back `size` bytes of buffer. */
static void
exchange(int fd, size_t size)
{
	static uint8_t answer[CHUNK_BYTES];
	size_t got = 0;

	if (send(fd, buffer, size, MSG_NOSIGNAL) != (ssize_t)size)
		fail("send", true);
	while (got < size) {
		ssize_t n = recv(fd, answer + got, size - got, 0);

		if (n <= 0)
			fail("no answer to a request", n < 0);
		got += (size_t)n;
	}
	if (memcmp(answer, buffer, size) != 0)
		fail("a request came back changed", false);
}

static void
answer_in_time(int fd)
{
	struct timeval limit = {.tv_sec = ANSWER_MS / 1000};

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0)
		fail("SO_RCVTIMEO", true);
}

void
load_request(char **words)
{
	size_t size = (size_t)number("BYTES", words[2], CHUNK_BYTES);
	uint64_t before, requests = 0;
	int fd = dial(words);
	struct measurement m;

	answer_in_time(fd);
	measurement_start(&m);
	while (measurement_running(&m, before = now_ns())) {
		buffer[0]++;
		exchange(fd, size);
		if (!m.counting)
			continue;
		requests++;
		sample(now_ns() - before);
	}
	measurement_stop(&m);
	report("requests", requests);
	report_samples();
	report_end();
}

void
load_connect(char **words)
{
	uint64_t before, connections = 0;
	struct measurement m;
	int fd;

	measurement_start(&m);
	while (measurement_running(&m, before = now_ns())) {
		fd = dial(words);
		answer_in_time(fd);
		exchange(fd, 1);
		close(fd);
		if (!m.counting)
			continue;
		connections++;
		sample(now_ns() - before);
	}
	measurement_stop(&m);
	report("connections", connections);
	report_samples();
	report_end();
}
