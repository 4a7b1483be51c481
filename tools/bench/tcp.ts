/**
 * TCP against the Linux kernel's own, in turns in one run: the same client talks to a Mirage program on a tap, and to a
 * process in another network namespace over a veth pair that does the same work.
 */
import { type ChildProcess, execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import type { Ratio } from "../../src/report/model.ts";
import { NetworkNamespace, whyNoTap } from "../namespace.ts";
import { build, buildTool } from "./build.ts";
import type { PartResult } from "./part.ts";
import { formatTable, median } from "./table.ts";

const ROUNDS = 5;
const SECONDS = 2;
const REQUEST_BYTES = 64;
/** Mirage / Linux, of the median of bulk transfers with offloads. */
const BULK_LEAST = 0.5;
const MIRAGE_ADDRESS = "10.0.0.2";
const NATIVE_ADDRESS = "10.1.0.2";
/** Offloads of the interface on the client's side that are turned off for the second half. */
const OFFLOADS = ["tx", "rx", "sg", "tso", "gso", "gro"];

interface Service {
  readonly name: "discard" | "chargen" | "echo";
  readonly example: string;
  readonly port: number;
}

const DISCARD: Service = { name: "discard", example: "examples/discard", port: 9 };
const CHARGEN: Service = { name: "chargen", example: "examples/chargen", port: 19 };
const ECHO: Service = { name: "echo", example: "examples/tcp-echo", port: 7 };

const TITLE = "TCP: Mirage on a tap, Linux over a veth pair";

const run = promisify(execFile);

type Counts = Readonly<Record<string, number>>;

interface Load {
  readonly label: string;
  readonly service: Service;
  readonly command: string;
  readonly unit: string;
  readonly figure: (counts: Counts) => number;
  readonly withoutOffloads: boolean;
}

function gigabits(counts: Counts): number {
  return ((counts.bytes ?? 0) * 8) / (counts.ns ?? Number.NaN);
}

const LOADS: readonly Load[] = [
  {
    label: "bulk to the program",
    service: DISCARD,
    command: "send",
    unit: "Gbit/s",
    figure: gigabits,
    withoutOffloads: true,
  },
  {
    label: "bulk from the program",
    service: CHARGEN,
    command: "receive",
    unit: "Gbit/s",
    figure: gigabits,
    withoutOffloads: true,
  },
  {
    label: `requests of ${REQUEST_BYTES} bytes, one at a time`,
    service: ECHO,
    command: "request",
    unit: "a second",
    figure: ({ requests = 0, ns = Number.NaN }) => (requests / ns) * 1e9,
    withoutOffloads: false,
  },
  {
    label: "connections, one at a time",
    service: ECHO,
    command: "connect",
    unit: "a second",
    figure: ({ connections = 0, ns = Number.NaN }) => (connections / ns) * 1e9,
    withoutOffloads: false,
  },
];

/** Waits for a server's first line. */
function listening(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    server.stdout?.on("data", () => resolve());
    server.once("exit", (code) => reject(new Error(`a server ended with ${code} before it listened`)));
  });
}

/** A server that runs while `use` does. */
async function during<T>(server: ChildProcess, use: () => Promise<T>): Promise<T> {
  try {
    await listening(server);
    return await use();
  } finally {
    server.removeAllListeners("exit");
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGINT");
    const hard = setTimeout(() => server.kill("SIGKILL"), 5000);
    await gone;
    clearTimeout(hard);
  }
}

class Rig {
  private readonly client = new NetworkNamespace();
  private readonly native = new NetworkNamespace();
  private readonly tool = buildTool("tcp-load");

  constructor() {
    const other = this.native.name;
    this.client.run("ip", ["link", "add", "veth0", "type", "veth", "peer", "name", "veth0", "netns", other]);
    this.client.run("ip", ["address", "add", "10.1.0.1/24", "dev", "veth0"]);
    this.native.run("ip", ["address", "add", `${NATIVE_ADDRESS}/24`, "dev", "veth0"]);
    this.client.run("ip", ["link", "set", "veth0", "up"]);
    this.native.run("ip", ["link", "set", "veth0", "up"]);
    // Thousands of connections a second to one port use up the client's ports otherwise.
    this.client.run("sysctl", ["-q", "-w", "net.ipv4.tcp_tw_reuse=1"]);
  }

  /** Not synchronous: somebody must read what a server prints, or it stops. */
  private async load(load: Load, address: string): Promise<number> {
    const { command, service, figure } = load;
    const words = [command, address, String(service.port), String(SECONDS), String(REQUEST_BYTES)];
    const { stdout } = await run("ip", ["netns", "exec", this.client.name, this.tool, ...words]);
    return figure(JSON.parse(stdout) as Counts);
  }

  private offloads(ends: readonly (readonly [NetworkNamespace, string])[], state: "on" | "off"): void {
    for (const [namespace, device] of ends)
      for (const offload of OFFLOADS) {
        try {
          namespace.run("ethtool", ["-K", device, offload, state]);
        } catch {
          // A device need not have each.
        }
      }
  }

  onNative(load: Load, withOffloads: boolean): Promise<number> {
    const { name, port } = load.service;
    const server = this.native.spawn(this.tool, ["serve", name, String(port)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ends = [[this.client, "veth0"] as const, [this.native, "veth0"] as const];
    return during(server, async () => {
      if (!withOffloads) this.offloads(ends, "off");
      try {
        return await this.load(load, NATIVE_ADDRESS);
      } finally {
        if (!withOffloads) this.offloads(ends, "on");
      }
    });
  }

  onMirage(load: Load, executable: string, withOffloads: boolean): Promise<number> {
    const server = this.client.spawn(executable, ["--net", "tap:mirage0", "--ipv4", `${MIRAGE_ADDRESS}/24`], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    return during(server, () => {
      if (!withOffloads) this.offloads([[this.client, "mirage0"]], "off");
      return this.load(load, MIRAGE_ADDRESS);
    });
  }

  remove(): void {
    this.client.remove();
    this.native.remove();
  }
}

function spread(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(2)}-${Math.max(...values).toFixed(2)}`;
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function hasEthtool(): boolean {
  try {
    execFileSync("ethtool", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * TCP on a tap against the kernel's own; prints why not where no namespace can be made. Not passed: bulk through offloads
 * ran at less than `BULK_LEAST` of the kernel's rate.
 */
export async function benchTcp(): Promise<PartResult> {
  console.log(
    `\nTCP: Mirage on a tap, Linux over a veth pair, in turns (medians of ${ROUNDS} x ${SECONDS} s)\n`,
  );
  const reason = whyNoTap();
  if (reason !== undefined) {
    console.log(`skipped: ${reason}`);
    return { passed: true, figures: { skipped: reason }, sections: [{ title: TITLE, skipped: reason }] };
  }
  const rig = new Rig();
  const ethtool = hasEthtool();
  const rows: string[][] = [];
  const bars: Ratio[] = [];
  let fast = true;
  try {
    for (const load of LOADS)
      for (const withOffloads of load.withoutOffloads && ethtool ? [true, false] : [true]) {
        const executable = build(load.service.example);
        const native: number[] = [];
        const mirage: number[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          native.push(await rig.onNative(load, withOffloads));
          mirage.push(await rig.onMirage(load, executable, withOffloads));
        }
        const ratios = mirage.map((value, i) => value / (native[i] ?? Number.NaN));
        const missed = load.withoutOffloads && withOffloads && median(ratios) < BULK_LEAST;
        if (missed) fast = false;
        bars.push({
          label: `${load.label}${withOffloads ? "" : ", no offloads"}`,
          ratio: median(ratios),
          low: Math.min(...ratios),
          high: Math.max(...ratios),
          better: "higher",
        });
        rows.push([
          `${load.label}${withOffloads ? "" : ", no offloads"}, ${load.unit}`,
          figure(median(native)),
          figure(median(mirage)),
          `${median(ratios).toFixed(2)}${missed ? ` MISSED ${BULK_LEAST}` : ""}`,
          spread(ratios),
        ]);
      }
  } finally {
    rig.remove();
  }
  const head = ["load", "Linux", "Mirage", "Mirage / Linux", "spread"];
  console.log(formatTable(head, rows));
  if (!ethtool) console.log("\nskipped: without offloads: no ethtool(8)");
  return {
    passed: fast,
    figures: rows.map(([load, linux, mirage, ratio, range]) => ({ load, linux, mirage, ratio, range })),
    sections: [
      {
        title: TITLE,
        text: [`Medians of ${ROUNDS} rounds of ${SECONDS} s; mirage compare measures the same more closely.`],
        plot: {
          kind: "ratios",
          axis: "Mirage / Linux",
          spread: "least to greatest of the rounds",
          rows: bars,
        },
        table: { head, rows },
      },
    ],
  };
}
