/** Results that are read again: shown as tables, and held against another run's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { compare, jobsOf, type Sample } from "../../tools/compare/jobs.ts";
import { type CompareResults, SCHEMA } from "../../tools/compare/results.ts";
import { workloads } from "../../tools/compare/workloads/index.ts";
import { mirage } from "../support/mirage.ts";

const folder = mkdtempSync(join(tmpdir(), "compare-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A run in which Mirage carried these parts of what the native stack did, in and out. */
function results(inward: readonly number[], outward: readonly number[]): CompareResults {
  const jobs = jobsOf(
    workloads.filter(({ id }) => id === "tcp-in" || id === "tcp-out"),
    "on",
  );
  const samples = [inward, outward].flatMap((ratios, i) =>
    ratios.flatMap((ratio, round): Sample[] => [
      { job: jobs[i]!.key, round: round + 1, side: "native", counts: { bytes: 1000, ns: 1000, cpuNs: 1 } },
      {
        job: jobs[i]!.key,
        round: round + 1,
        side: "mirage",
        counts: { bytes: 1000 * ratio, ns: 1000, cpuNs: ratio },
      },
    ]),
  );
  return {
    schema: SCHEMA,
    version: "0",
    began: "2026-01-01T00:00:00Z",
    ended: "2026-01-01T00:00:01Z",
    machine: { processor: "CPU", cpus: 1, system: "X", loadBefore: [0, 0, 0], loadAfter: [0, 0, 0] },
    settings: { rounds: inward.length, seconds: 1, warmup: 1, quick: false },
    method: "",
    scenarios: [
      {
        ...{ id: "linux", title: "Here", system: "X", cpus: 1, emulated: false, native: "", mirage: "" },
        notes: [],
        comparisons: compare(jobs, samples),
        facts: [],
      },
    ],
  };
}

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

it("says which ratios of two runs do not agree", () => {
  const now = file("now.json", results([0.5, 0.6, 0.7], [0.2, 0.25, 0.3]));
  const then = file("then.json", results([0.65, 0.8, 0.9], [0.35, 0.4, 0.45]));
  const { status, stdout } = mirage(["compare", "--read", now, "--against", then]);
  expect(status).toBe(0);
  // CPU time for each byte is the same in both.
  expect(stdout).toMatch(
    /\n3 of 4 ratios agree with the run of 2026-01-01T00:00:00Z: their intervals overlap\.\n {2}linux: TCP, bulk from the server: goodput, Gbit\/s: 0\.20-0\.30 now, 0\.35-0\.45 then\n$/,
  );
});

it("shows them as Markdown", () => {
  const path = file("results.json", results([0.5], [0.25]));
  const { stdout } = mirage(["compare", "--read", path, "--markdown"]);
  expect(stdout).toContain(
    "|  | native | Mirage | Mirage / native | interval |\n|---|---:|---:|---:|---:|\n| TCP, bulk to the server: goodput, Gbit/s | 8.00 | 4.00 | 0.50 | 0.50-0.50 |\n",
  );
});

it.each([
  [
    { ...results([1], [1]), schema: "mirage-compare/0" },
    "its schema is mirage-compare/0, not mirage-compare/1",
  ],
  [[], "its schema is undefined"],
])("refuses what another version wrote (%#)", (content, message) => {
  const { status, stderr } = mirage(["compare", "--against", file("other.json", content)]);
  expect(stderr).toContain(message);
  expect(status).toBe(1);
});
