/**
 * Running other programs, and a pool that bounds how many run at once.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { BuildError } from "./errors.ts";

export interface CommandOptions {
  readonly cwd?: string;
  /** Text for the command's standard input; without it there is none. */
  readonly input?: string;
  /** Do not let its warnings through to our stderr. */
  readonly quiet?: boolean;
}

/**
 * Runs a command to its end and returns its standard output; warnings on its stderr are passed on.
 *
 * @throws BuildError with the command's own output if it cannot be run or exits with anything but 0.
 */
export function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (error) => reject(new BuildError(`${command}: ${error.message}`)));
    child.on("close", (status, signal) => {
      if (status === 0) {
        if (stderr !== "" && options.quiet !== true) {
          process.stderr.write(stderr);
        }
        resolve(stdout);
        return;
      }
      const end = signal === null ? `exit code ${status}` : `signal ${signal}`;
      reject(
        new BuildError(`${[command, ...args].join(" ")}\nended with ${end}:\n${stderr}${stdout}`.trimEnd()),
      );
    });
    if (options.input !== undefined) {
      // The command may exit without reading; that shows in its exit code.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(options.input);
    }
  });
}

/** How many compilers run at once. `MIRAGE_JOBS` sets it. */
export function jobs(): number {
  const chosen = Number(process.env.MIRAGE_JOBS ?? "2");
  return Number.isInteger(chosen) && chosen > 0 ? chosen : 2;
}

/** Calls `work` on each item, at most {@link jobs} at once; the first error stops the start of further ones. */
export async function parallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      const item = items[next++] as T;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs(), items.length) }, worker));
}
