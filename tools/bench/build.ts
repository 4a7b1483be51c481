/** Builds the programs that are measured, in the object variants that are compared. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/build/paths.ts";

export const WORK = join(packageRoot, "build/bench");

/** Float-free objects, as every target links them; the same C compiled for SSE; or without probes. */
export type Variant = "nofloat" | "hardfloat" | "noprobes";

export function build(program: string, variant: Variant = "nofloat"): string {
  const name = program.replaceAll("/", "-").replace(/\.ts$/, "");
  const folder = join(WORK, variant, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync(
    process.execPath,
    [join(packageRoot, "dist/mirage.js"), "build", "-t", "unix", "-o", folder, join(packageRoot, program)],
    { env: { ...process.env, MIRAGE_VARIANT: variant }, stdio: ["ignore", "ignore", "inherit"] },
  );
  return join(folder, readdirSync(folder)[0]!);
}

/** Builds one of the C tools that play the peer: `tools/bench/NAME.c`. */
export function buildTool(name: "fdpeer"): string {
  mkdirSync(WORK, { recursive: true });
  const output = join(WORK, name);
  execFileSync("cc", ["-O2", "-o", output, join(packageRoot, `tools/bench/${name}.c`)], { stdio: "inherit" });
  return output;
}

/**
 * Instructions that valgrind's callgrind counts in one run, or undefined without valgrind.
 *
 * @param within Only those of this C function and of what it calls, which is not itself again.
 */
export function countInstructions(command: readonly string[], within?: string): number | undefined {
  const only = within === undefined ? [] : ["--collect-atstart=no", `--toggle-collect=${within}`];
  const { stderr, error, status } = spawnSync(
    "valgrind",
    ["--tool=callgrind", `--callgrind-out-file=${join(WORK, "callgrind.out")}`, ...only, ...command],
    { encoding: "utf8", maxBuffer: 64 << 20 },
  );
  if (error !== undefined) {
    return undefined;
  }
  const match = stderr.match(/Collected : (\d+)/);
  if (status !== 0 || !match) {
    throw new Error(`${command.join(" ")} under callgrind exited with ${status}:\n${stderr}`);
  }
  return Number(match[1]);
}
