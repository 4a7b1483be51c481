/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Imports of frame code that are not worth inlining, and the slow halves of
 * those that are.
 */
#include <stdio.h>
#include <string.h>

#include <mirage/probes.h>

#include "host.h"
#include "imports.h"

#define SITE struct mirage_wasm *w, const struct mirage_site *site

uint32_t
mirage_wasm_frame_get(struct mirage_wasm *w, struct mirage_frame *f,
    uint32_t off, uint32_t bytes, const struct mirage_site *site)
{
	uint8_t b[4];
	uint32_t i, v = 0;

	if (!mirage_frame_holds(f, off, bytes))
		mirage_wasm_bad_access(w, f->handle, off, bytes, site);
	/* Not counted as a copy: the value is loaded, in pieces. */
	mirage_frame_copy_out(f, off, b, bytes);
	for (i = 0; i < bytes; i++)
		v = v << 8 | b[i];
	return (v);
}

/* Traps unless all of a range may be written. */
static void
check_writable(SITE, struct mirage_frame *f, uint32_t off, uint32_t len)
{
	uint32_t start = 0;
	unsigned i;

	if (!mirage_frame_holds(f, off, len))
		mirage_wasm_bad_access(w, f->handle, off, len, site);
	for (i = 0; i < f->nsegs; i++) {
		const struct mirage_segment *s = &f->segs[i];

		if (start < off + len && off < start + s->len &&
		    (s->buffer->flags & MIRAGE_BUFFER_READONLY))
			mirage_wasm_fail(w,
			    "write to a frame whose memory the host shares "
			    "(frame_writable first)",
			    site);
		start += s->len;
	}
}

void
mirage_wasm_frame_set(struct mirage_wasm *w, struct mirage_frame *f,
    uint32_t off, uint32_t bytes, uint32_t value,
    const struct mirage_site *site)
{
	uint8_t b[4];
	uint32_t i;

	check_writable(w, site, f, off, bytes);
	for (i = bytes; i-- > 0; value >>= 8)
		b[i] = (uint8_t)value;
	mirage_frame_copy_in(f, off, b, bytes);
}

uint8_t *
mirage_wasm_linear(SITE, uint32_t ptr, uint64_t len)
{
	if (w->memory == NULL || ptr + len > w->memory->size)
		mirage_wasm_trap(w, MIRAGE_TRAP_OOB, site);
	return (w->memory->data + ptr);
}

static void
count_copy(struct mirage_wasm *w, const char *reason, uint32_t len)
{
	MIRAGE_PROBE(copy, reason, len);
	w->inst->stats.copies++;
	w->inst->stats.bytes_copied += len;
}

void
mirage_import_frame_read(
    SITE, uint32_t h, uint32_t off, uint32_t ptr, uint32_t len)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);
	uint8_t *to = mirage_wasm_linear(w, site, ptr, len);

	if (!mirage_frame_holds(f, off, len))
		mirage_wasm_bad_access(w, h, off, len, site);
	mirage_wasm_burn(w, len / 64, site);
	mirage_frame_copy_out(f, off, to, len);
	count_copy(w, "frame_read", len);
}

void
mirage_import_frame_write(
    SITE, uint32_t h, uint32_t off, uint32_t ptr, uint32_t len)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);
	const uint8_t *from = mirage_wasm_linear(w, site, ptr, len);

	check_writable(w, site, f, off, len);
	mirage_wasm_burn(w, len / 64, site);
	mirage_frame_copy_in(f, off, from, len);
	count_copy(w, "frame_write", len);
}

uint32_t
mirage_import_frame_alloc(SITE, uint32_t len)
{
	struct mirage_platform *p = w->inst->platform;
	struct mirage_frame *f;
	uint32_t h;

	(void)site;
	if (len > MIRAGE_FRAME_BYTES_MAX)
		return (0);
	f = mirage_platform_frame_alloc(p, len);
	if (f == NULL)
		return (0);
	h = mirage_frame_insert(w->inst, f);
	if (h == 0)
		mirage_platform_frame_free(p, f);
	else
		MIRAGE_PROBE(frame__alloc, h, len);
	return (h);
}

uint32_t
mirage_import_frame_append(
    SITE, uint32_t h, uint32_t src, uint32_t off, uint32_t len)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);
	struct mirage_frame *s = mirage_import_frame(w, site, src);

	if (f == s)
		mirage_wasm_fail(w, "frame_append of a frame to itself", site);
	if (!mirage_frame_holds(s, off, len))
		mirage_wasm_bad_access(w, src, off, len, site);
	if (len > MIRAGE_FRAME_BYTES_MAX - f->len)
		return (false);
	return (mirage_frame_finish_before(w->inst, s, off) &&
	    mirage_frame_append(w->inst->platform, f, s, off, len));
}

uint32_t
mirage_import_frame_writable(SITE, uint32_t h, uint32_t len)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);

	return (mirage_frame_writable(w->inst, f, len));
}

void
mirage_import_frame_truncate(SITE, uint32_t h, uint32_t len)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);

	if (len > f->len)
		mirage_wasm_bad_access(w, h, 0, len, site);
	if (len < f->len) {
		struct mirage_frame_slot *slot =
		    mirage_frame_slot(w->frames, h);

		/* Views may show a segment that goes. */
		if (f->nsegs > 1 && slot->views != NULL)
			mirage_net_views_die(w->inst, slot);
		mirage_frame_truncate(f, len);
	}
}

void
mirage_import_frame_checksum(SITE, uint32_t h, uint32_t start, uint32_t offset)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);

	if (start > UINT16_MAX || offset > UINT16_MAX ||
	    !mirage_frame_holds(f, start + offset, 2))
		mirage_wasm_bad_access(w, h, start + offset, 2, site);
	f->csum_start = (uint16_t)start;
	f->csum_offset = (uint16_t)offset;
	f->flags |= MIRAGE_FRAME_TX_CSUM;
	f->flags &= (uint16_t)~MIRAGE_FRAME_RX_UNSUMMED;
}

void
mirage_import_frame_segment(SITE, uint32_t h, uint32_t bytes)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);

	if (bytes > UINT16_MAX)
		mirage_wasm_fail(
		    w, "frame_segment of more than 65535 bytes", site);
	f->segment_bytes = (uint16_t)bytes;
	/* Of which version it is, the headers say when it is sent. */
	f->flags &= (uint16_t)~MIRAGE_FRAME_TX_SEGMENT;
	if (bytes != 0)
		f->flags |= MIRAGE_FRAME_TX_SEGMENT;
}

/* NULL: there is no such interface. */
static const struct mirage_netif_info *
interface(struct mirage_wasm *w, uint32_t n)
{
	return (n < w->inst->nnetifs ? &w->inst->netifs[n] : NULL);
}

uint32_t
mirage_import_netif_mac_high(SITE, uint32_t n)
{
	const struct mirage_netif_info *i = interface(w, n);

	(void)site;
	return (i == NULL ? 0 : (uint32_t)i->mac[0] << 8 | i->mac[1]);
}

uint32_t
mirage_import_netif_mac_low(SITE, uint32_t n)
{
	const struct mirage_netif_info *i = interface(w, n);

	(void)site;
	return (i == NULL ?
		0 :
		(uint32_t)i->mac[2] << 24 | (uint32_t)i->mac[3] << 16 |
		    (uint32_t)i->mac[4] << 8 | i->mac[5]);
}

uint32_t
mirage_import_netif_mtu(SITE, uint32_t n)
{
	const struct mirage_netif_info *i = interface(w, n);

	(void)site;
	return (i == NULL ? 0 : i->mtu);
}

uint32_t
mirage_import_netif_tx_offload(SITE, uint32_t n)
{
	const struct mirage_netif_info *i = interface(w, n);

	(void)site;
	return (i == NULL ? 0 : i->tx_offload);
}

uint32_t
mirage_import_netif_segment_max(SITE, uint32_t n)
{
	const struct mirage_netif_info *i = interface(w, n);

	(void)site;
	return (i == NULL ? 0 : i->segment_max);
}

uint32_t
mirage_import_random_u32(SITE)
{
	uint32_t v;

	(void)site;
	mirage_platform_entropy(w->inst->platform, &v, sizeof(v));
	return (v);
}

uint32_t
mirage_import_event(SITE, uint32_t kind, uint32_t h, uint32_t off, uint32_t len,
    uint32_t a, uint32_t b, uint32_t c)
{
	struct mirage_frame_code *fc = w->inst->frame_code;
	struct mirage_event *e;

	if (h != 0) {
		struct mirage_frame *f = mirage_import_frame(w, site, h);

		if (!mirage_frame_holds(f, off, len))
			mirage_wasm_bad_access(w, h, off, len, site);
	}
	if (fc->nevents == fc->max_events) {
		w->refused = true;
		return (false);
	}
	e = &fc->events[(fc->first_event + fc->nevents) % fc->max_events];
	fc->nevents++;
	e->module = w->index;
	e->kind = kind;
	e->frame = h;
	e->offset = off;
	e->length = len;
	e->a = a;
	e->b = b;
	e->c = c;
	return (true);
}

/*
 * UTF-16 of linear memory as UTF-8, NUL-terminated and cut to fit; a lone
 * surrogate becomes U+FFFD.  Returns the length in bytes.
 */
static size_t
text(SITE, uint32_t ptr, uint32_t units, char *out, size_t size)
{
	const uint8_t *p =
	    mirage_wasm_linear(w, site, ptr, (uint64_t)units * 2);
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < units; i++) {
		uint32_t c = p[2 * i] | (uint32_t)p[2 * i + 1] << 8;

		if (c >= 0xd800 && c < 0xe000) {
			uint32_t low = 0;

			if (c < 0xdc00 && i + 1 < units)
				low =
				    p[2 * i + 2] | (uint32_t)p[2 * i + 3] << 8;
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) +
				    (low - 0xdc00);
				i++;
			} else
				c = 0xfffd;
		}
		if (n + 5 > size)
			break;
		if (c < 0x80)
			out[n++] = (char)c;
		else if (c < 0x800) {
			out[n++] = (char)(0xc0 | c >> 6);
			out[n++] = (char)(0x80 | (c & 0x3f));
		} else if (c < 0x10000) {
			out[n++] = (char)(0xe0 | c >> 12);
			out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
			out[n++] = (char)(0x80 | (c & 0x3f));
		} else {
			out[n++] = (char)(0xf0 | c >> 18);
			out[n++] = (char)(0x80 | (c >> 12 & 0x3f));
			out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
			out[n++] = (char)(0x80 | (c & 0x3f));
		}
	}
	out[n] = '\0';
	return (n);
}

uint32_t
mirage_import_counter_define(SITE, uint32_t ptr, uint32_t utf16_units)
{
	char name[MIRAGE_STATS_NAME_BYTES + 8], what[128];
	uint32_t id;

	text(w, site, ptr, utf16_units, name, sizeof(name));
	id = mirage_stats_define(&w->inst->stats, name);
	if (id == UINT32_MAX) {
		snprintf(what, sizeof(what),
		    "cannot define the counter \"%s\": a name has 1 to %d "
		    "bytes, and there are at most %d counters",
		    name, MIRAGE_STATS_NAME_BYTES - 1, MIRAGE_STATS_DEFINED);
		mirage_wasm_fail(w, what, site);
	}
	return (id);
}

#define DROPS_FREE 1024 /* that are told at once for nothing */
#define DROP_UNITS 64 /* what each further one counts as */

/* Counters of drops count frames, of which frame code tells no more. */
static void
tell_drops(SITE, const char *counter, uint32_t n)
{
	static const char prefix[] = "drop.";
	uint32_t dear = n > DROPS_FREE ? n - DROPS_FREE : 0;

	if (strncmp(counter, prefix, sizeof(prefix) - 1) != 0)
		return;
	mirage_wasm_burn(w,
	    dear < UINT32_MAX / DROP_UNITS ? dear * DROP_UNITS : UINT32_MAX,
	    site);
	for (; n > 0; n--)
		MIRAGE_PROBE(drop, UINT32_MAX, counter + sizeof(prefix) - 1, 0);
}

void
mirage_import_counter_add(SITE, uint32_t id, uint32_t n)
{
	struct mirage_stats *stats = &w->inst->stats;

	if (id >= stats->ndefined)
		mirage_wasm_fail(w, "counter_add of no counter", site);
	stats->defined[id].value += n;
	MIRAGE_PROBE(count, stats->defined[id].name, n);
	if (MIRAGE_PROBE_ENABLED(drop))
		tell_drops(w, site, stats->defined[id].name, n);
}

void
mirage_import_log(SITE, uint32_t ptr, uint32_t utf16_units)
{
	char line[512];
	size_t n = text(w, site, ptr, utf16_units, line, sizeof(line));

	mirage_wasm_burn(w, utf16_units / 8, site);
	MIRAGE_PROBE(console, MIRAGE_CONSOLE_LOG, line, (uint32_t)n);
	mirage_platform_console(w->inst->platform, MIRAGE_CONSOLE_LOG, line, n);
}

void
mirage_import_report_line(SITE, uint32_t ptr, uint32_t utf16_units)
{
	char line[512];
	size_t n = text(w, site, ptr, utf16_units, line, sizeof(line));

	mirage_wasm_burn(w, utf16_units / 8, site);
	mirage_netstat_line(w->inst, line, n);
}

/*
 * A string of AssemblyScript: its length in bytes stands in the word before
 * it (the object header's rtSize).
 */
static void
object_text(SITE, uint32_t ptr, char *out, size_t size)
{
	uint32_t bytes;

	out[0] = '\0';
	if (ptr < 4 || w->memory == NULL || ptr > w->memory->size)
		return;
	memcpy(&bytes, w->memory->data + ptr - 4, 4);
	if (bytes > w->memory->size - ptr)
		return;
	text(w, site, ptr, bytes / 2, out, size);
}

void
mirage_import_abort(
    SITE, uint32_t message, uint32_t file, uint32_t line, uint32_t column)
{
	struct mirage_site where = *site;
	char what[256], name[256];

	(void)column;
	object_text(w, site, message, what, sizeof(what));
	object_text(w, site, file, name, sizeof(name));
	/*
	 * abort() names its own call, which is the one that the site names
	 * too, unless the library's code (~lib) has no site of ours.
	 */
	if (name[0] != '\0' && (where.file == NULL || where.file[0] == '\0')) {
		where.file = name;
		where.line = line;
	}
	mirage_wasm_fail(w, what[0] != '\0' ? what : "abort", &where);
}
