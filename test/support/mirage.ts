/** Builds programs with the `mirage` command and runs the executables that it leaves. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CLI = join(ROOT, "dist/mirage.js");

export interface Ended {
  status: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** Long enough for any budget to be reached on a loaded machine; a test that meets it found a hang. */
const HANG_MS = 120_000;

export function runExecutable(
  file: string,
  args: string[],
  env: NodeJS.ProcessEnv = process.env,
  hangMs = HANG_MS,
): Ended {
  const { status, signal, stdout, stderr } = spawnSync(file, args, {
    encoding: "utf8",
    timeout: hangMs,
    killSignal: "SIGKILL",
    maxBuffer: 64 << 20,
    env,
  });
  return { status, signal, stdout, stderr };
}

export function mirage(args: string[], env: NodeJS.ProcessEnv = process.env, hangMs = HANG_MS): Ended {
  return runExecutable(process.execPath, [CLI, ...args], env, hangMs);
}

/** Builds `program` for Unix into a folder of its own under `build/`; returns the executable's path. */
export function buildProgram(program: string, env: NodeJS.ProcessEnv = process.env): string {
  const parent = join(ROOT, "build/test-programs");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "p-"));
  const { status, stderr, stdout } = mirage(["build", "-t", "unix", "-o", folder, program], env);
  if (status !== 0) {
    throw new Error(`mirage build ${program} exited with ${status}:\n${stdout}${stderr}`);
  }
  const files = readdirSync(folder);
  const [executable] = files;
  if (files.length !== 1 || executable === undefined) {
    throw new Error(`expected one executable in ${folder}, found ${files.join(", ")}`);
  }
  return join(folder, executable);
}
