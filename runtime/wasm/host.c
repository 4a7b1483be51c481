/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The host of frame code: making modules, calling them, and traps.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <mirage/probes.h>

#include "engine/engine.h"
#include "heap.h"
#include "host.h"

/* Ways out. */

static MIRAGE_COLD void
leave(struct mirage_wasm *w, const struct mirage_site *site)
{
	struct mirage_instance *inst = w->inst;

	mirage_fail_at(inst, site->function, site->file, site->line);
	/* And the JavaScript that called, which must not go on either. */
	mirage_engine_backtrace(inst);
	mirage_engine_interrupt(inst);
	longjmp(inst->frame_code->entry->escape, 1);
}

void
mirage_wasm_fail(
    struct mirage_wasm *w, const char *what, const struct mirage_site *site)
{
	char message[384];

	snprintf(message, sizeof(message), "frame code trapped: %s", what);
	mirage_fail(w->inst, MIRAGE_FAILED, message);
	leave(w, site);
}

void
mirage_wasm_over_budget(struct mirage_wasm *w, enum mirage_budget budget,
    const struct mirage_site *site)
{
	mirage_fail_budget(w->inst, budget);
	leave(w, site);
}

void
mirage_wasm_trap(struct mirage_wasm *w, enum mirage_trap trap,
    const struct mirage_site *site)
{
	static const char *const what[] = {
	    [MIRAGE_TRAP_OOB] = "out of bounds access to linear memory",
	    [MIRAGE_TRAP_INT_OVERFLOW] = "integer overflow in a division",
	    [MIRAGE_TRAP_DIV_BY_ZERO] = "division by zero",
	    [MIRAGE_TRAP_UNREACHABLE] = "unreachable code was reached",
	    [MIRAGE_TRAP_CALL_INDIRECT] =
		"call through a function reference of another type",
	};

	mirage_wasm_fail(w, what[trap], site);
}

void
mirage_wasm_bad_access(struct mirage_wasm *w, uint32_t handle, uint32_t off,
    uint32_t len, const struct mirage_site *site)
{
	const struct mirage_frame *f = mirage_frame_lookup(w->frames, handle);
	char what[128];

	if (handle == 0)
		snprintf(what, sizeof(what), "frame 0 is no frame");
	else if (f == NULL)
		snprintf(what, sizeof(what), "frame %u was released",
		    (unsigned)handle);
	else
		snprintf(what, sizeof(what),
		    "%u bytes at offset %u of a frame of %u bytes",
		    (unsigned)len, (unsigned)off, (unsigned)f->len);
	mirage_wasm_fail(w, what, site);
}

/* Signatures: see wasm-rt.h. */

uint32_t
wasm_rt_register_func_type(uint32_t params, uint32_t results, ...)
{
	uint32_t n = params + results, i, code;
	va_list ap;

	if (params > 15 || results > 3 || n > 12)
		return (WASM_RT_NO_TYPE);
	code = params | results << 4;
	va_start(ap, results);
	for (i = 0; i < n; i++) {
		unsigned type = va_arg(ap, unsigned);

		if (type > WASM_RT_F64) {
			code = WASM_RT_NO_TYPE;
			break;
		}
		code |= type << (6 + 2 * i);
	}
	va_end(ap);
	return (code);
}

/* Linear memory and tables, charged to the heap budget. */

static const struct mirage_site *
instantiation(const struct mirage_wasm *w, struct mirage_site *site)
{
	site->function = w->module->name;
	site->file = w->module->file;
	site->line = 1;
	return (site);
}

void
mirage_wasm_memory_allocate(struct mirage_wasm *w, wasm_rt_memory_t *m,
    uint32_t pages, uint32_t max_pages)
{
	size_t bytes = (size_t)pages * WASM_RT_PAGE_BYTES;
	struct mirage_site site;

	m->data = NULL;
	m->pages = 0;
	m->size = 0;
	m->max_pages = max_pages < 65535 ? max_pages : 65535;
	m->owner = w;
	w->memory = m;
	if (pages == 0)
		return;
	m->data = mirage_heap_alloc(w->inst->heap, bytes);
	if (m->data == NULL)
		mirage_wasm_over_budget(
		    w, MIRAGE_BUDGET_HEAP, instantiation(w, &site));
	memset(m->data, 0, bytes);
	m->pages = pages;
	m->size = bytes;
}

uint32_t
mirage_wasm_memory_grow(wasm_rt_memory_t *m, uint32_t pages)
{
	struct mirage_heap *heap = m->owner->inst->heap;
	uint64_t size;
	uint32_t before = m->pages;
	uint8_t *data;

	if (pages > m->max_pages - before)
		return (UINT32_MAX);
	if (pages == 0)
		return (before);
	size = ((uint64_t)before + pages) * WASM_RT_PAGE_BYTES;
	data = mirage_heap_alloc(heap, size);
	if (data == NULL)
		return (UINT32_MAX);
	memcpy(data, m->data, m->size);
	memset(data + m->size, 0, size - m->size);
	mirage_heap_free(heap, m->data);
	m->data = data;
	m->size = size;
	m->pages += pages;
	return (before);
}

void
mirage_wasm_memory_free(wasm_rt_memory_t *m)
{
	if (m->data != NULL)
		mirage_heap_free(m->owner->inst->heap, m->data);
	m->data = NULL;
	m->size = 0;
	m->pages = 0;
}

void
mirage_wasm_table_allocate(struct mirage_wasm *w, wasm_rt_funcref_table_t *t,
    uint32_t elements, uint32_t max_elements)
{
	size_t bytes = (size_t)elements * sizeof(*t->data);
	struct mirage_site site;

	t->data = NULL;
	t->size = 0;
	t->max_size = max_elements;
	t->owner = w;
	if (elements == 0)
		return;
	t->data = mirage_heap_alloc(w->inst->heap, bytes);
	if (t->data == NULL)
		mirage_wasm_over_budget(
		    w, MIRAGE_BUDGET_HEAP, instantiation(w, &site));
	memset(t->data, 0, bytes);
	t->size = elements;
}

void
mirage_wasm_table_free(wasm_rt_funcref_table_t *t)
{
	if (t->data != NULL)
		mirage_heap_free(t->owner->inst->heap, t->data);
	t->data = NULL;
	t->size = 0;
}

void
mirage_wasm_memory_init(wasm_rt_memory_t *m, const uint8_t *data,
    uint32_t data_bytes, uint64_t to, uint32_t from, uint32_t n,
    const struct mirage_site *site)
{
	if ((uint64_t)from + n > data_bytes || to + n > m->size)
		mirage_wasm_trap(m->owner, MIRAGE_TRAP_OOB, site);
	mirage_wasm_burn(m->owner, n / 64, site);
	if (n > 0)
		memcpy(m->data + to, data + from, n);
}

void
mirage_wasm_memory_fill(wasm_rt_memory_t *m, uint32_t to, uint32_t value,
    uint32_t n, const struct mirage_site *site)
{
	if ((uint64_t)to + n > m->size)
		mirage_wasm_trap(m->owner, MIRAGE_TRAP_OOB, site);
	mirage_wasm_burn(m->owner, n / 64, site);
	if (n > 0)
		memset(m->data + to, (int)(value & 0xff), n);
}

void
mirage_wasm_memory_copy(wasm_rt_memory_t *m, uint32_t to, uint32_t from,
    uint32_t n, const struct mirage_site *site)
{
	if ((uint64_t)to + n > m->size || (uint64_t)from + n > m->size)
		mirage_wasm_trap(m->owner, MIRAGE_TRAP_OOB, site);
	mirage_wasm_burn(m->owner, n / 64, site);
	if (n > 0)
		memmove(m->data + to, m->data + from, n);
}

/* Ways in. */

bool
mirage_wasm_call(struct mirage_wasm *w, uint32_t export_index,
    const uint32_t *args, uint32_t *result)
{
	struct mirage_frame_code *fc = w->inst->frame_code;
	const struct mirage_wasm_export *e;
	struct mirage_wasm_entry entry;
	int64_t fuel = w->inst->fuel;
	uint32_t value;

	if (w->calls != NULL) {
		value = mirage_sockets_call(w, export_index, args);
		if (result != NULL)
			*result = value;
		return (true);
	}
	entry.outer = fc->entry;
	if (setjmp(entry.escape) != 0) {
		/* The trap may have come from an entry further in. */
		fc->entry = entry.outer;
		w->running = false;
		return (false);
	}
	fc->entry = &entry;
	e = &w->module->exports[export_index];
	value = e->call(mirage_wasm_instance(w), args);
	fc->entry = entry.outer;
	w->inst->stats.instructions += (uint64_t)(fuel - w->inst->fuel);
	if (result != NULL)
		*result = value;
	return (true);
}

int32_t
mirage_wasm_find_export(const struct mirage_wasm *w, const char *name)
{
	unsigned i;

	if (w->calls != NULL)
		return (mirage_sockets_find(w, name));
	for (i = 0; i < w->module->nexports; i++)
		if (strcmp(w->module->exports[i].name, name) == 0)
			return ((int32_t)i);
	return (-1);
}

/* An export that the runtime calls, if it has the shape that it must have. */
static int32_t
hook(struct mirage_wasm *w, const char *name, unsigned nargs, bool *ok)
{
	int32_t i = mirage_wasm_find_export(w, name);
	char what[160];

	if (i < 0 || w->module->exports[i].nargs == nargs)
		return (i);
	snprintf(what, sizeof(what),
	    "frame code %s exports %s with %u parameters: it must have %u",
	    w->module->name, name, (unsigned)w->module->exports[i].nargs,
	    nargs);
	mirage_fail(w->inst, MIRAGE_FAILED, what);
	mirage_fail_at(w->inst, name, w->module->file, 1);
	*ok = false;
	return (-1);
}

static bool
instantiate(struct mirage_wasm *w)
{
	struct mirage_frame_code *fc = w->inst->frame_code;
	struct mirage_wasm_entry entry;

	entry.outer = fc->entry;
	if (setjmp(entry.escape) != 0) {
		fc->entry = entry.outer;
		return (false);
	}
	fc->entry = &entry;
	w->module->instantiate(mirage_wasm_instance(w), w);
	fc->entry = entry.outer;
	return (true);
}

bool
mirage_frame_code_create(struct mirage_instance *inst)
{
	struct mirage_platform *p = inst->platform;
	const struct mirage_program *program = inst->program;
	struct mirage_frame_code *fc = mirage_platform_alloc(p, sizeof(*fc));
	unsigned i;

	if (fc == NULL)
		goto no_memory;
	memset(fc, 0, sizeof(*fc));
	inst->frame_code = fc;
	if (program->nmodules == 0)
		return (true);
	fc->max_events = (uint32_t)inst->config.params.events;
	fc->events =
	    mirage_platform_alloc(p, fc->max_events * sizeof(fc->events[0]));
	if (fc->events == NULL)
		goto no_memory;
	fc->modules = mirage_platform_alloc(
	    p, program->nmodules * sizeof(fc->modules[0]));
	if (fc->modules == NULL)
		goto no_memory;
	for (i = 0; i < program->nmodules; i++) {
		const struct mirage_wasm_module *m = program->modules[i];
		size_t bytes = sizeof(struct mirage_wasm) + m->instance_bytes;
		struct mirage_wasm *w = mirage_platform_alloc(p, bytes);
		bool ok = true;

		if (w == NULL)
			goto no_memory;
		memset(w, 0, bytes);
		w->inst = inst;
		w->frames = inst->frames;
		w->module = m;
		w->index = i;
		w->deadline_ns = UINT64_MAX;
		fc->modules[fc->nmodules++] = w;
		w->start = w->input = w->timer = w->resume = -1;
		w->report = w->stop = -1;
		if (m->stack && mirage_sockets_replace(w))
			continue;
		w->start = hook(w, "start", 0, &ok);
		w->input = hook(w, "input", 2, &ok);
		w->timer = hook(w, "timer", 0, &ok);
		w->resume = hook(w, "resume", 0, &ok);
		w->report = hook(w, "report", 2, &ok);
		w->stop = hook(w, "stop", 0, &ok);
		if (!ok || !instantiate(w))
			return (false);
	}
	return (true);
no_memory:
	mirage_fail(inst, MIRAGE_FAILED, "no memory for frame code");
	return (false);
}

void
mirage_frame_code_destroy(struct mirage_instance *inst)
{
	struct mirage_platform *p = inst->platform;
	struct mirage_frame_code *fc = inst->frame_code;
	struct mirage_event e;
	unsigned i;

	if (fc == NULL)
		return;
	while (mirage_frame_code_event(inst, &e)) {
		if (e.frame != 0) {
			struct mirage_frame *f =
			    mirage_frame_lookup(inst->frames, e.frame);

			if (f != NULL)
				mirage_frame_release(inst, f);
		}
	}
	for (i = 0; i < fc->nmodules; i++) {
		struct mirage_wasm *w = fc->modules[i];

		/*
		 * Sound for one that was instantiated in part, too: what it
		 * did not come to is all zero.
		 */
		if (w->calls == NULL)
			w->module->free(mirage_wasm_instance(w));
		mirage_platform_free(p, w,
		    sizeof(struct mirage_wasm) + w->module->instance_bytes);
	}
	if (fc->events != NULL)
		mirage_platform_free(
		    p, fc->events, fc->max_events * sizeof(fc->events[0]));
	if (fc->modules != NULL)
		mirage_platform_free(p, fc->modules,
		    inst->program->nmodules * sizeof(fc->modules[0]));
	mirage_platform_free(p, fc, sizeof(*fc));
	inst->frame_code = NULL;
}

bool
mirage_frame_code_start(struct mirage_instance *inst)
{
	struct mirage_frame_code *fc = inst->frame_code;
	unsigned i;

	for (i = 0; i < fc->nmodules; i++) {
		struct mirage_wasm *w = fc->modules[i];

		if (w->start >= 0 &&
		    !mirage_wasm_call(w, (uint32_t)w->start, NULL, NULL))
			return (false);
		w->running = true;
	}
	return (true);
}

void
mirage_frame_code_stop(struct mirage_instance *inst)
{
	struct mirage_frame_code *fc = inst->frame_code;
	unsigned i;

	for (i = 0; fc != NULL && i < fc->nmodules; i++) {
		struct mirage_wasm *w = fc->modules[i];

		if (!w->running || w->stop < 0)
			continue;
		inst->fuel = (int64_t)inst->config.params.instructions;
		(void)mirage_wasm_call(w, (uint32_t)w->stop, NULL, NULL);
	}
}

bool
mirage_frame_code_input(
    struct mirage_instance *inst, uint32_t netif, uint32_t handle)
{
	struct mirage_frame_code *fc = inst->frame_code;
	uint32_t args[2] = {netif, handle};
	unsigned i;

	for (i = 0; i < fc->nmodules; i++) {
		struct mirage_wasm *w = fc->modules[i];
		uint32_t took = 0;

		if (w->input >= 0 &&
		    (!mirage_wasm_call(w, (uint32_t)w->input, args, &took) ||
			took != 0))
			return (true);
	}
	return (false);
}

void
mirage_frame_code_timers(struct mirage_instance *inst, uint64_t now_ns)
{
	struct mirage_frame_code *fc = inst->frame_code;
	uint64_t due;
	unsigned i;

	for (i = 0; i < fc->nmodules; i++) {
		struct mirage_wasm *w = fc->modules[i];

		if (w->deadline_ns > now_ns)
			continue;
		due = w->deadline_ns;
		w->deadline_ns = UINT64_MAX;
		if (w->timer < 0)
			continue;
		inst->stats.timers_fired++;
		MIRAGE_PROBE(timer, 0, due, now_ns);
		if (!mirage_wasm_call(w, (uint32_t)w->timer, NULL, NULL))
			return;
	}
}

void
mirage_frame_code_resume(struct mirage_instance *inst)
{
	struct mirage_frame_code *fc = inst->frame_code;
	unsigned i;

	for (i = 0; i < fc->nmodules; i++) {
		struct mirage_wasm *w = fc->modules[i];

		if (!w->refused || fc->nevents == fc->max_events)
			continue;
		w->refused = false;
		if (w->resume < 0)
			continue;
		mirage_engine_turn(inst);
		if (!mirage_wasm_call(w, (uint32_t)w->resume, NULL, NULL))
			return;
	}
}

uint64_t
mirage_frame_code_deadline(const struct mirage_instance *inst)
{
	const struct mirage_frame_code *fc = inst->frame_code;
	uint64_t first = UINT64_MAX;
	unsigned i;

	for (i = 0; i < fc->nmodules; i++)
		if (fc->modules[i]->deadline_ns < first)
			first = fc->modules[i]->deadline_ns;
	return (first);
}

bool
mirage_frame_code_event(struct mirage_instance *inst, struct mirage_event *e)
{
	struct mirage_frame_code *fc = inst->frame_code;

	if (fc->nevents == 0)
		return (false);
	*e = fc->events[fc->first_event];
	fc->first_event = (fc->first_event + 1) % fc->max_events;
	fc->nevents--;
	return (true);
}

bool
mirage_frame_code_report(struct mirage_instance *inst, unsigned index,
    uint32_t section, uint32_t from, uint32_t *next)
{
	struct mirage_frame_code *fc = inst->frame_code;
	uint32_t args[2] = {section, from};
	struct mirage_wasm *w;

	if (index >= fc->nmodules)
		return (false);
	w = fc->modules[index];
	*next = MIRAGE_REPORT_END;
	return (w->report < 0 ||
	    mirage_wasm_call(w, (uint32_t)w->report, args, next));
}
