/**
 * `mirage trace`: runs one of the scripts in `dtrace/`, on FreeBSD against the kernel's program, on Linux its twin
 * against a process.
 *
 * @module
 */
import { BuildError, ExitCode, UsageError } from "../build/errors.ts";
import { traceProcess } from "./trace-bpftrace.ts";
import { traceKernel } from "./trace-dtrace.ts";
import { checkArguments, describeScripts, findScript } from "./trace-scripts.ts";

export interface TraceChoice {
  /** Name of a script. */
  readonly name: string | undefined;
  /** On Linux: number of a process, or an executable. */
  readonly program: string | undefined;
  /** Only say which scripts there are. */
  readonly list: boolean;
  /** The file of a flame graph, in place of a script's output. */
  readonly flame: string | undefined;
  readonly seconds: string | undefined;
  readonly from: string | undefined;
  /** The script's own arguments. */
  readonly words: readonly string[];
}

/** Runs it to its end; the exit code. */
export async function trace(choice: TraceChoice): Promise<number> {
  const { name, program, list, flame, seconds, from, words } = choice;
  if (list) {
    process.stdout.write(describeScripts());
    return ExitCode.Ok;
  }
  if (flame !== undefined) {
    if (name !== undefined) {
      throw new UsageError(`--flame runs flame.d by itself; leave out ${name}.`);
    }
    const { traceFlame } = await import("./trace-flame.ts");
    return traceFlame({ file: flame, seconds, program, from });
  }
  if (seconds !== undefined || from !== undefined) {
    throw new UsageError(
      "--seconds and --from go with --flame FILE; how often a script prints is its own argument, as in mirage trace frames 1.",
    );
  }
  if (name === undefined) {
    throw new UsageError("which script? mirage trace --list names all.");
  }
  const script = findScript(name);
  checkArguments(script, words);
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
