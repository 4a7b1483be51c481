/**
 * What a workload is: the work that both sides do, and the figures that are made of it. To add one, write a file in
 * `workloads/`, add it to `workloads/index.ts`, and, if `net-load` lacks the load, a file in `load/`.
 *
 * @module
 */
import type { Metric } from "./results.ts";

/** What net-load counted, by name; `ns` and `cpuNs` are always there. */
export type Counts = Readonly<Record<string, number>>;

export interface Figure {
  readonly metric: Metric;
  readonly value: (counts: Counts) => number;
}

/** One run of net-load. */
export interface Measurement {
  /** Unique in its workload; letters, digits, `-`. */
  readonly id: string;
  /** Of payload or request. */
  readonly bytes?: number;
  /** Words of net-load; `ADDRESS` becomes the server's. */
  readonly load: string;
  /** Whether it is also made without offloads: where packets are short anyway they do little. */
  readonly withoutOffloads: boolean;
  readonly figures: readonly Figure[];
}

export interface Workload {
  /** As `--only` has it. */
  readonly id: string;
  readonly title: string;
  /** Mirage's program: a folder of the project. */
  readonly program: string;
  /** What `net-load serve` does on the native side; undefined: the kernel answers by itself. */
  readonly service?: { readonly name: string; readonly port: number };
  readonly measurements: readonly Measurement[];
}

/** A name of {@link Counts}; NaN if net-load has not counted it. */
export function count(counts: Counts, name: string): number {
  return counts[name] ?? Number.NaN;
}

/** Round trips at three percentiles, in microseconds. */
export const roundTrips: readonly Figure[] = [
  { id: "rtt-p50", name: "p50", title: "round trip, median" },
  { id: "rtt-p90", name: "p90", title: "round trip, 90th percentile" },
  { id: "rtt-p99", name: "p99", title: "round trip, 99th percentile" },
].map(({ id, name, title }) => ({
  metric: { id, title, unit: "us", better: "lower" },
  value: (counts) => count(counts, name) / 1000,
}));

/** How many of `what` a second, and the CPU time that each took. */
export function rateAndCpu(name: string, what: string, one: string): readonly Figure[] {
  return [
    {
      metric: { id: "rate", title: `${what} a second`, unit: `${what}/s`, better: "higher" },
      value: (counts) => (count(counts, name) / count(counts, "ns")) * 1e9,
    },
    {
      metric: { id: "cpu", title: `CPU time for each ${one}`, unit: `us/${one}`, better: "lower" },
      value: (counts) => count(counts, "cpuNs") / 1000 / count(counts, name),
    },
  ];
}
