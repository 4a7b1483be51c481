/** Values of `TcpOption.Congestion`. */
export enum CongestionAlgorithm {
  Cubic = 0,
  NewReno = 1,
}

/** No window is larger than what window scaling allows (RFC 7323 section 2.3). */
export const WINDOW_MAX_BYTES: u32 = 1 << 30;
/** In conservative slow start the window grows so many times slower (CSS_GROWTH_DIVISOR of RFC 9406). */
const CONSERVATIVE_DIVISOR: u32 = 4;

/** One connection's congestion window. */
export class Congestion {
  /** A `CongestionAlgorithm`. May be changed at any time. */
  algorithm: u32 = CongestionAlgorithm.Cubic;
  /** Bytes of payload in a full segment (RFC 5681's SMSS). */
  mss: u32 = 536;
  /** cwnd. */
  windowBytes: u32 = 0;
  /** ssthresh. */
  thresholdBytes: u32 = u32.MAX_VALUE;
  /** NewReno: bytes that arrived since the window grew last. */
  avoidanceBytes: u32 = 0;

  // CUBIC (RFC 9438 section 4.1.2).

  /** W_max: the window at the last loss. */
  maximumBytes: u32 = 0;
  /** cwnd_prior. */
  priorBytes: u32 = 0;
  /** K: time from the beginning of the epoch until the window is W_max again. */
  kMilliseconds: u32 = 0;
  /** When congestion avoidance began after the last loss; 0: it has not yet. */
  epochMicroseconds: u64 = 0;
  /** W_est * 256. */
  estimate256thBytes: u64 = 0;

  // HyStart++ (RFC 9406 section 4).

  /** The round ends when this is acknowledged. */
  roundSequence: u32 = 0;
  roundBegan: bool = false;
  roundSamples: u32 = 0;
  /** Shortest of this round, of the one before, and of that in which conservative slow start began. 0: none. */
  roundMinMicroseconds: u32 = 0;
  lastRoundMinMicroseconds: u32 = 0;
  baselineMinMicroseconds: u32 = 0;
  /** Rounds of conservative slow start, 1 and up; 0: not in it. */
  conservativeRounds: u32 = 0;

  /** Slow start begins anew. */
  hystartReset(): void {
    this.roundBegan = false;
    this.roundSamples = 0;
    this.roundMinMicroseconds = 0;
    this.lastRoundMinMicroseconds = 0;
    this.baselineMinMicroseconds = 0;
    this.conservativeRounds = 0;
  }

  /** Bytes by which slow start makes the window larger. */
  slowStartGrowth(deliveredBytes: u32): u32 {
    return this.conservativeRounds === 0 ? deliveredBytes : deliveredBytes / CONSERVATIVE_DIVISOR;
  }
}
