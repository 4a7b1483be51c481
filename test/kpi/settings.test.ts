/**
 * What `kern.mirage` says of a value that it refuses, what loader tunables do, what memory is shown, and the console. Who may
 * write is in `control.test.ts`.
 */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/mirage.ts";
import { buildModule, errno, Kernel } from "./kernel.ts";

let kernel: Kernel;
let udpEcho = "";
let talker = "";

beforeAll(async () => {
  kernel = await Kernel.inProcess();
  udpEcho = buildModule(join(ROOT, "examples/udp-echo"), "nofloat");
  talker = buildModule(join(ROOT, "test/freebsd/programs/talker.ts"), "nofloat");
});

const tunables = ["rtparams", "ipv4", "gateway", "ipv6", "gateway6", "args", "autostart"].map(
  (name) => `kern.mirage.${name}`,
);

afterEach(async () => {
  await kernel.command("root", "mounted");
  for (const name of tunables) {
    await kernel.setenv(name, undefined);
  }
  if (await kernel.unload()) await kernel.unload(true);
  expect(await kernel.violations()).toEqual([]);
  expect(await kernel.things()).toEqual([]);
});

afterAll(() => kernel.close());

async function load(module: string): Promise<void> {
  expect(await kernel.load(module)).toEqual({ error: 0, why: "" });
}

/** New lines of the message buffer, without those of loading. */
async function messages(): Promise<string[]> {
  const lines = await kernel.console();
  return lines.map(([, text]) => text.trimEnd()).filter((text) => !/^mirage: \S+ \([0-9a-f]+\)/.test(text));
}

const text = async (name: string): Promise<string | number> => kernel.read(`kern.mirage.${name}`);

describe("kern.mirage", () => {
  it.each([
    ["rtparams", "i=1Q", /^mirage: kern\.mirage\.rtparams: rtparams "i=1Q": position 3: expected/],
    ["rtparams", "z=1", /position 0: expected one of the letters/],
    ["rtparams", "x".repeat(256), /^mirage: kern\.mirage\.rtparams: more than 255 characters$/],
    ["ipv4", "10.0.0.2", /^mirage: kern\.mirage\.ipv4: "10\.0\.0\.2" is not an address with its prefix/],
    ["ipv4", "10.0.0.2/33", /is not an address with its prefix, as 10\.0\.0\.2\/24$/],
    ["ipv4", "1234.0.0.2/8", /is not an address with its prefix/],
    ["ipv4", "10.0.0.2/0", /is not an address with its prefix/],
    ["ipv4", "10.0.0.0/24", /"10\.0\.0\.0\/24" is not the address of a host in that network/],
    ["ipv4", "10.0.0.255/24", /is not the address of a host/],
    ["ipv4", "224.0.0.1/24", /is not the address of a host/],
    ["ipv4", "127.0.0.1/8", /is not the address of a host/],
    ["ipv4", "0.0.0.2/24", /is not the address of a host/],
    ["ipv6", "fe80::1", /^mirage: kern\.mirage\.ipv6: "fe80::1" is neither auto, off, nor an address/],
    ["ipv6", "2001:db8::2/129", /as 2001:db8::2\/64$/],
    ["ipv6", "2001:db8::2::3/64", /is neither auto, off/],
    ["ipv6", "2001:db8:0:0:0:0:0:0:2/64", /is neither auto, off/],
    ["ipv6", "2001:db8:12345::2/64", /is neither auto, off/],
    ["ipv6", "automatic", /is neither auto, off/],
    ["gateway6", "fe80::1/64", /is not an IPv6 address of a router, as fe80::1$/],
    ["gateway", "10.0.0.1/8", /^mirage: kern\.mirage\.gateway: "10\.0\.0\.1\/8" is not an address/],
    ["gateway", "224.0.0.1", /is not an address of a router, as 10\.0\.0\.1$/],
    ["args", "a\u001b[2J", /^mirage: kern\.mirage\.args: a control character in it$/],
    ["args", "x ".repeat(33), /^mirage: kern\.mirage\.args: more than 32 words$/],
  ])("refuses %s=%j, keeps the old value and says why", async (name, value, why) => {
    await load(udpEcho);
    const old = await text(name);
    await messages();
    expect(await kernel.write(`kern.mirage.${name}`, value)).toBe(errno.EINVAL);
    expect(await text(name)).toBe(old);
    const said = await messages();
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(why);
  });

  it("knows two values of run, and says what it cannot do", async () => {
    await load(talker);
    for (const value of [2, -1]) {
      await messages();
      expect(await kernel.write("kern.mirage.run", value)).toBe(errno.EINVAL);
      expect(await messages()).toEqual(["mirage: kern.mirage.run: 1 starts the program, 0 stops it"]);
    }
    expect(await kernel.write("kern.mirage.run", 0)).toBe(0);
    expect(await kernel.write("kern.mirage.args", "burst 0")).toBe(0);
    expect(await kernel.write("kern.mirage.run", 1)).toBe(0);
    expect(await kernel.write("kern.mirage.run", 1)).toBe(errno.EBUSY);
    expect(await messages()).toContain("mirage: kern.mirage.run: the program runs already");
    expect(await kernel.write("kern.mirage.run", 0)).toBe(0);
    expect(await text("state")).toBe("idle");
  });

  it("shows memory that grows with the program and is given back", async () => {
    await load(talker);
    expect(Number(await text("mem.used"))).toBe(0);
    await kernel.write("kern.mirage.rtparams", "h=8M");
    await kernel.write("kern.mirage.args", "burst 0");
    await kernel.write("kern.mirage.run", 1);
    await kernel.settle();
    const used = Number(await text("mem.used"));
    expect(used).toBeGreaterThan(1_000_000);
    expect(Number(await text("mem.peak"))).toBeGreaterThanOrEqual(used);
    expect(Number(await text("stats.heap_bytes"))).toBeLessThanOrEqual(used);
    // What is set now is for the next start.
    await kernel.write("kern.mirage.rtparams", "h=9M");
    expect(Number(await text("mem.limit"))).toBe(8 << 20);
    await kernel.write("kern.mirage.run", 0);
    expect(Number(await text("mem.used"))).toBeLessThan(65536);
    expect(Number(await text("mem.limit"))).toBe(9 << 20);
  });
});

describe("loader tunables", () => {
  it("are what the module starts with", async () => {
    const values = { rtparams: "i=7M", ipv4: "10.1.0.2/16", gateway: "10.1.0.1", args: "burst 0" };
    for (const [name, value] of Object.entries(values)) {
      await kernel.setenv(`kern.mirage.${name}`, value);
    }
    await load(talker);
    for (const [name, value] of Object.entries(values)) {
      expect(await text(name), name).toBe(value);
    }
    expect(await text("state")).toBe("idle");
  });

  it.each([
    ["rtparams", "i=7Q", "", /rtparams "i=7Q": position 3/],
    ["ipv4", "10.1.0.2", "10.0.0.2/24", /"10\.1\.0\.2" is not an address with its prefix/],
    ["gateway", "router", "", /"router" is not an address/],
    ["gateway", "1".repeat(60), "", /more than 19 characters/],
    ["args", "x ".repeat(40), "", /more than 32 words/],
    ["autostart", "yes", 0, /neither 0 nor 1/],
  ])("are not taken when they are wrong, and named: %s=%s", async (name, value, kept, why) => {
    await kernel.setenv(`kern.mirage.${name}`, value);
    await messages();
    await load(talker);
    expect(await text(name)).toBe(kept);
    const said = await messages();
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(new RegExp(`^mirage: tunable kern\\.mirage\\.${name}: `));
    expect(said[0]).toMatch(why);
  });

  it("start the program at load, or when there is a root file system", async () => {
    await kernel.setenv("kern.mirage.args", "burst 0");
    await kernel.setenv("kern.mirage.autostart", "1");
    await load(talker);
    expect(await text("state")).toBe("running");
    expect(await kernel.unload()).toBe(0);
    await kernel.command("root", "unmounted");
    await load(talker);
    expect(await text("autostart")).toBe(1);
    expect(await text("state")).toBe("idle");
    await kernel.command("mountroot");
    expect(await text("state")).toBe("running");
  });

  it("of a module that goes before there is a root file system start nothing", async () => {
    await kernel.setenv("kern.mirage.autostart", "1");
    await kernel.command("root", "unmounted");
    await load(talker);
    expect(await kernel.unload()).toBe(0);
    await kernel.command("mountroot");
  });
});

describe("the console", () => {
  it("has one tagged message for each line, of the line's level, without control characters", async () => {
    await load(talker);
    await kernel.console();
    await kernel.write("kern.mirage.args", "levels");
    await kernel.write("kern.mirage.run", 1);
    await kernel.settle();
    const lines = await kernel.console();
    const LOG = { err: 3, warning: 4, info: 6, debug: 7 };
    expect(lines.slice(0, 6)).toEqual([
      [LOG.debug, "mirage: level debug"],
      [LOG.info, "mirage: level log"],
      [LOG.warning, "mirage: level warn"],
      [LOG.err, "mirage: level error"],
      [LOG.err, "mirage: and its second line"],
      [LOG.info, "mirage: bell ?, escape ?[31m, tab \t."],
    ]);
    // Each is of whole characters of UTF-8, or it would not decode by itself.
    const long = lines
      .slice(6)
      .map(([, line]) => Buffer.from(line, "latin1").toString("utf8").replace("mirage: ", ""));
    expect(long.length).toBeGreaterThan(1);
    expect(long.join("")).toBe(`long ${"ü".repeat(600)}.`);
  });

  it.each(["burst 1000", "burst 1000 end"])(
    "leaves lines out when there are too many, and says so: %s",
    async (args) => {
      await load(talker);
      await kernel.console();
      await kernel.write("kern.mirage.args", args);
      await kernel.write("kern.mirage.run", 1);
      await kernel.settle();
      await kernel.advance(2000);
      await kernel.settle();
      const lines = (await kernel.console()).map(([, line]) => line);
      const shown = lines.filter((line) => /^mirage: line \d+\.$/.test(line)).length;
      const missing = lines
        .map((line) => Number(/^mirage: (\d+) lines were left out here$/.exec(line)?.[1] ?? 0))
        .reduce((a, b) => a + b, 0);
      expect(shown).toBeLessThan(1000);
      expect(shown + missing).toBe(1000);
      expect(lines.at(-1)).toMatch(/left out here$/);
    },
  );
});
