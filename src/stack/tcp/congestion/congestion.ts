/**
 * What congestion control knows about a connection, and the choice between its algorithms. Windows are bytes; an
 * algorithm is told how many bytes have arrived, so that delayed and stretched acknowledgements count for what they
 * acknowledge (RFC 3465).
 *
 * @module
 */
import { cubicGrow, cubicReduce } from "./cubic";
import { hystartAcknowledged } from "./hystart";
import { newRenoGrow, newRenoReduce } from "./newreno";
import { Congestion, CongestionAlgorithm, WINDOW_MAX_BYTES } from "./state";

export { Congestion, CongestionAlgorithm } from "./state";

/** RFC 6928: min(10 MSS, max(2 MSS, 14,600 bytes)). */
export function initialWindowBytes(mss: u32): u32 {
  return min(10 * mss, max(2 * mss, 14_600));
}

/** A new connection. Leaves the algorithm alone. */
export function congestionBegin(state: Congestion, mss: u32): void {
  state.mss = mss;
  state.windowBytes = initialWindowBytes(mss);
  state.thresholdBytes = u32.MAX_VALUE;
  state.avoidanceBytes = 0;
  state.maximumBytes = 0;
  state.epochMicroseconds = 0;
  state.hystartReset();
}

/** True while the window grows by what arrives. */
export function inSlowStart(state: Congestion): bool {
  return state.windowBytes < state.thresholdBytes;
}

/**
 * Data has arrived while the window was what limited sending, and no loss is being repaired.
 *
 * @param deliveredBytes What the acknowledgement says has newly arrived.
 * @param roundTripMicroseconds SRTT; 0: not measured yet.
 */
export function congestionGrow(
  state: Congestion,
  deliveredBytes: u32,
  nowMicroseconds: u64,
  roundTripMicroseconds: u32,
): void {
  let bytes = deliveredBytes;
  if (inSlowStart(state)) {
    const growth = min(state.slowStartGrowth(bytes), state.thresholdBytes - state.windowBytes);
    state.windowBytes = min(state.windowBytes + growth, WINDOW_MAX_BYTES);
    // What slow start had no use for counts for what comes after it.
    if (growth < bytes && state.windowBytes >= state.thresholdBytes) bytes -= growth;
    else return;
  }
  if (state.algorithm === <u32>CongestionAlgorithm.NewReno) newRenoGrow(state, bytes);
  else cubicGrow(state, bytes, nowMicroseconds, roundTripMicroseconds);
  state.windowBytes = min(state.windowBytes, WINDOW_MAX_BYTES);
}

/** An acknowledgement in slow start, with a measurement of the round-trip time (0: none): may end slow start before a loss does. */
export function congestionMeasured(
  state: Congestion,
  acknowledged: u32,
  nextSequence: u32,
  roundTripMicroseconds: u32,
): void {
  if (inSlowStart(state)) hystartAcknowledged(state, acknowledged, nextSequence, roundTripMicroseconds);
}

/** Data was lost, for the first time in this window. Sets the threshold; the window is the caller's to bring down to it. */
export function congestionReduce(state: Congestion, flightBytes: u32): void {
  const before = min(state.windowBytes, flightBytes);
  const threshold =
    state.algorithm === <u32>CongestionAlgorithm.NewReno ? newRenoReduce(before) : cubicReduce(state, before);
  state.thresholdBytes = max(threshold, 2 * state.mss);
  state.avoidanceBytes = 0;
  state.epochMicroseconds = 0;
  state.hystartReset();
}

/** The retransmission timeout: slow start from one segment (RFC 5681 section 3.1). */
export function congestionTimeout(state: Congestion): void {
  state.windowBytes = state.mss;
  state.avoidanceBytes = 0;
  state.epochMicroseconds = 0;
}

/** Nothing was sent for long (RFC 5681 section 4.1), or the window was not what limited sending: it is not known what the path carries now. */
export function congestionIdle(state: Congestion): void {
  state.windowBytes = min(state.windowBytes, initialWindowBytes(state.mss));
  state.epochMicroseconds = 0;
  state.hystartReset();
}
