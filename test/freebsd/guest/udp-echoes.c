/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * udp-echoes ADDRESS PORT COUNT WINDOW SIZE [SECONDS]: sends datagrams to an
 * echo service, at most WINDOW ahead of its answers, and compares each answer
 * with what was sent.  WINDOW 0: sends as fast as it can and drops the answers.
 * SIZE: of the longest datagram, bytes; they are of all sizes from 8 up.
 * SECONDS: how long an answer is awaited; 3.
 *
 * Prints "sent N answered N changed N twice N refused N".  Exit code: 0, or 1
 * if an answer is missing, wrong, or came twice; 64 bad arguments.
 */
#include "freebsd.h"

GUEST_START;

#define COUNT_MAX      1000000
#define SIZE_MAX_BYTES 9000

static uint8_t seen[COUNT_MAX / 8 + 1];
static uint64_t sent, answered, changed, twice, refused;

static uint32_t
address_of(const char *text)
{
	uint32_t parts[4] = {0, 0, 0, 0};
	unsigned i = 0;

	for (; *text != '\0'; text++) {
		if (*text == '.' && i < 3)
			i++;
		else if (*text >= '0' && *text <= '9')
			parts[i] = parts[i] * 10 + (uint32_t)(*text - '0');
		else
			die("no address: part ", i);
	}
	return (parts[0] | parts[1] << 8 | parts[2] << 16 | parts[3] << 24);
}

/* The datagram of that number: the number, then bytes that depend on it. */
static size_t
compose(uint8_t *bytes, uint64_t number, size_t longest)
{
	size_t len = 8 + (size_t)(number * 37) % (longest - 7), i;
	uint64_t mix = number * 0x9e3779b97f4a7c15u;

	for (i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(number >> (8 * i));
	for (; i < len; i++)
		bytes[i] = (uint8_t)((mix >> (i % 8 * 8)) + i);
	return (len);
}

static void
take(int fd, uint64_t count, size_t longest)
{
	static uint8_t got[SIZE_MAX_BYTES + 1], want[SIZE_MAX_BYTES + 1];
	uint64_t number = 0;
	long len = CALL(recvfrom, fd, got, sizeof(got), 0, 0, 0);
	bool same;
	long i;

	if (len < 0) {
		refused++;
		return;
	}
	for (i = 0; i < 8 && i < len; i++)
		number |= (uint64_t)got[i] << (8 * i);
	same = len >= 8 && number < count &&
	    compose(want, number, longest) == (size_t)len;
	for (i = 0; i < len && same; i++)
		same = got[i] == want[i];
	if (!same) {
		changed++;
		return;
	}
	if (seen[number / 8] & (1 << (number % 8)))
		twice++;
	else
		answered++;
	seen[number / 8] |= (uint8_t)(1 << (number % 8));
}

/* What waits in a socket keeps the program's memory, so it must not wait. */
static void
forget(int fd)
{
	static uint8_t byte;

	while (CALL(recvfrom, fd, &byte, 1, MSG_DONTWAIT, 0, 0) >= 0)
		;
}

static bool
readable(int fd, int timeout_ms)
{
	struct pollfd p = {fd, POLLIN, 0};

	return (CALL(poll, &p, 1, timeout_ms) > 0);
}

static void
send_one(int fd, size_t longest)
{
	static uint8_t bytes[SIZE_MAX_BYTES];
	size_t len = compose(bytes, sent, longest);
	long result = CALL(sendto, fd, bytes, len, 0, 0, 0);

	switch (-result) {
	case ENOBUFS:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
		/*
		 * The interface is gone, or goes.  Not sched_yield(2): with it
		 * this process all but owns its CPU's run queue, and in an
		 * emulator that runs CPUs by turns another CPU that wants to
		 * put a thread there waits for tens of seconds.
		 */
		CALL(poll, 0, 0, 1);
		break;
	case ECONNREFUSED:
		break;
	default:
		if (result < 0)
			die("sendto: error ", (uint64_t)-result);
	}
	sent++;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_len = sizeof(to), .sin_family = AF_INET};
	uint64_t port, count, window, heard, patience = 3;
	int room = 256 << 10;
	size_t longest;
	long fd, error;

	if (argc != 6 && argc != 7)
		die("ADDRESS PORT COUNT WINDOW SIZE [SECONDS]; words: ",
		    (uint64_t)argc);
	port = number_of(argv[2], 65535);
	count = number_of(argv[3], COUNT_MAX);
	window = number_of(argv[4], 1024);
	longest = number_of(argv[5], SIZE_MAX_BYTES);
	if (argc == 7)
		patience = number_of(argv[6], 3600);
	if (longest < 8)
		die("SIZE: at least 8, not ", longest);
	to.sin_addr = address_of(argv[1]);
	to.sin_port = (uint16_t)(port >> 8 | port << 8);
	fd = CALL(socket, AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		die("socket: error ", (uint64_t)-fd);
	CALL(setsockopt, fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	error = CALL(connect, fd, &to, sizeof(to));
	if (error < 0)
		die("connect: error ", (uint64_t)-error);

	while (sent < count || (window > 0 && answered + changed < count)) {
		while (sent < count &&
		    (window == 0 || sent - answered - changed < window)) {
			send_one((int)fd, longest);
			if (window == 0) {
				forget((int)fd);
				continue;
			}
			/* Answers come while we send. */
			while (readable((int)fd, 0))
				take((int)fd, count, longest);
		}
		if (window == 0)
			break;
		heard = answered;
		if (!readable((int)fd, (int)patience * 1000))
			break;
		take((int)fd, count, longest);
		if (answered == heard && refused > 1000)
			break;
	}
	print("sent ");
	print_number(sent);
	print(" answered ");
	print_number(answered);
	print(" changed ");
	print_number(changed);
	print(" twice ");
	print_number(twice);
	print(" refused ");
	print_number(refused);
	print("\n");
	return (
	    window == 0 || (answered == count && changed + twice == 0) ? 0 : 1);
}
