/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The frame table: handles, references, the way out.
 */
#include <string.h>

#include <mirage/probes.h>

#include "table.h"

#define ETHERNET_BYTES 14

#define NO_SLOT 0 /* slot 0 is never used: it ends lists */

static void
chain_free(struct mirage_frame_table *t, uint32_t from, uint32_t to)
{
	uint32_t i;

	for (i = from; i < to; i++) {
		struct mirage_frame_slot *slot = &t->slots[i];

		memset(slot, 0, sizeof(*slot));
		slot->next_free = i + 1 < to ? i + 1 : NO_SLOT;
	}
	t->first_free = from;
	t->last_free = to - 1;
}

struct mirage_frame_table *
mirage_frame_table_create(struct mirage_instance *inst)
{
	struct mirage_platform *p = inst->platform;
	struct mirage_frame_table *t = mirage_platform_alloc(p, sizeof(*t));

	if (t == NULL)
		return (NULL);
	memset(t, 0, sizeof(*t));
	t->slots =
	    mirage_platform_alloc(p, MIRAGE_FRAMES_INITIAL * sizeof(*t->slots));
	if (t->slots == NULL) {
		mirage_platform_free(p, t, sizeof(*t));
		return (NULL);
	}
	t->mask = MIRAGE_FRAMES_INITIAL - 1;
	chain_free(t, 0, MIRAGE_FRAMES_INITIAL);
	t->first_free = 1;
	t->slots[0].handle = UINT32_MAX; /* a handle of index 0 is none */
	t->limit = (uint32_t)inst->config.params.frames;
	t->index_bits = 8; /* of MIRAGE_FRAMES_INITIAL */
	while ((t->limit >> t->index_bits) != 0)
		t->index_bits++;
	inst->frames = t;
	return (t);
}

uint32_t
mirage_frame_table_destroy(struct mirage_instance *inst)
{
	struct mirage_frame_table *t = inst->frames;
	uint32_t i, left = 0;

	if (t == NULL)
		return (0);
	for (i = 1; i <= t->mask; i++) {
		struct mirage_frame *f = t->slots[i].frame;

		if (f == NULL)
			continue;
		MIRAGE_PROBE(frame__release, f->handle, f->len);
		left++;
		mirage_frame_detach(inst, f);
		mirage_platform_frame_free(inst->platform, f);
	}
	mirage_platform_free(
	    inst->platform, t->slots, (t->mask + 1) * sizeof(*t->slots));
	mirage_platform_free(inst->platform, t, sizeof(*t));
	inst->frames = NULL;
	return (left);
}

static bool
grow(struct mirage_instance *inst)
{
	struct mirage_frame_table *t = inst->frames;
	uint32_t old = t->mask + 1;
	struct mirage_frame_slot *slots;

	slots = mirage_platform_alloc(inst->platform, 2 * old * sizeof(*slots));
	if (slots == NULL)
		return (false);
	memcpy(slots, t->slots, old * sizeof(*slots));
	mirage_platform_free(inst->platform, t->slots, old * sizeof(*slots));
	t->slots = slots;
	t->mask = 2 * old - 1;
	chain_free(t, old, 2 * old);
	return (true);
}

struct mirage_frame *
mirage_frame_search(struct mirage_frame_table *t, uint32_t handle)
{
	struct mirage_frame_slot *slot = mirage_frame_slot(t, handle);

	if (slot == NULL || slot->frame == NULL)
		return (NULL);
	t->last_handle = handle;
	t->last_frame = slot->frame;
	return (slot->frame);
}

/* Pieces of memory that a frame has more because packets were merged. */
static uint32_t
merged_pieces(const struct mirage_frame *f)
{
	if (__builtin_expect(f->segment_bytes == 0, 1) || f->nsegs == 0 ||
	    (f->flags & MIRAGE_FRAME_TX_SEGMENT) != 0)
		return (0);
	return (f->nsegs - 1u);
}

uint32_t
mirage_frame_insert(struct mirage_instance *inst, struct mirage_frame *f)
{
	struct mirage_frame_table *t = inst->frames;
	struct mirage_frame_slot *slot;
	uint32_t i;

	if (inst->stats.frames_live >= t->limit ||
	    (t->first_free == NO_SLOT && !grow(inst)))
		return (0);
	i = t->first_free;
	slot = &t->slots[i];
	t->first_free = slot->next_free;
	slot->frame = f;
	slot->handle = slot->generation << t->index_bits | i;
	slot->views = NULL;
	slot->merged = merged_pieces(f);
	t->merged += slot->merged;
	f->handle = slot->handle;
	t->last_handle = slot->handle;
	t->last_frame = f;
	if (++inst->stats.frames_live > inst->stats.frames_live_max)
		inst->stats.frames_live_max = inst->stats.frames_live;
	return (slot->handle);
}

void
mirage_frame_detach(struct mirage_instance *inst, struct mirage_frame *f)
{
	struct mirage_frame_table *t = inst->frames;
	uint32_t i = f->handle & t->mask;
	struct mirage_frame_slot *slot = &t->slots[i];

	if (f->handle == 0)
		return; /* never was in the table: the program wrote it */
	if (slot->views != NULL)
		mirage_net_views_die(inst, slot);
	if (t->last_handle == f->handle) {
		t->last_handle = 0; /* no frame has that */
		t->last_frame = NULL;
	}
	t->merged -= slot->merged;
	slot->frame = NULL;
	slot->handle = 0;
	slot->generation++; /* what is too much is shifted out */
	slot->next_free = NO_SLOT;
	if (t->first_free == NO_SLOT)
		t->first_free = i;
	else
		t->slots[t->last_free].next_free = i;
	t->last_free = i;
	f->handle = 0;
	inst->stats.frames_live--;
}

void
mirage_frame_release(struct mirage_instance *inst, struct mirage_frame *f)
{
	if (f->refs > 1) {
		f->refs--;
		return;
	}
	MIRAGE_PROBE(frame__release, f->handle, f->len);
	mirage_frame_detach(inst, f);
	mirage_platform_frame_free(inst->platform, f);
}

/* In software, what the interface cannot do itself. */
static bool
fill_checksum(struct mirage_instance *inst, struct mirage_frame *f)
{
	uint32_t start = f->csum_start, at = start + f->csum_offset, sum;

	if (at + 2 > f->len || start > f->len ||
	    !mirage_frame_writable(inst, f, at + 2))
		return (false);
	/* The field holds the sum of the pseudo header, as in virtio-net. */
	sum = ~mirage_frame_sum(f, start, f->len - start, 0) & 0xffff;
	if (sum == 0)
		sum = 0xffff; /* RFC 768: 0 means that there is none */
	f->head[at] = (uint8_t)(sum >> 8);
	f->head[at + 1] = (uint8_t)sum;
	f->flags &= (uint16_t)~MIRAGE_FRAME_TX_CSUM;
	return (true);
}

/* Counts what became of a frame: true if it was sent. */
static bool
count_sent(struct mirage_instance *inst, unsigned netif, uint32_t len,
    enum mirage_tx result)
{
	switch (result) {
	case MIRAGE_TX_SENT:
		inst->stats.frames_out++;
		inst->stats.bytes_out += len;
		return (true);
	case MIRAGE_TX_FULL:
		inst->stats.drop_transmit_full++;
		MIRAGE_PROBE(drop, netif, "transmit-full", len);
		return (false);
	default:
		inst->stats.drop_transmit_error++;
		MIRAGE_PROBE(drop, netif, "transmit-error", len);
		return (false);
	}
}

/* What of a frame's flags is for who sends it: those of its arrival stay in it.
 */
#define SENDER_FLAGS \
	(MIRAGE_FRAME_TX_CSUM | MIRAGE_FRAME_TX_SEGMENT | MIRAGE_FRAME_READONLY)

static enum mirage_tx
hand_down(struct mirage_instance *inst, unsigned netif, struct mirage_frame *f)
{
	MIRAGE_PROBE(netif__tx, netif, f->handle, f->head, f->len,
	    f->flags & SENDER_FLAGS,
	    mirage_platform_waiting(inst->platform, netif, true));
	if (f->refs == 1)
		mirage_frame_detach(inst, f);
	return (mirage_platform_transmit(inst->platform, netif, f));
}

/*
 * The platform, and who traces it, look at the Ethernet header in place: a
 * program may send it in pieces.
 */
static bool
gather_header(struct mirage_instance *inst, struct mirage_frame *f)
{
	return (f->head_len >= ETHERNET_BYTES ||
	    mirage_frame_writable(inst, f, ETHERNET_BYTES));
}

static bool
send_packet(
    struct mirage_instance *inst, unsigned netif, struct mirage_frame *f)
{
	uint32_t len = f->len;
	enum mirage_tx result = MIRAGE_TX_DOWN;

	if (netif >= inst->nnetifs ||
	    ((f->flags & MIRAGE_FRAME_RX_UNSUMMED) &&
		!(inst->netifs[netif].tx_offload & MIRAGE_FRAME_TX_CSUM ?
			mirage_frame_request(inst, f) :
			mirage_frame_finish(inst, f))) ||
	    ((f->flags & MIRAGE_FRAME_TX_CSUM) &
		    ~inst->netifs[netif].tx_offload &&
		!fill_checksum(inst, f)) ||
	    !gather_header(inst, f))
		mirage_frame_release(inst, f);
	else
		result = hand_down(inst, netif, f);
	return (count_sent(inst, netif, len, result));
}

static bool
take_packet(struct mirage_instance *inst, void *netif, struct mirage_frame *f)
{
	return (send_packet(inst, *(unsigned *)netif, f));
}

/* By the interface, or here if it does not cut such frames (any more). */
static bool
send_segmented(
    struct mirage_instance *inst, unsigned netif, struct mirage_frame *f)
{
	const struct mirage_netif_info *info = &inst->netifs[netif];
	uint32_t len = f->len;
	bool tagged = f->head_len > 13 && f->head[12] == 0x81;
	enum mirage_tx result = MIRAGE_TX_CUT;
	bool ok;

	if (!mirage_frame_check_segment(f, info->mtu + 14 + (tagged ? 4 : 0))) {
		mirage_frame_release(inst, f);
		return (count_sent(inst, netif, len, MIRAGE_TX_DOWN));
	}
	if (len <= (uint32_t)f->header_bytes + f->segment_bytes) {
		f->flags &= (uint16_t)~MIRAGE_FRAME_TX_SEGMENT;
		return (send_packet(inst, netif, f));
	}
	if (!tagged && len <= info->segment_max &&
	    (f->flags & MIRAGE_FRAME_TX_SEGMENT & ~info->tx_offload) == 0)
		result = hand_down(inst, netif, f);
	if (result != MIRAGE_TX_CUT) {
		inst->stats.frames_segmented += result == MIRAGE_TX_SENT;
		return (count_sent(inst, netif, len, result));
	}
	ok = mirage_frame_cut(inst, f, take_packet, &netif);
	mirage_frame_release(inst, f);
	return (ok);
}

bool
mirage_frame_transmit(
    struct mirage_instance *inst, unsigned netif, struct mirage_frame *f)
{
	bool merged =
	    f->segment_bytes != 0 && (f->flags & MIRAGE_FRAME_TX_SEGMENT) == 0;
	bool unsummed = merged || f->flags & MIRAGE_FRAME_RX_UNSUMMED;
	bool kept = f->refs > 1, ok;

	/* What came merged leaves as the packets that it was made of. */
	if (f->segment_bytes == 0 || netif >= inst->nnetifs ||
	    (merged && !mirage_frame_resegment(inst, f)))
		ok = send_packet(inst, netif, f);
	else
		ok = send_segmented(inst, netif, f);
	if (kept && unsummed) {
		/* For who holds it, as it came. */
		f->flags &= (uint16_t)~MIRAGE_FRAME_TX_CSUM;
		f->flags |= MIRAGE_FRAME_RX_UNSUMMED;
	}
	if (kept && merged)
		f->flags &= (uint16_t)~MIRAGE_FRAME_TX_SEGMENT;
	return (ok);
}
