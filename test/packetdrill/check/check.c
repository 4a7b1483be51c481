/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Does with the library what packetdrill does, for where packetdrill is not
 * installed: plays the peer of a few connections by hand, on the library's
 * clock, with a blocking call on a second thread.
 *
 *	check mirage-packetdrill.so
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../packetdrill.h"

#define FIN  0x01
#define SYN  0x02
#define RST  0x04
#define ACK  0x10
#define PORT 8080

static struct pd_table t;
static const uint8_t own[4] = {192, 168, 0, 1}, other[4] = {192, 0, 2, 1};
static int checks;

#define CHECK(condition)                                             \
	do {                                                         \
		checks++;                                            \
		if (!(condition)) {                                  \
			printf("line %d: %s (errno %d)\n", __LINE__, \
			    #condition, errno);                      \
			exit(1);                                     \
		}                                                    \
	} while (0)

struct segment {
	uint16_t source, destination;
	uint32_t seq, ack;
	unsigned flags;
	size_t header, len; /* bytes of TCP header, of payload */
	long long us;
	uint8_t bytes[2000];
};

static uint32_t
get(const uint8_t *p, int bytes)
{
	uint32_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | *p++;
	return (v);
}

static void
set(uint8_t *p, int bytes, uint32_t v)
{
	while (bytes-- > 0) {
		p[bytes] = (uint8_t)v;
		v >>= 8;
	}
}

static uint16_t
checksum(const uint8_t *p, size_t len, uint32_t sum)
{
	size_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ((uint16_t)~sum);
}

static void
ipv4(uint8_t *ip, int protocol, size_t len)
{
	uint8_t pseudo[12];
	uint32_t sum = 0;
	size_t at = protocol == IPPROTO_TCP ? 16 : 6;
	int i;

	memset(ip, 0, 20);
	ip[0] = 0x45;
	set(ip + 2, 2, (uint32_t)len + 20);
	ip[8] = 64;
	ip[9] = (uint8_t)protocol;
	memcpy(ip + 12, other, 4);
	memcpy(ip + 16, own, 4);
	set(ip + 10, 2, checksum(ip, 20, 0));
	memcpy(pseudo, ip + 12, 8);
	set(pseudo + 8, 2, (uint32_t)protocol);
	set(pseudo + 10, 2, (uint32_t)len);
	for (i = 0; i < 12; i += 2)
		sum += get(pseudo + i, 2);
	set(ip + 20 + at, 2, 0);
	set(ip + 20 + at, 2, checksum(ip + 20, len, sum));
	CHECK(t.netdev_send(t.self, ip, len + 20) == 0);
}

static void
receive(struct segment *s)
{
	size_t len = sizeof(s->bytes);
	const uint8_t *tcp = s->bytes + 20;

	CHECK(t.netdev_receive(t.self, s->bytes, &len, &s->us) == 0);
	CHECK(len >= 40 && s->bytes[9] == IPPROTO_TCP);
	s->source = (uint16_t)get(tcp, 2);
	s->destination = (uint16_t)get(tcp + 2, 2);
	s->seq = get(tcp + 4, 4);
	s->ack = get(tcp + 8, 4);
	s->flags = tcp[13];
	s->header = (size_t)(tcp[12] >> 4) * 4;
	s->len = len - 20 - s->header;
}

static void
send_segment(uint16_t port, uint16_t own_port, uint32_t seq, uint32_t ack,
    unsigned flags, size_t len)
{
	uint8_t packet[20 + 20 + 1460] = {0};
	uint8_t *tcp = packet + 20;

	set(tcp, 2, port);
	set(tcp + 2, 2, own_port);
	set(tcp + 4, 4, seq);
	set(tcp + 8, 4, flags & ACK ? ack : 0);
	tcp[12] = 0x50;
	tcp[13] = (uint8_t)flags;
	set(tcp + 14, 2, 0x7fff);
	memset(tcp + 20, 'x', len);
	ipv4(packet, IPPROTO_TCP, 20 + len);
}

static long long
now(void)
{
	struct timeval tv;

	CHECK(t.gettimeofday(t.self, &tv, NULL) == 0);
	return (tv.tv_sec * 1000000LL + tv.tv_usec);
}

static struct sockaddr_in
address(const uint8_t *ip, uint16_t port)
{
	struct sockaddr_in sin = {
	    .sin_family = AF_INET, .sin_port = htons(port)};

	memcpy(&sin.sin_addr, ip, 4);
	return (sin);
}

static void
errors(void)
{
	char byte;
	int fd;

	CHECK(t.close(t.self, 3) == -1 && errno == EBADF);
	CHECK(t.socket(t.self, AF_UNIX, SOCK_STREAM, 0) == -1 &&
	    errno == EAFNOSUPPORT);
	fd = t.socket(t.self, AF_INET, SOCK_STREAM, 0);
	CHECK(fd >= 0);
	CHECK(t.fcntl(t.self, fd, F_GETFL, 0) == O_RDWR);
	CHECK(t.read(t.self, fd, &byte, 1) == -1 && errno == ENOTCONN);
	CHECK(t.shutdown(t.self, fd, SHUT_WR) == -1 && errno == ENOTCONN);
	CHECK(t.accept(t.self, fd, NULL, NULL) == -1 && errno == EINVAL);
	CHECK(t.close(t.self, fd) == 0);
}

/* Active open, data out, the peer closes first. */
static void
calls(void)
{
	struct sockaddr_in to = address(other, PORT);
	int fd = t.socket(t.self, AF_INET, SOCK_STREAM, 0), value = 1;
	socklen_t len = sizeof(value);
	struct pollfd p = {fd, POLLIN | POLLOUT, 0};
	char bytes[500]; /* the default MSS is 536 */
	struct segment s;
	long long sent;

	CHECK(t.fcntl(t.self, fd, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
	sent = now();
	CHECK(t.connect(t.self, fd, (void *)&to, sizeof(to)) == -1 &&
	    errno == EINPROGRESS);
	receive(&s);
	CHECK(s.flags == SYN && s.destination == PORT && s.us == sent);
	CHECK(t.poll(t.self, &p, 1, 0) == 0);
	/* Nobody answers: the time of the next SYN is the stack's to say. */
	receive(&s);
	CHECK(s.flags == SYN && s.us >= sent + 999000);
	send_segment(PORT, s.source, 1000, s.seq + 1, SYN | ACK, 0);
	receive(&s);
	CHECK(s.flags == ACK && s.ack == 1001 && s.len == 0);
	CHECK(t.poll(t.self, &p, 1, 0) == 1 && p.revents == POLLOUT);
	CHECK(
	    t.getsockopt(t.self, fd, SOL_SOCKET, SO_ERROR, &value, &len) == 0 &&
	    value == 0);
	memset(bytes, 'y', sizeof(bytes));
	CHECK(t.write(t.self, fd, bytes, sizeof(bytes)) == sizeof(bytes));
	receive(&s);
	CHECK(s.len == sizeof(bytes) &&
	    memcmp(s.bytes + 20 + s.header, bytes, s.len) == 0);
	send_segment(
	    PORT, s.source, 1001, s.seq + (uint32_t)s.len, ACK | FIN, 0);
	receive(&s);
	CHECK(s.ack == 1002);
	CHECK(t.read(t.self, fd, bytes, sizeof(bytes)) == 0);
	CHECK(t.close(t.self, fd) == 0);
	receive(&s);
	CHECK(s.flags == (FIN | ACK));
	send_segment(PORT, s.source, 1002, s.seq + 1, ACK, 0);
}

struct reader {
	int fd;
	ssize_t got;
	char bytes[64];
	long long end;
};

static void *
read_blocking(void *arg)
{
	struct reader *r = arg;

	r->got = t.read(t.self, r->fd, r->bytes, sizeof(r->bytes));
	r->end = now();
	return (NULL);
}

/* Passive open; a thread waits in read() while this one moves the clock. */
static void
listens(void)
{
	struct sockaddr_in from = address(own, PORT), peer;
	int fd = t.socket(t.self, AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(peer);
	struct reader reader;
	pthread_t thread;
	struct segment s;
	long long start;

	CHECK(t.bind(t.self, fd, (void *)&from, sizeof(from)) == 0);
	CHECK(t.listen(t.self, fd, 1) == 0);
	send_segment(5000, PORT, 7000, 0, SYN, 0);
	receive(&s);
	CHECK(s.flags == (SYN | ACK) && s.ack == 7001);
	send_segment(5000, PORT, 7001, s.seq + 1, ACK, 0);
	reader.fd = t.accept(t.self, fd, (void *)&peer, &len);
	CHECK(reader.fd >= 0 && peer.sin_port == htons(5000) &&
	    memcmp(&peer.sin_addr, other, 4) == 0);
	CHECK(pthread_create(&thread, NULL, read_blocking, &reader) == 0);
	/* Real time, for the thread to get there; simulated time stands. */
	(void)usleep(200000);
	start = now();
	CHECK(t.usleep(t.self, 30000) == 0);
	send_segment(5000, PORT, 7001, s.seq + 1, ACK, 10);
	CHECK(t.usleep(t.self, 500000) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(reader.got == 10 && memcmp(reader.bytes, "xxxxxxxxxx", 10) == 0);
	/* It ended when the bytes came, not when it got the processor. */
	CHECK(reader.end - start >= 30000 && reader.end - start < 30100);
	receive(&s);
	CHECK(s.flags == ACK && s.ack == 7011 && s.us < start + 300000);
	send_segment(5000, PORT, 7011, s.seq, RST, 0);
	CHECK(t.read(t.self, reader.fd, reader.bytes, 1) == -1 &&
	    errno == ECONNRESET);
	CHECK(t.close(t.self, reader.fd) == 0);
	CHECK(t.close(t.self, fd) == 0);
	send_segment(5000, PORT, 9000, 0, SYN, 0);
	receive(&s);
	CHECK(s.flags == (RST | ACK));
}

static void
datagrams(void)
{
	struct sockaddr_in from = address(own, 53), to = address(other, 4000);
	int fd = t.socket(t.self, AF_INET, SOCK_DGRAM, 0);
	uint8_t packet[200] = {0}, bytes[100];
	socklen_t len = sizeof(to);
	long long us;
	size_t room = sizeof(packet);

	CHECK(t.bind(t.self, fd, (void *)&from, sizeof(from)) == 0);
	set(packet + 20, 2, 4000);
	set(packet + 22, 2, 53);
	set(packet + 24, 2, 8 + 5);
	memcpy(packet + 28, "hello", 5);
	ipv4(packet, IPPROTO_UDP, 8 + 5);
	memset(&to, 0, sizeof(to));
	CHECK(t.recvfrom(
		  t.self, fd, bytes, sizeof(bytes), 0, (void *)&to, &len) == 5);
	CHECK(memcmp(bytes, "hello", 5) == 0 && to.sin_port == htons(4000));
	CHECK(t.sendto(t.self, fd, "goodbye", 7, 0, (void *)&to, len) == 7);
	CHECK(t.netdev_receive(t.self, packet, &room, &us) == 0);
	CHECK(room == 20 + 8 + 7 && memcmp(packet + 28, "goodbye", 7) == 0);
	CHECK(t.close(t.self, fd) == 0);
}

int
main(int argc, char **argv)
{
	void (*init)(const char *, struct pd_table *);
	void *library;

	library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	if (library == NULL) {
		fprintf(stderr, "check: %s\n",
		    argc == 2 ? dlerror() : "one argument: the library");
		return (2);
	}
	*(void **)&init = dlsym(library, "packetdrill_interface_init");
	CHECK(init != NULL);
	init(NULL, &t);
	errors();
	datagrams();
	calls();
	listens();
	t.free(t.self);
	printf("%d checks\n", checks);
	return (0);
}
