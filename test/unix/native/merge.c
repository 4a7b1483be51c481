/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets of TCP that are merged (runtime/frame/merge.c), under the sanitizers:
 * which go together, and that no byte of any flow is lost, added or moved.
 * Exit 0, or the line of what failed on stderr.
 */
#include "frame_fixture.h"

#define FLOWS	3
#define BATCH	64
#define ACK	0x10
#define PSH	0x08
#define FIN	0x01
#define ALL_MAX 300000
#define FRAMES	512 /* that the instance may hold */

struct packet {
	unsigned flow;
	bool version6;
	uint32_t sequence, bytes;
	uint8_t flags;
	uint16_t window;
	uint8_t timestamp; /* 0: no options */
	bool bad; /* its checksum */
};

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t
get16(const uint8_t *p)
{
	return ((uint32_t)p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return (get16(p) << 16 | get16(p + 2));
}

/* The byte of a flow with that sequence number. */
static uint8_t
byte_of(unsigned flow, uint32_t sequence)
{
	return ((uint8_t)(sequence * 7 + (sequence >> 8) + flow));
}

static struct mirage_frame *
make(const struct packet *k)
{
	uint32_t ip = k->version6 ? 40 : 20, tcp = k->timestamp ? 32 : 20, i;
	struct mirage_frame *f =
	    mirage_platform_frame_alloc(&platform, 14 + ip + tcp + k->bytes);
	uint8_t *p = f->head, *t = p + 14 + ip;

	memset(p, 0, 14 + ip + tcp);
	put16(p + 12, k->version6 ? 0x86dd : 0x0800);
	if (k->version6) {
		p[14] = 0x60;
		put16(p + 18, tcp + k->bytes);
		p[20] = 6;
		p[21] = 64;
		p[14 + 8 + 15] = 1;
		p[14 + 24 + 15] = 2;
	} else {
		p[14] = 0x45;
		put16(p + 16, 20 + tcp + k->bytes);
		put16(p + 18, random32() & 0xffff);
		p[22] = 64;
		p[23] = 6;
		put32(p + 26, 0x0a000001);
		put32(p + 30, 0x0a000002);
		put16(p + 24, ~plain_sum(p + 14, 20, 0) & 0xffff);
	}
	put16(t, 1000 + k->flow);
	put16(t + 2, 7);
	put32(t + 4, k->sequence);
	put32(t + 8, 77);
	t[12] = (uint8_t)(tcp / 4 << 4);
	t[13] = k->flags;
	put16(t + 14, k->window);
	if (k->timestamp) {
		t[20] = t[21] = 1;
		t[22] = 8;
		t[23] = 10;
		t[27] = k->timestamp;
	}
	for (i = 0; i < k->bytes; i++)
		t[tcp + i] = byte_of(k->flow, k->sequence + i);
	put16(t + 16, ~transport_sum(p + 14, ip, tcp + k->bytes, 6) & 0xffff);
	if (k->bad)
		t[16] ^= 0x40;
	return (f);
}

/* How many frames are left of these packets; the first is given back. */
static int
merged(const struct packet *packets, int n, struct mirage_frame **first)
{
	struct mirage_frame *frames[BATCH];
	int i, left;

	for (i = 0; i < n; i++)
		frames[i] = make(&packets[i]);
	left = mirage_frame_merge(&inst, frames, n);
	for (i = 1; i < left; i++)
		mirage_platform_frame_free(&platform, frames[i]);
	*first = frames[0];
	return (left);
}

static void
pairs(bool version6)
{
	const struct packet one = {
	    0, version6, UINT32_MAX - 500, 1000, ACK, 500, 9, false};
	struct packet two[2] = {one, one}, k;
	struct mirage_frame *f;
	uint32_t ip = version6 ? 40 : 20, at = 14 + ip + 32, i;
	uint8_t byte;

	two[1].sequence += 1000; /* beyond 2^32 */
	two[1].flags |= PSH;
	two[1].bytes = 900;
	CHECK(merged(two, 2, &f) == 1);
	CHECK(f->len == at + 1900 && f->segment_bytes == 1000);
	CHECK(f->flags & MIRAGE_FRAME_RX_L4_GOOD);
	CHECK(f->head[14 + ip + 13] == (ACK | PSH));
	if (version6)
		CHECK(get16(f->head + 18) == 32 + 1900);
	else
		CHECK(get16(f->head + 16) == 20 + 32 + 1900 &&
		    plain_sum(f->head + 14, 20, 0) == 0xffff);
	for (i = 0; i < 1900; i++) {
		mirage_frame_copy_out(f, at + i, &byte, 1);
		CHECK(byte == byte_of(0, one.sequence + i));
	}
	CHECK(inst.stats.copies == 0);
	mirage_platform_frame_free(&platform, f);

#define APART(change)                                     \
	do {                                              \
		k = two[1];                               \
		change;                                   \
		two[1] = k;                               \
		CHECK(merged(two, 2, &f) == 2);           \
		mirage_platform_frame_free(&platform, f); \
		two[0] = two[1] = one;                    \
		two[1].sequence += 1000;                  \
	} while (0)
	APART(k.sequence++);
	APART(k.sequence--);
	APART(k.bytes = 1001);
	APART(k.flow = 1);
	APART(k.flags |= FIN);
	APART(k.flags = 0);
	APART(k.window--);
	APART(k.timestamp++);
	APART(k.timestamp = 0);
	APART(k.bytes = 0);
	APART(k.bad = true);
	APART(two[0].bad = true);
	APART(two[0].flags |= PSH);
	APART(two[0].flags |= FIN);
	APART(k.version6 = !version6);
	/* Whose memory would be too much for what they carry. */
	two[0].bytes = two[1].bytes = 255;
	two[1].sequence = two[0].sequence + 255;
	CHECK(merged(two, 2, &f) == 2);
	mirage_platform_frame_free(&platform, f);
}

/* Never longer than IP can say. */
static void
longest(void)
{
	struct packet packets[BATCH];
	struct mirage_frame *f;
	unsigned i;

	for (i = 0; i < BATCH; i++)
		packets[i] = (struct packet) {
		    0, false, i * 1448, 1448, ACK, 500, 9, false};
	CHECK(merged(packets, BATCH, &f) == 2);
	CHECK(f->len <= MIRAGE_FRAME_MAX && f->len > 14 + 65535 - 1448);
	CHECK(get16(f->head + 16) == f->len - 14);
	mirage_platform_frame_free(&platform, f);
}

/*
 * A tag of VLAN whose first bits say 6, before IPv4 with options: where IPv6
 * would have TCP.
 */
static struct mirage_frame *
make_tagged(uint32_t sequence)
{
	uint32_t bytes = 500, ip = 36, at = 18 + ip, i;
	struct mirage_frame *f =
	    mirage_platform_frame_alloc(&platform, at + 20 + bytes);
	uint8_t *p = f->head;

	memset(p, 0, f->len);
	put16(p + 12, 0x8100);
	put16(p + 14, 0x6005);
	put16(p + 16, 0x0800);
	p[18] = 0x49;
	put16(p + 20, ip + 20 + bytes);
	p[26] = 64;
	p[27] = 6;
	put32(p + 30, 0x0a000001);
	put32(p + 34, 0x0a000002);
	put16(p + 28, ~plain_sum(p + 18, ip, 0) & 0xffff);
	put16(p + at, 1000);
	put16(p + at + 2, 7);
	put32(p + at + 4, sequence);
	p[at + 12] = 0x50;
	p[at + 13] = ACK;
	for (i = 0; i < bytes; i++)
		p[at + 20 + i] = byte_of(0, sequence + i);
	put16(p + at + 16, ~transport_sum(p + 18, ip, 20 + bytes, 6) & 0xffff);
	return (f);
}

static void
tagged(void)
{
	struct mirage_frame *frames[2] = {make_tagged(0), make_tagged(500)};
	int i;

	CHECK(mirage_frame_merge(&inst, frames, 2) == 2);
	for (i = 0; i < 2; i++) {
		CHECK(frames[i]->head[18] == 0x49);
		mirage_platform_frame_free(&platform, frames[i]);
	}
}

/*
 * A peer whose bytes nobody takes makes the program hold no more memory than
 * its limit of frames says, twice: a frame's and what was merged into it.
 */
static void
bounded(uint32_t bytes)
{
	struct mirage_frame *frames[BATCH];
	uint32_t sequence = 0, held = 0, i;
	unsigned batch;
	int k, left;

	for (batch = 0; batch < 200; batch++) {
		for (i = 0; i < BATCH; i++, sequence += bytes) {
			const struct packet one = {
			    0, false, sequence, bytes, ACK, 500, 9, false};

			frames[i] = make(&one);
		}
		left = mirage_frame_merge(&inst, frames, BATCH);
		for (k = 0; k < left; k++) {
			/* As the stack does when it has taken its share. */
			if (inst.stats.frames_live >= FRAMES / 2)
				mirage_platform_frame_free(
				    &platform, frames[k]);
			else if (mirage_frame_insert(&inst, frames[k]) != 0)
				held += frames[k]->nsegs;
		}
	}
	CHECK(held <= 2 * FRAMES);
	CHECK(mirage_frame_table_destroy(&inst) == FRAMES / 2);
	open_table(FRAMES);
}

/* What a flow's frames carry, in the order in which they lie there. */
static uint64_t
contents(struct mirage_frame *const *frames, int n, unsigned flow)
{
	static uint8_t bytes[ALL_MAX];
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	int i;
	uint32_t k;

	for (i = 0; i < n; i++) {
		const uint8_t *p = frames[i]->head;
		uint32_t tcp = 14 + (p[14] >> 4 == 6 ? 40 : 20);
		uint32_t at = tcp + (p[tcp + 12] >> 4) * 4u;
		uint32_t len = frames[i]->len - at;

		if (get16(p + tcp) != 1000 + flow)
			continue;
		mirage_frame_copy_out(frames[i], at, bytes, len);
		for (k = 0; k < len; k++)
			hash = (hash ^ bytes[k] ^ (get32(p + tcp + 4) + k)) *
			    UINT64_C(0x100000001b3);
	}
	return (hash);
}

/* Any batch: each flow's bytes, with their numbers, in the order they came. */
static void
batches(void)
{
	struct mirage_frame *frames[BATCH];
	uint32_t sequence[FLOWS] = {0};
	uint64_t before[FLOWS];
	unsigned round, flow, saved = 0;
	int i, n, left;

	for (round = 0; round < 1000; round++) {
		n = (int)(random32() % BATCH) + 1;
		for (i = 0; i < n; i++) {
			struct packet k = {
			    0, false, 0, 300, ACK, 500, 9, false};

			k.flow = random32() % 4 == 0 ? random32() % FLOWS : 0;
			k.version6 = k.flow == 2;
			if (random32() % 8 == 0)
				k.bytes = random32() % 450;
			if (random32() % 16 == 0)
				k.flags |= PSH;
			if (random32() % 16 == 0)
				k.flags |= FIN;
			k.bad = random32() % 16 == 0;
			k.timestamp = (uint8_t)(9 + round % 2);
			/* Some are lost, some come again. */
			if (random32() % 16 == 0)
				sequence[k.flow] += 300;
			if (random32() % 16 == 0)
				sequence[k.flow] -= 300;
			k.sequence = sequence[k.flow];
			sequence[k.flow] += k.bytes;
			frames[i] = make(&k);
		}
		for (flow = 0; flow < FLOWS; flow++)
			before[flow] = contents(frames, n, flow);
		left = mirage_frame_merge(&inst, frames, n);
		CHECK(left > 0 && left <= n);
		saved += (unsigned)(n - left);
		for (flow = 0; flow < FLOWS; flow++)
			CHECK(before[flow] == contents(frames, left, flow));
		for (i = 0; i < left; i++)
			mirage_platform_frame_free(&platform, frames[i]);
	}
	CHECK(saved > 3000);
}

int
main(void)
{
	open_table(FRAMES);
	pairs(false);
	pairs(true);
	longest();
	tagged();
	batches();
	bounded(1);
	bounded(300);
	bounded(1448);
	CHECK(mirage_frame_table_destroy(&inst) == 0);
	buffers_free_all(&platform);
	return (0);
}
