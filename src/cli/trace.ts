/**
 * `mirage trace`: runs one of the scripts in `dtrace/`, on FreeBSD against the kernel's program, on Linux its twin
 * against a process.
 *
 * @module
 */
import { BuildError, ExitCode, UsageError } from "../build/errors.ts";
import { traceProcess } from "./trace-bpftrace.ts";
import { traceKernel } from "./trace-dtrace.ts";
import { describeScripts, findScript } from "./trace-scripts.ts";

export interface TraceChoice {
  /** Name of a script. */
  readonly name: string | undefined;
  /** On Linux: number of a process, or an executable. */
  readonly program: string | undefined;
  /** Only say which scripts there are. */
  readonly list: boolean;
  /** The script's own arguments. */
  readonly words: readonly string[];
}

/** Runs it to its end; the exit code. */
export async function trace({ name, program, list, words }: TraceChoice): Promise<number> {
  if (list) {
    process.stdout.write(describeScripts());
    return ExitCode.Ok;
  }
  if (name === undefined) {
    throw new UsageError("which script? mirage trace --list names all.");
  }
  const script = findScript(name);
  switch (process.platform) {
    case "freebsd":
      return traceKernel(script, program, words);
    case "linux":
      return traceProcess(script, program, words);
    default:
      throw new BuildError(
        `mirage trace is for FreeBSD (dtrace) and Linux (bpftrace); this is ${process.platform}.`,
      );
  }
}
