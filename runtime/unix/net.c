/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Network interfaces of the Unix platform: a descriptor that is read and
 * written a frame at a time (tap, socket), or a capture.
 */
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mirage/probes.h>
#include <mirage/stats.h>

#include "unix.h"

#define IOVECS 128 /* segments of a sent frame; more are copied together */

/* FNV-1a, 64 bits. */
static uint64_t
hash(uint64_t h, const char *text)
{
	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return (h);
}

/*
 * A locally administered unicast address that stays the same from run to run,
 * so that the neighbours' ARP caches stay right.
 */
static void
make_mac(uint8_t mac[6], const struct nic_options *o)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	char host[256] = "";
	int i;

	gethostname(host, sizeof(host) - 1);
	h = hash(hash(hash(h, host), o->program), o->spec);
	h ^= h >> 32;
	for (i = 0; i < 6; i++)
		mac[i] = (uint8_t)(h >> (8 * i));
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02);
}

/* The name in "NAME", "NAME,vnet" or "NAME,novnet". */
static const char *
take_vnet(char name[NAME_BYTES], const char *text, enum vnet *vnet)
{
	size_t len = strcspn(text, ",");

	*vnet = VNET_UNSAID;
	if (strcmp(text + len, ",vnet") == 0)
		*vnet = VNET_ON;
	else if (strcmp(text + len, ",novnet") == 0)
		*vnet = VNET_OFF;
	if (*vnet == VNET_UNSAID || len >= NAME_BYTES)
		return (text);
	memcpy(name, text, len);
	name[len] = '\0';
	return (name);
}

enum nic_open
nic_open(struct mirage_platform *p, const struct nic_options *o, char *error)
{
	struct nic *nic = &p->nics[p->nnics];
	const char *colon = strchr(o->spec, ':');
	size_t len = colon == NULL ? 0 : (size_t)(colon - o->spec);
	char name[NAME_BYTES];
	enum nic_open result;
	enum vnet vnet;
	uint32_t bytes;
	bool capture;

	if (p->nnics == UNIX_NICS) {
		snprintf(error, ERROR_BYTES,
		    "--net %s: there are %d interfaces already", o->spec,
		    UNIX_NICS);
		return (OPEN_USAGE);
	}
	memset(nic, 0, sizeof(*nic));
	nic->fd = -1;
	nic->info.mtu = UNIX_MTU;
	capture = len == 4 && strncmp(o->spec, "pcap", 4) == 0;
	if (p->nnics > 0 && capture != p->captures) {
		snprintf(error, ERROR_BYTES,
		    "--net %s: a capture has its own time, so captures and "
		    "live interfaces do not mix",
		    o->spec);
		return (OPEN_USAGE);
	}
	if (capture)
		result = capture_open(nic, colon + 1, error);
	else if (len == 3 && strncmp(o->spec, "tap", 3) == 0)
		result = tap_open(nic, take_vnet(name, colon + 1, &vnet), o,
		    vnet != VNET_OFF, error);
	else if (len == 2 && strncmp(o->spec, "fd", 2) == 0)
		result = descriptor_open(
		    nic, take_vnet(name, colon + 1, &vnet), vnet, error);
	else {
		snprintf(error, ERROR_BYTES,
		    "--net %s: no such kind of interface; it is one of "
		    "tap:NAME, fd:NUMBER, pcap:IN[,OUT], socket",
		    o->spec);
		return (OPEN_USAGE);
	}
	if (result != OPEN_OK)
		return (result);
	nic->spec = strdup(o->spec);
	if (nic->info.name[0] == '\0')
		snprintf(
		    nic->info.name, sizeof(nic->info.name), "net%u", p->nnics);
	if (o->mac != NULL)
		memcpy(nic->info.mac, o->mac, 6);
	else
		make_mac(nic->info.mac, o);
	/* One byte more than the longest, to see that a frame is longer. */
	bytes = nic->info.mtu + ETHERNET_BYTES + VLAN_BYTES + 1;
	if (bytes > p->sizes[0].bytes - VNET_BYTES_MAX)
		buffers_set_sizes(p, bytes);
	if (capture) {
		uint64_t t = capture_next_ns(nic);

		if (t != UINT64_MAX && (!p->captures || t < p->clock_ns))
			p->clock_ns = t;
		p->captures = true;
	}
	nic->number = p->nnics++;
	return (OPEN_OK);
}

void
nic_close(struct nic *nic)
{
	capture_close(nic);
	if (nic->vnet_bytes > 0 && !nic->socket)
		vnet_negotiate(nic, false);
	if (nic->fd != -1)
		close(nic->fd);
	free(nic->spec);
	nic->spec = NULL;
	nic->fd = -1;
}

unsigned
mirage_platform_netif_count(struct mirage_platform *p)
{
	return (p->nnics);
}

void
mirage_platform_netif_info(
    struct mirage_platform *p, unsigned netif, struct mirage_netif_info *info)
{
	*info = p->nics[netif].info;
}

uint64_t
mirage_platform_drops(
    struct mirage_platform *p, unsigned netif, enum mirage_drop reason)
{
	return (p->nics[netif].drops[reason]);
}

/* The system's queues do not say. */
uint32_t
mirage_platform_waiting(
    struct mirage_platform *p, unsigned netif, bool transmit)
{
	(void)p;
	(void)netif;
	(void)transmit;
	return (0);
}

uint64_t
mirage_platform_copies(struct mirage_platform *p, uint64_t *bytes)
{
	*bytes = p->bytes_copied;
	return (p->copies);
}

void
nic_drop(struct nic *nic, enum mirage_drop reason, uint32_t len)
{
	nic->drops[reason]++;
	MIRAGE_PROBE(drop, nic->number, mirage_drop_name(reason), len);
}

bool
nic_drops(struct nic *nic, const uint8_t *data, uint32_t len, bool many)
{
	uint32_t max = many ? MIRAGE_FRAME_MAX : nic->info.mtu + ETHERNET_BYTES;

	if (len < ETHERNET_BYTES) {
		nic_drop(nic, MIRAGE_DROP_RUNT, len);
		return (true);
	}
	if (data[12] == 0x81 && data[13] == 0x00)
		max += VLAN_BYTES; /* IEEE 802.1Q */
	if (len > max) {
		nic_drop(nic, MIRAGE_DROP_OVERSIZE, len);
		return (true);
	}
	return (false);
}

/* Nothing was read: did the other end send nothing, rather than go away? */
static bool
is_empty_frame(const struct nic *nic)
{
	struct pollfd p = {.fd = nic->fd, .events = POLLIN};

	return (
	    nic->socket && poll(&p, 1, 0) >= 0 && (p.revents & POLLHUP) == 0);
}

/*
 * Bytes read, a header of virtio-net included; 0: nothing there now (or, with
 * nic->down, ever); -1: a frame of no bytes, which is counted.
 */
static ssize_t
read_frame(struct mirage_platform *p, struct nic *nic, struct mirage_frame *f)
{
	struct iovec iov[1 + UNIX_TAILS] = {
	    {f->head - nic->vnet_bytes, f->len + nic->vnet_bytes}};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = 1};
	ssize_t n, room = (ssize_t)iov[0].iov_len;
	unsigned i;

	if (nic->vnet_bytes > 0 && tail_for_receive(p, iov + 1)) {
		m.msg_iovlen = 1 + UNIX_TAILS;
		for (i = 1; i <= UNIX_TAILS; i++)
			room += (ssize_t)iov[i].iov_len;
	}
	do {
		n = nic->socket ?
		    recvmsg(nic->fd, &m, MSG_DONTWAIT) :
		    m.msg_iovlen == 1 ?
		    read(nic->fd, iov[0].iov_base, iov[0].iov_len) :
		    readv(nic->fd, iov, (int)m.msg_iovlen);
	} while (n == -1 && errno == EINTR);
	if (n > 0)
		return (m.msg_flags & MSG_TRUNC ? room : n);
	if (n == 0 && is_empty_frame(nic)) {
		nic_drop(nic, MIRAGE_DROP_RUNT, 0);
		return (-1);
	}
	/* End of file, or a tap that was removed. */
	if (n == 0 || (errno != EAGAIN && errno != ENOBUFS))
		nic->down = true;
	return (0);
}

/* Makes a frame of what was read into it.  false: it is dropped and counted. */
static bool
accept_frame(struct mirage_platform *p, struct nic *nic, struct mirage_frame *f,
    uint32_t n)
{
	uint32_t room = f->len, len = n - nic->vnet_bytes;
	struct iovec rest[UNIX_TAILS];
	bool many = false;

	if (n < nic->vnet_bytes + ETHERNET_BYTES) {
		nic_drop(nic, MIRAGE_DROP_RUNT, n);
		return (false);
	}
	if (nic->vnet_bytes > 0) {
		if (!vnet_verdict(f->head - nic->vnet_bytes, f, len)) {
			nic_drop(nic, MIRAGE_DROP_TRUNCATED, len);
			return (false);
		}
		many = f->segment_bytes != 0;
		if (many && len == room && !tail_for_receive(p, rest)) {
			/* There was perhaps no room for its rest. */
			nic_drop(nic, MIRAGE_DROP_NO_BUFFERS, len);
			return (false);
		}
	}
	if (nic_drops(nic, f->head, len, many))
		return (false);
	frame_fill(p, f, len);
	return (true);
}

/*
 * Reads until nothing is there, which costs a call that says so.  While
 * frames come one at a time it is left out, as poll(2) would say it too; now
 * and then it is tried whether they still do.
 */
#define PROBE 16

static bool
is_last(struct nic *nic, int got)
{
	return (nic->single && got == 1 && ++nic->probe % PROBE != 0);
}

int
mirage_platform_receive(struct mirage_platform *p, unsigned netif,
    struct mirage_frame **frames, int max)
{
	struct nic *nic = &p->nics[netif];
	int got = 0, tries;

	if (nic->in != NULL)
		return (capture_receive(p, nic, frames, max));
	/* What is dropped counts too, so that garbage cannot hold the loop. */
	for (tries = 0; tries < max && !nic->down && !is_last(nic, got);
	    tries++) {
		struct mirage_frame *f = frame_for_receive(p);
		ssize_t n;

		if (f == NULL) {
			uint8_t scratch[64];

			/* The rest of the frame is thrown away by the read. */
			if (read(nic->fd, scratch, sizeof(scratch)) <= 0)
				break;
			nic_drop(nic, MIRAGE_DROP_NO_BUFFERS, 0);
			continue;
		}
		n = read_frame(p, nic, f);
		if (n > 0 && accept_frame(p, nic, f, (uint32_t)n)) {
			frames[got++] = f;
			continue;
		}
		mirage_platform_frame_free(p, f);
		if (n == 0) {
			nic->single = got == 1;
			break;
		}
	}
	if (got > 1)
		nic->single = false;
	return (got);
}

/* A copy of a frame of very many pieces; NULL: no memory. */
static uint8_t *
gather(struct mirage_platform *p, const struct mirage_frame *f)
{
	uint32_t at = 0;
	unsigned i;

	if (p->scratch == NULL)
		p->scratch = malloc(FRAME_BYTES_MAX);
	if (p->scratch == NULL)
		return (NULL);
	for (i = 0; i < f->nsegs; i++) {
		memcpy(p->scratch + at, f->segs[i].data, f->segs[i].len);
		at += f->segs[i].len;
	}
	p->copies++;
	p->bytes_copied += at;
	MIRAGE_PROBE(copy, "gather", at);
	return (p->scratch);
}

static enum mirage_tx
send_frame(
    struct mirage_platform *p, struct nic *nic, const struct mirage_frame *f)
{
	uint8_t header[VNET_BYTES_MAX];
	struct iovec iov[1 + IOVECS];
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = 0};
	ssize_t n;
	unsigned i;

	if ((f->flags & MIRAGE_FRAME_TX_SEGMENT) == 0 &&
	    f->len > nic->info.mtu + ETHERNET_BYTES + VLAN_BYTES)
		return (MIRAGE_TX_TOO_LONG);
	if (nic->down)
		return (MIRAGE_TX_DOWN);
	if (nic->vnet_bytes > 0) {
		vnet_request(f, header);
		iov[0].iov_base = header;
		iov[0].iov_len = nic->vnet_bytes;
		m.msg_iovlen = 1;
	}
	if (f->nsegs > IOVECS) {
		iov[m.msg_iovlen].iov_base = gather(p, f);
		iov[m.msg_iovlen++].iov_len = f->len;
		if (iov[m.msg_iovlen - 1].iov_base == NULL)
			return (MIRAGE_TX_FULL);
	}
	for (i = 0; f->nsegs <= IOVECS && i < f->nsegs; i++) {
		iov[m.msg_iovlen].iov_base = f->segs[i].data;
		iov[m.msg_iovlen++].iov_len = f->segs[i].len;
	}
	do {
		n = nic->socket ?
		    sendmsg(nic->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) :
		    writev(nic->fd, iov, (int)m.msg_iovlen);
	} while (n == -1 && errno == EINTR);
	if (n >= 0)
		return (MIRAGE_TX_SENT);
	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
		return (MIRAGE_TX_FULL);
	case EMSGSIZE:
		return (MIRAGE_TX_TOO_LONG);
	default:
		return (MIRAGE_TX_DOWN);
	}
}

enum mirage_tx
mirage_platform_transmit(
    struct mirage_platform *p, unsigned netif, struct mirage_frame *f)
{
	struct nic *nic = &p->nics[netif];
	enum mirage_tx result = nic->in != NULL ? capture_transmit(p, nic, f) :
						  send_frame(p, nic, f);

	/* The kernel has copied: nothing refers to the frame any more. */
	if (--f->refs == 0)
		mirage_platform_frame_free(p, f);
	return (result);
}
