/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The other end of `--net fd:3`: peer TYPE FRAMES END PROGRAM [ARGUMENT ...]
 *
 * Sends FRAMES frames of EtherType 0x8801, each of its own length and bytes,
 * and expects each back with its addresses swapped; before the last one goes
 * a frame of no bytes.  TYPE is seqpacket or
 * dgram.  Then END is `close` (of this end) or a signal's number.  Prints the
 * program's exit code.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t
make(uint8_t *frame, long i)
{
	size_t len = 14 + (size_t)(i * 37) % 1501, k;

	for (k = 0; k < len; k++)
		frame[k] = (uint8_t)(k * 31 + (size_t)i);
	frame[12] = 0x88;
	frame[13] = 0x01;
	return (len);
}

int
main(int argc, char **argv)
{
	uint8_t sent[1600], want[1600], got[1600];
	int pair[2], status, type;
	long frames, i;
	pid_t child;

	if (argc < 5)
		errx(2, "usage: peer TYPE FRAMES END PROGRAM ...");
	type = strcmp(argv[1], "dgram") == 0 ? SOCK_DGRAM : SOCK_SEQPACKET;
	frames = strtol(argv[2], NULL, 10);
	if (socketpair(AF_UNIX, type, 0, pair) != 0)
		err(2, "socketpair");
	child = fork();
	if (child == -1)
		err(2, "fork");
	if (child == 0) {
		close(pair[0]);
		if (pair[1] != 3 && dup2(pair[1], 3) == -1)
			err(2, "dup2");
		execv(argv[4], argv + 4);
		err(2, "%s", argv[4]);
	}
	close(pair[1]);
	for (i = 0; i < frames; i++) {
		struct pollfd p = {.fd = pair[0], .events = POLLIN};
		size_t len = make(sent, i);
		ssize_t n;

		memcpy(want, sent + 6, 6);
		memcpy(want + 6, sent, 6);
		memcpy(want + 12, sent + 12, len - 12);
		if (i == frames - 1 && send(pair[0], sent, 0, 0) != 0)
			err(1, "send of nothing");
		if (send(pair[0], sent, len, 0) != (ssize_t)len)
			err(1, "send of frame %ld", i);
		if (poll(&p, 1, 20000) != 1)
			errx(1, "no answer to frame %ld", i);
		n = recv(pair[0], got, sizeof(got), 0);
		if (n != (ssize_t)len || memcmp(got, want, len) != 0)
			errx(1, "answer to frame %ld is another", i);
	}
	/* A frame that is too long, and one that is none. */
	memset(sent, 0, sizeof(sent));
	if (send(pair[0], sent, sizeof(sent), 0) == -1 ||
	    send(pair[0], sent, 5, 0) == -1)
		err(1, "send of garbage");
	if (strcmp(argv[3], "close") == 0)
		close(pair[0]);
	else {
		usleep(100000);
		kill(child, atoi(argv[3]));
	}
	if (waitpid(child, &status, 0) == -1)
		err(2, "waitpid");
	if (!WIFEXITED(status))
		errx(1, "the program died of signal %d", WTERMSIG(status));
	printf("%d\n", WEXITSTATUS(status));
	return (0);
}
