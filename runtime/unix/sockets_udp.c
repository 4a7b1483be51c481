/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * --net socket: UDP.
 */
#include <sys/epoll.h>
#include <sys/uio.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Before linux/errqueue.h, which needs struct timespec. */
#include <time.h>

#include <linux/errqueue.h>

#include "sockets.h"
#include "stack_numbers.h"

#define IPV6_HEADER_BYTES 40
#define IPV6_SOURCE	  8 /* bytes into the header */
#define IPV6_DESTINATION  24
#define DATAGRAM_BYTES	  65536 /* room for the longest */
#define PAYLOAD_MAX	  65507 /* of IPv4: 65535 - 20 - 8 */
#define IOVECS		  64

static int32_t
last_error(int fd)
{
	int error = errno;

	if (fd != -1)
		close(fd);
	return (stack_error(error));
}

static void
turn_on(int fd, int level, int name)
{
	int yes = 1;

	(void)setsockopt(fd, level, name, &yes, sizeof(yes));
}

int32_t
call_udp_bind(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	int family = family_of(p->sockets, a), fd;
	struct sockaddr_any own;
	struct sock *sock;

	(void)f;
	if (a[4] > 65535 || !address_of(&own, family, a, a[4]))
		return (stack_error(EINVAL));
	fd = socket_open(family, SOCK_DGRAM);
	if (fd == -1)
		return (last_error(-1));
	turn_on(fd, SOL_SOCKET, SO_BROADCAST);
	/* ICMP's errors, with the datagram's destination. */
	turn_on(fd, IPPROTO_IP, IP_RECVERR);
	if (family == AF_INET6)
		turn_on(fd, IPPROTO_IPV6, IPV6_RECVERR);
	if (bind(fd, &own.sa, own.len) == -1)
		return (last_error(fd));
	sock = sock_new(p->sockets, SOCK_UDP, fd, family);
	if (sock == NULL)
		return (last_error(-1));
	sock_interest(p->sockets, sock, EPOLLIN);
	return (sock->id);
}

int32_t
call_udp_connect(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	struct sock *sock = sock_find(p, a[0], SOCK_UDP);
	struct sockaddr_any to;

	(void)f;
	if (sock == NULL)
		return (stack_error(EBADF));
	if (is_any(a + 1)) {
		struct sockaddr none = {.sa_family = AF_UNSPEC};

		(void)connect(sock->fd, &none, sizeof(none));
		sock->connected = false;
		return (0);
	}
	if (a[5] < 1 || a[5] > 65535)
		return (stack_error(EINVAL));
	if (!address_of(&to, sock->family, a + 1, a[5]))
		return (stack_error(EAFNOSUPPORT));
	if (connect(sock->fd, &to.sa, to.len) == -1)
		return (last_error(-1));
	sock->connected = true;
	return (0);
}

int32_t
call_udp_port(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	struct sock *sock = sock_find(p, a[0], SOCK_UDP);
	struct sockaddr_any own = {.len = sizeof(own.in6)};
	uint32_t words[4], port;

	(void)f;
	if (sock == NULL)
		return (stack_error(EBADF));
	if (getsockname(sock->fd, &own.sa, &own.len) == -1)
		return (last_error(-1));
	words_of(&own, words, &port);
	return ((int32_t)port);
}

int32_t
call_udp_send(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	/* socket, frame, offset, length, words 4-7, port 8 (0: connected) */
	struct sock *sock = sock_find(p, a[0], SOCK_UDP);
	uint32_t offset = a[2], length = a[3];
	struct iovec iov[IOVECS];
	struct msghdr m = {.msg_iov = iov};
	struct sockaddr_any to;
	unsigned tries;

	if (sock == NULL)
		return (stack_error(EBADF));
	if (length > 0 &&
	    (f == NULL || offset > f->len || length > f->len - offset))
		return (stack_error(EINVAL));
	if (a[8] != 0 || !is_any(a + 4)) {
		if (sock->connected)
			return (stack_error(EISCONN));
		if (a[8] < 1 || a[8] > 65535)
			return (stack_error(EINVAL));
		if (!address_of(&to, sock->family, a + 4, a[8]))
			return (stack_error(EAFNOSUPPORT));
		m.msg_name = &to.sa;
		m.msg_namelen = to.len;
	}
	if (length > 0)
		m.msg_iovlen = frame_iovecs(f, offset, length, iov, IOVECS);
	/* An error of an earlier datagram is reported once, to no avail. */
	for (tries = 0; tries < 2; tries++) {
		if (sendmsg(sock->fd, &m, MSG_NOSIGNAL) != -1)
			return (0);
		if (errno != ECONNREFUSED && errno != EHOSTUNREACH &&
		    errno != EINTR)
			break;
	}
	return (stack_error(errno == EAGAIN ? ENOBUFS :
		errno == EDESTADDRREQ	    ? ENOTCONN :
					      errno));
}

static int32_t
membership(struct mirage_platform *p, const uint32_t *a, bool join)
{
	struct sock *sock = sock_find(p, a[0], SOCK_UDP);
	struct group_req group;
	struct sockaddr_any to;
	int family;

	if (sock == NULL)
		return (stack_error(EBADF));
	family = family_of(p->sockets, a + 1);
	if (!address_of(&to, family, a + 1, 0))
		return (stack_error(EAFNOSUPPORT));
	memset(&group, 0, sizeof(group));
	/* Interfaces count from 0 in the stack, from 1 here; -1: any. */
	group.gr_interface = a[5] == UINT32_MAX ? 0 : a[5] + 1;
	memcpy(&group.gr_group, &to.sa, to.len);
	if (setsockopt(sock->fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
		join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &group,
		sizeof(group)) == -1)
		return (last_error(-1));
	return (0);
}

int32_t
call_udp_join(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	(void)f;
	return (membership(p, a, true));
}

int32_t
call_udp_leave(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	(void)f;
	return (membership(p, a, false));
}

static bool
set(const struct sock *sock, int level, int name, int value)
{
	return (setsockopt(sock->fd, level, name, &value, sizeof(value)) == 0);
}

int32_t
call_udp_set(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	const struct sock *sock = sock_find(p, a[0], SOCK_UDP);
	int value = (int)a[2];
	bool v6, ok;

	(void)f;
	if (sock == NULL)
		return (stack_error(EBADF));
	if (a[2] > 255)
		return (stack_error(EINVAL));
	/* A socket of both versions has one for each. */
	v6 = sock->family == AF_INET6;
	switch (a[1]) {
	case STACK_UDP_HOP_LIMIT:
		ok = value > 0 && set(sock, IPPROTO_IP, IP_TTL, value) &&
		    set(sock, IPPROTO_IP, IP_MULTICAST_TTL, value) &&
		    (!v6 ||
			(set(sock, IPPROTO_IPV6, IPV6_UNICAST_HOPS, value) &&
			    set(sock, IPPROTO_IPV6, IPV6_MULTICAST_HOPS,
				value)));
		break;
	case STACK_UDP_TRAFFIC_CLASS:
		ok = set(sock, IPPROTO_IP, IP_TOS, value) &&
		    (!v6 || set(sock, IPPROTO_IPV6, IPV6_TCLASS, value));
		break;
	case STACK_UDP_MULTICAST_LOOP:
		value = value != 0;
		ok = set(sock, IPPROTO_IP, IP_MULTICAST_LOOP, value) &&
		    (!v6 ||
			set(sock, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, value));
		break;
	default:
		ok = false;
	}
	return (ok ? 0 : stack_error(EINVAL));
}

int32_t
call_udp_max_payload(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	(void)p;
	(void)a;
	(void)f;
	return (PAYLOAD_MAX);
}

int32_t
call_udp_close(
    struct mirage_platform *p, const uint32_t *a, const struct mirage_frame *f)
{
	struct sock *sock = sock_find(p, a[0], SOCK_UDP);

	(void)f;
	if (sock == NULL)
		return (stack_error(EBADF));
	sock_free(p->sockets, sock);
	return (0);
}

/* An IPv6 header's address field, as if it had been received. */
static void
put_address(uint8_t *at, const uint32_t words[4])
{
	int i;

	for (i = 0; i < 4; i++) {
		uint32_t word = htonl(words[i]);

		memcpy(at + 4 * i, &word, 4);
	}
}

static bool
is_ipv4_words(const uint32_t words[4])
{
	return (words[0] == 0 && words[1] == 0 && words[2] == 0xffff);
}

/* False: there is none. */
static bool
receive(struct mirage_platform *p, struct sock *sock, struct batch *b)
{
	struct mirage_frame *f =
	    mirage_platform_frame_alloc(p, IPV6_HEADER_BYTES + DATAGRAM_BYTES);
	struct sockaddr_any from;
	struct iovec iov;
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	struct mirage_socket_event *e;
	uint32_t words[4], port;
	ssize_t n;

	if (f == NULL)
		return (false);
	iov.iov_base = f->head + IPV6_HEADER_BYTES;
	iov.iov_len = DATAGRAM_BYTES;
	m.msg_name = &from.sa;
	m.msg_namelen = sizeof(from.in6);
	n = recvmsg(sock->fd, &m, 0);
	if (n == -1) {
		mirage_platform_frame_free(p, f);
		return (errno == EINTR);
	}
	frame_fill(p, f, IPV6_HEADER_BYTES + (uint32_t)n);
	words_of(&from, words, &port);
	if (is_ipv4_words(words)) {
		e = batch_add(b, STACK_UDP_DATAGRAM, sock);
		e->b = words[3];
		e->c = port;
	} else {
		memset(f->head, 0, IPV6_HEADER_BYTES);
		put_address(f->head + IPV6_SOURCE, words);
		e = batch_add(b, STACK_UDP_DATAGRAM6, sock);
		e->c = port; /* the header is at offset 0 */
	}
	e->frame = f;
	e->offset = IPV6_HEADER_BYTES;
	e->length = (uint32_t)n;
	return (true);
}

/* An error of ICMP about a datagram that was sent.  False: there is none. */
static bool
receive_error(struct mirage_platform *p, struct sock *sock, struct batch *b)
{
	struct sockaddr_any to;
	char control[256] __attribute__((aligned(8)));
	struct msghdr m = {.msg_name = &to.sa,
	    .msg_namelen = sizeof(to.in6),
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	const struct sock_extended_err *error = NULL;
	struct mirage_socket_event *e;
	struct mirage_frame *f;
	struct cmsghdr *c;
	uint32_t words[4], port;

	if (recvmsg(sock->fd, &m, MSG_ERRQUEUE) == -1)
		return (errno == EINTR);
	for (c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c))
		if ((c->cmsg_level == IPPROTO_IP &&
			c->cmsg_type == IP_RECVERR) ||
		    (c->cmsg_level == IPPROTO_IPV6 &&
			c->cmsg_type == IPV6_RECVERR))
			error = (const void *)CMSG_DATA(c);
	if (error == NULL ||
	    (error->ee_origin != SO_EE_ORIGIN_ICMP &&
		error->ee_origin != SO_EE_ORIGIN_ICMP6))
		return (true);
	words_of(&to, words, &port);
	if (is_ipv4_words(words)) {
		e = batch_add(b, STACK_UDP_UNREACHABLE, sock);
		e->b = words[3];
		e->c =
		    port << 16 | (uint32_t)error->ee_type << 8 | error->ee_code;
		return (true);
	}
	f = mirage_platform_frame_alloc(p, IPV6_HEADER_BYTES);
	if (f == NULL)
		return (true);
	memset(f->head, 0, IPV6_HEADER_BYTES);
	put_address(f->head + IPV6_DESTINATION, words);
	f->timestamp_ns = mirage_platform_monotonic_ns(p);
	e = batch_add(b, STACK_UDP_UNREACHABLE6, sock);
	e->frame = f;
	e->b = (uint32_t)error->ee_type << 8 | error->ee_code;
	e->c = port;
	return (true);
}

void
udp_ready(struct mirage_platform *p, struct sock *sock, uint32_t events,
    struct batch *b)
{
	unsigned i;

	if (events & EPOLLERR) {
		for (i = 0; i < EVENTS_EACH / 2; i++)
			if (!receive_error(p, sock, b))
				break;
	}
	for (i = 0; i < EVENTS_EACH / 2; i++)
		if (!receive(p, sock, b))
			break;
}
