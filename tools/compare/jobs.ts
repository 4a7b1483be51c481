/**
 * The measurements of a run in their order, and the comparisons that come of them.
 *
 * @module
 */
import type { Comparison, Round, Side } from "./results.ts";
import { summarize } from "./statistics.ts";
import type { Counts, Measurement, Workload } from "./workload.ts";

/** One measurement, with or without offloads: what both sides do in each round. */
export interface Job {
  /** Unique in a run, without blanks: as `tcp-in/send/on`. */
  readonly key: string;
  readonly workload: Workload;
  readonly measurement: Measurement;
  readonly offloads: boolean;
}

/** What one side did in one round. */
export interface Sample {
  readonly job: string;
  /** From 1. */
  readonly round: number;
  readonly side: Side;
  readonly counts: Counts;
}

export type Offloads = "on" | "off" | "both";

/** Jobs with the same program are neighbours. */
export function jobsOf(workloads: readonly Workload[], offloads: Offloads): Job[] {
  return workloads.flatMap((workload) =>
    workload.measurements.flatMap((measurement) => {
      const settings =
        offloads === "both" ? (measurement.withoutOffloads ? [true, false] : [true]) : [offloads === "on"];
      return settings.map((on) => ({
        key: `${workload.id}/${measurement.id}/${on ? "on" : "off"}`,
        workload,
        measurement,
        offloads: on,
      }));
    }),
  );
}

/** Who goes first: the order changes with each round, so that no side always comes after the other. */
export function order(round: number): readonly [Side, Side] {
  return round % 2 === 1 ? ["native", "mirage"] : ["mirage", "native"];
}

/** Comparisons of all jobs that both sides did at least once. */
export function compare(jobs: readonly Job[], samples: readonly Sample[]): Comparison[] {
  return jobs.flatMap(({ key, workload, measurement, offloads }) => {
    const of = (side: Side): Map<number, Counts> =>
      new Map(samples.filter((s) => s.job === key && s.side === side).map((s) => [s.round, s.counts]));
    const native = of("native");
    const mirage = of("mirage");
    const both = [...native.keys()].filter((round) => mirage.has(round)).sort((a, b) => a - b);
    if (both.length === 0) {
      return [];
    }
    return measurement.figures.map(({ metric, value }) => {
      const rounds: Round[] = both.map((round) => ({
        native: value(native.get(round)!),
        mirage: value(mirage.get(round)!),
        first: order(round)[0],
      }));
      return {
        workload: workload.id,
        title: workload.title,
        ...(measurement.bytes === undefined ? {} : { bytes: measurement.bytes }),
        offloads,
        metric,
        rounds,
        native: summarize(rounds.map((round) => round.native)),
        mirage: summarize(rounds.map((round) => round.mirage)),
        ratio: summarize(rounds.map((round) => round.mirage / round.native)),
      };
    });
  });
}

/**
 * Jobs for those who do them without this code (test/freebsd/compare.sh): a line each of key, module, service, port,
 * `on` or `off`, and net-load's words. `-`: the kernel answers.
 */
export function plan(jobs: readonly Job[]): string {
  return jobs
    .map(({ key, workload, measurement, offloads }) =>
      [
        key,
        moduleOf(workload),
        workload.service?.name ?? "-",
        workload.service?.port ?? "-",
        offloads ? "on" : "off",
        measurement.load,
      ].join(" "),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** Name of the module with that workload's program in the suite that tools/freebsd-suite.sh makes. */
export function moduleOf(workload: Workload): string {
  return workload.program.slice(workload.program.lastIndexOf("/") + 1);
}
