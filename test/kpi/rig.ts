/** A kernel in this process for each test, which must leave it as it found it. */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { ROOT } from "../support/mirage.ts";
import { buildModule, Kernel } from "./kernel.ts";
import { Peer } from "./traffic.ts";

export const CARD = "em0";
export const CARD_MAC = "58:9c:fc:00:00:99";
/** Some other machine on a card's wire. */
export const STRANGER = 0x02005e100001n;

export interface Rig {
  readonly kernel: Kernel;
  /** Loads the module, brings `mirage0` up. */
  load(): Promise<void>;
  /** Starts the program, with these rtparams, and waits until it waits. */
  start(rtparams?: string): Promise<void>;
  stop(): Promise<void>;
  /** The host's side of `mirage0`. */
  peer(): Promise<Peer>;
  /** A machine on the wire of the card. */
  stranger(): Peer;
}

/** Declares the hooks; what they make is there when tests run. */
export function useRig(program = "udp-echo", variant: "in process" | "asan" = "in process"): Rig {
  let kernel: Kernel;
  let module = "";
  const rig: Rig = {
    get kernel() {
      return kernel;
    },
    async load() {
      expect(await kernel.load(module)).toEqual({ error: 0, why: "" });
      expect(await kernel.ifconfig("mirage0", "up")).toBe(0);
    },
    async start(rtparams) {
      if (rtparams !== undefined) {
        expect(await kernel.write("kern.mirage.rtparams", rtparams)).toBe(0);
      }
      expect(await kernel.write("kern.mirage.run", 1)).toBe(0);
      await kernel.settle();
    },
    async stop() {
      expect(await kernel.write("kern.mirage.run", 0)).toBe(0);
      await kernel.settle();
    },
    peer: () => Peer.of(kernel, "mirage0"),
    stranger: () => new Peer(kernel, CARD, STRANGER, true),
  };
  beforeAll(async () => {
    const asan = variant === "asan";
    kernel = asan ? await Kernel.ownProcess("asan") : await Kernel.inProcess();
    module = buildModule(join(ROOT, "examples", program), asan ? "asan" : "nofloat");
  });
  beforeEach(async () => {
    await kernel.command("securelevel", "0");
    await kernel.user(0);
    await kernel.console();
    await kernel.tap();
  });
  afterEach(async () => {
    await kernel.freeze(false);
    await kernel.hold(false);
    await kernel.user(0);
    await kernel.securelevel(0);
    await kernel.stopFloods();
    await kernel.unload();
    await kernel.cardGone(CARD);
    await kernel.settle();
    expect(await kernel.violations()).toEqual([]);
    expect(await kernel.things()).toEqual([]);
  });
  afterAll(() => kernel.close());
  return rig;
}
