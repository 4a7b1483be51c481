/**
 * The page of `mirage compare`: ratios with their spread, latency by quantile, the numbers, and the source's size by layer.
 *
 * @module
 */
import type {
  CodeReport,
  CompareResults,
  Comparison,
  Machine,
  Scenario,
  SourceReport,
  Summary,
} from "../../tools/compare/results.ts";
import { latencyPlot } from "./kinds.ts";
import { maximumSeries, type Ratio, type Report, type Section } from "./model.ts";
import { showNumber } from "./text.ts";

const interval = ({ low, high }: Summary) => `${showNumber(low)}–${showNumber(high)}`;
const showRatio = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : "–");

/** "UDP echo, 64 bytes, offloads off" */
function work({ title, bytes, offloads }: Comparison): string {
  return `${title}${bytes === undefined ? "" : `, ${bytes} bytes`}${offloads ? "" : ", offloads off"}`;
}

function label(comparison: Comparison): string {
  return `${work(comparison)}: ${comparison.metric.title}`;
}

/** A row can be drawn when both sides came to a figure. */
export function ratioOf(comparison: Comparison, name = label(comparison)): Ratio | undefined {
  const { median: ratio, low, high } = comparison.ratio;
  if (!(low > 0 && Number.isFinite(high) && low <= ratio && ratio <= high)) return undefined;
  return { label: name, ratio, low, high, better: comparison.metric.better };
}

function confidences(comparisons: readonly Comparison[]): string {
  const shares = [...new Set(comparisons.map(({ ratio }) => Math.round(ratio.confidence * 100)))];
  return shares.length === 1 ? `${shares[0]} % interval of the median` : "interval of the median";
}

function ratioSection({ title, native, mirage, notes, comparisons, emulated }: Scenario): Section {
  const rows = comparisons.map((one) => ratioOf(one)).filter((row) => row !== undefined);
  const text = [
    `Native: ${native}`,
    `Mirage: ${mirage}`,
    ...(emulated
      ? [
          "The times are an emulator's, and say nothing about hardware; the ratios compare two ways through the same guest.",
        ]
      : []),
    ...notes,
  ];
  if (rows.length === 0) return { title, text, skipped: "no comparison gave a figure on both sides" };
  return {
    title,
    text,
    plot: { kind: "ratios", axis: "Mirage / native", spread: confidences(comparisons), rows },
    table: {
      head: ["", "unit", "native", "interval", "Mirage", "interval", "Mirage / native", "interval", "better"],
      rows: comparisons.map((one) => [
        label(one),
        one.metric.unit,
        showNumber(one.native.median),
        interval(one.native),
        showNumber(one.mirage.median),
        interval(one.mirage),
        showRatio(one.ratio.median),
        `${showRatio(one.ratio.low)}–${showRatio(one.ratio.high)}`,
        one.metric.better,
      ]),
    },
  };
}

/** `rtt-p99` is the quantile 0.99. */
function quantileOf(comparison: Comparison): number | undefined {
  const percent = /^rtt-p([0-9]+(?:\.[0-9]+)?)$/.exec(comparison.metric.id)?.[1];
  return percent === undefined || Number(percent) >= 100 ? undefined : Number(percent) / 100;
}

/** One plot for each unit and workload: both sides, a line for each size. */
function latencySections({ title, comparisons }: Scenario): Section[] {
  const groups = new Map<string, Comparison[]>();
  for (const one of comparisons) {
    if (quantileOf(one) === undefined) continue;
    const key = `${one.workload} ${one.metric.unit}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => {
    const works = [...new Set(group.map(work))];
    const series = works.flatMap((name) =>
      (["native", "mirage"] as const).map((side) => ({
        name: `${name}, ${side === "native" ? "native" : "Mirage"}`,
        quantiles: group
          .filter((one) => work(one) === name && one[side].median > 0 && one[side].median < Infinity)
          .map((one): [number, number] => [quantileOf(one) ?? 0, one[side].median])
          .sort((a, b) => a[0] - b[0]),
      })),
    );
    const unit = group[0]?.metric.unit ?? "";
    const drawn = series.filter((one) => one.quantiles.length > 0);
    if (drawn.length === 0) return [];
    const text =
      drawn.length > maximumSeries
        ? [`The first ${maximumSeries} of ${drawn.length}; the table above has all.`]
        : [];
    return [
      {
        title: `${title}: round trips, ${group[0]?.title ?? ""}`,
        text,
        plot: latencyPlot(`round trip, ${unit}`, drawn.slice(0, maximumSeries)),
      },
    ];
  });
}

function factSection({ title, facts }: Scenario): Section[] {
  if (facts.length === 0) return [];
  const rows = facts.map((fact) => [fact.title, showNumber(fact.value), fact.unit]);
  return [{ title: `${title}: of Mirage alone`, table: { head: ["", "value", "unit"], rows } }];
}

function sourceSection({ freebsd, layers, notes }: SourceReport): Section {
  const of = (code: CodeReport | undefined): string[] =>
    code === undefined
      ? ["", "", "", "", ""]
      : [
          showNumber(code.lines),
          showNumber(code.functions),
          `${showNumber(code.complexity.median)} / ${showNumber(code.complexity.p90)} / ${showNumber(code.complexity.max)}`,
          showNumber(code.complex),
          code.worst ?? "",
        ];
  const rows = layers.flatMap(({ name, mirage, freebsd: theirs }): Ratio[] => {
    const ratio = (mirage?.lines ?? 0) / (theirs?.lines ?? 0);
    if (!(ratio > 0 && ratio < Infinity)) return [];
    return [{ label: `${name}: lines of code`, ratio, low: ratio, high: ratio, better: "lower" }];
  });
  const figures = [
    "lines",
    "functions",
    "complexity: median / 90 % / most",
    "functions over 15",
    "the most complex",
  ];
  return {
    title: "Source",
    text: [
      freebsd === undefined
        ? "Mirage's own; no FreeBSD source was given to set beside it."
        : `Mirage beside ${freebsd.version}. Fewer lines are drawn as better, although they need not do the same.`,
      ...notes,
    ],
    ...(rows.length === 0 ? {} : { plot: { kind: "ratios", axis: "Mirage / FreeBSD", rows } }),
    table: {
      head: ["layer", "whose", ...figures, "tests", "lines of tests"],
      rows: layers.flatMap(({ name, mirage, freebsd: theirs, tests }) => [
        ...(mirage === undefined
          ? []
          : [
              [
                name,
                "Mirage",
                ...of(mirage),
                tests === undefined ? "" : showNumber(tests.cases),
                tests === undefined ? "" : showNumber(tests.lines),
              ],
            ]),
        ...(theirs === undefined ? [] : [[name, "FreeBSD", ...of(theirs), "", ""]]),
      ]),
    },
  };
}

const loads = (load: Machine["loadBefore"]) =>
  load.every(Number.isFinite) ? load.map((value) => value.toFixed(2)).join(", ") : "unknown";

/** What `writeReport` takes. */
export function compareReport(results: CompareResults): Report {
  const { machine, settings, scenarios, source, began, ended } = results;
  const when = (date: string) => `${date.slice(0, 16).replace("T", " ")} UTC`;
  return {
    title: "Mirage against the native stack",
    text: [results.method],
    environment: [
      ["machine", machine.processor],
      ["kernel", machine.system],
      ...scenarios.map((one): [string, string] => [
        `compared on (${one.id})`,
        `${one.system}, ${one.cpus} ${one.cpus === 1 ? "CPU" : "CPUs"}${one.emulated ? ", emulated" : ""}`,
      ]),
      ["date", `${when(began)} to ${when(ended)}`],
      [
        "load",
        `${loads(machine.loadBefore)} before and ${loads(machine.loadAfter)} after, over 1, 5 and 15 minutes`,
      ],
      ...(scenarios.length === 0
        ? []
        : [
            [
              "rounds",
              `${settings.rounds} of ${settings.seconds} s, after ${settings.warmup} s that are not counted`,
            ] as [string, string],
          ]),
      ["mirage", results.version],
    ],
    sections: [
      ...scenarios.flatMap((one) => [ratioSection(one), ...latencySections(one), ...factSection(one)]),
      ...(source === undefined ? [] : [sourceSection(source)]),
    ],
  };
}
