/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * fdpeer: starts a program with one end of a socket pair of Ethernet frames as
 * descriptor 3, sends it frames from the other end, and times the answers.
 *
 *   fdpeer [-l] FRAMES ARP HEX -- PROGRAM ARG ...
 *
 * sends the frame that ARP spells (two hexadecimal digits a byte), by which the
 * program learns where answers go, then the frame that HEX spells, until FRAMES
 * answers came back, never more than 32 ahead.  What is not as long as that
 * frame is no answer.
 * Prints one JSON line: nanoseconds from before fork to the first answer, from
 * the first to the last answer, and of CPU that the program had in that time
 * (its own and the kernel's for it).  With -l the next frame is sent when the
 * one before was answered, and nanoseconds of each round trip but the first are
 * printed, too.  Exit 1 when an answer does not come within 5 seconds, 2 for
 * bad arguments.
 *
 *   fdpeer -e
 *
 * is such a program: it sends each frame on descriptor 3 back as it came, for
 * what the socket pair alone costs.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WINDOW	   32
#define TIMEOUT_MS 5000

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec);
}

/* What a process has had of the CPUs. */
static uint64_t
cpu_ns(pid_t pid)
{
	struct timespec ts;
	clockid_t id;

	if (clock_getcpuclockid(pid, &id) != 0 || clock_gettime(id, &ts) != 0)
		return (0);
	return ((uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec);
}

static size_t
unhex(const char *text, uint8_t *out, size_t max)
{
	size_t len;
	unsigned byte;

	for (len = 0; text[0] != '\0'; text += 2, len++) {
		if (len == max || sscanf(text, "%2x", &byte) != 1 ||
		    text[1] == '\0')
			errx(2, "bad frame in hex at '%.8s'", text);
		out[len] = (uint8_t)byte;
	}
	return (len);
}

/* Sends back what comes on descriptor 3, until there is nobody there. */
static int
echo(void)
{
	uint8_t frame[2048];
	struct pollfd pfd = {.fd = 3, .events = POLLIN};
	ssize_t n;

	for (;;) {
		if (poll(&pfd, 1, -1) < 0)
			return (1);
		n = recv(3, frame, sizeof(frame), 0);
		if (n <= 0 || send(3, frame, (size_t)n, MSG_NOSIGNAL) != n)
			return (0);
	}
}

static void
usage(void)
{
	errx(2,
	    "usage: fdpeer [-l] FRAMES ARP HEX -- PROGRAM ARG ...\n"
	    "       fdpeer -e");
}

int
main(int argc, char **argv)
{
	uint8_t arp[2048], frame[2048], answer[2048];
	uint64_t start, first = 0, last = 0, *trips = NULL, asked = 0, cpu = 0;
	long frames, sent = 0, got = 0, window = WINDOW;
	struct pollfd pfd;
	size_t arp_len, len;
	ssize_t n;
	pid_t child;
	int pair[2], c, latency = 0;

	while ((c = getopt(argc, argv, "+el")) != -1) {
		if (c == 'e')
			return (echo());
		if (c != 'l')
			usage();
		latency = 1;
		window = 1;
	}
	argc -= optind;
	argv += optind;
	/* getopt(3) leaves the "--" that does not come first. */
	if (argc < 5 || strcmp(argv[3], "--") != 0 ||
	    (frames = strtol(argv[0], NULL, 10)) < 1)
		usage();
	arp_len = unhex(argv[1], arp, sizeof(arp));
	len = unhex(argv[2], frame, sizeof(frame));
	if (latency && (trips = calloc((size_t)frames, sizeof(*trips))) == NULL)
		err(2, "calloc");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
		err(2, "socketpair");
	start = now_ns();
	child = fork();
	if (child == -1)
		err(2, "fork");
	if (child == 0) {
		close(pair[1]);
		if (pair[0] != 3) {
			dup2(pair[0], 3);
			close(pair[0]);
		}
		dup2(2, 1);
		execv(argv[4], &argv[4]);
		err(127, "%s", argv[4]);
	}
	close(pair[0]);
	pfd.fd = pair[1];
	if (send(pfd.fd, arp, arp_len, 0) != (ssize_t)arp_len)
		err(1, "send");
	while (got < frames) {
		pfd.events = POLLIN;
		if (sent < frames && sent - got < window)
			pfd.events |= POLLOUT;
		if (poll(&pfd, 1, TIMEOUT_MS) == 0) {
			warnx("no answer to frame %ld of %ld", got + 1, frames);
			kill(child, SIGKILL);
			return (1);
		}
		if ((pfd.revents & POLLIN) != 0) {
			n = recv(pfd.fd, answer, sizeof(answer), 0);
			if (n <= 0)
				errx(1, "the program ended after %ld answers",
				    got);
			/* Announcements and the like are not answers. */
			if ((size_t)n != len)
				continue;
			last = now_ns();
			if (trips != NULL)
				trips[got] = last - asked;
			if (got++ == 0) {
				first = last;
				cpu = cpu_ns(child);
			}
		} else if ((pfd.revents & POLLOUT) != 0) {
			if (latency)
				asked = now_ns();
			if (send(pfd.fd, frame, len, 0) == (ssize_t)len)
				sent++;
			else if (errno != EAGAIN && errno != ENOBUFS)
				err(1, "send");
		} else if ((pfd.revents & (POLLHUP | POLLERR)) != 0)
			errx(1, "the program ended after %ld answers", got);
	}
	cpu = cpu_ns(child) - cpu;
	kill(child, SIGINT);
	waitpid(child, NULL, 0);
	printf("{\"firstAnswerNs\":%llu,\"streamNs\":%llu,\"cpuNs\":%llu,"
	       "\"answers\":%ld",
	    (unsigned long long)(first - start),
	    (unsigned long long)(last - first), (unsigned long long)cpu, got);
	if (trips != NULL) {
		printf(",\"roundTripNs\":[");
		for (long i = 1; i < got; i++)
			printf("%s%llu", i == 1 ? "" : ",",
			    (unsigned long long)trips[i]);
		printf("]");
	}
	printf("}\n");
	return (0);
}
