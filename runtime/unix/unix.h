/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The Unix platform, inside: one struct mirage_platform for each instance.
 */
#ifndef MIRAGE_UNIX_H
#define MIRAGE_UNIX_H

#include <stdio.h>

#include <mirage/platform.h>

#define UNIX_NICS      8
#define UNIX_MTU       1500 /* of descriptors and captures */
#define ETHERNET_BYTES 14
#define VLAN_BYTES     4

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

	/* Buffers and frames that wait for use; of the instance's thread. */
	uint32_t buffer_bytes;
	struct unix_buffer *spare_buffers;
	unsigned nspare, nbuffers;
	struct mirage_frame *spare_frames;
};

#define ERROR_BYTES 512

/* platform.c.  false: see error (of ERROR_BYTES). */
bool unix_platform_init(struct mirage_platform *, char *error);
void unix_platform_fini(struct mirage_platform *);
/* From any thread. */
void unix_request_stop(struct mirage_platform *);
void unix_request_stats(struct mirage_platform *);

/* net.c */

/* What is asked of an interface when it is opened. */
struct nic_options {
	const char *spec;
	const char *program; /* its name: goes into the MAC */
	const uint8_t *mac; /* 6 bytes, or NULL */
	bool has_host_address; /* for a tap that we create: */
	uint32_t host_address; /* host byte order */
	unsigned host_prefix;
};

/* OPEN_USAGE: the specification is wrong; OPEN_FAILED: the system refused. */
enum nic_open { OPEN_OK, OPEN_USAGE, OPEN_FAILED };
enum nic_open nic_open(
    struct mirage_platform *, const struct nic_options *, char *error);
void nic_close(struct nic *);

/* tap.c */
enum nic_open tap_open(
    struct nic *, const char *name, const struct nic_options *, char *error);
/* An open descriptor: a tap's, or a socket that keeps frames apart. */
enum nic_open descriptor_open(struct nic *, const char *number, char *error);

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

/*
 * A frame with room for the longest frame of any interface, to be filled and
 * cut by frame_fill(); NULL: too many are in use.
 */
struct mirage_frame *frame_for_receive(struct mirage_platform *);
void frame_fill(struct mirage_frame *, uint32_t len, uint64_t timestamp_ns);
void buffers_free_all(struct mirage_platform *);

/* Counts a frame that is dropped; len: bytes of it, 0: unknown. */
void nic_drop(struct nic *, enum mirage_drop, uint32_t len);
/* Counts a frame of `len` bytes that must be dropped: true. */
bool nic_drops(struct nic *, const uint8_t *data, uint32_t len);

#endif /* MIRAGE_UNIX_H */
