/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What arguments of probes point to: filled by who fires, only while somebody
 * traces, and gone once the probe has fired.  Numbers are in host byte order,
 * addresses in the network's.  dtrace/lib/mirage.d says the same in D.
 */
#ifndef MIRAGE_PROBE_TYPES_H
#define MIRAGE_PROBE_TYPES_H

#include <stdint.h>

/* Headers of packets as they are sent: nothing here looks into them. */
struct ip;
struct ip6_hdr;
struct tcphdr;
struct udphdr;

/* There is none: the pointer is a connection's number. */
struct mirage_probe_flow;

struct mirage_probe_netif {
	const char *name; /* as the platform has it */
	uint32_t number; /* among the program's interfaces */
	uint32_t mtu; /* bytes; 0: of the program's own loopback */
	uint32_t local; /* 1: the program's own loopback */
};

/* Both ends of a datagram's way. */
struct mirage_probe_udp {
	uint32_t version; /* of IP: 4 or 6 */
	uint16_t local_port;
	uint16_t remote_port;
	uint8_t local_address[16]; /* of version 4 the first four bytes */
	uint8_t remote_address[16];
};

/* A connection. */
struct mirage_probe_tcp {
	uint32_t version; /* of IP: 4 or 6 */
	uint16_t local_port;
	uint16_t remote_port;
	uint8_t local_address[16]; /* of version 4 the first four bytes */
	uint8_t remote_address[16];
	int32_t state; /* TCPS_* of netinet/tcp_fsm.h: 0 closed ... */
	int32_t active; /* 1: the program opened it */
	uint32_t iss; /* initial sequence number, ours */
	uint32_t irs; /* and the peer's */
	uint32_t snd_una; /* sent, not acknowledged */
	uint32_t snd_max; /* highest number sent */
	uint32_t snd_nxt; /* sent next */
	uint32_t rcv_ack; /* acknowledged last */
	uint32_t rcv_nxt; /* expected next */
	uint32_t snd_wnd; /* bytes that the peer takes */
	uint32_t rcv_wnd; /* bytes that we take */
	int32_t snd_scale; /* shift of the peer's window */
	int32_t rcv_scale; /* and of ours */
	uint32_t cwnd; /* congestion window, bytes */
	uint32_t ssthresh; /* bytes */
	uint32_t mss; /* bytes of payload */
	uint32_t rto_ms; /* retransmission timeout */
	uint32_t srtt_us; /* smoothed round-trip time */
	uint32_t retransmits; /* timeouts in a row */
	uint32_t dupacks; /* duplicate acknowledgements in a row */
	uint32_t snd_wl1; /* sequence number and acknowledgement of the */
	uint32_t snd_wl2; /* segment that set snd_wnd last */
	uint32_t rcv_adv; /* right edge of the window that the peer knows */
	uint32_t ts_recent; /* timestamp of the peer's to be echoed */
};

#endif /* MIRAGE_PROBE_TYPES_H */
