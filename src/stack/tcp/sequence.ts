/**
 * Sequence numbers (RFC 9293 section 3.4): 32 bits that wrap around. Two of them can be compared as long as they are
 * less than 2^31 apart, which windows of at most 2^30 bytes (RFC 7323 section 2.3) make sure of.
 *
 * @module
 */

/** True if `a` comes before `b`. */
export function before(a: u32, b: u32): bool {
  return <i32>(a - b) < 0;
}

/** True if `a` comes before `b` or is `b`. */
export function notAfter(a: u32, b: u32): bool {
  return <i32>(a - b) <= 0;
}

/** The later of two. */
export function latest(a: u32, b: u32): u32 {
  return <i32>(a - b) < 0 ? b : a;
}

/** The earlier of two. */
export function earliest(a: u32, b: u32): u32 {
  return <i32>(a - b) < 0 ? a : b;
}

/** True if `sequence` is one of the `length` numbers from `start`. */
export function within(sequence: u32, start: u32, length: u32): bool {
  return sequence - start < length;
}
