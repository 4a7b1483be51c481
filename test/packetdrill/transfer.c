/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes in and out of sockets, and waiting for them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "pd.h"

#define NS_PER_MS 1000000
#define CHUNK	  32768 /* bytes written as one frame */

void
pd_queue(struct socket *so, const struct piece *piece)
{
	struct piece *p = malloc(sizeof(*p));

	if (p == NULL)
		abort();
	*p = *piece;
	p->next = NULL;
	if (so->last == NULL)
		so->first = p;
	else
		so->last->next = p;
	so->last = p;
	so->queued += p->length;
}

/* The first piece is used up. */
static void
next_piece(struct pd *pd, struct socket *so)
{
	struct piece *p = so->first;

	so->first = p->next;
	if (so->first == NULL)
		so->last = NULL;
	stack_release(pd->stack, p->frame);
	free(p);
}

void
pd_drop_queue(struct pd *pd, struct socket *so)
{
	while (so->first != NULL)
		next_piece(pd, so);
	so->queued = 0;
}

bool
pd_readable(struct pd *pd, const void *socket)
{
	const struct socket *so = socket;

	if (so->state == SOCKET_LISTENING)
		return (pd_next_accepted(pd, so) != NULL);
	return (so->first != NULL || so->ended || so->shut_read ||
	    so->error != 0 || so->state == SOCKET_FREE);
}

bool
pd_writable(struct pd *pd, const void *socket)
{
	const struct socket *so = socket;

	(void)pd;
	return (so->datagrams || so->error != 0 || so->shut_write ||
	    so->state == SOCKET_OVER || so->state == SOCKET_FREE ||
	    (so->state == SOCKET_CONNECTED && !so->full));
}

static int
take_error(struct socket *so)
{
	int error = so->error;

	so->error = 0;
	return (error);
}

static size_t
room(const struct iovec *iov, size_t n)
{
	size_t i, bytes = 0;

	for (i = 0; i < n; i++)
		bytes += iov[i].iov_len;
	return (bytes);
}

/* Copies from a piece to place `at` of the vector. */
static void
scatter(struct pd *pd, const struct piece *p, uint32_t n,
    const struct iovec *iov, size_t at)
{
	uint32_t from = p->offset, part;

	for (; n > 0; iov++) {
		if (at >= iov->iov_len) {
			at -= iov->iov_len;
			continue;
		}
		part = n;
		if (part > iov->iov_len - at)
			part = (uint32_t)(iov->iov_len - at);
		stack_read(pd->stack, p->frame, from,
		    (uint8_t *)iov->iov_base + at, part);
		from += part;
		n -= part;
		at = 0;
	}
}

static ssize_t
take_bytes(struct pd *pd, struct socket *so, const struct iovec *iov, size_t n,
    int flags, struct address *from)
{
	size_t want = room(iov, n), got = 0;
	struct piece *p = so->first;
	uint32_t part;

	*from = so->datagrams ? p->from : so->remote;
	while (p != NULL && got < want) {
		part = p->length;
		if (part > want - got)
			part = (uint32_t)(want - got);
		scatter(pd, p, part, iov, got);
		got += part;
		if (flags & MSG_PEEK) {
			p = p->next;
		} else if (so->datagrams || part == p->length) {
			so->queued -= p->length;
			next_piece(pd, so);
			p = so->first;
		} else {
			p->offset += part;
			p->length -= part;
			so->queued -= part;
		}
		if (so->datagrams)
			break;
	}
	if (!so->datagrams && !(flags & MSG_PEEK) && got > 0 &&
	    so->state != SOCKET_OVER)
		(void)STACK_CALL(
		    pd->stack, "tcp_consume", (uint32_t)so->id, (uint32_t)got);
	return ((ssize_t)got);
}

static ssize_t
receive(struct pd *pd, int fd, const struct iovec *iov, size_t n, int flags,
    struct address *from)
{
	struct socket *so;
	ssize_t result = -1;

	pd_enter(pd);
	pd_control_read(pd);
	so = pd_socket(pd, fd);
	if (so != NULL && !so->datagrams && so->state != SOCKET_CONNECTED &&
	    so->state != SOCKET_CONNECTING && so->state != SOCKET_OVER) {
		errno = ENOTCONN;
	} else if (so != NULL) {
		if (!(so->flags & O_NONBLOCK) && !(flags & MSG_DONTWAIT))
			(void)pd_wait(pd, pd_readable, so, UINT64_MAX);
		if (so->first != NULL)
			result = take_bytes(pd, so, iov, n, flags, from);
		else if (so->error != 0)
			errno = take_error(so);
		else if (so->ended || so->shut_read)
			result = 0;
		else
			errno = EAGAIN;
	}
	pd_leave(pd);
	return (result);
}

ssize_t
pd_call_read(void *self, int fd, void *bytes, size_t len)
{
	const struct iovec iov = {bytes, len};
	struct address from;

	return (receive(self, fd, &iov, 1, 0, &from));
}

ssize_t
pd_call_readv(void *self, int fd, const struct iovec *iov, int n)
{
	struct address from;

	return (receive(self, fd, iov, (size_t)n, 0, &from));
}

ssize_t
pd_call_recv(void *self, int fd, void *bytes, size_t len, int flags)
{
	const struct iovec iov = {bytes, len};
	struct address from;

	return (receive(self, fd, &iov, 1, flags, &from));
}

/* Where bytes came from, for who asked. */
static void
tell_source(struct pd *pd, int fd, const struct address *from,
    struct sockaddr *sa, socklen_t *len)
{
	const struct socket *so;

	pd_enter(pd);
	so = pd_socket(pd, fd);
	if (so != NULL)
		pd_sockaddr(so, from, sa, len);
	pd_leave(pd);
}

ssize_t
pd_call_recvfrom(void *self, int fd, void *bytes, size_t len, int flags,
    struct sockaddr *sa, socklen_t *salen)
{
	const struct iovec iov = {bytes, len};
	struct address from;
	ssize_t got = receive(self, fd, &iov, 1, flags, &from);

	if (got >= 0 && sa != NULL)
		tell_source(self, fd, &from, sa, salen);
	return (got);
}

ssize_t
pd_call_recvmsg(void *self, int fd, struct msghdr *m, int flags)
{
	struct address from;
	ssize_t got =
	    receive(self, fd, m->msg_iov, m->msg_iovlen, flags, &from);

	if (got >= 0) {
		m->msg_flags = 0;
		m->msg_controllen = 0;
		if (m->msg_name != NULL)
			tell_source(
			    self, fd, &from, m->msg_name, &m->msg_namelen);
	}
	return (got);
}

/* Out. */

static ssize_t
send_datagram(struct pd *pd, struct socket *so, const uint8_t *bytes,
    size_t len, const struct address *to)
{
	/* The peer that udp_connect() has said. */
	static const struct address connected;
	const uint32_t *w;
	uint32_t frame;
	int32_t sent;

	if (so->error != 0) {
		errno = take_error(so);
		return (-1);
	}
	if (to == NULL && so->state != SOCKET_CONNECTED) {
		errno = EDESTADDRREQ;
		return (-1);
	}
	if (to == NULL)
		to = &connected;
	w = to->word;
	if (so->id < 0 && pd_bind_datagrams(pd, so) != 0)
		return (-1);
	if (len > STACK_FRAME_BYTES) {
		errno = EMSGSIZE;
		return (-1);
	}
	frame = stack_frame(pd->stack, bytes, len);
	sent = STACK_CALL(pd->stack, "udp_send", (uint32_t)so->id, frame, 0,
	    (uint32_t)len, w[0], w[1], w[2], w[3], to->port);
	stack_release(pd->stack, frame);
	return (sent < 0 ? pd_fail(sent) : (ssize_t)len);
}

static int
why_not_writable(struct socket *so)
{
	if (so->error != 0)
		return (take_error(so));
	if (so->shut_write || so->state == SOCKET_OVER)
		return (EPIPE);
	if (so->state == SOCKET_CONNECTING)
		return (so->flags & O_NONBLOCK ? EAGAIN : 0);
	return (so->state == SOCKET_CONNECTED ? 0 : ENOTCONN);
}

static ssize_t
send_stream(struct pd *pd, struct socket *so, const uint8_t *bytes, size_t len,
    int flags)
{
	bool wait = !(so->flags & O_NONBLOCK) && !(flags & MSG_DONTWAIT);
	size_t done = 0;
	uint32_t frame, part;
	int32_t took;
	int error;

	while (done < len) {
		if (wait)
			(void)pd_wait(pd, pd_writable, so, UINT64_MAX);
		error = why_not_writable(so);
		if (error == 0 && so->full)
			error = EAGAIN;
		if (error != 0) {
			if (done > 0)
				break;
			errno = error;
			return (-1);
		}
		part = len - done < CHUNK ? (uint32_t)(len - done) : CHUNK;
		frame = stack_frame(pd->stack, bytes + done, part);
		if (frame == 0) {
			errno = ENOBUFS;
			return (done > 0 ? (ssize_t)done : -1);
		}
		/* Before, because the event may come at once. */
		so->full = true;
		took = STACK_CALL(
		    pd->stack, "tcp_write", (uint32_t)so->id, frame, 0, part);
		stack_release(pd->stack, frame);
		if (took < 0) {
			so->full = false;
			return (done > 0 ? (ssize_t)done : pd_fail(took));
		}
		if ((uint32_t)took == part)
			so->full = false;
		done += (uint32_t)took;
	}
	return ((ssize_t)done);
}

static ssize_t
transmit(struct pd *pd, int fd, const struct iovec *iov, size_t n, int flags,
    const struct address *to)
{
	size_t len = room(iov, n), at = 0, i;
	uint8_t *bytes = malloc(len + 1);
	struct socket *so;
	ssize_t result = -1;

	if (bytes == NULL)
		abort();
	for (i = 0; i < n; i++) {
		if (iov[i].iov_len > 0)
			memcpy(bytes + at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
	}
	pd_enter(pd);
	pd_control_read(pd);
	so = pd_socket(pd, fd);
	if (so != NULL)
		result = so->datagrams ? send_datagram(pd, so, bytes, len, to) :
					 send_stream(pd, so, bytes, len, flags);
	pd_leave(pd);
	free(bytes);
	return (result);
}

ssize_t
pd_call_write(void *self, int fd, const void *bytes, size_t len)
{
	return (pd_call_send(self, fd, bytes, len, 0));
}

ssize_t
pd_call_writev(void *self, int fd, const struct iovec *iov, int n)
{
	return (transmit(self, fd, iov, (size_t)n, 0, NULL));
}

ssize_t
pd_call_send(void *self, int fd, const void *bytes, size_t len, int flags)
{
	return (pd_call_sendto(self, fd, bytes, len, flags, NULL, 0));
}

ssize_t
pd_call_sendto(void *self, int fd, const void *bytes, size_t len, int flags,
    const struct sockaddr *sa, socklen_t salen)
{
	union {
		const void *in;
		void *out;
	} base = {.in = bytes};
	const struct iovec iov = {base.out, len};
	struct address to;

	if (sa != NULL && pd_address(sa, salen, &to) != 0)
		return (-1);
	return (transmit(self, fd, &iov, 1, flags, sa == NULL ? NULL : &to));
}

ssize_t
pd_call_sendmsg(void *self, int fd, const struct msghdr *m, int flags)
{
	struct address to;

	if (m->msg_name != NULL &&
	    pd_address(m->msg_name, m->msg_namelen, &to) != 0)
		return (-1);
	return (transmit(self, fd, m->msg_iov, m->msg_iovlen, flags,
	    m->msg_name == NULL ? NULL : &to));
}

/* Waiting for several. */

struct polled {
	struct pollfd *fds;
	nfds_t n;
};

static short
poll_one(struct pd *pd, const struct pollfd *p)
{
	const struct socket *so = pd_socket(pd, p->fd);
	short found = 0;

	if (so == NULL)
		return (POLLNVAL);
	if (pd_readable(pd, so))
		found |= POLLIN | POLLRDNORM;
	if (so->state != SOCKET_LISTENING && pd_writable(pd, so))
		found |= POLLOUT | POLLWRNORM;
	if (so->ended && !so->datagrams)
		found |= POLLRDHUP;
	found &= p->events;
	if (so->error != 0)
		found |= POLLERR;
	if (so->state == SOCKET_OVER || (so->ended && so->shut_write))
		found |= POLLHUP;
	return (found);
}

static bool
any_polled(struct pd *pd, const void *what)
{
	const struct polled *all = what;
	nfds_t i;

	for (i = 0; i < all->n; i++)
		if (poll_one(pd, &all->fds[i]) != 0)
			return (true);
	return (false);
}

int
pd_call_poll(void *self, struct pollfd *fds, nfds_t n, int timeout_ms)
{
	struct pd *pd = self;
	const struct polled all = {fds, n};
	uint64_t until = UINT64_MAX;
	int found = 0;
	nfds_t i;

	pd_enter(pd);
	pd_control_read(pd);
	if (timeout_ms >= 0)
		until = stack_now(pd->stack) + (uint64_t)timeout_ms * NS_PER_MS;
	if (timeout_ms != 0)
		(void)pd_wait(pd, any_polled, &all, until);
	for (i = 0; i < n; i++) {
		fds[i].revents = poll_one(pd, &fds[i]);
		found += fds[i].revents != 0;
	}
	pd_leave(pd);
	return (found);
}
