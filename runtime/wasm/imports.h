/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The imports of frame code: module `mirage` (docs/design.md, "Contract:
 * frame code").  Those that run per frame are inline, so that an access to a
 * header field is a table lookup, two compares and the load.
 *
 * Each takes the module and the site, which only the cold path uses.
 */
#ifndef MIRAGE_WASM_IMPORTS_H
#define MIRAGE_WASM_IMPORTS_H

#include "host.h"
#include "probes.h"

#define MIRAGE_IMPORT static inline __attribute__((always_inline, unused))
#define SITE	      struct mirage_wasm *w, const struct mirage_site *site

/* The frame of a handle, or a trap. */
MIRAGE_IMPORT struct mirage_frame *
mirage_import_frame(SITE, uint32_t h)
{
	struct mirage_frame *f = mirage_frame_lookup(w->frames, h);

	if (UNLIKELY(f == NULL))
		mirage_wasm_bad_access(w, h, 0, 0, site);
	return (f);
}

/* Behind the contiguous head, or outside; ops of imports.c. */
uint32_t mirage_wasm_frame_get(struct mirage_wasm *, struct mirage_frame *,
    uint32_t off, uint32_t bytes, const struct mirage_site *);
void mirage_wasm_frame_set(struct mirage_wasm *, struct mirage_frame *,
    uint32_t off, uint32_t bytes, uint32_t value, const struct mirage_site *);

MIRAGE_IMPORT uint32_t
mirage_import_frame_length(SITE, uint32_t h)
{
	return (mirage_import_frame(w, site, h)->len);
}

#define IN_HEAD(f, off, n) LIKELY((uint64_t)(off) + (n) <= (f)->head_len)

MIRAGE_IMPORT uint32_t
mirage_import_frame_get8(SITE, uint32_t h, uint32_t off)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);

	if (IN_HEAD(f, off, 1))
		return (f->head[off]);
	return (mirage_wasm_frame_get(w, f, off, 1, site));
}

MIRAGE_IMPORT uint32_t
mirage_import_frame_get16(SITE, uint32_t h, uint32_t off)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);

	if (IN_HEAD(f, off, 2)) {
		uint16_t v;

		__builtin_memcpy(&v, f->head + off, 2);
		return (__builtin_bswap16(v));
	}
	return (mirage_wasm_frame_get(w, f, off, 2, site));
}

MIRAGE_IMPORT uint32_t
mirage_import_frame_get32(SITE, uint32_t h, uint32_t off)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);

	if (IN_HEAD(f, off, 4)) {
		uint32_t v;

		__builtin_memcpy(&v, f->head + off, 4);
		return (__builtin_bswap32(v));
	}
	return (mirage_wasm_frame_get(w, f, off, 4, site));
}

#define IN_WRITABLE_HEAD(f, off, n) \
	(IN_HEAD(f, off, n) && LIKELY(!((f)->flags & MIRAGE_FRAME_READONLY)))

MIRAGE_IMPORT void
mirage_import_frame_set8(SITE, uint32_t h, uint32_t off, uint32_t value)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);

	if (IN_WRITABLE_HEAD(f, off, 1))
		f->head[off] = (uint8_t)value;
	else
		mirage_wasm_frame_set(w, f, off, 1, value, site);
}

MIRAGE_IMPORT void
mirage_import_frame_set16(SITE, uint32_t h, uint32_t off, uint32_t value)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);

	if (IN_WRITABLE_HEAD(f, off, 2)) {
		uint16_t v = __builtin_bswap16((uint16_t)value);

		__builtin_memcpy(f->head + off, &v, 2);
	} else
		mirage_wasm_frame_set(w, f, off, 2, value, site);
}

MIRAGE_IMPORT void
mirage_import_frame_set32(SITE, uint32_t h, uint32_t off, uint32_t value)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);

	if (IN_WRITABLE_HEAD(f, off, 4)) {
		uint32_t v = __builtin_bswap32(value);

		__builtin_memcpy(f->head + off, &v, 4);
	} else
		mirage_wasm_frame_set(w, f, off, 4, value, site);
}

#undef IN_WRITABLE_HEAD
#undef IN_HEAD

MIRAGE_IMPORT uint32_t
mirage_import_frame_sum(
    SITE, uint32_t h, uint32_t off, uint32_t len, uint32_t seed)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);

	if (UNLIKELY(!mirage_frame_holds(f, off, len)))
		mirage_wasm_bad_access(w, h, off, len, site);
	mirage_wasm_burn(w, len / 64, site);
	return (mirage_frame_sum(f, off, len, seed));
}

MIRAGE_IMPORT void
mirage_import_frame_retain(SITE, uint32_t h)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);

	f->refs++;
	MIRAGE_PROBE(frame__retain, h, f->refs);
}

MIRAGE_IMPORT void
mirage_import_frame_release(SITE, uint32_t h)
{
	mirage_frame_release(w->inst, mirage_import_frame(w, site, h));
}

MIRAGE_IMPORT uint32_t
mirage_import_frame_netif(SITE, uint32_t h)
{
	return (mirage_import_frame(w, site, h)->netif);
}

MIRAGE_IMPORT uint32_t
mirage_import_frame_flags(SITE, uint32_t h)
{
	return (mirage_import_frame(w, site, h)->flags &
	    (MIRAGE_FRAME_RX_L3_GOOD | MIRAGE_FRAME_RX_L4_GOOD));
}

MIRAGE_IMPORT uint32_t
mirage_import_frame_segment_bytes(SITE, uint32_t h)
{
	const struct mirage_frame *f = mirage_import_frame(w, site, h);

	return (f->flags & MIRAGE_FRAME_TX_SEGMENT ? 0 : f->segment_bytes);
}

MIRAGE_IMPORT uint32_t
mirage_import_netif_transmit(SITE, uint32_t n, uint32_t h)
{
	struct mirage_frame *f = mirage_import_frame(w, site, h);

	/* Perhaps it is cut in software. */
	if (UNLIKELY(f->segment_bytes != 0))
		mirage_wasm_burn(w, f->len / f->segment_bytes, site);
	return (mirage_frame_transmit(w->inst, n, f));
}

MIRAGE_IMPORT uint64_t
mirage_import_clock_ns(SITE)
{
	(void)site;
	return (mirage_platform_monotonic_ns(w->inst->platform));
}

MIRAGE_IMPORT void
mirage_import_timer_set(SITE, uint64_t deadline_ns)
{
	(void)site;
	w->deadline_ns = deadline_ns;
}

/* A constant: see probes.h. */
MIRAGE_IMPORT uint32_t
mirage_import_probe_enabled(SITE, uint32_t probe)
{
	(void)w;
	(void)site;
	return (mirage_wasm_probe_enabled(probe));
}

/* probes.c: not where those go that run per frame. */
#define MIRAGE_CALLED_COLD __attribute__((cold, noinline))
MIRAGE_CALLED_COLD void mirage_import_probe_packet(
    SITE, uint32_t probe, uint32_t n, uint32_t h, uint32_t at);
MIRAGE_CALLED_COLD void mirage_import_probe_transport(SITE, uint32_t probe,
    uint32_t record, uint32_t h, uint32_t header_at, uint32_t at);

/* A range of linear memory, or a trap. */
uint8_t *mirage_wasm_linear(SITE, uint32_t ptr, uint64_t len);

/* imports.c */
void mirage_import_frame_read(
    SITE, uint32_t h, uint32_t off, uint32_t ptr, uint32_t len);
void mirage_import_frame_write(
    SITE, uint32_t h, uint32_t off, uint32_t ptr, uint32_t len);
uint32_t mirage_import_frame_alloc(SITE, uint32_t len);
uint32_t mirage_import_frame_append(
    SITE, uint32_t h, uint32_t src, uint32_t off, uint32_t len);
uint32_t mirage_import_frame_writable(SITE, uint32_t h, uint32_t len);
void mirage_import_frame_truncate(SITE, uint32_t h, uint32_t len);
void mirage_import_frame_checksum(
    SITE, uint32_t h, uint32_t start, uint32_t offset);
void mirage_import_frame_segment(SITE, uint32_t h, uint32_t bytes);
uint32_t mirage_import_netif_segment_max(SITE, uint32_t n);
uint32_t mirage_import_netif_mac_high(SITE, uint32_t n);
uint32_t mirage_import_netif_mac_low(SITE, uint32_t n);
uint32_t mirage_import_netif_mtu(SITE, uint32_t n);
uint32_t mirage_import_netif_tx_offload(SITE, uint32_t n);
uint32_t mirage_import_random_u32(SITE);
uint32_t mirage_import_event(SITE, uint32_t kind, uint32_t h, uint32_t off,
    uint32_t len, uint32_t a, uint32_t b, uint32_t c);
uint32_t mirage_import_counter_define(SITE, uint32_t ptr, uint32_t utf16_units);
void mirage_import_counter_add(SITE, uint32_t id, uint32_t n);
void mirage_import_log(SITE, uint32_t ptr, uint32_t utf16_units);
void mirage_import_report_line(SITE, uint32_t ptr, uint32_t utf16_units);
MIRAGE_COLD void mirage_import_abort(
    SITE, uint32_t message, uint32_t file, uint32_t line, uint32_t column);

#undef SITE

#endif /* MIRAGE_WASM_IMPORTS_H */
