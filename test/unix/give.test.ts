/** Bytes that application code gives to frame code, under the sanitizers: all of them arrive, in order, by reference. */
import { expect, it } from "vitest";
import { buildProgram, runExecutable } from "../support/mirage.ts";
import { statistic } from "../support/program.ts";

it("gives views of every shape in order, goes on where it stopped, and names what is wrong", () => {
  const executable = buildProgram(new URL("./programs/give/", import.meta.url).pathname, {
    ...process.env,
    MIRAGE_VARIANT: "asan",
  });
  const { status, stdout, stderr } = runExecutable(executable, ["--stats", "--rtparams", "f=200"]);
  expect(stderr).not.toMatch(/Sanitizer|runtime error/);
  expect(status, stderr).toBe(0);
  const expected = [
    "lists that came otherwise: 0",
    "waits of 200000 bytes, 65000 at a time: 3",
    "as they were: true",
    "nothing: true",
    "no bytes: true",
    "refused: -32",
    /^no view: TypeError/,
    /^behind its end: RangeError: byte 2 of a view of 1 bytes/,
    "no frame code: TypeError: not a function of frame code",
    /^too many kept: Error: the program holds \d+ frames/,
  ];
  const lines = stdout.trimEnd().split("\n");
  lines.forEach((line, i) => {
    const wanted = expected[i];
    expect(line).toEqual(typeof wanted === "string" ? wanted : expect.stringMatching(wanted ?? "nothing"));
  });
  expect(lines).toHaveLength(expected.length);
  expect(statistic(stderr, "copies")).toBe(0);
}, 60_000);
