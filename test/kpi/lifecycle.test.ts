import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/mirage.ts";
import { buildModule, Kernel } from "./kernel.ts";
import { Peer } from "./traffic.ts";

let kernel: Kernel;
let module = "";

beforeAll(async () => {
  kernel = await Kernel.inProcess();
  module = buildModule(join(ROOT, "examples/udp-echo"), "nofloat");
});

afterEach(async () => {
  if (await kernel.unload()) await kernel.unload(true);
  expect(await kernel.violations()).toEqual([]);
  expect(await kernel.things()).toEqual([]);
});

afterAll(() => kernel.close());

describe("from load to unload", () => {
  it("says one line, starts, answers, stops, goes, and leaves nothing behind", async () => {
    expect(await kernel.load(module)).toEqual({ error: 0, why: "" });
    const console = await kernel.console();
    expect(console).toHaveLength(1);
    expect(console[0]?.[1]).toMatch(/^mirage: udp-echo \([0-9a-f]+\), version /);
    expect(await kernel.ifconfig("mirage0", "up")).toBe(0);
    expect(await kernel.read("kern.mirage.state")).toBe("idle");
    expect(await kernel.write("kern.mirage.run", 1)).toBe(0);
    await kernel.settle();
    expect(await kernel.read("kern.mirage.error")).toBe("");
    expect(await kernel.read("kern.mirage.state")).toBe("running");
    const peer = await Peer.of(kernel, "mirage0");
    const program = await peer.resolve();
    expect(program).toBeDefined();
    expect(await peer.pings(program!)).toBe(true);
    expect(await peer.echoes(program!)).toBe(true);
    expect(await kernel.write("kern.mirage.run", 0)).toBe(0);
    expect(await kernel.read("kern.mirage.state")).toBe("idle");
    expect(await kernel.unload()).toBe(0);
    expect(await kernel.interface("mirage0")).toBeUndefined();
  });
});

describe("a program that waits", () => {
  it("sleeps, even for longer than the kernel's clocks count", async () => {
    const century = buildModule(join(ROOT, "test/freebsd/programs/century.ts"), "nofloat");
    expect(await kernel.load(century)).toEqual({ error: 0, why: "" });
    expect(await kernel.write("kern.mirage.run", 1)).toBe(0);
    await kernel.settle();
    for (let i = 0; i < 10; i++) {
      await kernel.advance(1000);
    }
    expect(await kernel.read("kern.mirage.state")).toBe("running");
    expect(await kernel.read("kern.mirage.stats.wakeups")).toBe("0");
    expect(await kernel.write("kern.mirage.run", 0)).toBe(0);
  });
});
