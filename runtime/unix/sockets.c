/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * --net socket: sockets by number, addresses, and the one epoll descriptor
 * that says which of them have events.
 */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sockets.h"
#include "stack_numbers.h"

#define SLOT_BITS   16 /* of a number; the 15 above are its generation */
#define SLOTS_MAX   65536
#define FIRST_SLOTS 64
#define EPOLL_BATCH 64

/* Of received bytes that are read at once. */
#define BUFFER_BYTES 16384

struct sockets {
	int epoll_fd;
	bool full; /* the program takes no more: do not wake it */
	bool has_ipv6;
	bool starved; /* a listener waits for a descriptor to be free */
	struct sock **slots;
	uint32_t nslots;
	struct sock *free, **last_free; /* in the order of becoming free */
	struct sock *first, **last; /* with something to say */
};

static const struct mirage_socket_call calls[] = {
    {"tcp_listen", 6, -1, call_tcp_listen},
    {"tcp_unlisten", 1, -1, call_tcp_unlisten},
    {"tcp_listener_port", 1, -1, call_tcp_listener_port},
    {"tcp_connect", 10, -1, call_tcp_connect},
    {"tcp_write", 4, 1, call_tcp_write},
    {"tcp_consume", 2, -1, call_tcp_consume},
    {"tcp_shutdown", 1, -1, call_tcp_shutdown},
    {"tcp_close", 1, -1, call_tcp_close},
    {"tcp_abort", 1, -1, call_tcp_abort},
    {"tcp_set", 3, -1, call_tcp_set},
    {"tcp_get", 2, -1, call_tcp_get},
    {"udp_bind", 5, -1, call_udp_bind},
    {"udp_connect", 6, -1, call_udp_connect},
    {"udp_port", 1, -1, call_udp_port},
    {"udp_send", 9, 1, call_udp_send},
    {"udp_join", 6, -1, call_udp_join},
    {"udp_leave", 6, -1, call_udp_leave},
    {"udp_set", 3, -1, call_udp_set},
    {"udp_max_payload", 4, -1, call_udp_max_payload},
    {"udp_close", 1, -1, call_udp_close},
};

const struct mirage_socket_call *
mirage_platform_sockets(struct mirage_platform *p, unsigned *ncalls)
{
	*ncalls = sizeof(calls) / sizeof(calls[0]);
	return (p->sockets == NULL ? NULL : calls);
}

/* Opening and closing. */

bool
sockets_open(struct mirage_platform *p, char *error)
{
	struct sockets *s = calloc(1, sizeof(*s));
	struct rlimit limit;
	int fd;

	if (s == NULL) {
		snprintf(error, ERROR_BYTES, "--net socket: no memory");
		return (false);
	}
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd == -1) {
		snprintf(error, ERROR_BYTES, "--net socket: epoll: %s",
		    strerror(errno));
		free(s);
		return (false);
	}
	/* A descriptor for each flow: as many as we may have. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	fd = socket_open(AF_INET6, SOCK_DGRAM);
	s->has_ipv6 = fd != -1;
	if (fd != -1)
		close(fd);
	s->last_free = &s->free;
	s->last = &s->first;
	if (p->sizes[0].bytes < BUFFER_BYTES)
		buffers_set_sizes(p, BUFFER_BYTES);
	p->sockets = s;
	return (true);
}

void
sockets_close(struct mirage_platform *p)
{
	struct sockets *s = p->sockets;
	uint32_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nslots; i++) {
		if (s->slots[i]->fd != -1)
			close(s->slots[i]->fd);
		free(s->slots[i]);
	}
	free(s->slots);
	close(s->epoll_fd);
	free(s);
	p->sockets = NULL;
}

/* Numbers. */

static bool
add_slots(struct sockets *s)
{
	uint32_t n = s->nslots == 0 ? FIRST_SLOTS : s->nslots * 2;
	struct sock **slots;

	if (n > SLOTS_MAX)
		return (false);
	slots = realloc(s->slots, n * sizeof(struct sock *));
	if (slots == NULL)
		return (false);
	s->slots = slots;
	while (s->nslots < n) {
		struct sock *sock = calloc(1, sizeof(*sock));

		if (sock == NULL)
			return (s->free != NULL);
		sock->fd = -1;
		sock->id = (int32_t)s->nslots;
		s->slots[s->nslots++] = sock;
		*s->last_free = sock;
		s->last_free = &sock->next;
	}
	return (true);
}

struct sock *
sock_new(struct sockets *s, enum sock_kind kind, int fd, int family)
{
	struct sock *sock;
	int32_t id;

	if (s->free == NULL && !add_slots(s)) {
		close(fd);
		errno = EMFILE;
		return (NULL);
	}
	sock = s->free;
	s->free = sock->next;
	if (s->free == NULL)
		s->last_free = &s->free;
	id = sock->id;
	memset(sock, 0, sizeof(*sock));
	sock->id = id;
	sock->kind = kind;
	sock->fd = fd;
	sock->family = family;
	return (sock);
}

void
listener_starve(struct sockets *s, struct sock *listener)
{
	s->starved = true;
	sock_interest(s, listener, 0);
}

static void
feed_listeners(struct sockets *s)
{
	uint32_t i;

	s->starved = false;
	for (i = 0; i < s->nslots; i++)
		if (s->slots[i]->kind == SOCK_LISTENER)
			sock_interest(s, s->slots[i], EPOLLIN);
}

void
sock_shut_down(struct sockets *s, struct sock *sock)
{
	if (sock->fd == -1)
		return;
	/* epoll forgets it, as no other descriptor is of this socket. */
	close(sock->fd);
	sock->fd = -1;
	sock->watched = false;
	if (s->starved)
		feed_listeners(s);
}

void
sock_free(struct sockets *s, struct sock *sock)
{
	sock_shut_down(s, sock);
	sock->kind = SOCK_FREE;
	sock->id =
	    (int32_t)(((uint32_t)sock->id + (1u << SLOT_BITS)) & INT32_MAX);
	sock->next = NULL;
	*s->last_free = sock;
	s->last_free = &sock->next;
}

struct sock *
sock_find(struct mirage_platform *p, uint32_t id, enum sock_kind kind)
{
	struct sockets *s = p->sockets;
	uint32_t slot = id & (SLOTS_MAX - 1);

	if (slot >= s->nslots || s->slots[slot]->id != (int32_t)id ||
	    s->slots[slot]->kind != kind)
		return (NULL);
	return (s->slots[slot]);
}

void
sock_interest(struct sockets *s, struct sock *sock, uint32_t events)
{
	struct epoll_event e = {.events = events};

	e.data.u64 = (uint32_t)sock->id;
	if (sock->fd == -1 || (sock->watched && sock->interest == events))
		return;
	(void)epoll_ctl(s->epoll_fd,
	    sock->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, sock->fd, &e);
	sock->watched = true;
	sock->interest = events;
}

/* Events. */

void
sock_say(struct sockets *s, struct sock *sock)
{
	if (sock->queued)
		return;
	sock->queued = true;
	sock->next = NULL;
	*s->last = sock;
	s->last = &sock->next;
}

struct mirage_socket_event *
batch_add(struct batch *b, uint32_t kind, const struct sock *about)
{
	struct mirage_socket_event *e = &b->events[b->n++];

	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->a = (uint32_t)about->id;
	return (e);
}

/* The ends of flows that nothing but a call announces. */
static void
say_ends(struct sockets *s, struct batch *b)
{
	struct sock *sock;

	while (b->n < b->max && (sock = s->first) != NULL) {
		s->first = sock->next;
		if (s->first == NULL)
			s->last = &s->first;
		sock->queued = false;
		if (!sock->said)
			batch_add(b, STACK_TCP_CLOSED, sock)->b =
			    (uint32_t)-sock->why;
		sock->said = true;
		if (sock->closed)
			sock_free(s, sock);
	}
}

static void
ready(struct mirage_platform *p, const struct epoll_event *e, struct batch *b)
{
	struct sockets *s = p->sockets;
	uint32_t id = (uint32_t)e->data.u64;
	struct sock *sock = s->slots[id & (SLOTS_MAX - 1)];

	/* Closed by what was looked at before it. */
	if (sock->id != (int32_t)id || sock->fd == -1)
		return;
	switch (sock->kind) {
	case SOCK_LISTENER:
		listener_ready(p, sock, b);
		break;
	case SOCK_FLOW:
		flow_ready(p, sock, e->events, b);
		break;
	case SOCK_UDP:
		udp_ready(p, sock, e->events, b);
		break;
	case SOCK_FREE:
		break;
	}
}

unsigned
mirage_platform_socket_events(
    struct mirage_platform *p, struct mirage_socket_event *events, unsigned max)
{
	struct sockets *s = p->sockets;
	struct epoll_event found[EPOLL_BATCH];
	struct batch b = {events, 0, max};
	int i, n, want;

	if (s == NULL)
		return (0);
	s->full = max < EVENTS_EACH;
	say_ends(s, &b);
	/* Ask for no more than can be told: the rest stays ready. */
	want = (int)((b.max - b.n) / EVENTS_EACH);
	if (want == 0)
		return (b.n);
	if (want > EPOLL_BATCH)
		want = EPOLL_BATCH;
	n = epoll_wait(s->epoll_fd, found, want, 0);
	for (i = 0; i < n; i++)
		ready(p, &found[i], &b);
	say_ends(s, &b);
	return (b.n);
}

int
sockets_poll_fd(const struct mirage_platform *p)
{
	const struct sockets *s = p->sockets;

	return (s == NULL || s->full ? -1 : s->epoll_fd);
}

bool
sockets_pending(const struct mirage_platform *p)
{
	const struct sockets *s = p->sockets;

	return (s != NULL && s->first != NULL && !s->full);
}

/* Addresses. */

bool
is_any(const uint32_t *w)
{
	return ((w[0] | w[1] | w[2] | w[3]) == 0);
}

static bool
is_ipv4(const uint32_t *w)
{
	return (w[0] == 0 && w[1] == 0 && w[2] == 0xffff);
}

/* fe80::/10, and groups of scope 1 and 2 (RFC 4291, sections 2.5.6 and 2.7). */
static bool
has_scope(uint32_t first)
{
	return (first >> 22 == 0xfe80 >> 6 ||
	    (first >> 24 == 0xff && (first >> 16 & 0xe) != 0 &&
		(first >> 16 & 0xf) <= 2));
}

int
family_of(struct sockets *s, const uint32_t *w)
{
	if (is_ipv4(w) || (is_any(w) && !s->has_ipv6))
		return (AF_INET);
	return (AF_INET6);
}

bool
address_of(struct sockaddr_any *a, int family, const uint32_t *w, uint32_t port)
{
	int i;

	memset(a, 0, sizeof(*a));
	if (family == AF_INET) {
		if (!is_ipv4(w) && !is_any(w))
			return (false);
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons((uint16_t)port);
		a->in.sin_addr.s_addr = htonl(w[3]);
		a->len = sizeof(a->in);
		return (true);
	}
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons((uint16_t)port);
	for (i = 0; i < 4; i++)
		a->in6.sin6_addr.s6_addr32[i] = htonl(w[i]);
	/* The second 16 bits of such an address are the interface's number. */
	if (has_scope(w[0])) {
		a->in6.sin6_scope_id = w[0] & 0xffff;
		a->in6.sin6_addr.s6_addr32[0] = htonl(w[0] & 0xffff0000);
	}
	a->len = sizeof(a->in6);
	return (true);
}

void
words_of(const struct sockaddr_any *a, uint32_t w[4], uint32_t *port)
{
	int i;

	memset(w, 0, 4 * sizeof(w[0]));
	*port = 0;
	if (a->sa.sa_family == AF_INET) {
		w[2] = 0xffff;
		w[3] = ntohl(a->in.sin_addr.s_addr);
		*port = ntohs(a->in.sin_port);
	} else if (a->sa.sa_family == AF_INET6) {
		for (i = 0; i < 4; i++)
			w[i] = ntohl(a->in6.sin6_addr.s6_addr32[i]);
		if (has_scope(w[0]))
			w[0] |= a->in6.sin6_scope_id & 0xffff;
		*port = ntohs(a->in6.sin6_port);
	}
}

int
socket_open(int family, int type)
{
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int no = 0;

	/* One socket for both versions, as the stack's are. */
	if (fd != -1 && family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	return (fd);
}

unsigned
frame_iovecs(const struct mirage_frame *f, uint32_t offset, uint32_t length,
    struct iovec *iov, unsigned max)
{
	unsigned i, n = 0;

	for (i = 0; i < f->nsegs && length > 0 && n < max; i++) {
		const struct mirage_segment *seg = &f->segs[i];
		uint32_t len;

		if (offset >= seg->len) {
			offset -= seg->len;
			continue;
		}
		len = seg->len - offset < length ? seg->len - offset : length;
		iov[n].iov_base = seg->data + offset;
		iov[n].iov_len = len;
		n++;
		offset = 0;
		length -= len;
	}
	return (n);
}

int32_t
stack_error(int error)
{
	static const struct {
		int ours, stacks;
	} known[] = {
	    {ENXIO, 6},
	    {EBADF, 9},
	    {ENOMEM, 12},
	    {EACCES, 13},
	    {EPERM, 13},
	    {EINVAL, 22},
	    {EMFILE, 24},
	    {ENFILE, 24},
	    {EPIPE, 32},
	    {EMSGSIZE, 40},
	    {EOPNOTSUPP, 45},
	    {EAFNOSUPPORT, 47},
	    {EADDRINUSE, 48},
	    {EADDRNOTAVAIL, 49},
	    {ENETDOWN, 50},
	    {ENETUNREACH, 51},
	    {ECONNABORTED, 53},
	    {ECONNRESET, 54},
	    {ENOBUFS, 55},
	    {EISCONN, 56},
	    {ENOTCONN, 57},
	    {ETIMEDOUT, 60},
	    {ECONNREFUSED, 61},
	    {EHOSTDOWN, 65},
	    {EHOSTUNREACH, 65},
	    {EPROTO, 61},
	};
	unsigned i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].ours == error)
			return (-known[i].stacks);
	return (-22);
}
