/** A running program: its output as it comes, statistics on request, and its end. */
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";

export class RunningProgram {
  stdout = "";
  stderr = "";
  readonly ended: Promise<{ status: number | null; signal: NodeJS.Signals | null }>;
  readonly #changed: (() => void)[] = [];

  constructor(readonly child: ChildProcess) {
    const collect = (stream: Readable | null, add: (text: string) => void): void => {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        add(text);
        for (const wake of this.#changed.splice(0)) {
          wake();
        }
      });
    };
    collect(child.stdout, (text) => {
      this.stdout += text;
    });
    collect(child.stderr, (text) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      child.on("close", (status, signal) => {
        resolve({ status, signal });
        for (const wake of this.#changed.splice(0)) {
          wake();
        }
      });
    });
  }

  /** Resolves when all output so far matches; rejects when the program ends, or after `seconds`, without that. */
  async output(pattern: RegExp, seconds = 30): Promise<RegExpMatchArray> {
    const until = Date.now() + seconds * 1000;
    for (;;) {
      const match = (this.stdout + this.stderr).match(pattern);
      if (match) {
        return match;
      }
      if (this.child.exitCode !== null || Date.now() > until) {
        throw new Error(`no ${pattern} in the program's output:\n${this.stdout}${this.stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#changed.push(resolve);
        setTimeout(resolve, 200);
      });
    }
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<number | null> {
    this.child.kill(signal);
    return (await this.ended).status;
  }
}

/** Value of one statistic in what a program printed, or `undefined`. */
export function statistic(text: string, name: string): number | undefined {
  const match = text.match(new RegExp(`^\\s*${name.replaceAll(".", "\\.")}\\s+(\\d+)\\b`, "m"));
  return match ? Number(match[1]) : undefined;
}
