/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The parts of an instance that frame code needs, without the others: what
 * mirage_instance_run() and the run loop do, under the caller's control.
 */
#include <stdlib.h>
#include <string.h>

#include "stack.h"

#include "frame/table.h"
#include "heap.h"
#include "instance.h"
#include "memory_platform.h"
#include "wasm/host.h"

#define HEAP_BYTES  (UINT64_C(64) << 20)
#define STACK_BYTES (1 << 20) /* of the caller's, for frame code */

extern const struct mirage_wasm_module mirage_wasm_module_stack;

static const struct mirage_wasm_module *const modules[] = {
    &mirage_wasm_module_stack};
static const struct mirage_program program = {.name = "stack",
    .build_id = "0",
    .engine_id = "",
    .modules = modules,
    .nmodules = 1};

/* A frame that came while the stack was at work. */
struct later {
	struct later *next;
	size_t len;
	uint8_t bytes[];
};

struct stack {
	struct mirage_platform platform;
	struct stack_options options;
	struct mirage_instance *inst;
	bool running;
	bool inside; /* frame code runs */
	bool draining;
	struct later *first, *last;
	uint8_t bytes[STACK_FRAME_BYTES]; /* of the frame that is sent */
};

static void
sent(struct mirage_platform *p, unsigned netif, const struct mirage_frame *f)
{
	struct stack *s = p->owner;
	uint32_t len = f->len;

	(void)netif;
	if (s->options.sent_bytes != 0 && len > s->options.sent_bytes)
		len = (uint32_t)s->options.sent_bytes;
	if (s->options.sent == NULL || len > sizeof(s->bytes))
		return;
	mirage_frame_copy_out(f, 0, s->bytes, len);
	s->options.sent(s->options.arg, s->bytes, f->len);
}

/* Into frame code: a new budget, on the stack of whoever calls. */
static void
enter(struct stack *s)
{
	s->inside = true;
	s->inst->stack_limit =
	    (uintptr_t)__builtin_frame_address(0) - STACK_BYTES;
	s->inst->fuel = (int64_t)s->inst->config.params.instructions;
}

static bool
ended(const struct stack *s)
{
	return (!s->running || mirage_ended(s->inst));
}

static void
deliver(struct stack *s)
{
	struct mirage_event e;

	while (mirage_frame_code_event(s->inst, &e)) {
		const struct stack_event event = {
		    e.kind, e.frame, e.offset, e.length, e.a, e.b, e.c};

		s->inst->stats.events++;
		if (s->options.event != NULL)
			s->options.event(s->options.arg, &event);
		else if (e.frame != 0)
			stack_release(s, e.frame);
	}
}

static void
resume(struct stack *s)
{
	if (ended(s))
		return;
	enter(s);
	mirage_frame_code_resume(s->inst);
	s->inside = false;
}

static void
input(struct stack *s, const void *bytes, size_t len, bool good,
    uint16_t segment_bytes)
{
	struct mirage_frame *f;
	uint32_t handle;

	f = mirage_platform_frame_alloc(&s->platform, (uint32_t)len);
	if (len > 0)
		memcpy(f->head, bytes, len);
	f->timestamp_ns = s->platform.now_ns;
	f->segment_bytes = segment_bytes;
	if (good)
		f->flags |= MIRAGE_FRAME_RX_L4_GOOD;
	s->inst->stats.frames_in++;
	s->inst->stats.bytes_in += len;
	handle = mirage_frame_insert(s->inst, f);
	if (handle == 0) {
		s->inst->stats.drop_frames_limit++;
		mirage_platform_frame_free(&s->platform, f);
		return;
	}
	enter(s);
	if (!mirage_frame_code_input(s->inst, 0, handle)) {
		s->inst->stats.drop_unclaimed++;
		stack_release(s, handle);
	}
	s->inside = false;
}

/*
 * Out of frame code: events, what it could not say for want of room, and
 * frames that came meanwhile.
 */
static void
drain(struct stack *s)
{
	struct mirage_frame_code *fc = s->inst->frame_code;
	struct later *l;

	s->inside = false;
	if (s->draining)
		return;
	s->draining = true;
	do {
		deliver(s);
		resume(s);
		l = s->first;
		if (l != NULL) {
			s->first = l->next;
			if (s->first == NULL)
				s->last = NULL;
			if (!ended(s))
				input(s, l->bytes, l->len, false, 0);
			free(l);
		}
	} while (fc->nevents > 0 || s->first != NULL);
	s->draining = false;
}

struct stack *
stack_open(const struct stack_options *options)
{
	struct stack *s = calloc(1, sizeof(*s));
	struct mirage_config config = {0};
	struct mirage_rtparams *params = &config.params;

	if (s == NULL)
		return (NULL);
	s->options = *options;
	s->platform.netifs = 1;
	s->platform.mtu = options->mtu;
	if (options->offloads) {
		s->platform.tx_offload =
		    MIRAGE_FRAME_TX_CSUM | MIRAGE_FRAME_TX_SEGMENT;
		s->platform.segment_max = MIRAGE_FRAME_MAX;
	}
	s->platform.random = options->seed == 0 ? 1 : options->seed;
	s->platform.now_ns = 1000000000;
	s->platform.sent = sent;
	s->platform.owner = s;
	mirage_rtparams_default(params);
	params->heap_bytes =
	    options->heap_bytes == 0 ? HEAP_BYTES : options->heap_bytes;
	if (options->instructions != 0)
		params->instructions = options->instructions;
	if (options->frames != 0)
		params->frames = options->frames;
	if (options->events != 0)
		params->events = options->events;
	s->inst = mirage_instance_create(&s->platform, &program, &config);
	if (s->inst == NULL) {
		free(s);
		return (NULL);
	}
	s->inst->state = MIRAGE_RUNNING;
	s->inst->heap = mirage_heap_create(&s->platform, params->heap_bytes);
	enter(s);
	s->running = s->inst->heap != NULL &&
	    mirage_frame_table_create(s->inst) != NULL &&
	    mirage_frame_code_create(s->inst) &&
	    mirage_frame_code_start(s->inst);
	s->inside = false;
	if (!s->running)
		mirage_fail(s->inst, MIRAGE_FAILED, "no memory for the stack");
	return (s);
}

void
stack_close(struct stack *s, struct stack_leaks *leaks)
{
	struct later *l;
	uint64_t frames;

	while ((l = s->first) != NULL) {
		s->first = l->next;
		free(l);
	}
	mirage_frame_code_destroy(s->inst);
	frames = mirage_frame_table_destroy(s->inst);
	if (s->inst->heap != NULL)
		mirage_heap_destroy(s->inst->heap);
	mirage_instance_destroy(s->inst);
	if (leaks != NULL) {
		leaks->bytes = s->platform.held;
		leaks->frames = frames;
	}
	free(s->platform.console);
	free(s);
}

const char *
stack_error(const struct stack *s)
{
	return (s->inst->error);
}

/* Frame code cannot be entered twice: it gets this one when it is done. */
static void
defer(struct stack *s, const void *bytes, size_t len)
{
	struct later *l = malloc(sizeof(*l) + len);

	if (l == NULL)
		abort();
	l->next = NULL;
	l->len = len;
	if (len > 0)
		memcpy(l->bytes, bytes, len);
	if (s->last == NULL)
		s->first = l;
	else
		s->last->next = l;
	s->last = l;
}

void
stack_input(struct stack *s, const void *bytes, size_t len)
{
	if (ended(s) || len > STACK_FRAME_BYTES)
		return;
	if (s->inside) {
		defer(s, bytes, len);
		return;
	}
	input(s, bytes, len, false, 0);
	drain(s);
}

void
stack_input_good(
    struct stack *s, const void *bytes, size_t len, uint16_t segment_bytes)
{
	if (ended(s) || len > STACK_FRAME_BYTES || s->inside)
		return;
	input(s, bytes, len, true, segment_bytes);
	drain(s);
}

bool
stack_has(const struct stack *s, const char *name)
{
	return (s->running &&
	    mirage_wasm_find_export(s->inst->frame_code->modules[0], name) >=
		0);
}

int32_t
stack_call(
    struct stack *s, const char *name, unsigned nargs, const uint32_t *args)
{
	uint32_t all[MIRAGE_WASM_ARGS] = {0}, result = 0;
	struct mirage_wasm *w;
	int32_t index;

	if (ended(s) || nargs > MIRAGE_WASM_ARGS)
		return (INT32_MIN);
	w = s->inst->frame_code->modules[0];
	index = mirage_wasm_find_export(w, name);
	if (index < 0)
		return (INT32_MIN);
	memcpy(all, args, nargs * sizeof(*args));
	enter(s);
	if (!mirage_wasm_call(w, (uint32_t)index, all, &result))
		result = (uint32_t)INT32_MIN;
	drain(s);
	return ((int32_t)result);
}

uint64_t
stack_now(const struct stack *s)
{
	return (s->platform.now_ns);
}

uint64_t
stack_deadline(const struct stack *s)
{
	return (ended(s) ? UINT64_MAX : mirage_frame_code_deadline(s->inst));
}

void
stack_advance_to(struct stack *s, uint64_t ns)
{
	uint64_t deadline;

	while ((deadline = stack_deadline(s)) <= ns) {
		if (deadline > s->platform.now_ns)
			s->platform.now_ns = deadline;
		enter(s);
		mirage_frame_code_timers(s->inst, s->platform.now_ns);
		drain(s);
	}
	if (ns > s->platform.now_ns)
		s->platform.now_ns = ns;
}

uint32_t
stack_frame(struct stack *s, const void *bytes, size_t len)
{
	struct mirage_frame *f;
	uint32_t handle;

	if (ended(s) || len > STACK_FRAME_BYTES)
		return (0);
	f = mirage_platform_frame_alloc(&s->platform, (uint32_t)len);
	if (len > 0)
		memcpy(f->head, bytes, len);
	handle = mirage_frame_insert(s->inst, f);
	if (handle == 0)
		mirage_platform_frame_free(&s->platform, f);
	return (handle);
}

void
stack_release(struct stack *s, uint32_t frame)
{
	struct mirage_frame *f = mirage_frame_lookup(s->inst->frames, frame);

	if (f != NULL)
		mirage_frame_release(s->inst, f);
}

void
stack_read(
    struct stack *s, uint32_t frame, uint32_t offset, void *to, uint32_t len)
{
	const struct mirage_frame *f =
	    mirage_frame_lookup(s->inst->frames, frame);

	if (f == NULL || !mirage_frame_holds(f, offset, len))
		abort(); /* the stack told of bytes that are not there */
	mirage_frame_copy_out(f, offset, to, len);
}

uint64_t
stack_frames(const struct stack *s)
{
	return (s->inst->stats.frames_live);
}

uint64_t
stack_memory(const struct stack *s)
{
	const struct mirage_frame_code *fc = s->inst->frame_code;

	return (
	    fc == NULL || fc->nmodules == 0 || fc->modules[0]->memory == NULL ?
		0 :
		fc->modules[0]->memory->size);
}

bool
stack_counter_at(
    const struct stack *s, unsigned i, const char **name, uint64_t *value)
{
	return (mirage_stats_get(s->inst, i, name, value));
}

uint64_t
stack_counter(const struct stack *s, const char *name)
{
	const char *one;
	uint64_t value;
	unsigned i;

	for (i = 0; stack_counter_at(s, i, &one, &value); i++)
		if (strcmp(one, name) == 0)
			return (value);
	return (0);
}
