/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the parts of net-load share.  A load adds itself to `loads` in main.c.
 */
#ifndef LOAD_H
#define LOAD_H

#include "posix.h"

#define ANSWER_MS	   10000 /* for what must come */
#define CHUNK_BYTES	   65536
#define CHARGEN_CHARACTERS 95
#define CHARGEN_COLUMNS	   72 /* RFC 864's customary pattern */
#define CHARGEN_BYTES	   (CHARGEN_CHARACTERS * (CHARGEN_COLUMNS + 2))

/* How long a measurement takes, set from the options. */
extern uint64_t warmup_ns, measure_ns;

/*
 * A measurement: first nothing counts, then all does.  `counting` changes
 * within `running` only.
 */
struct measurement {
	uint64_t over_at, began, cpu;
	bool counting;
};

void measurement_start(struct measurement *m);
/* False when the time is over; `now` is now_ns(). */
bool measurement_running(struct measurement *m, uint64_t now);
/* Reports ns and cpuNs. */
void measurement_stop(struct measurement *m);

/* Nanoseconds since the machine was started. */
uint64_t now_ns(void);

/*
 * Nanoseconds of CPU until now.  Linux: of this process and of those that -p
 * named.  FreeBSD: of the machine, all CPUs.
 */
uint64_t cpu_ns(void);
void cpu_add_process(uint64_t pid);

/* Round trips, sorted when they are reported: p50, p90, p99. */
void sample(uint64_t ns);
void report_samples(void);

void report(const char *name, uint64_t value);
void report_end(void);

/* Prints what it was doing, and why it failed if `with_errno`; exit code 1. */
_Noreturn void fail(const char *what, bool with_errno);
/* Exit code 64. */
_Noreturn void usage(const char *what, const char *given);

/* A whole number from 1 to max. */
uint64_t number(const char *what, const char *text, uint64_t max);
uint32_t ipv4_address(const char *text);
struct sockaddr_in socket_address(uint32_t address, uint64_t port);
void no_delay(int fd);
void non_blocking(int fd);

/* The pattern of chargen from any place in it, for CHUNK_BYTES. */
const uint8_t *chargen_at(uint64_t offset);

/* Loads and services: the words after the name. */
void load_rtt(char **words);
void load_flood(char **words);
void load_send(char **words);
void load_receive(char **words);
void load_request(char **words);
void load_connect(char **words);
void load_first(char **words);
void load_serve(char **words);
void load_hear(char **words);
void load_tell(char **words);

#endif /* LOAD_H */
