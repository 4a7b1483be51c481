/**
 * Mirage against FreeBSD's own stack in a guest: both ends in it, or the client outside of it.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError, messageOf, UsageError } from "../../src/build/errors.ts";
import { packageRoot } from "../../src/build/paths.ts";
import { which } from "../../src/build/toolchain.ts";
import { atEnd } from "../cleanup.ts";
import { NetworkNamespace, removeLost, whyNoTap } from "../namespace.ts";
import { chooseAccelerator } from "../vm-test/accelerator.ts";
import { compare, type Job, jobsOf, moduleOf, plan, type Sample } from "./jobs.ts";
import { buildLoad, countsOf, loadWords, output, start } from "./load.ts";
import { jailScenario, readMeasured } from "./measured.ts";
import type { CompareOptions, From } from "./options.ts";
import type { Scenario, Settings, Side } from "./results.ts";
import { alternate, type Rig } from "./rounds.ts";
import type { Counts } from "./workload.ts";

const PREFIX = "mirage-compare";
const TAP = "mrgcompare";
const CLIENT = "192.168.77.9";
const ADDRESSES = { native: "192.168.77.1", mirage: "192.168.77.2" } as const;
/** Where compare.sh hears what to do. */
const TALK_PORT = 9998;
const OFFLOADS = ["tx", "rx", "sg", "tso", "gso", "gro"];

/** What is kept of the console, to say why something failed. */
const CONSOLE_MAX = 20_000;

/** Seconds: to boot and to load modules; of a job besides its measurement; until the guest says something. */
const patience = { boot: 300, job: 20, ready: 120 };

/** What the guest's console said so far, and how it ended. */
class Console {
  #text = "";
  ended: number | undefined;

  hear(text: string): void {
    this.#text = (this.#text + text).slice(-CONSOLE_MAX);
  }

  tail(): string {
    return this.#text.split("\n").slice(-25).join("\n");
  }
}

/** A client in a namespace of this machine, whose other end is the guest's vtnet0. */
class OutsideRig implements Rig {
  readonly #client: NetworkNamespace;
  readonly #load: string;
  readonly #console: Console;
  readonly #qemu: () => number[];
  #offloadsOn = true;

  constructor(client: NetworkNamespace, load: string, console: Console, qemu: () => number[]) {
    this.#client = client;
    this.#load = load;
    this.#console = console;
    this.#qemu = qemu;
  }

  #run(words: readonly string[]): Promise<string> {
    return output(["ip", "netns", "exec", this.#client.name, this.#load, ...words]);
  }

  /**
   * Tells the guest what to do next, as soon as it listens: it does when it has done what it was told before. Its console
   * would not do, for the kernel's messages come between its letters.
   */
  async tell(word: string, seconds: number = patience.ready): Promise<void> {
    const limit = Date.now() + seconds * 1000;
    for (;;) {
      try {
        await this.#run(["tell", ADDRESSES.native, String(TALK_PORT), word]);
        return;
      } catch (error) {
        if (this.#console.ended !== undefined || Date.now() > limit) {
          throw new BuildError(`the guest does not hear what to do next: ${messageOf(error)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Waits until that address answers; who answered there before may have had another MAC address. */
  async #answers(address: string): Promise<void> {
    this.#client.run("ip", ["neigh", "flush", "dev", TAP]);
    for (let left = 60; ; left--) {
      try {
        await this.#run(["-w", "1", "-t", "20", "rtt", "icmp", address, "64"]);
        return;
      } catch (error) {
        if (left === 0) {
          throw error;
        }
      }
    }
  }

  #offloads(on: boolean): void {
    if (on === this.#offloadsOn) {
      return;
    }
    this.#offloadsOn = on;
    for (const offload of OFFLOADS) {
      try {
        this.#client.run("ethtool", ["-K", TAP, offload, on ? "on" : "off"]);
      } catch {
        // A device need not have each.
      }
    }
  }

  async measure(job: Job, side: Side, settings: Settings): Promise<Counts> {
    const setting = job.offloads ? "on" : "off";
    await this.tell(side === "native" ? `native:${setting}` : `mirage:${setting}:${moduleOf(job.workload)}`);
    await this.tell("done?");
    this.#offloads(job.offloads);
    await this.#answers(ADDRESSES[side]);
    const words = loadWords(job.measurement.load, ADDRESSES[side], settings, this.#qemu());
    return countsOf(await this.#run(words));
  }
}

/** Makes the folder that the guest gets. */
async function makePayload(
  options: CompareOptions,
  jobs: readonly Job[],
  from: readonly From[],
  folder: string,
): Promise<void> {
  const modules = new Set(["udp-echo", ...jobs.map((job) => moduleOf(job.workload))]);
  const kernel = (["sysdir", "headers"] as const).flatMap((name) =>
    options[name] === undefined ? [] : [`--${name}`, options[name]],
  );
  const script = join(packageRoot, "tools/freebsd-suite.sh");
  try {
    // Compilers are among its children.
    await output(["sh", script, folder, "--only", [...modules].join(","), ...kernel], "SIGTERM", true);
  } catch (error) {
    throw new BuildError(`the modules cannot be built:\n${messageOf(error)}`);
  }
  writeFileSync(join(folder, "compare.plan"), plan(jobs));
  const { rounds, seconds, warmup } = options.settings;
  const words = `-r ${rounds} -s ${Math.round(seconds * 1000)} -w ${Math.round(warmup * 1000)}`;
  writeFileSync(
    join(folder, "run.sh"),
    [
      ...(from.includes("jail") ? [`sh ./compare.sh ${words} jail >out/measured || exit`] : []),
      ...(from.includes("outside") ? [`sh ./compare.sh ${words} outside vtnet0 || exit`] : []),
      'echo "system $(uname -sr) ($(sysctl -n kern.osreldate)) $(sysctl -n hw.ncpu)" >out/system',
      "",
    ].join("\n"),
  );
}

/** The children of a process, which may have none. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .trim()
      .split(" ")
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

function makeClient(): NetworkNamespace {
  removeLost(PREFIX);
  const client = new NetworkNamespace(PREFIX);
  atEnd(() => client.remove());
  client.run("ip", ["tuntap", "add", TAP, "mode", "tap", "vnet_hdr"]);
  client.run("ip", ["address", "add", `${CLIENT}/24`, "dev", TAP]);
  client.run("ip", ["link", "set", TAP, "up"]);
  client.run("sysctl", ["-q", "-w", "net.ipv4.tcp_tw_reuse=1"]);
  return client;
}

/** Which ways are open: without root there is no client outside. */
function openWays(options: CompareOptions, progress: (text: string) => void): readonly From[] {
  const byInstructions = options.accel === "tcg-icount";
  if (byInstructions && options.from?.includes("outside") === true) {
    throw new UsageError(
      "--from outside: a client outside of the guest has another clock than --accel tcg-icount.",
    );
  }
  const wanted = options.from ?? (byInstructions ? ["jail"] : ["jail", "outside"]);
  const noTap = whyNoTap();
  if (!wanted.includes("outside") || noTap === undefined) {
    return wanted;
  }
  if (options.from !== undefined) {
    throw new UsageError(`--from outside needs a network namespace with a tap, and there is none: ${noTap}.`);
  }
  progress(`skipped: from outside of the guest: ${noTap}`);
  return wanted.filter((way) => way !== "outside");
}

/** How the guest runs its instructions, as vm-test takes it. */
function accelerator(accel: string): string {
  const qemu = process.env.MIRAGE_QEMU ?? which("qemu-system-x86_64");
  return accel === "auto" && qemu !== undefined ? chooseAccelerator(qemu).accelerator : accel;
}

/** What times are in this guest. */
function clockOf(accel: string): readonly string[] {
  return accel === "tcg-icount"
    ? [
        "The guest's clock counts instructions, four nanoseconds each: times and rates compare instructions, and what else the host did is not in them.",
      ]
    : [];
}

function outsideScenario(
  system: { name: string; cpus: number },
  jobs: readonly Job[],
  samples: readonly Sample[],
  emulated: boolean,
): Scenario {
  return {
    id: "outside",
    title: "FreeBSD: a client outside of the guest, on vtnet0",
    system: system.name,
    cpus: system.cpus,
    emulated,
    native:
      "The guest's own stack on vtnet0, while no Mirage program runs; for UDP and TCP a C process of one thread that polls its sockets.",
    mirage: "mirage.ko: a program in the kernel, attached to the same vtnet0.",
    notes: [
      "The client is on Linux, on QEMU's tap. CPU time is that of the client and of QEMU's process: all that the guest did, its idle loop too.",
      "Without offloads: checksums, TSO and LRO are off at vtnet0 and at the tap.",
    ],
    comparisons: compare(jobs, samples),
    facts: [],
  };
}

/** Boots the image, and compares on the ways that were asked for. */
export async function compareInGuest(
  options: CompareOptions,
  folder: string,
  progress: (text: string) => void,
): Promise<readonly Scenario[]> {
  const from = openWays(options, progress);
  const jobs = jobsOf(options.workloads, options.offloads);
  const payload = join(folder, "suite");
  const out = join(folder, "out");
  mkdirSync(out);
  progress("building the modules");
  await makePayload(options, jobs, from, payload);
  const accel = accelerator(options.accel);
  const { rounds, seconds, warmup } = options.settings;
  const timeout = Math.ceil(
    patience.boot + from.length * (rounds + 1) * jobs.length * 2 * (seconds + warmup + patience.job),
  );
  const client = from.includes("outside") ? makeClient() : undefined;
  const load = client === undefined ? "" : buildLoad(folder);
  const inside = client === undefined ? [] : ["ip", "netns", "exec", client.name];
  const vmTest = [
    ...inside,
    ...[process.execPath, process.argv[1]!, "vm-test", "--image", options.image!, "--accel", accel],
    ...["--timeout", String(timeout), "--silence", String(timeout), "--out", out],
    ...(client === undefined ? ["--net", "none"] : ["--net", `tap:${TAP}`]),
    payload,
  ];
  // It has QEMU to end.
  const { child, forget } = start(vmTest, "SIGTERM");
  const console_ = new Console();
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    console_.hear(text);
    for (const [line] of text.matchAll(/^(?:round \d+ of \d+|warming up)$/gm)) {
      progress(`${line}, in the guest`);
    }
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => console_.hear(text));
  const ended = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? 1)));
  void ended.then((status) => {
    console_.ended = status;
  });
  progress("booting the guest");
  let samples: Sample[] = [];
  let status: number;
  try {
    if (client !== undefined) {
      const rig = new OutsideRig(client, load, console_, () => childrenOf(child.pid!));
      await rig.tell("done?", from.includes("jail") ? timeout : patience.boot);
      samples = await alternate(rig, jobs, options.settings, progress);
      await rig.tell("end");
    }
    status = await ended;
  } catch (error) {
    throw new BuildError(`${messageOf(error)}; the guest's console's last lines:\n${console_.tail()}`);
  } finally {
    forget();
  }
  if (status !== 0) {
    throw new BuildError(`the guest measured nothing (exit code ${status}):\n${console_.tail()}`);
  }
  const [, name = "FreeBSD", cpus = "0"] =
    /^system (.+) (\d+)$/m.exec(readFileSync(join(out, "system"), "utf8")) ?? [];
  const emulated = accel !== "kvm";
  return [
    ...(from.includes("jail")
      ? [
          jailScenario(
            readMeasured(readFileSync(join(out, "measured"), "utf8"), "the guest"),
            jobs,
            emulated,
            clockOf(accel),
          ),
        ]
      : []),
    ...(client === undefined ? [] : [outsideScenario({ name, cpus: Number(cpus) }, jobs, samples, emulated)]),
  ];
}
