/** Runs the parts that are asked for, prints their tables, and writes what they found. */
import { cpus, loadavg, release } from "node:os";
import { UsageError } from "../../src/build/errors.ts";
import { packageVersion } from "../../src/build/paths.ts";
import {
  checkWritable,
  type Section,
  thisMachine,
  writeReport,
  writeResults,
} from "../../src/report/index.ts";
import { benchLatency, benchSizes } from "./echoes.ts";
import { benchEngine } from "./engine.ts";
import { benchFrames, benchStartup } from "./frames.ts";
import { benchGoodput } from "./goodput.ts";
import { benchMemory } from "./memory.ts";
import type { PartResult } from "./part.ts";
import { benchSegments } from "./segments.ts";
import { benchTcp } from "./tcp.ts";
import { benchTracing } from "./tracing.ts";

const parts: Readonly<Record<string, () => PartResult | Promise<PartResult>>> = {
  engine: benchEngine,
  frames: benchFrames,
  sizes: benchSizes,
  latency: benchLatency,
  startup: benchStartup,
  tcp: benchTcp,
  segments: benchSegments,
  goodput: benchGoodput,
  tracing: benchTracing,
  memory: benchMemory,
};

export interface BenchOptions {
  /** Names of parts; empty: all. */
  readonly only: readonly string[];
  /** Files to write. */
  readonly report?: string | undefined;
  readonly json?: string | undefined;
}

/** True: no goal was missed. Fails with a UsageError when there is no such part. */
export async function runBench({ only, report, json }: BenchOptions): Promise<boolean> {
  const unknown = only.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) {
    throw new UsageError(
      `the benchmarks have no part ${unknown}: there is ${Object.keys(parts).join(", ")}.`,
    );
  }
  // Before minutes of measuring, rather than after.
  for (const file of [report, json]) if (file !== undefined) checkWritable(file);
  const began = new Date();
  const loadBefore = loadavg();
  console.log(`${cpus().length} x ${cpus()[0]?.model ?? "unknown CPU"}, ${process.platform} ${release()}`);
  const sections: Section[] = [];
  const figures: Record<string, unknown> = {};
  let passed = true;
  for (const name of only.length > 0 ? new Set(only) : Object.keys(parts)) {
    const result = await parts[name]?.();
    if (result === undefined) continue;
    passed &&= result.passed;
    sections.push(...result.sections);
    figures[name] = result.figures;
  }
  const environment: [string, string][] = [
    ...thisMachine(),
    ["load before", `${loadBefore.map((value) => value.toFixed(2)).join(", ")} over 1, 5 and 15 minutes`],
    ["mirage", packageVersion()],
  ];
  if (json !== undefined) {
    const ended = new Date();
    const all = { schema: "mirage-bench/1", began, ended, machine: Object.fromEntries(environment), figures };
    writeResults(json, `${JSON.stringify(all, undefined, 1)}\n`);
  }
  if (report !== undefined) {
    await writeReport(report, { title: "Mirage: benchmarks", environment, sections });
  }
  return passed;
}
