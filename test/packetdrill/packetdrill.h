/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of functions through which packetdrill (its --so_filename option)
 * drives a stack instead of the kernel's: the order and the types are its ABI.
 * Each function gets `self` first and else means what the system call of its
 * name means: -1 and errno on failure, with the host's numbers.
 */
#ifndef MIRAGE_PACKETDRILL_H
#define MIRAGE_PACKETDRILL_H

#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <poll.h>
#include <unistd.h>

struct pd_table {
	void *self;
	void (*free)(void *);

	int (*socket)(void *, int domain, int type, int protocol);
	int (*bind)(void *, int fd, const struct sockaddr *, socklen_t);
	int (*listen)(void *, int fd, int backlog);
	int (*accept)(void *, int fd, struct sockaddr *, socklen_t *);
	int (*connect)(void *, int fd, const struct sockaddr *, socklen_t);

	ssize_t (*read)(void *, int fd, void *, size_t);
	ssize_t (*readv)(void *, int fd, const struct iovec *, int n);
	ssize_t (*recv)(void *, int fd, void *, size_t, int flags);
	ssize_t (*recvfrom)(void *, int fd, void *, size_t, int flags,
	    struct sockaddr *, socklen_t *);
	ssize_t (*recvmsg)(void *, int fd, struct msghdr *, int flags);

	ssize_t (*write)(void *, int fd, const void *, size_t);
	ssize_t (*writev)(void *, int fd, const struct iovec *, int n);
	ssize_t (*send)(void *, int fd, const void *, size_t, int flags);
	ssize_t (*sendto)(void *, int fd, const void *, size_t, int flags,
	    const struct sockaddr *, socklen_t);
	ssize_t (*sendmsg)(void *, int fd, const struct msghdr *, int flags);

	int (*fcntl)(void *, int fd, int command, ...);
	int (*ioctl)(void *, int fd, unsigned long request, ...);
	int (*close)(void *, int fd);
	int (*shutdown)(void *, int fd, int how);
	int (*getsockopt)(
	    void *, int fd, int level, int name, void *, socklen_t *);
	int (*setsockopt)(
	    void *, int fd, int level, int name, const void *, socklen_t);
	int (*poll)(void *, struct pollfd *, nfds_t, int timeout_ms);

	/* An IP packet for the stack.  0 or -1. */
	int (*netdev_send)(void *, const void *, size_t);
	/*
	 * The next IP packet that the stack sends, waiting for it if need be:
	 * *len is the room, then the length (0: there will be none), *us when
	 * it was sent.  0 or -1.
	 */
	int (*netdev_receive)(void *, void *, size_t *len, long long *us);

	int (*usleep)(void *, useconds_t);
	int (*gettimeofday)(void *, struct timeval *, struct timezone *);

	int (*epoll_create)(void *, int size);
	int (*epoll_ctl)(
	    void *, int epfd, int op, int fd, struct epoll_event *);
	int (*epoll_wait)(
	    void *, int epfd, struct epoll_event *, int max, int timeout_ms);
	int (*pipe)(void *, int fds[2]);
	int (*splice)(void *, int from, loff_t *, int to, loff_t *, size_t,
	    unsigned flags);
};

/* What the library exports.  `flags`: packetdrill's --so_flags, or NULL. */
void packetdrill_interface_init(const char *flags, struct pd_table *);

#endif /* MIRAGE_PACKETDRILL_H */
