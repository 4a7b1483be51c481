/**
 * `node dist/bench-kernel.js --image IMG [--json FILE] [--rounds N] [options of mirage build -t kfreebsd]`: Mirage against FreeBSD's own
 * stack on a real kernel (test/freebsd/measure.sh, in QEMU), as a table of medians over rounds, and as JSON with every round.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../src/build/paths.ts";
import { formatTable, median } from "./table.ts";

/** One line of measure.sh: who answered, what was measured, and the numbers by name. */
interface Measurement {
  readonly who: string;
  readonly what: string;
  readonly values: Readonly<Record<string, number>>;
}

export function measurements(console: string): Measurement[] {
  return [...console.matchAll(/^measured (\w+) (\S+) (.*)$/gm)].map(([, who, what, rest]) => {
    const words = rest!.trim().split(/\s+/);
    const values: Record<string, number> = {};
    for (let i = 0; i + 1 < words.length; i += 2) {
      const hex = words[i]!.endsWith("_hex");
      values[hex ? words[i]!.slice(0, -4) : words[i]!] = Number.parseInt(words[i + 1]!, hex ? 16 : 10);
    }
    return { who: who!, what: what!, values };
  });
}

const microseconds = (ns: number): string => (ns / 1000).toFixed(0);

/** Rows of the table: the median of each figure, native and Mirage, and the median of the rounds' ratios. */
function compare(all: readonly Measurement[]): string[][] {
  const rows: string[][] = [];
  const row = (
    what: string,
    label: string,
    value: (m: Measurement) => number,
    show: (n: number) => string,
  ): void => {
    const of = (who: string): number[] => all.filter((m) => m.who === who && m.what === what).map(value);
    const native = of("native");
    const mirage = of("mirage");
    const ratios = mirage.map((n, i) => n / native[i]!);
    rows.push([
      label,
      show(median(native)),
      show(median(mirage)),
      median(ratios).toFixed(2),
      `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`,
    ]);
  };
  for (const protocol of ["icmp", "udp"]) {
    for (const size of [64, 1400]) {
      const name = `${protocol.toUpperCase()} ${size} bytes`;
      row(`rtt-${protocol}-${size}`, `${name}: round trip, median, us`, (m) => m.values.p50!, microseconds);
      row(`rtt-${protocol}-${size}`, `${name}: round trip, p99, us`, (m) => m.values.p99!, microseconds);
      const flood = `flood-${protocol}-${size}`;
      row(
        flood,
        `${name}: echoes a second`,
        (m) => (m.values.received! / m.values.ns!) * 1e9,
        (n) => n.toFixed(0),
      );
      // Ticks of kern.cp_time, a share of all; per echo, so that who does more in the time is not blamed for it.
      row(
        flood,
        `${name}: CPU, us an echo`,
        (m) => {
          const { cpu_user, cpu_system, cpu_interrupt, cpu_idle, ns, received } = m.values;
          const busy = cpu_user! + cpu_system! + cpu_interrupt!;
          return ((busy / (busy + cpu_idle!)) * cpuCount(all) * ns!) / received!;
        },
        microseconds,
      );
    }
  }
  return rows;
}

function cpuCount(all: readonly Measurement[]): number {
  return all.find((m) => m.what === "kernel")?.values.cpus ?? 1;
}

/** Echoes that were not answered, by who answers. */
function losses(all: readonly Measurement[]): string {
  const lost = (who: string): string => {
    const of = all.filter((m) => m.who === who && m.values.sent !== undefined);
    const sum = (name: string): number => of.reduce((n, m) => n + m.values[name]!, 0);
    return `${who} ${sum("sent") - sum("received")} of ${sum("sent")}`;
  };
  return `Unanswered: ${lost("native")}, ${lost("mirage")}`;
}

function report(all: readonly Measurement[]): string {
  const one = (what: string): Readonly<Record<string, number>> =>
    all.find((m) => m.what === what)?.values ?? {};
  const starts = all.filter((m) => m.what === "start").map((m) => m.values.first!);
  const idle = one("memory-idle");
  return [
    formatTable(["", "native", "Mirage", "ratio", "spread"], compare(all)),
    "",
    losses(all),
    `run=1 to the first UDP answer: median ${(median(starts) / 1e6).toFixed(1)} ms of ${starts.length} starts`,
    `Memory of an idle instance: ${((idle.malloc! + idle.zones!) / 1024).toFixed(0)} KiB and its thread's stack, ` +
      `beside the module itself, ${((one("kernel").module ?? 0) / 1024).toFixed(0)} KiB`,
    `stats.copies: ${one("counters").copies}`,
    `FreeBSD ${one("kernel").version}, ${cpuCount(all)} CPUs`,
  ].join("\n");
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      image: { type: "string" },
      json: { type: "string" },
      rounds: { type: "string", default: "5" },
      sysdir: { type: "string" },
      headers: { type: "string" },
    },
  });
  if (values.image === undefined) {
    process.stderr.write(
      "usage: bench-kernel --image IMG [--rounds N] [--json FILE] [--sysdir DIR | --headers DIR]\n",
    );
    return 64;
  }
  const folder = mkdtempSync(join(tmpdir(), "mirage-bench-"));
  try {
    const built = spawnSync(
      "sh",
      [
        join(packageRoot, "tools/freebsd-suite.sh"),
        folder,
        ...(["sysdir", "headers"] as const).flatMap((name) =>
          values[name] === undefined ? [] : [`--${name}`, values[name]],
        ),
      ],
      { stdio: ["ignore", "inherit", "inherit"] },
    );
    if (built.status !== 0) {
      return 1;
    }
    writeFileSync(join(folder, "run.sh"), `exec sh ./measure.sh ${Number(values.rounds)}\n`);
    let console_ = "";
    const code = await new Promise<number>((resolve) => {
      const guest = spawn(
        "sh",
        [
          join(packageRoot, "tools/mirage"),
          "vm-test",
          "--image",
          values.image!,
          "--timeout",
          "1800",
          "--silence",
          "1800",
          folder,
        ],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      guest.stdout.setEncoding("utf8");
      guest.stdout.on("data", (text: string) => {
        console_ += text;
        process.stderr.write(text);
      });
      guest.on("close", (status) => resolve(status ?? 1));
    });
    const all = measurements(console_);
    if (code !== 0 || all.length === 0) {
      process.stderr.write(`bench-kernel: the guest measured nothing (exit code ${code})\n`);
      return 1;
    }
    const machine = `${cpus().length} x ${cpus()[0]?.model ?? "unknown CPU"}, ${process.platform} ${release()}`;
    console.log(`QEMU on ${machine}\n\n${report(all)}`);
    if (values.json !== undefined) {
      writeFileSync(values.json, `${JSON.stringify({ machine, measurements: all }, undefined, 1)}\n`);
    }
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
