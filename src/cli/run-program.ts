/**
 * Runs a built program in the foreground: its signals, its output and its exit code are the command's own.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { BuildError } from "../build/errors.ts";

/** Passed on to the program as they come. */
const forwarded = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGQUIT"] as const;

/** Milliseconds in which a program that got Ctrl-C from the terminal itself has ended, or gets it from us. */
const interruptDelay = 500;

/** Who gets a program's output, as it comes, and its signals. */
export interface RunChoice {
  /** Standard output, a character for each byte. */
  readonly onOutput?: ((text: string) => void) | undefined;
  readonly onError?: ((text: string) => void) | undefined;
  /**
   * In a session of its own: Ctrl-C at the terminal reaches it by way of us only, and so once. A tracer takes a second one as
   * an order to end without printing what it found.
   */
  readonly apart?: boolean;
  /** What our own environment need not have. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs `executable` to its end; its exit code, or 128 + the signal that killed it. `onOutput` and `onError` get what it writes, in
 * place of our own output.
 */
export function runProgram(
  executable: string,
  args: readonly string[],
  { onOutput, onError, apart = false, env = {} }: RunChoice = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    let child: ChildProcess | undefined;
    const handlers = new Map<NodeJS.Signals, () => void>();
    for (const signal of forwarded) {
      handlers.set(signal, () => child?.kill(signal));
    }
    // A terminal sends Ctrl-C to both of us; two of them could mean more to the program than one.
    handlers.set("SIGINT", () => {
      const delay = !apart && process.stdin.isTTY === true ? interruptDelay : 0;
      setTimeout(() => child?.kill("SIGINT"), delay).unref();
    });
    const killApart = (): void => {
      child?.kill("SIGKILL");
    };
    if (apart) {
      process.on("exit", killApart);
    }
    // Before the program begins: it may be known to run, and be sent a signal, before spawn() returns here.
    for (const [signal, handler] of handlers) {
      process.on(signal, handler);
    }
    child = spawn(executable, args, {
      stdio: [
        "inherit",
        onOutput === undefined ? "inherit" : "pipe",
        onError === undefined ? "inherit" : "pipe",
      ],
      detached: apart,
      env: { ...env, ...process.env },
    });
    child.stdout?.setEncoding("latin1").on("data", onOutput ?? (() => {}));
    child.stderr?.setEncoding("utf8").on("data", onError ?? (() => {}));
    const done = () => {
      process.removeListener("exit", killApart);
      for (const [signal, handler] of handlers) {
        process.removeListener(signal, handler);
      }
    };
    child.on("error", (error) => {
      done();
      reject(new BuildError(`cannot run ${executable}: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      done();
      resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]);
    });
  });
}
