/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Captures: frames are read from a file in the classic pcap format, answers
 * are written to another (draft-ietf-opsawg-pcap; pcap-savefile(5)).  Times
 * are those of the packets: nothing waits.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unix.h"

#define MAGIC_MICROSECONDS  0xa1b2c3d4
#define MAGIC_NANOSECONDS   0xa1b23c4d
#define LINKTYPE_ETHERNET   1
#define FILE_HEADER_BYTES   24
#define PACKET_HEADER_BYTES 16
#define CAPTURED_MAX	    262144 /* as libpcap: longer is no packet */
#define AHEAD_BYTES	    65536 /* read from the file at once */

struct capture {
	int fd; /* -1: not open */
	int error; /* errno of a read that failed; 0: none did */
	char *name;
	bool swapped, nanoseconds;
	bool has_next; /* the header below was read, its bytes were not */
	uint64_t next_ns;
	uint32_t captured, length; /* bytes in the file, on the wire */
	uint64_t offset; /* of what is read next */
	/* Read from the file and not used yet: ahead[at..filled) */
	size_t at, filled;
	uint8_t ahead[AHEAD_BYTES];
};

/*
 * Bytes taken: fewer at the end of the file, or if it cannot be read.  A pipe
 * gives what is in it, so that packets come while they are being captured.
 */
static size_t
take(struct capture *c, void *to, size_t bytes)
{
	uint8_t *out = to;
	size_t n, got = 0;
	ssize_t more;

	while (got < bytes) {
		if (c->at == c->filled) {
			do {
				more = read(c->fd, c->ahead, AHEAD_BYTES);
			} while (more == -1 && errno == EINTR);
			c->error = more == -1 ? errno : 0;
			c->at = 0;
			c->filled = more > 0 ? (size_t)more : 0;
			if (c->filled == 0)
				break;
		}
		n = c->filled - c->at;
		if (n > bytes - got)
			n = bytes - got;
		memcpy(out + got, c->ahead + c->at, n);
		c->at += n;
		got += n;
	}
	return (got);
}

static uint32_t
word(const struct capture *c, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return (c->swapped ? __builtin_bswap32(v) : v);
}

static void
complain(struct nic *nic, uint64_t offset, const char *what)
{
	fprintf(stderr, "mirage: %s: malformed capture at offset %llu: %s\n",
	    nic->in->name, (unsigned long long)offset, what);
	nic->broken = true;
}

/* Reads the next packet's header, if there is a packet. */
static void
look_ahead(struct nic *nic)
{
	struct capture *c = nic->in;
	uint8_t h[PACKET_HEADER_BYTES];
	uint64_t at = c->offset;
	size_t n = take(c, h, sizeof(h));
	uint32_t fraction;
	char what[128];

	c->has_next = false;
	c->next_ns = UINT64_MAX;
	c->offset += n;
	if (n == 0 && c->error == 0)
		return; /* the end */
	if (n < sizeof(h)) {
		snprintf(what, sizeof(what),
		    "the header of a packet has 16 bytes, not %u", (unsigned)n);
		complain(nic, at, c->error != 0 ? strerror(c->error) : what);
		return;
	}
	fraction = word(c, h + 4);
	c->captured = word(c, h + 8);
	c->length = word(c, h + 12);
	if (c->captured > CAPTURED_MAX) {
		snprintf(what, sizeof(what),
		    "a packet of %lu captured bytes: at most %d",
		    (unsigned long)c->captured, CAPTURED_MAX);
		complain(nic, at + 8, what);
		return;
	}
	if (fraction >= (c->nanoseconds ? 1000000000u : 1000000u)) {
		snprintf(what, sizeof(what), "%lu %s in a second",
		    (unsigned long)fraction,
		    c->nanoseconds ? "nanoseconds" : "microseconds");
		complain(nic, at + 4, what);
		return;
	}
	c->next_ns = (uint64_t)word(c, h) * 1000000000 +
	    (uint64_t)fraction * (c->nanoseconds ? 1 : 1000);
	c->has_next = true;
}

static enum nic_open
open_input(struct nic *nic, const char *name, char *error)
{
	struct capture *c = calloc(1, sizeof(*c));
	uint8_t h[FILE_HEADER_BYTES];
	uint32_t magic;
	size_t n;

	if (c == NULL || (c->name = strdup(name)) == NULL) {
		free(c);
		snprintf(error, ERROR_BYTES, "no memory");
		return (OPEN_FAILED);
	}
	c->fd = -1;
	nic->in = c;
	c->fd = open(name, O_RDONLY | O_CLOEXEC);
	if (c->fd == -1) {
		snprintf(error, ERROR_BYTES, "--net pcap:%s: %s", name,
		    strerror(errno));
		return (OPEN_USAGE);
	}
	n = take(c, h, sizeof(h));
	if (n < sizeof(h)) {
		snprintf(error, ERROR_BYTES,
		    "--net pcap:%s: not a capture: the header at offset 0 has "
		    "24 bytes, the file %u",
		    name, (unsigned)n);
		return (OPEN_USAGE);
	}
	memcpy(&magic, h, 4);
	c->swapped = magic == __builtin_bswap32(MAGIC_MICROSECONDS) ||
	    magic == __builtin_bswap32(MAGIC_NANOSECONDS);
	magic = word(c, h);
	c->nanoseconds = magic == MAGIC_NANOSECONDS;
	if (magic != MAGIC_MICROSECONDS && magic != MAGIC_NANOSECONDS) {
		snprintf(error, ERROR_BYTES,
		    "--net pcap:%s: not a capture: offset 0 holds "
		    "%02x%02x%02x%02x%s",
		    name, h[0], h[1], h[2], h[3],
		    memcmp(h, "\x0a\x0d\x0d\x0a", 4) == 0 ?
			", which is pcapng (editcap -F pcap IN OUT)" :
			"; tcpdump -w writes what is right");
		return (OPEN_USAGE);
	}
	/* The upper bits say how long frame check sequences are. */
	if ((word(c, h + 20) & 0x0fffffff) != LINKTYPE_ETHERNET) {
		snprintf(error, ERROR_BYTES,
		    "--net pcap:%s: offset 20: link type %lu; only 1, "
		    "Ethernet, can be read",
		    name, (unsigned long)(word(c, h + 20) & 0x0fffffff));
		return (OPEN_USAGE);
	}
	c->offset = sizeof(h);
	look_ahead(nic);
	return (OPEN_OK);
}

/* Opening the output empties it. */
static bool
is_input(const struct capture *c, const char *name)
{
	struct stat in, out;

	return (fstat(c->fd, &in) == 0 && stat(name, &out) == 0 &&
	    in.st_dev == out.st_dev && in.st_ino == out.st_ino &&
	    S_ISREG(in.st_mode));
}

static enum nic_open
open_output(struct nic *nic, const char *name, char *error)
{
	const uint32_t header[6] = {MAGIC_NANOSECONDS, 4u << 16 | 2, 0, 0,
	    CAPTURED_MAX, LINKTYPE_ETHERNET};

	if (is_input(nic->in, name)) {
		snprintf(error, ERROR_BYTES,
		    "--net pcap:IN,OUT: %s is what is read; answers need a "
		    "file of their own",
		    name);
		return (OPEN_USAGE);
	}
	nic->out = fopen(name, "wbe");
	if (nic->out == NULL ||
	    fwrite(header, sizeof(header), 1, nic->out) != 1) {
		snprintf(error, ERROR_BYTES, "--net pcap: %s: %s", name,
		    strerror(errno));
		return (OPEN_USAGE);
	}
	return (OPEN_OK);
}

enum nic_open
capture_open(struct nic *nic, const char *files, char *error)
{
	const char *comma = strchr(files, ',');
	char *in = comma == NULL ? strdup(files) :
				   strndup(files, (size_t)(comma - files));
	enum nic_open result = OPEN_OK;

	if (in == NULL || in[0] == '\0' ||
	    (comma != NULL && comma[1] == '\0')) {
		snprintf(error, ERROR_BYTES,
		    "--net pcap:%s: a file is missing: pcap:IN[,OUT]", files);
		result = OPEN_USAGE;
	}
	if (result == OPEN_OK)
		result = open_input(nic, in, error);
	if (result == OPEN_OK && comma != NULL)
		result = open_output(nic, comma + 1, error);
	if (result != OPEN_OK)
		capture_close(nic);
	free(in);
	return (result);
}

void
capture_close(struct nic *nic)
{
	if (nic->out != NULL && fclose(nic->out) != 0)
		fprintf(stderr, "mirage: %s: %s\n", nic->spec, strerror(errno));
	nic->out = NULL;
	if (nic->in != NULL) {
		if (nic->in->fd != -1)
			close(nic->in->fd);
		free(nic->in->name);
		free(nic->in);
	}
	nic->in = NULL;
}

uint64_t
capture_next_ns(const struct nic *nic)
{
	return (nic->in != NULL && nic->in->has_next ? nic->in->next_ns :
						       UINT64_MAX);
}

/* Passes over bytes that nobody wants. */
static bool
skip(struct capture *c, uint32_t bytes)
{
	uint8_t scratch[4096];

	while (bytes > 0) {
		size_t n = take(c, scratch,
		    bytes < sizeof(scratch) ? bytes : sizeof(scratch));

		if (n == 0)
			return (false);
		c->offset += n;
		bytes -= (uint32_t)n;
	}
	return (true);
}

/* The packet whose header was read; NULL: dropped, or the file is broken. */
static struct mirage_frame *
next_frame(struct mirage_platform *p, struct nic *nic)
{
	struct capture *c = nic->in;
	struct mirage_frame *f = NULL;
	uint64_t at = c->offset;
	uint32_t want = c->captured;
	bool whole;

	if (c->captured < c->length)
		nic_drop(nic, MIRAGE_DROP_TRUNCATED, c->length);
	else if (c->captured > p->sizes[0].bytes - VNET_BYTES_MAX)
		nic_drop(nic, MIRAGE_DROP_OVERSIZE, c->length);
	else if ((f = frame_for_receive(p)) == NULL)
		nic_drop(nic, MIRAGE_DROP_NO_BUFFERS, c->length);
	if (f == NULL)
		whole = skip(c, want);
	else {
		size_t n = take(c, f->head, want);

		c->offset += n;
		whole = n == want;
	}
	if (!whole) {
		char what[96];

		snprintf(what, sizeof(what),
		    "the file ends in a packet: %llu of %lu bytes",
		    (unsigned long long)(c->offset - at), (unsigned long)want);
		complain(nic, at, what);
		c->has_next = false;
		c->next_ns = UINT64_MAX;
	}
	if (f != NULL && (!whole || nic_drops(nic, f->head, want, false))) {
		mirage_platform_frame_free(p, f);
		f = NULL;
	}
	if (f != NULL)
		frame_fill(p, f, want);
	if (whole)
		look_ahead(nic);
	return (f);
}

int
capture_receive(struct mirage_platform *p, struct nic *nic,
    struct mirage_frame **frames, int max)
{
	int got = 0, tries;

	for (tries = 0; tries < max; tries++) {
		struct mirage_frame *f;

		if (!nic->in->has_next || nic->in->next_ns > p->clock_ns)
			break;
		f = next_frame(p, nic);
		if (f != NULL)
			frames[got++] = f;
	}
	return (got);
}

enum mirage_tx
capture_transmit(
    struct mirage_platform *p, struct nic *nic, const struct mirage_frame *f)
{
	uint32_t header[4] = {(uint32_t)(p->clock_ns / 1000000000),
	    (uint32_t)(p->clock_ns % 1000000000), f->len, f->len};
	unsigned i;

	if (f->len > nic->info.mtu + ETHERNET_BYTES + VLAN_BYTES)
		return (MIRAGE_TX_TOO_LONG);
	if (nic->out == NULL)
		return (MIRAGE_TX_SENT);
	if (fwrite_unlocked(header, sizeof(header), 1, nic->out) != 1)
		return (MIRAGE_TX_DOWN);
	for (i = 0; i < f->nsegs; i++)
		if (f->segs[i].len > 0 &&
		    fwrite_unlocked(
			f->segs[i].data, f->segs[i].len, 1, nic->out) != 1)
			return (MIRAGE_TX_DOWN);
	return (MIRAGE_TX_SENT);
}
