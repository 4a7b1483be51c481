/**
 * RACK-TLP (RFC 8985): what was sent before something that has arrived, by more than a reordering window, is lost; the
 * tail, behind which nothing arrives, is probed.
 *
 * @module
 */

import { Scoreboard, Scoreboards, SentRange } from "./scoreboard";
import { before } from "./sequence";

/** No deadline. */
export const NEVER_MICROSECONDS: u64 = u64.MAX_VALUE;

/** The segments that must have overtaken another before it is lost at once, as long as no reordering was seen (DupThresh). */
const DUPLICATE_THRESHOLD: u32 = 3;
/** Recoveries after which the window shrinks to normal again. */
const WINDOW_PERSIST: u32 = 16;
const WINDOW_MULTIPLIER_MAX: u32 = 64;
/** The path may have changed: a minimum that is older counts no more. */
const MIN_AGE_MICROSECONDS: u64 = 300_000_000;
/** Added to the probe timeout when one segment is under way: its acknowledgement may be delayed (WCDelAckT). */
const DELAYED_ACK_MICROSECONDS: u64 = 200_000;
const PROBE_UNMEASURED_MICROSECONDS: u64 = 1_000_000;

/** What RACK remembers about a connection. */
export class Rack extends Scoreboard {
  /** Of what has arrived, what was sent last, and when (RACK.xmit_ts, RACK.end_seq); 0: nothing yet. */
  rackMicroseconds: u64 = 0;
  rackEnd: u32 = 0;
  /** Its round-trip time (RACK.rtt). */
  rackRoundTripMicroseconds: u32 = 0;
  /** Shortest round-trip time; 0: none yet. */
  minRoundTripMicroseconds: u32 = 0;
  minTakenMicroseconds: u64 = 0;
  reorderingSeen: bool = false;
  /** Quarters of the shortest round-trip time that the reordering window is long. */
  windowMultiplier: u32 = 1;
  windowPersist: u32 = 0;
  /** No further growth of the window until this is acknowledged. */
  duplicateRound: u32 = 0;
  hasDuplicateRound: bool = false;
  /** When what may only be late is lost. */
  reorderingDeadline: u64 = NEVER_MICROSECONDS;

  rackReset(): void {
    this.rackMicroseconds = 0;
    this.rackEnd = 0;
    this.rackRoundTripMicroseconds = 0;
    this.minRoundTripMicroseconds = 0;
    this.minTakenMicroseconds = 0;
    this.reorderingSeen = false;
    this.windowMultiplier = 1;
    this.windowPersist = 0;
    this.hasDuplicateRound = false;
    this.reorderingDeadline = NEVER_MICROSECONDS;
  }
}

/** Steps 1 to 3 of RFC 8985 section 6.2, from what the scoreboards say an acknowledgement delivered. */
export function rackUpdate(rack: Rack, boards: Scoreboards, nowMicroseconds: u64): void {
  if (boards.reordered) rack.reorderingSeen = true;
  const sent = boards.newestMicroseconds;
  if (sent === 0) return;
  const roundTrip = <u32>min(nowMicroseconds - sent, 0x7fffffff);
  // Faster than ever: that was the first transmission, which was only late.
  if (boards.newestRetransmitted && roundTrip < rack.minRoundTripMicroseconds) return;
  const taken = rack.minTakenMicroseconds;
  if (
    rack.minRoundTripMicroseconds === 0 ||
    roundTrip <= rack.minRoundTripMicroseconds ||
    nowMicroseconds - taken > MIN_AGE_MICROSECONDS
  ) {
    rack.minRoundTripMicroseconds = max(roundTrip, 1);
    rack.minTakenMicroseconds = nowMicroseconds;
  }
  rack.rackRoundTripMicroseconds = roundTrip;
  if (
    sent > rack.rackMicroseconds ||
    (sent === rack.rackMicroseconds && before(rack.rackEnd, boards.newestEnd))
  ) {
    rack.rackMicroseconds = sent;
    rack.rackEnd = boards.newestEnd;
  }
}

/** A D-SACK: what was taken for lost was late, so wait longer. Once for each round trip. */
export function rackDuplicate(rack: Rack): void {
  if (rack.hasDuplicateRound && before(rack.startSequence, rack.duplicateRound)) return;
  rack.hasDuplicateRound = true;
  rack.duplicateRound = rack.endSequence;
  rack.windowPersist = WINDOW_PERSIST;
  if (rack.windowMultiplier < WINDOW_MULTIPLIER_MAX) rack.windowMultiplier++;
}

/** A recovery is over. */
export function rackRecovered(rack: Rack): void {
  if (rack.windowPersist === 0) return;
  rack.windowPersist--;
  if (rack.windowPersist === 0) rack.windowMultiplier = 1;
}

/** How long a range may be late (step 4). */
export function rackWindowMicroseconds(
  rack: Rack,
  mss: u32,
  recovering: bool,
  smoothedMicroseconds: u32,
): u32 {
  if (!rack.reorderingSeen && (recovering || rack.sackedBytes >= DUPLICATE_THRESHOLD * mss)) return 0;
  const window = <u64>rack.windowMultiplier * <u64>(rack.minRoundTripMicroseconds / 4);
  return <u32>min(window, <u64>smoothedMicroseconds);
}

/** Marks what is lost, and sets the deadline of what may be (step 5). Returns the bytes newly taken for lost. */
export function rackDetect(
  rack: Rack,
  boards: Scoreboards,
  windowMicroseconds: u32,
  nowMicroseconds: u64,
): u32 {
  const lostBefore = rack.lostBytes;
  rack.reorderingDeadline = NEVER_MICROSECONDS;
  if (rack.rackMicroseconds === 0) return 0;
  const allowed = <u64>rack.rackRoundTripMicroseconds + <u64>windowMicroseconds;
  let range = rack.oldest;
  while (range !== null && range.transmittedMicroseconds <= rack.rackMicroseconds) {
    const later: SentRange | null = range.later;
    const sent = range.transmittedMicroseconds;
    if (sent < rack.rackMicroseconds || before(range.end, rack.rackEnd)) {
      const deadline = sent + allowed;
      if (deadline > nowMicroseconds) {
        rack.reorderingDeadline = deadline;
        break;
      }
      boards.markLost(rack, range);
    }
    range = later;
  }
  return rack.lostBytes - lostBefore;
}

/** How long after the last transmission or acknowledgement the tail is probed (RFC 8985 section 7.2). */
export function probeTimeoutMicroseconds(rack: Rack, mss: u32, smoothedMicroseconds: u32): u64 {
  if (smoothedMicroseconds === 0) return PROBE_UNMEASURED_MICROSECONDS;
  const timeout = 2 * <u64>smoothedMicroseconds;
  return rack.outstandingBytes <= mss ? timeout + DELAYED_ACK_MICROSECONDS : timeout;
}
