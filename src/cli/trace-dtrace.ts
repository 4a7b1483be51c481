/**
 * Runs a D script on FreeBSD, against the program in the kernel.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { release } from "node:os";
import { join } from "node:path";
import { BuildError, UsageError } from "../build/errors.ts";
import { runProgram } from "./run-program.ts";
import { type Script, scriptFolder } from "./trace-scripts.ts";

/** Arguments of dtrace(1) for a script and the script's own; `release` is the kernel's, as "14.2-RELEASE". */
export function dtraceArguments(script: Script, words: readonly string[], release: string): string[] {
  // The system's own translators have fewer members there.
  const library = Number.parseInt(release, 10) < 11 ? "lib10" : "lib";
  return ["-L", join(scriptFolder, library), "-s", script.file, ...words];
}

/** Runs a command; undefined: it could not be run. */
function succeeds(command: string, args: readonly string[]): boolean | undefined {
  const { error, status } = spawnSync(command, args, { stdio: "ignore" });
  return error === undefined ? status === 0 : undefined;
}

function checkKernel(): void {
  if (process.geteuid?.() !== 0) {
    throw new BuildError("mirage trace: only root traces a kernel. Try it with su(1), sudo or doas.");
  }
  if (succeeds("kldstat", ["-q", "-n", "mirage.ko"]) === false) {
    throw new BuildError(
      "no mirage.ko is loaded, so there is nothing to trace: mirage build -t kfreebsd PROGRAM; kldload build/mirage.ko",
    );
  }
  if (succeeds("kldstat", ["-q", "-m", "sdt"]) === false && succeeds("kldload", ["dtraceall"]) === false) {
    throw new BuildError(
      "this kernel has no DTrace: kldload dtraceall fails. GENERIC has it; another needs options KDTRACE_HOOKS.",
    );
  }
}

/** The file of the module that is loaded, where its functions' TypeScript names are; undefined: not known. */
export function loadedModule(): string | undefined {
  const { stdout } = spawnSync("kldstat", ["-v", "-n", "mirage.ko"], { encoding: "utf8" });
  return /\((\/[^)]*mirage\.ko)\)/.exec(stdout ?? "")?.[1];
}

/** Runs the script until Ctrl-C or its own end; dtrace's exit code. */
export function traceKernel(
  script: Script,
  program: string | undefined,
  words: readonly string[],
  onOutput?: (text: string) => void,
): Promise<number> {
  if (program !== undefined) {
    throw new UsageError("--program is for Linux: a FreeBSD kernel holds one program, that of mirage.ko.");
  }
  checkKernel();
  return runProgram("dtrace", dtraceArguments(script, words, release()), { onOutput });
}
