/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the C of a frame-code module means by its operations.  Takes the place
 * of wasm2c's prelude: see <mirage/wasm.h> for what the builder writes.
 *
 * Each operation that can trap names its site: function, file and line, held
 * in a constant that only the cold path touches.  The hot path of a load is a
 * compare, a branch that is not taken, and the load.
 */
#ifndef MIRAGE_WASM_INSTRUMENT_H
#define MIRAGE_WASM_INSTRUMENT_H

#include "host.h"
#include "imports.h"

#define MIRAGE_FUNCTION "?"

#define MIRAGE_SITE                                       \
	({                                                \
		static const struct mirage_site site_ = { \
		    MIRAGE_FUNCTION, __FILE__, __LINE__}; \
		&site_;                                   \
	})

/* `instance` is the parameter of each function that wasm2c writes. */
#define MIRAGE_HOST mirage_wasm_of(instance)

#define TRAP(x) (mirage_wasm_trap(MIRAGE_HOST, MIRAGE_TRAP_##x, MIRAGE_SITE), 0)
#define UNREACHABLE \
	mirage_wasm_trap(MIRAGE_HOST, MIRAGE_TRAP_UNREACHABLE, MIRAGE_SITE)

#define FUNC_PROLOGUE mirage_wasm_enter(MIRAGE_HOST, MIRAGE_SITE)
#define FUNC_EPILOGUE ((void)0)
#define MIRAGE_LOOP() mirage_wasm_burn(MIRAGE_HOST, 1, MIRAGE_SITE)

#ifndef assert
#define assert(x) ((void)0)
#endif
#define wasm_rt_is_initialized() true

/* Linear memory. */

#define LOAD(name, wide, narrow, result)                                   \
	static inline __attribute__((always_inline)) result mirage_##name( \
	    const wasm_rt_memory_t *m, uint64_t addr,                      \
	    const struct mirage_site *site)                                \
	{                                                                  \
		narrow v;                                                  \
                                                                           \
		if (UNLIKELY(addr + sizeof(v) > m->size))                  \
			mirage_wasm_trap(m->owner, MIRAGE_TRAP_OOB, site); \
		__builtin_memcpy(&v, m->data + addr, sizeof(v));           \
		return ((result)(wide)v);                                  \
	}
#define STORE(name, narrow, value_type)                                    \
	static inline __attribute__((always_inline)) void mirage_##name(   \
	    const wasm_rt_memory_t *m, uint64_t addr, value_type value,    \
	    const struct mirage_site *site)                                \
	{                                                                  \
		narrow v = (narrow)value;                                  \
                                                                           \
		if (UNLIKELY(addr + sizeof(v) > m->size))                  \
			mirage_wasm_trap(m->owner, MIRAGE_TRAP_OOB, site); \
		__builtin_memcpy(m->data + addr, &v, sizeof(v));           \
	}

LOAD(i32_load, uint32_t, uint32_t, uint32_t)
LOAD(i64_load, uint64_t, uint64_t, uint64_t)
LOAD(i32_load8_s, int32_t, int8_t, uint32_t)
LOAD(i64_load8_s, int64_t, int8_t, uint64_t)
LOAD(i32_load8_u, uint32_t, uint8_t, uint32_t)
LOAD(i64_load8_u, uint64_t, uint8_t, uint64_t)
LOAD(i32_load16_s, int32_t, int16_t, uint32_t)
LOAD(i64_load16_s, int64_t, int16_t, uint64_t)
LOAD(i32_load16_u, uint32_t, uint16_t, uint32_t)
LOAD(i64_load16_u, uint64_t, uint16_t, uint64_t)
LOAD(i64_load32_s, int64_t, int32_t, uint64_t)
LOAD(i64_load32_u, uint64_t, uint32_t, uint64_t)
STORE(i32_store, uint32_t, uint32_t)
STORE(i64_store, uint64_t, uint64_t)
STORE(i32_store8, uint8_t, uint32_t)
STORE(i32_store16, uint16_t, uint32_t)
STORE(i64_store8, uint8_t, uint64_t)
STORE(i64_store16, uint16_t, uint64_t)
STORE(i64_store32, uint32_t, uint64_t)
#undef LOAD
#undef STORE

#define i32_load(m, a)	     mirage_i32_load(m, a, MIRAGE_SITE)
#define i64_load(m, a)	     mirage_i64_load(m, a, MIRAGE_SITE)
#define i32_load8_s(m, a)    mirage_i32_load8_s(m, a, MIRAGE_SITE)
#define i64_load8_s(m, a)    mirage_i64_load8_s(m, a, MIRAGE_SITE)
#define i32_load8_u(m, a)    mirage_i32_load8_u(m, a, MIRAGE_SITE)
#define i64_load8_u(m, a)    mirage_i64_load8_u(m, a, MIRAGE_SITE)
#define i32_load16_s(m, a)   mirage_i32_load16_s(m, a, MIRAGE_SITE)
#define i64_load16_s(m, a)   mirage_i64_load16_s(m, a, MIRAGE_SITE)
#define i32_load16_u(m, a)   mirage_i32_load16_u(m, a, MIRAGE_SITE)
#define i64_load16_u(m, a)   mirage_i64_load16_u(m, a, MIRAGE_SITE)
#define i64_load32_s(m, a)   mirage_i64_load32_s(m, a, MIRAGE_SITE)
#define i64_load32_u(m, a)   mirage_i64_load32_u(m, a, MIRAGE_SITE)
#define i32_store(m, a, v)   mirage_i32_store(m, a, v, MIRAGE_SITE)
#define i64_store(m, a, v)   mirage_i64_store(m, a, v, MIRAGE_SITE)
#define i32_store8(m, a, v)  mirage_i32_store8(m, a, v, MIRAGE_SITE)
#define i32_store16(m, a, v) mirage_i32_store16(m, a, v, MIRAGE_SITE)
#define i64_store8(m, a, v)  mirage_i64_store8(m, a, v, MIRAGE_SITE)
#define i64_store16(m, a, v) mirage_i64_store16(m, a, v, MIRAGE_SITE)
#define i64_store32(m, a, v) mirage_i64_store32(m, a, v, MIRAGE_SITE)

/* Data segments, laid down while the module is instantiated. */
#define LOAD_DATA(m, offset, data, bytes) \
	mirage_wasm_memory_init(          \
	    &(m), data, bytes, offset, 0, bytes, MIRAGE_SITE)
#define memory_init(m, data, data_bytes, to, from, n) \
	mirage_wasm_memory_init(m, data, data_bytes, to, from, n, MIRAGE_SITE)
#define memory_fill(m, to, value, n) \
	mirage_wasm_memory_fill(m, to, value, n, MIRAGE_SITE)
#define memory_copy(m, m2, to, from, n) \
	mirage_wasm_memory_copy(m, to, from, n, MIRAGE_SITE)

#define wasm_rt_allocate_memory(m, pages, max) \
	mirage_wasm_memory_allocate(MIRAGE_HOST, m, pages, max)
#define wasm_rt_grow_memory mirage_wasm_memory_grow
#define wasm_rt_free_memory mirage_wasm_memory_free

/* Tables. */

typedef struct {
	uint32_t func_type_index;
	wasm_rt_function_ptr_t func;
	size_t module_offset;
} wasm_elem_segment_expr_t;

static inline __attribute__((unused)) void
mirage_funcref_table_init(wasm_rt_funcref_table_t *t,
    const wasm_elem_segment_expr_t *src, uint32_t src_size, uint32_t to,
    uint32_t from, uint32_t n, void *module_instance,
    const uint32_t *func_types, const struct mirage_site *site)
{
	uint32_t i;

	if ((uint64_t)from + n > src_size || (uint64_t)to + n > t->size)
		mirage_wasm_trap(t->owner, MIRAGE_TRAP_OOB, site);
	for (i = 0; i < n; i++) {
		const wasm_elem_segment_expr_t *e = &src[from + i];
		wasm_rt_funcref_t *f = &t->data[to + i];

		f->func_type = func_types[e->func_type_index];
		f->func = f->func_type == WASM_RT_NO_TYPE ? NULL : e->func;
		f->module_instance = (char *)module_instance + e->module_offset;
	}
}

#define funcref_table_init(t, src, size, to, from, n, instance, types) \
	mirage_funcref_table_init(                                     \
	    t, src, size, to, from, n, instance, types, MIRAGE_SITE)
#define wasm_rt_allocate_funcref_table(t, n, max) \
	mirage_wasm_table_allocate(MIRAGE_HOST, t, n, max)
#define wasm_rt_free_funcref_table mirage_wasm_table_free

#define CALL_INDIRECT(table, t, ft, x, ...)                        \
	((LIKELY((x) < table.size && table.data[x].func != NULL && \
	      table.data[x].func_type == func_types[ft]) ||        \
	     TRAP(CALL_INDIRECT)),                                 \
	    ((t)table.data[x].func)(__VA_ARGS__))

/* Integer arithmetic. */

#define I32_CLZ(x)    ((x) ? (uint32_t)__builtin_clz(x) : 32)
#define I64_CLZ(x)    ((x) ? (uint64_t)__builtin_clzll(x) : 64)
#define I32_CTZ(x)    ((x) ? (uint32_t)__builtin_ctz(x) : 32)
#define I64_CTZ(x)    ((x) ? (uint64_t)__builtin_ctzll(x) : 64)
#define I32_POPCNT(x) mirage_wasm_popcount(x)
#define I64_POPCNT(x) mirage_wasm_popcount(x)

static inline __attribute__((unused)) uint32_t
mirage_wasm_popcount(uint64_t x)
{
	x -= (x >> 1) & 0x5555555555555555;
	x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return ((uint32_t)((x * 0x0101010101010101) >> 56));
}

#define DIV_U(x, y) (UNLIKELY((y) == 0) ? TRAP(DIV_BY_ZERO) : (x) / (y))
#define REM_U(x, y) (UNLIKELY((y) == 0) ? TRAP(DIV_BY_ZERO) : (x) % (y))
#define DIV_S(unsigned_type, min, x, y)               \
	(UNLIKELY((y) == 0) ? TRAP(DIV_BY_ZERO) :     \
		UNLIKELY((x) == (min) && (y) == -1) ? \
			      TRAP(INT_OVERFLOW) :    \
			      (unsigned_type)((x) / (y)))
#define REM_S(unsigned_type, x, y)                        \
	(UNLIKELY((y) == 0)	    ? TRAP(DIV_BY_ZERO) : \
		UNLIKELY((y) == -1) ? 0 :                 \
				      (unsigned_type)((x) % (y)))
#define I32_DIV_S(x, y) DIV_S(uint32_t, INT32_MIN, (int32_t)(x), (int32_t)(y))
#define I64_DIV_S(x, y) DIV_S(uint64_t, INT64_MIN, (int64_t)(x), (int64_t)(y))
#define I32_REM_S(x, y) REM_S(uint32_t, (int32_t)(x), (int32_t)(y))
#define I64_REM_S(x, y) REM_S(uint64_t, (int64_t)(x), (int64_t)(y))

#define ROTATE(x, left, right, mask) \
	(((x) << ((left) & (mask))) | ((x) >> ((right) & (mask))))
#define I32_ROTL(x, y) ROTATE(x, y, 0 - (y), 31)
#define I64_ROTL(x, y) ROTATE(x, y, 0 - (y), 63)
#define I32_ROTR(x, y) ROTATE(x, 0 - (y), y, 31)
#define I64_ROTR(x, y) ROTATE(x, 0 - (y), y, 63)

/* Imports: each call carries its site. */

#define IMPORT(name, ...) \
	mirage_import_##name(MIRAGE_HOST, MIRAGE_SITE, ##__VA_ARGS__)

#define Z_mirageZ_frame_length(e, h)	      IMPORT(frame_length, h)
#define Z_mirageZ_frame_get8(e, h, o)	      IMPORT(frame_get8, h, o)
#define Z_mirageZ_frame_get16(e, h, o)	      IMPORT(frame_get16, h, o)
#define Z_mirageZ_frame_get32(e, h, o)	      IMPORT(frame_get32, h, o)
#define Z_mirageZ_frame_set8(e, h, o, v)      IMPORT(frame_set8, h, o, v)
#define Z_mirageZ_frame_set16(e, h, o, v)     IMPORT(frame_set16, h, o, v)
#define Z_mirageZ_frame_set32(e, h, o, v)     IMPORT(frame_set32, h, o, v)
#define Z_mirageZ_frame_read(e, h, o, p, n)   IMPORT(frame_read, h, o, p, n)
#define Z_mirageZ_frame_write(e, h, o, p, n)  IMPORT(frame_write, h, o, p, n)
#define Z_mirageZ_frame_sum(e, h, o, n, s)    IMPORT(frame_sum, h, o, n, s)
#define Z_mirageZ_frame_alloc(e, n)	      IMPORT(frame_alloc, n)
#define Z_mirageZ_frame_append(e, h, s, o, n) IMPORT(frame_append, h, s, o, n)
#define Z_mirageZ_frame_writable(e, h, n)     IMPORT(frame_writable, h, n)
#define Z_mirageZ_frame_truncate(e, h, n)     IMPORT(frame_truncate, h, n)
#define Z_mirageZ_frame_retain(e, h)	      IMPORT(frame_retain, h)
#define Z_mirageZ_frame_release(e, h)	      IMPORT(frame_release, h)
#define Z_mirageZ_frame_netif(e, h)	      IMPORT(frame_netif, h)
#define Z_mirageZ_frame_flags(e, h)	      IMPORT(frame_flags, h)
#define Z_mirageZ_frame_checksum(e, h, s, o)  IMPORT(frame_checksum, h, s, o)
#define Z_mirageZ_frame_segment(e, h, n)      IMPORT(frame_segment, h, n)
#define Z_mirageZ_frame_segment_bytes(e, h)   IMPORT(frame_segment_bytes, h)
#define Z_mirageZ_netif_transmit(e, n, h)     IMPORT(netif_transmit, n, h)
#define Z_mirageZ_netif_mac_high(e, n)	      IMPORT(netif_mac_high, n)
#define Z_mirageZ_netif_mac_low(e, n)	      IMPORT(netif_mac_low, n)
#define Z_mirageZ_netif_mtu(e, n)	      IMPORT(netif_mtu, n)
#define Z_mirageZ_netif_tx_offload(e, n)      IMPORT(netif_tx_offload, n)
#define Z_mirageZ_netif_segment_max(e, n)     IMPORT(netif_segment_max, n)
#define Z_mirageZ_clock_ns(e)		      IMPORT(clock_ns)
#define Z_mirageZ_timer_set(e, d)	      IMPORT(timer_set, d)
#define Z_mirageZ_random_u32(e)		      IMPORT(random_u32)
#define Z_mirageZ_event(e, k, h, o, n, a, b, c) \
	IMPORT(event, k, h, o, n, a, b, c)
#define Z_mirageZ_counter_define(e, p, n)     IMPORT(counter_define, p, n)
#define Z_mirageZ_counter_add(e, i, n)	      IMPORT(counter_add, i, n)
#define Z_mirageZ_probe_enabled(e, p)	      IMPORT(probe_enabled, p)
#define Z_mirageZ_probe_packet(e, p, n, h, o) IMPORT(probe_packet, p, n, h, o)
#define Z_mirageZ_probe_transport(e, p, r, h, o, t) \
	IMPORT(probe_transport, p, r, h, o, t)
#define Z_mirageZ_log(e, p, n)	       IMPORT(log, p, n)
#define Z_mirageZ_report_line(e, p, n) IMPORT(report_line, p, n)
#define Z_envZ_abort(e, m, f, l, c)    IMPORT(abort, m, f, l, c)

#endif /* MIRAGE_WASM_INSTRUMENT_H */
