/** The keyed hash against the vectors of its authors' paper and reference code. */
import { beforeAll, expect, test } from "vitest";
import { compileFrameCode } from "../support/framecode.ts";
import { Host } from "../support/host.ts";

let host: Host;

beforeAll(async () => {
  host = await new Host().load(await compileFrameCode("test/stack/siphash.frame.ts"));
}, 120_000);

/** Of the bytes 0, 1, 2, ... with the key 00 01 .. 0f. */
function hashOfCounting(words: number): string {
  host.call("rekey", 0x07060504, 0x03020100, 0x0f0e0d0c, 0x0b0a0908);
  for (let i = 0; i < words; i++) {
    const low = (8 * i) | ((8 * i + 1) << 8) | ((8 * i + 2) << 16) | ((8 * i + 3) << 24);
    host.call("add", low + 0x04040404, low);
  }
  const high = host.call("finish") >>> 0;
  const low = host.call("low") >>> 0;
  return ((BigInt(high) << 32n) | BigInt(low)).toString(16).padStart(16, "0");
}

test.each([
  [0, "726fdb47dd0e0e31"],
  [1, "93f5f5799a932462"],
  [2, "3f2acc7f57c29bdb"],
])("%i words", (words, expected) => {
  expect(hashOfCounting(words)).toBe(expected);
});

test("begin forgets what was added", () => {
  const once = hashOfCounting(1);
  host.call("begin");
  host.call("add", 0x07060504, 0x03020100);
  const again = ((BigInt(host.call("finish") >>> 0) << 32n) | BigInt(host.call("low") >>> 0)).toString(16);
  expect(again.padStart(16, "0")).toBe(once);
});
