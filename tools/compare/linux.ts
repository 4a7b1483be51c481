/**
 * Mirage on a tap against Linux's own network stack over a veth pair, in network namespaces that are made and removed.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../src/build/errors.ts";
import { packageRoot } from "../../src/build/paths.ts";
import { buildProgram } from "../../src/build/program.ts";
import { silent } from "../../src/build/progress.ts";
import { findProgram } from "../../src/build/sources.ts";
import { atEnd } from "../cleanup.ts";
import { NetworkNamespace, removeLost, whyNoTap } from "../namespace.ts";
import { compare, type Job, type Sample } from "./jobs.ts";
import { buildLoad, countsOf, loadWords, output, softirqThreads, startServer } from "./load.ts";
import type { Scenario, Settings, Side } from "./results.ts";
import type { Rig } from "./rounds.ts";
import type { Counts } from "./workload.ts";

const PREFIX = "mirage-compare";
const MIRAGE_ADDRESS = "10.0.0.2";
const NATIVE_ADDRESS = "10.1.0.2";
const VETH = "veth0";
const TAP = "mirage0";
/** Of a veth pair, as ethtool(8) has them; the tap's own are all off with `novnet`. */
const OFFLOADS = ["tx", "rx", "sg", "tso", "gso", "gro"];

/** Why this machine cannot do it, or undefined. */
export function whyNotLinux(): string | undefined {
  return process.platform === "linux" ? whyNoTap() : `this is ${process.platform}, not Linux`;
}

export class LinuxRig implements Rig {
  readonly #client: NetworkNamespace;
  readonly #native: NetworkNamespace;
  readonly #load: string;
  readonly #softirq = softirqThreads();
  readonly #programs = new Map<string, string>();
  /** Undoes all of it. */
  readonly remove: () => void;

  constructor(folder: string) {
    this.#load = buildLoad(folder);
    removeLost(PREFIX);
    const namespaces: NetworkNamespace[] = [];
    this.remove = atEnd(() => {
      for (const namespace of namespaces) {
        namespace.remove();
      }
    });
    const make = (): NetworkNamespace => {
      const namespace = new NetworkNamespace(PREFIX);
      namespaces.push(namespace);
      return namespace;
    };
    this.#client = make();
    this.#native = make();
    const other = this.#native.name;
    this.#client.run("ip", ["link", "add", VETH, "type", "veth", "peer", "name", VETH, "netns", other]);
    this.#client.run("ip", ["address", "add", "10.1.0.1/24", "dev", VETH]);
    this.#native.run("ip", ["address", "add", `${NATIVE_ADDRESS}/24`, "dev", VETH]);
    this.#client.run("ip", ["link", "set", VETH, "up"]);
    this.#native.run("ip", ["link", "set", VETH, "up"]);
    // Thousands of connections a second to one port use up the client's ports otherwise.
    this.#client.run("sysctl", ["-q", "-w", "net.ipv4.tcp_tw_reuse=1"]);
  }

  /** Builds the programs, so that no build is among the measurements. */
  async prepare(jobs: readonly Job[]): Promise<void> {
    for (const { workload } of jobs) {
      if (!this.#programs.has(workload.program)) {
        const source = findProgram(join(packageRoot, workload.program));
        const { executable } = await buildProgram(source, { progress: silent });
        this.#programs.set(workload.program, executable);
      }
    }
  }

  #inside(namespace: NetworkNamespace, command: readonly string[]): string[] {
    return ["ip", "netns", "exec", namespace.name, ...command];
  }

  async #ask(job: Job, address: string, settings: Settings, server: number | undefined): Promise<Counts> {
    const processes = server === undefined ? this.#softirq : [...this.#softirq, server];
    const words = loadWords(job.measurement.load, address, settings, processes);
    return countsOf(await output(this.#inside(this.#client, [this.#load, ...words])));
  }

  #offloads(state: "on" | "off"): void {
    for (const namespace of [this.#client, this.#native]) {
      for (const offload of OFFLOADS) {
        try {
          namespace.run("ethtool", ["-K", VETH, offload, state]);
        } catch {
          // A device need not have each.
        }
      }
    }
  }

  async #onNative(job: Job, settings: Settings): Promise<Counts> {
    const { service } = job.workload;
    const server =
      service === undefined
        ? undefined
        : await startServer(
            this.#inside(this.#native, [this.#load, "serve", service.name, String(service.port)]),
          );
    if (!job.offloads) {
      this.#offloads("off");
    }
    try {
      return await this.#ask(job, NATIVE_ADDRESS, settings, server?.pid);
    } finally {
      if (!job.offloads) {
        this.#offloads("on");
      }
      await server?.stop();
    }
  }

  async #onMirage(job: Job, settings: Settings): Promise<Counts> {
    const executable = this.#programs.get(job.workload.program)!;
    const net = `tap:${TAP}${job.offloads ? "" : ",novnet"}`;
    const words = [executable, "--net", net, "--ipv4", `${MIRAGE_ADDRESS}/24`];
    const server = await startServer(this.#inside(this.#client, words));
    try {
      return await this.#ask(job, MIRAGE_ADDRESS, settings, server.pid);
    } finally {
      await server.stop();
    }
  }

  measure(job: Job, side: Side, settings: Settings): Promise<Counts> {
    return side === "native" ? this.#onNative(job, settings) : this.#onMirage(job, settings);
  }
}

/** ethtool(8) turns the native side's offloads off. */
export function whyNoOffloads(): string | undefined {
  try {
    execFileSync("ethtool", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch (error) {
    return messageOf(error).includes("ENOENT") ? "there is no ethtool(8)" : messageOf(error);
  }
}

export function linuxScenario(
  jobs: readonly Job[],
  samples: readonly Sample[],
  notes: readonly string[],
): Scenario {
  return {
    id: "linux",
    title: "Linux: network namespaces",
    system: `Linux ${release()}`,
    cpus: cpus().length,
    emulated: false,
    native:
      "The kernel's stack in another network namespace, over a veth pair; for UDP and TCP a C process of one thread that polls its sockets.",
    mirage: "A Mirage program, a process of one thread, on a tap in the client's namespace.",
    notes: [
      "CPU time is that of the client, of the server and of the kernel's softirq threads.",
      "Without offloads: ethtool(8) has turned checksum, TSO, GSO and GRO off at both ends of the veth pair, and the tap has no virtio-net header.",
      ...notes,
    ],
    comparisons: compare(jobs, samples),
    facts: [],
  };
}
