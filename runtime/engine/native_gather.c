/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames of what JavaScript has written, by reference: views of a frame by its
 * buffers, others by a pin, which is a buffer that keeps a JavaScript value
 * alive until the driver is done.  Neighbours that are views of one JavaScript
 * buffer share a pin.
 */
#include <mirage/probes.h>

#include "frame/table.h"
#include "heap.h"
#include "native_net.h"

#define VIEWS_MAX   256 /* in one frame of an interface */
#define WRITE_UNITS 100 /* instructions that one write counts as */
#define VIEW_UNITS  10 /* and each view in it */

/* The bytes of a JavaScript buffer that a frame refers to. */
struct pin {
	struct mirage_buffer buffer; /* first: release() gets it */
	struct mirage_net *net;
	void *owner; /* of the bytes: see mirage_native_buffer_owner() */
	mirage_ref ref;
	struct pin *next;
};

/* May run on any thread: it only hands the pin back. */
static void
pin_dropped(struct mirage_buffer *b)
{
	struct pin *pin = (struct pin *)b;
	struct mirage_net *net = pin->net;

	pin->next = __atomic_load_n(&net->unpinned, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&net->unpinned, &pin->next, pin,
	    true, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

void
mirage_net_unpin(struct mirage_instance *inst)
{
	struct mirage_net *net = inst->net;
	struct pin *pin;

	if (__atomic_load_n(&net->unpinned, __ATOMIC_RELAXED) == NULL)
		return;
	pin = __atomic_exchange_n(&net->unpinned, NULL, __ATOMIC_ACQUIRE);
	while (pin != NULL) {
		struct pin *next = pin->next;

		mirage_ref_free(inst, pin->ref);
		pin->next = net->spare_pins;
		net->spare_pins = pin;
		net->pinned--;
		pin = next;
	}
}

void
mirage_net_built(struct mirage_instance *inst)
{
	struct mirage_net *net = inst->net;
	struct pin *pin;

	while ((pin = net->building) != NULL) {
		net->building = pin->next;
		mirage_buffer_release(&pin->buffer);
	}
	mirage_net_unpin(inst);
}

/* Pins the value at idx for the write that is being built.  May throw. */
static void
pin_value(
    duk_context *ctx, struct mirage_instance *inst, duk_idx_t idx, void *owner)
{
	struct mirage_net *net = inst->net;
	struct pin *pin = net->spare_pins;

	if (pin == NULL) {
		pin = mirage_heap_alloc(inst->heap, sizeof(*pin));
		if (pin == NULL)
			(void)duk_range_error(ctx, "no memory to send");
		pin->next = NULL;
		net->spare_pins = pin;
	}
	pin->ref = mirage_ref_new(ctx, idx);
	net->spare_pins = pin->next;
	net->pinned++;
	pin->buffer.refs = 1;
	pin->buffer.flags = MIRAGE_BUFFER_READONLY;
	pin->buffer.release = pin_dropped;
	pin->net = net;
	pin->owner = owner;
	pin->next = net->building;
	net->building = pin;
}

/* The buffer of the frame whose memory holds these bytes; NULL: none. */
static struct mirage_buffer *
find_buffer(struct mirage_instance *inst, const uint8_t *p, size_t len)
{
	const struct mirage_frame_table *t = inst->frames;
	uint32_t i;
	unsigned k;

	for (i = t->first_viewed; i != 0; i = t->slots[i].next_viewed) {
		const struct mirage_frame *f = t->slots[i].frame;

		if (!mirage_engine_charge(inst, 1))
			return (NULL);
		for (k = 0; k < f->nsegs; k++) {
			const struct mirage_segment *s = &f->segs[k];

			if (p >= s->data && p < s->data + s->len &&
			    len <= (size_t)(s->data + s->len - p))
				return (s->buffer);
		}
	}
	return (NULL);
}

/*
 * Throws if the view at the top, which holds no bytes now, is of a frame that
 * is gone: then its buffer is a view's, and has no bytes left.
 */
static void
check_not_stale(duk_context *ctx)
{
	const uint8_t *base;
	size_t whole;

	if (mirage_native_buffer_owner(ctx, -1, &base, &whole) == NULL &&
	    whole == 0)
		(void)duk_type_error(
		    ctx, "a view is of a frame that was released");
}

/* The next view's bytes, of which the first `skip` are left out. */
static uint8_t *
rest_of(duk_context *ctx, duk_idx_t idx, size_t skip, size_t *len)
{
	uint8_t *data = mirage_native_bytes(ctx, idx, "a view", len);

	if (skip > *len)
		(void)duk_range_error(ctx, "byte %lu of a view of %lu bytes",
		    (unsigned long)skip, (unsigned long)*len);
	*len -= skip;
	return (skip == 0 ? data : data + skip);
}

/* Pins the n views on top of the stack; all that can throw.  Their bytes. */
static size_t
pin_views(duk_context *ctx, struct mirage_instance *inst, duk_idx_t n,
    size_t skip, size_t max)
{
	size_t total = 0;
	duk_idx_t i;

	for (i = 0; i < n && total < max; i++, skip = 0) {
		struct pin *last = inst->net->building;
		const uint8_t *base;
		size_t len, whole;
		void *owner;

		duk_dup(ctx, i - n);
		(void)rest_of(ctx, -1, skip, &len);
		if (len == 0)
			check_not_stale(ctx);
		total += len;
		owner = len == 0 ?
		    NULL :
		    mirage_native_buffer_owner(ctx, -1, &base, &whole);
		if (owner != NULL && (last == NULL || last->owner != owner))
			pin_value(ctx, inst, -1, owner);
		duk_pop(ctx);
	}
	return (total);
}

/* Pins were stacked: now from the first view's to the last's. */
static void
turn_pins(struct mirage_net *net)
{
	struct pin *pin = NULL;

	while (net->building != NULL) {
		struct pin *next = net->building->next;

		net->building->next = pin;
		pin = net->building;
		net->building = next;
	}
	net->building = pin;
}

/* A frame of `max` bytes, or all, of the n views on top of the stack. */
static struct mirage_frame *
frame_of(duk_context *ctx, struct mirage_instance *inst, duk_idx_t n,
    size_t skip, size_t max)
{
	struct mirage_platform *p = inst->platform;
	struct mirage_frame *f = mirage_platform_frame_alloc(p, 0);
	struct pin *pin;
	duk_idx_t i;

	if (f == NULL)
		(void)duk_error(ctx, DUK_ERR_ERROR, "no frame is left");
	turn_pins(inst->net);
	pin = inst->net->building;
	for (i = 0; i < n && f->len < max; i++, skip = 0) {
		const uint8_t *base;
		struct mirage_buffer *b;
		size_t len, whole;
		uint8_t *data = rest_of(ctx, i - n, skip, &len);
		void *owner;

		if (len == 0)
			continue;
		if (len > max - f->len)
			len = max - f->len;
		owner = mirage_native_buffer_owner(ctx, i - n, &base, &whole);
		if (owner != NULL) {
			if (pin->owner != owner)
				pin = pin->next;
			b = &pin->buffer;
		} else
			b = find_buffer(inst, data, len);
		if (b == NULL ||
		    !mirage_frame_add_segment(p, f, data, (uint32_t)len, b)) {
			mirage_platform_frame_free(p, f);
			(void)duk_error(ctx, DUK_ERR_ERROR,
			    b == NULL ? "a view is of no frame" :
					"no memory to send");
		}
	}
	return (f);
}

/*
 * Pushes up to `most` of the views in the array at idx, from `from` on, or the
 * one view there.  Getters may run, and send and release themselves.
 */
static duk_idx_t
push_views(duk_context *ctx, struct mirage_instance *inst, duk_idx_t idx,
    duk_size_t from, duk_size_t most)
{
	bool array = duk_is_array(ctx, idx);
	duk_size_t n = array ? duk_get_length(ctx, idx) : 1, i;

	n = from < n ? n - from : 0;
	if (n > most)
		n = most;
	duk_require_stack(ctx, (duk_idx_t)n + 4);
	for (i = 0; i < n; i++) {
		if (array)
			duk_get_prop_index(ctx, idx, (duk_uarridx_t)(from + i));
		else
			duk_dup(ctx, idx);
	}
	mirage_net_built(inst);
	if (!mirage_engine_charge(inst, WRITE_UNITS + n * VIEW_UNITS))
		(void)duk_range_error(ctx, "budget exceeded");
	return ((duk_idx_t)n);
}

struct mirage_frame *
mirage_net_gather(duk_context *ctx, struct mirage_instance *inst, duk_idx_t idx,
    size_t max, const char *limit)
{
	duk_size_t all = duk_is_array(ctx, idx) ? duk_get_length(ctx, idx) : 1;
	struct mirage_frame *f;
	duk_idx_t n;
	size_t total;

	if (all > VIEWS_MAX)
		(void)duk_range_error(ctx, "%lu views: at most %d",
		    (unsigned long)all, VIEWS_MAX);
	n = push_views(ctx, inst, idx, 0, VIEWS_MAX);
	total = pin_views(ctx, inst, n, 0, max + 1);
	if (total > max)
		(void)duk_range_error(ctx,
		    "a frame of %lu bytes or more: at most %lu (%s)",
		    (unsigned long)total, (unsigned long)max, limit);
	f = frame_of(ctx, inst, n, 0, max);
	duk_pop_n(ctx, n);
	return (f);
}

struct mirage_frame *
mirage_net_gather_next(duk_context *ctx, struct mirage_instance *inst,
    duk_idx_t idx, struct mirage_cursor *at)
{
	struct mirage_frame *f = NULL;
	uint32_t left;
	duk_idx_t i, n;

	n = push_views(ctx, inst, idx, at->view, MIRAGE_GATHER_VIEWS);
	if (n > 0 &&
	    pin_views(ctx, inst, n, at->offset, MIRAGE_GATHER_BYTES) > 0)
		f = frame_of(ctx, inst, n, at->offset, MIRAGE_GATHER_BYTES);
	/* Where the next one begins. */
	for (i = 0, left = f == NULL ? 0 : f->len;
	    i < n && (f == NULL || left > 0); i++) {
		size_t len;

		(void)rest_of(ctx, i - n, at->offset, &len);
		if (len > left) {
			at->offset += left;
			break;
		}
		left -= (uint32_t)len;
		at->offset = 0;
		at->view++;
	}
	at->last = i == n && n < MIRAGE_GATHER_VIEWS;
	duk_pop_n(ctx, n);
	return (f);
}

void
mirage_net_skip(
    duk_context *ctx, duk_idx_t idx, struct mirage_cursor *at, size_t bytes)
{
	bool array = duk_is_array(ctx, idx);

	while (bytes > 0) {
		size_t len;

		if (array)
			duk_get_prop_index(ctx, idx, (duk_uarridx_t)at->view);
		else
			duk_dup(ctx, idx);
		(void)rest_of(ctx, -1, at->offset, &len);
		duk_pop(ctx);
		if (bytes < len) {
			at->offset += bytes;
			return;
		}
		bytes -= len;
		at->offset = 0;
		at->view++;
	}
}

uint32_t
mirage_net_insert(
    duk_context *ctx, struct mirage_instance *inst, struct mirage_frame *f)
{
	uint32_t handle = mirage_frame_insert(inst, f);

	if (handle == 0)
		mirage_platform_frame_free(inst->platform, f);
	mirage_net_built(inst);
	if (handle == 0)
		(void)duk_error(ctx, DUK_ERR_ERROR,
		    "the program holds %lu frames: no more are allowed "
		    "(rtparam f)",
		    (unsigned long)inst->stats.frames_live);
	MIRAGE_PROBE(frame__alloc, handle, f->len);
	return (handle);
}
