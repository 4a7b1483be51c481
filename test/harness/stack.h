/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The network stack by itself: its frame code as every program links it, on a
 * platform in memory, without an interpreter.  The caller plays the cable, the
 * clock and the program: frames go in and come out as bytes, time moves when
 * it is told to, exported functions are called by name.
 *
 * After a trap or a broken budget nothing works any more: stack_error() says
 * what happened, and all calls answer as if nothing were there.
 */
#ifndef MIRAGE_HARNESS_STACK_H
#define MIRAGE_HARNESS_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STACK_FRAME_BYTES 65550 /* the longest frame */

struct stack;

/* What the stack tells a program: docs/stack-interface.md. */
struct stack_event {
	uint32_t kind, frame, offset, length, a, b, c;
};

struct stack_options {
	uint32_t mtu; /* bytes; 0: 1500 */
	uint64_t seed; /* of what the stack takes for random */
	uint64_t heap_bytes; /* budget of linear memory; 0: 64 MB */
	uint64_t instructions; /* budget of one call into it; 0: the default */
	uint64_t frames; /* that may be held at once; 0: the default */
	uint64_t events; /* that may wait; 0: the default */
	bool offloads; /* the card sums, and cuts frames of up to 64 KiB */
	size_t sent_bytes; /* of a frame that `sent` gets at most; 0: all */
	/* A frame was sent.  Its bytes are the stack's until this returns. */
	void (*sent)(void *arg, const uint8_t *bytes, size_t len);
	/*
	 * An event; the reference on its frame is the callee's, who calls
	 * stack_release().  It may call the stack.
	 */
	void (*event)(void *arg, const struct stack_event *);
	void *arg;
};

/* NULL: no memory.  Starts the stack; look at stack_error(). */
struct stack *stack_open(const struct stack_options *);

/* How many bytes and frames were held at the end that should not have been. */
struct stack_leaks {
	uint64_t bytes;
	uint64_t frames;
};
void stack_close(struct stack *, struct stack_leaks *);

/* "", or why the stack has ended, with function, file and line. */
const char *stack_error(const struct stack *);

/*
 * A received frame; the bytes are copied.  From within `sent` it is received
 * once the stack is done with what it does.
 */
void stack_input(struct stack *, const void *bytes, size_t len);

/*
 * The same, with what a card says of it: that its checksum is right, and that
 * it was merged of packets with so many bytes of payload (0: it was not).
 */
void stack_input_good(
    struct stack *, const void *bytes, size_t len, uint16_t segment_bytes);

/*
 * Calls an export with up to 10 arguments.  INT32_MIN: there is no such export,
 * or it trapped.
 */
int32_t stack_call(
    struct stack *, const char *name, unsigned nargs, const uint32_t *args);
#define STACK_CALL(s, name, ...)                                         \
	stack_call(s, name,                                              \
	    sizeof((const uint32_t[]) {__VA_ARGS__}) / sizeof(uint32_t), \
	    (const uint32_t[]) {__VA_ARGS__})
bool stack_has(const struct stack *, const char *name);

/* The clock, nanoseconds.  It stands still but for these two. */
uint64_t stack_now(const struct stack *);
/* Lets the time come, and each timer fire that is due before. */
void stack_advance_to(struct stack *, uint64_t ns);
/* When the next timer is due; UINT64_MAX: none is set. */
uint64_t stack_deadline(const struct stack *);

/* A frame of these bytes with one reference; 0: the stack holds too many. */
uint32_t stack_frame(struct stack *, const void *bytes, size_t len);
void stack_release(struct stack *, uint32_t frame);
/* Copies out of a frame; the range lies in it. */
void stack_read(
    struct stack *, uint32_t frame, uint32_t offset, void *to, uint32_t len);
/* Frames that are held now. */
uint64_t stack_frames(const struct stack *);

/* Bytes of linear memory; they grow, and are never given back. */
uint64_t stack_memory(const struct stack *);
/* A statistic, 0 if there is none of that name. */
uint64_t stack_counter(const struct stack *, const char *name);
/* Statistic number i, for as long as it answers true. */
bool stack_counter_at(
    const struct stack *, unsigned i, const char **name, uint64_t *value);

#endif /* MIRAGE_HARNESS_STACK_H */
