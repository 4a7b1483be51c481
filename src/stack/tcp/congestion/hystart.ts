/**
 * HyStart++ (RFC 9406): slow start ends when round-trip times grow, before the path's queue overflows.
 *
 * @module
 */
import { notAfter } from "../sequence";
import { Congestion } from "./state";

const RTT_THRESHOLD_MIN_MICROSECONDS: u32 = 4_000;
const RTT_THRESHOLD_MAX_MICROSECONDS: u32 = 16_000;
const RTT_DIVISOR: u32 = 8;
const SAMPLES: u32 = 8;
const CONSERVATIVE_ROUNDS: u32 = 5;

/**
 * An acknowledgement in slow start.
 *
 * @param acknowledged SND.UNA.
 * @param nextSequence SND.NXT.
 * @param roundTripMicroseconds A measurement; 0: none.
 */
export function hystartAcknowledged(
  state: Congestion,
  acknowledged: u32,
  nextSequence: u32,
  roundTripMicroseconds: u32,
): void {
  if (!state.roundBegan) {
    state.roundBegan = true;
    state.roundSequence = nextSequence;
    state.roundSamples = 0;
    state.roundMinMicroseconds = 0;
  }
  if (roundTripMicroseconds !== 0) {
    if (state.roundMinMicroseconds === 0 || roundTripMicroseconds < state.roundMinMicroseconds) {
      state.roundMinMicroseconds = roundTripMicroseconds;
    }
    state.roundSamples++;
    if (state.roundSamples >= SAMPLES) lookAtRound(state);
  }
  if (notAfter(state.roundSequence, acknowledged)) {
    if (state.roundMinMicroseconds !== 0) state.lastRoundMinMicroseconds = state.roundMinMicroseconds;
    state.roundBegan = false;
    if (state.conservativeRounds !== 0) {
      state.conservativeRounds++;
      if (state.conservativeRounds > CONSERVATIVE_ROUNDS) state.thresholdBytes = state.windowBytes;
    }
  }
}

function lookAtRound(state: Congestion): void {
  const current = state.roundMinMicroseconds;
  if (state.conservativeRounds !== 0) {
    // It was a mistake: the round-trip time went down again.
    if (current < state.baselineMinMicroseconds) {
      state.baselineMinMicroseconds = 0;
      state.conservativeRounds = 0;
    }
    return;
  }
  const last = state.lastRoundMinMicroseconds;
  if (last === 0) return;
  const threshold = min(
    max(last / RTT_DIVISOR, RTT_THRESHOLD_MIN_MICROSECONDS),
    RTT_THRESHOLD_MAX_MICROSECONDS,
  );
  if (current >= last + threshold) {
    state.baselineMinMicroseconds = current;
    state.conservativeRounds = 1;
  }
}
