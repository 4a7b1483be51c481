/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * CPU time of all that takes part in a measurement.
 */
#include "load.h"

#ifdef __FreeBSD__

/* As kern.cp_time has it. */
struct ticks {
	long user, nice, system, interrupt, idle;
};

void
cpu_add_process(uint64_t pid)
{
	(void)pid;
	usage("-p is for Linux: here all of the machine counts", NULL);
}

/*
 * Since the first call.  A share of the machine's time, not ticks times their
 * length: an emulator loses ticks.
 */
uint64_t
cpu_ns(void)
{
	static struct ticks first;
	static uint64_t began;
	static int cpus;
	struct ticks now = {0, 0, 0, 0, 0};
	size_t len = sizeof(now);
	uint64_t busy, all;

	if (sysctlbyname("kern.cp_time", &now, &len, NULL, 0) != 0)
		fail("kern.cp_time", true);
	if (cpus == 0) {
		len = sizeof(cpus);
		if (sysctlbyname("hw.ncpu", &cpus, &len, NULL, 0) != 0)
			fail("hw.ncpu", true);
		began = now_ns();
		first = now;
		return (0);
	}
	busy = (uint64_t)(now.user - first.user + now.nice - first.nice +
	    now.system - first.system + now.interrupt - first.interrupt);
	all = busy + (uint64_t)(now.idle - first.idle);
	if (all == 0)
		return (0);
	return ((now_ns() - began) / all * busy * (uint64_t)cpus);
}

#else

/* A thread of softirq for each CPU, and the server. */
#define PROCESSES_MAX 4096

static clockid_t clocks[PROCESSES_MAX];
static size_t processes;

void
cpu_add_process(uint64_t pid)
{
	if (processes == PROCESSES_MAX)
		usage("at most 4096 times -p", NULL);
	errno = clock_getcpuclockid((pid_t)pid, &clocks[processes]);
	if (errno != 0)
		fail("-p: no such process", true);
	processes++;
}

uint64_t
cpu_ns(void)
{
	struct timespec t;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i <= processes; i++) {
		if (clock_gettime(
			i < processes ? clocks[i] : CLOCK_PROCESS_CPUTIME_ID,
			&t) != 0)
			fail("a process of -p has ended", true);
		sum += (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	}
	return (sum);
}

#endif
