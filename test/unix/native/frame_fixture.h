/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the tests of frames on the Unix platform's memory share.  A check that
 * fails ends the process with its line on stderr.
 */
#ifndef FRAME_FIXTURE_H
#define FRAME_FIXTURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame/table.h"
#include "unix/unix.h"

#define CHECK(x)                                                            \
	do {                                                                \
		if (!(x)) {                                                 \
			fprintf(                                            \
			    stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
			exit(1);                                            \
		}                                                           \
	} while (0)

extern struct mirage_platform platform;
extern struct mirage_instance inst;
extern unsigned views_died;

/* A buffer of the test's own, to see when it is let go. */
struct watched {
	struct mirage_buffer buffer;
	unsigned released;
	uint8_t bytes[256];
};

/* With one reference, and bytes that differ. */
void watch(struct watched *w, uint32_t flags);

/* An instance with a table of at most `limit` frames. */
void open_table(uint64_t limit);

/* RFC 1071, section 4.1, one word after the other. */
uint32_t plain_sum(const uint8_t *p, size_t len, uint32_t seed);

/* One's complement sum of TCP or UDP in IP with its pseudo header. */
uint32_t transport_sum(
    const uint8_t *ip, uint32_t header, uint32_t len, uint8_t protocol);

/* xorshift: the same row of numbers in each run. */
uint32_t random32(void);

#endif /* FRAME_FIXTURE_H */
