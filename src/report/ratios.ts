/**
 * Ratios with their spread: each row has its name above a bar from 1, so that long names fit a narrow page.
 *
 * @module
 */
import type { Spec } from "vega";
import type { Ratio, RatioPlot } from "./model.ts";
import { axisStyle, characterWidth, fontSize, toSvg, widths } from "./svg.ts";
import { wrapText } from "./text.ts";

const LINE = fontSize + 4;
const BAR = 14;
const GAP = 12;
const SIDE = 22;

/** "0.85 (0.84–0.86)" */
function showRatio({ ratio, low, high }: Ratio, spread: string | undefined): string {
  return `${ratio.toFixed(2)}${spread === undefined ? "" : ` (${low.toFixed(2)}–${high.toFixed(2)})`}`;
}

export function isBetter({ ratio, better }: Ratio): boolean {
  return better === "higher" ? ratio >= 1 : ratio <= 1;
}

/** Powers of two, then of ten when there are too many, that lie about all of them and 1. */
function ticksFor(rows: readonly Ratio[]): number[] {
  const low = Math.min(0.5, ...rows.map((row) => row.low));
  const high = Math.max(2, ...rows.map((row) => row.high));
  const base = Math.log2(high / low) > 9 ? 10 : 2;
  const log = (value: number) => Math.log(value) / Math.log(base);
  const ticks: number[] = [];
  for (let power = Math.floor(log(low) + 1e-9); power <= Math.ceil(log(high) - 1e-9); power++)
    ticks.push(base ** power);
  return ticks;
}

function specification(plot: RatioPlot, kind: keyof typeof widths): Spec {
  const inner = widths[kind] - 2 * SIDE;
  const columns = Math.floor((inner + SIDE) / characterWidth);
  let top = 0;
  const texts: { y: number; text: string }[] = [];
  const bars = plot.rows.map((row) => {
    const better = row.better === "higher" ? "higher is better" : "lower is better";
    for (const text of wrapText(`${row.label}: ${showRatio(row, plot.spread)}, ${better}`, columns)) {
      texts.push({ y: top + LINE / 2, text });
      top += LINE;
    }
    const y = top + 2;
    top = y + BAR + GAP;
    return { ...row, y, middle: y + BAR / 2, colour: `var(--series-${isBetter(row) ? 1 : 2})` };
  });
  const ticks = ticksFor(plot.rows);
  const value = (field: string) => ({ scale: "x", field });
  const whisker = { stroke: { value: "var(--text)" }, strokeWidth: { value: 1.5 } };
  return {
    width: inner,
    height: top,
    padding: { left: SIDE, right: SIDE, top: 4, bottom: 44 },
    autosize: "none",
    data: [
      { name: "bars", values: bars },
      { name: "spreads", values: plot.spread === undefined ? [] : bars },
      { name: "texts", values: texts },
    ],
    scales: [{ name: "x", type: "log", domain: [ticks[0] ?? 0.5, ticks.at(-1) ?? 2], range: "width" }],
    axes: [
      {
        ...axisStyle,
        scale: "x",
        orient: "bottom",
        title: plot.axis,
        titlePadding: 8,
        values: ticks,
        format: "~r",
      },
    ],
    marks: [
      {
        type: "rect",
        from: { data: "bars" },
        encode: {
          enter: {
            x: { scale: "x", value: 1 },
            x2: value("ratio"),
            y: { field: "y" },
            height: { value: BAR },
            fill: { field: "colour" },
          },
        },
      },
      // Where both are the same; not through the words.
      {
        type: "rule",
        from: { data: "bars" },
        encode: {
          enter: {
            x: { scale: "x", value: 1 },
            y: { field: "y", offset: -2 },
            y2: { field: "y", offset: BAR + 8 },
            stroke: { value: "var(--text)" },
          },
        },
      },
      // A rule through the bar would not be seen on it: the spread stands beneath the bar's lower edge.
      {
        type: "rule",
        from: { data: "spreads" },
        encode: {
          enter: { x: value("low"), x2: value("high"), y: { field: "y", offset: BAR + 3 }, ...whisker },
        },
      },
      ...(["low", "high"] as const).map((end) => ({
        type: "rule" as const,
        from: { data: "spreads" },
        encode: {
          enter: {
            x: value(end),
            y: { field: "y", offset: BAR },
            y2: { field: "y", offset: BAR + 6 },
            ...whisker,
          },
        },
      })),
      {
        type: "text",
        from: { data: "texts" },
        encode: {
          enter: {
            x: { value: -SIDE },
            y: { field: "y" },
            text: { field: "text" },
            fontSize: { value: fontSize },
            baseline: { value: "middle" },
            fill: { value: "var(--text)" },
          },
        },
      },
    ],
  };
}

export async function drawRatios(plot: RatioPlot, title: string): Promise<string> {
  const wrong = plot.rows.find(
    (row) => !(row.low > 0 && row.low <= row.ratio && row.ratio <= row.high && row.high < Infinity),
  );
  if (wrong !== undefined || plot.rows.length === 0) {
    throw new RangeError(
      wrong === undefined
        ? `"${title}" has no ratio`
        : `"${wrong.label}": ${wrong.ratio} (${wrong.low} to ${wrong.high}) is no ratio within its spread`,
    );
  }
  const description = `${plot.axis}, a bar for each of ${plot.rows.length} comparisons, from 1. The numbers are in the table that follows.`;
  const drawings: string[] = [];
  for (const kind of ["wide", "narrow"] as const) {
    drawings.push(await toSvg(specification(plot, kind), title, description, kind));
  }
  return drawings.join("");
}
