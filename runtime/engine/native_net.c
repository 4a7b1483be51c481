/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The bindings of src/lib/native.ts for interfaces and frames.
 *
 * Frames reach JavaScript as handles, their bytes as views over the frame's
 * own memory, which become empty when the frame dies.  How bytes reach a frame
 * is in native_gather.c.
 */
#include <stdio.h>
#include <string.h>

#include <mirage/probes.h>

#include "frame/table.h"
#include "heap.h"
#include "native_net.h"
#include "net.h"

struct view {
	mirage_ref ref;
	struct view *next;
};

bool
mirage_net_open(struct mirage_instance *inst)
{
	unsigned n = inst->program->nmodules;
	struct mirage_net *net = mirage_heap_alloc(inst->heap, sizeof(*net));

	if (net == NULL)
		return (false);
	memset(net, 0, sizeof(*net));
	net->module_listener = mirage_heap_alloc(
	    inst->heap, (n + 1) * sizeof(net->module_listener[0]));
	if (net->module_listener == NULL) {
		mirage_heap_free(inst->heap, net);
		return (false);
	}
	memset(
	    net->module_listener, 0, (n + 1) * sizeof(net->module_listener[0]));
	inst->net = net;
	return (true);
}

void
mirage_net_close(struct mirage_instance *inst)
{
	struct mirage_net *net = inst->net;
	struct mirage_frame_table *t = inst->frames;
	uint32_t i;

	if (net == NULL)
		return;
	mirage_net_built(inst);
	/* All frames go now: their pins and views need the engine. */
	for (i = 1; t != NULL && i <= t->mask; i++) {
		struct mirage_frame *f = t->slots[i].frame;

		if (f == NULL)
			continue;
		inst->stats.frames_reclaimed++;
		mirage_frame_detach(inst, f);
		mirage_platform_frame_free(inst->platform, f);
	}
	mirage_net_unpin(inst);
	/* A driver may still be reading what was sent. */
	while (net->pinned > 0) {
		mirage_platform_wait(inst->platform,
		    mirage_platform_monotonic_ns(inst->platform) + 1000000);
		mirage_net_unpin(inst);
	}
	mirage_heap_free(inst->heap, net->module_listener);
	mirage_heap_free(inst->heap, net);
	inst->net = NULL;
}

/* Views. */

void
mirage_net_views_die(
    struct mirage_instance *inst, struct mirage_frame_slot *slot)
{
	struct mirage_frame_table *t = inst->frames;
	struct mirage_net *net = inst->net;
	struct view *v = slot->views;

	slot->views = NULL;
	if (slot->prev_viewed != 0)
		t->slots[slot->prev_viewed].next_viewed = slot->next_viewed;
	else
		t->first_viewed = slot->next_viewed;
	if (slot->next_viewed != 0)
		t->slots[slot->next_viewed].prev_viewed = slot->prev_viewed;
	while (v != NULL) {
		struct view *next = v->next;

		mirage_view_detach(inst, v->ref);
		v->next = net->spare_views;
		net->spare_views = v;
		v = next;
	}
}

/* Pushes a view of a frame's bytes, which dies with the frame. */
static void
push_view(duk_context *ctx, struct mirage_instance *inst,
    struct mirage_frame *f, uint8_t *data, uint32_t len)
{
	struct mirage_frame_table *t = inst->frames;
	struct mirage_net *net = inst->net;
	struct mirage_frame_slot *slot;
	struct view *v = net->spare_views;
	uint32_t handle = f->handle;

	if (v == NULL) {
		v = mirage_heap_alloc(inst->heap, sizeof(*v));
		if (v == NULL)
			(void)duk_range_error(ctx, "no memory for a view");
		v->next = NULL;
		net->spare_views = v;
	}
	v->ref = mirage_view_push(ctx, data, len);
	net->spare_views = v->next;
	slot = mirage_frame_slot(t, handle);
	if (slot->views == NULL) {
		uint32_t i = handle & t->mask;

		slot->prev_viewed = 0;
		slot->next_viewed = t->first_viewed;
		if (t->first_viewed != 0)
			t->slots[t->first_viewed].prev_viewed = i;
		t->first_viewed = i;
	}
	v->next = slot->views;
	slot->views = v;
}

/* Arguments. */

static uint32_t
frame_handle(duk_context *ctx, duk_idx_t idx)
{
	return (mirage_native_uint(ctx, idx, "frame", 0, UINT32_MAX));
}

static struct mirage_frame *
frame_argument(duk_context *ctx, struct mirage_instance *inst, duk_idx_t idx)
{
	uint32_t h = frame_handle(ctx, idx);
	struct mirage_frame *f = mirage_frame_lookup(inst->frames, h);

	if (f == NULL)
		(void)duk_error(ctx, DUK_ERR_ERROR, "frame %lu was released",
		    (unsigned long)h);
	return (f);
}

static uint32_t
netif_argument(duk_context *ctx, struct mirage_instance *inst, duk_idx_t idx)
{
	uint32_t n = mirage_native_uint(ctx, idx, "netif", 0, UINT32_MAX);

	if (n >= inst->nnetifs)
		(void)duk_range_error(ctx,
		    "there is no network interface %lu: the program has %u",
		    (unsigned long)n, inst->nnetifs);
	return (n);
}

void
mirage_net_set_listener(duk_context *ctx, struct mirage_instance *inst,
    mirage_ref *slot, duk_idx_t idx)
{
	mirage_ref fresh = 0;

	if (!duk_is_null_or_undefined(ctx, idx)) {
		mirage_native_function(ctx, idx, "listener");
		fresh = mirage_ref_new(ctx, idx);
	}
	mirage_ref_free(inst, *slot);
	*slot = fresh;
}

/* Bindings. */

static duk_ret_t
netif_count(duk_context *ctx)
{
	duk_push_uint(ctx, mirage_native_instance(ctx)->nnetifs);
	return (1);
}

static duk_ret_t
netif_info(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	const struct mirage_netif_info *info =
	    &inst->netifs[netif_argument(ctx, inst, 0)];
	const uint8_t *m = info->mac;
	char mac[24];

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1],
	    m[2], m[3], m[4], m[5]);
	duk_push_object(ctx);
	duk_push_string(ctx, info->name);
	duk_put_prop_literal(ctx, -2, "name");
	duk_push_string(ctx, mac);
	duk_put_prop_literal(ctx, -2, "mac");
	duk_push_uint(ctx, info->mtu);
	duk_put_prop_literal(ctx, -2, "mtu");
	return (1);
}

static duk_ret_t
netif_listen(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	uint32_t n = netif_argument(ctx, inst, 0);

	mirage_net_set_listener(ctx, inst, &inst->net->netif_listener[n], 1);
	return (0);
}

/*
 * A VLAN tag comes on top of what the MTU allows (IEEE 802.1Q).  The frame has
 * more than an Ethernet header.
 */
static bool
is_tagged(const struct mirage_frame *f)
{
	uint8_t type[2];

	mirage_frame_copy_out(f, 12, type, sizeof(type));
	return (type[0] == 0x81 && type[1] == 0);
}

static duk_ret_t
netif_write(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	uint32_t n = netif_argument(ctx, inst, 0);
	uint32_t max = inst->netifs[n].mtu + 14;
	struct mirage_frame *f = mirage_net_gather(ctx, inst, 1, max + 4,
	    "MTU + 14 bytes of Ethernet header + 4 of a VLAN tag");

	if (f->len > max && !is_tagged(f)) {
		uint32_t len = f->len;

		mirage_platform_frame_free(inst->platform, f);
		mirage_net_built(inst);
		return (duk_range_error(ctx,
		    "a frame of %lu bytes: at most %lu (MTU + 14 bytes of "
		    "Ethernet header)",
		    (unsigned long)len, (unsigned long)max));
	}
	if (f->len < 14) {
		uint32_t len = f->len;

		mirage_platform_frame_free(inst->platform, f);
		mirage_net_built(inst);
		return (duk_range_error(ctx,
		    "a frame of %lu bytes: an Ethernet header alone has 14",
		    (unsigned long)len));
	}
	f->netif = (uint16_t)n;
	(void)mirage_frame_transmit(inst, n, f);
	mirage_net_built(inst);
	return (0);
}

static duk_ret_t
frame_length(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);

	duk_push_uint(ctx, frame_argument(ctx, inst, 0)->len);
	return (1);
}

/* Bytes up to `end` that are the host's become the frame's own, by a copy. */
static void
take_from_host(duk_context *ctx, struct mirage_instance *inst,
    struct mirage_frame *f, uint32_t off, uint32_t end)
{
	if (mirage_frame_is_hosts(f, off, end - off) &&
	    !mirage_frame_writable(inst, f, end))
		(void)duk_range_error(ctx, "no memory for a view");
}

/* Offset and length at 1 and 2, which lie in the frame. */
static void
frame_range(
    duk_context *ctx, struct mirage_frame *f, uint32_t *off, uint32_t *len)
{
	*off = mirage_native_uint(ctx, 1, "offset", 0, UINT32_MAX);
	*len = mirage_native_uint(ctx, 2, "length", 0, UINT32_MAX);
	if (!mirage_frame_holds(f, *off, *len))
		(void)duk_range_error(ctx,
		    "%lu bytes at offset %lu of a frame of %lu bytes",
		    (unsigned long)*len, (unsigned long)*off,
		    (unsigned long)f->len);
}

static duk_ret_t
frame_views(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	struct mirage_frame *f = frame_argument(ctx, inst, 0);
	uint32_t off, len;
	unsigned i, n = 0;

	frame_range(ctx, f, &off, &len);
	take_from_host(ctx, inst, f, off, off + len);

	/* A setter in Array.prototype may release the frame: views first. */
	duk_require_stack(ctx, (duk_idx_t)f->nsegs + 2);
	for (i = 0; i < f->nsegs && len > 0; i++) {
		const struct mirage_segment *seg = &f->segs[i];
		uint32_t part;

		if (off >= seg->len) {
			off -= seg->len;
			continue;
		}
		part = seg->len - off < len ? seg->len - off : len;
		push_view(ctx, inst, f, seg->data + off, part);
		n++;
		off = 0;
		len -= part;
	}
	duk_push_array(ctx);
	for (i = 0; i < n; i++) {
		duk_dup(ctx, (duk_idx_t)i - (duk_idx_t)n - 1);
		duk_put_prop_index(ctx, -2, i);
	}
	return (1);
}

static duk_ret_t
frame_view(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);
	struct mirage_frame *f = frame_argument(ctx, inst, 0);
	uint32_t off, len;
	uint8_t *data;

	frame_range(ctx, f, &off, &len);
	take_from_host(ctx, inst, f, off, off + len);
	data = mirage_frame_contiguous(f, off, len);
	if (data == NULL || len == 0) {
		/* The program's own copy: it outlives the frame. */
		data = duk_push_fixed_buffer(ctx, len);
		mirage_frame_copy_out(f, off, data, len);
		inst->stats.copies += len > 0;
		inst->stats.bytes_copied += len;
		if (len > 0)
			MIRAGE_PROBE(copy, "view", len);
		duk_push_buffer_object(ctx, -1, 0, len, DUK_BUFOBJ_UINT8ARRAY);
		return (1);
	}
	push_view(ctx, inst, f, data, len);
	return (1);
}

static duk_ret_t
frame_retain(duk_context *ctx)
{
	struct mirage_frame *f =
	    frame_argument(ctx, mirage_native_instance(ctx), 0);

	f->refs++;
	MIRAGE_PROBE(frame__retain, f->handle, f->refs);
	return (0);
}

static duk_ret_t
frame_release(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);

	mirage_frame_release(inst, frame_argument(ctx, inst, 0));
	mirage_net_unpin(inst);
	return (0);
}

static duk_ret_t
frame_from(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);

	duk_push_uint(ctx,
	    mirage_net_insert(ctx, inst,
		mirage_net_gather(ctx, inst, 0, MIRAGE_FRAME_BYTES_MAX,
		    "the longest frame")));
	return (1);
}

static duk_ret_t
frame_timestamp(duk_context *ctx)
{
	struct mirage_instance *inst = mirage_native_instance(ctx);

	duk_push_number(
	    ctx, (double)frame_argument(ctx, inst, 0)->timestamp_ns);
	return (1);
}

void
mirage_native_net(duk_context *ctx)
{
	static const struct mirage_native_entry entries[] = {
	    {"netifCount", netif_count, 0},
	    {"netifInfo", netif_info, 1},
	    {"netifListen", netif_listen, 2},
	    {"netifWrite", netif_write, 2},
	    {"frameLength", frame_length, 1},
	    {"frameViews", frame_views, 3},
	    {"frameView", frame_view, 3},
	    {"frameRetain", frame_retain, 1},
	    {"frameRelease", frame_release, 1},
	    {"frameFrom", frame_from, 1},
	    {"frameTimestampNs", frame_timestamp, 1},
	};

	mirage_native_put(ctx, entries, sizeof(entries) / sizeof(entries[0]));
}

/* The run loop's side. */

bool
mirage_net_deliver_frame(
    struct mirage_instance *inst, unsigned netif, uint32_t handle)
{
	mirage_ref listener = inst->net->netif_listener[netif];
	struct mirage_frame *f = mirage_frame_lookup(inst->frames, handle);
	uint32_t args[] = {handle, f == NULL ? 0 : f->len};

	if (listener == 0)
		return (false);
	/* Without the memory for it the frame is nobody's. */
	if (f != NULL && (f->flags & MIRAGE_FRAME_RX_UNSUMMED) &&
	    !mirage_frame_finish(inst, f))
		return (false);
	mirage_engine_turn(inst);
	if (mirage_engine_call(
		inst, listener, args, sizeof(args) / sizeof(args[0])))
		(void)mirage_engine_microtasks(inst);
	mirage_net_unpin(inst);
	return (true);
}
