/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The Unix platform, inside: one struct mirage_platform for each instance.
 */
#ifndef MIRAGE_UNIX_H
#define MIRAGE_UNIX_H

#include <stdio.h>

#include <sys/uio.h>

#include <mirage/platform.h>

#define UNIX_NICS      8
#define UNIX_MTU       1500 /* of descriptors and captures */
#define ETHERNET_BYTES 14
#define VLAN_BYTES     4
#define VNET_BYTES     12 /* of a virtio-net header, as we ask for it */
#define VNET_BYTES_MAX 32 /* that a tap may have been given */
#define UNIX_SIZES     4 /* of buffers */
#define UNIX_TAILS     (UNIX_SIZES - 1)

/* The longest frame of many packets, and one byte more to see a longer one. */
#define FRAME_BYTES_MAX (MIRAGE_FRAME_MAX + VLAN_BYTES + 1)

struct capture; /* pcap.c: a capture being read */
struct sockets; /* sockets.c: --net socket */
struct unix_buffer;

struct nic {
	struct mirage_netif_info info;
	char *spec; /* as on the command line: "tap:mirage0" */
	int fd; /* of a tap or socket; -1: a capture */
	bool socket;
	bool created; /* this process made the tap */
	bool down; /* nothing can arrive any more */
	bool single; /* frames came one at a time, see receive */
	uint8_t probe; /* receives since that was looked at */
	/* Bytes of the virtio-net header before each frame; 0: none. */
	uint32_t vnet_bytes;
	bool broken; /* a malformed capture: that was said already */
	struct capture *in;
	FILE *out; /* answers to a capture; NULL: thrown away */
	unsigned number;
	uint64_t drops[MIRAGE_DROP_REASONS];
};

struct mirage_platform {
	struct nic nics[UNIX_NICS];
	unsigned nnics;
	bool captures; /* time is the captures' */
	uint64_t clock_ns; /* then: now */

	struct sockets *sockets; /* NULL: not --net socket */

	int wake_fd; /* eventfd: a request below was made */
	bool stop; /* atomic; by the thread that takes signals */
	bool stats; /* atomic */
	struct control *control; /* control.c; NULL: there is none */

	/* Buffers and frames that wait for use; of the instance's thread. */
	struct unix_size {
		uint32_t bytes;
		unsigned nspare;
		struct unix_buffer *spare;
	} sizes[UNIX_SIZES];
	struct unix_buffer *tail[UNIX_TAILS]; /* for what is longer */
	uint64_t held_bytes; /* of all buffers */
	struct mirage_frame *spare_frames;
	uint8_t *scratch; /* FRAME_BYTES_MAX, NULL: not needed yet */
	uint64_t copies, bytes_copied;
};

#define ERROR_BYTES 512
#define NAME_BYTES  64 /* of a tap, with its NUL, or of a number */

/* platform.c.  false: see error (of ERROR_BYTES). */
bool unix_platform_init(struct mirage_platform *, char *error);
void unix_platform_fini(struct mirage_platform *);
/* From any thread. */
void unix_request_stop(struct mirage_platform *);
void unix_request_stats(struct mirage_platform *);

/* The program's thread, from any other. */
void unix_wake(struct mirage_platform *);

/* net.c */

/* What is asked of an interface when it is opened. */
struct nic_options {
	const char *spec;
	const char *program; /* its name: goes into the MAC */
	const uint8_t *mac; /* 6 bytes, or NULL */
	bool has_host_address; /* for a tap that we create: */
	uint32_t host_address; /* host byte order */
	unsigned host_prefix;
	uint8_t host_address6[16]; /* all zeros: none */
	unsigned host_prefix6;
};

/* OPEN_USAGE: the specification is wrong; OPEN_FAILED: the system refused. */
enum nic_open { OPEN_OK, OPEN_USAGE, OPEN_FAILED };
enum nic_open nic_open(
    struct mirage_platform *, const struct nic_options *, char *error);
void nic_close(struct nic *);

/* control.c */
enum nic_open control_open(
    struct mirage_platform *, const char *path, char *error);
/* After the program's end. */
void control_close(struct mirage_platform *);

/* tap.c */
enum nic_open tap_open(struct nic *, const char *name,
    const struct nic_options *, bool vnet, char *error);
/* Is there a virtio-net header before each frame? */
enum vnet { VNET_UNSAID, VNET_ON, VNET_OFF };
/* An open descriptor: a tap's, or a socket that keeps frames apart. */
enum nic_open descriptor_open(
    struct nic *, const char *number, enum vnet, char *error);

/* pcap.c */
enum nic_open capture_open(struct nic *, const char *files, char *error);
void capture_close(struct nic *);
/* Time of the next packet; UINT64_MAX at the end. */
uint64_t capture_next_ns(const struct nic *);
int capture_receive(
    struct mirage_platform *, struct nic *, struct mirage_frame **, int max);
enum mirage_tx capture_transmit(
    struct mirage_platform *, struct nic *, const struct mirage_frame *);

/* sockets.c */
bool sockets_open(struct mirage_platform *, char *error);
void sockets_close(struct mirage_platform *);
/* The descriptor that is readable when there are events; -1: none is wanted. */
int sockets_poll_fd(const struct mirage_platform *);
/* Are there events without waiting? */
bool sockets_pending(const struct mirage_platform *);

/* buffers.c */

/* The longest packet of an interface has `shortest` bytes, a header apart. */
void buffers_set_sizes(struct mirage_platform *, uint32_t shortest);
/*
 * A frame with room for the longest packet of any interface, and VNET_BYTES_MAX
 * before it; NULL: too many are in use.
 */
struct mirage_frame *frame_for_receive(struct mirage_platform *);
/* Room for the rest of a frame of many packets.  false: there is none. */
bool tail_for_receive(struct mirage_platform *, struct iovec[UNIX_TAILS]);
/* It has `len` bytes, which came now; those that it has no room for are in the
 * tail. */
void frame_fill(struct mirage_platform *, struct mirage_frame *, uint32_t len);
void buffers_free_all(struct mirage_platform *);

/* vnet.c: the header of virtio-net before each frame, as taps have it. */

/* Makes a tap's kernel leave to us what we can do; or, `on` false, nothing. */
void vnet_negotiate(struct nic *, bool on);
/* What the header asks for, from now on the interface's. */
void vnet_offer(struct nic *);
/* The header of a frame to send. */
void vnet_request(const struct mirage_frame *, uint8_t header[VNET_BYTES_MAX]);
/* What it says of a received frame of `len` bytes.  false: nothing sensible. */
bool vnet_verdict(const uint8_t *header, struct mirage_frame *, uint32_t len);

/* Counts a frame that is dropped; len: bytes of it, 0: unknown. */
void nic_drop(struct nic *, enum mirage_drop, uint32_t len);
/* Counts a frame of `len` bytes that must be dropped: true.  many: packets. */
bool nic_drops(struct nic *, const uint8_t *data, uint32_t len, bool many);

#endif /* MIRAGE_UNIX_H */
