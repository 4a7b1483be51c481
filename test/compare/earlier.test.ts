/** Results that are read again: shown as tables, and held against another run's. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

it("says what only one of the runs has, and when there is nothing to compare", () => {
  const now = results([0.5], [0.2]);
  const [scenario] = now.scenarios;
  const [first, ...others] = scenario!.comparisons;
  const less = { ...now, scenarios: [{ ...scenario!, comparisons: [first!] }] };
  const more = { ...now, scenarios: [{ ...scenario!, comparisons: others }] };
  const [all, one, rest] = [file("all.json", now), file("one.json", less), file("rest.json", more)];
  expect(mirage(["compare", "--read", all, "--against", one]).stdout).toMatch(
    /\n1 of 1 ratios agree .*\n {2}3 more are in one of the two runs only\.\n$/,
  );
  expect(mirage(["compare", "--read", one, "--against", rest]).stdout).toMatch(
    /\nNothing is in both this run and that of 2026/,
  );
});

it("has no figure of a side that came to nothing, in no form", () => {
  const nothing = results([0.5, Number.NaN, 0.6], [1, 1, 1]);
  // As JSON has it: no number is null there.
  const [path, page, again] = ["nothing.json", "nothing.html", "again.json"].map((name) =>
    join(folder, name),
  );
  file("nothing.json", nothing);
  const { status, stdout, stderr } = mirage([
    ...["compare", "--read", path!, "--against", path!, "--html", page!, "--json", again!],
  ]);
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/^TCP, bulk to the server: goodput, Gbit\/s +[\d.]+ +- +- +-$/m);
  expect(stdout).toContain("\n2 of 2 ratios agree");
  for (const text of [stdout, readFileSync(page!, "utf8")]) {
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
  }
  const { scenarios } = JSON.parse(readFileSync(again!, "utf8")) as CompareResults;
  expect(scenarios[0]!.comparisons[0]!.ratio.low).toBeNull();
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

/** The same with something else at a place in it. */
function broken(
  change: (all: Record<string, unknown>, comparison: Record<string, unknown>) => void,
): unknown {
  const all = JSON.parse(JSON.stringify(results([1], [1]))) as Record<string, unknown>;
  const [scenario] = all.scenarios as { comparisons: Record<string, unknown>[] }[];
  change(all, scenario!.comparisons[0]!);
  return all;
}

it.each<[unknown, string]>([
  [{ schema: SCHEMA }, "version: text is wanted, not nothing."],
  [broken((all) => delete all.scenarios), "scenarios: a list is wanted, not nothing."],
  [
    broken((_, one) => {
      one.ratio = { median: 1, low: "1", high: 1, confidence: 0 };
    }),
    'scenarios[0].comparisons[0].ratio.low: a number is wanted, not "1".',
  ],
  [
    broken((_, one) => {
      one.metric = { ...(one.metric as object), better: "louder" };
    }),
    'scenarios[0].comparisons[0].metric.better: "higher" or "lower" is wanted, not "louder".',
  ],
  [
    broken((all) => {
      all.machine = { ...(all.machine as object), loadBefore: [1, 2] };
    }),
    "machine.loadBefore: a list of three numbers is wanted, not [1,2].",
  ],
])("says where a file is another than it should be (%#)", (content, message) => {
  const path = file("broken.json", content);
  for (const option of ["--read", "--against"]) {
    const { status, stdout, stderr } = mirage(["compare", option, path]);
    expect(stderr).toBe(`${path}: is not what --json writes: ${message}\n`);
    expect(stdout).toBe("");
    expect(status).toBe(1);
  }
});

it("says which line of compare.sh's output is broken", () => {
  const path = join(folder, "measured");
  writeFileSync(
    path,
    'settings 1 1000 300\nmachine none X\nsystem FreeBSD 1\nmeasured 1 native tcp-in/send/on {"bytes":}\n',
  );
  const { status, stderr } = mirage(["compare", "--read", path]);
  expect(stderr).toBe(`${path}, measured 1 native tcp-in/send/on: not what net-load prints: {"bytes":}\n`);
  expect(status).toBe(1);
});

it("shows what it has, where the disk has no room for its files", () => {
  const path = file("full.json", results([0.5, 0.6, 0.7], [0.2, 0.25, 0.3]));
  for (const option of ["--json", "--html"]) {
    const { status, stdout, stderr } = mirage(["compare", "--read", path, option, "/dev/full"]);
    expect(stdout).toMatch(/TCP, bulk to the server.* 0\.60 /);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^\/dev\/full: cannot be written: ENOSPC.*\n$/),
    });
  }
});
