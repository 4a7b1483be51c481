/**
 * NewReno's congestion avoidance (RFC 5681, with the byte counting of RFC 3465).
 *
 * @module
 */
import { Congestion } from "./state";

/** One segment more for each window that arrives. */
export function newRenoGrow(state: Congestion, deliveredBytes: u32): void {
  state.avoidanceBytes += deliveredBytes;
  while (state.avoidanceBytes >= state.windowBytes) {
    state.avoidanceBytes -= state.windowBytes;
    state.windowBytes += state.mss;
  }
}

/** The threshold after a loss. */
export function newRenoReduce(windowBytes: u32): u32 {
  return windowBytes / 2;
}
