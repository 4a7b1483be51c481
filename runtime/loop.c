/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The run loop.  One turn of it: frames in (a batch from each interface),
 * events of frame code to application code, timers; then sleep until the next
 * timer or frame.  Each callback into the program has a budget of its own.
 */
#include <mirage/probes.h>

#include "engine/engine.h"
#include "engine/net.h"
#include "frame/table.h"
#include "heap.h"
#include "instance.h"
#include "timers.h"
#include "wasm/host.h"

#define BATCH  64 /* frames taken from the platform at once */
#define MERGED 0x200 /* of netif-rx alone: several packets are in the frame */

static void
release_handle(struct mirage_instance *inst, uint32_t handle)
{
	struct mirage_frame *f = mirage_frame_lookup(inst->frames, handle);

	if (f != NULL)
		mirage_frame_release(inst, f);
}

static void
unclaimed(
    struct mirage_instance *inst, unsigned netif, uint32_t handle, uint32_t len)
{
	inst->stats.drop_unclaimed++;
	MIRAGE_PROBE(drop, netif, "unclaimed", len);
	release_handle(inst, handle);
}

/* The program holds too many: this one is gone. */
static void
over_limit(struct mirage_instance *inst, unsigned netif, struct mirage_frame *f)
{
	inst->stats.drop_frames_limit++;
	MIRAGE_PROBE(drop, netif, "frames-limit", f->len);
	mirage_platform_frame_free(inst->platform, f);
}

/* A merged frame on its way to a listener of application code, in packets. */
struct merged {
	unsigned netif;
	uint32_t handle;
};

/*
 * One of them.  False: no more, for the program has ended, or has released the
 * merged frame meanwhile, whose handle it may guess.
 */
static bool
deliver_packet(
    struct mirage_instance *inst, void *argument, struct mirage_frame *f)
{
	const struct merged *m = argument;
	uint32_t len = f->len, handle = mirage_frame_insert(inst, f);

	if (handle == 0)
		over_limit(inst, m->netif, f);
	else if (!mirage_net_deliver_frame(inst, m->netif, handle))
		unclaimed(inst, m->netif, handle, len);
	return (!mirage_ended(inst) &&
	    mirage_frame_lookup(inst->frames, m->handle) != NULL);
}

/* Listeners know nothing longer than the MTU. */
static void
deliver_packets(
    struct mirage_instance *inst, unsigned netif, struct mirage_frame *f)
{
	struct merged m = {netif, f->handle};
	uint32_t len = f->len;

	if (mirage_frame_cut(inst, f, deliver_packet, &m) ||
	    mirage_frame_lookup(inst->frames, m.handle) == NULL ||
	    mirage_ended(inst))
		release_handle(inst, m.handle);
	else
		unclaimed(inst, netif, m.handle, len);
}

/* Finds a taker for one received frame, with more of its batch behind it. */
static void
input(struct mirage_instance *inst, unsigned netif, struct mirage_frame *f,
    uint32_t behind)
{
	uint32_t handle, len = f->len;

	f->netif = (uint16_t)netif;
	handle = mirage_frame_insert(inst, f);
	MIRAGE_PROBE(netif__rx, netif, handle, f->head, len,
	    f->flags | (f->segment_bytes != 0 ? MERGED : 0u),
	    behind + mirage_platform_waiting(inst->platform, netif, false));
	if (handle == 0) {
		over_limit(inst, netif, f);
		return;
	}
	inst->stats.frames_merged += f->segment_bytes != 0;
	mirage_engine_turn(inst);
	if (mirage_frame_code_input(inst, netif, handle))
		return;
	/* Whatever it said, what it gave away is not there any more. */
	if (mirage_frame_lookup(inst->frames, handle) == NULL)
		return;
	if (f->segment_bytes != 0) {
		deliver_packets(inst, netif, f);
		return;
	}
	if (mirage_net_deliver_frame(inst, netif, handle))
		return;
	unclaimed(inst, netif, handle, len);
}

/* All others want packets as they came. */
static bool
has_stack(const struct mirage_frame_code *fc)
{
	unsigned i;

	for (i = 0; i < fc->nmodules; i++)
		if (fc->modules[i]->module->stack)
			return (true);
	return (false);
}

/* One batch from an interface.  True: there may be more. */
static bool
receive(struct mirage_instance *inst, unsigned netif)
{
	struct mirage_frame *frames[BATCH];
	int max = inst->config.params.rx_batch < BATCH ?
	    (int)inst->config.params.rx_batch :
	    BATCH;
	int n = mirage_platform_receive(inst->platform, netif, frames, max);
	bool more = n == max;
	int i;

	inst->stats.frames_in += (uint64_t)n;
	for (i = 0; i < n; i++)
		inst->stats.bytes_in += frames[i]->len;
	if (n > 1 && has_stack(inst->frame_code))
		n = mirage_frame_merge(inst, frames, n);
	for (i = 0; i < n; i++) {
		if (UNLIKELY(mirage_ended(inst)))
			mirage_platform_frame_free(inst->platform, frames[i]);
		else
			input(inst, netif, frames[i], (uint32_t)(n - 1 - i));
	}
	return (more);
}

void
mirage_loop_run(struct mirage_instance *inst)
{
	struct mirage_platform *p = inst->platform;
	uint64_t app, code, deadline, now, turn;
	bool more, end = false;
	char *text;
	size_t size;
	unsigned i, woke;

	while (!mirage_ending(inst)) {
		turn = inst->stats.turns;
		MIRAGE_PROBE(turn__start, turn);
		inst->stats.turns++;
		more = false;
		for (i = 0; i < inst->nnetifs && !mirage_ended(inst); i++)
			more |= receive(inst, i);
		if (inst->frame_code->nmodules > 0 && !mirage_ended(inst))
			more |= mirage_sockets_poll(inst);
		if (inst->frame_code->nevents > 0)
			mirage_net_deliver_events(inst);
		if (!mirage_ended(inst))
			mirage_frame_code_resume(inst);
		now = mirage_platform_monotonic_ns(p);
		if (mirage_frame_code_deadline(inst) <= now &&
		    !mirage_ended(inst)) {
			mirage_engine_turn(inst);
			mirage_frame_code_timers(inst, now);
		}
		if (mirage_timers_deadline(inst) <= now && !mirage_ended(inst))
			mirage_timers_run(inst, now);
		/* Others may read the statistics, but not the heap. */
		inst->stats.heap_bytes = mirage_heap_used(inst->heap);
		inst->stats.heap_bytes_max = mirage_heap_peak(inst->heap);
		if (mirage_platform_stats_requested(p))
			mirage_stats_print(inst);
		text = mirage_platform_netstat(p, &size);
		if (text != NULL)
			mirage_netstat(inst, text, size);
		MIRAGE_PROBE(turn__done, turn, inst->stats.instructions);
		if (more || inst->frame_code->nevents > 0)
			continue;
		app = mirage_timers_deadline(inst);
		code = mirage_frame_code_deadline(inst);
		/* Frame code's timers alone keep no program alive. */
		if (end ||
		    (app == UINT64_MAX && !mirage_engine_kept_alive(inst)))
			break;
		if (mirage_ended(inst))
			break;
		deadline = app < code ? app : code;
		MIRAGE_PROBE(sleep, turn, deadline,
		    deadline == UINT64_MAX ? 0U :
			app <= code	   ? 1U :
					     2U);
		woke = mirage_platform_wait(p, deadline);
		MIRAGE_PROBE(wakeup, turn + 1, woke);
		inst->stats.wakeups++;
		if (woke & MIRAGE_WAKE_END)
			end = true; /* one more pass for what is due */
	}
}
