/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The host's sockets in the place of the network stack: the platform's calls
 * and events look to application code as if they were frame code's.
 */
#include <string.h>

#include <mirage/probes.h>

#include "engine/engine.h"
#include "host.h"

#define BATCH	    64 /* events taken from the platform at once */
#define RESERVED    8 /* one in so many frames is for sending */
#define CALL_UNITS  100 /* instructions that one call counts as */
#define EINVAL_	    (-22)
#define EOPNOTSUPP_ (-45)

bool
mirage_sockets_replace(struct mirage_wasm *w)
{
	w->calls = mirage_platform_sockets(w->inst->platform, &w->ncalls);
	return (w->calls != NULL);
}

/* A function of the stack that sockets do not have answers EOPNOTSUPP. */
int32_t
mirage_sockets_find(const struct mirage_wasm *w, const char *name)
{
	unsigned i;

	for (i = 0; i < w->ncalls; i++)
		if (strcmp(w->calls[i].name, name) == 0)
			break;
	return ((int32_t)i);
}

uint32_t
mirage_sockets_call(struct mirage_wasm *w, uint32_t call, const uint32_t *args)
{
	const struct mirage_socket_call *c = &w->calls[call];
	const struct mirage_frame *f = NULL;

	if (call >= w->ncalls)
		return ((uint32_t)EOPNOTSUPP_);
	if (!mirage_engine_charge(w->inst, CALL_UNITS))
		return ((uint32_t)EINVAL_);
	if (c->frame >= 0 && args[c->frame] != 0) {
		f = mirage_frame_lookup(w->frames, args[c->frame]);
		if (f == NULL)
			return ((uint32_t)EINVAL_);
	}
	return ((uint32_t)c->call(w->inst->platform, args, f));
}

bool
mirage_sockets_poll(struct mirage_instance *inst)
{
	struct mirage_frame_code *fc = inst->frame_code;
	struct mirage_socket_event batch[BATCH];
	struct mirage_wasm *w = NULL;
	uint32_t room, frames;
	unsigned i, n;

	for (i = 0; i < fc->nmodules; i++)
		if (fc->modules[i]->calls != NULL)
			w = fc->modules[i];
	if (w == NULL)
		return (false);
	/* What is taken must be kept: bytes of a flow cannot be dropped. */
	room = fc->max_events - fc->nevents;
	/* And some frames are left for what the program answers. */
	frames = inst->frames->limit - inst->frames->limit / RESERVED;
	if (inst->stats.frames_live >= frames)
		room = 0;
	else if (frames - inst->stats.frames_live < room)
		room = frames - (uint32_t)inst->stats.frames_live;
	n = mirage_platform_socket_events(
	    inst->platform, batch, room < BATCH ? room : BATCH);
	for (i = 0; i < n; i++) {
		const struct mirage_socket_event *from = &batch[i];
		struct mirage_event *e;

		e = &fc->events[(fc->first_event + fc->nevents) %
		    fc->max_events];
		e->module = w->index;
		e->kind = from->kind;
		e->frame = 0;
		e->offset = from->offset;
		e->length = from->length;
		e->a = from->a;
		e->b = from->b;
		e->c = from->c;
		if (from->frame != NULL) {
			e->frame = mirage_frame_insert(inst, from->frame);
			if (e->frame == 0) {
				inst->stats.drop_frames_limit++;
				MIRAGE_PROBE(drop, UINT32_MAX, "frames-limit",
				    from->length);
				mirage_platform_frame_free(
				    inst->platform, from->frame);
				continue;
			}
			inst->stats.frames_in++;
			inst->stats.bytes_in += from->length;
		}
		fc->nevents++;
	}
	return (n == BATCH);
}
