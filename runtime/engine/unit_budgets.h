/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Part of duktape_unit.c: budgets of instructions, memory, native stack and
 * call depth.  Once one is exceeded, allocation fails and the interpreter
 * throws at each instruction, so that no handler of the program gets control.
 */

/* Instructions between two looks at the stop request; any chunk is exact. */
#define UNIT_CHUNK 16384

/*
 * Duktape collects garbage and retries ten times, the third time on in its
 * emergency mode.  After that more of the same size cannot be had.
 */
#define UNIT_ALLOC_TRIES 4

static void
unit_throw_soon(duk_heap *heap)
{
	duk_hthread *thr = heap->curr_thread;

	if (thr == NULL)
		return;
	thr->interrupt_init -= thr->interrupt_counter;
	thr->interrupt_counter = 0;
}

static inline duk_hthread *
unit_thread(struct mirage_instance *inst)
{
	return (inst->engine == NULL ? NULL : inst->engine->ctx);
}

void
mirage_engine_interrupt(struct mirage_instance *inst)
{
	duk_hthread *thr = unit_thread(inst);

	if (thr != NULL)
		unit_throw_soon(thr->heap);
}

void
mirage_engine_exceeded(struct mirage_instance *inst, enum mirage_budget budget)
{
	duk_hthread *thr;

	if (inst->exceeded != MIRAGE_BUDGET_NONE)
		return;
	mirage_fail_budget(inst, budget);
	inst->fuel = INT64_MIN / 2;
	mirage_engine_backtrace(inst);
	thr = unit_thread(inst);
	if (thr != NULL) {
		/* No garbage collection can help any more: do not try. */
		thr->heap->ms_prevent_count++;
		thr->heap->pf_prevent_count++;
		unit_throw_soon(thr->heap);
	}
}

bool
mirage_engine_charge(struct mirage_instance *inst, uint64_t n)
{
	if (inst->exceeded == MIRAGE_BUDGET_NONE) {
		if (n <= INT64_MAX / 2 && inst->fuel >= (int64_t)n) {
			inst->fuel -= (int64_t)n;
			return (true);
		}
		mirage_engine_exceeded(inst, MIRAGE_BUDGET_INSTRUCTIONS);
	}
	return (false);
}

/* What the library may use until the program's own code runs again. */
#define UNIT_GRACE_TIMES 20000
#define UNIT_GRACE_STEPS 3 /* instructions each, fewer than a function has */
#define UNIT_GRACE_DEBT	 65536 /* what one native may have cost on top */

static bool unit_in_program(duk_hthread *);

/*
 * The turn's instructions are used up.  A message that names only functions of
 * the library would help nobody, as when microtasks queue each other: then the
 * end waits for a function of the program.  True: it does.
 */
static DUK_NOINLINE bool
unit_fuel_out(struct mirage_instance *inst)
{
	duk_hthread *thr = unit_thread(inst);

	if (inst->exceeded != MIRAGE_BUDGET_NONE)
		return (false);
	if (thr != NULL && thr->heap->curr_thread != NULL &&
	    inst->fuel > -UNIT_GRACE_DEBT &&
	    inst->engine->grace < UNIT_GRACE_TIMES &&
	    !unit_in_program(thr->heap->curr_thread)) {
		inst->engine->grace++;
		inst->fuel = UNIT_GRACE_STEPS;
		return (true);
	}
	mirage_engine_exceeded(inst, MIRAGE_BUDGET_INSTRUCTIONS);
	return (false);
}

static DUK_NOINLINE int
mirage_unit_check_failed(struct mirage_instance *inst)
{
	if (inst->exceeded == MIRAGE_BUDGET_NONE) {
		if ((uintptr_t)__builtin_frame_address(0) < inst->stack_limit)
			mirage_engine_exceeded(inst, MIRAGE_BUDGET_STACK);
		else if (inst->fuel >= 0 || unit_fuel_out(inst))
			return (0);
	}
	return (1);
}

static DUK_NOINLINE size_t
mirage_unit_too_deep(struct mirage_instance *inst)
{
	mirage_engine_exceeded(inst, MIRAGE_BUDGET_DEPTH);
	return (0);
}

static void unit_trace_look(struct mirage_instance *, duk_hthread *, uint32_t);

static int
mirage_unit_interrupt(void *udata, duk_hthread *thr, duk_int_t *ctr)
{
	struct mirage_instance *inst = udata;
	duk_int_t ran = thr->interrupt_init;

	thr->interrupt_init = 0;
	if (inst->exceeded != MIRAGE_BUDGET_NONE)
		return (1);
	inst->stats.instructions += (uint64_t)ran;
	inst->fuel -= ran;
	if (ran != 0)
		unit_trace_look(inst, thr, (uint32_t)ran);
	if (mirage_ending(inst))
		return (1);
	if (mirage_platform_stop_requested(inst->platform)) {
		inst->stop = true;
		return (1);
	}
	if (inst->fuel <= 0 && !unit_fuel_out(inst))
		return (1);
	*ctr = inst->fuel < UNIT_CHUNK ? (duk_int_t)inst->fuel : UNIT_CHUNK;
	return (0);
}

void
mirage_unit_settle(struct mirage_instance *inst, duk_hthread *thr)
{
	duk_int_t ran = thr->interrupt_init - thr->interrupt_counter;

	thr->interrupt_init = 0;
	thr->interrupt_counter = 0;
	if (ran > 0 && inst->exceeded == MIRAGE_BUDGET_NONE) {
		inst->stats.instructions += (uint64_t)ran;
		inst->fuel -= ran;
	}
}

/*
 * Work that allocates is charged by what it allocates: this is how most
 * natives that loop are bounded.
 */
static inline bool
unit_charge_bytes(struct mirage_instance *inst, size_t size)
{
	if (inst->exceeded != MIRAGE_BUDGET_NONE)
		return (false);
	inst->fuel -= 1 + (int64_t)(size >> 5);
	if (inst->fuel >= 0)
		return (true);
	/* Too big for any heap: say so, not that it would take too long. */
	if (size > inst->config.params.heap_bytes) {
		mirage_engine_exceeded(inst, MIRAGE_BUDGET_HEAP);
		return (false);
	}
	return (unit_fuel_out(inst));
}

static DUK_NOINLINE void
unit_alloc_failed(struct mirage_instance *inst, size_t size)
{
	struct mirage_engine *m = inst->engine;
	duk_hthread *thr = unit_thread(inst);

	if (thr == NULL || inst->exceeded != MIRAGE_BUDGET_NONE)
		return;
	if (size > inst->config.params.heap_bytes) {
		mirage_engine_exceeded(inst, MIRAGE_BUDGET_HEAP);
		return;
	}
	/* Where no garbage can be collected, Duktape can do without. */
	if (thr->heap->ms_running != 0 || thr->heap->ms_prevent_count != 0)
		return;
	if (m->failed != size) {
		m->failed = size;
		m->tries = 0;
	}
	if (++m->tries >= UNIT_ALLOC_TRIES)
		mirage_engine_exceeded(inst, MIRAGE_BUDGET_HEAP);
}

static inline void
unit_alloc_succeeded(struct mirage_instance *inst, size_t size)
{
	struct mirage_engine *m = inst->engine;

	if (__builtin_expect(m->failed == size, 0))
		m->failed = 0;
}

static void *
unit_alloc(void *udata, duk_size_t size)
{
	struct mirage_instance *inst = udata;
	void *p;

	if (size == 0 || !unit_charge_bytes(inst, size))
		return (NULL);
	p = mirage_heap_alloc(inst->heap, size);
	if (__builtin_expect(p == NULL, 0))
		unit_alloc_failed(inst, size);
	else
		unit_alloc_succeeded(inst, size);
	return (p);
}

static void *
unit_realloc(void *udata, void *old, duk_size_t size)
{
	struct mirage_instance *inst = udata;
	void *p;

	if (size == 0) {
		mirage_heap_free(inst->heap, old);
		return (NULL);
	}
	if (!unit_charge_bytes(inst, size))
		return (NULL);
	p = mirage_heap_realloc(inst->heap, old, size);
	if (__builtin_expect(p == NULL, 0))
		unit_alloc_failed(inst, size);
	else
		unit_alloc_succeeded(inst, size);
	return (p);
}

static void
unit_free(void *udata, void *p)
{
	struct mirage_instance *inst = udata;

	mirage_heap_free(inst->heap, p);
}

duk_hthread *
mirage_unit_create(
    struct mirage_instance *inst, void (*fatal)(void *, const char *))
{
	return (
	    duk_create_heap(unit_alloc, unit_realloc, unit_free, inst, fatal));
}

static struct mirage_instance *
unit_instance(duk_hthread *thr)
{
	return (thr->heap->heap_udata);
}

static double
mirage_unit_wall_ms(duk_hthread *thr)
{
	return ((double)(mirage_platform_wall_ns(unit_instance(thr)->platform) /
	    1000000));
}

static double
mirage_unit_monotonic_ms(duk_hthread *thr)
{
	uint64_t ns;

	ns = mirage_platform_monotonic_ns(unit_instance(thr)->platform);
	return ((double)ns / 1e6);
}

/* 53 random bits in [0, 1). */
static double
mirage_unit_random(void *udata)
{
	struct mirage_instance *inst = udata;

	return ((double)(mirage_engine_random64(inst) >> 11) * 0x1p-53);
}
