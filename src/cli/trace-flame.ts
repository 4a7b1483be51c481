/**
 * `mirage trace --flame`: a flame graph of the running program's CPU time, TypeScript and C in one picture.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { BuildError, ExitCode, messageOf, UsageError } from "../build/errors.ts";
import { checkWritable, flameReport, parseFolded, writeReport, writeResults } from "../report/index.ts";
import { elfSection } from "./elf-section.ts";
import { findTracedHere, traceQuietly } from "./trace-bpftrace.ts";
import { loadedModule, traceKernel } from "./trace-dtrace.ts";
import { type FrameCodeNames, foldSamples, frameCodeNames, profiledProgram } from "./trace-fold.ts";
import { readable } from "./trace-process.ts";
import { findScript } from "./trace-scripts.ts";

export interface FlameChoice {
  /** Where the picture goes: HTML; with the ending `.folded`, the stacks as text. */
  readonly file: string;
  /** How long to sample; undefined: until Ctrl-C. */
  readonly seconds: string | undefined;
  /** As of `mirage trace`; with `from`, the executable or the `mirage.ko` that was sampled. */
  readonly program: string | undefined;
  /** What `flame.d` printed elsewhere, or `--profile` wrote, in place of sampling here. */
  readonly from: string | undefined;
}

interface Samples {
  readonly printed: string;
  /** Names of frame code's functions. */
  readonly names: FrameCodeNames;
  readonly title: string;
}

function namesOf(file: string | undefined): FrameCodeNames {
  return file === undefined ? new Map() : frameCodeNames(file);
}

/** The program's own name: `mirage run` starts `udp-echo-0123456789ab/program`. */
function programName(executable: string): string {
  const kept = /([^/]+)-[0-9a-f]{12}\/program$/.exec(executable)?.[1];
  return kept ?? basename(executable);
}

function saved(from: string, program: string | undefined): Samples {
  let printed: string;
  try {
    printed = readFileSync(from, "latin1");
  } catch (error) {
    throw new UsageError(`--from ${from}: ${messageOf(error)}`);
  }
  const file = program ?? profiledProgram(printed);
  if (program !== undefined && elfSection(program, ".shstrtab") === undefined) {
    throw new UsageError(
      `--program ${program}: with --from it is the mirage.ko or the executable that was sampled, and this is no such file.`,
    );
  }
  return { printed, names: namesOf(file), title: `${programName(file ?? from)}: CPU time` };
}

/** Samples until Ctrl-C, or for so long. */
async function sampled(program: string | undefined, words: readonly string[]): Promise<Samples> {
  const script = findScript("flame");
  const parts: string[] = [];
  const take = (text: string) => {
    parts.push(text);
  };
  if (process.platform === "freebsd") {
    const status = await traceKernel(script, program, words, take);
    if (status !== 0) {
      throw new BuildError(`mirage trace --flame: dtrace ended with ${status}.`);
    }
    return { printed: parts.join(""), names: namesOf(loadedModule()), title: "mirage.ko: CPU time" };
  }
  const traced = findTracedHere(program);
  // While it is sure to be there: the program may end before the sampling does.
  const names = namesOf(readable(traced));
  const who = traced.pid === undefined ? "" : `, process ${traced.pid}`;
  await traceQuietly(script, traced, words, take);
  return {
    printed: parts.join(""),
    names,
    title: `${programName(traced.executable)}${who}: CPU time`,
  };
}

/** Writes the picture; the exit code. */
export async function traceFlame({ file, seconds, program, from }: FlameChoice): Promise<number> {
  if (seconds !== undefined && !/^[1-9][0-9]{0,4}$/.test(seconds)) {
    throw new UsageError(`--seconds ${seconds}: how many seconds to sample is a number from 1 to 99999.`);
  }
  if (from === undefined && process.platform !== "freebsd" && process.platform !== "linux") {
    throw new UsageError("mirage trace --flame needs --from here: what flame.d printed on FreeBSD or Linux.");
  }
  // Before it samples, rather than after.
  checkWritable(file);
  const { printed, names, title } =
    from === undefined
      ? await sampled(program, seconds === undefined ? [] : [seconds])
      : saved(from, program);
  const folded = foldSamples(printed, names);
  if (folded === "") {
    throw new BuildError(
      "no samples: the program slept all the time, or what was read is not flame.d's output nor --profile's.",
    );
  }
  if (file.endsWith(".folded")) {
    writeResults(file, folded);
  } else {
    // What was sampled elsewhere says nothing of this machine.
    const environment: [string, string][] | undefined = from === undefined ? undefined : [["samples", from]];
    await writeReport(file, flameReport(parseFolded(folded, from ?? "flame.d"), title, environment));
  }
  process.stdout.write(`${file}: ${title}\n`);
  return ExitCode.Ok;
}
