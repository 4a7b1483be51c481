/**
 * Round-trip time and retransmission timeout (RFC 6298), in integers: the smoothed time is kept in eighths of a
 * microsecond and the variation in quarters, so that the gains of 1/8 and 1/4 lose nothing, and RTTVAR * 4 is the
 * number that is kept.
 *
 * @module
 */

/** Until the first measurement (RFC 6298 section 2.1). */
export const RTO_INITIAL_MILLISECONDS: u32 = 1_000;
/** RFC 6298 section 2.4 says 1 s; FreeBSD has net.inet.tcp.rexmit_min. */
export const RTO_MIN_MILLISECONDS: u32 = 30;
/** RFC 6298 section 2.5: at least 60 s. FreeBSD's TCPTV_REXMTMAX. */
export const RTO_MAX_MILLISECONDS: u32 = 64_000;
/** Added to every computed timeout, since acknowledgements may be delayed so long: FreeBSD's net.inet.tcp.rexmit_slop. */
export const RTO_SLOP_MILLISECONDS: u32 = 200;
/** The resolution of the timers (G in RFC 6298). */
const GRANULARITY_MICROSECONDS: u32 = 1_000;
/** What is measured longer counts as this, so that eight times it is a number. */
const SAMPLE_MAX_MICROSECONDS: u32 = 120_000_000;
/** 1 s << 9 is longer than any timeout. */
const DOUBLINGS_MAX: u32 = 9;

/** One connection's estimate. */
export class RoundTrip {
  /** SRTT * 8; 0: not measured yet. */
  smoothedEighthMicroseconds: u32 = 0;
  /** RTTVAR * 4. */
  variationQuarterMicroseconds: u32 = 0;
  /** The last measurement; 0: none yet. */
  latestMicroseconds: u32 = 0;
  /** Timeouts since something was acknowledged: each doubles the next, up to the limit. */
  backoffs: u32 = 0;

  /** Forgets everything, for a new connection. */
  reset(): void {
    this.smoothedEighthMicroseconds = 0;
    this.variationQuarterMicroseconds = 0;
    this.latestMicroseconds = 0;
    this.backoffs = 0;
  }

  /** A measurement, of a segment that was sent once (Karn) or by a timestamp (RFC 7323 section 4). Ends the backoff. */
  measured(microseconds: u32): void {
    const sample = min(max(microseconds, 1), SAMPLE_MAX_MICROSECONDS);
    this.latestMicroseconds = sample;
    this.backoffs = 0;
    const smoothed = this.smoothedEighthMicroseconds;
    if (smoothed === 0) {
      this.smoothedEighthMicroseconds = sample * 8;
      this.variationQuarterMicroseconds = sample * 2;
      return;
    }
    const error = <i32>sample - <i32>(smoothed >>> 3);
    const variation = this.variationQuarterMicroseconds;
    this.variationQuarterMicroseconds = variation - (variation >>> 2) + <u32>abs<i32>(error);
    this.smoothedEighthMicroseconds = max(<u32>(<i32>smoothed + error), 8);
  }

  /** The timer has run out: the next timeout is twice as long (RFC 6298 section 5.5). */
  backOff(): void {
    this.backoffs++;
  }

  /** New data was acknowledged: the timeout is what the measurements say. */
  endBackoff(): void {
    this.backoffs = 0;
  }

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
    return this.timeoutAfter(this.backoffs);
  }

  /** RTO after so many timeouts in a row. */
  timeoutAfter(backoffs: u32): u32 {
    let base = RTO_INITIAL_MILLISECONDS;
    if (this.smoothedEighthMicroseconds !== 0) {
      const variation = max(this.variationQuarterMicroseconds, GRANULARITY_MICROSECONDS);
      base = max(((this.smoothedEighthMicroseconds >>> 3) + variation + 999) / 1000, RTO_MIN_MILLISECONDS);
    } else if (backoffs === 0) {
      return RTO_INITIAL_MILLISECONDS;
    }
    const timeout = (min(base, RTO_MAX_MILLISECONDS) << min(backoffs, DOUBLINGS_MAX)) + RTO_SLOP_MILLISECONDS;
    return min(timeout, RTO_MAX_MILLISECONDS);
  }
}
