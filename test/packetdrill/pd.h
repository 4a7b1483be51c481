/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside of the library: sockets in the manner of a kernel over the stack's
 * exports and events, a clock that moves when the test waits, and the cable.
 */
#ifndef MIRAGE_PD_H
#define MIRAGE_PD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "packetdrill.h"
#include "stack.h"

/* As in src/stack/interface.ts. */
enum event_kind {
	EVENT_UDP_DATAGRAM = 1,
	EVENT_UDP_UNREACHABLE = 2,
	EVENT_UDP_DATAGRAM6 = 3,
	EVENT_TCP_ACCEPTED = 16,
	EVENT_TCP_CONNECTED = 17,
	EVENT_TCP_DATA = 18,
	EVENT_TCP_END = 19,
	EVENT_TCP_WRITABLE = 20,
	EVENT_TCP_CLOSED = 21,
};

enum tcp_option {
	OPTION_NO_DELAY = 1,
	OPTION_KEEPALIVE_IDLE_MS = 2,
	OPTION_KEEPALIVE_INTERVAL_MS = 3,
	OPTION_KEEPALIVE_PROBES = 4,
	OPTION_USER_TIMEOUT_MS = 5,
	OPTION_LINGER_MS = 6,
	OPTION_SEND_BUFFER = 7,
	OPTION_RECEIVE_BUFFER = 8,
	OPTION_CONGESTION = 9,
	OPTION_HOP_LIMIT = 10,
	OPTION_TRAFFIC_CLASS = 11,
};
#define OPTIONS 12 /* one more than the last */

enum tcp_field {
	FIELD_LOCAL_WORD0 = 0,
	FIELD_LOCAL_PORT = 4,
	FIELD_REMOTE_WORD0 = 5,
	FIELD_REMOTE_PORT = 9,
	FIELD_STATE = 10,
	FIELD_MSS = 11,
	FIELD_CWND = 12,
	FIELD_SSTHRESH = 13,
	FIELD_RTT_US = 14,
	FIELD_RTO_MS = 15,
	FIELD_RETRANSMITTED = 16,
	FIELD_SEND_QUEUE = 17,
	FIELD_RECEIVE_QUEUE = 18,
	FIELD_SEND_WINDOW = 19,
	FIELD_RECEIVE_BUFFER = 20,
};

enum tcp_tuning {
	TUNING_EXTENSIONS = 1,
	TUNING_SACK = 2,
	TUNING_PLAIN_SYN = 3,
	TUNING_DROP_OPTIONS = 4,
	TUNING_INSECURE_RESET = 5,
	TUNING_INSECURE_SYN = 6,
	TUNING_DROP_SYN_FIN = 7,
	TUNING_ICMP_MAY_RESET = 8,
	TUNING_RECEIVE_BUFFER_MAX = 9,
	TUNING_CONNECT_MS = 10,
	TUNING_ECN = 11,
	TUNING_ECN_RETRANSMISSIONS = 12,
};
#define TUNINGS 13 /* one more than the last */

#define SOCKETS 256

struct address {
	uint32_t word[4]; /* IPv4: mapped */
	uint16_t port;
};

/* Received bytes, in a frame of the stack. */
struct piece {
	struct piece *next;
	uint32_t frame, offset, length;
	struct address from; /* UDP */
};

enum socket_state {
	SOCKET_FREE,
	SOCKET_NEW,
	SOCKET_LISTENING,
	SOCKET_CONNECTING,
	SOCKET_CONNECTED,
	SOCKET_OVER, /* the flow is, or never was */
	SOCKET_DETACHED, /* closed, but its flow still says something */
};

struct socket {
	enum socket_state state;
	bool datagrams; /* UDP */
	int family;
	int flags; /* O_NONBLOCK */
	int fd; /* a place holder of the host's; -1: in a listener's queue */
	int32_t id; /* of flow, listener or UDP socket; -1: none */
	struct socket *listener; /* of one that waits to be accepted */
	uint64_t arrived; /* order in that queue */
	struct address local, remote;
	int error; /* SO_ERROR, host's number */
	bool ended; /* the peer's FIN */
	bool full; /* the send queue was; EVENT_TCP_WRITABLE comes */
	bool shut_read, shut_write;
	bool reuse, keepalive;
	struct linger linger;
	bool plain_syn; /* TCP_NOOPT */
	uint32_t connect_ms; /* TCP_KEEPINIT; 0: as usual */
	/* Set by the program; kept for a flow that is to come. */
	bool set[OPTIONS];
	uint32_t option[OPTIONS];
	struct piece *first, *last;
	uint32_t queued; /* bytes in the list */
};

struct packet {
	struct packet *next;
	uint64_t ns;
	size_t len;
	uint8_t bytes[];
};

struct pd {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* A call that waits on another thread than the test's own. */
	bool waiting;
	bool leaving; /* it may go on, and has not asked for the time yet */
	bool (*ready)(struct pd *, const void *);
	const void *what;
	uint64_t until_ns;
	pthread_t main;

	struct stack *stack;
	struct socket sockets[SOCKETS];
	uint64_t arrivals;
	struct packet *first, *last; /* sent by the stack */
	uint32_t local4; /* own IPv4 address, 0: none */
	uint32_t prefix4; /* bits */
	uint8_t local6[16];
	uint32_t prefix6;
	uint8_t gateway6[16];
	uint32_t mtu;
	char control[256]; /* folder, "": none; see control.c */
	long commands; /* bytes read of its file */
	uint32_t tuned[TUNINGS]; /* what pd_tune() has set */
	bool failed; /* the stack trapped, and that was said */
};

/* errors.c: an errno of the stack's (positive or negated), as the host's. */
int pd_errno(int32_t);
/* Sets errno to what a negative result means; -1. */
int pd_fail(int32_t);

/* sockets.c */
struct socket *pd_socket(struct pd *, int fd); /* NULL: errno is EBADF */
void pd_event(void *, const struct stack_event *);
uint32_t pd_get(struct pd *, const struct socket *, enum tcp_field);
struct socket *pd_next_accepted(struct pd *, const struct socket *listener);
int pd_address(const struct sockaddr *, socklen_t, struct address *);
void pd_sockaddr(const struct socket *, const struct address *,
    struct sockaddr *, socklen_t *);
int pd_bind_datagrams(struct pd *, struct socket *);
int pd_call_socket(void *, int, int, int);
int pd_call_bind(void *, int, const struct sockaddr *, socklen_t);
int pd_call_listen(void *, int, int);
int pd_call_accept(void *, int, struct sockaddr *, socklen_t *);
int pd_call_connect(void *, int, const struct sockaddr *, socklen_t);
int pd_call_close(void *, int);
int pd_call_shutdown(void *, int, int);
void pd_forget(struct pd *); /* all sockets */

/* transfer.c */
void pd_queue(struct socket *, const struct piece *);
void pd_drop_queue(struct pd *, struct socket *);
bool pd_readable(struct pd *, const void *socket);
bool pd_writable(struct pd *, const void *socket);
ssize_t pd_call_read(void *, int, void *, size_t);
ssize_t pd_call_readv(void *, int, const struct iovec *, int);
ssize_t pd_call_recv(void *, int, void *, size_t, int);
ssize_t pd_call_recvfrom(
    void *, int, void *, size_t, int, struct sockaddr *, socklen_t *);
ssize_t pd_call_recvmsg(void *, int, struct msghdr *, int);
ssize_t pd_call_write(void *, int, const void *, size_t);
ssize_t pd_call_writev(void *, int, const struct iovec *, int);
ssize_t pd_call_send(void *, int, const void *, size_t, int);
ssize_t pd_call_sendto(
    void *, int, const void *, size_t, int, const struct sockaddr *, socklen_t);
ssize_t pd_call_sendmsg(void *, int, const struct msghdr *, int);
int pd_call_poll(void *, struct pollfd *, nfds_t, int);

/* options.c */
void pd_apply_options(struct pd *, const struct socket *, int32_t id);
int pd_call_getsockopt(void *, int, int, int, void *, socklen_t *);
int pd_call_setsockopt(void *, int, int, int, const void *, socklen_t);
int pd_call_fcntl(void *, int, int, ...);
int pd_call_ioctl(void *, int, unsigned long, ...);

/* clock.c */
void pd_enter(struct pd *);
void pd_leave(struct pd *);
/*
 * Waits until ready(what), or the time has come (false; UINT64_MAX: none), or
 * nothing can happen any more (false).  On the test's own thread the clock
 * moves meanwhile, on another the test moves it.
 */
bool pd_wait(struct pd *, bool (*ready)(struct pd *, const void *),
    const void *what, uint64_t until_ns);
void pd_advance(struct pd *, uint64_t to_ns);
int pd_call_usleep(void *, useconds_t);
int pd_call_gettimeofday(void *, struct timeval *, struct timezone *);

/* cable.c */
void pd_sent(void *, const uint8_t *, size_t);
int pd_call_netdev_send(void *, const void *, size_t);
int pd_call_netdev_receive(void *, void *, size_t *, long long *);
void pd_drop_packets(struct pd *);

/* control.c */
void pd_control_read(struct pd *);
void pd_control_write(struct pd *);
void pd_tune(struct pd *, enum tcp_tuning, uint32_t value);

#endif /* MIRAGE_PD_H */
