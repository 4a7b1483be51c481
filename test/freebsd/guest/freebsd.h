/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the programs below need of FreeBSD's system call interface (amd64), so
 * that they need no headers and no library: one executable, made on any
 * machine, runs on every version.
 */
#ifndef GUEST_FREEBSD_H
#define GUEST_FREEBSD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As in sys/syscall.h. */
enum {
	SYS_exit = 1,
	SYS_fork = 2,
	SYS_read = 3,
	SYS_write = 4,
	SYS_open = 5,
	SYS_close = 6,
	SYS_wait4 = 7,
	SYS_recvfrom = 29,
	SYS_accept = 30,
	SYS_execve = 59,
	SYS_fcntl = 92,
	SYS_socket = 97,
	SYS_connect = 98,
	SYS_bind = 104,
	SYS_setsockopt = 105,
	SYS_listen = 106,
	SYS_getsockopt = 118,
	SYS_sendto = 133,
	SYS_shutdown = 134,
	SYS_sysctl = 202,
	SYS_poll = 209,
	SYS_clock_gettime = 232,
	SYS_nanosleep = 240,
	SYS_sigaction = 416,
	SYS_cpuset_setaffinity = 488,
};

enum {
	EAGAIN = 35,
	EINPROGRESS = 36,
	ENETDOWN = 50,
	ENETUNREACH = 51,
	ECONNRESET = 54,
	ENOBUFS = 55,
	ECONNREFUSED = 61,
	EHOSTDOWN = 64,
	EHOSTUNREACH = 65,
	AF_INET = 2,
	AF_INET6 = 28,
	SOCK_STREAM = 1,
	SOCK_DGRAM = 2,
	SOCK_RAW = 3,
	IPPROTO_ICMP = 1,
	SOL_SOCKET = 0xffff,
	SO_REUSEADDR = 4,
	SO_SNDBUF = 0x1001,
	SO_RCVBUF = 0x1002,
	SO_ERROR = 0x1007,
	POLLIN = 1,
	POLLOUT = 4,
	MSG_DONTWAIT = 0x80,
	MSG_NOSIGNAL = 0x20000,
	SHUT_WR = 1,
	F_SETFL = 4,
	O_RDWR = 2,
	O_NONBLOCK = 4,
	CLOCK_MONOTONIC = 4,
};

struct sockaddr_in {
	uint8_t sin_len, sin_family;
	uint16_t sin_port; /* big-endian */
	uint32_t sin_addr; /* big-endian */
	uint8_t sin_zero[8];
};

struct sockaddr_in6 {
	uint8_t sin6_len, sin6_family;
	uint16_t sin6_port; /* big-endian */
	uint32_t sin6_flowinfo;
	uint8_t sin6_addr[16];
	uint32_t sin6_scope_id;
};

struct pollfd {
	int fd;
	short events, revents;
};

struct timespec {
	int64_t tv_sec, tv_nsec;
};

/* Result, or the negative error number. */
static inline long
system_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result = number;
	bool failed;

	__asm__ volatile("syscall"
	    : "+a"(result), "=@ccc"(failed), "+d"(c), "+r"(r8), "+r"(r9),
	    "+r"(r10)
	    : "D"(a), "S"(b)
	    : "rcx", "r11", "memory");
	return (failed ? -result : result);
}

#define CALL(number, ...) CALL_(number, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(number, a, b, c, d, e, f, ...)                                  \
	system_call(SYS_##number, (long)(a), (long)(b), (long)(c), (long)(d), \
	    (long)(e), (long)(f))

/* The compiler calls these by itself. Weak: a program may have many files. */
__attribute__((weak)) void *memset(void *to, int byte, size_t len);
__attribute__((weak)) void *memcpy(void *to, const void *from, size_t len);

void *
memset(void *to, int byte, size_t len)
{
	void *at = to;

	__asm__ volatile("rep stosb"
	    : "+D"(at), "+c"(len)
	    : "a"(byte)
	    : "memory");
	return (to);
}

void *
memcpy(void *to, const void *from, size_t len)
{
	void *at = to;

	__asm__ volatile("rep movsb"
	    : "+D"(at), "+S"(from), "+c"(len)
	    :
	    : "memory");
	return (to);
}

static inline uint64_t
now_ms(void)
{
	struct timespec t = {0, 0};

	CALL(clock_gettime, CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

static inline size_t
length(const char *text)
{
	size_t n = 0;

	while (text[n] != '\0')
		n++;
	return (n);
}

static inline void
print(const char *text)
{
	CALL(write, 1, text, length(text));
}

static inline void
print_number(uint64_t value)
{
	char digits[24];
	int at = sizeof(digits) - 1;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	print(digits + at);
}

_Noreturn static inline void
leave(int status)
{
	for (;;)
		CALL(exit, status);
}

_Noreturn static inline void
die(const char *why, uint64_t number)
{
	print(why);
	print_number(number);
	print("\n");
	leave(64);
}

/* A decimal number of at most max; else the program ends. */
static inline uint64_t
number_of(const char *text, uint64_t max)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; text[i] >= '0' && text[i] <= '9' && value <= max; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	if (i == 0 || text[i] != '\0' || value > max)
		die("a number is wanted, of at most ", max);
	return (value);
}

/* Where the kernel begins: %rdi points to argc (and %rsp at it, or below). */
int main(int argc, char **argv);

#define GUEST_START                                             \
	void start(long *stack);                                \
	void start(long *stack)                                 \
	{                                                       \
		leave(main((int)stack[0], (char **)&stack[1])); \
	}                                                       \
	__asm__(".globl _start\n"                               \
		"_start:\n"                                     \
		"	xorl	%ebp, %ebp\n"                            \
		"	andq	$-16, %rsp\n"                            \
		"	call	start\n")

#endif /* GUEST_FREEBSD_H */
