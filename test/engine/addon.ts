/**
 * The addon of `runtime/addon`: programs run in this process, on the float-free objects and a platform in memory.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "../../src/build/lock.ts";
import { buildObjects } from "../../src/build/objects.ts";
import { silent } from "../../src/build/progress.ts";

export const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = join(root, "runtime/addon");

export interface RunOptions {
  /** ES5: an expression whose value is the program's main, `(function (native) { ... })`. */
  source: string;
  /** "file:line" for each line of `source`, as `mirage-bytecode -l` reads it. */
  lines?: string;
  rtparams?: string;
  engineId?: string;
  /** Bytes of native stack that the run may use; 4 MB unless given. */
  stackBytes?: number;
  /** Wall clock at the start. */
  wallMs?: number;
  /** Asks the program to stop at this look of the runtime at the request. */
  stopAfter?: number;
  /** Network interfaces, at most 2, each of which receives what it sends. */
  netifs?: number;
  /** 1: record the probes that fire. */
  probes?: number;
}

export interface RunResult {
  state: "returned" | "stopped" | "failed" | "over budget" | "refused";
  error: string;
  /** Lines "LEVEL text\n". */
  console: string;
  exitCode: number;
  instructions: number;
  heapMax: number;
  /** Bytes of the platform's memory that nobody gave back. */
  leaked: number;
  nowNs: number;
  /** Of garbage. */
  collections: number;
  /** A line for each probe that fired: name and arguments, with tabs between them. */
  probes: string;
}

export interface RtparamRow {
  letter: string;
  name: string;
  default: number;
  min: number;
  max: number;
  unit: string;
  text: string;
}

export interface Addon {
  run(options: RunOptions): Promise<RunResult>;
  arithmetic(name: "add" | "sub" | "mul" | "div", a: bigint, b: bigint): bigint;
  rtparams(): RtparamRow[];
  engineId(): string;
}

function newest(files: readonly string[]): number {
  return Math.max(...files.map((file) => statSync(file).mtimeMs));
}

/** Builds the addon if it is not up to date. */
export async function loadAddon(): Promise<Addon> {
  const { library } = await buildObjects("nofloat", silent);
  const product = join(folder, "build/Release/mirage.node");
  await withLock(join(root, "build"), async () => {
    const sources = [folder, join(root, "runtime/memory")].flatMap((directory) =>
      readdirSync(directory)
        .filter((name) => /\.(c|h|gyp)$/.test(name))
        .map((name) => join(directory, name)),
    );
    if (existsSync(product) && statSync(product).mtimeMs > newest([library, ...sources])) {
      return;
    }
    // make does not know that the archive is linked in.
    rmSync(join(folder, "build"), { recursive: true, force: true });
    const gyp = join(root, "node_modules/node-gyp/bin/node-gyp.js");
    const options = { cwd: folder, stdio: "pipe" } as const;
    execFileSync(process.execPath, [gyp, "configure", `--nodedir=${join(folder, "node")}`], options);
    execFileSync(process.execPath, [gyp, "build"], options);
  });
  return createRequire(import.meta.url)(product) as Addon;
}

/** A program of statements, in which `print(...)` writes a line and `native` is the object of the bindings. */
export function program(statements: string): string {
  return `(function (native) { function print() { native.print(1, [].slice.call(arguments).join(" ")); }\n${statements}\n})`;
}

/** What a program printed at level 1, without the level. */
export function printed(result: RunResult): string[] {
  return result.console
    .split("\n")
    .filter((line) => line.startsWith("1 "))
    .map((line) => line.slice(2));
}
