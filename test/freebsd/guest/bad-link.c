/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * bad-link SEED DEVICE DEVICE THERE [BACK]: a cable between two tap(4)s that
 * does to frames what the words say, joined by commas; THERE from the first
 * device to the second, BACK (else the same) from the second to the first:
 *
 *	loss=N		of 1,000 frames, N are lost
 *	duplicate=N	... are sent twice
 *	corrupt=N	... have a byte of theirs changed
 *	truncate=N	... lose their end
 *	reorder=N	... are held up, so that later ones overtake them
 *	delay=MS	all take so long
 *	outage=N:MS	after each N frames, all are lost for MS
 *	none		nothing
 *
 * What becomes of the n-th frame of a direction depends on SEED and n only.
 * No byte before that of the IP header is changed, nor any of ARP: there
 * Ethernet's own checksum, which tap(4) has not, would have told.
 *
 * Runs until its standard input ends, then prints for THERE and for BACK
 * "there frames N lost N twice N changed N cut N late N outage N full N".
 * Exit code: 0, or 64: bad arguments, or no such device.
 */
#include "freebsd.h"

GUEST_START;

#define ETHER_HEADER  14
#define FRAME_MAX     9216
#define HELD_MAX      2048
#define MS_MAX	      60000
#define PER_MILLE     1000
#define HOLD_MS	      8 /* by which a frame is late, at most */
#define ETHERTYPE_IP  0x0800
#define ETHERTYPE_IP6 0x86dd

enum fate {
	LOSS,
	DUPLICATE,
	CORRUPT,
	TRUNCATE,
	REORDER,
	FATES,
};

static const char *const words[FATES] = {
    "loss", "duplicate", "corrupt", "truncate", "reorder"};

struct way {
	const char *name;
	int from, to;
	uint32_t odds[FATES];
	uint32_t delay_ms, outage_frames, outage_ms;
	uint64_t mix, until_ms;
	uint64_t frames, happened[FATES], out, full;
};

struct held {
	uint64_t due_ms, number;
	struct way *way;
	size_t len;
	uint8_t bytes[FRAME_MAX];
};

static struct way ways[2] = {{.name = "there"}, {.name = "back"}};
static struct held pool[HELD_MAX];
static struct held *unused[HELD_MAX], *heap[HELD_MAX];
static size_t unused_count, heap_count;
static uint64_t numbers;

static uint32_t
dice(struct way *way)
{
	way->mix ^= way->mix << 13;
	way->mix ^= way->mix >> 7;
	way->mix ^= way->mix << 17;
	return ((uint32_t)(way->mix >> 32));
}

static bool
before(const struct held *a, const struct held *b)
{
	return (a->due_ms < b->due_ms ||
	    (a->due_ms == b->due_ms && a->number < b->number));
}

static void
push(struct held *one)
{
	size_t at = heap_count++, parent;

	while (at > 0 && before(one, heap[parent = (at - 1) / 2])) {
		heap[at] = heap[parent];
		at = parent;
	}
	heap[at] = one;
}

static struct held *
pop(void)
{
	struct held *first = heap[0], *last = heap[--heap_count];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < heap_count) {
		if (child + 1 < heap_count &&
		    before(heap[child + 1], heap[child]))
			child++;
		if (!before(heap[child], last))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = last;
	return (first);
}

static void
hold(struct way *way, const uint8_t *bytes, size_t len, uint64_t due_ms)
{
	struct held *one;

	if (unused_count == 0) {
		way->full++;
		return;
	}
	one = unused[--unused_count];
	one->due_ms = due_ms;
	one->number = numbers++;
	one->way = way;
	one->len = len;
	memcpy(one->bytes, bytes, len);
	push(one);
}

/* tap(4) takes it, or the interface is down and nobody misses it. */
static void
deliver(const struct way *way, const uint8_t *bytes, size_t len)
{
	CALL(write, way->to, bytes, len);
}

static void
deliver_due(uint64_t now)
{
	struct held *one;

	while (heap_count > 0 && heap[0]->due_ms <= now) {
		one = pop();
		deliver(one->way, one->bytes, one->len);
		unused[unused_count++] = one;
	}
}

static bool
is_ip(const uint8_t *bytes, size_t len)
{
	unsigned type;

	if (len <= ETHER_HEADER + 1)
		return (false);
	type = (unsigned)bytes[12] << 8 | bytes[13];
	return (type == ETHERTYPE_IP || type == ETHERTYPE_IP6);
}

static void
carry(struct way *way, uint8_t *bytes, size_t len, uint64_t now)
{
	uint64_t due = now + way->delay_ms;
	bool fate[FATES];
	uint32_t where = dice(way), what = dice(way), late = dice(way);
	size_t body = len - ETHER_HEADER, i;
	int copies;

	/* All dice are thrown for each frame, whatever comes of them. */
	for (i = 0; i < FATES; i++)
		fate[i] = dice(way) % PER_MILLE < way->odds[i];
	way->frames++;
	if (way->outage_frames != 0 && way->frames % way->outage_frames == 0)
		way->until_ms = now + way->outage_ms;
	if (now < way->until_ms) {
		way->out++;
		return;
	}
	if (fate[LOSS]) {
		way->happened[LOSS]++;
		return;
	}
	if (!is_ip(bytes, len))
		fate[CORRUPT] = fate[TRUNCATE] = false;
	if (fate[CORRUPT])
		bytes[ETHER_HEADER + where % body] ^= (uint8_t)(1 + what % 255);
	if (fate[TRUNCATE])
		len = ETHER_HEADER + 1 + what % body;
	if (fate[REORDER])
		due += 1 + late % HOLD_MS;
	for (i = CORRUPT; i < FATES; i++)
		way->happened[i] += fate[i];
	way->happened[DUPLICATE] += fate[DUPLICATE];
	for (copies = fate[DUPLICATE] ? 2 : 1; copies > 0; copies--)
		if (due == now)
			deliver(way, bytes, len);
		else
			hold(way, bytes, len, due);
}

/* Returns whether the word at *text is that one, and steps behind it. */
static bool
word_is(const char **text, const char *word)
{
	const char *at = *text;

	while (*word != '\0')
		if (*at++ != *word++)
			return (false);
	*text = at;
	return (true);
}

static uint32_t
number_at(const char **text, uint32_t max)
{
	const char *at = *text;
	uint32_t value = 0;

	while (*at >= '0' && *at <= '9' && value <= max)
		value = value * 10 + (uint32_t)(*at++ - '0');
	if (at == *text || value > max)
		die("after a word and = a number is wanted, of at most ", max);
	*text = at;
	return (value);
}

static void
read_words(struct way *way, const char *text)
{
	size_t i;

	for (;;) {
		for (i = 0; i < FATES && !word_is(&text, words[i]); i++)
			;
		if (i < FATES && word_is(&text, "=")) {
			way->odds[i] = number_at(&text, PER_MILLE);
		} else if (word_is(&text, "delay=")) {
			way->delay_ms = number_at(&text, MS_MAX);
		} else if (word_is(&text, "outage=")) {
			way->outage_frames = number_at(&text, 1000000);
			if (!word_is(&text, ":"))
				die("outage=N:MS; MS at most ", MS_MAX);
			way->outage_ms = number_at(&text, MS_MAX);
		} else if (!word_is(&text, "none"))
			die("an unknown word; of the two ways, in number ",
			    way == &ways[0] ? 1 : 2);
		if (*text == '\0')
			return;
		if (!word_is(&text, ","))
			die("words are joined by commas; in number ",
			    way == &ways[0] ? 1 : 2);
	}
}

static void
report(const struct way *way)
{
	static const char *const names[FATES] = {
	    " lost ", " twice ", " changed ", " cut ", " late "};
	size_t i;

	print(way->name);
	print(" frames ");
	print_number(way->frames);
	for (i = 0; i < FATES; i++) {
		print(names[i]);
		print_number(way->happened[i]);
	}
	print(" outage ");
	print_number(way->out);
	print(" full ");
	print_number(way->full);
	print("\n");
}

static int
open_tap(const char *path)
{
	long fd = CALL(open, path, O_RDWR | O_NONBLOCK);

	if (fd < 0)
		die("no such tap(4), or it is open: error ", (uint64_t)-fd);
	return ((int)fd);
}

/* Milliseconds until the next frame is due, -1: none is. */
static long
patience(uint64_t now)
{
	if (heap_count == 0)
		return (-1);
	return (heap[0]->due_ms > now ? (long)(heap[0]->due_ms - now) : 0);
}

int
main(int argc, char **argv)
{
	static uint8_t frame[FRAME_MAX];
	struct pollfd polled[3];
	uint64_t seed, now = now_ms();
	long len;
	size_t i, burst;

	if (argc != 5 && argc != 6)
		die("SEED DEVICE DEVICE THERE [BACK]; words: ", (uint64_t)argc);
	seed = number_of(argv[1], 1u << 30);
	ways[0].from = ways[1].to = open_tap(argv[2]);
	ways[1].from = ways[0].to = open_tap(argv[3]);
	for (i = 0; i < 2; i++) {
		read_words(&ways[i], argv[argc == 6 ? 4 + i : 4]);
		ways[i].mix = (seed + 1) * 0x9e3779b97f4a7c15u + i;
		polled[i] = (struct pollfd) {ways[i].from, POLLIN, 0};
	}
	polled[2] = (struct pollfd) {0, POLLIN, 0};
	for (i = 0; i < HELD_MAX; i++)
		unused[unused_count++] = &pool[i];
	do {
		CALL(poll, polled, 3, patience(now));
		now = now_ms();
		deliver_due(now);
		for (i = 0; i < 2; i++)
			for (burst = 0; burst < 32; burst++) {
				len =
				    CALL(read, ways[i].from, frame, FRAME_MAX);
				if (len <= ETHER_HEADER)
					break;
				carry(&ways[i], frame, (size_t)len, now);
			}
	} while (polled[2].revents == 0);
	report(&ways[0]);
	report(&ways[1]);
	return (0);
}
