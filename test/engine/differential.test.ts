import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { program } from "./addon.ts";
import { engineExecutable } from "./executable.ts";
import { doubles, expressions, literal, prelude, scripts } from "./scripts.ts";

let directory: string;
let nofloat: (source: string) => string;
let hardfloat: (source: string) => string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "mirage-engine-"));
  nofloat = await engineExecutable("nofloat", directory);
  hardfloat = await engineExecutable("hardfloat", directory);
}, 600_000);

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const SPECIAL = [
  0,
  -0,
  1,
  -1,
  0.5,
  2 ** 53,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  5e-324,
  Number.MAX_VALUE,
  Infinity,
  -Infinity,
  NaN,
];

/** Each expression for all pairs of neighbours in a list of doubles. */
function table(values: readonly number[], expression: string): string {
  return program(
    `${prelude}var v = [${values.map(literal).join(",")}];` +
      `for (var i = 0; i + 1 < v.length; i++) { var x = v[i], y = v[i + 1]; print(i, (function () { try { return ${expression}; } catch (e) { return e.name; } })()); }`,
  );
}

/** Console lines "1 INDEX VALUE" as values. */
function values(output: string): string[] {
  return output
    .split("\n")
    .filter((line) => line.startsWith("1 "))
    .map((line) => line.replace(/^1 \d+ /, ""));
}

describe("the float-free engine computes what the engine with hardware floats does", () => {
  it.each(expressions)("%s", (_title, expression) => {
    const source = table([...SPECIAL, ...doubles(1, 3000), ...SPECIAL], expression);
    const output = nofloat(source);
    expect(output).toContain("state 3,");
    expect(values(output)).toHaveLength(3000 + 2 * SPECIAL.length - 1);
    expect(output).toBe(hardfloat(source));
  });

  it.each(scripts)("%s", (script) => {
    const source = program(script);
    const output = nofloat(source);
    expect(output).toMatch(/^1 .*\n(1 .*\n)*state 3,/);
    expect(output).toBe(hardfloat(source));
  });
});

describe("numbers", () => {
  const sample = doubles(7, 20000);

  it("are printed with as few digits as V8 needs, and V8 reads them back the same", () => {
    const source = program(
      `${prelude}var v = [${sample.map(literal).join(",")}]; for (var i = 0; i < v.length; i++) print(i, v[i]);`,
    );
    const output = values(nofloat(source));
    expect(output.map(Number)).toEqual(sample);
    expect(output.map((text) => text.length)).toEqual(sample.map((x) => String(x).length));
  });

  it("are read to the nearest double", () => {
    const source = program(
      `${prelude}var v = ${JSON.stringify(sample.map(String))}, bad = []; var b = [${sample.map(literal).join(",")}];` +
        "for (var i = 0; i < v.length; i++) if (Number(v[i]) !== b[i]) bad.push(v[i]); print(0, bad.length, bad.slice(0, 5));",
    );
    expect(values(nofloat(source))).toEqual(["0 "]);
  });

  it("halfway between two doubles are read to the even one", () => {
    const halfway = [
      "9007199254740993",
      "9007199254740995",
      "-9007199254740993",
      "4503599627370496.5",
      "4503599627370497.5",
    ];
    halfway.push(
      "9007199254740993.00e0",
      "0.9007199254740993e16",
      "90071992547409930000e-4",
      "36028797018963972",
      "1e23",
    );
    halfway.push(
      "281474976710656.03125",
      "281474976710656.09375",
      "9007199254740993.0000000000000000001",
      "5e-324",
    );
    const source = program(
      `${halfway.map((text, i) => `print(${i}, Number("${text}") - ${text}, Number("${text}"));`).join("")}`,
    );
    expect(values(nofloat(source))).toEqual(halfway.map((text) => `0 ${Number(text)}`));
  });
});
