/**
 * What a report is made of: data only, so that the same object is written as JSON and drawn as HTML.
 *
 * @module
 */

/** One HTML page. All text is taken as it is and escaped where it is written. */
export interface Report {
  readonly title: string;
  /** Paragraphs beneath the title: what was measured, against what. */
  readonly text?: readonly string[];
  /** Machine, kernel, date, load: name and value, in this order. */
  readonly environment: readonly (readonly [name: string, value: string])[];
  readonly sections: readonly Section[];
}

/** A heading with a plot, the table of the plot's numbers, or both. */
export interface Section {
  readonly title: string;
  readonly text?: readonly string[];
  readonly plot?: Plot;
  readonly table?: Table;
  /** Why there is nothing to show; stands in place of plot and table. */
  readonly skipped?: string;
}

/** The first column names the row. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export type Plot = LinePlot | RatioPlot | FlamePlot;

export interface Axis {
  /** With its unit: "round trip, µs". */
  readonly title: string;
  /** `symlog` is linear below `linearBelow` and logarithmic above, so that zero has a place. */
  readonly scale: "linear" | "log" | "symlog";
  readonly linearBelow?: number;
  /** Where ticks stand, with their labels; without it, round numbers. */
  readonly ticks?: readonly Tick[];
}

/** `minor`: the label is drawn only where there is room between those that are not. */
export interface Tick {
  readonly value: number;
  readonly label: string;
  readonly minor?: boolean;
}

/** `low` and `high`: the spread about `y`, drawn as a whisker. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

/** A line for each series; at most {@link maximumSeries}. */
export interface LinePlot {
  readonly kind: "lines";
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

/** How many series have a colour and a symbol of their own. */
export const maximumSeries = 8;

/** A bar from 1 to each ratio, on a logarithmic axis, and the ratio's spread. */
export interface RatioPlot {
  readonly kind: "ratios";
  /** "Mirage / FreeBSD". */
  readonly axis: string;
  /** What `low` and `high` are, in the legend; without it, they are not drawn. */
  readonly spread?: string;
  readonly rows: readonly Ratio[];
}

export interface Ratio {
  readonly label: string;
  readonly ratio: number;
  /** Both are `ratio` where nothing was repeated. */
  readonly low: number;
  readonly high: number;
  /** Which side of 1 is good: of a rate `higher`, of a time or a cost `lower`. */
  readonly better: "higher" | "lower";
}

/** A flame graph; `stacks` come from `parseFolded`. */
export interface FlamePlot {
  readonly kind: "flame";
  readonly stacks: readonly Stack[];
}

/** Functions, outermost first, and how many samples had this stack. */
export interface Stack {
  readonly frames: readonly string[];
  readonly count: number;
}
