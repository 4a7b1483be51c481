/**
 * Round-trip time and retransmission timeout (RFC 6298), in integers: the smoothed time is kept in eighths of a
 * microsecond and the variation in quarters, so that the gains of 1/8 and 1/4 lose nothing.
 *
 * @module
 */

/** Until the first measurement (RFC 6298 section 2.1). */
export const RTO_INITIAL_MILLISECONDS: u32 = 1_000;
/** RFC 6298 section 2.4 says 1 s; FreeBSD (net.inet.tcp.rexmit_min) and others wait less. */
export const RTO_MIN_MILLISECONDS: u32 = 30;
/** RFC 6298 section 2.5: at least 60 s. FreeBSD's TCPTV_REXMTMAX. */
export const RTO_MAX_MILLISECONDS: u32 = 64_000;
/** Added to the round-trip time at least (G in RFC 6298): the timers' resolution and the peer's delayed acknowledgement... see `rtoMilliseconds`. */
const GRANULARITY_MICROSECONDS: u32 = 10_000;

/** One connection's estimate. */
export class RoundTrip {
  /** SRTT * 8; 0: not measured yet. */
  smoothedEighthMicroseconds: u32 = 0;
  /** RTTVAR * 4. */
  variationQuarterMicroseconds: u32 = 0;
  /** The last measurement. */
  latestMicroseconds: u32 = 0;
  /** Without backoff. */
  private baseMilliseconds: u32 = RTO_INITIAL_MILLISECONDS;
  /** How often the timeout was doubled. */
  backoffs: u32 = 0;

  /** Forgets everything, for a new connection. */
  reset(): void {}

  /** A measurement, of a segment that was sent once (Karn) or by a timestamp (RFC 7323 section 4). Ends the backoff. */
  measured(microseconds: u32): void {}

  /** The timer has run out: the next timeout is twice as long (RFC 6298 section 5.5). */
  backOff(): void {}

  /** New data was acknowledged: the timeout is what the measurements say. */
  endBackoff(): void {}

  /** SRTT, rounded; 0: not measured yet. */
  get smoothedMicroseconds(): u32 {
    return (this.smoothedEighthMicroseconds + 4) >>> 3;
  }

  /** RTTVAR, rounded. */
  get variationMicroseconds(): u32 {
    return (this.variationQuarterMicroseconds + 2) >>> 2;
  }

  /** RTO with its backoff, within its limits. */
  get timeoutMilliseconds(): u32 {
    return min(this.baseMilliseconds << min(this.backoffs, 12), RTO_MAX_MILLISECONDS);
  }
}
