/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * --net socket: TCP.
 */
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <unistd.h>

#include "sockets.h"
#include "stack_numbers.h"

#define READ_BYTES    16384 /* at once: one frame */
#define IOVECS	      64
#define BACKLOG_LEAST 1

#define UNUSED(x) ((void)(x))

static int32_t
last_error(int fd)
{
	int error = errno;

	if (fd != -1)
		close(fd);
	return (stack_error(error));
}

/* Listening. */

int32_t
call_tcp_listen(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	int family = family_of(p->sockets, a), yes = 1, fd, backlog;
	struct sockaddr_any own;
	struct sock *sock;

	UNUSED(f);
	if (a[4] > 65535 || !address_of(&own, family, a, a[4]))
		return (stack_error(EINVAL));
	fd = socket_open(family, SOCK_STREAM);
	if (fd == -1)
		return (last_error(-1));
	/* Connections in TIME-WAIT do not keep the port. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	backlog = a[5] > 65535 ? 65535 : (int)a[5];
	if (backlog < BACKLOG_LEAST)
		backlog = BACKLOG_LEAST;
	if (bind(fd, &own.sa, own.len) == -1 || listen(fd, backlog) == -1)
		return (last_error(fd));
	sock = sock_new(p->sockets, SOCK_LISTENER, fd, family);
	if (sock == NULL)
		return (last_error(-1));
	flow_defaults(sock);
	sock_interest(p->sockets, sock, EPOLLIN);
	return (sock->id);
}

int32_t
call_tcp_unlisten(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	struct sock *sock = sock_find(p, a[0], SOCK_LISTENER);

	UNUSED(f);
	if (sock == NULL)
		return (stack_error(EBADF));
	sock_free(p->sockets, sock);
	return (0);
}

int32_t
call_tcp_listener_port(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	struct sock *sock = sock_find(p, a[0], SOCK_LISTENER);
	struct sockaddr_any own = {.len = sizeof(own.in6)};
	uint32_t words[4], port;

	UNUSED(f);
	if (sock == NULL)
		return (stack_error(EBADF));
	if (getsockname(sock->fd, &own.sa, &own.len) == -1)
		return (last_error(-1));
	words_of(&own, words, &port);
	return ((int32_t)port);
}

void
listener_ready(
    struct mirage_platform *p, struct sock *listener, struct batch *b)
{
	unsigned i;

	for (i = 0; i < EVENTS_EACH && b->n < b->max; i++) {
		struct sockaddr_any peer = {.len = sizeof(peer.in6)};
		struct sock *flow;
		int fd = accept4(listener->fd, &peer.sa, &peer.len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd == -1) {
			/*
			 * Without a descriptor for it the peer waits in the
			 * host's queue until another flow is closed.
			 */
			if (errno == EMFILE || errno == ENFILE)
				listener_starve(p->sockets, listener);
			return;
		}
		flow = sock_new(p->sockets, SOCK_FLOW, fd, listener->family);
		if (flow == NULL)
			return;
		flow->remote = peer;
		flow->receive_limit = listener->receive_limit;
		flow->linger_ms = listener->linger_ms;
		sock_interest(p->sockets, flow, EPOLLIN);
		batch_add(b, STACK_TCP_ACCEPTED, listener)->b =
		    (uint32_t)flow->id;
	}
}

/* Flows. */

int32_t
call_tcp_connect(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	/* remote words 0-3, port 4, local words 5-8, port 9 */
	int family = family_of(p->sockets, a), fd;
	struct sockaddr_any remote, local;
	struct sock *flow;

	UNUSED(f);
	if (a[4] < 1 || a[4] > 65535 || a[9] > 65535 || is_any(a) ||
	    !address_of(&remote, family, a, a[4]))
		return (stack_error(EINVAL));
	if (!address_of(&local, family, a + 5, a[9]))
		return (stack_error(EADDRNOTAVAIL));
	fd = socket_open(family, SOCK_STREAM);
	if (fd == -1)
		return (last_error(-1));
	if ((!is_any(a + 5) || a[9] != 0) &&
	    bind(fd, &local.sa, local.len) == -1)
		return (last_error(fd));
	if (connect(fd, &remote.sa, remote.len) == -1 && errno != EINPROGRESS)
		return (last_error(fd));
	flow = sock_new(p->sockets, SOCK_FLOW, fd, family);
	if (flow == NULL)
		return (last_error(-1));
	flow_defaults(flow);
	flow->connecting = true;
	flow->remote = remote;
	sock_interest(p->sockets, flow, EPOLLOUT);
	return (flow->id);
}

static uint32_t
wanted(const struct sock *flow)
{
	uint32_t events = 0;

	if (flow->connecting || flow->wants_room)
		events |= EPOLLOUT;
	if (!flow->connecting && !flow->ended &&
	    flow->unconsumed < flow->receive_limit)
		events |= EPOLLIN;
	return (events);
}

/* Nothing more comes of it: TcpClosed, and no descriptor. */
static void
flow_over(struct mirage_platform *p, struct sock *flow, int32_t why)
{
	if (flow->over)
		return;
	flow->over = true;
	flow->why = why;
	flow_local(flow, &flow->local);
	sock_shut_down(p->sockets, flow);
	sock_say(p->sockets, flow);
}

static int
pending_error(const struct sock *flow)
{
	socklen_t len = sizeof(int);
	int error = 0;

	(void)getsockopt(flow->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return (error);
}

static uint32_t
room_to_send(const struct sock *flow)
{
	int queued = 0, size = 0;
	socklen_t len = sizeof(size);

	(void)ioctl(flow->fd, SIOCOUTQ, &queued);
	(void)getsockopt(flow->fd, SOL_SOCKET, SO_SNDBUF, &size, &len);
	return (size > queued ? (uint32_t)(size - queued) : 1);
}

/* One frame of bytes.  False: there is no more now. */
static bool
read_some(struct mirage_platform *p, struct sock *flow, struct batch *b)
{
	struct mirage_frame *f = mirage_platform_frame_alloc(p, READ_BYTES);
	struct mirage_socket_event *e;
	ssize_t n;

	if (f == NULL)
		return (false);
	do {
		n = read(flow->fd, f->head, READ_BYTES);
	} while (n == -1 && errno == EINTR);
	if (n > 0) {
		frame_fill(p, f, (uint32_t)n);
		e = batch_add(b, STACK_TCP_DATA, flow);
		e->frame = f;
		e->length = (uint32_t)n;
		flow->unconsumed += (uint32_t)n;
		return (n == READ_BYTES);
	}
	mirage_platform_frame_free(p, f);
	if (n == 0) {
		flow->ended = true;
		batch_add(b, STACK_TCP_END, flow);
		if (flow->shut)
			flow_over(p, flow, 0);
	} else if (errno != EAGAIN)
		flow_over(p, flow, stack_error(errno));
	return (false);
}

void
flow_ready(struct mirage_platform *p, struct sock *flow, uint32_t events,
    struct batch *b)
{
	bool dying = (events & (EPOLLERR | EPOLLHUP)) != 0;
	unsigned i;

	if (flow->connecting) {
		int error = pending_error(flow);

		if (error != 0) {
			flow_over(p, flow, stack_error(error));
			return;
		}
		flow->connecting = false;
		batch_add(b, STACK_TCP_CONNECTED, flow);
		sock_interest(p->sockets, flow, wanted(flow));
		return;
	}
	if ((events & EPOLLOUT) && flow->wants_room) {
		flow->wants_room = false;
		batch_add(b, STACK_TCP_WRITABLE, flow)->b = room_to_send(flow);
	}
	/* What came before an error is still to be read, whatever the limit. */
	for (i = 2; i < EVENTS_EACH && !flow->ended && !flow->over &&
	    (dying || flow->unconsumed < flow->receive_limit);
	    i++)
		if (!read_some(p, flow, b))
			break;
	if (dying && flow->ended && !flow->over) {
		int error = pending_error(flow);

		flow_over(p, flow, error == 0 ? 0 : stack_error(error));
	}
	sock_interest(p->sockets, flow, wanted(flow));
}

/* A flow that can be sent on; else *error. */
static struct sock *
sending(struct mirage_platform *p, uint32_t id, int32_t *error)
{
	struct sock *flow = sock_find(p, id, SOCK_FLOW);

	if (flow == NULL || flow->closed)
		*error = stack_error(EBADF);
	else if (flow->connecting)
		*error = stack_error(ENOTCONN);
	else if (flow->over)
		*error = flow->why == 0 ? stack_error(EPIPE) : flow->why;
	else if (flow->shut)
		*error = stack_error(EPIPE);
	else
		return (flow);
	return (NULL);
}

int32_t
call_tcp_write(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	uint32_t offset = a[2], length = a[3];
	struct iovec iov[IOVECS];
	struct msghdr m = {.msg_iov = iov};
	int32_t error;
	struct sock *flow = sending(p, a[0], &error);
	ssize_t n;

	if (flow == NULL)
		return (error);
	if (f == NULL || offset > f->len || length > f->len - offset)
		return (stack_error(EINVAL));
	if (length == 0)
		return (0);
	m.msg_iovlen = frame_iovecs(f, offset, length, iov, IOVECS);
	do {
		n = sendmsg(flow->fd, &m, MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	if (n == -1 && errno != EAGAIN && errno != ENOBUFS) {
		error = stack_error(errno);
		/* The descriptor says it only once: keep it. */
		if (errno != EPIPE)
			flow_over(p, flow, error);
		return (error);
	}
	if (n < 0)
		n = 0;
	if ((uint32_t)n < length) {
		flow->wants_room = true;
		sock_interest(p->sockets, flow, wanted(flow));
	}
	return ((int32_t)n);
}

int32_t
call_tcp_consume(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	struct sock *flow = sock_find(p, a[0], SOCK_FLOW);

	UNUSED(f);
	if (flow == NULL)
		return (stack_error(EBADF));
	if (a[1] > flow->unconsumed)
		return (stack_error(EINVAL));
	flow->unconsumed -= a[1];
	sock_interest(p->sockets, flow, wanted(flow));
	return (0);
}

int32_t
call_tcp_shutdown(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	int32_t error;
	struct sock *flow = sending(p, a[0], &error);

	UNUSED(f);
	if (flow == NULL)
		return (error);
	(void)shutdown(flow->fd, SHUT_WR);
	flow->shut = true;
	if (flow->ended)
		flow_over(p, flow, 0);
	return (0);
}

/* The program has no more interest. */
static int32_t
let_go(struct mirage_platform *p, uint32_t id, bool reset)
{
	struct sock *flow = sock_find(p, id, SOCK_FLOW);
	struct linger none = {1, 0};

	if (flow == NULL || flow->closed)
		return (stack_error(EBADF));
	flow->closed = true;
	if (flow->said) {
		sock_free(p->sockets, flow);
		return (0);
	}
	if (reset && !flow->over)
		(void)setsockopt(
		    flow->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	flow_over(p, flow, reset ? stack_error(ECONNABORTED) : 0);
	return (0);
}

int32_t
call_tcp_close(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	const struct sock *flow = sock_find(p, a[0], SOCK_FLOW);
	bool reset = false;

	UNUSED(f);
	if (flow != NULL && !flow->closed) {
		/*
		 * What the program did not take is lost, and the peer must
		 * know (RFC 1122, section 4.2.2.13).  The host does it for
		 * what we have not read.
		 */
		reset = flow->linger_ms == 0 || flow->unconsumed != 0;
		if (!reset)
			flow_linger(flow);
	}
	/* The host goes on sending what it took, without the program. */
	return (let_go(p, a[0], reset));
}

int32_t
call_tcp_abort(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	UNUSED(f);
	return (let_go(p, a[0], true));
}
