/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mirage/probes.h>
#include <mirage/stats.h>

#include "memory_platform.h"

void *
mirage_platform_alloc(struct mirage_platform *p, size_t size)
{
	void *mem = malloc(size);

	if (mem == NULL)
		return (NULL);
	p->held += size;
	if (p->held > p->held_max)
		p->held_max = p->held;
	return (mem);
}

void
mirage_platform_free(struct mirage_platform *p, void *mem, size_t size)
{
	p->held -= size;
	free(mem);
}

uint64_t
mirage_platform_monotonic_ns(struct mirage_platform *p)
{
	return (p->now_ns);
}

uint64_t
mirage_platform_wall_ns(struct mirage_platform *p)
{
	return (p->wall_ns + p->now_ns);
}

/* Not random at all: tests are to be repeatable (xorshift64*). */
void
mirage_platform_entropy(struct mirage_platform *p, void *buf, size_t len)
{
	uint8_t *b = buf;

	while (len-- > 0) {
		p->random ^= p->random >> 12;
		p->random ^= p->random << 25;
		p->random ^= p->random >> 27;
		*b++ = (uint8_t)((p->random * UINT64_C(2685821657736338717)) >>
		    56);
	}
}

void
mirage_platform_console(struct mirage_platform *p,
    enum mirage_console_level level, const char *line, size_t len)
{
	size_t room = p->console_room == 0 ? 4096 : p->console_room;
	char *text;

	while (room - p->console_len < len + 4)
		room *= 2;
	if (room != p->console_room) {
		text = realloc(p->console, room);
		if (text == NULL)
			return;
		p->console = text;
		p->console_room = room;
	}
	p->console[p->console_len++] = (char)('0' + level);
	p->console[p->console_len++] = ' ';
	memcpy(p->console + p->console_len, line, len);
	p->console_len += len;
	p->console[p->console_len++] = '\n';
}

/* Nothing happens but the passing of time. */
unsigned
mirage_platform_wait(struct mirage_platform *p, uint64_t deadline_ns)
{
	unsigned i;

	for (i = 0; i < p->netifs; i++)
		if (p->netif[i].n > 0)
			return (MIRAGE_WAKE_FRAME);
	if (deadline_ns == UINT64_MAX)
		return (MIRAGE_WAKE_END);
	if (deadline_ns > p->now_ns)
		p->now_ns = deadline_ns;
	return (MIRAGE_WAKE_TIMER);
}

bool
mirage_platform_stop_requested(struct mirage_platform *p)
{
	return (p->stop_after != 0 && --p->stop_after == 0);
}

bool
mirage_platform_stats_requested(struct mirage_platform *p)
{
	(void)p;
	return (false);
}

char *
mirage_platform_netstat(struct mirage_platform *p, size_t *size)
{
	(void)p;
	(void)size;
	return (NULL);
}

void
mirage_platform_netstat_done(struct mirage_platform *p, size_t len)
{
	(void)p;
	(void)len;
}

unsigned
mirage_platform_netif_count(struct mirage_platform *p)
{
	return (p->netifs);
}

void
mirage_platform_netif_info(
    struct mirage_platform *p, unsigned netif, struct mirage_netif_info *info)
{
	memset(info, 0, sizeof(*info));
	snprintf(info->name, sizeof(info->name), "memory%u", netif);
	info->mac[0] = 0x02;
	info->mac[5] = (uint8_t)netif;
	info->mtu = p->mtu == 0 ? 1500 : p->mtu;
	info->tx_offload = p->tx_offload;
	info->segment_max = p->segment_max;
}

int
mirage_platform_receive(struct mirage_platform *p, unsigned netif,
    struct mirage_frame **frames, int max)
{
	struct memory_netif *n = &p->netif[netif];
	int got = n->n < (unsigned)max ? (int)n->n : max;

	memcpy(frames, n->frames, (size_t)got * sizeof(*frames));
	n->n -= (unsigned)got;
	memmove(n->frames, n->frames + got, n->n * sizeof(*frames));
	return (got);
}

uint64_t
mirage_platform_drops(
    struct mirage_platform *p, unsigned netif, enum mirage_drop drop)
{
	return (p->netif[netif].drops[drop]);
}

void
memory_platform_drain(struct mirage_platform *p)
{
	unsigned i, j;

	for (i = 0; i < p->netifs; i++) {
		for (j = 0; j < p->netif[i].n; j++)
			mirage_platform_frame_free(p, p->netif[i].frames[j]);
		p->netif[i].n = 0;
	}
}

/* A second frame of the same bytes; NULL: no memory. */
static struct mirage_frame *
copy_frame(struct mirage_platform *p, const struct mirage_frame *f)
{
	struct mirage_frame *copy = mirage_platform_frame_alloc(p, f->len);
	uint32_t at = 0;
	unsigned i;

	for (i = 0; i < f->nsegs; i++) {
		memcpy(copy->head + at, f->segs[i].data, f->segs[i].len);
		at += f->segs[i].len;
	}
	return (copy);
}

/* What was sent waits to be received. */
uint32_t
mirage_platform_waiting(
    struct mirage_platform *p, unsigned netif, bool transmit)
{
	(void)transmit;
	return (p->netif[netif].n);
}

uint64_t
mirage_platform_copies(struct mirage_platform *p, uint64_t *bytes)
{
	(void)p;
	*bytes = 0;
	return (0);
}

enum mirage_tx
mirage_platform_transmit(
    struct mirage_platform *p, unsigned netif, struct mirage_frame *f)
{
	struct memory_netif *n = &p->netif[netif];

	if (p->sent != NULL)
		p->sent(p, netif, f);
	else if (n->n == MEMORY_QUEUE) {
		n->drops[MIRAGE_DROP_QUEUE_FULL]++;
		MIRAGE_PROBE(drop, netif,
		    mirage_drop_name(MIRAGE_DROP_QUEUE_FULL), f->len);
	} else
		n->frames[n->n++] = copy_frame(p, f);
	if (--f->refs == 0)
		mirage_platform_frame_free(p, f);
	return (MIRAGE_TX_SENT);
}

static void
free_bytes(struct mirage_buffer *b)
{
	free(b);
}

struct mirage_frame *
mirage_platform_frame_alloc(struct mirage_platform *p, uint32_t len)
{
	struct mirage_frame *f = mirage_platform_alloc(p, sizeof(*f));
	struct mirage_buffer *b;

	if (f == NULL)
		abort();
	memset(f, 0, sizeof(*f));
	f->refs = 1;
	f->segs = f->inline_segs;
	f->maxsegs = MIRAGE_FRAME_SEGMENTS;
	if (len == 0)
		return (f);
	b = malloc(sizeof(*b) + len);
	if (b == NULL)
		abort();
	b->refs = 1;
	b->flags = 0;
	b->release = free_bytes;
	f->nsegs = 1;
	f->segs[0].data = (uint8_t *)(b + 1);
	f->segs[0].len = len;
	f->segs[0].buffer = b;
	f->head = f->segs[0].data;
	f->head_len = len;
	f->len = len;
	return (f);
}

void
mirage_platform_frame_free(struct mirage_platform *p, struct mirage_frame *f)
{
	mirage_frame_drop_segments(p, f);
	mirage_platform_free(p, f, sizeof(*f));
}

const struct mirage_socket_call *
mirage_platform_sockets(struct mirage_platform *p, unsigned *ncalls)
{
	(void)p;
	*ncalls = 0;
	return (NULL);
}

unsigned
mirage_platform_socket_events(
    struct mirage_platform *p, struct mirage_socket_event *events, unsigned max)
{
	(void)p;
	(void)events;
	(void)max;
	return (0);
}
