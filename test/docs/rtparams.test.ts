import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { currentPage, parseRtparams, withSuffix } from "../../tools/rtparams-doc.ts";
import { ROOT } from "../support/mirage.ts";

it("docs/rtparams.md is what the table says now", () => {
  expect(readFileSync(join(ROOT, "docs/rtparams.md"), "utf8")).toBe(currentPage());
});

it("refuses a row that it does not understand", () => {
  expect(() => parseRtparams('MIRAGE_RTPARAM(\'x\', member, sizeof(int), 1, 2, "bytes", "text")')).toThrow(
    /sizeof/,
  );
});

it("writes numbers as rtparams takes them", () => {
  expect([100n << 20n, 64n << 10n, 10000n, 1n << 30n].map(withSuffix)).toEqual([
    "100M",
    "64k",
    "10000",
    "1G",
  ]);
});
