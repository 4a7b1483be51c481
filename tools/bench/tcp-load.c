/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tcp-load: a TCP client that loads a server and times it, and the servers
 * that stand for the host's own stack.
 *
 *   tcp-load serve discard|chargen|echo PORT
 *   tcp-load send ADDRESS PORT SECONDS		bytes to a discard server
 *   tcp-load receive ADDRESS PORT SECONDS	bytes from a chargen server
 *   tcp-load request ADDRESS PORT SECONDS SIZE	one request after the other
 *   tcp-load connect ADDRESS PORT SECONDS	connect, one byte, close
 *
 * A client prints one JSON line: what it counted and the nanoseconds that it
 * took; request also the median and the 99th percentile of a round trip.
 * `send` ends with a half-close and stops its clock when the server has closed
 * too, so that all that it counts has arrived.  Exit 1 when the server closes
 * early, answers wrongly or not within 10 seconds.
 */
#define _GNU_SOURCE /* accept4(2) */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES	65536
#define ANSWER_SECONDS	10
#define SAMPLES_MAX	1000000
#define SERVED_MAX	4096
#define EVENTS_AT_ONCE	64
#define CHARGEN_COLUMNS 72 /* RFC 864's customary pattern */
#define CHARGEN_CHARS	95

static uint8_t buffer[BUFFER_BYTES];

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec);
}

/* Servers: one process, one thread, as a Mirage program is. */

enum service { DISCARD, CHARGEN, ECHO };

struct served {
	size_t from, to; /* of an echo's bytes that wait to be sent */
	uint8_t *waiting;
};

static struct served served[SERVED_MAX];

static void
watch(int ep, int op, int fd, uint32_t events)
{
	struct epoll_event e;

	memset(&e, 0, sizeof(e));
	e.events = events;
	e.data.fd = fd;
	if (epoll_ctl(ep, op, fd, &e) != 0)
		err(1, "epoll_ctl");
}

static void
finish(int ep, int fd)
{
	watch(ep, EPOLL_CTL_DEL, fd, 0);
	free(served[fd].waiting);
	memset(&served[fd], 0, sizeof(served[fd]));
	close(fd);
}

/* Sends back what waits; true: all of it is gone. */
static bool
flush_echo(int fd)
{
	struct served *s = &served[fd];

	while (s->from < s->to) {
		ssize_t n = send(
		    fd, s->waiting + s->from, s->to - s->from, MSG_NOSIGNAL);

		if (n <= 0)
			return (false);
		s->from += (size_t)n;
	}
	return (true);
}

static void
serve_one(int ep, int fd, enum service service)
{
	struct served *s = &served[fd];
	ssize_t n;

	if (service == CHARGEN) {
		do
			n = send(fd, buffer, sizeof(buffer), MSG_NOSIGNAL);
		while (n > 0);
		if (errno != EAGAIN)
			finish(ep, fd);
		return;
	}
	for (;;) {
		if (service == ECHO && !flush_echo(fd)) {
			if (errno == EAGAIN)
				watch(ep, EPOLL_CTL_MOD, fd, EPOLLOUT);
			else
				finish(ep, fd);
			return;
		}
		if (service == ECHO && s->waiting == NULL &&
		    (s->waiting = malloc(BUFFER_BYTES)) == NULL)
			err(1, "malloc");
		n = recv(
		    fd, service == ECHO ? s->waiting : buffer, BUFFER_BYTES, 0);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0) {
			finish(ep, fd);
			return;
		}
		s->from = 0;
		s->to = (size_t)n;
	}
	if (service == ECHO)
		watch(ep, EPOLL_CTL_MOD, fd, EPOLLIN);
}

_Noreturn static void
serve(const char *name, uint16_t port)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	struct sockaddr_in6 sin6;
	enum service service;
	int ep, i, l, n, off = 0, on = 1;

	if (strcmp(name, "discard") == 0)
		service = DISCARD;
	else if (strcmp(name, "chargen") == 0)
		service = CHARGEN;
	else if (strcmp(name, "echo") == 0)
		service = ECHO;
	else
		errx(2, "unknown service %s: discard, chargen or echo", name);
	memset(&sin6, 0, sizeof(sin6));
	sin6.sin6_family = AF_INET6;
	sin6.sin6_port = htons(port);
	if ((l = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0)) < 0)
		err(1, "socket");
	setsockopt(l, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(l, (struct sockaddr *)&sin6, sizeof(sin6)) != 0)
		err(1, "bind port %d", port);
	if (listen(l, 1024) != 0)
		err(1, "listen");
	if ((ep = epoll_create1(0)) < 0)
		err(1, "epoll_create1");
	watch(ep, EPOLL_CTL_ADD, l, EPOLLIN);
	printf("listening\n");
	fflush(stdout);
	for (;;) {
		n = epoll_wait(ep, events, EVENTS_AT_ONCE, -1);
		for (i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd != l) {
				serve_one(ep, fd, service);
				continue;
			}
			while (
			    (fd = accept4(l, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
				if (fd >= SERVED_MAX) {
					close(fd);
					continue;
				}
				setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
				    sizeof(on));
				watch(ep, EPOLL_CTL_ADD, fd,
				    service == CHARGEN ? EPOLLOUT : EPOLLIN);
			}
		}
	}
}

/* Clients. */

static struct sockaddr_storage peer;
static socklen_t peer_len;

static void
set_peer(const char *address, uint16_t port)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)&peer;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&peer;

	if (inet_pton(AF_INET, address, &sin->sin_addr) == 1) {
		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
		peer_len = sizeof(*sin);
	} else if (inet_pton(AF_INET6, address, &sin6->sin6_addr) == 1) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(port);
		peer_len = sizeof(*sin6);
	} else
		errx(2, "%s is no IPv4 or IPv6 address", address);
}

static int
dial(void)
{
	struct timeval limit = {.tv_sec = ANSWER_SECONDS};
	int fd, on = 1;

	if ((fd = socket(peer.ss_family, SOCK_STREAM, 0)) < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&peer, peer_len) != 0)
		err(1, "connect");
	return (fd);
}

static void
send_bulk(uint64_t duration_ns)
{
	uint64_t bytes = 0, start;
	ssize_t n;
	int fd = dial();

	start = now_ns();
	while (now_ns() - start < duration_ns) {
		n = send(fd, buffer, sizeof(buffer), MSG_NOSIGNAL);
		if (n <= 0)
			err(1, "send after %llu bytes",
			    (unsigned long long)bytes);
		bytes += (uint64_t)n;
	}
	shutdown(fd, SHUT_WR);
	if ((n = recv(fd, buffer, sizeof(buffer), 0)) != 0)
		errx(1, "the server did not close: %s",
		    n < 0 ? strerror(errno) : "it sent bytes");
	printf("{\"bytes\":%llu,\"ns\":%llu}\n", (unsigned long long)bytes,
	    (unsigned long long)(now_ns() - start));
}

static void
receive_bulk(uint64_t duration_ns)
{
	uint64_t bytes = 0, end, start;
	int fd = dial();

	start = now_ns();
	while ((end = now_ns()) - start < duration_ns) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

		if (n <= 0)
			errx(1, "the server ended after %llu bytes",
			    (unsigned long long)bytes);
		bytes += (uint64_t)n;
	}
	printf("{\"bytes\":%llu,\"ns\":%llu}\n", (unsigned long long)bytes,
	    (unsigned long long)(end - start));
}

static int
ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return ((x > y) - (x < y));
}

static void
request(uint64_t duration_ns, size_t size)
{
	static uint64_t samples[SAMPLES_MAX];
	static uint8_t answer[BUFFER_BYTES];
	uint64_t before, count = 0, start;
	int fd = dial();
	size_t kept, got;

	if (size == 0 || size > sizeof(answer))
		errx(2, "a request of 1 to %d bytes", BUFFER_BYTES);
	start = now_ns();
	while ((before = now_ns()) - start < duration_ns) {
		buffer[0] = (uint8_t)count;
		if (send(fd, buffer, size, MSG_NOSIGNAL) != (ssize_t)size)
			err(1, "send");
		for (got = 0; got < size;) {
			ssize_t n = recv(fd, answer + got, size - got, 0);

			if (n <= 0)
				errx(1, "no answer to request %llu",
				    (unsigned long long)count);
			got += (size_t)n;
		}
		if (memcmp(answer, buffer, size) != 0)
			errx(1, "request %llu came back changed",
			    (unsigned long long)count);
		samples[count++ % SAMPLES_MAX] = now_ns() - before;
	}
	kept = count < SAMPLES_MAX ? count : SAMPLES_MAX;
	qsort(samples, kept, sizeof(samples[0]), ascending);
	printf("{\"requests\":%llu,\"ns\":%llu,\"medianNs\":%llu,"
	       "\"p99Ns\":%llu}\n",
	    (unsigned long long)count, (unsigned long long)(before - start),
	    (unsigned long long)samples[kept / 2],
	    (unsigned long long)samples[kept * 99 / 100]);
}

static void
connect_again(uint64_t duration_ns)
{
	uint64_t count = 0, start = now_ns();
	uint8_t byte;

	while (now_ns() - start < duration_ns) {
		int fd = dial();

		if (send(fd, "x", 1, MSG_NOSIGNAL) != 1 ||
		    recv(fd, &byte, 1, 0) != 1 || byte != 'x')
			err(1, "connection %llu", (unsigned long long)count);
		close(fd);
		count++;
	}
	printf("{\"connections\":%llu,\"ns\":%llu}\n",
	    (unsigned long long)count, (unsigned long long)(now_ns() - start));
}

static unsigned long
number(const char *what, const char *text, unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (*text == '\0' || *end != '\0' || errno != 0 || n == 0 || n > max)
		errx(2, "%s %s: a whole number from 1 to %lu", what, text, max);
	return (n);
}

int
main(int argc, char **argv)
{
	uint64_t duration_ns;
	size_t i;

	for (i = 0; i < sizeof(buffer); i++) {
		size_t line = i / (CHARGEN_COLUMNS + 2);
		size_t column = i % (CHARGEN_COLUMNS + 2);

		buffer[i] = column < CHARGEN_COLUMNS ?
		    (uint8_t)(' ' + (line + column) % CHARGEN_CHARS) :
		    column == CHARGEN_COLUMNS ? '\r' :
						'\n';
	}
	if (argc == 4 && strcmp(argv[1], "serve") == 0)
		serve(argv[2], (uint16_t)number("port", argv[3], 65535));
	if (argc < 5)
		errx(2,
		    "usage: tcp-load serve SERVICE PORT, or tcp-load "
		    "send|receive|request|connect ADDRESS PORT SECONDS [SIZE]");
	set_peer(argv[2], (uint16_t)number("port", argv[3], 65535));
	duration_ns = number("seconds", argv[4], 3600) * 1000000000ull;
	if (strcmp(argv[1], "send") == 0)
		send_bulk(duration_ns);
	else if (strcmp(argv[1], "receive") == 0)
		receive_bulk(duration_ns);
	else if (strcmp(argv[1], "request") == 0)
		request(duration_ns,
		    argc > 5 ? number("size", argv[5], BUFFER_BYTES) : 1);
	else if (strcmp(argv[1], "connect") == 0)
		connect_again(duration_ns);
	else
		errx(2, "unknown load %s: send, receive, request or connect",
		    argv[1]);
	return (0);
}
