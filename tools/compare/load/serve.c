/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The servers that stand for the host's own network stack: one process with
 * one thread, as a Mirage program is.  And a word from one machine to another.
 */
#include "load.h"

#define FLOWS_MAX 64

enum service { DISCARD, CHARGEN, ECHO };

struct flow {
	uint64_t offset; /* in chargen's pattern */
	size_t from, to; /* of an echo's bytes that wait to be sent */
	uint8_t waiting[CHUNK_BYTES];
};

static struct pollfd polled[1 + FLOWS_MAX];
static struct flow flows[1 + FLOWS_MAX];
static size_t used = 1; /* of both; beyond it nothing is open */

static int
listener_at(int type, const char *port)
{
	struct sockaddr_in here =
	    socket_address(INADDR_ANY, number("PORT", port, 65535));
	int fd = socket(AF_INET, type, 0), on = 1;

	if (fd < 0)
		fail("socket", true);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&here, sizeof(here)) != 0)
		fail("bind", true);
	if (type == SOCK_STREAM && listen(fd, 1024) != 0)
		fail("listen", true);
	return (fd);
}

static void
say(const char *text)
{
	if (write(1, text, strlen(text)) < 0)
		exit(1);
}

_Noreturn static void
serve_udp(int fd)
{
	static uint8_t datagram[CHUNK_BYTES];
	int space = 1 << 20;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &space, sizeof(space));
	for (;;) {
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, datagram, sizeof(datagram), 0,
		    (struct sockaddr *)&from, &from_len);

		if (n < 0)
			fail("recvfrom", true);
		(void)sendto(fd, datagram, (size_t)n, 0,
		    (const struct sockaddr *)&from, from_len);
	}
}

/* False: the flow is over. */
static bool
send_pattern(int fd, struct flow *f)
{
	ssize_t n;

	do {
		n = send(fd, chargen_at(f->offset), CHUNK_BYTES, MSG_NOSIGNAL);
		if (n > 0)
			f->offset += (uint64_t)n;
	} while (n == CHUNK_BYTES);
	return (n > 0 || errno == EAGAIN);
}

static bool
take_all(int fd)
{
	static uint8_t taken[CHUNK_BYTES];
	ssize_t n;

	do
		n = recv(fd, taken, sizeof(taken), 0);
	while (n == sizeof(taken));
	return (n > 0 || (n < 0 && errno == EAGAIN));
}

static bool
send_back(int fd, struct flow *f)
{
	ssize_t n;

	if (f->from == f->to) {
		n = recv(fd, f->waiting, sizeof(f->waiting), 0);
		if (n <= 0)
			return (n < 0 && errno == EAGAIN);
		f->from = 0;
		f->to = (size_t)n;
	}
	n = send(fd, f->waiting + f->from, f->to - f->from, MSG_NOSIGNAL);
	if (n < 0)
		return (errno == EAGAIN);
	f->from += (size_t)n;
	return (true);
}

static void
accept_all(int listener, enum service service)
{
	size_t i;
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		for (i = 1; i < used && polled[i].fd >= 0; i++)
			;
		if (i > FLOWS_MAX) {
			close(fd);
			continue;
		}
		if (i == used)
			used++;
		non_blocking(fd);
		no_delay(fd);
		polled[i].fd = fd;
		polled[i].events = service == CHARGEN ? POLLOUT : POLLIN;
		polled[i].revents = 0;
		flows[i].offset = flows[i].from = flows[i].to = 0;
	}
}

static void
serve_flow(size_t i, enum service service)
{
	struct flow *f = &flows[i];
	int fd = polled[i].fd;
	bool open;

	if (service == CHARGEN)
		open = send_pattern(fd, f);
	else if (service == DISCARD)
		open = take_all(fd);
	else {
		open = send_back(fd, f);
		polled[i].events = f->from == f->to ? POLLIN : POLLOUT;
	}
	if (open)
		return;
	close(fd);
	polled[i].fd = -1;
	while (used > 1 && polled[used - 1].fd < 0)
		used--;
}

_Noreturn static void
serve_tcp(int listener, enum service service)
{
	size_t i;

	non_blocking(listener);
	polled[0].fd = listener;
	polled[0].events = POLLIN;
	for (;;) {
		if (poll(polled, used, -1) < 0)
			fail("poll", true);
		for (i = used - 1; i > 0; i--)
			if (polled[i].fd >= 0 && polled[i].revents != 0)
				serve_flow(i, service);
		if (polled[0].revents != 0)
			accept_all(listener, service);
	}
}

void
load_serve(char **words)
{
	static const char *names[] = {"discard", "chargen", "echo"};
	size_t i;
	int fd;

	if (strcmp(words[0], "udp-echo") == 0) {
		fd = listener_at(SOCK_DGRAM, words[1]);
		say("listening\n");
		serve_udp(fd);
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(words[0], names[i]) == 0) {
			fd = listener_at(SOCK_STREAM, words[1]);
			say("listening\n");
			serve_tcp(fd, (enum service)i);
		}
	usage("udp-echo, echo, discard or chargen is wanted", words[0]);
}

/* Waits for somebody who tells one word, says that it was heard, and prints it.
 */
void
load_hear(char **words)
{
	static char word[256];
	int listener = listener_at(SOCK_STREAM, words[0]);
	int fd = accept(listener, NULL, NULL);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		fail("accept", true);
	while ((n = recv(fd, word + len, sizeof(word) - 2 - len, 0)) > 0)
		len += (size_t)n;
	word[len] = '\n';
	/* Who has come meanwhile must try again: nobody will hear him here. */
	close(listener);
	if (send(fd, ".", 1, MSG_NOSIGNAL) != 1)
		fail("send", true);
	close(fd);
	say(word);
}

void
load_tell(char **words)
{
	struct sockaddr_in to = socket_address(
	    ipv4_address(words[0]), number("PORT", words[1], 65535));
	struct pollfd answer = {.events = POLLIN};
	size_t len = strlen(words[2]);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char heard;

	if (fd < 0)
		fail("socket", true);
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
		fail("connect", true);
	if (send(fd, words[2], len, MSG_NOSIGNAL) != (ssize_t)len)
		fail("send", true);
	shutdown(fd, SHUT_WR);
	answer.fd = fd;
	if (poll(&answer, 1, ANSWER_MS) <= 0 || recv(fd, &heard, 1, 0) != 1)
		fail("nobody has heard the word", false);
	close(fd);
}
