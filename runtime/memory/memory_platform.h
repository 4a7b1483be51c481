/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A platform in memory, for tools and tests: a clock that jumps to the next deadline
 * instead of waiting for it, a console that is kept, no network interfaces,
 * and a count of what was allocated.
 */
#ifndef MIRAGE_MEMORY_PLATFORM_H
#define MIRAGE_MEMORY_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mirage/platform.h>

struct mirage_platform {
	uint64_t now_ns; /* monotonic */
	uint64_t wall_ns; /* of now_ns == 0 */
	uint64_t held; /* bytes allocated and not freed */
	uint64_t held_max; /* the most of them */
	uint64_t random;
	uint64_t stop_after; /* calls of stop_requested; 0: never */
	char *console; /* lines "L text\n", L the level's digit */
	size_t console_len;
	size_t console_room;
};

#endif /* MIRAGE_MEMORY_PLATFORM_H */
