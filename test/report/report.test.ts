/** Reports without a browser: what is read, laid out and refused. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareReport } from "../../src/report/compare.ts";
import { layOut } from "../../src/report/flame.ts";
import { reportHtml } from "../../src/report/html.ts";
import {
  frameOf,
  latencyPlot,
  type Plot,
  parseFolded,
  quantiles,
  type Report,
  summarize,
  writeReport,
} from "../../src/report/index.ts";
import { scaleFor } from "../../src/report/lines.ts";
import { wrapText } from "../../src/report/text.ts";
import type { CompareResults, Metric, Summary } from "../../tools/compare/results.ts";
import { ROOT } from "../support/mirage.ts";
import { compare, flame, HOSTILE, plots } from "./samples.ts";

describe("folded stacks", () => {
  it("are added up; comments, empty lines and stacks without samples are left out", () => {
    expect(parseFolded("# dtrace\na;b 2\r\n\na;b 3\na;c d  4\nz 0\n", "f")).toEqual([
      { frames: ["a", "b"], count: 5 },
      { frames: ["a", "c d"], count: 4 },
    ]);
  });

  it.each([
    ["a;b 2\na;b\n", 'f:2: no count at the end of "a;b"; a folded stack is "outer;inner 12"'],
    ["a;b 1.5\n", "f:1: no count"],
    ["a;b -3\n", "f:1: no count"],
    ["12\n", "f:1: no count"],
    ["a 99999999999999999999\n", "f:1: no count"],
    ["", "f: no samples"],
    ["# nothing\n", "f: no samples"],
  ])("%j is refused", (text, message) => {
    expect(() => parseFolded(text, "f")).toThrow(message);
  });

  it("names tell kinds of code apart", () => {
    expect(frameOf("handle (main.ts:12)_[j]")).toEqual({ name: "handle (main.ts:12)", kind: "javascript" });
    expect(frameOf("tcpInput_[f]")).toEqual({ name: "tcpInput", kind: "frame-code" });
    expect(frameOf("ip_output_[k]")).toEqual({ name: "ip_output", kind: "kernel" });
    expect(frameOf("mirage_turn")).toEqual({ name: "mirage_turn", kind: "c" });
    for (const text of ["0xffffffff80a1b2c3_[k]", "[unknown]", "?", "", "_[j]"])
      expect(frameOf(text).kind).toBe("unnamed");
  });

  it("are summed by the innermost function; one that calls itself counts once", () => {
    const { samples, named, kinds, functions } = summarize(
      parseFolded("a;b_[j];b_[j] 6\na 3\na;0x1f 1\n", "f"),
    );
    expect({ samples, named }).toEqual({ samples: 10, named: 9 });
    expect(kinds).toEqual({ javascript: 6, "frame-code": 0, kernel: 0, c: 3, unnamed: 1 });
    expect(functions.map(({ name, self, total }) => [name, self, total])).toEqual([
      ["b", 6, 6],
      ["a", 3, 10],
      ["0x1f", 1, 1],
    ]);
  });

  it("a box lies within its caller's, and beside its siblings", () => {
    const stack = fc.record({
      frames: fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 6 }),
      count: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(fc.array(stack, { minLength: 1, maxLength: 30 }), (stacks) => {
        const all = stacks.reduce((sum, { count }) => sum + count, 0);
        const { boxes } = layOut(stacks);
        for (const box of boxes) {
          expect(box.width).toBeCloseTo(box.count / all, 9);
          const within = boxes.filter((one) => one.depth === box.depth - 1 && one.left <= box.left + 1e-9);
          const end = Math.max(...within.map((one) => one.left + one.width));
          if (box.depth > 0) expect(box.left + box.width).toBeLessThanOrEqual(end + 1e-9);
          for (const other of boxes.filter((one) => one !== box && one.depth === box.depth)) {
            expect(
              other.left >= box.left + box.width - 1e-9 || other.left + other.width <= box.left + 1e-9,
            ).toBe(true);
          }
        }
      }),
    );
  });

  it("what is narrower than a pixel is counted, not drawn", () => {
    const { boxes, hidden } = layOut(parseFolded("a;b 100000\na;c;d 3\n", "f"));
    expect(boxes.map(({ text }) => text)).toEqual(["all samples", "a", "b"]);
    expect(hidden).toBe(2);
  });

  it("the page is the same whatever the order of lines, and large profiles stay small", async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `a;b${i % 700};c${i} ${1 + (i % 13)}`);
    const page = async (text: string[]) =>
      (
        await reportHtml({
          ...flame,
          sections: [{ title: "x", plot: { kind: "flame", stacks: parseFolded(text.join("\n"), "f") } }],
        })
      ).replace(/flame-\d+/g, "");
    const one = await page(lines);
    expect((await page(lines.toReversed())) === one).toBe(true);
    expect(one.length).toBeLessThan(2_000_000);
  });
});

describe("latency", () => {
  it("has no quantile that so few samples cannot tell", () => {
    const hundred = quantiles(Array.from({ length: 100 }, (_, i) => 100 - i));
    expect(hundred).toEqual([
      [0, 1],
      [0.1, 11],
      [0.25, 26],
      [0.5, 51],
      [0.75, 76],
      [0.9, 91],
      [0.95, 96],
      [0.99, 100],
    ]);
    expect(quantiles(Array.from({ length: 10_000 }, (_, i) => i)).at(-1)).toEqual([0.9999, 9999]);
  });

  it("gives each nine as much room", () => {
    const { x, series } = latencyPlot("µs", [
      {
        name: "a",
        quantiles: [
          [0.9, 1],
          [0.99, 2],
          [0.999, 3],
        ],
      },
    ]);
    expect(series[0]?.points.map((point) => Number(point.x.toFixed(6)))).toEqual([1, 2, 3]);
    expect(x.ticks?.map(({ label }) => label)).toEqual(["90 %", "99 %", "99.9 %"]);
  });
});

describe("axes", () => {
  it("end in ticks and hold all values", () => {
    const axis = (scale: "linear" | "log") => ({ title: "t", scale });
    for (const values of [
      [3, 870],
      [0.00004, 0.4],
      [5, 5],
      [1e9, 7e9],
    ]) {
      for (const scale of ["linear", "log"] as const) {
        const { domain, ticks } = scaleFor(axis(scale), values, 6);
        expect(domain[0]).toBeLessThanOrEqual(Math.min(...values));
        expect(domain[1]).toBeGreaterThanOrEqual(Math.max(...values));
        expect(domain[0]).toBeLessThan(domain[1]);
        expect(ticks.length).toBeGreaterThan(1);
        expect(ticks.length).toBeLessThan(16);
        expect([ticks[0]?.value, ticks.at(-1)?.value]).toEqual([...domain]);
      }
    }
  });

  const lines = (y: number[], scale: "linear" | "log"): Plot => ({
    kind: "lines",
    x: { title: "x", scale: "linear" },
    y: { title: "y", scale },
    series: [{ name: "s", points: y.map((value, x) => ({ x, y: value })) }],
  });

  it.each([
    ["zero on a logarithmic axis", lines([0, 1], "log"), '"y" is logarithmic and has the value 0'],
    ["no number", lines([Number.NaN], "linear"), '"y" has no values, or one that is not a finite number'],
    ["nothing", lines([], "linear"), "no values"],
    [
      "a ratio outside of its spread",
      { kind: "ratios", axis: "a", rows: [{ label: "r", ratio: 3, low: 1, high: 2, better: "lower" }] },
      '"r": 3 (1 to 2) is no ratio within its spread',
    ],
    ["no ratios", { kind: "ratios", axis: "a", rows: [] }, "no ratio"],
    [
      "more series than there are colours",
      {
        ...lines([1], "linear"),
        series: Array.from({ length: 9 }, () => ({ name: "s", points: [{ x: 1, y: 1 }] })),
      } as Plot,
      "9 series, and 8 can be told apart",
    ],
  ])("%s: refused by name", async (_, plot, message) => {
    const report: Report = { title: "t", environment: [], sections: [{ title: "s", plot: plot as Plot }] };
    await expect(reportHtml(report)).rejects.toThrow(message);
  });
});

it("a comparison that came to nothing on one side is in the table, and has no bar", () => {
  const [ratios, icmp, udp, facts, source] = compare.sections;
  const plot = ratios?.plot;
  expect(
    plot?.kind === "ratios" && plot.rows.map(({ label }) => label).some((label) => label.includes("</svg>")),
  ).toBe(false);
  expect(ratios?.table?.rows.at(-1)?.slice(1, 7)).toEqual(["a second", "9", "8.37–10.1", "0", "0–0", "0.00"]);
  expect([icmp, udp].map((one) => one?.plot?.kind === "lines" && one.plot.series.length)).toEqual([4, 4]);
  expect(facts?.table?.rows).toEqual([["memory of an idle instance", "1,904", "KiB"]]);
  expect(source?.plot?.kind === "ratios" && source.plot.rows.map(({ ratio }) => ratio.toFixed(3))).toEqual([
    "0.157",
  ]);
});

describe("the page", () => {
  it("holds names as text, and refers to nothing outside", async () => {
    for (const report of [plots, flame, compare]) {
      const page = await reportHtml(report);
      const tags = page.match(/<[^>]*>/g)!.map((tag) => tag.replace(/"[^"]*"/g, '""'));
      const holds = (text: string) => page.includes(text);
      expect(["<script>document.title", "<img", "\u202e", "\u0007"].filter(holds)).toEqual([]);
      expect(tags.filter((tag) => /\s(src|href|xlink:href|on\w+)\s*=|url\(/.test(tag))).toEqual([]);
      expect(/@import|url\(/.test(page)).toBe(false);
      expect(holds("&lt;img src=&quot;http://192.0.2.1/x.png&quot;&gt;")).toBe(true);
      expect(HOSTILE).toContain("\u202e");
    }
  });

  it("has a script only where there is a flame graph", async () => {
    expect((await reportHtml(plots)).includes("<script")).toBe(false);
    expect((await reportHtml(flame)).match(/<script/g)).toHaveLength(1);
  });

  it("that cannot be written is named", async () => {
    await expect(writeReport("/nonexistent/report.html", plots)).rejects.toThrow(
      "/nonexistent/report.html: cannot be written: ENOENT",
    );
  });

  it("lines are wrapped, and words that are too long are cut", () => {
    expect(wrapText("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrapText("abcdefghij k", 5)).toEqual(["abcd…", "k"]);
  });
});

it("the command loads no plotting library to start", () => {
  const seen = new Set<string>();
  const follow = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(join(ROOT, "dist", file), "utf8");
    expect(text, file).not.toMatch(/^import .*"(vega|d3-hierarchy)"/m);
    for (const [, part] of text.matchAll(/^(?:import|export) .*?"\.\/(.*?)";$/gm)) {
      follow(join(file, "..", part!));
    }
    for (const [, part] of text.matchAll(/^} from "\.\/(.*?)";$/gm)) follow(join(file, "..", part!));
  };
  follow("mirage.js");
  expect(seen.size).toBeGreaterThan(2);
});

it("a comparison without any figure has no plot, and no word that is none", async () => {
  const none = { median: Number.NaN, low: Number.NaN, high: Number.NaN, confidence: 0 };
  const [ratios, ...rest] = compareReport(emptied(none)).sections;
  expect(ratios).toMatchObject({ skipped: "no comparison gave a figure on both sides" });
  expect(rest).toEqual([]);
  const page = await reportHtml(compareReport(emptied({ ...none, median: 0, low: 0, high: Infinity })));
  expect(page).not.toMatch(/NaN|Infinity|undefined/);
});

/** One run in which all of a workload's figures are `one`. */
function emptied(one: Summary): CompareResults {
  const metric: Metric = { id: "rtt-p50", title: "round trip, median", unit: "us", better: "lower" };
  const comparison = { workload: "icmp-echo", title: "ICMP echo", offloads: true, metric, rounds: [] };
  return {
    schema: "mirage-compare/1",
    version: "0",
    began: "2026-01-01T00:00:00Z",
    ended: "2026-01-01T00:00:01Z",
    machine: {
      ...{ processor: "CPU", cpus: 1, system: "X" },
      loadBefore: [Number.NaN, Number.NaN, Number.NaN],
      loadAfter: [0, 0, 0],
    },
    settings: { rounds: 1, seconds: 1, warmup: 1, quick: false },
    method: "",
    scenarios: [
      {
        ...{ id: "linux", title: "Here", system: "X", cpus: 1, emulated: false, native: "", mirage: "" },
        notes: [],
        comparisons: [{ ...comparison, native: one, mirage: one, ratio: one }],
        facts: [],
      },
    ],
  };
}
