/**
 * `mirage compare` on the command line: its options; the work is in tools/compare.
 *
 * @module
 */
import type { Argv } from "yargs";

/** All long options, for the nearest one when one is unknown. */
export const compareOptions = [
  ...["image", "sysdir", "headers", "accel", "from"],
  ...["rounds", "seconds", "only", "offloads", "quick"],
  ...["read", "against", "source", "json", "html", "markdown"],
] as const;

export function describeCompare(command: Argv): Argv {
  const text = (describe: string) => ({ type: "string", requiresArg: true, describe }) as const;
  return command
    .usage(
      "mirage compare [options]\n       mirage compare --image IMG [--sysdir DIR | --headers DIR] [options]\n       mirage compare --read FILE\n       mirage compare --source [--sysdir DIR]\n\nRuns the same work on Mirage and on the native network stack in turns, and reports ratios with an interval of confidence: on Linux in network namespaces (as root), with --image in a FreeBSD guest. --source compares size, complexity and tests of their sources.",
    )
    .option("image", text("Disk image of FreeBSD, as for vm-test: compare in that kernel"))
    .option("sysdir", text("Source of FreeBSD's kernel: to build modules for --image, to count for --source"))
    .option("headers", text("For --image, without source: headers, as for build"))
    .option("accel", text("For --image, as for vm-test; tcg-icount compares by instructions"))
    .option("from", text("For --image, where the client is: jail,outside; both if not given"))
    .option("rounds", text("How often both sides do all; 9 if not given, 3 with --quick"))
    .option("seconds", text("For each measurement; 1 if not given, 0.2 with --quick"))
    .option("only", text("Workloads, as icmp-echo,tcp-in; all if not given"))
    .option("offloads", text("on, off, or both (where they matter); both if not given"))
    .option("quick", { type: "boolean", describe: "Short and rough: does it work?" })
    .option("read", text("Measure nothing: read what sh compare.sh printed on FreeBSD, or --json wrote"))
    .option("source", { type: "boolean", describe: "Compare sources; nothing is measured" })
    .option("against", text("An earlier run's JSON: say whether the two agree"))
    .option("json", text("File for all rounds"))
    .option("html", text("File for a report with plots"))
    .option("markdown", { type: "boolean", describe: "Tables in Markdown" })
    .example("sudo mirage compare", "Linux's stack and Mirage on a tap")
    .example("mirage compare --only udp-echo --rounds 15 --json udp.json", "one workload, closer")
    .example("mirage compare --image freebsd.img --sysdir /usr/src/sys", "FreeBSD's stack and mirage.ko")
    .example("mirage compare --source --sysdir /usr/src/sys", "lines, complexity, tests");
}

/** Loaded when it is asked for: other commands start without it. */
export async function compare(
  word: (name: (typeof compareOptions)[number]) => string | undefined,
  set: (name: "quick" | "source" | "markdown") => boolean,
): Promise<number> {
  const { compareStacks } = await import("../../tools/compare/command.ts");
  return compareStacks({
    image: word("image"),
    sysdir: word("sysdir"),
    headers: word("headers"),
    accel: word("accel"),
    from: word("from"),
    read: word("read"),
    rounds: word("rounds"),
    seconds: word("seconds"),
    only: word("only"),
    offloads: word("offloads"),
    json: word("json"),
    html: word("html"),
    against: word("against"),
    markdown: set("markdown"),
    quick: set("quick"),
    source: set("source"),
  });
}
