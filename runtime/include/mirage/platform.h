/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The contract between the runtime and what lies below it, in MUST and MAY
 * (RFC 2119).  This is the only way down: runtime calls these functions and
 * nothing else of the host, and the platform never calls up, except for
 * mirage_instance_* to make, run and end an instance.
 *
 * No floating-point value crosses this border: the objects above it are
 * compiled for soft float and pass doubles in general registers.
 *
 * All functions are called on the instance's own thread unless they say
 * otherwise.  A platform MUST support several instances in one process, so
 * all state hangs off its struct mirage_platform.
 */
#ifndef MIRAGE_PLATFORM_H
#define MIRAGE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mirage/frame.h>

struct mirage_platform; /* defined by each platform, one per instance */

/*
 * Memory.  alloc MUST return memory aligned to 16 bytes, or NULL; it MAY
 * sleep.  free gets the size that alloc got.
 */
void *mirage_platform_alloc(struct mirage_platform *, size_t size);
void mirage_platform_free(struct mirage_platform *, void *, size_t size);

/*
 * Clocks, integer nanoseconds.  monotonic MUST never go back, starts anywhere;
 * wall is since 1970-01-01 00:00:00 UTC.  On a capture both are the capture's.
 */
uint64_t mirage_platform_monotonic_ns(struct mirage_platform *);
uint64_t mirage_platform_wall_ns(struct mirage_platform *);

/* Fills buf with cryptographically strong random bytes.  MUST not fail. */
void mirage_platform_entropy(struct mirage_platform *, void *buf, size_t len);

/* Console.  One line, UTF-8, without its newline.  MAY limit the rate. */
enum mirage_console_level {
	MIRAGE_CONSOLE_DEBUG,
	MIRAGE_CONSOLE_LOG, /* console.log, console.info */
	MIRAGE_CONSOLE_WARN,
	MIRAGE_CONSOLE_ERROR,
};
void mirage_platform_console(struct mirage_platform *,
    enum mirage_console_level, const char *line, size_t len);

/*
 * Waiting.  Sleeps until deadline_ns (monotonic; UINT64_MAX: no deadline), a
 * frame, or a request, whichever is first; MUST not poll.  Returns why.
 * MIRAGE_WAKE_END: nothing can arrive any more (a capture is at its end).
 */
#define MIRAGE_WAKE_TIMER   0x1
#define MIRAGE_WAKE_FRAME   0x2
#define MIRAGE_WAKE_STOP    0x4
#define MIRAGE_WAKE_END	    0x8
#define MIRAGE_WAKE_REQUEST 0x10 /* for statistics, mirage_platform_netstat */
unsigned mirage_platform_wait(struct mirage_platform *, uint64_t deadline_ns);

/*
 * True once somebody asked the program to stop (Ctrl-C, run=0, unload).
 * Called often, from the interpreter's safepoints: MUST be cheap.
 */
bool mirage_platform_stop_requested(struct mirage_platform *);

/* True once, after somebody asked for statistics while running (SIGUSR1). */
bool mirage_platform_stats_requested(struct mirage_platform *);

/*
 * Somebody wants to know of the program's connections, neighbours, routes and
 * counters: room for the text, of *size bytes (at least 1,024); NULL: nobody.
 * Who asks makes wait return.  Between the two calls the room is the
 * runtime's, which fills it in bounded time; then `len` bytes of it are text.
 */
char *mirage_platform_netstat(struct mirage_platform *, size_t *size);
void mirage_platform_netstat_done(struct mirage_platform *, size_t len);

/* Network interfaces, 0 .. count-1, fixed while an instance runs. */
struct mirage_netif_info {
	char name[16];
	uint8_t mac[6]; /* of the instance, not of the host's side */
	uint32_t mtu; /* bytes of L3 payload, e.g. 1500 */
	uint32_t tx_offload; /* MIRAGE_FRAME_TX_* that transmit accepts */
	/* Longest frame in bytes that TX_SEGMENT may ask for; 0: none. */
	uint32_t segment_max;
};
unsigned mirage_platform_netif_count(struct mirage_platform *);
void mirage_platform_netif_info(
    struct mirage_platform *, unsigned netif, struct mirage_netif_info *);

/*
 * Receive: at most max frames that have arrived, without waiting; returns how
 * many.  Each frame carries one reference, now the caller's, and its buffers'
 * bytes are those that the driver wrote (no copy).  The first
 * MIRAGE_RX_CONTIGUOUS bytes (or the whole frame) MUST be contiguous.  Frames
 * that the platform had to drop are counted by reason: mirage_platform_drops().
 *
 * A frame MAY be of several packets of one TCP connection, merged by a card or
 * never cut by the host that sent it: then segment_bytes is not 0, its IP
 * length says all of it, RX_L4_GOOD is set, and it has up to MIRAGE_FRAME_MAX
 * bytes.  No other frame is longer than MTU + 14 bytes (+ 4: VLAN tag).
 */
#define MIRAGE_FRAME_MAX     (14 + 65535)
#define MIRAGE_RX_CONTIGUOUS 128
int mirage_platform_receive(struct mirage_platform *, unsigned netif,
    struct mirage_frame **frames, int max);

/*
 * Frames that the platform dropped on receive, by reason, since the start.
 * The runtime asks; the platform never calls up to count.
 */
enum mirage_drop {
	MIRAGE_DROP_TRUNCATED, /* fewer bytes arrived than the frame had */
	MIRAGE_DROP_RUNT, /* shorter than an Ethernet header, 14 bytes */
	MIRAGE_DROP_OVERSIZE, /* longer than receive allows */
	MIRAGE_DROP_QUEUE_FULL, /* the bounded input queue was full */
	MIRAGE_DROP_NO_BUFFERS, /* all receive buffers are held */
	MIRAGE_DROP_REASONS
};
uint64_t mirage_platform_drops(
    struct mirage_platform *, unsigned netif, enum mirage_drop);

/*
 * Frames that wait at an interface: received ones for the runtime, or
 * (transmit) sent ones for the wire; 0 also where nobody can tell.  For probes:
 * it MAY be a moment old.
 */
uint32_t mirage_platform_waiting(
    struct mirage_platform *, unsigned netif, bool transmit);

/*
 * Times that the platform copied bytes of frames since the start, and how
 * many bytes; making the first MIRAGE_RX_CONTIGUOUS contiguous is none.  In
 * any thread.
 */
uint64_t mirage_platform_copies(struct mirage_platform *, uint64_t *bytes);

/*
 * Transmit.  Takes the caller's reference, whatever it returns: if refs was 1
 * the frame is the platform's to free, else it only takes one off, before it
 * returns.  All segments go out as one frame, gathered by reference (writev,
 * mbuf with external storage); the platform drops the buffers' references
 * when the driver is done.  MIRAGE_TX_SENT, or why not.
 *
 * A frame with TX_SEGMENT4 or 6 comes only if tx_offload has that.  It is
 * longer than the MTU, at most segment_max bytes, and the runtime has looked at
 * its headers: Ethernet without a tag, IP with the length of the whole frame,
 * TCP at csum_start, header_bytes of them in all, contiguous at head.
 * TX_CSUM is set too, and the sum of the pseudo header stands in its place,
 * with the length of the whole frame, as virtio-net has it.  Each packet gets
 * its IP length, identification (one more each) and header checksum, TCP
 * sequence number and checksum; CWR is the first one's, FIN and PSH the last
 * one's.  A platform that cannot do so any more returns MIRAGE_TX_CUT and
 * leaves frame and reference to the runtime, which cuts it in software.
 */
enum mirage_tx {
	MIRAGE_TX_SENT,
	MIRAGE_TX_FULL, /* the interface's queue is full: drop */
	MIRAGE_TX_TOO_LONG,
	MIRAGE_TX_DOWN, /* the interface is gone, or refused the frame */
	MIRAGE_TX_CUT, /* it takes no TX_SEGMENT now: nothing was done */
};
enum mirage_tx mirage_platform_transmit(
    struct mirage_platform *, unsigned netif, struct mirage_frame *);

/*
 * A fresh frame of len contiguous writable bytes, not cleared, one reference;
 * of no segment when len is 0; NULL when the platform has none left.  A
 * frame's structure and its buffers MUST be freed apart: the runtime moves
 * buffers from frame to frame.  All frames, received ones too, are freed
 * through mirage_platform_frame_free, which drops the buffers first
 * (mirage_frame_drop_segments).
 */
struct mirage_frame *mirage_platform_frame_alloc(
    struct mirage_platform *, uint32_t len);
void mirage_platform_frame_free(
    struct mirage_platform *, struct mirage_frame *);

/*
 * The host's own sockets.  A platform MAY offer them in the place of the stock
 * network stack: functions of the names, arguments and results of what
 * src/stack/stack.frame.ts exports, and its events (docs/stack-interface.md).
 * The program does not notice.  NULL: it does not offer them (now).
 */
struct mirage_socket_call {
	const char *name;
	uint8_t nargs;
	/*
	 * Which argument is a frame's handle; -1: none.  call gets the frame,
	 * NULL for handle 0, and borrows it.
	 */
	int8_t frame;
	int32_t (*call)(struct mirage_platform *, const uint32_t *args,
	    const struct mirage_frame *);
};
const struct mirage_socket_call *mirage_platform_sockets(
    struct mirage_platform *, unsigned *ncalls);

/*
 * Events of these sockets: at most max, without waiting; returns how many.
 * frame: one reference, now the caller's; NULL: none.  If max is 0 the
 * program holds too much, and mirage_platform_wait() does not wake it for
 * sockets until it was asked for more.
 */
struct mirage_socket_event {
	uint32_t kind, offset, length, a, b, c;
	struct mirage_frame *frame;
};
unsigned mirage_platform_socket_events(
    struct mirage_platform *, struct mirage_socket_event *, unsigned max);

#endif /* MIRAGE_PLATFORM_H */
