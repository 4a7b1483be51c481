/** The cost of tracing: echoes a second with probes left out, with none enabled, with those of a family enabled by bpftrace(8). */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../src/build/paths.ts";
import { obstacles, tracingFacts } from "../../src/cli/trace-bpftrace.ts";
import { probesOf } from "../../src/cli/trace-process.ts";
import type { Ratio, Section } from "../../src/report/model.ts";
import { arp } from "../../test/support/fuzz.ts";
import { atEnd } from "../cleanup.ts";
import { parseProbes } from "../probes-doc.ts";
import { build, buildTool } from "./build.ts";
import { hex, icmp, OPTIONS, udp } from "./echoes.ts";
import { instructionsPerFrame } from "./frames.ts";
import type { PartResult } from "./part.ts";
import { formatTable, median } from "./table.ts";

const ROUNDS = 7;
const FRAMES = 20_000;
const BYTES = 64;
const PROGRAM = "examples/udp-echo";
/** Milliseconds in which a tracer attaches to some dozens of probes. */
const PATIENCE = 30_000;

const WORK = [
  { name: "ICMP echo, the stack (frame code)", frame: icmp(BYTES) },
  { name: "UDP echo, a socket (application code)", frame: udp(BYTES) },
];

const run = promisify(execFile);

type Condition = "left out" | "none enabled" | "frames" | "stack" | "language";

function probesOfFamily(family: string): string[] {
  const rows = parseProbes(readFileSync(join(packageRoot, "dtrace/probes.def"), "utf8"));
  return rows.filter((row) => row.family === family).map(({ name }) => name);
}

/** Counts each probe as long as it runs. */
class Tracer {
  private readonly process: ChildProcess;
  private readonly forget: () => void;
  private output = "";

  constructor(executable: string, probes: readonly string[]) {
    const places = probes.map((name) => `usdt:${executable}:mirage:${name}`).join(",");
    const script = `${places} { @[probe] = count(); } interval:ms:100 /@on == 0/ { @on = 1; printf("on\\n"); } END { clear(@on); }`;
    this.process = spawn("bpftrace", ["-q", "-e", script], { stdio: ["ignore", "pipe", "pipe"] });
    this.forget = atEnd(() => this.process.kill("SIGKILL"));
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.setEncoding("utf8").on("data", (part: string) => {
        this.output += part;
      });
  }

  async attached(): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (!/^on$/m.test(this.output)) {
      if (this.process.exitCode !== null || Date.now() > end) {
        throw new Error(`bpftrace does not attach: ${this.output.trim().split("\n").at(-1)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends it; how often all of its probes fired. */
  async fired(): Promise<number> {
    if (this.process.exitCode === null) {
      const gone = once(this.process, "close");
      // One that comes while it still attaches is forgotten.
      const again = setInterval(() => this.process.kill("SIGINT"), 500);
      const hard = setTimeout(() => this.process.kill("SIGKILL"), PATIENCE);
      this.process.kill("SIGINT");
      await gone;
      clearInterval(again);
      clearTimeout(hard);
    }
    this.forget();
    return [...this.output.matchAll(/^@\[.*\]: (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  }
}

interface Echoes {
  /** Of the program and of the kernel for it, from the first answer to the last: other work on the machine does not change it. */
  readonly eachCpuSecond: number;
  readonly eachSecond: number;
}

interface Measured extends Echoes {
  /** Probes that fired for each echo. */
  readonly fired: number;
}

export async function benchTracing(): Promise<PartResult> {
  const peer = buildTool("fdpeer");
  const shipped = build(PROGRAM);
  const without = build(PROGRAM, "noprobes");
  const known = probesOf(shipped);
  const why = obstacles(tracingFacts());
  const families = why.length > 0 ? [] : (["frames", "stack", "language"] as const);
  const conditions: Condition[] = ["left out", "none enabled", ...families];

  const echoes = async (executable: string, frame: Uint8Array): Promise<Echoes> => {
    const words = [String(FRAMES), hex(arp(1)), hex(frame), "--", executable, ...OPTIONS];
    const { stdout } = await run(peer, words);
    const { answers, streamNs, cpuNs } = JSON.parse(stdout) as Record<
      "answers" | "streamNs" | "cpuNs",
      number
    >;
    return { eachCpuSecond: ((answers - 1) / cpuNs) * 1e9, eachSecond: ((answers - 1) / streamNs) * 1e9 };
  };
  const measure = async (condition: Condition, frame: Uint8Array): Promise<Measured> => {
    if (condition === "left out") return { ...(await echoes(without, frame)), fired: 0 };
    if (condition === "none enabled") return { ...(await echoes(shipped, frame)), fired: 0 };
    const tracer = new Tracer(
      shipped,
      probesOfFamily(condition).filter((name) => known.includes(name)),
    );
    try {
      await tracer.attached();
      const value = await echoes(shipped, frame);
      return { ...value, fired: (await tracer.fired()) / FRAMES };
    } finally {
      await tracer.fired();
    }
  };

  const bars: Ratio[] = [];
  const rows: string[][] = [];
  const figures: Record<string, unknown>[] = [];
  for (const { name, frame } of WORK) {
    const found = new Map<Condition, Measured[]>(conditions.map((condition) => [condition, []]));
    for (let round = 0; round < ROUNDS; round++) {
      // Each goes first as often as the others.
      const turn = round % conditions.length;
      for (const condition of [...conditions.slice(turn), ...conditions.slice(0, turn)]) {
        found.get(condition)?.push(await measure(condition, frame));
      }
    }
    const base = (found.get("left out") ?? []).map((one) => one.eachCpuSecond);
    const instructions = {
      without: instructionsPerFrame(without, frame),
      with: instructionsPerFrame(shipped, frame),
    };
    for (const condition of conditions) {
      const all = found.get(condition) ?? [];
      const fired = median(all.map((one) => one.fired));
      if (condition === "frames" && fired < 2) {
        throw new Error(`${name}: ${fired} probes fired for each echo; netif-rx and netif-tx alone make two`);
      }
      const rates = all.map((one) => one.eachCpuSecond);
      const ratios = rates.map((value, i) => value / (base[i] ?? Number.NaN));
      const [ratio, low, high] = [median(ratios), Math.min(...ratios), Math.max(...ratios)];
      const label =
        condition === "left out" || condition === "none enabled" ? condition : `${condition} probes on`;
      const count =
        condition === "left out"
          ? instructions.without
          : condition === "none enabled"
            ? instructions.with
            : undefined;
      if (condition !== "left out")
        bars.push({ label: `${name}: ${label}`, ratio, low, high, better: "higher" });
      rows.push([
        `${name}: ${label}`,
        Math.round(median(rates)).toLocaleString("en-US"),
        condition === "left out" ? "1" : ratio.toFixed(3),
        condition === "left out" ? "" : `${low.toFixed(3)}-${high.toFixed(3)}`,
        Math.round(median(all.map((one) => one.eachSecond))).toLocaleString("en-US"),
        fired.toFixed(1),
        count === undefined ? "" : count.toFixed(1),
      ]);
      figures.push({
        echoesEachSecond: all.map((one) => one.eachSecond),
        work: name,
        condition,
        rates,
        ratio,
        low,
        high,
        firedEachEcho: fired,
        instructionsEachEcho: count,
      });
    }
  }
  const head = [
    "probes",
    "echoes a CPU second",
    "against left out",
    "spread",
    "echoes a second",
    "fired, an echo",
    "instructions, an echo",
  ];
  console.log(`\nThe cost of tracing: echoes over a socket pair, ${ROUNDS} rounds of ${FRAMES}, in turns\n`);
  console.log(formatTable(head, rows));
  if (why.length > 0) console.log(`\nskipped: with probes enabled: ${why.join("; ")}`);
  const section: Section = {
    title: "The cost of tracing",
    text: [
      `Echoes over a socket pair for each second of CPU that the program had (its own and the kernel's for it), in turns: a program that was built without probes (but for what the interpreter does to know of language probes, which is the same in all), the program as it is with none enabled, and with all probes of a family counted by bpftrace. Medians of ${ROUNDS} rounds of ${FRAMES.toLocaleString("en-US")} echoes. On Linux each probe that fires is a trap into the kernel and back, most of the cost of those that are on. Instructions are callgrind's, of the program alone, while nobody traces.`,
      ...why.map((line) => `Not measured with probes enabled: ${line}.`),
    ],
    plot: {
      kind: "ratios",
      axis: "echoes a CPU second / the same without probes",
      spread: "least to greatest of the rounds",
      rows: bars,
    },
    table: { head, rows },
  };
  return { passed: true, figures: { rows: figures }, sections: [section] };
}
