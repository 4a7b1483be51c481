import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mirage, ROOT } from "../support/mirage.ts";
import { scratchFolder, write } from "./scratch.ts";

const folder = scratchFolder();

/** Builds a program of these files; its first is the main one. */
function build(files: Record<string, string>): { status: number | null; stderr: string } {
  const main = write(folder, files);
  return mirage(["build", "-q", "-o", join(folder, "out"), main]);
}

it("type errors are those of tsc, word for word, and stop the build", () => {
  const { status, stderr } = build({
    "types.ts":
      'import { two } from "./two.ts";\nconst n: number = "text";\nexport const sum = n + missing + two;\n',
    "two.ts": "export const two: string = 2;\nexport function f(x) {\n  return x;\n}\n",
  });
  expect(status).toBe(1);
  const tsc = spawnSync(
    process.execPath,
    [
      join(ROOT, "node_modules/typescript/bin/tsc"),
      ..."--noEmit --strict --target es2023 --lib es2023 --module esnext --moduleResolution bundler".split(
        " ",
      ),
      "--allowImportingTsExtensions",
      "--ignoreConfig",
      join(folder, "types.ts"),
    ],
    { cwd: process.cwd(), encoding: "utf8" },
  );
  expect(tsc.stdout.split("\n").filter(Boolean).length).toBeGreaterThan(3);
  expect(stderr.trim().split("\n").sort()).toEqual(tsc.stdout.trim().split("\n").sort());
});

it("there is no DOM and no Node in a program's types", () => {
  const { status, stderr } = build({ "globals.ts": "document.title = process.title;\n" });
  expect(status).toBe(1);
  expect(stderr).toMatch(/globals\.ts\(1,1\): error TS\d+: Cannot find name 'document'/);
  expect(stderr).toMatch(/globals\.ts\(1,18\): error TS\d+: Cannot find name 'process'/);
});

it("the tsconfig.json beside a program counts", () => {
  const program = { "own/main.ts": "const unused = 1;\nexport {};\n" };
  expect(build({ ...program, "own/tsconfig.json": "{}" }).status).toBe(0);
  const strict = build({
    ...program,
    "own/tsconfig.json": '{ "compilerOptions": { "noUnusedLocals": true } }',
  });
  expect(strict.status).toBe(1);
  expect(strict.stderr).toMatch(/own\/main\.ts\(1,7\): error TS6133: 'unused' is declared/);
});

it.each([
  ["node:fs", 'import { readFileSync } from "node:fs";\nconsole.log(readFileSync);\n', "1:30"],
  ["net", 'console.log(1);\nexport * from "net";\n', "2:15"],
])("an import of %s is named with file, line and column", (name, text, place) => {
  const { status, stderr } = build({ "node.ts": text });
  expect(status).toBe(1);
  expect(stderr).toContain(`node.ts:${place}: error: "${name}" is part of Node`);
});

it("so is one inside of an npm package", () => {
  const { status, stderr } = build({
    "uses.ts": 'import read from "reader";\nread();\n',
    "node_modules/reader/package.json":
      '{ "name": "reader", "version": "1.0.0", "main": "i.js", "types": "i.d.ts" }',
    "node_modules/reader/i.js": 'const x = 1;\nmodule.exports = () => require("fs");\n',
    "node_modules/reader/i.d.ts": "declare function read(): void;\nexport = read;\n",
  });
  expect(status).toBe(1);
  expect(stderr).toContain('node_modules/reader/i.js:2:32: error: "fs" is part of Node');
});

describe("what cannot be lowered", () => {
  it("is named with file, line, column and reason, all at once", () => {
    const cases: [statement: string, column: number, reason: string][] = [
      ["console.log(12n);", 13, "BigInt cannot be lowered"],
      ["console.log(BigInt(4));", 13, "BigInt cannot be lowered"],
      ["console.log(BigInt.asIntN(8, BigInt(1)));", 13, "BigInt cannot be lowered"],
      ['console.log(/(?<=a)b/.test("ab"));', 13, "lookbehind"],
      ['console.log(/x(?<!a)b/.test("ab"));', 13, "lookbehind"],
      ['console.log(/\\p{L}/u.test("ab"));', 13, "(flag u)"],
      ['console.log(new RegExp(/[a--b]/v, ""));', 24, "(flag v)"],
      ['console.log(/a/d.test("ab"));', 13, "(flag d)"],
      ['await import(["x"].join());', 7, "import() of what is not a constant string"],
      ["console.log(import.meta);", 13, "import.meta"],
      ["console.log(new WeakRef({}));", 17, "WeakRef"],
      ["console.log(Atomics.load(new Int32Array(1), 0));", 13, "Atomics"],
      ["console.log(new Intl.NumberFormat());", 17, "Intl"],
    ];
    // Flag v is of 2024, which tsc refuses for a target of 2023.
    const text = cases.map(([statement]) => `// @ts-ignore\n${statement}\n`).join("");
    const { status, stderr } = build({ "lower/main.ts": `${text}export {};\n` });
    expect(status).toBe(1);
    cases.forEach(([, column, reason], n) => {
      const line = stderr
        .split("\n")
        .find((one) => one.includes(`lower/main.ts:${2 * n + 2}:${column}: error: `));
      expect(line, `${cases[n]?.[0]} in\n${stderr}`).toContain(reason);
    });
  });

  it("does not matter where it is never reached", () => {
    const { stderr } = build({
      "many.ts": "console.log(1n);\nconsole.log(2n);\nconst unused = () => 3n;\n",
    });
    expect(stderr.trim().split("\n")).toHaveLength(2);
  });
});

describe("frame code:", () => {
  it("errors of its compiler have file, line and column", () => {
    const { status, stderr } = build({
      "asc/main.ts": 'import { f } from "./wrong.frame.ts";\nconsole.log(f(1));\n',
      "asc/wrong.frame.ts": "export function f(x: u32): u32 {\n  return x + nothing;\n}\n",
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/asc\/wrong\.frame\.ts\(2,14\): error TS2304: Cannot find name 'nothing'/);
  });

  it("floating point is refused by function, file and line", () => {
    const { status, stderr } = build({
      "float/main.ts": 'import { half } from "./half.frame.ts";\nconsole.log(half(1));\n',
      "float/half.frame.ts": "export function half(x: u32): u32 {\n  return <u32>(<f64>x * 0.5);\n}\n",
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/half\.frame\.ts:2: error: half uses floating-point numbers/);
  });

  it("calls of it are type checked", () => {
    const { status, stderr } = build({
      "typed/main.ts":
        'import { f, g } from "./typed.frame.ts";\nconst s: string = f(1, true);\nf("x", 1);\ng();\n',
      "typed/typed.frame.ts":
        "export function f(x: u32, y: bool): i32 {\n  return y ? x : 0;\n}\nfunction g(): void {}\n",
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/main\.ts\(1,13\): error TS/);
    expect(stderr).toMatch(/main\.ts\(2,7\): error TS2322: Type 'number' is not assignable to type 'string'/);
    expect(stderr).toMatch(/main\.ts\(3,3\): error TS2345/);
  });
});
