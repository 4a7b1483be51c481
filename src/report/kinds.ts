/**
 * Plots and pages that more than one command writes.
 *
 * @module
 */
import { summarize } from "./folded.ts";
import { thisMachine } from "./machine.ts";
import type { LinePlot, Report, Stack } from "./model.ts";

/** Shares of all samples that a latency distribution is drawn and tabled at. */
export const quantileShares = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999] as const;

/** Values at those of `quantileShares` that so many samples can tell: 0.999 of 100 samples would be no more than the greatest. */
export function quantiles(samples: readonly number[]): [share: number, value: number][] {
  const sorted = [...samples].sort((a, b) => a - b);
  return quantileShares
    .filter((share) => share <= 0.5 || (1 - share) * sorted.length > 1 - 1e-6)
    .map((share) => [
      share,
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN,
    ]);
}

/** Nines are evenly spaced, so that the tail is seen as well as the middle. */
const position = (share: number): number => -Math.log10(1 - share);

const shareLabel = (share: number) => `${Number((share * 100).toPrecision(6))} %`;

/**
 * Latency distributions: the time within which a share of requests was answered.
 *
 * @param what Title of the value axis, with its unit: "round trip, µs".
 * @param series Share (from 0 to less than 1) and value, ascending.
 */
export function latencyPlot(
  what: string,
  series: readonly {
    readonly name: string;
    readonly quantiles: readonly (readonly [share: number, value: number])[];
  }[],
): LinePlot {
  const shares = [...new Set(series.flatMap((one) => one.quantiles.map(([share]) => share)))].sort(
    (a, b) => a - b,
  );
  return {
    kind: "lines",
    x: {
      title: "share of requests",
      scale: "linear",
      ticks: shares.map((share) => ({
        value: position(share),
        label: shareLabel(share),
        minor: ![0.5, 0.9, 0.99, 0.999, 0.9999].includes(share),
      })),
    },
    y: { title: what, scale: "log" },
    series: series.map(({ name, quantiles: points }) => ({
      name,
      points: points.map(([share, y]) => ({ x: position(share), y })),
    })),
  };
}

/**
 * The page of a flame graph.
 *
 * @param title "tcp-echo under load".
 * @param environment What is known of the machine that was sampled; without it, this machine.
 */
export function flameReport(
  stacks: readonly Stack[],
  title: string,
  environment: Report["environment"] = thisMachine(),
): Report {
  const { samples } = summarize(stacks);
  return {
    title,
    environment: [
      ...environment,
      ["stacks", `${stacks.length.toLocaleString("en-US")}, of ${samples.toLocaleString("en-US")} samples`],
    ],
    sections: [{ title: "Flame graph", plot: { kind: "flame", stacks } }],
  };
}
