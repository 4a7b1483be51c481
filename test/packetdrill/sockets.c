/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Sockets by descriptor: their life, and what the stack's events do to them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "pd.h"

#define CONNECT_MS 75000 /* the stack's default */

struct socket *
pd_socket(struct pd *pd, int fd)
{
	struct socket *so;
	int i;

	for (i = 0; i < SOCKETS; i++) {
		so = &pd->sockets[i];
		if (so->state != SOCKET_FREE && so->state != SOCKET_DETACHED &&
		    so->fd == fd && fd >= 0)
			return (so);
	}
	errno = EBADF;
	return (NULL);
}

/*
 * packetdrill closes what a script leaves open by itself, by the host's
 * close(): so descriptors are the host's, too.
 */
static int
place_holder(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		abort();
	return (fd);
}

static struct socket *
new_socket(struct pd *pd, bool datagrams, int family)
{
	struct socket *so;
	int i;

	for (i = 0; i < SOCKETS; i++) {
		so = &pd->sockets[i];
		if (so->state != SOCKET_FREE)
			continue;
		memset(so, 0, sizeof(*so));
		so->state = SOCKET_NEW;
		so->datagrams = datagrams;
		so->family = family;
		so->fd = -1;
		so->id = -1;
		return (so);
	}
	return (NULL);
}

static struct socket *
by_id(struct pd *pd, uint32_t id, bool datagrams, bool listening)
{
	struct socket *so;
	int i;

	for (i = 0; i < SOCKETS; i++) {
		so = &pd->sockets[i];
		if (so->state != SOCKET_FREE && so->id == (int32_t)id &&
		    so->datagrams == datagrams &&
		    (so->state == SOCKET_LISTENING) == listening)
			return (so);
	}
	return (NULL);
}

static void
free_socket(struct pd *pd, struct socket *so)
{
	pd_drop_queue(pd, so);
	so->state = SOCKET_FREE;
	so->id = -1;
}

void
pd_forget(struct pd *pd)
{
	int i;

	for (i = 0; i < SOCKETS; i++)
		if (pd->sockets[i].state != SOCKET_FREE)
			free_socket(pd, &pd->sockets[i]);
}

/* Addresses. */

static const uint32_t mapped[4] = {0, 0, 0xffff, 0};

int
pd_address(const struct sockaddr *sa, socklen_t len, struct address *to)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;
	uint32_t word;
	int i;

	if (sa == NULL || len < sizeof(sa->sa_family))
		goto invalid;
	if (sa->sa_family == AF_INET && len >= sizeof(*in)) {
		memcpy(to->word, mapped, sizeof(mapped));
		to->word[3] = ntohl(in->sin_addr.s_addr);
		to->port = ntohs(in->sin_port);
		if (to->word[3] == 0)
			to->word[2] = 0; /* any */
		return (0);
	}
	if (sa->sa_family == AF_INET6 && len >= sizeof(*in6)) {
		for (i = 0; i < 4; i++) {
			memcpy(&word, &in6->sin6_addr.s6_addr[4 * i], 4);
			to->word[i] = ntohl(word);
		}
		to->port = ntohs(in6->sin6_port);
		return (0);
	}
invalid:
	errno = EINVAL;
	return (-1);
}

void
pd_sockaddr(const struct socket *so, const struct address *from,
    struct sockaddr *to, socklen_t *len)
{
	struct sockaddr_storage all;
	struct sockaddr_in *in = (void *)&all;
	struct sockaddr_in6 *in6 = (void *)&all;
	socklen_t bytes;
	uint32_t word;
	int i;

	if (to == NULL || len == NULL)
		return;
	memset(&all, 0, sizeof(all));
	if (so->family == AF_INET) {
		bytes = sizeof(*in);
		in->sin_family = AF_INET;
		in->sin_port = htons(from->port);
		in->sin_addr.s_addr = htonl(from->word[3]);
	} else {
		bytes = sizeof(*in6);
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(from->port);
		for (i = 0; i < 4; i++) {
			word = htonl(from->word[i]);
			memcpy(&in6->sin6_addr.s6_addr[4 * i], &word, 4);
		}
	}
	memcpy(to, &all, *len < bytes ? *len : bytes);
	*len = bytes;
}

uint32_t
pd_get(struct pd *pd, const struct socket *so, enum tcp_field field)
{
	return ((uint32_t)STACK_CALL(
	    pd->stack, "tcp_get", (uint32_t)so->id, (uint32_t)field));
}

static void
learn_addresses(struct pd *pd, struct socket *so)
{
	uint32_t i;

	for (i = 0; i < 4; i++) {
		so->local.word[i] = pd_get(pd, so, FIELD_LOCAL_WORD0 + i);
		so->remote.word[i] = pd_get(pd, so, FIELD_REMOTE_WORD0 + i);
	}
	so->local.port = (uint16_t)pd_get(pd, so, FIELD_LOCAL_PORT);
	so->remote.port = (uint16_t)pd_get(pd, so, FIELD_REMOTE_PORT);
}

/* Events. */

static void
accepted(struct pd *pd, const struct stack_event *e)
{
	struct socket *listener = by_id(pd, e->a, false, true), *so;

	so = listener == NULL ? NULL : new_socket(pd, false, listener->family);
	if (so == NULL) {
		(void)STACK_CALL(pd->stack, "tcp_abort", e->b);
		return;
	}
	so->state = SOCKET_CONNECTED;
	so->id = (int32_t)e->b;
	so->listener = listener;
	so->arrived = ++pd->arrivals;
	so->flags = listener->flags; /* as accept() does on BSD */
	so->keepalive = listener->keepalive;
	so->linger = listener->linger;
	memcpy(so->set, listener->set, sizeof(so->set));
	memcpy(so->option, listener->option, sizeof(so->option));
	learn_addresses(pd, so);
}

static void
closed(struct pd *pd, struct socket *so, uint32_t error)
{
	if (so->state == SOCKET_DETACHED) {
		free_socket(pd, so);
		return;
	}
	if (error != 0)
		so->error = pd_errno((int32_t)error);
	so->ended = true;
	so->state = SOCKET_OVER;
}

static void
datagram(struct pd *pd, const struct stack_event *e)
{
	struct socket *so = by_id(pd, e->a, true, false);
	struct piece piece = {NULL, e->frame, e->offset, e->length, {{0}, 0}};
	uint8_t header[40];
	int i;

	if (so == NULL) {
		stack_release(pd->stack, e->frame);
		return;
	}
	piece.from.port = (uint16_t)e->c;
	if (e->kind == EVENT_UDP_DATAGRAM) {
		memcpy(piece.from.word, mapped, sizeof(mapped));
		piece.from.word[3] = e->b;
	} else {
		stack_read(pd->stack, e->frame, e->c >> 16, header, 40);
		for (i = 0; i < 16; i++)
			piece.from.word[i / 4] =
			    piece.from.word[i / 4] << 8 | header[8 + i];
	}
	pd_queue(so, &piece);
}

void
pd_event(void *arg, const struct stack_event *e)
{
	struct pd *pd = arg;
	struct socket *so;
	const struct piece piece = {
	    NULL, e->frame, e->offset, e->length, {{0}, 0}};

	switch (e->kind) {
	case EVENT_UDP_DATAGRAM:
	case EVENT_UDP_DATAGRAM6:
		datagram(pd, e);
		return;
	case EVENT_UDP_UNREACHABLE:
		so = by_id(pd, e->a, true, false);
		if (so != NULL && so->state == SOCKET_CONNECTED)
			so->error = ECONNREFUSED;
		return;
	case EVENT_TCP_ACCEPTED:
		accepted(pd, e);
		return;
	}
	so = by_id(pd, e->a, false, false);
	if (so == NULL || so->state == SOCKET_FREE) {
		if (e->frame != 0)
			stack_release(pd->stack, e->frame);
		return;
	}
	switch (e->kind) {
	case EVENT_TCP_CONNECTED:
		so->state = SOCKET_CONNECTED;
		learn_addresses(pd, so);
		break;
	case EVENT_TCP_DATA:
		if (so->state == SOCKET_DETACHED || so->shut_read) {
			stack_release(pd->stack, e->frame);
			if (so->state != SOCKET_DETACHED)
				(void)STACK_CALL(
				    pd->stack, "tcp_consume", e->a, e->length);
		} else
			pd_queue(so, &piece);
		break;
	case EVENT_TCP_END:
		so->ended = true;
		break;
	case EVENT_TCP_WRITABLE:
		so->full = false;
		break;
	case EVENT_TCP_CLOSED:
		closed(pd, so, e->b);
		break;
	}
}

/* Calls. */

int
pd_call_socket(void *self, int domain, int type, int protocol)
{
	struct pd *pd = self;
	int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), result = -1;
	struct socket *so;

	(void)protocol;
	if (domain != AF_INET && domain != AF_INET6) {
		errno = EAFNOSUPPORT;
		return (-1);
	}
	if (kind != SOCK_STREAM && kind != SOCK_DGRAM) {
		errno = EPROTONOSUPPORT;
		return (-1);
	}
	pd_enter(pd);
	pd_control_read(pd);
	so = new_socket(pd, kind == SOCK_DGRAM, domain);
	if (so == NULL)
		errno = EMFILE;
	else {
		so->flags = type & SOCK_NONBLOCK ? O_NONBLOCK : 0;
		so->fd = place_holder();
		result = so->fd;
	}
	pd_leave(pd);
	return (result);
}

int
pd_bind_datagrams(struct pd *pd, struct socket *so)
{
	const uint32_t *w = so->local.word;
	int32_t id = STACK_CALL(
	    pd->stack, "udp_bind", w[0], w[1], w[2], w[3], so->local.port);

	if (id < 0)
		return (pd_fail(id));
	so->id = id;
	so->local.port =
	    (uint16_t)STACK_CALL(pd->stack, "udp_port", (uint32_t)id);
	return (0);
}

int
pd_call_bind(void *self, int fd, const struct sockaddr *sa, socklen_t len)
{
	struct pd *pd = self;
	struct address address;
	struct socket *so;
	int result = -1;

	if (pd_address(sa, len, &address) != 0)
		return (-1);
	pd_enter(pd);
	so = pd_socket(pd, fd);
	if (so != NULL && (so->state != SOCKET_NEW || so->local.port != 0))
		errno = EINVAL;
	else if (so != NULL) {
		so->local = address;
		result = so->datagrams ? pd_bind_datagrams(pd, so) : 0;
	}
	pd_leave(pd);
	return (result);
}

int
pd_call_listen(void *self, int fd, int backlog)
{
	struct pd *pd = self;
	struct socket *so;
	int32_t id;
	int result = -1;

	pd_enter(pd);
	so = pd_socket(pd, fd);
	if (so != NULL && so->datagrams)
		errno = EOPNOTSUPP;
	else if (so != NULL && so->state == SOCKET_LISTENING)
		result = 0;
	else if (so != NULL && so->state != SOCKET_NEW)
		errno = EINVAL;
	else if (so != NULL) {
		const uint32_t *w = so->local.word;

		id = STACK_CALL(pd->stack, "tcp_listen", w[0], w[1], w[2], w[3],
		    so->local.port, (uint32_t)(backlog < 1 ? 1 : backlog));
		if (id < 0)
			(void)pd_fail(id);
		else {
			so->id = id;
			so->state = SOCKET_LISTENING;
			so->local.port = (uint16_t)STACK_CALL(
			    pd->stack, "tcp_listener_port", (uint32_t)id);
			pd_apply_options(pd, so, id);
			result = 0;
		}
	}
	pd_leave(pd);
	return (result);
}

struct socket *
pd_next_accepted(struct pd *pd, const struct socket *listener)
{
	struct socket *so, *first = NULL;
	int i;

	for (i = 0; i < SOCKETS; i++) {
		so = &pd->sockets[i];
		if (so->state != SOCKET_FREE && so->fd < 0 &&
		    so->listener == listener &&
		    (first == NULL || so->arrived < first->arrived))
			first = so;
	}
	return (first);
}

static bool
acceptable(struct pd *pd, const void *listener)
{
	const struct socket *so = listener;

	return (
	    so->state != SOCKET_LISTENING || pd_next_accepted(pd, so) != NULL);
}

int
pd_call_accept(void *self, int fd, struct sockaddr *sa, socklen_t *len)
{
	struct pd *pd = self;
	struct socket *so, *new = NULL;
	int result = -1;

	pd_enter(pd);
	so = pd_socket(pd, fd);
	if (so != NULL && so->state != SOCKET_LISTENING)
		errno = EINVAL;
	else if (so != NULL) {
		if (!(so->flags & O_NONBLOCK))
			(void)pd_wait(pd, acceptable, so, UINT64_MAX);
		new = so->state == SOCKET_LISTENING ? pd_next_accepted(pd, so) :
						      NULL;
		if (new == NULL)
			errno = EAGAIN;
	}
	if (new != NULL) {
		new->listener = NULL;
		new->fd = place_holder();
		pd_sockaddr(new, &new->remote, sa, len);
		result = new->fd;
	}
	pd_leave(pd);
	return (result);
}

static bool
connected(struct pd *pd, const void *socket)
{
	const struct socket *so = socket;

	(void)pd;
	return (so->state != SOCKET_CONNECTING);
}

static int
connect_stream(struct pd *pd, struct socket *so, const struct address *to)
{
	const uint32_t *r = to->word, *l = so->local.word;
	uint32_t keepinit;
	int32_t id;

	if (so->state == SOCKET_CONNECTING)
		errno = EALREADY;
	else if (so->state == SOCKET_CONNECTED)
		errno = EISCONN;
	else if (so->state == SOCKET_LISTENING)
		errno = EOPNOTSUPP;
	if (so->state != SOCKET_NEW && so->state != SOCKET_OVER)
		return (-1);
	so->state = SOCKET_CONNECTING;
	/* These the stack knows for all flows only: set for this moment. */
	keepinit = pd->tuned[TUNING_CONNECT_MS];
	if (so->connect_ms != 0)
		pd_tune(pd, TUNING_CONNECT_MS, so->connect_ms);
	if (so->plain_syn)
		pd_tune(pd, TUNING_PLAIN_SYN, 1);
	id = STACK_CALL(pd->stack, "tcp_connect", r[0], r[1], r[2], r[3],
	    to->port, l[0], l[1], l[2], l[3], so->local.port);
	if (so->plain_syn)
		pd_tune(pd, TUNING_PLAIN_SYN, 0);
	if (so->connect_ms != 0)
		pd_tune(pd, TUNING_CONNECT_MS,
		    keepinit == 0 ? CONNECT_MS : keepinit);
	if (id < 0) {
		so->state = SOCKET_NEW;
		return (pd_fail(id));
	}
	so->id = id;
	so->ended = false;
	pd_apply_options(pd, so, id);
	learn_addresses(pd, so);
	if (so->flags & O_NONBLOCK) {
		errno = EINPROGRESS;
		return (-1);
	}
	(void)pd_wait(pd, connected, so, UINT64_MAX);
	if (so->state == SOCKET_CONNECTED)
		return (0);
	errno = so->error == 0 ? ECONNABORTED : so->error;
	so->error = 0;
	return (-1);
}

static int
connect_datagrams(struct pd *pd, struct socket *so, const struct address *to)
{
	const uint32_t *r = to->word;
	int32_t result;

	if (so->id < 0 && pd_bind_datagrams(pd, so) != 0)
		return (-1);
	result = STACK_CALL(pd->stack, "udp_connect", (uint32_t)so->id, r[0],
	    r[1], r[2], r[3], to->port);
	if (result < 0)
		return (pd_fail(result));
	so->remote = *to;
	so->state = SOCKET_CONNECTED;
	return (0);
}

int
pd_call_connect(void *self, int fd, const struct sockaddr *sa, socklen_t len)
{
	struct pd *pd = self;
	struct address address;
	struct socket *so;
	int result = -1;

	if (pd_address(sa, len, &address) != 0)
		return (-1);
	pd_enter(pd);
	pd_control_read(pd);
	so = pd_socket(pd, fd);
	if (so != NULL)
		result = so->datagrams ? connect_datagrams(pd, so, &address) :
					 connect_stream(pd, so, &address);
	pd_leave(pd);
	return (result);
}

static bool
lingered(struct pd *pd, const void *socket)
{
	(void)pd;
	return (((const struct socket *)socket)->state != SOCKET_DETACHED);
}

/* Frees it, at once or when its flow has said that it is over. */
static void
close_flow(struct pd *pd, struct socket *so)
{
	bool over = so->state == SOCKET_OVER;
	uint64_t until = stack_now(pd->stack) +
	    (uint64_t)so->linger.l_linger * UINT64_C(1000000000);

	/* First, so that TcpClosed frees it. */
	so->state = SOCKET_DETACHED;
	so->fd = -1;
	(void)STACK_CALL(pd->stack, "tcp_close", (uint32_t)so->id);
	if (over && so->state == SOCKET_DETACHED)
		free_socket(pd, so);
	else if (so->linger.l_onoff && so->linger.l_linger > 0 &&
	    !(so->flags & O_NONBLOCK))
		(void)pd_wait(pd, lingered, so, until);
}

static void
close_listener(struct pd *pd, struct socket *listener)
{
	struct socket *so;

	while ((so = pd_next_accepted(pd, listener)) != NULL) {
		so->listener = NULL;
		so->state = SOCKET_DETACHED;
		(void)STACK_CALL(pd->stack, "tcp_abort", (uint32_t)so->id);
		if (so->state == SOCKET_DETACHED)
			free_socket(pd, so);
	}
	(void)STACK_CALL(pd->stack, "tcp_unlisten", (uint32_t)listener->id);
	free_socket(pd, listener);
}

int
pd_call_close(void *self, int fd)
{
	struct pd *pd = self;
	struct socket *so;
	int result = -1;

	pd_enter(pd);
	pd_control_read(pd);
	so = pd_socket(pd, fd);
	if (so != NULL) {
		result = 0;
		(void)close(fd);
		if (so->state == SOCKET_LISTENING)
			close_listener(pd, so);
		else if (so->id < 0)
			free_socket(pd, so);
		else if (so->datagrams) {
			(void)STACK_CALL(
			    pd->stack, "udp_close", (uint32_t)so->id);
			free_socket(pd, so);
		} else
			close_flow(pd, so);
	}
	pd_leave(pd);
	return (result);
}

int
pd_call_shutdown(void *self, int fd, int how)
{
	struct pd *pd = self;
	struct socket *so;
	int32_t done = 0;
	int result = -1;

	pd_enter(pd);
	so = pd_socket(pd, fd);
	if (so != NULL &&
	    (so->state == SOCKET_NEW || so->state == SOCKET_LISTENING ||
		so->state == SOCKET_OVER))
		errno = ENOTCONN;
	else if (so != NULL) {
		if (how != SHUT_WR)
			so->shut_read = true;
		if (how != SHUT_RD && !so->shut_write && !so->datagrams) {
			so->shut_write = true;
			done = STACK_CALL(
			    pd->stack, "tcp_shutdown", (uint32_t)so->id);
		}
		result = done < 0 ? pd_fail(done) : 0;
	}
	pd_leave(pd);
	return (result);
}
