/**
 * Lines over a plane: latency by quantile, throughput by frame size, goodput by loss.
 *
 * @module
 */
import type { Spec } from "vega";
import { seriesColour, seriesDash, seriesSymbol } from "./colours.ts";
import { type Axis, type LinePlot, maximumSeries, type Tick } from "./model.ts";
import { axisStyle, characterWidth, toSvg, widths } from "./svg.ts";

const PLOT_HEIGHT = { wide: 320, narrow: 250 } as const;
const SYMBOL_RADIUS = { wide: 4, narrow: 3.5 } as const;

interface Scale {
  readonly type: "linear" | "log" | "symlog";
  readonly domain: readonly [number, number];
  readonly constant?: number;
  readonly ticks: readonly Tick[];
}

/** 1, 2 and 5 times powers of ten; over many decades the powers alone. */
function logTicks(low: number, high: number, decades = Math.log10(high / low)): number[] {
  const steps = decades > 4 ? [1] : decades > 2.5 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const step of steps) {
      const tick = Number(`${step}e${power}`);
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}

/** Distance of ticks that divides `range` into about `count` parts. */
function linearStep(range: number, count: number): number {
  const power = 10 ** Math.floor(Math.log10(range / count));
  const step = [1, 2, 2.5, 5, 10].find((factor) => range / (factor * power) <= count) ?? 10;
  return step * power;
}

/** 1,500; 20 k; 3.5 M: by the greatest of the axis. */
export function showTick(value: number): string {
  const size = Math.abs(value);
  const [divisor, suffix] =
    size >= 1e9 ? [1e9, " G"] : size >= 1e6 ? [1e6, " M"] : size >= 1e4 ? [1e3, " k"] : [1, ""];
  return `${Number((value / divisor).toPrecision(6)).toLocaleString("en-US", { maximumSignificantDigits: 6 })}${suffix}`;
}

/** The scale that shows all of `values`. */
export function scaleFor(axis: Axis, values: readonly number[], about: number): Scale {
  const least = Math.min(...values);
  const most = Math.max(...values);
  if (!Number.isFinite(least) || !Number.isFinite(most)) {
    throw new RangeError(`the axis "${axis.title}" has no values, or one that is not a finite number`);
  }
  if (axis.scale === "log" && least <= 0) {
    throw new RangeError(`the axis "${axis.title}" is logarithmic and has the value ${least}`);
  }
  const given = axis.ticks;
  if (axis.scale === "log") {
    const domain: [number, number] = [least, most];
    if (given === undefined) {
      // Out to the next tick, so that an axis ends in a label.
      const decades = Math.log10(most / least);
      const near = logTicks(least / 10, most * 10, decades);
      domain[0] = near.filter((tick) => tick <= least).at(-1) ?? least;
      domain[1] = near.find((tick) => tick >= most) ?? most;
    }
    if (domain[0] === domain[1]) domain[1] *= 10;
    return {
      type: "log",
      domain,
      ticks: given ?? logTicks(domain[0], domain[1], Math.log10(most / least)).map(plainTick),
    };
  }
  if (axis.scale === "symlog") {
    const constant = axis.linearBelow ?? 1;
    const ticks = given ?? [0, ...logTicks(constant, most)].map(plainTick);
    return { type: "symlog", domain: [Math.min(0, least), most], constant, ticks };
  }
  if (given !== undefined) {
    const values = given.map((tick) => tick.value);
    return { type: "linear", domain: [Math.min(least, ...values), Math.max(most, ...values)], ticks: given };
  }
  const low = Math.min(0, least);
  const high = Math.max(0, most) === low ? low + 1 : Math.max(0, most);
  const step = linearStep(high - low, about);
  const ticks: number[] = [];
  for (let i = Math.floor(low / step); i <= Math.ceil(high / step - 1e-9); i++) {
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return { type: "linear", domain: [ticks[0] ?? low, ticks.at(-1) ?? high], ticks: ticks.map(plainTick) };
}

const plainTick = (value: number): Tick => ({ value, label: showTick(value) });

/** Where a value lies between the ends of its axis, from 0 to 1. */
function place({ type, domain: [low, high], constant = 1 }: Scale, value: number): number {
  const straight = (x: number) =>
    type === "log" ? Math.log(x) : type === "symlog" ? Math.sign(x) * Math.log1p(Math.abs(x / constant)) : x;
  return (straight(value) - straight(low)) / (straight(high) - straight(low));
}

/** Labels by tick, those left empty that would touch another; the ones that are not minor go first, from the left. */
function labelsWithRoom(scale: Scale, pixels: number): string[] {
  const taken: [number, number][] = [];
  const labels = scale.ticks.map(() => "");
  for (const minor of [false, true]) {
    scale.ticks.forEach((tick, index) => {
      if ((tick.minor ?? false) !== minor) return;
      const middle = place(scale, tick.value) * pixels;
      const half = (tick.label.length * characterWidth) / 2 + 3;
      if (taken.some(([from, to]) => middle - half < to && middle + half > from)) return;
      taken.push([middle - half, middle + half]);
      labels[index] = tick.label;
    });
  }
  return labels;
}

/** An axis looks its labels up, for they need not be what the number says. */
function labelExpression(ticks: readonly number[], labels: readonly string[]): string {
  return `${JSON.stringify(labels)}[indexof(${JSON.stringify(ticks)}, datum.value)]`;
}

function specification(plot: LinePlot, kind: keyof typeof widths): Spec {
  const points = plot.series.flatMap((series, index) => series.points.map((point) => ({ ...point, index })));
  const x = scaleFor(
    plot.x,
    points.map((point) => point.x),
    kind === "wide" ? 8 : 4,
  );
  const y = scaleFor(
    plot.y,
    points.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]),
    6,
  );
  const left = Math.ceil(Math.max(...y.ticks.map((tick) => tick.label.length)) * characterWidth) + 12;
  // Half of the last label stands beyond the axis.
  const right = Math.ceil(((x.ticks.at(-1)?.label.length ?? 0) * characterWidth) / 2) + 6;
  const width = widths[kind] - left - right;
  const xTicks = x.ticks.map((tick) => tick.value);
  const yTicks = y.ticks.map((tick) => tick.value);
  const indices = plot.series.map((_, index) => index);
  const at = { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" } } as const;
  const colour = { scale: "colour", field: "index" } as const;
  return {
    width,
    height: PLOT_HEIGHT[kind] - 70,
    padding: { left, right, top: 26, bottom: 44 },
    autosize: "none",
    data: [
      { name: "points", values: points },
      { name: "spreads", source: "points", transform: [{ type: "filter", expr: "isValid(datum.low)" }] },
      ...plot.series.map((series, index) => ({ name: `series-${index}`, values: [...series.points] })),
    ],
    scales: [
      { name: "x", range: "width", ...scaleOf(x) },
      { name: "y", range: "height", ...scaleOf(y) },
      { name: "colour", type: "ordinal", domain: indices, range: indices.map(seriesColour) },
      { name: "shape", type: "ordinal", domain: indices, range: indices.map(seriesSymbol) },
    ],
    axes: [
      {
        ...axisStyle,
        scale: "x",
        orient: "bottom",
        title: plot.x.title,
        titlePadding: 8,
        values: xTicks,
        encode: {
          labels: { update: { text: { signal: labelExpression(xTicks, labelsWithRoom(x, width)) } } },
        },
      },
      {
        ...axisStyle,
        scale: "y",
        orient: "left",
        grid: true,
        title: plot.y.title,
        // Above the axis and upright: it is read without turning the head, and takes no width.
        titleAngle: 0,
        titleAlign: "left",
        titleBaseline: "bottom",
        titleX: 4 - left,
        titleY: -10,
        values: yTicks,
        encode: {
          labels: {
            update: {
              text: {
                signal: labelExpression(
                  yTicks,
                  y.ticks.map((tick) => tick.label),
                ),
              },
            },
          },
        },
      },
    ],
    marks: [
      ...indices.map((index) => ({
        type: "line" as const,
        from: { data: `series-${index}` },
        encode: {
          enter: {
            ...at,
            stroke: { value: seriesColour(index) },
            strokeWidth: { value: 2 },
            strokeDash: { value: [...seriesDash(index)] },
            strokeJoin: { value: "round" as const },
          },
        },
      })),
      {
        type: "rule",
        from: { data: "spreads" },
        encode: {
          enter: {
            x: at.x,
            y: { scale: "y", field: "low" },
            y2: { scale: "y", field: "high" },
            stroke: colour,
            strokeWidth: { value: 1.5 },
          },
        },
      },
      {
        type: "symbol",
        from: { data: "points" },
        encode: {
          enter: {
            ...at,
            shape: { scale: "shape", field: "index" },
            // Vega takes an area, and draws a path of side 2 to the root of it over two.
            size: { value: (2 * SYMBOL_RADIUS[kind]) ** 2 },
            fill: colour,
          },
        },
      },
    ],
  };
}

function scaleOf(scale: Scale) {
  return {
    type: scale.type,
    domain: [...scale.domain],
    ...(scale.type === "symlog" ? { constant: scale.constant ?? 1 } : {}),
    zero: false,
    nice: false,
  } as { type: "linear"; domain: number[] };
}

/** The drawing for a window and the one for a telephone. */
export async function drawLines(plot: LinePlot, title: string): Promise<string> {
  if (plot.series.length > maximumSeries) {
    throw new RangeError(
      `"${title}" has ${plot.series.length} series, and ${maximumSeries} can be told apart`,
    );
  }
  const names = plot.series.map((series) => series.name).join("; ");
  const description = `${plot.y.title} against ${plot.x.title}, a line for each of: ${names}. The numbers are in the table that follows.`;
  const drawings: string[] = [];
  for (const kind of ["wide", "narrow"] as const) {
    drawings.push(await toSvg(specification(plot, kind), title, description, kind));
  }
  return drawings.join("");
}
