/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The library's one exported function.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pd.h"

#define DEFAULT_FLAGS "ipv4=192.168.0.1/16,ipv6=fd3d:fa7b:d17d::1/64"
#define LINK_LOCAL    0xfe800000
#define ROUTER	      0xfe /* fe80::fe */
#define IPV6_MTU_MIN  1280 /* less, and there is no IPv6 */
#define DETECTION_S   5 /* of duplicate addresses */

static void
release(void *self)
{
	struct pd *pd = self;

	pd_forget(pd);
	pd_drop_packets(pd);
	stack_close(pd->stack, NULL);
	pthread_cond_destroy(&pd->changed);
	pthread_mutex_destroy(&pd->lock);
	free(pd);
}

/* What this stack does not have. */

static int
no_epoll_create(void *self, int size)
{
	(void)self;
	(void)size;
	errno = ENOSYS;
	return (-1);
}

static int
no_epoll_ctl(void *self, int epfd, int op, int fd, struct epoll_event *e)
{
	(void)self;
	(void)epfd;
	(void)op;
	(void)fd;
	(void)e;
	errno = ENOSYS;
	return (-1);
}

static int
no_epoll_wait(
    void *self, int epfd, struct epoll_event *e, int max, int timeout_ms)
{
	(void)self;
	(void)epfd;
	(void)e;
	(void)max;
	(void)timeout_ms;
	errno = ENOSYS;
	return (-1);
}

static int
no_pipe(void *self, int fds[2])
{
	(void)self;
	(void)fds;
	errno = ENOSYS;
	return (-1);
}

static int
no_splice(void *self, int from, loff_t *from_at, int to, loff_t *to_at,
    size_t len, unsigned flags)
{
	(void)self;
	(void)from;
	(void)from_at;
	(void)to;
	(void)to_at;
	(void)len;
	(void)flags;
	errno = ENOSYS;
	return (-1);
}

static const struct pd_table table = {
    .free = release,
    .socket = pd_call_socket,
    .bind = pd_call_bind,
    .listen = pd_call_listen,
    .accept = pd_call_accept,
    .connect = pd_call_connect,
    .read = pd_call_read,
    .readv = pd_call_readv,
    .recv = pd_call_recv,
    .recvfrom = pd_call_recvfrom,
    .recvmsg = pd_call_recvmsg,
    .write = pd_call_write,
    .writev = pd_call_writev,
    .send = pd_call_send,
    .sendto = pd_call_sendto,
    .sendmsg = pd_call_sendmsg,
    .fcntl = pd_call_fcntl,
    .ioctl = pd_call_ioctl,
    .close = pd_call_close,
    .shutdown = pd_call_shutdown,
    .getsockopt = pd_call_getsockopt,
    .setsockopt = pd_call_setsockopt,
    .poll = pd_call_poll,
    .netdev_send = pd_call_netdev_send,
    .netdev_receive = pd_call_netdev_receive,
    .usleep = pd_call_usleep,
    .gettimeofday = pd_call_gettimeofday,
    .epoll_create = no_epoll_create,
    .epoll_ctl = no_epoll_ctl,
    .epoll_wait = no_epoll_wait,
    .pipe = no_pipe,
    .splice = no_splice,
};

static _Noreturn void
refuse(const char *flag)
{
	fprintf(stderr,
	    "mirage: --so_flags: \"%s\"; there are ipv4=ADDRESS/PREFIX, "
	    "ipv6=ADDRESS/PREFIX, mtu=BYTES, control=FOLDER\n",
	    flag);
	exit(1);
}

/* ADDRESS/PREFIX */
static uint32_t
parse_address(char *text, int family, void *address)
{
	char *slash = strchr(text, '/'), *end = NULL;
	unsigned long prefix = 0;

	if (slash != NULL) {
		*slash = '\0';
		prefix = strtoul(slash + 1, &end, 10);
	}
	if (end == NULL || *end != '\0' || prefix == 0 ||
	    prefix > (family == AF_INET ? 32 : 128) ||
	    inet_pton(family, text, address) != 1)
		refuse(text);
	return ((uint32_t)prefix);
}

static void
parse(struct pd *pd, const char *flags)
{
	char *all = strdup(flags), *rest = all, *flag, *value;

	if (all == NULL)
		abort();
	while ((flag = strsep(&rest, ",")) != NULL) {
		if (*flag == '\0')
			continue;
		value = strchr(flag, '=');
		if (value == NULL)
			refuse(flag);
		*value++ = '\0';
		if (strcmp(flag, "ipv4") == 0) {
			pd->prefix4 =
			    parse_address(value, AF_INET, &pd->local4);
			pd->local4 = ntohl(pd->local4);
		} else if (strcmp(flag, "ipv6") == 0)
			pd->prefix6 =
			    parse_address(value, AF_INET6, pd->local6);
		else if (strcmp(flag, "mtu") == 0)
			pd->mtu = (uint32_t)strtoul(value, NULL, 10);
		else if (strcmp(flag, "control") == 0 &&
		    strlen(value) < sizeof(pd->control))
			strcpy(pd->control, value);
		else
			refuse(flag);
	}
	free(all);
}

static void
must(struct pd *pd, int32_t done, const char *what)
{
	if (done == 0)
		return;
	fprintf(stderr, "mirage: the stack refuses %s: %s\n", what,
	    done == INT32_MIN ? stack_error(pd->stack) :
				strerror(pd_errno(done)));
	exit(1);
}

/* The one neighbour is the way to everywhere. */
static void
configure(struct pd *pd)
{
	uint32_t w[4];

	must(pd,
	    STACK_CALL(pd->stack, "configure", 0, pd->local4, pd->prefix4,
		pd->local4 ^ 2),
	    "its IPv4 address");
	if (pd->mtu != 0 && pd->mtu < IPV6_MTU_MIN)
		return;
	memcpy(w, pd->local6, sizeof(w));
	must(pd,
	    STACK_CALL(pd->stack, "ip6_configure", 0, ntohl(w[0]), ntohl(w[1]),
		ntohl(w[2]), ntohl(w[3]), pd->prefix6, 0),
	    "its IPv6 address");
	must(pd,
	    STACK_CALL(pd->stack, "ip6_router", 0, LINK_LOCAL, 0, 0, ROUTER),
	    "its router");
	/* Until it is sure that nobody else has the address. */
	stack_advance_to(pd->stack,
	    stack_now(pd->stack) + DETECTION_S * UINT64_C(1000000000));
}

__attribute__((visibility("default"))) void
packetdrill_interface_init(const char *flags, struct pd_table *to)
{
	struct pd *pd = calloc(1, sizeof(*pd));
	struct stack_options options = {0};

	if (pd == NULL)
		abort();
	pthread_mutex_init(&pd->lock, NULL);
	pthread_cond_init(&pd->changed, NULL);
	pd->main = pthread_self();
	parse(pd, DEFAULT_FLAGS);
	if (flags != NULL)
		parse(pd, flags);
	options.mtu = pd->mtu;
	options.seed = 1;
	options.sent = pd_sent;
	options.event = pd_event;
	options.arg = pd;
	pd->stack = stack_open(&options);
	if (pd->stack == NULL || *stack_error(pd->stack) != '\0') {
		fprintf(stderr, "mirage: the stack does not start: %s\n",
		    pd->stack == NULL ? "no memory" : stack_error(pd->stack));
		exit(1);
	}
	configure(pd);
	*to = table;
	to->self = pd;
}
