import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { buildProgram, runExecutable } from "../support/mirage.ts";

const PROGRAM = new URL("./programs/budgets/", import.meta.url);

/** Line of the comment `// label` in a source file of the program, 1-based. */
function lineOf(file: string, label: string): number {
  const lines = readFileSync(new URL(file, PROGRAM), "utf8").split("\n");
  const index = lines.findIndex((line) => line.endsWith(`// ${label}`));
  if (index < 0) {
    throw new Error(`no line ends in "// ${label}" in ${file}`);
  }
  return index + 1;
}

function lineWith(file: string, text: string): number {
  return (
    readFileSync(new URL(file, PROGRAM), "utf8")
      .split("\n")
      .findIndex((line) => line.includes(text)) + 1
  );
}

let executable: string;

beforeAll(() => {
  executable = buildProgram(new URL("main.ts", PROGRAM).pathname);
});

/** What the first line says, and the function and line that the stack must name. */
const budgets: [name: string, message: RegExp, functionName: string][] = [
  ["loop", /instruction budget/i, "loop"],
  ["loop-catch", /instruction budget/i, "loopInCatch"],
  ["recursion", /(stack|depth) budget/i, "recurse"],
  ["recursion-catch", /(stack|depth) budget/i, "recurseInCatch"],
  ["arrays", /heap budget/i, "growArray"],
  ["strings", /heap budget/i, "growString"],
  ["buffers", /heap budget/i, "growBuffers"],
  ["closures", /heap budget/i, "growClosures"],
  ["memory-catch", /heap budget/i, "growInCatch"],
  ["regexp", /instruction budget/i, "regexp"],
  ["native-loop", /instruction budget/i, "nativeLoop"],
  ["throw", /TypeError: this is wrong/, "uncaught"],
  ["rejection", /RangeError: nobody handles this/, "rejected"],
  ["microtasks", /instruction budget/i, "again"],
];

const traps: [name: string, message: RegExp, functionName: string, text: string][] = [
  ["trap-unreachable", /unreachable/i, "unreachableCode", "unreachable();"],
  ["trap-bounds", /out.of.bounds/i, "outOfBounds", "load<u32>"],
  ["trap-divide", /divi(de|sion) by zero/i, "divideByZero", "7 / divisor"],
  ["trap-assert", /value must be 42/, "assertFails", "assert(value"],
  ["trap-loop", /instruction budget/i, "spin", "while (n"],
  ["trap-recursion", /stack budget/i, "descend", ""],
  ["trap-catch", /divi(de|sion) by zero/i, "divideByZero", "7 / divisor"],
];

describe("a program that breaks a budget ends with 70 and one message", () => {
  it("and a program that breaks none does not", () => {
    expect(runExecutable(executable, ["--", "none"])).toMatchObject({
      status: 0,
      stdout: "fine\n",
      stderr: "",
    });
  });

  it.each(budgets)("%s", (name, message, functionName) => {
    const { status, stderr, stdout } = runExecutable(executable, ["--", name]);
    expect(status, stderr).toBe(70);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr).toContain(functionName);
    expect(stderr).toContain(`main.ts:${lineOf("main.ts", name)}`);
    expect(stderr.match(/^mirage: /gm), stderr).toHaveLength(1);
    // Helpers that the build put in have no line and are no reader's business.
    expect(stderr).not.toMatch(/at (.* \()?mirage\)?$/m);
  });

  it.each(traps)("%s", (name, message, functionName, text) => {
    const { status, stderr, stdout } = runExecutable(executable, ["--", name]);
    expect(status, stderr).toBe(70);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr).toContain(functionName);
    expect(stderr).toContain(
      text === "" ? "trap.frame.ts:" : `trap.frame.ts:${lineWith("trap.frame.ts", text)}`,
    );
  });

  it("in a timer's callback", () => {
    const { status, stderr } = runExecutable(executable, ["--", "loop-timer"]);
    expect(status).toBe(70);
    expect(stderr).toContain(`main.ts:${lineOf("main.ts", "loop")}`);
  });

  it("when it throws something that is no Error", () => {
    const { status, stderr } = runExecutable(executable, ["--", "throw-string"]);
    expect(status).toBe(70);
    expect(stderr).toContain("just text");
  });

  it("when a structure is too deep for the native stack", () => {
    const { status, stderr } = runExecutable(executable, ["--", "deep-json"]);
    expect(status, stderr).toBe(70);
    expect(stderr).toContain("deepJson");
  });
});

describe("rtparams", () => {
  it("sets each budget", () => {
    for (const [params, name, limit] of [
      ["i=1M", "loop", "1M"],
      ["h=4M", "arrays", "4M"],
      ["d=500", "recursion", "500"],
    ]) {
      const { status, stderr } = runExecutable(executable, ["--rtparams", params!, "--", name!]);
      expect(status).toBe(70);
      expect(stderr).toContain(limit!);
    }
  });

  it.each([
    ["h=", 2],
    ["h=4Q", 3],
    ["z=1", 0],
    ["h=4M,,i=1", 5],
    ["i=-1", 2],
    ["h=99999999999999999999", 2],
    ["h4M", 1],
  ])("refuses %s at position %i", (text, position) => {
    const { status, stderr } = runExecutable(executable, ["--rtparams", text, "--", "none"]);
    expect(status).toBe(64);
    expect(stderr).toMatch(new RegExp(`\\b${position}\\b`));
    expect(stderr).toContain(text);
  });
});
