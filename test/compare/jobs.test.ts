/** Turns, rounds and ratios of mirage compare, with a rig that answers what it is told to. */
import { describe, expect, it } from "vitest";
import { compare, type Job, jobsOf, plan } from "../../tools/compare/jobs.ts";
import { readMeasured } from "../../tools/compare/measured.ts";
import { SCHEMA } from "../../tools/compare/results.ts";
import { alternate } from "../../tools/compare/rounds.ts";
import { formatResults } from "../../tools/compare/tables.ts";
import type { Workload } from "../../tools/compare/workload.ts";
import { workloads } from "../../tools/compare/workloads/index.ts";

const settings = { rounds: 3, seconds: 1, warmup: 0.1, quick: false };

/** As a workload that is added later: nothing else is needed. */
const http: Workload = {
  id: "http",
  title: "HTTP",
  program: "examples/http",
  service: { name: "http", port: 80 },
  measurements: [
    {
      id: "get",
      load: "get ADDRESS 80",
      withoutOffloads: true,
      figures: [
        {
          metric: { id: "rate", title: "pages a second", unit: "pages/s", better: "higher" },
          value: ({ pages = Number.NaN }) => pages,
        },
      ],
    },
  ],
};

describe("rounds", () => {
  it("take turns, change the order, and do not keep the first", async () => {
    const asked: string[] = [];
    const jobs = jobsOf([http], "both");
    const samples = await alternate(
      {
        async measure(job, side, { seconds }) {
          asked.push(`${job.offloads ? "on" : "off"} ${side} ${seconds}`);
          return { pages: asked.length };
        },
      },
      jobs,
      settings,
      () => undefined,
    );
    const turn = (first: string, second: string, seconds: number): string[] =>
      ["on", "off"].flatMap((setting) => [
        `${setting} ${first} ${seconds}`,
        `${setting} ${second} ${seconds}`,
      ]);
    expect(asked).toEqual([
      ...turn("mirage", "native", 0.2),
      ...turn("native", "mirage", 1),
      ...turn("mirage", "native", 1),
      ...turn("native", "mirage", 1),
    ]);
    expect(samples.map(({ round }) => round)).not.toContain(0);
    expect(samples).toHaveLength(12);
  });

  it("name what failed", async () => {
    const failing = { measure: () => Promise.reject(new Error("nothing comes")) };
    await expect(alternate(failing, jobsOf([http], "on"), settings, () => undefined)).rejects.toThrow(
      "http/get/on, mirage, round 0: nothing comes",
    );
  });
});

describe("a comparison", () => {
  const [job] = jobsOf([http], "on") as [Job];
  const sample = (round: number, side: "native" | "mirage", pages: number) => ({
    job: job.key,
    round,
    side,
    counts: { pages },
  });

  it("has the median of the rounds' ratios, not the ratio of the medians", () => {
    const pairs = [
      [100, 50],
      [200, 180],
      [1000, 200],
    ] as const;
    const [one] = compare(
      [job],
      pairs.flatMap(([native, mirage], i) => [
        sample(i + 1, "mirage", mirage),
        sample(i + 1, "native", native),
      ]),
    );
    expect(one).toMatchObject({
      workload: "http",
      offloads: true,
      native: { median: 200, low: 100, high: 1000 },
      mirage: { median: 180 },
      ratio: { median: 0.5, low: 0.2, high: 0.9, confidence: 0.75 },
    });
    expect(one!.rounds.map(({ first }) => first)).toEqual(["native", "mirage", "native"]);
  });

  it("leaves out rounds that one side did not do", () => {
    expect(compare([job], [sample(1, "native", 1)])).toEqual([]);
    const [one] = compare([job], [sample(1, "native", 1), sample(2, "native", 1), sample(2, "mirage", 2)]);
    expect(one!.rounds).toEqual([{ native: 1, mirage: 2, first: "mirage" }]);
  });
});

describe("the plan for compare.sh", () => {
  it("has what the shell needs of each job, in one line", () => {
    expect(plan(jobsOf([http], "both"))).toBe(
      "http/get/on http http 80 on get ADDRESS 80\nhttp/get/off http http 80 off get ADDRESS 80\n",
    );
  });

  it("names a job by nothing that the shell would split, and each once", () => {
    const jobs = jobsOf(workloads, "both");
    expect(new Set(jobs.map(({ key }) => key)).size).toBe(jobs.length);
    for (const { key } of jobs) {
      expect(key).toMatch(/^[a-z0-9-]+\/[a-z0-9-]+\/(on|off)$/);
    }
  });

  it("turns offloads off for all jobs, or for those to which they matter", () => {
    expect(jobsOf(workloads, "off").every(({ offloads }) => !offloads)).toBe(true);
    const both = jobsOf(workloads, "both").filter(({ offloads }) => !offloads);
    expect(both.map(({ workload }) => workload.id)).toEqual(["tcp-in", "tcp-out"]);
  });
});

describe("what compare.sh prints", () => {
  const lines = [
    "settings 2 1500 300",
    "machine generic AMD EPYC",
    "load { 0.10 0.20 0.30 }",
    "system FreeBSD 14.0-STABLE (1400507) 2",
    'measured 1 native tcp-in/send/on {"bytes":1000,"ns":1000,"cpuNs":10}',
    'measured 1 mirage tcp-in/send/on {"bytes":500,"ns":1000,"cpuNs":20}',
    "fact memory 2048",
    "fact start 3000000",
    "fact start 1000000",
    "load { 1.10 0.20 0.30 }",
    "job native mirage",
  ].join("\n");

  it("is read, among other lines", () => {
    const read = readMeasured(lines, "measured");
    expect(read).toMatchObject({
      system: "FreeBSD 14.0-STABLE (1400507)",
      cpus: 2,
      settings: { rounds: 2, seconds: 1.5, warmup: 0.3 },
      machine: { processor: "2 x AMD EPYC", loadBefore: [0.1, 0.2, 0.3], loadAfter: [1.1, 0.2, 0.3] },
      emulated: true,
    });
    expect(read.facts.get("start")).toEqual([3_000_000, 1_000_000]);
    const [goodput, cpu] = compare(jobsOf(workloads, "both"), read.samples);
    expect(goodput).toMatchObject({
      metric: { unit: "Gbit/s" },
      native: { median: 8 },
      ratio: { median: 0.5 },
    });
    // 10 ns for 1000 bytes are 10 us for a megabyte.
    expect(cpu).toMatchObject({ metric: { unit: "us/MB" }, native: { median: 10 }, ratio: { median: 4 } });
  });

  it.each([
    ["nothing", ""],
    ["no measurement", lines.replaceAll("measured", "lost")],
    ["no machine", lines.replaceAll("machine", "lost")],
  ])("is refused with %s in it", (_, text) => {
    expect(() => readMeasured(text, "here")).toThrow("here: has no measurements in it");
  });
});

it("a table says its units, and numbers with three digits that count", () => {
  const [job] = jobsOf([http], "off") as [Job];
  const comparisons = compare(
    [job],
    [
      { job: job.key, round: 1, side: "native", counts: { pages: 12_345.6 } },
      { job: job.key, round: 1, side: "mirage", counts: { pages: 0.012_34 } },
    ],
  );
  const text = formatResults({
    schema: SCHEMA,
    version: "0",
    began: "",
    ended: "",
    machine: { processor: "1 x CPU", cpus: 1, system: "X", loadBefore: [1, 2, 3], loadAfter: [4, 5, 6] },
    settings,
    method: "",
    scenarios: [
      {
        id: "linux",
        title: "Here",
        system: "X",
        cpus: 1,
        emulated: true,
        native: "",
        mirage: "",
        notes: [],
        comparisons,
        facts: [{ title: "Memory", value: 2048, unit: "KiB" }],
      },
    ],
  });
  expect(text).toMatch(/^HTTP, no offloads: pages a second +12346 +0\.0123 +0\.00 +0\.00-0\.00$/m);
  expect(text).toContain("Memory: 2048 KiB");
  expect(text).toContain("emulated");
  expect(text).toContain("load average before 1.00 2.00 3.00, after 4.00 5.00 6.00");
});
