import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  compileFloatFree,
  libmSources,
  linkHarness,
  root,
  runHarness,
  scratch,
  softfloatSources,
} from "./build.ts";

/** Random arguments of each inexact function; the exact ones get 40 times as many. */
const count = 100_000;

const inexact = [
  ...["sin", "cos", "tan", "asin", "acos", "atan", "exp", "expm1", "log", "log2", "log10", "log1p", "sinh"],
  ...["cosh", "tanh", "asinh", "acosh", "atanh", "cbrt", "pow", "atan2", "hypot"],
];
const exact = ["floor", "ceil", "trunc", "round", "nearbyint", "sqrt", "fmod", "representable"];

const mpfr = existsSync("/usr/include/mpfr.h") || existsSync("/usr/local/include/mpfr.h");
const why = mpfr ? "" : " (skipped: no mpfr.h here; apt-get install libmpfr-dev)";

describe("libm", () => {
  const directory = scratch();
  afterAll(() => directory.remove());

  test.skipIf(!mpfr)(
    `is exact where it must be, and within 1 ulp of the true value elsewhere${why}`,
    () => {
      const objects = compileFloatFree([...libmSources, ...softfloatSources], directory.path);
      const harness = linkHarness("libm", objects, directory.path, ["-lmpfr", "-lgmp", "-lm"]);
      const seed = String(Math.floor(Math.random() * 2 ** 48));
      const { lines } = runHarness(harness, [String(count), seed]);
      const errors = new Map(lines.map((line) => [line.split(" ")[0] ?? "", Number(line.split(" ")[2])]));
      expect([...errors.keys()].sort()).toEqual([...inexact, ...exact].sort());
      const wrong = lines.filter((line) => {
        const name = line.split(" ")[0] ?? "";
        return !((errors.get(name) ?? Number.NaN) <= (exact.includes(name) ? 0 : 1));
      });
      expect(wrong, `seed ${seed}: name, arguments, error, worst argument`).toEqual([]);
    },
    120_000,
  );

  test("its tables are what make-tables.mjs computes", () => {
    const folder = join(root, "stdlib-nofloat/libm");
    const computed = execFileSync(process.execPath, [join(folder, "make-tables.mjs")], { encoding: "utf8" });
    expect(readFileSync(join(folder, "tables.c"), "utf8")).toBe(computed);
  });
});
