/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The FreeBSD platform: memory, clocks, entropy, console, waiting.
 */
#include "compat.h"
#include "kmod.h"

#include <sys/syslog.h>

MALLOC_DEFINE(M_MIRAGE, "mirage", "Mirage programs");

/* What a program prints in a second; the rest is counted. */
#define CONSOLE_LINES 200
#define CONSOLE_BYTES 480 /* of one piece of a line */

/* More than this might wait for ever, so it may fail instead. */
#define WAITABLE_BYTES 65536

void *
memory_take(struct mirage_platform *p, size_t size, int flags)
{
	void *memory = malloc(size, M_MIRAGE, flags);
	uint64_t used, peak;

	if (memory == NULL)
		return (NULL);
	used = __atomic_add_fetch(&p->memory_used, size, __ATOMIC_RELAXED);
	peak = __atomic_load_n(&p->memory_peak, __ATOMIC_RELAXED);
	while (used > peak &&
	    !__atomic_compare_exchange_n(&p->memory_peak, &peak, used, false,
		__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return (memory);
}

void
memory_mark(struct mirage_platform *p)
{
	__atomic_store_n(&p->memory_peak,
	    __atomic_load_n(&p->memory_used, __ATOMIC_RELAXED),
	    __ATOMIC_RELAXED);
}

void *
mirage_platform_alloc(struct mirage_platform *p, size_t size)
{
	return (
	    memory_take(p, size, size <= WAITABLE_BYTES ? M_WAITOK : M_NOWAIT));
}

void
mirage_platform_free(struct mirage_platform *p, void *memory, size_t size)
{
	if (memory != NULL)
		__atomic_sub_fetch(&p->memory_used, size, __ATOMIC_RELAXED);
	free(memory, M_MIRAGE);
}

uint64_t
mirage_platform_monotonic_ns(struct mirage_platform *p)
{
	struct timespec ts;

	nanouptime(&ts);
	return ((uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec);
}

uint64_t
mirage_platform_wall_ns(struct mirage_platform *p)
{
	struct timespec ts;

	nanotime(&ts);
	return ((uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec);
}

void
mirage_platform_entropy(struct mirage_platform *p, void *buf, size_t len)
{
	mrg_random(buf, len);
}

void
message(int priority, const char *line, size_t len)
{
	char text[CONSOLE_BYTES + 1];
	size_t i;

	len = MIN(len, CONSOLE_BYTES);
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		/* What a terminal might obey stays out of the log. */
		text[i] = (c < 0x20 && c != '\t') || c == 0x7f ? '?' : line[i];
	}
	text[len] = '\0';
	log(priority, "mirage: %s\n", text);
}

void
console_flush(struct mirage_platform *p)
{
	if (p->console_left_out > 0)
		log(LOG_NOTICE, "mirage: %u lines were left out here\n",
		    p->console_left_out);
	p->console_left_out = 0;
}

/* Bytes of a line that go into one message: whole characters of UTF-8. */
static size_t
piece(const char *line, size_t len)
{
	size_t n = CONSOLE_BYTES;

	if (len <= n)
		return (len);
	while (n > CONSOLE_BYTES - 4 && (line[n] & 0xc0) == 0x80)
		n--;
	return (n);
}

void
mirage_platform_console(struct mirage_platform *p,
    enum mirage_console_level level, const char *line, size_t len)
{
	static const int priorities[] = {
	    [MIRAGE_CONSOLE_DEBUG] = LOG_DEBUG,
	    [MIRAGE_CONSOLE_LOG] = LOG_INFO,
	    [MIRAGE_CONSOLE_WARN] = LOG_WARNING,
	    [MIRAGE_CONSOLE_ERROR] = LOG_ERR,
	};
	size_t n;

	if (ppsratecheck(&p->console_last, &p->console_lines, CONSOLE_LINES) ==
	    0) {
		if (p->console_left_out++ == 0)
			p->console_due =
			    mirage_platform_monotonic_ns(p) + 1000000000;
		return;
	}
	console_flush(p);
	do {
		n = piece(line, len);
		message(priorities[level], line, n);
		line += n;
		len -= n;
	} while (len > 0);
}

bool
mirage_platform_stop_requested(struct mirage_platform *p)
{
	/* A long turn lets the host's processes have the processor. */
	if (should_yield())
		kern_yield(PRI_USER);
	return (__atomic_load_n(&p->stop, __ATOMIC_RELAXED));
}

bool
mirage_platform_stats_requested(struct mirage_platform *p)
{
	return (false); /* kern.mirage.stats shows them at any time */
}

/*
 * What was told already and led to nothing is not told again: at a program's
 * end the runtime waits for time to pass only.
 */
static unsigned
woken(struct mirage_platform *p)
{
	unsigned woke = 0;

	if (p->stop && !p->stop_told)
		woke |= MIRAGE_WAKE_STOP;
	if (p->frames_waiting > 0 && !p->frame_told)
		woke |= MIRAGE_WAKE_FRAME;
	if (p->netstat == NETSTAT_ASKED && !p->netstat_told)
		woke |= MIRAGE_WAKE_REQUEST;
	return (woke);
}

/* Sleeps until something happens, or the time has come: 0. */
static unsigned
sleep_until(struct mirage_platform *p, uint64_t deadline_ns)
{
	unsigned woke;
	int error = 0;

	mtx_lock(&p->lock);
	while ((woke = woken(p)) == 0 && error != EWOULDBLOCK) {
		p->sleeping = true;
		if (deadline_ns == UINT64_MAX)
			error = msleep(&p->sleeping, &p->lock, 0, "mrgwait", 0);
		else if (deadline_ns <= mirage_platform_monotonic_ns(p))
			error = EWOULDBLOCK;
		else
			error = msleep_sbt(&p->sleeping, &p->lock, 0, "mrgwait",
			    mrg_nstosbt(deadline_ns), 0, C_ABSOLUTE);
		p->sleeping = false;
	}
	p->stop_told |= (woke & MIRAGE_WAKE_STOP) != 0;
	p->frame_told |= (woke & MIRAGE_WAKE_FRAME) != 0;
	p->netstat_told |= (woke & MIRAGE_WAKE_REQUEST) != 0;
	mtx_unlock(&p->lock);
	return (woke);
}

unsigned
mirage_platform_wait(struct mirage_platform *p, uint64_t deadline_ns)
{
	unsigned woke = 0;

	/* Who prints too much and then waits is told of soon, not next time. */
	if (p->console_left_out > 0 && deadline_ns > p->console_due)
		woke = sleep_until(p, p->console_due);
	if (p->console_left_out > 0 &&
	    p->console_due <= mirage_platform_monotonic_ns(p))
		console_flush(p);
	if (woke == 0)
		woke = sleep_until(p, deadline_ns);
	return (woke != 0 ? woke : MIRAGE_WAKE_TIMER);
}

const struct mirage_socket_call *
mirage_platform_sockets(struct mirage_platform *p, unsigned *ncalls)
{

	*ncalls = 0;
	return (NULL);
}

unsigned
mirage_platform_socket_events(
    struct mirage_platform *p, struct mirage_socket_event *events, unsigned max)
{

	return (0);
}
