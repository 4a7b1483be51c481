/**
 * The host's functions: the Wasm module `mirage` that the runtime (and `test/support/host.ts` under vitest) implements.
 * The file's name is the import module's name, which is how the AssemblyScript compiler names imports; so no
 * decorators are needed and every TypeScript tool can read this file.
 *
 * Conventions: `frame` is a frame handle, 0 is none. Offsets and lengths are bytes. Multi-byte values are in network
 * byte order in the frame and plain numbers here. An access outside the frame, or through a handle whose frame was
 * released, traps: the program ends with a message that names this function, the file and the line.
 *
 * @module
 */

/** Bytes in the frame, over all its segments. */
export declare function frame_length(frame: u32): u32;
export declare function frame_get8(frame: u32, offset: u32): u32;
export declare function frame_get16(frame: u32, offset: u32): u32;
export declare function frame_get32(frame: u32, offset: u32): u32;
/** Stores the low 8 bits. The setters trap on a frame that is read-only: see `frame_writable`. */
export declare function frame_set8(frame: u32, offset: u32, value: u32): void;
/** Stores the low 16 bits. */
export declare function frame_set16(frame: u32, offset: u32, value: u32): void;
export declare function frame_set32(frame: u32, offset: u32, value: u32): void;
/** Copies bytes of the frame to linear memory. Counted as a copy: a steady state has none. */
export declare function frame_read(frame: u32, offset: u32, pointer: usize, length: u32): void;
/** Copies linear memory into the frame. Counted as a copy. */
export declare function frame_write(frame: u32, offset: u32, pointer: usize, length: u32): void;
/**
 * One's complement sum (RFC 1071) of a range plus `seed`, folded to 16 bits and not inverted. An odd last byte counts
 * as the high half of a word.
 */
export declare function frame_sum(frame: u32, offset: u32, length: u32, seed: u32): u32;
/** A fresh writable frame with one reference, not cleared; 0 if none is left. */
export declare function frame_alloc(length: u32): u32;
/**
 * Appends a range of `source` by reference: no byte moves, and `source` may be released before `frame` is.
 * False if there is no room for another reference.
 */
export declare function frame_append(frame: u32, source: u32, offset: u32, length: u32): bool;
/**
 * Makes the first `length` bytes contiguous and writable, copying (counted) if they are not. False if it cannot, for
 * want of memory.
 */
export declare function frame_writable(frame: u32, length: u32): bool;
/** Drops the bytes behind `length`, such as Ethernet padding. Traps if the frame is shorter. */
export declare function frame_truncate(frame: u32, length: u32): void;
/** Adds a reference. */
export declare function frame_retain(frame: u32): void;
/** Drops a reference; the handle is dead when the last one is gone. */
export declare function frame_release(frame: u32): void;
/** Index of the interface that received the frame. */
export declare function frame_netif(frame: u32): u32;
/** `FrameFlag`s: what the interface card has verified. */
export declare function frame_flags(frame: u32): u32;
/**
 * Asks for a transmit checksum, as virtio-net does: the sum over everything from `start` to the end goes to
 * `start + offset`, where the folded, not inverted sum of the pseudo header must stand.
 */
export declare function frame_checksum(frame: u32, start: u32, offset: u32): void;
/**
 * Asks that the frame leave as several packets: what is behind the TCP header is cut into pieces of `bytes` (1..65,535; the last
 * one may be shorter; 0 takes the request back), each behind headers of its own with the right lengths, identification,
 * sequence number, flags and checksums. Ask with `frame_checksum`, too, with the sum of the pseudo header for the whole frame
 * in its place. The frame may have up to `netif_segment_max` bytes, TCP at `start` of `frame_checksum`. Headers may be
 * written after this call. A frame whose headers are not those of TCP over IP is not sent (`drop.transmit-error`). If the
 * interface stopped cutting, the runtime does it.
 */
export declare function frame_segment(frame: u32, bytes: u32): void;
/**
 * Of a received frame that is made of several packets (LRO, GRO): payload bytes of each but the last. 0: it is one packet.
 * Such a frame is TCP, its checksum is good, and it has up to 65,535 + 14 bytes.
 */
export declare function frame_segment_bytes(frame: u32): u32;
/** Sends. Takes the caller's reference whatever it returns; false if the interface refused the frame. */
export declare function netif_transmit(netif: u32, frame: u32): bool;
/** The upper 16 bits of the interface's MAC address. */
export declare function netif_mac_high(netif: u32): u32;
/** The lower 32 bits of the interface's MAC address. */
export declare function netif_mac_low(netif: u32): u32;
/** Bytes of L3 payload; 0: there is no such interface. */
export declare function netif_mtu(netif: u32): u32;
/** `NetifOffload`s that the interface takes over when it sends. */
export declare function netif_tx_offload(netif: u32): u32;
/** Longest frame in bytes, link header included, that may be sent with `frame_segment`; 0: none. */
export declare function netif_segment_max(netif: u32): u32;
/** Monotonic clock, nanoseconds. */
export declare function clock_ns(): u64;
/** `timer()` will be called then. One deadline for each module: the last one set counts; `u64.MAX_VALUE` is none. */
export declare function timer_set(deadline_ns: u64): void;
/** A cryptographically strong random number. */
export declare function random_u32(): u32;
/**
 * Queues an event for application code. Takes the reference on `frame` (which may be 0); when the queue is full it
 * returns false and the reference stays with the caller.
 */
export declare function event(kind: u32, frame: u32, offset: u32, length: u32, a: u32, b: u32, c: u32): bool;
/** Defines a statistic, or finds it if the name is known. Use `counter()`. */
export declare function counter_define(name: usize, utf16_units: u32): u32;
/** Adds to a statistic. */
export declare function counter_add(id: u32, n: u32): void;
/**
 * Does a tracer listen at one of the stack's probes? `probe` is a constant `StackProbe` (`src/stack/probes.ts`). Costs a comparison
 * with memory; what is to be told belongs behind it.
 */
export declare function probe_enabled(probe: u32): bool;
/**
 * Fires `ip-send` or `ip-receive` about a frame with an IP header at `at`, or nothing if there is none; `netif`: index of the
 * interface. Borrows the frame.
 */
export declare function probe_packet(probe: u32, netif: u32, frame: u32, at: u32): void;
/**
 * Fires a probe of UDP or TCP: `record` are the words of a `ProbeRecord`, `headerAt` is where the IP header is (0: it is still to be
 * written), `at` where the transport's is. `frame` 0: there is no packet. Borrows the frame.
 */
export declare function probe_transport(probe: u32, record: usize, frame: u32, headerAt: u32, at: u32): void;
/** A line of the answer to `report()`; ignored outside of it. Use `Line.report()`. */
export declare function report_line(text: usize, utf16_units: u32): void;
/** A line on the console. Use `print()` or `Line`. */
export declare function log(text: usize, utf16_units: u32): void;
