/** `--net fd:N` over socket pairs, the ends that signals make, and the probes in an executable. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, type TestContext } from "vitest";
import { parseProbes } from "../../tools/probes-doc.ts";
import { buildProgram, ROOT } from "../support/mirage.ts";
import { statistic } from "../support/program.ts";
import { runNative } from "./native.ts";

let executable: string;

beforeAll(() => {
  executable = buildProgram(join(ROOT, "test/unix/programs/frame-code"));
});

describe("an interface on a descriptor", () => {
  it.each([
    ["seqpacket", "close", 0],
    ["seqpacket", "2", 130],
    ["dgram", "15", 143],
  ])("answers 10,000 frames over %s and ends by %s with %i", (type, end, code) => {
    const { status, stdout, stderr } = runNative(
      "peer",
      [],
      [type, "10000", end, executable, "--net", "fd:3"],
    );
    expect(status, stderr).toBe(0);
    expect(stdout).toBe(`${code}\n`);
    expect(statistic(stderr, "frames.in")).toBe(10_000);
    expect(statistic(stderr, "frames.out")).toBe(10_000);
    expect(statistic(stderr, "copies")).toBe(0);
    expect(statistic(stderr, "frames.live")).toBe(0);
    expect(statistic(stderr, "frames.reclaimed")).toBe(0);
    expect(statistic(stderr, "drop.oversize")).toBe(1);
    expect(statistic(stderr, "drop.runt")).toBe(2);
  });
});

describe("probes", () => {
  const rows = parseProbes(readFileSync(join(ROOT, "dtrace/probes.def"), "utf8"));
  const usdt = ["x86_64-linux-gnu/sys/sdt.h", "sys/sdt.h"].some((file) => existsSync(`/usr/include/${file}`));

  function readelf(context: TestContext, ...args: string[]): string {
    const { error, status, stdout, stderr } = spawnSync("readelf", args, { encoding: "utf8" });
    context.skip(error !== undefined, "skipped: no readelf");
    expect(status, stderr).toBe(0);
    return stdout;
  }

  it("are all in the executable where sys/sdt.h is installed, and none where it is not", (context) => {
    const notes = readelf(context, "-n", executable);
    const found = new Set([...notes.matchAll(/Provider: mirage\s+Name: (\w+)/g)].map(([, name]) => name));
    expect(rows.length).toBeGreaterThan(15);
    expect([...found].sort()).toEqual(usdt ? rows.map((row) => row.name).sort() : []);
  });

  it("each have a semaphore of their own that is 0, in the section where tracers look, and all arguments", (context) => {
    context.skip(!usdt, "skipped: sys/sdt.h is not installed");
    const section = /\] \.probes\s+PROGBITS\s+(\w+) \w+ (\w+)/.exec(readelf(context, "-S", "-W", executable));
    expect(section).not.toBeNull();
    const [start, size] = section!.slice(1).map((hex) => Number.parseInt(hex, 16)) as [number, number];
    const notes = [
      ...readelf(context, "-n", executable).matchAll(
        /Provider: mirage\s+Name: (\w+)\s+Location: \w+, Base: \w+, Semaphore: 0x(\w+)\s+Arguments: (.*)/g,
      ),
    ];
    const places = notes.map(([, , semaphore]) => Number.parseInt(semaphore!, 16));
    expect(places.filter((place) => place < start || place + 2 > start + size)).toEqual([]);
    expect(new Set(places).size).toBe(rows.length);
    for (const [, name, , args] of notes) {
      const row = rows.find((one) => one.name === name);
      expect(args!.trim().split(/\s+/), name).toHaveLength(row!.args.length);
    }
    const bytes =
      readelf(context, "-x", ".probes", executable).match(/^ {2}0x\w+((?: \w{1,8}){1,4})/gm) ?? [];
    expect(bytes.length).toBeGreaterThan(0);
    expect(bytes.map((line) => line.replace(/^ {2}0x\w+/, "")).join("")).toMatch(/^[0 ]+$/);
  });
});
