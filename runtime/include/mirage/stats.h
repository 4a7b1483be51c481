/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Statistics of an instance: fixed counters, counters that frame code defines,
 * and the platform's drop counters, all reached by name.
 */
#ifndef MIRAGE_STATS_H
#define MIRAGE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mirage/platform.h>

struct mirage_instance;

/*
 * The one table of fixed counters: X(member, "name", "what it counts").
 * Counters count from the program's start, unless they say otherwise.
 */
#define MIRAGE_STATS(X)                                                    \
	X(turns, "turns", "passes of the run loop")                        \
	X(wakeups, "wakeups", "times that the run loop slept and woke")    \
	X(instructions, "instructions", "instructions charged to budgets") \
	X(frames_in, "frames.in", "frames received")                       \
	X(bytes_in, "bytes.in", "bytes in received frames")                \
	X(frames_out, "frames.out", "frames sent")                         \
	X(bytes_out, "bytes.out", "bytes in sent frames")                  \
	X(frames_merged, "frames.in.merged",                               \
	    "received frames that were merged of several packets")         \
	X(frames_segmented, "frames.out.segmented",                        \
	    "sent frames that the interface cuts into packets")            \
	X(frames_cut, "frames.cut", "frames that were cut in software")    \
	X(copies, "copies", "times that bytes of a frame were copied")     \
	X(bytes_copied, "copies.bytes", "bytes of frames copied")          \
	X(frames_live, "frames.live", "frames held now")                   \
	X(frames_live_max, "frames.live.max", "most frames held at once")  \
	X(frames_reclaimed, "frames.reclaimed",                            \
	    "frames that the program still held at its end")               \
	X(events, "events", "events from frame code to application code")  \
	X(timers_fired, "timers", "timers fired")                          \
	X(gc, "gc", "collections of garbage")                              \
	X(gc_ns, "gc.ns", "nanoseconds of collecting garbage")             \
	X(heap_bytes, "heap.bytes", "bytes of the heap budget in use now") \
	X(heap_bytes_max, "heap.bytes.max", "most bytes of heap in use")   \
	X(drop_unclaimed, "drop.unclaimed", "frames that nobody took")     \
	X(drop_frames_limit, "drop.frames-limit",                          \
	    "frames dropped because the program holds too many")           \
	X(drop_transmit_full, "drop.transmit-full",                        \
	    "frames to send that found the interface's queue full")        \
	X(drop_transmit_error, "drop.transmit-error",                      \
	    "frames to send that the interface refused")

#define MIRAGE_STATS_NAME_BYTES 48 /* with its NUL */
#define MIRAGE_STATS_DEFINED	512 /* counters that frame code may define */
#define MIRAGE_STATS_HASH	1024 /* a power of two, twice as many */

struct mirage_counter {
	char name[MIRAGE_STATS_NAME_BYTES];
	uint64_t value;
};

struct mirage_stats {
#define MIRAGE_STATS_MEMBER(member, name, help) uint64_t member;
	MIRAGE_STATS(MIRAGE_STATS_MEMBER)
#undef MIRAGE_STATS_MEMBER
	unsigned ndefined;
	struct mirage_counter defined[MIRAGE_STATS_DEFINED];
	/* Index + 1 of a name, at its hash or behind it; 0: none. */
	uint16_t by_name[MIRAGE_STATS_HASH];
};

/* As in the statistic "drop.NAME". */
const char *mirage_drop_name(enum mirage_drop);

/*
 * Counter number i (0, 1, ...), for as long as it returns true.  *name stays
 * valid as long as the instance.
 */
bool mirage_stats_get(const struct mirage_instance *, unsigned i,
    const char **name, uint64_t *value);

/*
 * Name and meaning of counter number i, as far as they do not come from a
 * program: of fixed counters and drops, in the order of mirage_stats_get().
 */
bool mirage_stats_describe(unsigned i, const char **name, const char **help);

/*
 * Index of a frame-code counter with that name, made if there is none.
 * UINT32_MAX if the table is full or the name is empty or too long.
 */
uint32_t mirage_stats_define(struct mirage_stats *, const char *name);

/* Prints all counters that are not zero, aligned, on the console's stderr. */
void mirage_stats_print(struct mirage_instance *);

#endif /* MIRAGE_STATS_H */
