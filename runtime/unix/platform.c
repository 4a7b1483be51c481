/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The Unix platform: memory, clocks, entropy, console, waiting.
 */
#include <sys/eventfd.h>
#include <sys/random.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "unix.h"

bool
unix_platform_init(struct mirage_platform *p, char *error)
{
	memset(p, 0, sizeof(*p));
	buffers_set_sizes(p, UNIX_MTU + ETHERNET_BYTES + VLAN_BYTES + 1);
	p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake_fd == -1) {
		snprintf(error, ERROR_BYTES, "eventfd: %s", strerror(errno));
		return (false);
	}
	return (true);
}

void
unix_platform_fini(struct mirage_platform *p)
{
	unsigned i;

	for (i = 0; i < p->nnics; i++)
		nic_close(&p->nics[i]);
	p->nnics = 0;
	sockets_close(p);
	buffers_free_all(p);
	control_close(p);
	close(p->wake_fd);
}

void
unix_wake(struct mirage_platform *p)
{
	uint64_t one = 1;

	/* It can only fail by being woken already. */
	if (write(p->wake_fd, &one, sizeof(one)) == -1)
		return;
}

void
unix_request_stop(struct mirage_platform *p)
{
	__atomic_store_n(&p->stop, true, __ATOMIC_RELEASE);
	unix_wake(p);
}

void
unix_request_stats(struct mirage_platform *p)
{
	__atomic_store_n(&p->stats, true, __ATOMIC_RELEASE);
	unix_wake(p);
}

bool
mirage_platform_stop_requested(struct mirage_platform *p)
{
	return (__atomic_load_n(&p->stop, __ATOMIC_ACQUIRE));
}

bool
mirage_platform_stats_requested(struct mirage_platform *p)
{
	return (__atomic_load_n(&p->stats, __ATOMIC_RELAXED) &&
	    __atomic_exchange_n(&p->stats, false, __ATOMIC_ACQ_REL));
}

void *
mirage_platform_alloc(struct mirage_platform *p, size_t size)
{
	(void)p;
	/* malloc aligns to 16 bytes on all targets that we have. */
	return (malloc(size));
}

void
mirage_platform_free(struct mirage_platform *p, void *memory, size_t size)
{
	(void)p;
	(void)size;
	free(memory);
}

static uint64_t
clock_read(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ((uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec);
}

uint64_t
mirage_platform_monotonic_ns(struct mirage_platform *p)
{
	return (p->captures ? p->clock_ns : clock_read(CLOCK_MONOTONIC));
}

uint64_t
mirage_platform_wall_ns(struct mirage_platform *p)
{
	return (p->captures ? p->clock_ns : clock_read(CLOCK_REALTIME));
}

void
mirage_platform_entropy(struct mirage_platform *p, void *buf, size_t len)
{
	uint8_t *at = buf;

	(void)p;
	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);

		if (n == -1) {
			if (errno == EINTR)
				continue;
			/* There is no randomness to go on with. */
			perror("mirage: getrandom");
			abort();
		}
		at += n;
		len -= (size_t)n;
	}
}

void
mirage_platform_console(struct mirage_platform *p,
    enum mirage_console_level level, const char *line, size_t len)
{
	FILE *to = level >= MIRAGE_CONSOLE_WARN ? stderr : stdout;

	(void)p;
	flockfile(to);
	fwrite_unlocked(line, 1, len, to);
	putc_unlocked('\n', to);
	if (to == stderr)
		fflush_unlocked(to);
	funlockfile(to);
}

/* Time goes to whatever comes first, at once. */
static unsigned
wait_for_capture(struct mirage_platform *p, uint64_t deadline_ns)
{
	uint64_t next = UINT64_MAX;
	unsigned i;

	for (i = 0; i < p->nnics; i++) {
		uint64_t t = capture_next_ns(&p->nics[i]);

		if (t < next)
			next = t;
	}
	if (next == UINT64_MAX)
		return (MIRAGE_WAKE_END);
	if (deadline_ns <= next) {
		if (deadline_ns > p->clock_ns)
			p->clock_ns = deadline_ns;
		return (MIRAGE_WAKE_TIMER);
	}
	if (next > p->clock_ns)
		p->clock_ns = next;
	return (MIRAGE_WAKE_FRAME);
}

unsigned
mirage_platform_wait(struct mirage_platform *p, uint64_t deadline_ns)
{
	struct pollfd fds[2 + UNIX_NICS];
	struct timespec ts, *timeout = NULL;
	unsigned i, n, up = 0, woke = 0;
	uint64_t requests;

	if (mirage_platform_stop_requested(p))
		return (MIRAGE_WAKE_STOP);
	if (p->captures)
		return (wait_for_capture(p, deadline_ns));
	if (sockets_pending(p))
		return (MIRAGE_WAKE_FRAME);
	fds[0].fd = p->wake_fd;
	fds[0].events = POLLIN;
	for (i = 0; i < p->nnics; i++) {
		fds[1 + i].fd = p->nics[i].down ? -1 : p->nics[i].fd;
		fds[1 + i].events = POLLIN;
		up += !p->nics[i].down;
	}
	if (p->nnics > 0 && up == 0)
		return (MIRAGE_WAKE_END);
	n = 1 + p->nnics;
	fds[n].fd = sockets_poll_fd(p);
	fds[n].events = POLLIN;
	n++;
	if (deadline_ns != UINT64_MAX) {
		uint64_t now = clock_read(CLOCK_MONOTONIC);
		uint64_t left = deadline_ns > now ? deadline_ns - now : 0;

		ts.tv_sec = (time_t)(left / 1000000000);
		ts.tv_nsec = (long)(left % 1000000000);
		timeout = &ts;
	}
	if (ppoll(fds, n, timeout, NULL) <= 0)
		return (MIRAGE_WAKE_TIMER);
	if (fds[0].revents != 0 &&
	    read(p->wake_fd, &requests, sizeof(requests)) > 0 &&
	    mirage_platform_stop_requested(p))
		woke |= MIRAGE_WAKE_STOP;
	for (i = 1; i < n; i++)
		if (fds[i].fd != -1 && fds[i].revents != 0)
			woke |= MIRAGE_WAKE_FRAME;
	return (woke);
}
