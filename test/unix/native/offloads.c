/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames over a socket pair, under the sanitizers: what a card does for the
 * stack (checksums, segments, packets in one frame), done by us or announced in
 * a virtio-net header.  Exit 0, or the line of what failed on stderr.
 */
#include <sys/socket.h>

#include <unistd.h>

#include "frame_fixture.h"

/* A frame out and in again, over a socket pair, with a checksum to fill in. */
static void
transmit(void)
{
	struct mirage_frame *f, *g;
	struct watched w;
	uint16_t sum;

	open_table(16);
	inst.nnetifs = 1;
	watch(&w, 0);
	memset(w.bytes + 24, 0, 2);
	f = mirage_platform_frame_alloc(&platform, 14);
	memset(f->head, 0xaa, 14);
	CHECK(mirage_frame_add_segment(&platform, f, w.bytes, 101, &w.buffer));
	f->flags |= MIRAGE_FRAME_TX_CSUM;
	f->csum_start = 14;
	f->csum_offset = 24;
	CHECK(mirage_frame_insert(&inst, f) != 0);
	CHECK(mirage_frame_transmit(&inst, 0, f));
	CHECK(inst.stats.frames_live == 0 && w.buffer.refs == 1);
	CHECK(mirage_platform_wait(&platform, UINT64_MAX) == MIRAGE_WAKE_FRAME);
	CHECK(mirage_platform_receive(&platform, 1, &g, 1) == 1);
	CHECK(g->len == 115);
	sum = (uint16_t)mirage_frame_sum(g, 14, 101, 0);
	CHECK(sum == 0xffff);
	mirage_platform_frame_free(&platform, g);
	CHECK(mirage_platform_receive(&platform, 1, &g, 1) == 0);
	/* An interface that is not there. */
	f = mirage_platform_frame_alloc(&platform, 14);
	CHECK(!mirage_frame_transmit(&inst, 7, f));
	CHECK(inst.stats.drop_transmit_error == 1);
	CHECK(mirage_frame_table_destroy(&inst) == 0);
}

/*
 * A frame that came without its checksum, of `cut` bytes and the rest in one
 * buffer, is sent on: with the checksum, and copied only if it must be.
 */
static void
send_on(
    struct watched *w, uint32_t len, uint32_t cut, uint32_t flags, uint8_t *out)
{
	struct mirage_frame *f, *g;

	w->buffer.flags = flags;
	f = mirage_platform_frame_alloc(&platform, 0);
	CHECK(
	    mirage_frame_add_segment(&platform, f, w->bytes, cut, &w->buffer));
	if (cut < len)
		CHECK(mirage_frame_add_segment(
		    &platform, f, w->bytes + cut, len - cut, &w->buffer));
	w->buffer.refs--; /* the frame's alone */
	f->flags |= MIRAGE_FRAME_RX_UNSUMMED;
	CHECK(mirage_frame_insert(&inst, f) != 0);
	CHECK(mirage_frame_transmit(&inst, 0, f));
	CHECK(mirage_platform_wait(&platform, UINT64_MAX) == MIRAGE_WAKE_FRAME);
	CHECK(mirage_platform_receive(&platform, 1, &g, 1) == 1);
	CHECK(g->len == len);
	mirage_frame_copy_out(g, 0, out, len);
	mirage_platform_frame_free(&platform, g);
}

static void
unsummed(void)
{
	static const struct {
		uint32_t link; /* bytes of the Ethernet header, a tag with it */
		uint8_t version, protocol;
		bool fragment, readonly;
	} cases[] = {
	    {14, 4, 17, false, false},
	    {14, 4, 6, false, false},
	    {18, 4, 17, false, false},
	    {14, 6, 17, false, false},
	    {18, 6, 6, false, false},
	    {14, 4, 17, true, false},
	    {14, 4, 1, false, false},
	    {14, 4, 17, false, true},
	};
	unsigned i;

	open_table(16);
	inst.nnetifs = 1;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t link = cases[i].link;
		uint32_t header = cases[i].version == 6 ? 40 : 20;
		uint32_t len = 101, field = cases[i].protocol == 6 ? 16 : 6;
		uint8_t out[256], before[256], *ip;
		bool left = cases[i].fragment || cases[i].protocol == 1;
		uint64_t copies = inst.stats.copies;
		struct watched w;

		watch(&w, 0);
		w.bytes[12] = link == 18  ? 0x81 :
		    cases[i].version == 6 ? 0x86 :
					    0x08;
		w.bytes[13] = link == 18 ? 0 : cases[i].version == 6 ? 0xdd : 0;
		w.bytes[16] = cases[i].version == 6 ? 0x86 : 0x08;
		w.bytes[17] = cases[i].version == 6 ? 0xdd : 0;
		ip = w.bytes + link;
		ip[0] = cases[i].version == 6 ? 0x60 : 0x45;
		ip[2] = 0;
		ip[3] = (uint8_t)(20 + len);
		if (cases[i].version == 6) {
			ip[4] = 0;
			ip[5] = (uint8_t)len;
			ip[6] = cases[i].protocol;
		} else {
			ip[6] = cases[i].fragment ? 0x20 : 0;
			ip[7] = 0;
			ip[9] = cases[i].protocol;
		}
		memcpy(before, w.bytes, sizeof(before));
		/* Behind it, as if it were padding. */
		send_on(&w, link + header + len + 5, link + header + 20,
		    cases[i].readonly ? MIRAGE_BUFFER_READONLY : 0, out);
		CHECK(left == (memcmp(out, before, link + header + len) == 0));
		if (!left)
			CHECK(transport_sum(out + link, header, len,
				  cases[i].protocol) == 0xffff);
		/* Nothing else has changed, and nothing of another's. */
		memcpy(out + link + header + field,
		    before + link + header + field, 2);
		CHECK(memcmp(out, before, link + header + len + 5) == 0);
		CHECK(!cases[i].readonly ||
		    memcmp(w.bytes, before, sizeof(before)) == 0);
		CHECK(inst.stats.copies - copies == cases[i].readonly);
	}
	CHECK(mirage_frame_table_destroy(&inst) == 0);
}

static uint32_t
get(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | *p++;
	return (v);
}

#define TCP_HEADER 32 /* with timestamps */
#define PAYLOAD	   4000

/* A frame of several packets: headers, and payload in two pieces. */
static struct mirage_frame *
long_frame(bool version6, const uint8_t payload[PAYLOAD])
{
	uint32_t at = version6 ? 54 : 34, sum;
	struct mirage_frame *f, *rest;
	uint8_t *h;

	f = mirage_platform_frame_alloc(&platform, at + TCP_HEADER);
	h = f->head;
	memset(h, 0, at + TCP_HEADER);
	h[12] = version6 ? 0x86 : 0x08;
	h[13] = version6 ? 0xdd : 0;
	sum = 6 + TCP_HEADER + PAYLOAD;
	if (version6) {
		h[14] = 0x60;
		h[18] = (TCP_HEADER + PAYLOAD) >> 8;
		h[19] = (TCP_HEADER + PAYLOAD) & 0xff;
		h[20] = 6;
		memset(h + 22, 0x20, 32);
		sum = plain_sum(h + 22, 32, sum);
	} else {
		h[14] = 0x45;
		h[16] = (20 + TCP_HEADER + PAYLOAD) >> 8;
		h[17] = (20 + TCP_HEADER + PAYLOAD) & 0xff;
		h[18] = 0xff; /* the identification wraps */
		h[19] = 0xff;
		h[20] = 0x40;
		h[23] = 6;
		memset(h + 26, 10, 8);
		sum = plain_sum(h + 26, 8, sum);
	}
	memset(h + at + 4, 0xff, 3); /* and so does the sequence number */
	h[at + 12] = TCP_HEADER / 4 << 4;
	h[at + 13] = 0x80 | 0x10 | 0x08 | 0x01; /* CWR, ACK, PSH, FIN */
	h[at + 16] = (uint8_t)(sum >> 8);
	h[at + 17] = (uint8_t)sum;
	rest = mirage_platform_frame_alloc(&platform, PAYLOAD);
	memcpy(rest->head, payload, PAYLOAD);
	CHECK(mirage_frame_append(&platform, f, rest, 0, 1001));
	CHECK(mirage_frame_append(&platform, f, rest, 1001, PAYLOAD - 1001));
	mirage_platform_frame_free(&platform, rest);
	f->csum_start = (uint16_t)at;
	f->csum_offset = 16;
	f->segment_bytes = 1428;
	return (f);
}

/* What arrives for it: three packets, whose payload is all of it. */
static void
receive_packets(bool version6, const uint8_t payload[PAYLOAD])
{
	uint32_t at = version6 ? 54 : 34, seen = 0, i;
	struct mirage_frame *g;
	uint8_t out[1514];

	for (i = 0; i < 3; i++) {
		uint32_t bytes = i < 2 ? 1428 : PAYLOAD - 2 * 1428;
		uint8_t flags =
		    (uint8_t)(0x10 | (i == 0 ? 0x80 : 0) | (i == 2 ? 0x09 : 0));

		CHECK(mirage_platform_receive(&platform, 1, &g, 1) == 1);
		CHECK(g->len == at + TCP_HEADER + bytes);
		mirage_frame_copy_out(g, 0, out, g->len);
		CHECK(get(out + (version6 ? 18 : 16), 2) ==
		    (version6 ? 0 : 20) + TCP_HEADER + bytes);
		CHECK(version6 || plain_sum(out + 14, 20, 0) == 0xffff);
		CHECK(version6 || get(out + 18, 2) == ((0xffff + i) & 0xffff));
		CHECK(get(out + at + 4, 4) == 0xffffff00 + seen);
		CHECK(out[at + 13] == flags);
		CHECK(transport_sum(out + 14, version6 ? 40 : 20,
			  TCP_HEADER + bytes, 6) == 0xffff);
		CHECK(
		    memcmp(out + at + TCP_HEADER, payload + seen, bytes) == 0);
		seen += bytes;
		mirage_platform_frame_free(&platform, g);
	}
	CHECK(mirage_platform_receive(&platform, 1, &g, 1) == 0);
}

/* A frame of several packets, on an interface that cuts none. */
static void
segments(void)
{
	uint8_t payload[PAYLOAD];
	struct mirage_frame *f;
	unsigned i, version6;

	open_table(16);
	inst.nnetifs = 1;
	inst.netifs[0].mtu = 1500;
	for (i = 0; i < PAYLOAD; i++)
		payload[i] = (uint8_t)random32();
	for (version6 = 0; version6 < 2; version6++) {
		/* The program has asked for it. */
		f = long_frame(version6, payload);
		f->flags |= MIRAGE_FRAME_TX_CSUM | MIRAGE_FRAME_TX_SEGMENT;
		CHECK(mirage_frame_insert(&inst, f) != 0);
		CHECK(mirage_frame_transmit(&inst, 0, f));
		CHECK(inst.stats.frames_live == 0);
		receive_packets(version6, payload);
		/* It came so, and somebody holds it still. */
		f = long_frame(version6, payload);
		f->flags |= MIRAGE_FRAME_RX_L4_GOOD | MIRAGE_FRAME_RX_UNSUMMED;
		CHECK(mirage_frame_insert(&inst, f) != 0);
		f->refs++;
		CHECK(mirage_frame_transmit(&inst, 0, f));
		receive_packets(version6, payload);
		CHECK(f->segment_bytes == 1428 &&
		    !(f->flags & MIRAGE_FRAME_TX_SEGMENT));
		CHECK(mirage_frame_finish(&inst, f));
		mirage_frame_release(&inst, f);
		CHECK(inst.stats.frames_live == 0);
	}
	CHECK(inst.stats.frames_cut == 4 && inst.stats.frames_out == 12);
	/* Headers that are not TCP's, or packets longer than the MTU. */
	for (i = 0; i < 5; i++) {
		f = long_frame(false, payload);
		f->flags |= MIRAGE_FRAME_TX_CSUM | MIRAGE_FRAME_TX_SEGMENT;
		if (i == 0)
			f->head[23] = 17;
		else if (i == 1)
			f->head[17]++;
		else if (i == 2)
			f->head[34 + 12] = 0x40;
		else if (i == 3)
			f->segment_bytes = 1600;
		else
			f->flags &= (uint16_t)~MIRAGE_FRAME_TX_CSUM;
		CHECK(!mirage_frame_transmit(&inst, 0, f));
		CHECK(inst.stats.drop_transmit_error == i + 1);
		CHECK(mirage_platform_receive(&platform, 1, &f, 1) == 0);
	}
	/* One packet's worth needs no cutting. */
	f = long_frame(false, payload);
	f->segment_bytes = PAYLOAD;
	mirage_frame_truncate(f, 34 + TCP_HEADER + 1000);
	f->head[16] = (20 + TCP_HEADER + 1000) >> 8;
	f->head[17] = (20 + TCP_HEADER + 1000) & 0xff;
	f->segment_bytes = 1000;
	f->flags |= MIRAGE_FRAME_TX_CSUM | MIRAGE_FRAME_TX_SEGMENT;
	CHECK(mirage_frame_transmit(&inst, 0, f));
	CHECK(mirage_platform_receive(&platform, 1, &f, 1) == 1);
	CHECK(f->len == 34 + TCP_HEADER + 1000);
	mirage_platform_frame_free(&platform, f);
	CHECK(inst.stats.frames_cut == 4);
	CHECK(mirage_frame_table_destroy(&inst) == 0);
}

/* Memory of the host's behind headers of the frame's own, and in their place.
 */
static void
hosts(void)
{
	struct mirage_frame *f;
	struct watched head, rest;
	uint8_t out[64];

	open_table(16);
	watch(&head, 0);
	watch(&rest, MIRAGE_BUFFER_READONLY | MIRAGE_BUFFER_HOST);
	f = mirage_platform_frame_alloc(&platform, 0);
	CHECK(mirage_frame_add_segment(
	    &platform, f, head.bytes, 20, &head.buffer));
	CHECK(mirage_frame_add_segment(
	    &platform, f, rest.bytes, 30, &rest.buffer));
	CHECK(!mirage_frame_is_hosts(f, 0, 20));
	CHECK(mirage_frame_is_hosts(f, 0, 21));
	CHECK(mirage_frame_is_hosts(f, 49, 1));
	CHECK(!mirage_frame_is_hosts(f, 30, 0));
	CHECK(mirage_frame_writable(&inst, f, 50));
	CHECK(!mirage_frame_is_hosts(f, 0, 50));
	memset(f->head, 0, 50);
	CHECK(rest.bytes[0] == 1 && rest.bytes[29] == (uint8_t)(29 * 7 + 1));
	mirage_platform_frame_free(&platform, f);
	/* The headers, too. */
	f = mirage_platform_frame_alloc(&platform, 0);
	CHECK(mirage_frame_add_segment(
	    &platform, f, rest.bytes, 30, &rest.buffer));
	CHECK(mirage_frame_is_hosts(f, 0, 1));
	CHECK(mirage_frame_writable(&inst, f, 10));
	CHECK(!mirage_frame_is_hosts(f, 0, 10) &&
	    mirage_frame_is_hosts(f, 0, 11));
	mirage_frame_copy_out(f, 0, out, 30);
	CHECK(memcmp(out, rest.bytes, 30) == 0);
	mirage_platform_frame_free(&platform, f);
	CHECK(head.buffer.refs == 1 && rest.buffer.refs == 1);
	CHECK(mirage_frame_table_destroy(&inst) == 0);
}

/* Of `len` bytes, as the other end sees it. */
static struct mirage_frame *
one_frame(uint32_t len)
{
	struct mirage_frame *f;

	CHECK(mirage_platform_receive(&platform, 1, &f, 1) == 1);
	CHECK(f->len == len);
	return (f);
}

/* The same with a virtio-net header before each frame: nobody cuts or sums. */
static void
offloaded(void)
{
	uint32_t bytes = 66 + PAYLOAD, live = 0;
	struct mirage_frame *f, *held[40];
	uint8_t payload[PAYLOAD];
	unsigned i;

	open_table(16);
	inst.nnetifs = 1;
	mirage_platform_netif_info(&platform, 0, &inst.netifs[0]);
	CHECK(inst.netifs[0].segment_max == MIRAGE_FRAME_MAX);
	for (i = 0; i < PAYLOAD; i++)
		payload[i] = (uint8_t)random32();
	f = long_frame(false, payload);
	f->flags |= MIRAGE_FRAME_TX_CSUM | MIRAGE_FRAME_TX_SEGMENT;
	CHECK(mirage_frame_transmit(&inst, 0, f));
	f = one_frame(bytes);
	CHECK(f->segment_bytes == 1428 && f->nsegs == 2);
	CHECK(f->flags & MIRAGE_FRAME_RX_L4_GOOD);
	CHECK(f->head_len >= MIRAGE_RX_CONTIGUOUS);
	/* What came merged goes on as it is, and comes again. */
	CHECK(mirage_frame_transmit(&inst, 0, f));
	f = one_frame(bytes);
	CHECK(inst.stats.frames_segmented == 2 && inst.stats.frames_cut == 0);
	CHECK(inst.stats.copies == 0);
	CHECK(mirage_frame_finish(&inst, f));
	mirage_frame_copy_out(f, 66, payload, PAYLOAD);
	CHECK(mirage_frame_sum(f, 34, bytes - 34,
		  plain_sum(f->head + 26, 8, bytes - 34 + 6)) == 0xffff);
	mirage_platform_frame_free(&platform, f);
	/* Longer than the MTU, and not of many packets. */
	f = long_frame(false, payload);
	f->segment_bytes = 0;
	CHECK(!mirage_frame_transmit(&inst, 0, f));
	/* Many pieces are gathered. */
	f = mirage_platform_frame_alloc(&platform, 14);
	memset(f->head, 0xaa, 14);
	for (i = 0; i < 1000; i++) {
		held[0] = mirage_platform_frame_alloc(&platform, 1);
		held[0]->head[0] = (uint8_t)i;
		CHECK(mirage_frame_append(&platform, f, held[0], 0, 1));
		mirage_platform_frame_free(&platform, held[0]);
	}
	CHECK(mirage_frame_transmit(&inst, 0, f));
	f = one_frame(1014);
	for (i = 0; i < 1000; i++)
		CHECK(f->head[14 + i] == (uint8_t)i);
	mirage_platform_frame_free(&platform, f);
	/* Short frames that are held take no room for long ones. */
	for (i = 0; i < 40; i++) {
		f = mirage_platform_frame_alloc(&platform, 60);
		memset(f->head, 0, 60);
		CHECK(mirage_frame_transmit(&inst, 0, f));
		held[i] = one_frame(60);
		live += held[i]->nsegs;
	}
	CHECK(live == 40);
	for (i = 0; i < 40; i++)
		mirage_platform_frame_free(&platform, held[i]);
	CHECK(mirage_frame_table_destroy(&inst) == 0);
}

/* A header that says what cannot be, from the other end of an interface. */
static void
bad_headers(int fd)
{
	static const struct {
		uint8_t flags, gso;
		uint16_t segment, start, offset;
		enum mirage_drop drop;
	} cases[] = {
	    {1, 0, 0, 60, 0, MIRAGE_DROP_TRUNCATED},
	    {1, 0, 0, 0xffff, 0xffff, MIRAGE_DROP_TRUNCATED},
	    {1, 1, 0, 34, 16, MIRAGE_DROP_TRUNCATED},
	    {1, 3, 1000, 34, 6, MIRAGE_DROP_TRUNCATED},
	    {0, 0xff, 1000, 34, 6, MIRAGE_DROP_TRUNCATED},
	};
	uint8_t message[12 + 60];
	struct mirage_frame *f;
	unsigned i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t before =
		    mirage_platform_drops(&platform, 0, cases[i].drop);

		memset(message, 0, sizeof(message));
		message[0] = cases[i].flags;
		message[1] = cases[i].gso;
		memcpy(message + 4, &cases[i].segment, 2);
		memcpy(message + 6, &cases[i].start, 2);
		memcpy(message + 8, &cases[i].offset, 2);
		CHECK(send(fd, message, sizeof(message), 0) ==
		    (ssize_t)sizeof(message));
		CHECK(mirage_platform_receive(&platform, 0, &f, 1) == 0);
		CHECK(mirage_platform_drops(&platform, 0, cases[i].drop) ==
		    before + 1);
	}
	for (i = 1; i < 12 + 14; i++) {
		CHECK(send(fd, message, i, 0) == (ssize_t)i);
		CHECK(mirage_platform_receive(&platform, 0, &f, 1) == 0);
		CHECK(
		    mirage_platform_drops(&platform, 0, MIRAGE_DROP_RUNT) == i);
	}
}

/* Both ends of a socket pair are interfaces of one platform. */
static void
over_sockets(int type)
{
	char error[ERROR_BYTES], spec[32];
	int pair[2], i;

	CHECK(socketpair(AF_UNIX, type, 0, pair) == 0);
	CHECK(unix_platform_init(&platform, error));
	for (i = 0; i < 2; i++) {
		struct nic_options o = {.spec = spec, .program = "test"};

		snprintf(spec, sizeof(spec), "fd:%d", pair[i]);
		CHECK(nic_open(&platform, &o, error) == OPEN_OK);
	}
	CHECK(memcmp(platform.nics[0].info.mac, platform.nics[1].info.mac, 6) !=
	    0);
	CHECK((platform.nics[0].info.mac[0] & 3) == 2);
	transmit();
	unsummed();
	segments();
	hosts();
	unix_platform_fini(&platform);
	CHECK(platform.held_bytes == 0);
	CHECK(socketpair(AF_UNIX, type, 0, pair) == 0);
	CHECK(unix_platform_init(&platform, error));
	for (i = 0; i < 2; i++) {
		struct nic_options o = {.spec = spec, .program = "test"};

		snprintf(spec, sizeof(spec), "fd:%d,vnet", dup(pair[i]));
		CHECK(nic_open(&platform, &o, error) == OPEN_OK);
	}
	offloaded();
	bad_headers(pair[1]);
	unix_platform_fini(&platform);
	CHECK(platform.held_bytes == 0);
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	over_sockets(SOCK_SEQPACKET);
	over_sockets(SOCK_DGRAM);
	return (0);
}
