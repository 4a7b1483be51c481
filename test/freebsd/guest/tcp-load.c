/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tcp-load echo|discard|chargen ADDRESS PORT FLOWS BYTES [SECONDS]: opens FLOWS
 * connections and moves BYTES on each:
 *
 *	echo	sends them, compares what comes back, and waits for the end
 *	discard	sends them, and waits for the end with nothing before it
 *	chargen	reads them, compares with RFC 864's lines, and closes
 *
 * No more than 100 wait for their first answer, for a server's backlog is
 *bounded; none ends its side before all are answered, so all are open at once.
 *
 * Every connection has bytes of its own, so that one's are not taken for
 * another's.  ADDRESS: IPv4, or IPv6 without "::".  SECONDS: without a byte on
 * any connection, after which it gives up; 60.
 *
 * Prints "flows N done N failed N sent N received N changed N ms N".  Exit
 *code: 0 if all are done and nothing was changed, else 1; 64 bad arguments.
 */
#include "freebsd.h"

GUEST_START;

#define FLOWS_MAX  4000
#define BYTES_MAX  (1ull << 32)
#define PIECE	   16384
#define PERIOD	   65521 /* prime: no window or segment repeats it */
#define LINE	   74 /* bytes of a line of RFC 864, with CR LF */
#define CHARACTERS 95
#define OWN_OFFSET \
	131 /* bytes that a flow's data begin after its neighbour's */
#define STARTING_MAX 100
#define POLL_MS	     1000

enum mode { ECHO, DISCARD, CHARGEN };

struct flow {
	uint64_t sent, received;
	bool connected, answered, over;
};

static struct flow flows[FLOWS_MAX];
static struct pollfd polled[FLOWS_MAX];
static uint8_t pattern[PERIOD + PIECE], lines[CHARACTERS * LINE + PIECE];
static uint64_t count, bytes, done, failed, sent, received, changed;
static uint64_t begun, answered;
static enum mode mode;

static void
make_patterns(void)
{
	uint64_t mix = 88172645463325252u;
	size_t i;

	for (i = 0; i < PERIOD; i++) {
		mix ^= mix << 13;
		mix ^= mix >> 7;
		mix ^= mix << 17;
		pattern[i] = (uint8_t)mix;
	}
	memcpy(pattern + PERIOD, pattern, PIECE);
	for (i = 0; i < sizeof(lines); i++) {
		size_t line = i / LINE, at = i % LINE;

		lines[i] = at == LINE - 2 ? 13 :
		    at == LINE - 1	  ? 10 :
				     (uint8_t)(32 + (line + at) % CHARACTERS);
	}
}

/* What is at an offset of a flow, PIECE bytes at least. */
static const uint8_t *
expected(size_t number, uint64_t offset)
{
	if (mode == CHARGEN)
		return (lines + offset % (CHARACTERS * LINE));
	return (pattern + (offset + number * OWN_OFFSET) % PERIOD);
}

/* Returns the address's length. */
static size_t
address_of(const char *text, uint16_t port, void *storage)
{
	struct sockaddr_in *v4 = storage;
	struct sockaddr_in6 *v6 = storage;
	const char *at;
	unsigned parts = 0, value = 0, colons = 0;

	port = (uint16_t)(port >> 8 | port << 8);
	for (at = text; *at != '\0'; at++)
		colons += *at == ':';
	if (colons == 0) {
		*v4 = (struct sockaddr_in) {.sin_len = sizeof(*v4),
		    .sin_family = AF_INET,
		    .sin_port = port};
		for (at = text;; at++) {
			if (*at >= '0' && *at <= '9') {
				value = value * 10 + (unsigned)(*at - '0');
			} else if ((*at == '.' || *at == '\0') && parts < 4) {
				v4->sin_addr |= value << 8 * parts++;
				value = 0;
			} else
				die("no address: part ", parts);
			if (*at == '\0')
				break;
		}
		if (parts != 4)
			die("no address: parts ", parts);
		return (sizeof(*v4));
	}
	*v6 = (struct sockaddr_in6) {.sin6_len = sizeof(*v6),
	    .sin6_family = AF_INET6,
	    .sin6_port = port};
	for (at = text;; at++) {
		if (*at >= '0' && *at <= '9') {
			value = value << 4 | (unsigned)(*at - '0');
		} else if (*at >= 'a' && *at <= 'f') {
			value = value << 4 | (unsigned)(*at - 'a' + 10);
		} else if ((*at == ':' || *at == '\0') && parts < 8) {
			v6->sin6_addr[2 * parts] = (uint8_t)(value >> 8);
			v6->sin6_addr[2 * parts++ + 1] = (uint8_t)value;
			value = 0;
		} else
			die("no address: part ", parts);
		if (*at == '\0')
			break;
	}
	if (parts != 8)
		die("no address without ::, parts ", parts);
	return (sizeof(*v6));
}

static void
answer(size_t number)
{
	size_t i;

	if (flows[number].answered)
		return;
	flows[number].answered = true;
	if (++answered < count)
		return;
	/* All are: those that wait with their end can go on. */
	for (i = 0; i < count; i++)
		if (!flows[i].over && flows[i].sent == bytes)
			CALL(shutdown, polled[i].fd, SHUT_WR);
}

static void
end(size_t number, bool well)
{
	flows[number].over = true;
	answer(number);
	CALL(close, polled[number].fd);
	polled[number].fd = -1;
	polled[number].events = 0;
	if (well)
		done++;
	else
		failed++;
}

static void
begin(size_t number, const void *address, size_t len)
{
	long fd, error;

	fd = CALL(socket, ((const struct sockaddr_in *)address)->sin_family,
	    SOCK_STREAM, 0);
	if (fd < 0)
		die("socket: error ", (uint64_t)-fd);
	CALL(fcntl, fd, F_SETFL, O_NONBLOCK);
	polled[number].fd = (int)fd;
	polled[number].events = POLLOUT;
	error = CALL(connect, fd, address, len);
	if (error < 0 && error != -EINPROGRESS)
		end(number, false);
}

/* Returns whether anything was moved. */
static bool
send_some(size_t number)
{
	struct flow *f = &flows[number];
	uint64_t left = bytes - f->sent;
	size_t len = left < PIECE ? (size_t)left : PIECE;
	long result;

	result = CALL(sendto, polled[number].fd, expected(number, f->sent), len,
	    MSG_NOSIGNAL, 0, 0);
	if (result == -EAGAIN)
		return (false);
	if (result < 0) {
		end(number, false);
		return (true);
	}
	f->sent += (uint64_t)result;
	sent += (uint64_t)result;
	if (f->sent == bytes) {
		if (answered == count)
			CALL(shutdown, polled[number].fd, SHUT_WR);
		polled[number].events = POLLIN;
	}
	return (true);
}

static bool
receive_some(size_t number)
{
	static uint8_t got[PIECE];
	struct flow *f = &flows[number];
	uint64_t limit = mode == DISCARD ? 0 : bytes;
	const uint8_t *want;
	long result, i;

	result = CALL(recvfrom, polled[number].fd, got, PIECE, 0, 0, 0);
	if (result == -EAGAIN)
		return (false);
	if (result <= 0) {
		end(number,
		    result == 0 && mode != CHARGEN && f->sent == bytes &&
			f->received == limit);
		return (true);
	}
	answer(number);
	want = expected(number, f->received);
	for (i = 0; i < result; i++)
		if (f->received + (uint64_t)i >= limit && mode != CHARGEN)
			changed++; /* more than was sent */
		else
			changed += got[i] != want[i];
	f->received += (uint64_t)result;
	received += (uint64_t)result;
	if (mode == CHARGEN && f->received >= bytes)
		end(number, true);
	return (true);
}

/* Connected, or not: POLLOUT tells. */
static bool
connected(size_t number)
{
	uint32_t error = 0, len = sizeof(error);

	CALL(getsockopt, polled[number].fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		end(number, false);
		return (true);
	}
	flows[number].connected = true;
	if (mode == DISCARD)
		answer(number);
	polled[number].events = mode == CHARGEN ? POLLIN : POLLIN | POLLOUT;
	return (true);
}

static bool
serve(size_t number)
{
	bool moved = false;

	if (!flows[number].connected)
		return (connected(number));
	if (polled[number].revents & ~POLLOUT)
		moved = receive_some(number);
	if (!flows[number].over && (polled[number].revents & POLLOUT) != 0 &&
	    flows[number].sent < bytes)
		moved |= send_some(number);
	return (moved);
}

static void
report(const char *name, uint64_t value)
{
	print(name);
	print_number(value);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in6 to;
	uint64_t patience = 60, from, last;
	size_t i, len;

	make_patterns();
	if (argc != 6 && argc != 7)
		die("echo|discard|chargen ADDRESS PORT FLOWS BYTES [SECONDS]; "
		    "words: ",
		    (uint64_t)argc);
	mode = argv[1][0] == 'e' ? ECHO : argv[1][0] == 'd' ? DISCARD : CHARGEN;
	len = address_of(argv[2], (uint16_t)number_of(argv[3], 65535), &to);
	count = number_of(argv[4], FLOWS_MAX);
	bytes = number_of(argv[5], BYTES_MAX);
	if (argc == 7)
		patience = number_of(argv[6], 3600);
	if (count == 0 || bytes == 0)
		die("FLOWS and BYTES: at least ", 1);
	from = last = now_ms();
	while (done + failed < count) {
		while (begun < count && begun - answered < STARTING_MAX)
			begin(begun++, &to, len);
		if (CALL(poll, polled, begun, POLL_MS) > 0)
			for (i = 0; i < begun; i++)
				if (polled[i].fd >= 0 &&
				    polled[i].revents != 0 && serve(i))
					last = now_ms();
		if (now_ms() - last > patience * 1000)
			break;
	}
	report("flows ", count);
	report(" done ", done);
	report(" failed ", failed);
	report(" sent ", sent);
	report(" received ", received);
	report(" changed ", changed);
	report(" ms ", now_ms() - from);
	print("\n");
	return (done == count && changed == 0 ? 0 : 1);
}
