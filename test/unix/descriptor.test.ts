/** `--net fd:N` over socket pairs, the ends that signals make, and the probes in an executable. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
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
  const names = [
    ...readFileSync(join(ROOT, "dtrace/probes.def"), "utf8").matchAll(/^MIRAGE_PROBE\d\(\w+, (\w+),/gm),
  ].map(([, name]) => name!);

  it("are all in the executable where sys/sdt.h is installed, and none where it is not", (context) => {
    const { status, stdout } = spawnSync("readelf", ["-n", executable], { encoding: "utf8" });
    if (status !== 0) {
      context.skip("skipped: no readelf");
    }
    const installed = ["x86_64-linux-gnu/sys/sdt.h", "sys/sdt.h"].some(
      (file) => spawnSync("test", ["-f", `/usr/include/${file}`]).status === 0,
    );
    const found = new Set([...stdout.matchAll(/Provider: mirage\s+Name: (\w+)/g)].map(([, name]) => name));
    expect(names.length).toBeGreaterThan(5);
    expect([...found].sort()).toEqual(installed ? [...names].sort() : []);
  });
});
