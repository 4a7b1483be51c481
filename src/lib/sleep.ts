/**
 * Waiting.
 *
 * @module
 */
import { native } from "./native.ts";

const NS_PER_MS = 1_000_000;

/** Resolves after `ms` milliseconds (a fraction is fine), or as soon as other work allows. */
export function sleep(ms: number): Promise<void> {
  return sleepNs(ms * NS_PER_MS);
}

/**
 * Resolves after `ns` nanoseconds.
 *
 * @throws RangeError if `ns` is negative, infinite or not a number
 */
export function sleepNs(ns: number): Promise<void> {
  if (!(ns >= 0 && ns < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`cannot sleep for ${ns} ns: expected a number from 0 up`);
  }
  return new Promise((resolve) => {
    native.timerSet(resolve, Math.ceil(ns), false);
  });
}
