/**
 * Runs a D script on FreeBSD, against the program in the kernel.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { UsageError } from "../build/errors.ts";
import { runProgram } from "./run-program.ts";
import { type Script, scriptFolder } from "./trace-scripts.ts";

/** What a machine without Node runs a D script by: chooses dtrace's options, and says what is in the way of it. */
export const kernelTracer: string = join(scriptFolder, "mirage-trace");

/** The file of the module that is loaded, where its functions' TypeScript names are; undefined: not known. */
export function loadedModule(): string | undefined {
  const { stdout } = spawnSync("kldstat", ["-v", "-n", "mirage.ko"], { encoding: "utf8" });
  return /\((\/[^)]*mirage\.ko)\)/.exec(stdout ?? "")?.[1];
}

/** Runs the script until Ctrl-C or its own end; the exit code of dtrace, or of {@link kernelTracer}. */
export function traceKernel(
  script: Script,
  program: string | undefined,
  words: readonly string[],
  onOutput?: (text: string) => void,
): Promise<number> {
  if (program !== undefined) {
    throw new UsageError("--program is for Linux: a FreeBSD kernel holds one program, that of mirage.ko.");
  }
  return runProgram("sh", [kernelTracer, script.name, ...words], { onOutput, apart: true });
}
