/** `--net fd:N` over socket pairs, and the ends that signals make. */
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
