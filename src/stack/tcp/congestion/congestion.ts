/**
 * What congestion control knows about a connection, and the choice between its algorithms. Windows are bytes; an algorithm
 * sees each acknowledgement once, so that delayed and stretched ones count for what they acknowledge (RFC 3465).
 *
 * @module
 */

/** Values of `TcpOption.Congestion`. */
export enum CongestionAlgorithm {
  Cubic = 0,
  NewReno = 1,
}

/** RFC 6928: min(10 MSS, max(2 MSS, 14,600 bytes)). */
export function initialWindowBytes(mss: u32): u32 {
  return min(10 * mss, max(2 * mss, 14_600));
}

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
}
