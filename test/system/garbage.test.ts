/** A million frames of garbage through the whole program: dropped with a reason each, nothing kept, no stray access. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Generator, garbageFrame, PcapWriter } from "../support/fuzz.ts";
import { buildProgram, ROOT, runExecutable } from "../support/mirage.ts";
import { statistic } from "../support/program.ts";

const CAPTURES = 10;
const FRAMES_PER_CAPTURE = 100_000;
const MAC = [0x02, 0, 0, 0, 0, 0x02];

let folder: string;
let executable: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mirage-garbage-"));
  executable = buildProgram(join(ROOT, "examples/udp-echo"), { ...process.env, MIRAGE_VARIANT: "asan" });
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it("drops a million frames of garbage under the address sanitizer, each for a counted reason", () => {
  const reasons = new Set<string>();
  let dropped = 0;
  let answered = 0;
  for (let capture = 0; capture < CAPTURES; capture++) {
    const input = join(folder, "in.pcap");
    const output = join(folder, "out.pcap");
    const random = new Generator(capture + 1);
    const writer = new PcapWriter(input);
    for (let i = 0; i < FRAMES_PER_CAPTURE; i++) {
      const frame = garbageFrame(random, MAC);
      writer.frame(frame, frame.length + (random.below(50) === 0 ? random.below(100) : 0));
    }
    writer.close();
    const { status, signal, stderr } = runExecutable(executable, [
      "--net",
      `pcap:${input},${output}`,
      "--mac",
      "02:00:00:00:00:02",
      "--ipv4",
      "10.0.0.2/24",
    ]);
    expect(stderr).not.toMatch(/AddressSanitizer|runtime error/);
    expect({ status, signal, stderr: status === 0 ? "" : stderr }).toEqual({
      status: 0,
      signal: null,
      stderr: "",
    });
    expect(existsSync(output)).toBe(true);
    expect(statistic(stderr, "frames.live"), stderr).toBe(0);
    const framesIn = statistic(stderr, "frames.in") ?? 0;
    let drops = 0;
    for (const [, name, count] of stderr.matchAll(/^\s*(drop\.\S+)\s+(\d+)/gm)) {
      if (Number(count) > 0) {
        reasons.add(name!);
        drops += Number(count);
      }
    }
    expect(framesIn).toBeGreaterThan(FRAMES_PER_CAPTURE / 2);
    dropped += drops;
    answered += statistic(stderr, "frames.out") ?? 0;
  }
  expect(dropped).toBeGreaterThan((CAPTURES * FRAMES_PER_CAPTURE) / 4);
  expect(answered).toBeGreaterThan(CAPTURES * 1000);
  expect([...reasons].sort()).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^drop\.ipv4\..*checksum/),
      expect.stringMatching(/^drop\.ipv4\..*length/),
      expect.stringMatching(/^drop\.udp\./),
      expect.stringMatching(/^drop\.icmp\./),
      expect.stringMatching(/^drop\.arp\./),
      expect.stringMatching(/oversize/),
      expect.stringMatching(/truncated/),
    ]),
  );
});
