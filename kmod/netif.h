/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Interfaces of a running program.  A port is one of them, by number; what is
 * behind it is a mirageN (if_mirage.c) or an interface that the host had
 * before (attach.c).  Ports are opened before the program starts and closed
 * after it has ended, on the program's thread.
 */
#ifndef MIRAGE_KMOD_NETIF_H
#define MIRAGE_KMOD_NETIF_H

#include <sys/param.h>
#include <sys/counter.h>
#include <sys/mbuf.h>
#include <sys/socket.h>

#include <net/if.h>
#include <net/if_var.h>
#include <net/ethernet.h>

#include <mirage/frame.h>
#include <mirage/platform.h>

#define PORTS_MAX	 8 /* interfaces of a program */
#define QUEUE_LIMIT	 1024 /* frames that wait for the program at a port */
#define MIRAGE_MTU_MAX	 9000 /* of a mirageN */
#define RECEIVE_SEGMENTS 64 /* of one received frame */

/* What a frame may be longer than the MTU. */
#define LINK_BYTES (ETHER_HDR_LEN + ETHER_VLAN_ENCAP_LEN)

struct mirage_platform;
struct mirage_port;

struct port_ops {
	/* On the program's thread.  The frame stays the caller's. */
	enum mirage_tx (*transmit)(struct mirage_port *, struct mirage_frame *);
	/* After it no frame comes any more; may sleep. */
	void (*close)(struct mirage_port *);
};

struct mirage_port {
	struct mirage_platform *platform;
	const struct port_ops *ops; /* NULL: not open */
	void *softc; /* of what is behind it */

	/*
	 * NULL, or gone set: the interface went away while the program runs.
	 * Written with the lock held; read within mrg_net_enter() too.
	 */
	struct ifnet *ifp;
	bool gone;
	bool steal; /* the host gets nothing */

	uint64_t hwassist; /* CSUM_* that the card has, see attach.c */

	/* As the program was told. */
	char name[IFNAMSIZ];
	uint8_t mac[ETHER_ADDR_LEN];
	uint32_t mtu;
	uint32_t tx_offload; /* MIRAGE_FRAME_TX_* */
	uint32_t segment_max; /* bytes of the longest TX_SEGMENT; 0: none */

	/* Frames for the program, linked by m_nextpkt; lock. */
	struct mbuf *first, *last;
	unsigned waiting;

	/* Of this run, and after it until the next one. */
	counter_u64_t drops[MIRAGE_DROP_REASONS];
};

/* netif.c */
/* What there is from load to unload; mirage0 is made. */
int netif_create(struct mirage_platform *);
void netif_destroy(struct mirage_platform *);

/*
 * Opens the interfaces that the text names ("", "em0+mirage0"; rtparam n), the
 * first with the MAC address if there is one (rtparam m).  False, and none is
 * open: why says which and what to do.
 */
bool ports_open(struct mirage_platform *, const char *names, const char *mac,
    char *why, size_t len);
void ports_close(struct mirage_platform *);
/*
 * What is open, a line for each: "mirage0 mac 02:... mtu 1500 up", the first
 * with the program's address.  Returns the bytes without the NUL.
 */
size_t ports_describe(struct mirage_platform *, char *text, size_t len);
/* A MAC address for the program, the same for the same interface's. */
void port_make_mac(uint8_t mac[ETHER_ADDR_LEN], const uint8_t *host);

/* queue.c */

/*
 * Makes a packet one that a program takes: with its VLAN tag in its place,
 * mapped, its headers contiguous, of 14 to max bytes or of many segments; then
 * tso_segsz says how long they are, else it is 0.  NULL: it is freed, and *why
 * says why.
 */
struct mbuf *queue_prepare(struct mbuf *, uint32_t max, enum mirage_drop *why);
/* Counts a frame that is lost; len: bytes of it, 0: unknown. */
void port_drop(struct mirage_port *, enum mirage_drop, uint32_t len);

/* Lock held.  False, and counted: the queue is full. */
bool queue_put(struct mirage_port *, struct mbuf *);
/* At most max, linked by m_nextpkt. */
struct mbuf *queue_take(struct mirage_port *, int max);
void queue_purge(struct mirage_port *);

/* if_mirage.c */
int if_mirage_create(struct mirage_platform *);
void if_mirage_destroy(void);
/* Is there an interface of ours with that name?  Then *error says more. */
bool if_mirage_open(struct mirage_port *, const char *name, bool steal,
    char *why, size_t len, bool *opened);

/* attach.c */
int attach_create(void);
void attach_destroy(void);
bool attach_open(struct mirage_port *, const char *name, bool steal,
    const uint8_t *mac, char *why, size_t len);

/* shared.c: packets of an interface that host and program share. */
/* From the driver; in its context. */
void shared_from_wire(struct mirage_port *, struct mbuf *);
/* From the host; 0, or why it did not leave. */
int shared_from_host(struct mirage_port *, struct mbuf *);
enum mirage_tx shared_transmit(struct mirage_port *, struct mirage_frame *);
/*
 * Headers that the host may write to, as it does in place (of TCP's numbers,
 * of an ARP request that it answers).  NULL: no memory, and m is freed.
 */
struct mbuf *shared_headers(struct mbuf *);

/* checksum.c */
/* MIRAGE_FRAME_RX_* of a packet that the host gave. */
uint16_t checksum_verdict(const struct mbuf *);
/* A header checksum of IPv4 that was left to the card.  NULL: no memory. */
struct mbuf *checksum_fill_ip(struct mbuf *);
/* Fills in what the frame asks for.  NULL: no memory, and m is freed. */
struct mbuf *checksum_fill(struct mbuf *, const struct mirage_frame *);
/*
 * Asks the card for it if `able` (CSUM_*) has the protocol, else fills it in.
 */
struct mbuf *checksum_request(
    struct mbuf *, const struct mirage_frame *, uint64_t able);
/* Tells the host that it need not look. */
void checksum_vouch(struct mbuf *);

/* segment.c */
/*
 * Payload bytes of each packet that this is of, in place of one of at most
 * `max` bytes; 0: it is one.
 */
uint16_t segment_received(const struct mbuf *, uint32_t max);
/* Does the host take the program's frame (TX_SEGMENT) as one packet now? */
bool segment_for_host(struct ifnet *, const struct mirage_frame *);
/* Tells the host what it gets, and that it need not look at checksums. */
void segment_vouch(struct mbuf *, const struct mirage_frame *);
/* Does the card, which has `hwassist` (CSUM_*), cut the frame now? */
bool segment_able(
    struct ifnet *, const struct mirage_frame *, uint64_t hwassist);
/* Bytes of the longest frame that the card cuts, if it does. */
uint32_t segment_limit(struct ifnet *);
/* Asks it.  NULL: no memory, and m is freed. */
struct mbuf *segment_request(
    struct mbuf *, const struct mirage_frame *, uint64_t hwassist);

#endif /* MIRAGE_KMOD_NETIF_H */
