/**
 * CUBIC (RFC 9438) in integers: times are milliseconds, windows bytes. C = 0.4 segments/s^3, beta = 0.7.
 *
 * @module
 */
import { Congestion } from "./state";

/** From here on the cube is computed with 10 bits less, to stay within 64; the window's limit has been reached by then. */
const EXACT_MILLISECONDS: u64 = 1 << 15;
const TIME_MAX_MILLISECONDS: u64 = 1 << 17;

/** The largest integer whose cube is not larger. */
export function cubeRoot(value: u64): u32 {
  let rest = value;
  let root: u64 = 0;
  for (let shift: i32 = 63; shift >= 0; shift -= 3) {
    root <<= 1;
    const step = 3 * root * (root + 1) + 1;
    if (rest >> shift >= step) {
      rest -= step << shift;
      root++;
    }
  }
  return <u32>root;
}

/** C * t^3 in bytes: 0.4 * MSS * (t / 1000)^3. */
export function cubicBytes(milliseconds: u64, mss: u32): u64 {
  const t = min(milliseconds, TIME_MAX_MILLISECONDS);
  const cube = t * t * t;
  if (t <= EXACT_MILLISECONDS) return (cube * 4 * <u64>mss) / 10_000_000_000;
  return ((cube >> 10) * 4 * <u64>mss) / (10_000_000_000 >> 10);
}

/** K = cbrt((W_max - cwnd) / C), with windows in segments and K in seconds. */
export function cubicKMilliseconds(distanceBytes: u32, mss: u32): u32 {
  return cubeRoot((<u64>distanceBytes * 2_500_000_000) / <u64>mss);
}

/** The window grows towards W_max, slowly near it, then away from it (RFC 9438 section 4.2 to 4.5). */
export function cubicGrow(
  state: Congestion,
  deliveredBytes: u32,
  nowMicroseconds: u64,
  roundTripMicroseconds: u32,
): void {
  const window = state.windowBytes;
  if (state.epochMicroseconds === 0) {
    state.epochMicroseconds = nowMicroseconds;
    if (state.maximumBytes <= window) {
      state.maximumBytes = window;
      state.kMilliseconds = 0;
    } else {
      state.kMilliseconds = cubicKMilliseconds(state.maximumBytes - window, state.mss);
    }
    state.estimate256thBytes = (<u64>window) << 8;
  }
  const elapsed = (nowMicroseconds - state.epochMicroseconds + <u64>roundTripMicroseconds) / 1000;
  const k = <u64>state.kMilliseconds;
  const maximum = <u64>state.maximumBytes;
  let target: u64;
  if (elapsed >= k) {
    target = maximum + cubicBytes(elapsed - k, state.mss);
  } else {
    const below = cubicBytes(k - elapsed, state.mss);
    target = maximum > below ? maximum - below : 0;
  }
  // Between the window and half as much again.
  target = min(max(target, <u64>window), <u64>window + <u64>(window >>> 1));
  growEstimate(state, deliveredBytes);
  const grown = window + <u32>(((target - <u64>window) * <u64>deliveredBytes) / <u64>window);
  state.windowBytes = max(grown, <u32>min(state.estimate256thBytes >> 8, <u64>u32.MAX_VALUE));
}

/** W_est: what Reno's window would be: alpha = 3 * (1 - beta) / (1 + beta) = 9 / 17 until it is what it was, then 1. */
function growEstimate(state: Congestion, deliveredBytes: u32): void {
  const added = (<u64>deliveredBytes * <u64>state.mss * 256) / <u64>state.windowBytes;
  const reached = state.estimate256thBytes >> 8 >= <u64>state.priorBytes;
  state.estimate256thBytes += reached ? added : (added * 9) / 17;
}

/** The threshold after a loss. Remembers where it happened; a flow that must make room says less (fast convergence). */
export function cubicReduce(state: Congestion, windowBytes: u32): u32 {
  state.priorBytes = windowBytes;
  state.maximumBytes = windowBytes < state.maximumBytes ? <u32>((<u64>windowBytes * 17) / 20) : windowBytes;
  return <u32>((<u64>windowBytes * 7) / 10);
}
