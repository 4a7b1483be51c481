/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Socket options.  What the stack knows goes there; what it has no opinion of
 * is remembered, so that it reads as it was set.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pd.h"

#define MS_PER_S       1000
#define US_PER_MS      1000
#define LINGER_FOREVER UINT32_MAX
#define SEND_BUFFER    32768 /* bytes, as FreeBSD's net.inet.tcp.sendspace */
#define RECEIVE_BUFFER 65536 /* ... and recvspace */
#define MSS	       536 /* before there is a peer */
#define HOPS	       64
/* FreeBSD's numbers, with a bit that no host's has: the runner writes so. */
#define FREEBSD_TCP_NOOPT    (0x10000 + 8)
#define FREEBSD_TCP_KEEPINIT (0x10000 + 128)
#define KEEPINIT_S	     75

/* Options that are one number of the stack's. */
static const struct {
	int level, name;
	enum tcp_option option;
	uint32_t scale; /* the stack's unit in the program's */
	uint32_t dflt; /* in the program's unit */
} numbers[] = {
    {IPPROTO_TCP, TCP_NODELAY, OPTION_NO_DELAY, 1, 0},
    {IPPROTO_TCP, TCP_KEEPIDLE, OPTION_KEEPALIVE_IDLE_MS, MS_PER_S, 7200},
    {IPPROTO_TCP, TCP_KEEPINTVL, OPTION_KEEPALIVE_INTERVAL_MS, MS_PER_S, 75},
    {IPPROTO_TCP, TCP_KEEPCNT, OPTION_KEEPALIVE_PROBES, 1, 8},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, OPTION_USER_TIMEOUT_MS, 1, 0},
    {SOL_SOCKET, SO_SNDBUF, OPTION_SEND_BUFFER, 1, SEND_BUFFER},
    {SOL_SOCKET, SO_RCVBUF, OPTION_RECEIVE_BUFFER, 1, RECEIVE_BUFFER},
    {IPPROTO_IP, IP_TTL, OPTION_HOP_LIMIT, 1, HOPS},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, OPTION_HOP_LIMIT, 1, HOPS},
    {IPPROTO_IP, IP_TOS, OPTION_TRAFFIC_CLASS, 1, 0},
    {IPPROTO_IPV6, IPV6_TCLASS, OPTION_TRAFFIC_CLASS, 1, 0},
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static int32_t
set(struct pd *pd, int32_t id, enum tcp_option option, uint32_t value)
{
	return (STACK_CALL(
	    pd->stack, "tcp_set", (uint32_t)id, (uint32_t)option, value));
}

/* Keeping alive is one number there: how long a flow is idle before. */
static void
apply_keepalive(struct pd *pd, const struct socket *so, int32_t id)
{
	uint32_t ms = so->set[OPTION_KEEPALIVE_IDLE_MS] ?
	    so->option[OPTION_KEEPALIVE_IDLE_MS] :
	    7200 * MS_PER_S;

	(void)set(pd, id, OPTION_KEEPALIVE_IDLE_MS, so->keepalive ? ms : 0);
}

static void
apply_linger(struct pd *pd, const struct socket *so, int32_t id)
{
	(void)set(pd, id, OPTION_LINGER_MS,
	    so->linger.l_onoff ? (uint32_t)so->linger.l_linger * MS_PER_S :
				 LINGER_FOREVER);
}

void
pd_apply_options(struct pd *pd, const struct socket *so, int32_t id)
{
	uint32_t i;

	for (i = 0; i < OPTIONS; i++)
		if (so->set[i] && i != OPTION_KEEPALIVE_IDLE_MS)
			(void)set(pd, id, i, so->option[i]);
	if (so->keepalive)
		apply_keepalive(pd, so, id);
	if (so->linger.l_onoff)
		apply_linger(pd, so, id);
}

static bool
has_flow(const struct socket *so)
{
	return (so->id >= 0 && !so->datagrams && so->state != SOCKET_OVER);
}

static int
put_int(void *value, socklen_t *len, int n)
{
	if (*len > sizeof(n))
		*len = sizeof(n);
	memcpy(value, &n, *len);
	return (0);
}

/* The host's structure, with what the stack knows of it. */
static int
get_info(struct pd *pd, const struct socket *so, void *value, socklen_t *len)
{
	/* FreeBSD's order of states in the host's numbers. */
	static const uint8_t states[] = {TCP_CLOSE, TCP_LISTEN, TCP_SYN_SENT,
	    TCP_SYN_RECV, TCP_ESTABLISHED, TCP_CLOSE_WAIT, TCP_FIN_WAIT1,
	    TCP_CLOSING, TCP_LAST_ACK, TCP_FIN_WAIT2, TCP_TIME_WAIT};
	struct tcp_info info;
	uint32_t mss, state;

	memset(&info, 0, sizeof(info));
	info.tcpi_state =
	    so->state == SOCKET_LISTENING ? TCP_LISTEN : TCP_CLOSE;
	if (has_flow(so) && so->state != SOCKET_LISTENING) {
		state = pd_get(pd, so, FIELD_STATE);
		mss = pd_get(pd, so, FIELD_MSS);
		if (state < sizeof(states))
			info.tcpi_state = states[state];
		info.tcpi_snd_mss = mss;
		info.tcpi_rcv_mss = mss;
		info.tcpi_rtt = pd_get(pd, so, FIELD_RTT_US);
		info.tcpi_rto = pd_get(pd, so, FIELD_RTO_MS) * US_PER_MS;
		info.tcpi_snd_cwnd =
		    mss == 0 ? 0 : pd_get(pd, so, FIELD_CWND) / mss;
		info.tcpi_snd_ssthresh =
		    mss == 0 ? 0 : pd_get(pd, so, FIELD_SSTHRESH) / mss;
		info.tcpi_total_retrans = pd_get(pd, so, FIELD_RETRANSMITTED);
	}
	if (*len > sizeof(info))
		*len = sizeof(info);
	memcpy(value, &info, *len);
	return (0);
}

static void
get_number(struct pd *pd, const struct socket *so, size_t i, int *value)
{
	enum tcp_option option = numbers[i].option;

	/* A flow rounds what it was given. */
	if (option == OPTION_RECEIVE_BUFFER && has_flow(so) &&
	    so->state != SOCKET_LISTENING)
		*value = (int)pd_get(pd, so, FIELD_RECEIVE_BUFFER);
	else
		*value = so->set[option] ?
		    (int)(so->option[option] / numbers[i].scale) :
		    (int)numbers[i].dflt;
}

static int
get_option(struct pd *pd, struct socket *so, int level, int name, void *value,
    socklen_t *len)
{
	int n = 0;
	size_t i;

	for (i = 0; i < NUMBERS; i++)
		if (numbers[i].level == level && numbers[i].name == name) {
			get_number(pd, so, i, &n);
			return (put_int(value, len, n));
		}
	if (level == SOL_SOCKET) {
		switch (name) {
		case SO_ERROR:
			n = so->error;
			so->error = 0;
			return (put_int(value, len, n));
		case SO_TYPE:
			return (put_int(value, len,
			    so->datagrams ? SOCK_DGRAM : SOCK_STREAM));
		case SO_REUSEADDR:
			return (put_int(value, len, so->reuse));
		case SO_KEEPALIVE:
			return (put_int(value, len, so->keepalive));
		case SO_ACCEPTCONN:
			return (
			    put_int(value, len, so->state == SOCKET_LISTENING));
		case SO_LINGER:
			if (*len > sizeof(so->linger))
				*len = sizeof(so->linger);
			memcpy(value, &so->linger, *len);
			return (0);
		}
	}
	if (level == IPPROTO_TCP && !so->datagrams) {
		switch (name) {
		case TCP_INFO:
			return (get_info(pd, so, value, len));
		case TCP_MAXSEG:
			n = has_flow(so) && so->state != SOCKET_LISTENING ?
			    (int)pd_get(pd, so, FIELD_MSS) :
			    MSS;
			return (put_int(value, len, n));
		case FREEBSD_TCP_NOOPT:
			return (put_int(value, len, so->plain_syn));
		case FREEBSD_TCP_KEEPINIT:
			n = so->connect_ms != 0 ?
			    (int)(so->connect_ms / MS_PER_S) :
			    KEEPINIT_S;
			return (put_int(value, len, n));
		case TCP_CONGESTION:
			snprintf(value, *len, "%s",
			    so->option[OPTION_CONGESTION] == 1 ? "newreno" :
								 "cubic");
			*len = (socklen_t)strlen(value) + 1;
			return (0);
		}
	}
	errno = ENOPROTOOPT;
	return (-1);
}

int
pd_call_getsockopt(
    void *self, int fd, int level, int name, void *value, socklen_t *len)
{
	struct pd *pd = self;
	struct socket *so;
	int result = -1;

	pd_enter(pd);
	pd_control_read(pd);
	so = pd_socket(pd, fd);
	if (so != NULL)
		result = get_option(pd, so, level, name, value, len);
	pd_leave(pd);
	return (result);
}

static int
set_number(struct pd *pd, struct socket *so, size_t i, int value)
{
	enum tcp_option option = numbers[i].option;
	int32_t done = 0;

	if (value < 0) {
		errno = EINVAL;
		return (-1);
	}
	so->set[option] = true;
	so->option[option] = (uint32_t)value * numbers[i].scale;
	if (!has_flow(so))
		return (0);
	if (option == OPTION_KEEPALIVE_IDLE_MS)
		apply_keepalive(pd, so, so->id);
	else
		done = set(pd, so->id, option, so->option[option]);
	return (done < 0 ? pd_fail(done) : 0);
}

static int
set_congestion(struct pd *pd, struct socket *so, const char *name, size_t len)
{
	uint32_t value;

	len = strnlen(name, len);
	if (len == 5 && memcmp(name, "cubic", len) == 0)
		value = 0;
	else if ((len == 7 && memcmp(name, "newreno", len) == 0) ||
	    (len == 4 && memcmp(name, "reno", len) == 0))
		value = 1;
	else {
		errno = ENOENT;
		return (-1);
	}
	so->set[OPTION_CONGESTION] = true;
	so->option[OPTION_CONGESTION] = value;
	if (has_flow(so))
		(void)set(pd, so->id, OPTION_CONGESTION, value);
	return (0);
}

static int
set_option(struct pd *pd, struct socket *so, int level, int name,
    const void *value, socklen_t len)
{
	int n = 0;
	size_t i;

	if (level == IPPROTO_TCP && name == TCP_CONGESTION)
		return (set_congestion(pd, so, value, len));
	if (len >= sizeof(n))
		memcpy(&n, value, sizeof(n));
	for (i = 0; i < NUMBERS; i++)
		if (numbers[i].level == level && numbers[i].name == name)
			return (set_number(pd, so, i, n));
	if (level == IPPROTO_TCP && name == FREEBSD_TCP_NOOPT) {
		so->plain_syn = n != 0;
		return (0);
	}
	if (level == IPPROTO_TCP && name == FREEBSD_TCP_KEEPINIT && n > 0) {
		so->connect_ms = (uint32_t)n * MS_PER_S;
		return (0);
	}
	if (level == SOL_SOCKET) {
		switch (name) {
		case SO_REUSEADDR:
		case SO_REUSEPORT:
			so->reuse = n != 0;
			return (0);
		case SO_KEEPALIVE:
			so->keepalive = n != 0;
			if (has_flow(so))
				apply_keepalive(pd, so, so->id);
			return (0);
		case SO_LINGER:
			if (len < sizeof(so->linger))
				break;
			memcpy(&so->linger, value, sizeof(so->linger));
			if (has_flow(so))
				apply_linger(pd, so, so->id);
			return (0);
		}
	}
	errno = ENOPROTOOPT;
	return (-1);
}

int
pd_call_setsockopt(
    void *self, int fd, int level, int name, const void *value, socklen_t len)
{
	struct pd *pd = self;
	struct socket *so;
	int result = -1;

	pd_enter(pd);
	pd_control_read(pd);
	so = pd_socket(pd, fd);
	if (so != NULL)
		result = set_option(pd, so, level, name, value, len);
	pd_leave(pd);
	return (result);
}

int
pd_call_fcntl(void *self, int fd, int command, ...)
{
	struct pd *pd = self;
	struct socket *so;
	int result = -1, flags;
	va_list ap;

	va_start(ap, command);
	flags = va_arg(ap, int);
	va_end(ap);
	pd_enter(pd);
	so = pd_socket(pd, fd);
	if (so != NULL && command == F_GETFL)
		result = O_RDWR | so->flags;
	else if (so != NULL && command == F_SETFL) {
		so->flags = flags & O_NONBLOCK;
		result = 0;
	} else if (so != NULL)
		errno = EINVAL;
	pd_leave(pd);
	return (result);
}

int
pd_call_ioctl(void *self, int fd, unsigned long request, ...)
{
	struct pd *pd = self;
	struct socket *so;
	int result = 0, *value;
	va_list ap;

	va_start(ap, request);
	value = va_arg(ap, int *);
	va_end(ap);
	pd_enter(pd);
	so = pd_socket(pd, fd);
	if (so == NULL)
		result = -1;
	else if (request == FIONREAD)
		*value = (int)(so->datagrams && so->first != NULL ?
			so->first->length :
			so->queued);
	else if (request == TIOCOUTQ)
		*value =
		    has_flow(so) ? (int)pd_get(pd, so, FIELD_SEND_QUEUE) : 0;
	else if (request == FIONBIO)
		so->flags = *value != 0 ? O_NONBLOCK : 0;
	else {
		errno = ENOTTY;
		result = -1;
	}
	pd_leave(pd);
	return (result);
}
