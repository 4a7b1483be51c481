/**
 * Medians with an interval that holds for any distribution.
 *
 * @module
 */
import type { Summary } from "./results.ts";

/** What the intervals aim at. */
export const CONFIDENCE = 0.95;

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** With linear interpolation between neighbours (type 7 of Hyndman and Fan, 1996); NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  // Of two that are infinite the difference is no number.
  return low === high ? low : low + (high - low) * (at - below);
}

/** Of n fair coins: the probability that at most k are heads. */
function atMost(k: number, n: number): number {
  let term = 0.5 ** n;
  let sum = 0;
  for (let i = 0; i <= k; i++) {
    sum += term;
    term = (term * (n - i)) / (i + 1);
  }
  return sum;
}

/**
 * The median, and the narrowest pair of values (the k-th from below and from above) between which the median of what
 * was sampled lies with a probability of at least {@link CONFIDENCE}: the sign test's interval, which supposes nothing
 * about the distribution but that the rounds are independent. Fewer than six values do not reach that, so they get all
 * of their range, and the `confidence` that it has: 0.94 for five, 0.5 for two, 0 for one. A round without a figure (NaN)
 * leaves none for all of them: without it the rest would be a choice.
 */
export function summarize(values: readonly number[]): Summary {
  if (values.some(Number.isNaN)) {
    return { median: Number.NaN, low: Number.NaN, high: Number.NaN, confidence: 0 };
  }
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  let k = 0;
  while (k + 1 < n / 2 && 1 - 2 * atMost(k + 1, n) >= CONFIDENCE) {
    k++;
  }
  return {
    median: median(sorted),
    low: sorted[k] ?? Number.NaN,
    high: sorted[n - 1 - k] ?? Number.NaN,
    confidence: Math.max(0, 1 - 2 * atMost(k, n)),
  };
}

/** Whether two runs say the same, as far as they claim to know. */
export function agree(a: Summary, b: Summary): boolean {
  return a.low <= b.high && b.low <= a.high;
}
