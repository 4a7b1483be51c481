/** Frame code as the runtime hosts it: frames by reference, events, traps; run on captures under the sanitizers. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onesComplement, PcapWriter, readPcap } from "../support/fuzz.ts";
import { buildProgram, type Ended, runExecutable } from "../support/mirage.ts";
import { statistic } from "../support/program.ts";

const PROGRAM = new URL("./programs/frame-code/", import.meta.url).pathname;

let folder: string;
let executable: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mirage-frame-code-"));
  executable = buildProgram(PROGRAM, { ...process.env, MIRAGE_VARIANT: "asan" });
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A frame of `length` bytes and that EtherType, each byte its own index elsewhere. */
function frame(etherType: number, length = 60): Uint8Array {
  const bytes = new Uint8Array(length).map((_, i) => i);
  bytes[12] = etherType >> 8;
  bytes[13] = etherType & 0xff;
  return bytes;
}

/** Line of a comment in the module, 1-based. */
function lineWith(label: string): number {
  const lines = readFileSync(join(PROGRAM, "module.frame.ts"), "utf8").split("\n");
  return lines.findIndex((line) => line.endsWith(`// ${label}`)) + 1;
}

function swapped(bytes: Uint8Array): number[] {
  return [...bytes.subarray(6, 12), ...bytes.subarray(0, 6), ...bytes.subarray(12)];
}

function run(frames: readonly Uint8Array[], args: string[] = []): Ended & { answers: number[][] } {
  const input = join(folder, "in.pcap");
  const output = join(folder, "out.pcap");
  const writer = new PcapWriter(input);
  for (const one of frames) {
    writer.frame(one);
  }
  writer.close();
  const ended = runExecutable(executable, ["--net", `pcap:${input},${output}`, ...args]);
  expect(ended.stderr).not.toMatch(/Sanitizer|runtime error/);
  expect(statistic(ended.stderr, "frames.live"), ended.stderr).toBe(0);
  return { ...ended, answers: readPcap(readFileSync(output)).map((bytes) => [...bytes]) };
}

describe("frame code", () => {
  it("answers in place and by reference, without a copy", () => {
    const { status, stderr, answers } = run([frame(0x8801), frame(0x8802, 1514), frame(0x8809)]);
    expect(status, stderr).toBe(0);
    expect(answers).toEqual([swapped(frame(0x8801)), swapped(frame(0x8802, 1514)), [...frame(0x8809)]]);
    expect(statistic(stderr, "copies")).toBe(0);
    expect(statistic(stderr, "frames.out")).toBe(3);
    expect(statistic(stderr, "test.claimed")).toBe(3);
  });

  it("sums what is left of a frame that was cut", () => {
    const { answers } = run([frame(0x8803, 100)]);
    const expected = Uint8Array.from(swapped(frame(0x8803, 99)));
    const sum = ~onesComplement(expected, 16, 99, 0x1234) & 0xffff;
    expected[14] = sum >> 8;
    expected[15] = sum & 0xff;
    expect(answers).toEqual([[...expected]]);
  });

  it("copies what it is to write to when another frame shares it, and counts that", () => {
    const { stderr, answers } = run([frame(0x8806)]);
    expect(answers).toEqual([[...frame(0x1111)]]);
    expect(statistic(stderr, "copies")).toBe(1);
    expect(statistic(stderr, "copies.bytes")).toBe(14);
  });

  it("tells application code, whose views die with the frame", () => {
    const { status, stdout, stderr } = run([frame(0x8804, 64)]);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(
      /^event 4 14 50 e0f1011 4294967295 0 14 50\nafter 0 undefined\nError: frame \d+ was released\n$/,
    );
  });

  it.each([16, 49, 1024])(
    "goes on when an event queue of %i had been full, each event in a turn of its own",
    (room) => {
      const { status, stdout, stderr } = run([frame(0x880a)], ["--rtparams", `e=${room}`]);
      expect(status, stderr).toBe(0);
      expect(stdout).toBe(`said ${Array.from({ length: 49 }, (_, i) => i).join(" ")}\n`);
      expect(statistic(stderr, "events")).toBe(50);
    },
  );

  it("leaves what it does not claim to raw listeners", () => {
    const { status, stdout, stderr } = run([frame(0x0806, 60), frame(0x8800, 61)]);
    expect(status, stderr).toBe(0);
    expect(stdout).toBe("raw 60\nraw 61\n");
    expect(statistic(stderr, "drop.unclaimed")).toBeUndefined();
  });

  it("cannot keep frames beyond its end", () => {
    const { status, stdout, stderr } = run([frame(0x8805), frame(0x8805), frame(0x0806, 20)]);
    expect(status, stderr).toBe(0);
    expect(stdout).toBe("raw 20\nkept 60\n");
    expect(statistic(stderr, "frames.reclaimed")).toBe(2);
  });

  it("holds no more frames than rtparam f allows; the rest are dropped and counted", () => {
    const { status, stderr } = run(
      Array.from({ length: 40 }, () => frame(0x8805)),
      ["--rtparams", "f=16"],
    );
    expect(status, stderr).toBe(0);
    expect(statistic(stderr, "frames.reclaimed")).toBe(16);
    expect(statistic(stderr, "drop.frames-limit")).toBe(24);
  });

  it("tells probes of no byte outside of a frame", () => {
    const { status, stderr, answers } = run([frame(0x880b, 1000), frame(0x880b, 20)]);
    expect(status, stderr).toBe(0);
    expect(answers).toHaveLength(2);
  });

  it("goes on when its memory cannot grow", () => {
    const { status, stderr, answers } = run([frame(0x880f), frame(0x8801)]);
    expect(status, stderr).toBe(0);
    expect(answers).toHaveLength(1);
  });
});

describe("a trap in frame code ends the program with 70, and names function, file and line", () => {
  it.each([
    [
      "an access beyond the end of a frame",
      0x8807,
      /4 bytes at offset 57 of a frame of 60 bytes/,
      "beyond the end",
    ],
    ["an access to a released frame", 0x8808, /frame \d+ was released/, "after release"],
  ])("%s", (_, etherType, message, label) => {
    const { status, stderr } = run([frame(0x8801), frame(etherType)]);
    expect(status, stderr).toBe(70);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(`input (`);
    expect(stderr).toContain(`module.frame.ts:${lineWith(label)}`);
  });

  it("also when application code called it", () => {
    const { status, stdout, stderr } = run([frame(0x0806, 20)]);
    expect(status, stderr).toBe(70);
    expect(stdout).toBe("raw 20\n");
    expect(stderr).toMatch(/frame 0 is no frame/);
    expect(stderr).toContain(`keptLength (`);
    expect(stderr).toContain(`module.frame.ts:${lineWith("of a kept frame")}`);
    expect(stderr).toMatch(/main\.ts:\d+/);
  });
});
