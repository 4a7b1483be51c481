/**
 * Colours of plots as CSS variables, so that one picture serves light and dark, and the symbols that tell series apart without colour.
 *
 * Against its background text has a contrast of 4.5 or more, lines and symbols of 3 or more (WCAG 2.2, 1.4.3 and 1.4.11); a test computes it.
 *
 * @module
 */

/** Name of the variable, in light, in dark. */
const palette: readonly (readonly [string, string, string])[] = [
  ["background", "#ffffff", "#14171b"],
  ["panel", "#f4f6f8", "#1d2228"],
  ["text", "#1b1f24", "#e6e9ec"],
  ["quiet", "#525a63", "#a9b2bb"],
  ["rule", "#d5dae0", "#363d45"],
  ["link", "#0b57b0", "#7cbcff"],
  ["series-1", "#0b62b8", "#6cb6ff"],
  ["series-2", "#b34700", "#ffa657"],
  ["series-3", "#0a7a55", "#56d4a5"],
  ["series-4", "#8a3ab9", "#d2a8ff"],
  ["series-5", "#a8174f", "#ff8fab"],
  ["series-6", "#5f6b00", "#d4d46a"],
  ["series-7", "#006c7d", "#5fd3e3"],
  ["series-8", "#6b4f3a", "#d9b99b"],
  ["flame-text", "#16181b", "#f4f5f6"],
  ["flame-javascript", "#ffcf8a", "#7a4a08"],
  ["flame-frame-code", "#a9e0bd", "#1c5e3b"],
  ["flame-kernel", "#b5d3f7", "#1f4a7d"],
  ["flame-c", "#e4dccb", "#544c3b"],
  ["flame-unnamed", "#dcdfe3", "#454b52"],
  ["flame-found", "#f5a3ff", "#86289a"],
];

function variables(column: 1 | 2): string {
  return palette.map((row) => `--${row[0]}:${row[column]}`).join(";");
}

/** Rules that define the variables. */
export const colourRules = `:root{color-scheme:light dark;${variables(1)}}
@media (prefers-color-scheme:dark){:root{${variables(2)}}}`;

export function seriesColour(index: number): string {
  return `var(--series-${index + 1})`;
}

/** Paths about the origin that fit a square of side 2. */
const symbols = [
  "M1,0A1,1,0,1,1,-1,0A1,1,0,1,1,1,0Z",
  "M-0.9,-0.9H0.9V0.9H-0.9Z",
  "M0,-1.1L1.05,0.8H-1.05Z",
  "M0,-1.25L1,0L0,1.25L-1,0Z",
  "M0,1.1L1.05,-0.8H-1.05Z",
  "M-1,-0.35H-0.35V-1H0.35V-0.35H1V0.35H0.35V1H-0.35V0.35H-1Z",
  "M-1,0L-0.5,-0.9H0.5L1,0L0.5,0.9H-0.5Z",
  "M-1,-0.6L1,-0.6V0.6L-1,0.6Z",
];

export function seriesSymbol(index: number): string {
  return symbols[index % symbols.length] ?? "";
}

/** Dashes of the line, in pixels; the first is solid. */
const dashes: readonly (readonly number[])[] = [
  [],
  [7, 3],
  [2, 2],
  [9, 3, 2, 3],
  [4, 2],
  [12, 3],
  [1, 3],
  [6, 2, 1, 2, 1, 2],
];

export function seriesDash(index: number): readonly number[] {
  return dashes[index % dashes.length] ?? [];
}
