/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Timers: a binary heap by deadline, then by the order in which they were set.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <mirage/platform.h>
#include <mirage/probes.h>

#include "heap.h"
#include "instance.h"
#include "timers.h"

#define LEAST_PERIOD_NS UINT64_C(1000000)

struct timer {
	uint64_t deadline_ns;
	uint64_t period_ns; /* 0: fires once */
	uint64_t order;
	uint32_t id;
	mirage_ref callback;
};

struct mirage_timers {
	struct timer *heap;
	size_t n;
	size_t room;
	uint64_t order;
	uint32_t last_id;
	uint32_t firing; /* id of the timer whose callback runs; 0: none */
	bool cleared; /* that timer was cleared by it */
};

bool
mirage_timers_open(struct mirage_instance *inst)
{
	struct mirage_timers *t;

	t = mirage_heap_alloc(inst->heap, sizeof(*t));
	if (t == NULL)
		return (false);
	memset(t, 0, sizeof(*t));
	inst->timers = t;
	return (true);
}

void
mirage_timers_close(struct mirage_instance *inst)
{
	struct mirage_timers *t = inst->timers;

	if (t == NULL)
		return;
	mirage_heap_free(inst->heap, t->heap);
	mirage_heap_free(inst->heap, t);
	inst->timers = NULL;
}

static bool
before(const struct timer *a, const struct timer *b)
{
	if (a->deadline_ns != b->deadline_ns)
		return (a->deadline_ns < b->deadline_ns);
	return (a->order < b->order);
}

static void
sift_up(struct mirage_timers *t, size_t i)
{
	struct timer x = t->heap[i];
	size_t up;

	while (i > 0) {
		up = (i - 1) / 2;
		if (!before(&x, &t->heap[up]))
			break;
		t->heap[i] = t->heap[up];
		i = up;
	}
	t->heap[i] = x;
}

static void
sift_down(struct mirage_timers *t, size_t i)
{
	struct timer x = t->heap[i];
	size_t down;

	for (;;) {
		down = 2 * i + 1;
		if (down >= t->n)
			break;
		if (down + 1 < t->n &&
		    before(&t->heap[down + 1], &t->heap[down]))
			down++;
		if (!before(&t->heap[down], &x))
			break;
		t->heap[i] = t->heap[down];
		i = down;
	}
	t->heap[i] = x;
}

static void
remove_at(struct mirage_timers *t, size_t i)
{
	t->n--;
	if (i == t->n)
		return;
	t->heap[i] = t->heap[t->n];
	if (i > 0 && before(&t->heap[i], &t->heap[(i - 1) / 2]))
		sift_up(t, i);
	else
		sift_down(t, i);
}

static bool
insert(struct mirage_instance *inst, const struct timer *x)
{
	struct mirage_timers *t = inst->timers;
	struct timer *heap;
	size_t room;

	if (t->n == t->room) {
		room = t->room == 0 ? 8 : t->room * 2;
		heap = mirage_heap_realloc(
		    inst->heap, t->heap, room * sizeof(*heap));
		if (heap == NULL)
			return (false);
		t->heap = heap;
		t->room = room;
	}
	t->heap[t->n] = *x;
	sift_up(t, t->n++);
	return (true);
}

static uint64_t
after(uint64_t now, uint64_t delay)
{
	return (delay > UINT64_MAX - 1 - now ? UINT64_MAX - 1 : now + delay);
}

uint32_t
mirage_timers_set(struct mirage_instance *inst, mirage_ref callback,
    uint64_t delay_ns, bool repeat)
{
	struct mirage_timers *t = inst->timers;
	struct timer x;

	if (repeat && delay_ns < LEAST_PERIOD_NS)
		delay_ns = LEAST_PERIOD_NS;
	x.deadline_ns =
	    after(mirage_platform_monotonic_ns(inst->platform), delay_ns);
	x.period_ns = repeat ? delay_ns : 0;
	x.order = t->order++;
	x.id = ++t->last_id;
	if (x.id == 0)
		x.id = ++t->last_id;
	x.callback = callback;
	if (!insert(inst, &x))
		return (0);
	return (x.id);
}

void
mirage_timers_clear(struct mirage_instance *inst, uint32_t id)
{
	struct mirage_timers *t = inst->timers;
	mirage_ref callback;
	size_t i;

	if (id != 0 && id == t->firing) {
		t->cleared = true;
		return;
	}
	for (i = 0; i < t->n; i++) {
		if (t->heap[i].id == id) {
			callback = t->heap[i].callback;
			remove_at(t, i);
			mirage_ref_free(inst, callback);
			break;
		}
	}
	(void)mirage_engine_charge(inst, i / 4);
}

uint64_t
mirage_timers_deadline(const struct mirage_instance *inst)
{
	const struct mirage_timers *t = inst->timers;

	return (t == NULL || t->n == 0 ? UINT64_MAX : t->heap[0].deadline_ns);
}

bool
mirage_timers_run(struct mirage_instance *inst, uint64_t now_ns)
{
	struct mirage_timers *t = inst->timers;
	uint64_t newest = t->order;
	struct timer x;
	bool ok;

	while (t->n > 0 && t->heap[0].deadline_ns <= now_ns &&
	    t->heap[0].order < newest) {
		x = t->heap[0];
		remove_at(t, 0);
		t->firing = x.id;
		t->cleared = false;
		inst->stats.timers_fired++;
		MIRAGE_PROBE(timer, x.id, x.deadline_ns, now_ns);
		mirage_engine_turn(inst);
		ok = mirage_engine_call(inst, x.callback, NULL, 0) &&
		    mirage_engine_microtasks(inst);
		t->firing = 0;
		if (!ok)
			return (false);
		if (x.period_ns == 0 || t->cleared) {
			mirage_ref_free(inst, x.callback);
			continue;
		}
		/* Periods that were missed are not made up for. */
		x.deadline_ns = after(x.deadline_ns, x.period_ns);
		if (x.deadline_ns <= now_ns)
			x.deadline_ns = after(now_ns, x.period_ns);
		x.order = t->order++;
		if (!insert(inst, &x)) {
			mirage_engine_exceeded(inst, MIRAGE_BUDGET_HEAP);
			return (false);
		}
	}
	return (!mirage_ending(inst));
}
