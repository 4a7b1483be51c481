/**
 * What a connection has sent and the peer has not acknowledged, with the time of its last transmission (RFC 6675 section 4,
 * RFC 8985 section 5).
 *
 * @module
 */
import { Range, Ranges } from "./ranges";

/** A range that was sent at one time: one segment, or what one frame carried. */
export class SentRange extends Range {
  transmittedMicroseconds: u64 = 0;
}

/** One connection's. */
export class Scoreboard extends Ranges {
  /** Left edge: SND.UNA. */
  startSequence: u32 = 0;
  /** Right edge: SND.NXT. */
  endSequence: u32 = 0;
  /** Bytes that the peer says it has, beyond the left edge. */
  sackedBytes: u32 = 0;
  /** Bytes taken for lost and not sent again yet. */
  lostBytes: u32 = 0;

  get outstandingBytes(): u32 {
    return this.endSequence - this.startSequence;
  }

  /** Bytes under way, as far as is known (RFC 6675's pipe). */
  get flightBytes(): u32 {
    return this.outstandingBytes - this.sackedBytes - this.lostBytes;
  }
}
