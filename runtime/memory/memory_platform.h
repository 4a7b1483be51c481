/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A platform in memory, for tools and tests: a clock that jumps to the next
 * deadline instead of waiting for it, a console that is kept, network
 * interfaces that receive what they send, a count of what was allocated, and a
 * record of the probes that fired.
 */
#ifndef MIRAGE_MEMORY_PLATFORM_H
#define MIRAGE_MEMORY_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mirage/platform.h>

#define MEMORY_NETIFS 2
#define MEMORY_QUEUE  64 /* frames; what is more is dropped */

struct memory_netif {
	struct mirage_frame *frames[MEMORY_QUEUE];
	unsigned n;
	uint64_t drops[MIRAGE_DROP_REASONS];
};

struct mirage_platform {
	uint64_t now_ns; /* monotonic */
	uint64_t wall_ns; /* of now_ns == 0 */
	uint64_t held; /* bytes allocated and not freed */
	uint64_t held_max; /* the most of them */
	uint64_t random;
	uint64_t stop_after; /* calls of stop_requested; 0: never */
	unsigned
	    netifs; /* how many interfaces there are, at most MEMORY_NETIFS */
	struct memory_netif netif[MEMORY_NETIFS];
	uint32_t mtu; /* of each interface, bytes; 0: 1500 */
	uint32_t tx_offload, segment_max; /* see struct mirage_netif_info */
	/*
	 * Gets each frame that is sent, to look at, instead of the interface
	 * that would receive it; NULL: the interface does.
	 */
	void (*sent)(struct mirage_platform *, unsigned netif,
	    const struct mirage_frame *);
	void *owner; /* of `sent`; nothing here looks at it */
	char *console; /* lines "L text\n", L the level's digit */
	size_t console_len;
	size_t console_room;
};

/* Frames that no program received. */
void memory_platform_drain(struct mirage_platform *);

/*
 * Probes that fire on the calling thread are recorded from now on: a line for
 * each, its name as DTrace writes it and its arguments, with tabs between them;
 * a line feed in a text is \n, an address is @.  NULL: no more.
 */
struct memory_record {
	char *text; /* NUL-terminated, to be freed; NULL: none yet */
	size_t len;
	size_t room;
};
void memory_probes_record(struct memory_record *);

#endif /* MIRAGE_MEMORY_PLATFORM_H */
