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
mirage_platform_alloc(struct mirage_platform *p, size_t size)
{
	return (malloc(
	    size, M_MIRAGE, size <= WAITABLE_BYTES ? M_WAITOK : M_NOWAIT));
}

void
mirage_platform_free(struct mirage_platform *p, void *memory, size_t size)
{
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

static void
console_piece(int priority, const char *line, size_t len)
{
	char text[CONSOLE_BYTES + 1];
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		/* What a terminal might obey stays out of the log. */
		text[i] = (c < 0x20 && c != '\t') || c == 0x7f ? '?' : line[i];
	}
	text[len] = '\0';
	log(priority, "mirage: %s\n", text);
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

	if (ppsratecheck(&p->console_last, &p->console_lines, CONSOLE_LINES) ==
	    0) {
		p->console_left_out++;
		return;
	}
	if (p->console_left_out > 0) {
		log(LOG_NOTICE, "mirage: %u lines were left out here\n",
		    p->console_left_out);
		p->console_left_out = 0;
	}
	do {
		size_t n = MIN(len, CONSOLE_BYTES);

		console_piece(priorities[level], line, n);
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
	if (p->netif.first != NULL && !p->frame_told)
		woke |= MIRAGE_WAKE_FRAME;
	return (woke);
}

unsigned
mirage_platform_wait(struct mirage_platform *p, uint64_t deadline_ns)
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
	mtx_unlock(&p->lock);
	return (woke != 0 ? woke : MIRAGE_WAKE_TIMER);
}
