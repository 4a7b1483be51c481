/** --profile: a process samples itself, and its stacks have TypeScript's names. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { foldSamples, frameCodeNames, profiledProgram } from "../../src/cli/trace-fold.ts";
import { frameOf, parseFolded } from "../../src/report/folded.ts";
import { buildProgram, ROOT } from "../support/mirage.ts";

const folder = mkdtempSync(join(tmpdir(), "mirage-profile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Works for as many milliseconds as its argument says, mostly in loop(), which a method calls. */
const BUSY = `
import { args } from "mirage";

function loop(n: number): number {
  let x = 0;
  for (let i = 0; i < n; i++) {
    x = (x * 31 + i) % 65521;
  }
  return x;
}
class Work {
  sort(): number {
    return loop(2000) + "b,a,".repeat(400).split(",").length;
  }
}
const end = performance.now() + Number(args[0] ?? 0);
const work = new Work();
while (performance.now() < end) {
  work.sort();
}
if (args[1] !== undefined) {
  throw new Error("at the end");
}
`;

let busy: string;
beforeAll(() => {
  const source = join(folder, "busy.ts");
  writeFileSync(source, BUSY);
  busy = buildProgram(source);
});

function run(...args: string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(busy, ["--rtparams", "i=100G", ...args], { encoding: "utf8" });
  return { status, stderr };
}

it("samples TypeScript with the C around it, nearly all of it named", () => {
  const file = join(folder, "busy.samples");
  expect(run("--profile", file, "--", "400")).toEqual({ status: 0, stderr: "" });
  const text = readFileSync(file, "utf8");
  expect(profiledProgram(text)).toBe(busy);
  const stacks = parseFolded(foldSamples(text, new Map()), file);
  const samples = (chosen: typeof stacks): number => chosen.reduce((sum, { count }) => sum + count, 0);
  // As many as there was CPU time, on however slow a machine: some, then.
  expect(samples(stacks)).toBeGreaterThan(20);
  const loops = stacks.filter(({ frames }) =>
    frames.some((frame) => /^loop \(busy\.ts:\d+\)_\[j\]$/.test(frame)),
  );
  expect(samples(loops)).toBeGreaterThan(samples(stacks) / 4);
  for (const { frames } of loops) {
    const at = frames.findIndex((frame) => frame.startsWith("loop "));
    expect(frames[at - 1]).toMatch(/^sort \(busy\.ts:\d+\)_\[j\]$/);
    expect(frames.slice(0, at)).toContain("mirage_instance_run");
  }
  const unnamed = stacks.filter(({ frames }) => frameOf(frames.at(-1)!).kind === "unnamed");
  expect(samples(unnamed)).toBeLessThan(samples(stacks) / 20);
});

it("is written when the program fails, and does not hide why", () => {
  const file = join(folder, "failed.samples");
  const { status, stderr } = run("--profile", file, "--", "50", "fail");
  expect(status).toBe(70);
  expect(stderr).toContain("Error: at the end");
  expect(readFileSync(file, "utf8")).toMatch(/^program /);
});

it("says why when the file cannot be made, before the program runs", () => {
  const file = join(folder, "no", "such.samples");
  expect(run("--profile", file, "--", "0")).toEqual({
    status: 70,
    stderr: `mirage: --profile ${file}: No such file or directory\n`,
  });
  expect(existsSync(file)).toBe(false);
});

it("the table of an executable has file and line of each function of frame code", () => {
  const functions = frameCodeNames(buildProgram(join(ROOT, "examples/udp-echo")));
  expect(functions.size).toBeGreaterThan(100);
  const output = [...functions].filter(([symbol]) => symbol.startsWith("fc_stack__tcp_output__Output_"));
  expect(output.length).toBeGreaterThan(3);
  for (const [symbol, place] of output) {
    const name = symbol.slice(symbol.lastIndexOf("_") + 1);
    expect(place).toMatch(new RegExp(`^Output#${name} \\(mirage/src/stack/tcp/output\\.ts:\\d+\\)$`));
  }
  expect(functions.get("fc_stack__input")).toMatch(/^input \(mirage\/src\/stack\/stack\.frame\.ts:\d+\)$/);
  const places = [...functions.values()].filter((place) => /:\d+\)$/.test(place));
  expect(places.length).toBeGreaterThan(functions.size * 0.8);
}, 300_000);
