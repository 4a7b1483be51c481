/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What net-load needs of its system: the C library's, or, compiled for a
 * FreeBSD that has no compiler, the same names straight on its system calls.
 */
#ifndef LOAD_POSIX_H
#define LOAD_POSIX_H

#if __STDC_HOSTED__

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#ifdef __FreeBSD__
#include <sys/sysctl.h>
#include <sys/filio.h>
#else
#include <linux/sockios.h>
#endif

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static inline const char *
error_text(void)
{
	return (strerror(errno));
}

#else /* no C library */

#include "freebsd.h"

enum {
	TCP_NODELAY = 1,
	IPPROTO_TCP = 6,
	INADDR_ANY = 0,
	SO_RCVTIMEO = 0x1006,
	FIONWRITE = 0x40046677, /* as in sys/filio.h */
	SYS_getpid = 20,
	SYS_ioctl = 54,
};

typedef long ssize_t;
typedef uint32_t socklen_t;
struct sockaddr;

struct timeval {
	int64_t tv_sec, tv_usec;
};

static int errno;

static inline long
checked(long result)
{
	if (result >= 0)
		return (result);
	errno = (int)-result;
	return (-1);
}

#define socket(a, b, c)		   (int)checked(CALL(socket, a, b, c))
#define bind(a, b, c)		   (int)checked(CALL(bind, a, b, c))
#define listen(a, b)		   (int)checked(CALL(listen, a, b))
#define accept(a, b, c)		   (int)checked(CALL(accept, a, b, c))
#define connect(a, b, c)	   (int)checked(CALL(connect, a, b, c))
#define shutdown(a, b)		   (int)checked(CALL(shutdown, a, b))
#define setsockopt(a, b, c, d, e)  (int)checked(CALL(setsockopt, a, b, c, d, e))
#define fcntl(a, b, c)		   (int)checked(CALL(fcntl, a, b, c))
#define ioctl(a, b, c)		   (int)checked(CALL(ioctl, a, b, c))
#define poll(a, b, c)		   (int)checked(CALL(poll, a, b, c))
#define close(a)		   (int)checked(CALL(close, a))
#define getpid()		   (int)CALL(getpid, 0)
#define clock_gettime(a, b)	   (int)checked(CALL(clock_gettime, a, b))
#define write(a, b, c)		   checked(CALL(write, a, b, c))
#define send(a, b, c, d)	   checked(CALL(sendto, a, b, c, d, 0, 0))
#define recv(a, b, c, d)	   checked(CALL(recvfrom, a, b, c, d, 0, 0))
#define sendto(a, b, c, d, e, f)   checked(CALL(sendto, a, b, c, d, e, f))
#define recvfrom(a, b, c, d, e, f) checked(CALL(recvfrom, a, b, c, d, e, f))
#define exit(status)		   leave(status)
#define strlen(text)		   length(text)

static inline uint16_t
htons(uint16_t n)
{
	return ((uint16_t)(n >> 8 | n << 8));
}

static inline int
strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return (*a - *b);
}

static inline int
memcmp(const void *left, const void *right, size_t len)
{
	const uint8_t *a = left, *b = right;

	for (; len > 0; len--, a++, b++)
		if (*a != *b)
			return (*a - *b);
	return (0);
}

/* A sysctl by its name: sysctl.name2oid is {0, 3}. */
static inline int
sysctlbyname(const char *name, void *old, size_t *old_len, const void *new,
    size_t new_len)
{
	int query[2] = {0, 3}, oid[24];
	size_t len = sizeof(oid);

	if (checked(CALL(sysctl, query, 2, oid, &len, name, strlen(name))) < 0)
		return (-1);
	return ((int)checked(
	    CALL(sysctl, oid, len / sizeof(int), old, old_len, new, new_len)));
}

/* The number alone: errno.h is not here. */
static inline const char *
error_text(void)
{
	static char text[] = "error 00000";
	int at = (int)sizeof(text) - 2, n = errno;

	for (; at > 5; at--, n /= 10)
		text[at] = (char)('0' + n % 10);
	return (text);
}

#endif

#endif /* LOAD_POSIX_H */
