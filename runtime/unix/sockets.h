/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * --net socket: the host's own sockets, in the shape of the network stack's
 * exports (docs/stack-interface.md).
 */
#ifndef MIRAGE_UNIX_SOCKETS_H
#define MIRAGE_UNIX_SOCKETS_H

#include <sys/socket.h>

#include <netinet/in.h>

#include "unix.h"

enum sock_kind { SOCK_FREE, SOCK_LISTENER, SOCK_FLOW, SOCK_UDP };

struct sockaddr_any {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t len;
};

struct sock {
	int fd; /* -1: there is none any more */
	int32_t id; /* slot | generation << SLOT_BITS */
	enum sock_kind kind;
	int family; /* AF_INET, AF_INET6 */
	bool watched; /* by epoll */
	uint32_t interest; /* EPOLL* that is asked for */
	struct sock *next; /* free, or with something to say */
	bool queued; /* in the list of those with something to say */
	bool connected; /* of UDP: it has one peer */

	/* Of a flow. */
	bool connecting;
	bool ended; /* the peer's FIN was said */
	bool shut; /* ours was sent */
	bool wants_room; /* it took less than it was given */
	bool over; /* TcpClosed was said, or will be: `why` */
	bool said; /* TcpClosed was said */
	bool closed; /* by the program */
	int32_t why; /* StackError */
	uint32_t unconsumed; /* bytes that the program has not consumed */
	uint32_t receive_limit; /* of them; a listener's is inherited */
	uint32_t linger_ms;
	struct sockaddr_any remote;
	struct sockaddr_any local; /* once it is over */
};

/* A batch of events that is being filled. */
struct batch {
	struct mirage_socket_event *events;
	unsigned n, max;
};

/* Most events that one look at a socket makes. */
#define EVENTS_EACH 8

/* sockets.c */

/* errno as StackError (FreeBSD's numbers, negated). */
int32_t stack_error(int error);
/* A socket of a kind; NULL: EMFILE.  It owns fd then. */
struct sock *sock_new(struct sockets *, enum sock_kind, int fd, int family);
/* Closes its descriptor. */
void sock_shut_down(struct sockets *, struct sock *);
/* The same, and the number is dead. */
void sock_free(struct sockets *, struct sock *);
/* NULL: EBADF. */
struct sock *sock_find(struct mirage_platform *, uint32_t id, enum sock_kind);
/* No descriptor is left: it is asked again when one is closed. */
void listener_starve(struct sockets *, struct sock *);
/* What is waited for. */
void sock_interest(struct sockets *, struct sock *, uint32_t epoll_events);
/* It has something to say that no descriptor announces. */
void sock_say(struct sockets *, struct sock *);
/* The next event of the batch, all zero but for these. */
struct mirage_socket_event *batch_add(
    struct batch *, uint32_t kind, const struct sock *about);

/*
 * An address of four words, most significant first, and a port, for a socket
 * of that family; false: it has none in that family.
 */
bool address_of(
    struct sockaddr_any *, int family, const uint32_t *words, uint32_t port);
void words_of(const struct sockaddr_any *, uint32_t words[4], uint32_t *port);
/* The family for a local address: any address takes both, if the host can. */
int family_of(struct sockets *, const uint32_t *words);
bool is_any(const uint32_t *words);
/* A descriptor that does not block; -1: see errno. */
int socket_open(int family, int type);
/* The bytes of a frame from offset on; returns how many iovecs. */
unsigned frame_iovecs(const struct mirage_frame *, uint32_t offset,
    uint32_t length, struct iovec *, unsigned max);

/* sockets_tcp.c */
int32_t call_tcp_listen(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_tcp_unlisten(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_tcp_listener_port(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_tcp_connect(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_tcp_write(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_tcp_consume(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_tcp_shutdown(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_tcp_close(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_tcp_abort(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
void listener_ready(struct mirage_platform *, struct sock *, struct batch *);
void flow_ready(struct mirage_platform *, struct sock *, uint32_t epoll_events,
    struct batch *);

/* sockets_options.c */
int32_t call_tcp_set(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_tcp_get(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
/* Its own end; empty (len 0) if it has none. */
void flow_local(const struct sock *, struct sockaddr_any *);
/* What a fresh flow or listener has. */
void flow_defaults(struct sock *);
/* It is about to be closed: how long the host may go on sending. */
void flow_linger(const struct sock *);

/* sockets_udp.c */
int32_t call_udp_bind(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_udp_connect(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_udp_port(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_udp_send(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_udp_join(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_udp_leave(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_udp_set(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_udp_max_payload(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
int32_t call_udp_close(
    struct mirage_platform *, const uint32_t *, const struct mirage_frame *);
void udp_ready(struct mirage_platform *, struct sock *, uint32_t epoll_events,
    struct batch *);

#endif /* MIRAGE_UNIX_SOCKETS_H */
