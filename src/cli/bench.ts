/**
 * `mirage bench` on the command line: its options; the work is in tools/bench.
 *
 * @module
 */
import type { Argv } from "yargs";
import { ExitCode, UsageError } from "../build/errors.ts";

/** All long options, for the nearest one when one is unknown. */
export const benchOptions = ["report", "json", "only"] as const;

export function describeBench(command: Argv): Argv {
  const text = (describe: string) => ({ type: "string", requiresArg: true, describe }) as const;
  return command
    .usage(
      "mirage bench [--report FILE] [--json FILE] [--only PART,...]\n\nMeasures this machine: interpreter, frames, throughput by frame size, latency, TCP, goodput by loss, memory, the cost of tracing. Exits with 1 when a goal is missed. Needs Mirage's source tree.",
    )
    .option("report", text("Write an HTML page with plots"))
    .option("json", text("Write the figures as JSON"))
    .option("only", text("Parts, as sizes,latency; all if not given"))
    .example("mirage bench --report bench.html", "all of it, in some minutes")
    .example("mirage bench --only sizes,latency,goodput --report echo.html", "three plots");
}

/** Loaded when it is asked for: other commands start without it. */
export async function bench(
  word: (name: (typeof benchOptions)[number]) => string | undefined,
): Promise<number> {
  const only = word("only")?.split(",") ?? [];
  if (only.includes("")) {
    throw new UsageError("--only: names with commas between, as sizes,latency.");
  }
  const { runBench } = await import("../../tools/bench/command.ts");
  return (await runBench({ only, report: word("report"), json: word("json") })) ? ExitCode.Ok : 1;
}
