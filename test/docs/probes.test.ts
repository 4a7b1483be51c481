import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { currentPage, parseProbes } from "../../tools/probes-doc.ts";
import { ROOT } from "../support/mirage.ts";

it("docs/probes.md is what the table says now", () => {
  expect(readFileSync(join(ROOT, "docs/probes.md"), "utf8")).toBe(currentPage());
});

it.each([
  ["with too few arguments", 'MIRAGE_PROBE2(one, "0.1.0", "when", int, a, "what")', /one.*1 arguments/],
  ["that it does not understand", 'MIRAGE_PROBE1(one, "when", int, a)', /0 of 1/],
])("refuses a row %s", (_, row, message) => {
  expect(() => parseProbes(row)).toThrow(message);
});
