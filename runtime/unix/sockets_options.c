/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * --net socket: options of flows and what is known of them, by way of tcp(7).
 */
#include <sys/ioctl.h>

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>

/* glibc's netinet/tcp.h knows fewer fields of struct tcp_info. */
#include <linux/tcp.h>

#include "sockets.h"
#include "stack_numbers.h"

#define RECEIVE_LIMIT_BYTES                               \
	(256 << 10) /* given to the program, not consumed \
		     */
#define NO_LIMIT UINT32_MAX

void
flow_defaults(struct sock *flow)
{
	flow->receive_limit = RECEIVE_LIMIT_BYTES;
	flow->linger_ms = NO_LIMIT;
}

static bool
set(const struct sock *sock, int level, int name, uint32_t value)
{
	int v = value > INT32_MAX ? INT32_MAX : (int)value;

	return (setsockopt(sock->fd, level, name, &v, sizeof(v)) == 0);
}

/*
 * What was written is given up when none of it has got through for that long.
 * SO_LINGER would have close() wait.
 */
void
flow_linger(const struct sock *flow)
{
	if (flow->fd != -1 && flow->linger_ms != NO_LIMIT)
		(void)set(flow, IPPROTO_TCP, TCP_USER_TIMEOUT, flow->linger_ms);
}

static struct sock *
flow_or_listener(struct mirage_platform *p, uint32_t id)
{
	struct sock *sock = sock_find(p, id, SOCK_FLOW);

	return (sock != NULL ? sock : sock_find(p, id, SOCK_LISTENER));
}

/* Seconds, at least 1: what the host can. */
static uint32_t
seconds(uint32_t ms)
{
	return (ms < 1000 ? 1 : ms / 1000 + (ms % 1000 != 0));
}

static bool
set_option(struct sock *sock, uint32_t option, uint32_t value)
{
	bool v6 = sock->family == AF_INET6;

	switch (option) {
	case STACK_NO_DELAY:
		return (set(sock, IPPROTO_TCP, TCP_NODELAY, value != 0));
	case STACK_KEEP_ALIVE_IDLE_MILLISECONDS:
		return (set(sock, SOL_SOCKET, SO_KEEPALIVE, value != 0) &&
		    (value == 0 ||
			set(sock, IPPROTO_TCP, TCP_KEEPIDLE, seconds(value))));
	case STACK_KEEP_ALIVE_INTERVAL_MILLISECONDS:
		return (set(sock, IPPROTO_TCP, TCP_KEEPINTVL, seconds(value)));
	case STACK_KEEP_ALIVE_PROBES:
		return (set(sock, IPPROTO_TCP, TCP_KEEPCNT, value));
	case STACK_USER_TIMEOUT_MILLISECONDS:
		return (set(sock, IPPROTO_TCP, TCP_USER_TIMEOUT, value));
	case STACK_LINGER_MILLISECONDS:
		sock->linger_ms = value;
		return (true);
	case STACK_SEND_BUFFER_BYTES:
		/* The host counts its own structures too, and doubles it. */
		return (set(sock, SOL_SOCKET, SO_SNDBUF, value));
	case STACK_RECEIVE_BUFFER_BYTES:
		sock->receive_limit = value == 0 ? 1 : value;
		return (set(sock, SOL_SOCKET, SO_RCVBUF, value));
	case STACK_CONGESTION: {
		const char *name = value == 0 ? "cubic" : "reno";

		if (value > 1)
			break;
		return (setsockopt(sock->fd, IPPROTO_TCP, TCP_CONGESTION, name,
			    (socklen_t)strlen(name)) == 0);
	}
	case STACK_HOP_LIMIT:
		if (value < 1 || value > 255)
			break;
		/* A socket of both versions has one for each. */
		return (
		    (!v6 ||
			set(sock, IPPROTO_IPV6, IPV6_UNICAST_HOPS, value)) &&
		    set(sock, IPPROTO_IP, IP_TTL, value));
	case STACK_TRAFFIC_CLASS:
		if (value > 255)
			break;
		return ((!v6 || set(sock, IPPROTO_IPV6, IPV6_TCLASS, value)) &&
		    set(sock, IPPROTO_IP, IP_TOS, value));
	default:
		break;
	}
	errno = EINVAL;
	return (false);
}

int32_t
call_tcp_set(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	struct sock *sock = flow_or_listener(p, a[0]);

	(void)f;
	if (sock == NULL || sock->closed)
		return (stack_error(EBADF));
	if (sock->over)
		return (stack_error(ENOTCONN));
	return (set_option(sock, a[1], a[2]) ? 0 : stack_error(errno));
}

/* Linux's states in the order of StackState. */
static int32_t
state_of(uint8_t state)
{
	static const uint8_t states[] = {0, 4, 2, 3, 6, 9, 10, 0, 5, 8, 1, 7};

	return (state < sizeof(states) ? states[state] : 0);
}

static int32_t
clamp(uint64_t value)
{
	return (value > INT32_MAX ? INT32_MAX : (int32_t)value);
}

void
flow_local(const struct sock *sock, struct sockaddr_any *local)
{
	if (sock->fd == -1) {
		*local = sock->local;
		return;
	}
	memset(local, 0, sizeof(*local));
	local->len = sizeof(local->in6);
	if (getsockname(sock->fd, &local->sa, &local->len) == -1)
		local->len = 0;
}

static int32_t
get_address(const struct sock *sock, uint32_t field)
{
	struct sockaddr_any a;
	uint32_t words[4], port;

	if (field >= STACK_REMOTE_WORD0) {
		a = sock->remote;
		field -= STACK_REMOTE_WORD0;
	} else
		flow_local(sock, &a);
	if (a.len == 0)
		return (stack_error(ENOTCONN));
	words_of(&a, words, &port);
	return ((int32_t)(field == STACK_LOCAL_PORT ? port : words[field]));
}

int32_t
call_tcp_get(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	struct sock *sock = flow_or_listener(p, a[0]);
	struct tcp_info info;
	socklen_t len = sizeof(info);
	uint32_t field = a[1];
	int queued = 0;

	(void)f;
	if (sock == NULL || sock->closed)
		return (stack_error(EBADF));
	if (field == STACK_RECEIVE_QUEUE_BYTES)
		return (clamp(sock->unconsumed));
	if (field <= STACK_REMOTE_PORT)
		return (get_address(sock, field));
	if (sock->over)
		return (field == STACK_STATE ? 0 : stack_error(ENOTCONN));
	if (field == STACK_SEND_QUEUE_BYTES) {
		(void)ioctl(sock->fd, SIOCOUTQ, &queued);
		return (queued);
	}
	memset(&info, 0, sizeof(info));
	if (getsockopt(sock->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1)
		return (stack_error(errno));
	switch (field) {
	case STACK_STATE:
		return (state_of(info.tcpi_state));
	case STACK_MSS:
		return (clamp(info.tcpi_snd_mss));
	case STACK_CONGESTION_WINDOW_BYTES:
		return (
		    clamp((uint64_t)info.tcpi_snd_cwnd * info.tcpi_snd_mss));
	case STACK_SLOW_START_THRESHOLD_BYTES:
		return (clamp(
		    (uint64_t)info.tcpi_snd_ssthresh * info.tcpi_snd_mss));
	case STACK_ROUND_TRIP_MICROSECONDS:
		return (clamp(info.tcpi_rtt));
	case STACK_RETRANSMISSION_TIMEOUT_MILLISECONDS:
		return (clamp(info.tcpi_rto / 1000));
	case STACK_RETRANSMITTED_SEGMENTS:
		return (clamp(info.tcpi_total_retrans));
	case STACK_SEND_WINDOW_BYTES:
		return (clamp(info.tcpi_snd_wnd));
	default:
		return (stack_error(EINVAL));
	}
}
