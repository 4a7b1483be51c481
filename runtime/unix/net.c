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

#define IOVECS 64 /* segments of a sent frame; more are too many */

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

enum nic_open
nic_open(struct mirage_platform *p, const struct nic_options *o, char *error)
{
	struct nic *nic = &p->nics[p->nnics];
	const char *colon = strchr(o->spec, ':');
	size_t len = colon == NULL ? 0 : (size_t)(colon - o->spec);
	enum nic_open result;
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
		result = tap_open(nic, colon + 1, o, error);
	else if (len == 2 && strncmp(o->spec, "fd", 2) == 0)
		result = descriptor_open(nic, colon + 1, error);
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
	if (bytes > p->buffer_bytes)
		p->buffer_bytes = bytes;
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

uint64_t
mirage_platform_copies(struct mirage_platform *p, uint64_t *bytes)
{
	(void)p;
	*bytes = 0;
	return (0);
}

void
nic_drop(struct nic *nic, enum mirage_drop reason, uint32_t len)
{
	nic->drops[reason]++;
	MIRAGE_PROBE(drop, nic->number, mirage_drop_name(reason), len);
}

bool
nic_drops(struct nic *nic, const uint8_t *data, uint32_t len)
{
	uint32_t max = nic->info.mtu + ETHERNET_BYTES;

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
 * Bytes read; 0: nothing there now (or, with nic->down, ever); -1: a frame of
 * no bytes, which is counted.
 */
static ssize_t
read_frame(struct nic *nic, struct mirage_frame *f)
{
	struct iovec iov = {f->head, f->len};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	do {
		n = nic->socket ? recvmsg(nic->fd, &m, MSG_DONTWAIT) :
				  read(nic->fd, f->head, f->len);
	} while (n == -1 && errno == EINTR);
	if (n > 0)
		return (m.msg_flags & MSG_TRUNC ? (ssize_t)f->len : n);
	if (n == 0 && is_empty_frame(nic)) {
		nic_drop(nic, MIRAGE_DROP_RUNT, 0);
		return (-1);
	}
	/* End of file, or a tap that was removed. */
	if (n == 0 || (errno != EAGAIN && errno != ENOBUFS))
		nic->down = true;
	return (0);
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
	for (tries = 0; tries < max && !nic->down; tries++) {
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
		n = read_frame(nic, f);
		if (n <= 0 || nic_drops(nic, f->head, (uint32_t)n)) {
			mirage_platform_frame_free(p, f);
			if (n == 0)
				break;
			continue;
		}
		frame_fill(f, (uint32_t)n, mirage_platform_monotonic_ns(p));
		frames[got++] = f;
	}
	return (got);
}

static enum mirage_tx
send_frame(struct nic *nic, const struct mirage_frame *f)
{
	struct iovec iov[IOVECS];
	struct msghdr m = {.msg_iov = iov};
	ssize_t n;
	unsigned i;

	if (f->len > nic->info.mtu + ETHERNET_BYTES + VLAN_BYTES ||
	    f->nsegs > IOVECS)
		return (MIRAGE_TX_TOO_LONG);
	if (nic->down)
		return (MIRAGE_TX_DOWN);
	for (i = 0; i < f->nsegs; i++) {
		iov[i].iov_base = f->segs[i].data;
		iov[i].iov_len = f->segs[i].len;
	}
	m.msg_iovlen = f->nsegs;
	do {
		n = nic->socket ?
		    sendmsg(nic->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) :
		    writev(nic->fd, iov, (int)f->nsegs);
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
	enum mirage_tx result =
	    nic->in != NULL ? capture_transmit(p, nic, f) : send_frame(nic, f);

	/* The kernel has copied: nothing refers to the frame any more. */
	if (--f->refs == 0)
		mirage_platform_frame_free(p, f);
	return (result);
}
