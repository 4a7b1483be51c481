/** The intervals of mirage compare: what they promise holds, also where the distribution is a bad one. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agree, CONFIDENCE, median, quantile, summarize } from "../../tools/compare/statistics.ts";

/** Numbers in [0, 1) that are the same in each run (xorshift32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A ratio of 1 in the middle, and now and then one of a disturbed machine. */
function ratio(next: () => number): number {
  const disturbed = next() < 0.1 ? 3 * next() : 0;
  return 1 + 0.1 * (next() - 0.5) + (next() < 0.5 ? disturbed : -disturbed / 4);
}

function runs(count: number, rounds: number): ReturnType<typeof summarize>[] {
  const next = random(2_463_534_242);
  return Array.from({ length: count }, () => summarize(Array.from({ length: rounds }, () => ratio(next))));
}

describe("quantile", () => {
  it.each([
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 3, 2], 0.5, 2.5],
    [[10, 20, 30, 40, 50], 0.9, 46],
    [[7], 0.99, 7],
    [[1, 2], 0, 1],
    [[1, 2], 1, 2],
    [[1, Infinity, Infinity], 0.75, Infinity],
  ])("%j at %f is %f", (values, q, expected) => {
    expect(quantile(values, q)).toBeCloseTo(expected, 12);
  });

  it("is not a number of nothing", () => {
    expect(median([])).toBeNaN();
  });
});

describe("summarize", () => {
  it.each([
    [1, 0],
    [2, 0.5],
    [3, 0.75],
    [5, 0.9375],
    [6, 0.96875],
    [7, 0.984375],
  ])("takes all of the range of %i rounds, and says that its confidence is %f", (n, confidence) => {
    const values = Array.from({ length: n }, (_, i) => i + 1);
    expect(summarize(values)).toEqual({ median: (n + 1) / 2, low: 1, high: n, confidence });
  });

  it("leaves out extremes when it has enough rounds for that", () => {
    // One value of eleven at either end: 1 - 2 * (1 + 11) / 2^11.
    const { low, high, confidence } = summarize([5, 900, 6, 7, 8, 1, 9, 10, 11, 12, 13]);
    expect([low, high]).toEqual([5, 13]);
    expect(confidence).toBeCloseTo(1 - 24 / 2048, 12);
  });

  it.each([[[1, Number.NaN, 3]], [[]]])("says of %j that there is no figure", (values) => {
    expect(summarize(values)).toEqual({
      median: Number.NaN,
      low: Number.NaN,
      high: Number.NaN,
      confidence: 0,
    });
  });

  it("has the median within its interval, whatever the values and their order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ min: 0, max: 100, noNaN: true }), fc.constant(Infinity)), {
          minLength: 1,
        }),
        (values) => {
          const { median: middle, low, high } = summarize(values);
          expect(low).toBeLessThanOrEqual(middle);
          expect(high).toBeGreaterThanOrEqual(middle);
          expect(summarize(values.toReversed())).toEqual(summarize(values));
        },
      ),
    );
  });

  it.each([7, 15])("holds the true median in as many runs of %i rounds as it says", (rounds) => {
    const all = runs(2000, rounds);
    const held = all.filter(({ low, high }) => low <= 1 && high >= 1).length / all.length;
    // Of 2000 runs; the standard deviation of the share is less than 0.005.
    expect(held).toBeGreaterThan(all[0]!.confidence - 0.015);
    expect(all[0]!.confidence).toBeGreaterThanOrEqual(CONFIDENCE);
  });

  it("makes two runs of the same agree, and two of what differs by a half not", () => {
    const all = runs(2000, 15);
    const pairs = all.slice(1).map((run, i) => [all[i]!, run] as const);
    const same = pairs.filter(([a, b]) => agree(a, b)).length / pairs.length;
    expect(same).toBeGreaterThan(0.95);
    const other = pairs.filter(([a, b]) =>
      agree(a, { ...b, median: b.median * 1.5, low: b.low * 1.5, high: b.high * 1.5 }),
    );
    expect(other.length / pairs.length).toBeLessThan(0.05);
  });
});
