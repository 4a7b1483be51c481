/**
 * Clocks. All times are numbers (there is no BigInt here): whole nanoseconds are exact below 2^53, that is 104 days;
 * beyond, a number is the nearest that a double can hold, 2 ns off at most until day 208.
 *
 * @module
 */
import { native } from "./native.ts";

const PS_PER_NS = 1000;
const NS_PER_S = 1_000_000_000;
const S_PER_DAY = 86_400;

/** The monotonic clock: never goes back, starts anywhere. Names as in MirageOS's `Mirage_mtime`. */
export const Mclock = {
  /** Nanoseconds since a start that differs from run to run. */
  elapsedNs(): number {
    return native.monotonicNs();
  },
} as const;

/** Wall-clock time. Names as in MirageOS's `Mirage_ptime`. */
export const Pclock = {
  /** Whole days since 1970-01-01 UTC, and picoseconds in the day: multiples of 1000, rounded to 8 above 2^56. */
  nowDPs(): [days: number, picoseconds: number] {
    const [seconds, nanoseconds] = native.wallClock();
    const days = Math.floor(seconds / S_PER_DAY);
    return [days, ((seconds - days * S_PER_DAY) * NS_PER_S + nanoseconds) * PS_PER_NS];
  },

  /** Seconds since 1970-01-01 UTC, and nanoseconds in the second. Both exact. */
  now(): { seconds: number; nanoseconds: number } {
    const [seconds, nanoseconds] = native.wallClock();
    return { seconds, nanoseconds };
  },

  /** Milliseconds since 1970-01-01 UTC, as `Date.now()`. */
  nowMs(): number {
    const [seconds, nanoseconds] = native.wallClock();
    return seconds * 1000 + Math.floor(nanoseconds / 1_000_000);
  },

  /** Seconds east of UTC: always 0, a program knows no time zone. */
  currentTzOffsetS(): number {
    return 0;
  },
} as const;

/** Both clocks in one. */
export const Clock = { ...Mclock, ...Pclock } as const;
