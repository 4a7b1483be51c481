/**
 * Text in HTML and SVG. Names come from programs, so they may hold anything.
 *
 * @module
 */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** C0 and C1 controls, which XML does not have, and marks that would reverse the text that follows; not tab and newline. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const unprintable = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g;
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** `text` without characters that a page must not hold, or that change how others are shown. */
export function printable(text: string): string {
  return text.replace(unprintable, "\ufffd").replace(loneSurrogate, "\ufffd");
}

/** `text` for an element's content or an attribute in quotation marks. */
export function escapeText(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Breaks at spaces into lines of at most `columns` characters; a word that is longer is cut. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
    if (line.length > columns) line = `${line.slice(0, columns - 1)}…`;
  }
  return [...lines, line];
}

/** Three significant digits, thousands in groups: 1,234; 12.3; 0.0123. */
export function showNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return rounded.toLocaleString("en-US", { maximumSignificantDigits: 15 });
}
