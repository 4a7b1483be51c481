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

/** Who gets a program's output, as it comes. */
export interface OutputListeners {
  /** Standard output, a character for each byte. */
  readonly onOutput?: ((text: string) => void) | undefined;
  readonly onError?: ((text: string) => void) | undefined;
}

/**
 * Runs `executable` to its end; its exit code, or 128 + the signal that killed it. `listeners` get what it writes, in
 * place of our own output.
 */
export function runProgram(
  executable: string,
  args: readonly string[],
  listeners: OutputListeners = {},
): Promise<number> {
  const { onOutput, onError } = listeners;
  return new Promise((resolve, reject) => {
    let child: ChildProcess | undefined;
    const handlers = new Map<NodeJS.Signals, () => void>();
    for (const signal of forwarded) {
      handlers.set(signal, () => child?.kill(signal));
    }
    // A terminal sends Ctrl-C to both of us; two of them could mean more to the program than one.
    handlers.set("SIGINT", () => {
      setTimeout(() => child?.kill("SIGINT"), process.stdin.isTTY === true ? interruptDelay : 0).unref();
    });
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
    });
    child.stdout?.setEncoding("latin1").on("data", onOutput ?? (() => {}));
    child.stderr?.setEncoding("utf8").on("data", onError ?? (() => {}));
    const done = () => {
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
