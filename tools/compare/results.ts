/**
 * What `mirage compare` finds, as its JSON has it (`--json FILE`), and as the tables and pictures read it.
 * In JSON a figure that is no number, as a ratio to nothing, is null.
 *
 * Units are spelled out in each {@link Metric}; times are in the unit that the metric names, never in another.
 *
 * @module
 */

/** Changes when a reader of older files would misread a newer one. */
export const SCHEMA = "mirage-compare/1";

/** Who did the work. */
export type Side = "native" | "mirage";

/** One run of `mirage compare`. */
export interface CompareResults {
  readonly schema: typeof SCHEMA;
  /** Of the `mirage` that measured. */
  readonly version: string;
  /** ISO 8601, UTC. */
  readonly began: string;
  readonly ended: string;
  readonly machine: Machine;
  readonly settings: Settings;
  /** How the figures were made of the rounds, in words for a reader. */
  readonly method: string;
  /** One for each way on which work was compared. Empty: `--source` only. */
  readonly scenarios: readonly Scenario[];
  /** With `--source`. */
  readonly source?: SourceReport;
}

/** The machine that ran the command, and (in emulation) the guest. */
export interface Machine {
  /** As `2 x AMD EPYC`. */
  readonly processor: string;
  readonly cpus: number;
  /** As `Linux 6.18.5`. */
  readonly system: string;
  /** Load averages over 1, 5 and 15 minutes, before and after: what else the machine did. The second has this run's own load in it. */
  readonly loadBefore: readonly [number, number, number];
  readonly loadAfter: readonly [number, number, number];
}

export interface Settings {
  readonly rounds: number;
  /** Seconds that each measurement takes, without its warm-up. */
  readonly seconds: number;
  /** Seconds before each measurement that are not counted. */
  readonly warmup: number;
  readonly quick: boolean;
}

/** A way between client and server, on which Mirage and the native stack did the same. */
export interface Scenario {
  /** `linux`: network namespaces. `jail`: FreeBSD, vnet jail and mirage0. `outside`: into a FreeBSD guest, over vtnet0. */
  readonly id: "linux" | "jail" | "outside";
  readonly title: string;
  /** The kernel whose stack is `native`, as `Linux 6.18.5` or `FreeBSD 14.0-STABLE (1400507)`. */
  readonly system: string;
  readonly cpus: number;
  /** True: its times are an emulator's, and say nothing about hardware. */
  readonly emulated: boolean;
  /** What `native` and `mirage` are here, and what differs between them: offloads, devices. Sentences. */
  readonly native: string;
  readonly mirage: string;
  readonly notes: readonly string[];
  readonly comparisons: readonly Comparison[];
  /** Figures that only Mirage has, as the memory of an idle instance. */
  readonly facts: readonly Fact[];
}

/** One figure on both sides: a row of the table, a plot's pair of bars. */
export interface Comparison {
  /** `icmp-echo`, `udp-echo`, `tcp-in`, `tcp-out`, `tcp-request`, `tcp-connect`; more may come. */
  readonly workload: string;
  readonly title: string;
  /** Of the payload in bytes, or of the request; undefined: bulk. */
  readonly bytes?: number;
  /** Whether the interfaces' offloads (checksums, TSO, LRO) were on. */
  readonly offloads: boolean;
  readonly metric: Metric;
  /** In the order in which they were made. */
  readonly rounds: readonly Round[];
  readonly native: Summary;
  readonly mirage: Summary;
  /** Of the rounds' Mirage / native, not the ratio of the medians. */
  readonly ratio: Summary;
}

export interface Metric {
  /** `rtt-p50`, `rtt-p90`, `rtt-p99`, `rate`, `goodput`, `cpu`. */
  readonly id: string;
  /** As `round trip, 99th percentile`. */
  readonly title: string;
  /** As `us`, `packets/s`, `Gbit/s`, `us/packet`. */
  readonly unit: string;
  readonly better: "higher" | "lower";
}

export interface Round {
  readonly native: number;
  readonly mirage: number;
  /** Who went first: the order changes with each round. */
  readonly first: Side;
}

/** The median of some rounds, with an interval of confidence for it. */
export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Of the interval from low to high, 0 to 1; see statistics.ts. */
  readonly confidence: number;
}

export interface Fact {
  readonly title: string;
  readonly value: number;
  readonly unit: string;
}

/** Size, complexity and tests by layer; without FreeBSD's source only Mirage's own. */
export interface SourceReport {
  /** Folder that was given, and the version that its sys/param.h names. */
  readonly freebsd?: { readonly sysdir: string; readonly version: string };
  readonly layers: readonly LayerReport[];
  /** What is not comparable, and what was left out. Sentences. */
  readonly notes: readonly string[];
}

export interface LayerReport {
  readonly name: string;
  readonly mirage?: CodeReport;
  readonly freebsd?: CodeReport;
  /** Mirage's tests of that layer. */
  readonly tests?: { readonly files: readonly string[]; readonly cases: number; readonly lines: number };
}

export interface CodeReport {
  /** Relative to the project, or to sys/. */
  readonly files: readonly string[];
  /** Lines with code on them: no comments, no blanks. */
  readonly lines: number;
  readonly functions: number;
  /** McCabe's cyclomatic complexity of its functions. */
  readonly complexity: { readonly median: number; readonly p90: number; readonly max: number };
  /** Functions of complexity over 15. */
  readonly complex: number;
  /** The function of the highest complexity, as `tcp_do_segment (netinet/tcp_input.c)`. */
  readonly worst?: string;
}
