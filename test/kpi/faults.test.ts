/**
 * The matrix of faults: each call that may fail does, once, at load, start, under traffic, at stop and at unload. Then
 * nothing may be left behind, no rule of the kernel's may be broken, and the next start must work. All of it runs under
 * AddressSanitizer and UndefinedBehaviorSanitizer.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/mirage.ts";
import { BROADCAST_MAC } from "../support/packets.ts";
import { buildModule, type Fault, Kernel, type PacketOptions } from "./kernel.ts";
import { datagram, LEFT_UNCUT, MERGED, Peer, pattern, uncut } from "./traffic.ts";

const phases = ["load", "start", "traffic", "stop", "unload"] as const;
type Phase = (typeof phases)[number];

/** A program, where it is attached, and what it answers. */
interface Setting {
  readonly program: string;
  /** rtparam n */
  readonly interfaces: string;
  /** Where frames come from: `mirage0`, or a card's wire. */
  readonly peer: "mirage0" | "em0";
  readonly echoes: boolean;
}

/** Long frames come back to where they came from. */
const MIRROR = "../test/kpi/programs/mirror";

const settings: readonly Setting[] = [
  { program: "udp-echo", interfaces: "mirage0", peer: "mirage0", echoes: true },
  { program: "udp-echo", interfaces: "em0", peer: "em0", echoes: true },
  { program: "udp-echo", interfaces: "em0:steal+mirage0", peer: "em0", echoes: true },
  { program: "reflector", interfaces: "mirage0", peer: "mirage0", echoes: false },
  { program: MIRROR, interfaces: "mirage0", peer: "mirage0", echoes: true },
  { program: MIRROR, interfaces: "em0", peer: "em0", echoes: true },
];

/** How packets may be made: in one piece, in many, with tags, by others' memory. */
const shapes: readonly PacketOptions[] = [
  {},
  { cut: [14, 20, 8] },
  { cut: [14, 6, 14, 8, 40, 40, 40, 40, 40, 40] },
  { kind: "shared" },
  { cut: [42], kind: "unmapped" },
  { vlan: 5 },
];

const CARD_MAC = "58:9c:fc:00:00:99";

/** More at one phase would be a loop that does not end. */
const POINTS_MAX = 2000;

class Rig {
  #kernel: Kernel | undefined;
  readonly points: Record<Phase, number> = { load: 0, start: 0, traffic: 0, stop: 0, unload: 0 };

  constructor(
    readonly setting: Setting,
    readonly module: string,
  ) {}

  async kernel(): Promise<Kernel> {
    this.#kernel ??= await Kernel.ownProcess("asan");
    return this.#kernel;
  }

  async close(): Promise<void> {
    await this.#kernel?.close();
  }

  async #load(kernel: Kernel): Promise<void> {
    expect(await kernel.load(this.module)).toMatchObject({ error: 0 });
  }

  async #peer(kernel: Kernel): Promise<Peer> {
    if (this.setting.peer === "mirage0") {
      return Peer.of(kernel, "mirage0");
    }
    // Some other machine on the wire.
    return new Peer(kernel, "em0", 0x02005e100001n, true);
  }

  /** What must be set for each start. */
  async #configure(kernel: Kernel): Promise<void> {
    await kernel.ifconfig("mirage0", "up");
    await kernel.write("kern.mirage.rtparams", `n=${this.setting.interfaces}`);
  }

  async #start(kernel: Kernel): Promise<void> {
    await kernel.write("kern.mirage.run", 1);
    await kernel.settle();
  }

  async #stop(kernel: Kernel): Promise<void> {
    await kernel.write("kern.mirage.run", 0);
    await kernel.settle();
  }

  async #traffic(kernel: Kernel): Promise<void> {
    const peer = await this.#peer(kernel);
    const program = (await peer.resolve()) ?? 0xffff_ffff_ffffn;
    for (const shape of shapes) {
      await peer.pings(program, 300, shape);
      if (this.setting.echoes) {
        await peer.echoes(program, 300, shape);
      }
    }
    await peer.pings(program, 1400);
    // For all: both host and program get it.
    await peer.exchange(datagram(peer.mac, BROADCAST_MAC, pattern(600)));
    if (peer.wire) {
      await kernel.send("em0", datagram(peer.mac, BROADCAST_MAC, pattern(600)));
      await kernel.settle();
    }
    await this.#longFrames(kernel, peer, program);
    for (const name of [
      "state",
      "error",
      "netif",
      "rtparams",
      "stats.defined",
      "stats.frames_in",
      "mem.used",
      "netstat",
    ]) {
      // They may fail in between, but do not break anything.
      await kernel.readError(`kern.mirage.${name}`);
    }
  }

  /** Of the host's TCP and of a card's, for interfaces that cut and that do not. */
  async #longFrames(kernel: Kernel, peer: Peer, program: bigint): Promise<void> {
    if (program === 0xffff_ffff_ffffn) return; // what failed was ARP: TCP is sent to nobody
    const frame = uncut(peer.mac, program, 5000);
    for (const on of [true, false]) {
      if (peer.wire) {
        await kernel.ifconfig("em0", "cap", on ? 0x703 : 0x3);
        await kernel.receive("em0", frame, { ...MERGED, cut: [200, 2048] });
        await kernel.send(
          "em0",
          uncut(BigInt(`0x${CARD_MAC.replaceAll(":", "")}`), program, 5000),
          LEFT_UNCUT,
        );
      } else {
        await kernel.ifconfig("mirage0", "cap", on ? 0x702 : 0x302);
        await kernel.send("mirage0", frame, { ...LEFT_UNCUT, cut: [200, 2048] });
      }
      await kernel.settle();
    }
  }

  /** It runs, and answers. */
  async #answers(kernel: Kernel, why: string): Promise<void> {
    const state = `${await kernel.read("kern.mirage.state")}: ${await kernel.read("kern.mirage.error")}`;
    expect(state, why).toBe("running: ");
    const peer = await this.#peer(kernel);
    const program = await peer.resolve();
    expect(program, `${why}: ARP`).toBeDefined();
    expect(await peer.pings(program!), `${why}: ping`).toBe(true);
    if (this.setting.echoes) {
      expect(await peer.echoes(program!), `${why}: UDP echo`).toBe(true);
    }
  }

  async #unload(kernel: Kernel, why: string): Promise<void> {
    let error = await kernel.unload();
    // What failed once, in memory that was short, may be asked for again.
    if (error !== 0) {
      error = await kernel.unload();
    }
    expect(error, `${why}: unload`).toBe(0);
    await kernel.settle();
    expect(await kernel.things(), `${why}: left behind`).toEqual([]);
    expect(await kernel.violations(), why).toEqual([]);
  }

  /** One life of the module with a fault in it; did the fault happen? */
  async live(phase: Phase, n: number): Promise<Fault> {
    const kernel = await this.kernel();
    let fault: Fault = { seen: 0, fired: false, call: "", place: "" };
    const within = async (here: Phase, work: () => Promise<unknown>): Promise<void> => {
      if (here === phase) {
        await kernel.armFault(n);
      }
      await work();
      if (here === phase) {
        fault = await kernel.disarmFault();
      }
    };
    if (this.setting.peer === "em0") {
      expect(await kernel.card("em0", CARD_MAC)).toBe(0);
    }
    let loaded = 0;
    await within("load", async () => {
      loaded = (await kernel.load(this.module)).error;
    });
    const why = (): string => `${phase} ${n}, ${fault.call} in ${fault.place}`;
    if (loaded !== 0) {
      expect(fault.fired, `the load failed with ${loaded} for no reason`).toBe(true);
      await this.#load(kernel);
    }
    await this.#configure(kernel);
    await within("start", () => this.#start(kernel));
    if (
      (await kernel.readError("kern.mirage.state")) === 0 &&
      (await kernel.read("kern.mirage.state")) !== "running"
    ) {
      expect(fault.fired, `the start failed: ${await kernel.read("kern.mirage.error")}`).toBe(true);
      expect(await kernel.read("kern.mirage.error"), why()).not.toBe("");
      await this.#configure(kernel);
      await this.#start(kernel);
    }
    await within("traffic", () => this.#traffic(kernel));
    await within("stop", () => this.#stop(kernel));
    await this.#configure(kernel);
    await this.#start(kernel);
    await this.#answers(kernel, why());
    await within("unload", () => kernel.unload());
    await kernel.settle();
    if ((await kernel.interface("mirage0")) !== undefined) {
      await this.#unload(kernel, why());
    }
    if (this.setting.peer === "em0") {
      expect(await kernel.cardGone("em0")).toBe(0);
    }
    await kernel.settle();
    expect(await kernel.things(), `${why()}: left behind`).toEqual([]);
    expect(await kernel.violations(), why()).toEqual([]);
    await kernel.console();
    return fault;
  }

  async run(phase: Phase): Promise<void> {
    for (let n = 1; n < POINTS_MAX; n++) {
      let fired: boolean;
      try {
        ({ fired } = await this.live(phase, n));
      } catch (error) {
        // Whatever state it is in, the next point gets a kernel of its own.
        await this.#kernel?.kill();
        this.#kernel = undefined;
        throw error;
      }
      if (!fired) {
        return;
      }
      this.points[phase]++;
    }
    throw new Error(`more than ${POINTS_MAX} points at ${phase}`);
  }
}

const rigs: Rig[] = [];
const modules = new Map<string, string>();

beforeAll(() => {
  for (const program of new Set(settings.map((one) => one.program))) {
    modules.set(program, buildModule(join(ROOT, "examples", program), "asan"));
  }
});

afterAll(async () => {
  for (const rig of rigs) {
    await rig.close();
  }
});

describe.each(settings)("every call that may fail, with $program on $interfaces", (setting) => {
  let rig: Rig;

  beforeAll(() => {
    rig = new Rig(setting, modules.get(setting.program) ?? "");
    rigs.push(rig);
  });

  it.each(phases)("fails once at %s, and the next start works", async (phase) => {
    await rig.run(phase);
  });
});

describe("the matrix", () => {
  it("has at least 200 points", () => {
    const sum = (phase: Phase): number => rigs.reduce((all, rig) => all + rig.points[phase], 0);
    const all = phases.reduce((total, phase) => total + sum(phase), 0);
    process.stdout.write(
      `faults: ${phases.map((phase) => `${phase} ${sum(phase)}`).join(", ")}; ${all} points\n`,
    );
    expect(all).toBeGreaterThanOrEqual(200);
  });

  it("has failed each call that may fail wherever these programs make it", async () => {
    const failed = new Map<string, number>();
    for (const rig of rigs) {
      for (const one of await (await rig.kernel()).fallibleCalls()) {
        const call = `${one.call} in ${one.place}`;
        failed.set(call, (failed.get(call) ?? 0) + one.failed);
      }
    }
    // Cards are the double's own.
    const spared = [...failed].filter(([call, times]) => times === 0 && !call.endsWith("an unknown place"));
    expect(spared).toEqual([]);
  });
});
