/**
 * Reads what test/freebsd/compare.sh prints.
 *
 * @module
 */
import { BuildError } from "../../src/build/errors.ts";
import { compare, type Job, type Sample } from "./jobs.ts";
import { countsOf } from "./load.ts";
import type { Fact, Machine, Scenario, Settings } from "./results.ts";
import { median } from "./statistics.ts";

export interface Measured {
  /** As `FreeBSD 14.0-STABLE (1400507)`. */
  readonly system: string;
  readonly cpus: number;
  readonly samples: readonly Sample[];
  readonly settings: Settings;
  readonly machine: Machine;
  /** It runs in an emulator that FreeBSD knows no name for, as QEMU without KVM. */
  readonly emulated: boolean;
  /** Each value that was found of a fact. */
  readonly facts: ReadonlyMap<string, readonly number[]>;
}

/** As `sysctl vm.loadavg` prints it. */
function loadAverage(text: string | undefined): [number, number, number] {
  const [one = Number.NaN, five = Number.NaN, fifteen = Number.NaN] = (text ?? "").split(" ").map(Number);
  return [one, five, fifteen];
}

/** @throws BuildError if there is nothing in it. */
export function readMeasured(text: string, from: string): Measured {
  const samples: Sample[] = [];
  const facts = new Map<string, number[]>();
  for (const [, round, side, job, counts] of text.matchAll(
    /^measured (\d+) (native|mirage) (\S+) (\{.*\})$/gm,
  )) {
    samples.push({
      job: job!,
      round: Number(round),
      side: side as "native" | "mirage",
      counts: countsOf(counts!, `${from}, measured ${round} ${side} ${job}`),
    });
  }
  for (const [, name, value] of text.matchAll(/^fact (\S+) (\d+)$/gm)) {
    facts.set(name!, [...(facts.get(name!) ?? []), Number(value)]);
  }
  const [, system, cpus] = /^system (.+) (\d+)$/m.exec(text) ?? [];
  const [, rounds, seconds, warmup] = /^settings (\d+) (\d+) (\d+)$/m.exec(text) ?? [];
  const [, guest, model] = /^machine (\S+) (.*)$/m.exec(text) ?? [];
  if (system === undefined || rounds === undefined || model === undefined || samples.length === 0) {
    throw new BuildError(
      `${from}: has no measurements in it; sh compare.sh prints lines "system ..." and "measured ...".`,
    );
  }
  const loads = [...text.matchAll(/^load \{ ([\d. ]+) \}$/gm)].map(([, average]) => average);
  return {
    system,
    cpus: Number(cpus),
    samples,
    facts,
    settings: {
      rounds: Number(rounds),
      seconds: Number(seconds) / 1000,
      warmup: Number(warmup) / 1000,
      quick: false,
    },
    machine: {
      processor: `${cpus} x ${model}`,
      cpus: Number(cpus),
      system,
      loadBefore: loadAverage(loads[0]),
      loadAfter: loadAverage(loads[1]),
    },
    emulated: guest === "generic",
  };
}

/** Which facts there are, and how they are shown. */
const known: Readonly<Record<string, { title: string; unit: string; scale: number }>> = {
  start: { title: "From run=1 to the first answer to a datagram, median", unit: "ms", scale: 1e6 },
  memory: {
    title: "Kernel memory of an idle instance of udp-echo, without its stack",
    unit: "KiB",
    scale: 1024,
  },
  module: { title: "mirage.ko with udp-echo, loaded", unit: "KiB", scale: 1024 },
};

function factsOf(measured: Measured): Fact[] {
  return Object.entries(known).flatMap(([name, { title, unit, scale }]) => {
    const values = measured.facts.get(name);
    return values === undefined ? [] : [{ title, value: median(values) / scale, unit }];
  });
}

/** The way over epair(4) and mirage0, of jobs that may be more than were done. */
export function jailScenario(
  measured: Measured,
  jobs: readonly Job[],
  emulated: boolean,
  notes: readonly string[] = [],
): Scenario {
  return {
    id: "jail",
    title: "FreeBSD: a vnet jail over epair(4), and mirage0",
    system: measured.system,
    cpus: measured.cpus,
    emulated,
    native:
      "The kernel's stack in a vnet jail, over epair(4), which hands on frames of the MTU (1500 bytes) only; for UDP and TCP a C process of one thread that polls its sockets.",
    mirage:
      "mirage.ko: a program in the kernel, on mirage0, which hands on packets of up to 64 KiB (TSO, LRO).",
    notes: [
      "CPU time is all that the machine's CPUs did, the client's among it (kern.cp_time).",
      "Without offloads: mirage0 has TSO and LRO off, so that both sides move frames of 1500 bytes: like with like. epair has neither at any time.",
      ...notes,
    ],
    comparisons: compare(jobs, measured.samples),
    facts: factsOf(measured),
  };
}
