import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { currentPage, parseProbes } from "../../tools/probes-doc.ts";
import { ROOT } from "../support/mirage.ts";

it("docs/probes.md is what the table says now", () => {
  expect(readFileSync(join(ROOT, "docs/probes.md"), "utf8")).toBe(currentPage());
});

it.each([
  ["without arguments", 'MIRAGE_PROBE_ROW(one, frames, "0.1.0", "a.c", "when")', /one.*0 arguments/],
  [
    "with too many arguments",
    `MIRAGE_PROBE_ROW(one, frames, "0.1.0", "a.c", "when"${', (int, a, "what")'.repeat(7)})`,
    /one.*7 arguments/,
  ],
  [
    "whose argument has no text",
    'MIRAGE_PROBE_ROW(one, frames, "0.1.0", "a.c", "when", (int, a))',
    /one: not an argument: \(int, a\)/,
  ],
  [
    "of a family that there is not",
    'MIRAGE_PROBE_ROW(one, other, "0.1.0", "a.c", "when", (int, a, "what"))',
    /one: there is no family other/,
  ],
  [
    "with an argument that nothing defines",
    'MIRAGE_PROBE_ROW(one, frames, "0.1.0", "a.c", "when", SOME)',
    /one: nothing defines SOME/,
  ],
  ["that it does not understand", 'MIRAGE_PROBE_ROW(one, "when", (int, a))', /0 of 1/],
])("refuses a row %s", (_, row, message) => {
  expect(() => parseProbes(row)).toThrow(message);
});
