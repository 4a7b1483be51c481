/** TCP against the Linux kernel's own: the TCP workloads of `mirage compare` in short, held to a goal. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ratioOf } from "../../src/report/compare.ts";
import { atEnd } from "../cleanup.ts";
import { compare, jobsOf } from "../compare/jobs.ts";
import { LinuxRig, whyNoOffloads, whyNotLinux } from "../compare/linux.ts";
import type { Comparison } from "../compare/results.ts";
import { alternate } from "../compare/rounds.ts";
import { figure, interval, label, showRatio } from "../compare/tables.ts";
import { workloads } from "../compare/workloads/index.ts";
import type { PartResult } from "./part.ts";
import { formatTable } from "./table.ts";

const SETTINGS = { rounds: 5, seconds: 2, warmup: 0.3, quick: false };
/** Mirage / Linux, of the median of bulk transfers with offloads. */
const BULK_LEAST = 0.5;
const TITLE = "TCP: Mirage on a tap, Linux over a veth pair";
const HEAD = ["load", "Linux", "Mirage", "Mirage / Linux", "interval"];

function isMissed({ metric, offloads, ratio }: Comparison): boolean {
  return metric.id === "goodput" && offloads && !(ratio.median >= BULK_LEAST);
}

function row(comparison: Comparison): string[] {
  const { native, mirage, ratio } = comparison;
  return [
    label(comparison),
    figure(native.median),
    figure(mirage.median),
    `${showRatio(ratio.median)}${isMissed(comparison) ? ` MISSED ${BULK_LEAST}` : ""}`,
    interval(ratio),
  ];
}

async function measure(noOffloads: string | undefined): Promise<readonly Comparison[]> {
  const tcp = workloads.filter(({ id }) => id.startsWith("tcp-"));
  const jobs = jobsOf(tcp, noOffloads === undefined ? "both" : "on");
  const folder = mkdtempSync(join(tmpdir(), "mirage-bench-"));
  const remove = atEnd(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const rig = new LinuxRig(folder);
    try {
      await rig.prepare(jobs);
      const samples = await alternate(rig, jobs, SETTINGS, () => undefined);
      return compare(jobs, samples).filter(({ metric }) => metric.better === "higher");
    } finally {
      rig.remove();
    }
  } finally {
    remove();
  }
}

/**
 * TCP on a tap against the kernel's own; prints why not where no namespace can be made. Not passed: bulk through offloads
 * ran at less than `BULK_LEAST` of the kernel's rate.
 */
export async function benchTcp(): Promise<PartResult> {
  const { rounds, seconds } = SETTINGS;
  console.log(`\n${TITLE}, in turns (medians of ${rounds} x ${seconds} s)\n`);
  const reason = whyNotLinux();
  if (reason !== undefined) {
    console.log(`skipped: ${reason}`);
    return { passed: true, figures: { skipped: reason }, sections: [{ title: TITLE, skipped: reason }] };
  }
  const noOffloads = whyNoOffloads();
  const comparisons = await measure(noOffloads);
  const rows = comparisons.map(row);
  // A side that came to nothing in a round has no bar, but its row in the table.
  const bars = comparisons
    .map((comparison) => ratioOf(comparison, label(comparison)))
    .filter((bar) => bar !== undefined);
  console.log(formatTable(HEAD, rows));
  if (noOffloads !== undefined) {
    console.log(`\nskipped: without offloads: ${noOffloads}`);
  }
  return {
    passed: !comparisons.some(isMissed),
    figures: comparisons,
    sections: [
      {
        title: TITLE,
        text: [`Medians of ${rounds} rounds of ${seconds} s; mirage compare measures the same, and more.`],
        ...(bars.length === 0
          ? {}
          : {
              plot: {
                kind: "ratios",
                axis: "Mirage / Linux",
                spread: "interval of the median",
                rows: bars,
              } as const,
            }),
        table: { head: HEAD, rows },
      },
    ],
  };
}
