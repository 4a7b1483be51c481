/**
 * From a Vega specification to an SVG element that stands in an HTML page. Vega is loaded when a plot is drawn, not before.
 *
 * @module
 */
import type { Config, Spec, Axis as VegaAxis } from "vega";
import { escapeText, printable } from "./text.ts";

/** Width in CSS pixels of the two drawings of each plot: for a window, and for a telephone. */
export const widths = { wide: 760, narrow: 344 } as const;

/** Stands in a list of fonts that the reader's machine has; plots use the page's. */
export const fontSize = 12;

/** What all axes have in common. */
export const axisStyle = {
  domainColor: "var(--quiet)",
  tickColor: "var(--quiet)",
  gridColor: "var(--rule)",
  labelColor: "var(--quiet)",
  titleColor: "var(--text)",
  labelFontSize: fontSize,
  titleFontSize: fontSize,
  titleFontWeight: "normal",
  labelPadding: 4,
  tickSize: 4,
} as const satisfies Partial<VegaAxis>;

/** The pixels that each character takes at `fontSize`, at most: there is nothing to measure text with where this runs. */
export const characterWidth = 7.2;

const config: Config = {
  text: { font: "inherit" },
  axis: { labelFont: "inherit", titleFont: "inherit" },
};

/** The element as a whole is described; what Vega says of each mark is left out. Tags only: text may look like an attribute. */
function withoutRoles(drawn: string): string {
  return drawn.replace(/<[^>]*>/g, (tag) => tag.replace(/ (?:role|aria-[a-z]+)="[^"]*"/g, ""));
}

let unique = 0;

/** Draws it. `title` and `description` are for who cannot see it. */
export async function toSvg(
  spec: Spec,
  title: string,
  description: string,
  kind: keyof typeof widths,
): Promise<string> {
  const { parse, View } = await import("vega");
  const view = new View(
    parse({
      background: "transparent",
      config,
      ...spec,
    }),
    { renderer: "none" },
  );
  const drawn = withoutRoles(printable(await view.toSVG()));
  view.finalize();
  const root = /^<svg [^>]*?viewBox="([^"]*)"[^>]*>/.exec(drawn);
  const [, , width, height] = root?.[1]?.split(" ") ?? [];
  if (root === null || width === undefined || height === undefined) {
    throw new Error("vega wrote an SVG element that is not known here");
  }
  return wrapSvg(
    drawn.slice(root[0].length, -"</svg>".length),
    Number(width),
    Number(height),
    title,
    description,
    kind,
  );
}

function wrapSvg(
  content: string,
  width: number,
  height: number,
  title: string,
  description: string,
  kind: string,
): string {
  const id = `plot-${++unique}`;
  return (
    `<svg class="plot ${kind}" role="img" aria-labelledby="${id}-title ${id}-description" viewBox="0 0 ${width} ${height}" ` +
    `width="${width}" height="${height}"><title id="${id}-title">${escapeText(title)}</title>` +
    `<desc id="${id}-description">${escapeText(description)}</desc>${content}</svg>`
  );
}
