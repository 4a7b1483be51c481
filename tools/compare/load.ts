/**
 * The load generator (`load/`), and other processes that take part in a run.
 *
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError } from "../../src/build/errors.ts";
import { packageRoot } from "../../src/build/paths.ts";
import { atEnd } from "../cleanup.ts";
import type { Settings } from "./results.ts";
import type { Counts } from "./workload.ts";

/** Where the generator's C is. */
export const loadSource: string = join(packageRoot, "tools/compare/load");

/** What is kept of a process's standard error, to say why it failed. */
const WHY_MAX = 2000;

/** Until a server says that it listens. */
const START_SECONDS = 60;

/** Compiles the generator for this machine into `folder`; its path. */
export function buildLoad(folder: string): string {
  const program = join(folder, "net-load");
  const sources = readdirSync(loadSource)
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(loadSource, name));
  const { status, error, stderr } = spawnSync("cc", ["-O2", "-o", program, ...sources], { encoding: "utf8" });
  if (status !== 0) {
    throw new BuildError(`cannot compile ${loadSource}: ${error?.message ?? stderr}\n  apt-get install gcc`);
  }
  return program;
}

/** Words of net-load for one measurement. */
export function loadWords(
  load: string,
  address: string,
  { seconds, warmup }: Pick<Settings, "seconds" | "warmup">,
  processes: readonly number[],
): string[] {
  const milliseconds = (s: number): string => String(Math.max(1, Math.round(s * 1000)));
  return [
    ...["-w", milliseconds(warmup), "-t", milliseconds(seconds)],
    ...processes.flatMap((pid) => ["-p", String(pid)]),
    ...load.split(" ").map((word) => (word === "ADDRESS" ? address : word)),
  ];
}

/** Threads of the kernel that finish what interrupts leave behind: the other half of the network's work. */
export function softirqThreads(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("ksoftirqd/");
      } catch {
        return false; // it has ended
      }
    })
    .map(Number);
}

/**
 * Starts a process that ends with this one, whatever comes: by `signal`, which must not be SIGKILL if it has children of
 * its own. With `group` they get the signal too, and none from the terminal.
 */
export function start(
  command: readonly string[],
  signal: NodeJS.Signals = "SIGKILL",
  group = false,
): { child: ChildProcess; forget: () => void } {
  const child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "pipe", "pipe"], detached: group });
  let over = false;
  child.once("close", () => {
    over = true;
  });
  const forget = atEnd(() => {
    if (!over && child.pid !== undefined) {
      process.kill(group ? -child.pid : child.pid, signal);
    }
  });
  return { child, forget };
}

/** Runs a command to its end; its standard output. Throws with what it says if it fails. The rest as of {@link start}. */
export async function output(
  command: readonly string[],
  signal: NodeJS.Signals = "SIGKILL",
  group = false,
): Promise<string> {
  const { child, forget } = start(command, signal, group);
  let stdout = "";
  let stderr = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-WHY_MAX);
  });
  const status = await new Promise<number | string | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  forget();
  if (status !== 0) {
    throw new BuildError(stderr.trim() === "" ? `${command.join(" ")}: ended with ${status}` : stderr.trim());
  }
  return stdout;
}

/** Reads what net-load printed. `where`: for an error. */
export function countsOf(line: string, where = "net-load"): Counts {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Said below.
  }
  if (
    typeof value !== "object" ||
    value === null ||
    Array.isArray(value) ||
    Object.values(value).some((n) => typeof n !== "number")
  ) {
    throw new BuildError(`${where}: not what net-load prints: ${line}`);
  }
  return value as Counts;
}

/** A server that has said that it listens; `stop` ends it, and waits. */
export interface Server {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a server, and waits for its first line. */
export async function startServer(command: readonly string[]): Promise<Server> {
  const { child, forget } = start(command);
  let stderr = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-WHY_MAX);
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const what = command.join(" ");
  let patience: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      // All that it says must be read, or it stops.
      child.stdout!.on("data", () => resolve());
      child.once("error", reject);
      child.once("close", (code) => reject(new BuildError(`${what}: ended with ${code}: ${stderr.trim()}`)));
      patience = setTimeout(() => reject(new BuildError(`${what}: said nothing`)), START_SECONDS * 1000);
    });
  } finally {
    clearTimeout(patience);
  }
  return {
    pid: child.pid!,
    async stop() {
      child.kill("SIGINT");
      const hard = setTimeout(() => child.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(hard);
      forget();
    },
  };
}
