/**
 * What `mirage compare` is asked for, checked before anything is started.
 *
 * @module
 */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, UsageError } from "../../src/build/errors.ts";
import type { Offloads } from "./jobs.ts";
import type { Settings } from "./results.ts";
import type { Workload } from "./workload.ts";
import { workloads } from "./workloads/index.ts";

/** As the command line has it. */
export interface CompareArguments {
  readonly image: string | undefined;
  readonly sysdir: string | undefined;
  readonly headers: string | undefined;
  readonly accel: string | undefined;
  readonly from: string | undefined;
  readonly read: string | undefined;
  readonly rounds: string | undefined;
  readonly seconds: string | undefined;
  readonly only: string | undefined;
  readonly offloads: string | undefined;
  readonly json: string | undefined;
  readonly html: string | undefined;
  readonly against: string | undefined;
  readonly markdown: boolean;
  readonly quick: boolean;
  readonly source: boolean;
}

/** Where the client of a FreeBSD guest is. */
export type From = "jail" | "outside";

export interface CompareOptions {
  readonly image: string | undefined;
  readonly sysdir: string | undefined;
  readonly headers: string | undefined;
  readonly accel: string;
  /** Undefined: all that are open. */
  readonly from: readonly From[] | undefined;
  /** What compare.sh printed on FreeBSD, or `--json` wrote. */
  readonly read: string | undefined;
  readonly settings: Settings;
  readonly workloads: readonly Workload[];
  readonly offloads: Offloads;
  readonly json: string | undefined;
  readonly html: string | undefined;
  /** An earlier run's JSON. */
  readonly against: string | undefined;
  readonly markdown: boolean;
  readonly source: boolean;
}

/** Nine rounds are the fewest whose intervals leave out the highest and the lowest. */
const standard = { rounds: 9, seconds: 1, warmup: 0.3 };
const quick = { rounds: 3, seconds: 0.2, warmup: 0.05 };
const limits = { rounds: 1000, seconds: 600 };
const ways: readonly From[] = ["jail", "outside"];

function rounds(text: string | undefined): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (!/^[1-9]\d{0,5}$/.test(text) || Number(text) > limits.rounds) {
    throw new UsageError(`--rounds ${text}: a whole number from 1 to ${limits.rounds} is wanted.`);
  }
  return Number(text);
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const value = Number(text);
  if (!/^\d{1,4}(\.\d{1,3})?$/.test(text) || value < 0.05 || value > limits.seconds) {
    throw new UsageError(
      `--seconds ${text}: a number from 0.05 to ${limits.seconds} is wanted, as 2 or 0.5: what one measurement takes.`,
    );
  }
  return value;
}

/** A list of names out of those that there are, in their order. */
function names<T>(
  option: string,
  text: string | undefined,
  all: readonly T[],
  name: (one: T) => string,
): readonly T[] {
  if (text === undefined) {
    return all;
  }
  const wanted = text.split(",").map((word) => word.trim());
  const unknown = wanted.find((word) => !all.some((one) => name(one) === word));
  if (unknown !== undefined) {
    throw new UsageError(
      `--${option} ${text}: there is no ${unknown === "" ? "empty name" : unknown}; there is ${all.map(name).join(", ")}.`,
    );
  }
  return all.filter((one) => wanted.includes(name(one)));
}

function offloads(text: string | undefined): Offloads {
  if (text === undefined || text === "both" || text === "on" || text === "off") {
    return text ?? "both";
  }
  throw new UsageError(`--offloads ${text}: there is on, off and both.`);
}

/** A file that can be written later. */
function output(option: string, file: string | undefined): string | undefined {
  if (file === undefined) {
    return undefined;
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new UsageError(`--${option} ${file}: is a folder; a file is wanted.`);
  }
  if (!existsSync(dirname(file))) {
    throw new UsageError(`--${option} ${file}: there is no folder ${dirname(file)}.`);
  }
  try {
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (error) {
    throw new UsageError(`--${option} ${file}: cannot be written: ${messageOf(error)}`);
  }
  return file;
}

/** A file that is there. */
function input(option: "read" | "against", file: string | undefined): string | undefined {
  if (file !== undefined && statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    const what = option === "read" ? ", or what sh compare.sh printed on FreeBSD" : "";
    throw new UsageError(`--${option} ${file}: no such file. It is what --json wrote${what}.`);
  }
  return file;
}

function sourceTree(sysdir: string | undefined): string | undefined {
  if (sysdir !== undefined && !existsSync(join(sysdir, "sys/param.h"))) {
    throw new UsageError(
      `--sysdir ${sysdir}: is no source of FreeBSD's kernel: there is no sys/param.h in it. As /usr/src/sys.`,
    );
  }
  return sysdir;
}

/** Options that have no use in this combination. */
function checkTogether(args: CompareArguments): void {
  if (args.source) {
    const unused = (
      [
        "image",
        "headers",
        "accel",
        "from",
        "read",
        "rounds",
        "seconds",
        "only",
        "offloads",
        "against",
      ] as const
    ).find((name) => args[name] !== undefined);
    if (unused !== undefined || args.quick) {
      throw new UsageError(`--source measures nothing: --${unused ?? "quick"} has no use beside it.`);
    }
    return;
  }
  if (args.read !== undefined) {
    const unused = (
      ["image", "sysdir", "headers", "accel", "from", "rounds", "seconds", "only", "offloads"] as const
    ).find((name) => args[name] !== undefined);
    if (unused !== undefined || args.quick) {
      throw new UsageError(
        `--read takes what was measured: --${unused ?? "quick"} has no use beside it; compare.sh has options of its own.`,
      );
    }
    input("read", args.read);
  } else if (args.image === undefined) {
    const unused = (["sysdir", "headers", "accel", "from"] as const).find((name) => args[name] !== undefined);
    if (unused !== undefined) {
      throw new UsageError(
        `--${unused} is for a FreeBSD guest: --image IMG names one.${unused === "sysdir" ? " Or --source, to compare the sources." : ""}`,
      );
    }
  }
}

/** @throws UsageError that says what is wrong and what would be right. */
export function checkOptions(args: CompareArguments): CompareOptions {
  checkTogether(args);
  const { image } = args;
  if (image !== undefined && statSync(image, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new UsageError(
      `--image ${image}: no such file. It is a disk image of FreeBSD, as for mirage vm-test.`,
    );
  }
  const defaults = args.quick ? quick : standard;
  return {
    image,
    sysdir: sourceTree(args.sysdir),
    headers: args.headers,
    accel: args.accel ?? "auto",
    from: args.from === undefined ? undefined : names("from", args.from, ways, (way) => way),
    read: args.read,
    settings: {
      rounds: rounds(args.rounds) ?? defaults.rounds,
      seconds: seconds(args.seconds) ?? defaults.seconds,
      warmup: defaults.warmup,
      quick: args.quick,
    },
    workloads: names("only", args.only, workloads, (workload) => workload.id),
    offloads: offloads(args.offloads),
    json: output("json", args.json),
    html: output("html", args.html),
    against: input("against", args.against),
    markdown: args.markdown,
    source: args.source,
  };
}
