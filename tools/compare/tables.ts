/**
 * Results as text: a table for the terminal, and the same in Markdown for a page.
 *
 * @module
 */
import { formatTable } from "../bench/table.ts";
import type { CompareResults, Comparison, Scenario, SourceReport, Summary } from "./results.ts";

/** Makes a table of text; the first column is words, the others numbers. */
export type Table = (headings: readonly string[], rows: readonly (readonly string[])[]) => string;

export const markdownTable: Table = (headings, rows) => {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = `|${headings.map((_, column) => (column === 0 ? "---" : "---:")).join("|")}|`;
  return [line(headings), rule, ...rows.map(line)].join("\n");
};

const headings = ["", "native", "Mirage", "Mirage / native", "interval"];

/** Three digits that count, and no power of ten. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) {
    return "-";
  }
  if (value === 0) {
    return "0";
  }
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.001))));
  return value.toFixed(Math.min(digits, 4));
}

/** `-`: one side came to nothing, so that there is none. */
export function showRatio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : "-";
}

/** As `0.81-0.97`. */
export function interval({ low, high }: Summary): string {
  return Number.isFinite(low) || Number.isFinite(high) ? `${showRatio(low)}-${showRatio(high)}` : "-";
}

/** As `UDP echo, 64 bytes: round trip, median, us`. */
export function label({ title, bytes, offloads, metric }: Comparison): string {
  const size = bytes === undefined ? "" : `, ${bytes} bytes`;
  const unit =
    metric.title.endsWith("a second") && metric.unit.endsWith("/s") ? "" : `, ${unitOf(metric.unit)}`;
  return `${title}${size}${offloads ? "" : ", no offloads"}: ${metric.title}${unit}`;
}

/** `us/packet` after "for each packet" is `us`. */
function unitOf(unit: string): string {
  return unit.startsWith("us/") ? "us" : unit;
}

function rows(scenario: Scenario): string[][] {
  return scenario.comparisons.map((comparison) => [
    label(comparison),
    figure(comparison.native.median),
    figure(comparison.mirage.median),
    showRatio(comparison.ratio.median),
    interval(comparison.ratio),
  ]);
}

function about(scenario: Scenario): string[] {
  return [
    `${scenario.system}, ${scenario.cpus} CPUs${scenario.emulated ? ", emulated: the times are the emulator's" : ""}.`,
    `Native: ${scenario.native}`,
    `Mirage: ${scenario.mirage}`,
    ...scenario.notes,
  ];
}

function facts(scenario: Scenario): string[] {
  return scenario.facts.map(({ title, value, unit }) => `${title}: ${figure(value)} ${unit}`);
}

function load(average: readonly number[]): string {
  return average.every(Number.isFinite) ? average.map((n) => n.toFixed(2)).join(" ") : "unknown";
}

/** Machine and method, a sentence each. */
export function circumstances(results: CompareResults): string[] {
  const { machine, settings } = results;
  return [
    `${machine.processor}, ${machine.system}; load average before ${load(machine.loadBefore)}, after ${load(machine.loadAfter)}.`,
    `${settings.rounds} rounds of ${settings.seconds} s each, after ${settings.warmup} s that do not count. ${results.method}`,
  ];
}

/** For a terminal, unless `table` is another. */
export function formatResults(results: CompareResults, table: Table = formatTable): string {
  const parts = results.scenarios.map((scenario) =>
    [scenario.title, "", table(headings, rows(scenario)), "", ...facts(scenario), ...about(scenario)].join(
      "\n",
    ),
  );
  return [
    ...parts,
    ...(parts.length === 0 ? [] : [circumstances(results).join("\n")]),
    ...(results.source === undefined ? [] : [formatSource(results.source, table)]),
  ].join("\n\n");
}

const sourceHeadings = [
  "",
  "lines",
  "functions",
  "complexity: median",
  "p90",
  "max",
  "over 15",
  "tests",
  "their lines",
];

function sourceRows(report: SourceReport): string[][] {
  return report.layers.flatMap(({ name, mirage, freebsd, tests }) =>
    [["Mirage", mirage] as const, ["FreeBSD", freebsd] as const].flatMap(([who, code]) =>
      code === undefined
        ? []
        : [
            [
              `${name}, ${who}`,
              String(code.lines),
              String(code.functions),
              ...[code.complexity.median, code.complexity.p90, code.complexity.max].map((n) => n.toFixed(0)),
              String(code.complex),
              who === "Mirage" && tests !== undefined ? String(tests.cases) : "",
              who === "Mirage" && tests !== undefined ? String(tests.lines) : "",
            ],
          ],
    ),
  );
}

export function formatSource(report: SourceReport, table: Table = formatTable): string {
  return [table(sourceHeadings, sourceRows(report)), "", ...report.notes].join("\n");
}
