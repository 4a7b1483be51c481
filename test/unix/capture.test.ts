/** `--net pcap:IN[,OUT]`: the formats that are read, the capture's clock, and what is wrong with a capture. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram, type Ended, runExecutable } from "../support/mirage.ts";
import { statistic } from "../support/program.ts";

interface Packet {
  seconds: number;
  /** Microseconds or nanoseconds, as the format has it. */
  fraction: number;
  bytes: Uint8Array;
  /** On the wire, if the capture cut it. */
  length?: number;
}

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;

let folder: string;
let executable: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mirage-capture-"));
  executable = buildProgram(new URL("./programs/clock/main.ts", import.meta.url).pathname);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A frame whose payload begins with that number. */
function frame(number: number, length = 60): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[12] = 0x88;
  if (length > 14) {
    bytes[14] = number;
  }
  return bytes;
}

function capture(packets: readonly Packet[], magic = MICROSECONDS, little = true, linkType = 1): Buffer {
  const header = new DataView(new ArrayBuffer(24));
  header.setUint32(0, magic, little);
  header.setUint16(4, 2, little);
  header.setUint16(6, 4, little);
  header.setUint32(16, 65535, little);
  header.setUint32(20, linkType, little);
  const parts = [Buffer.from(header.buffer)];
  for (const { seconds, fraction, bytes, length } of packets) {
    const record = new DataView(new ArrayBuffer(16));
    [seconds, fraction, bytes.length, length ?? bytes.length].forEach((value, i) => {
      record.setUint32(4 * i, value, little);
    });
    parts.push(Buffer.from(record.buffer), Buffer.from(bytes));
  }
  return Buffer.concat(parts);
}

/** Three packets at 100.0005, 100.0105 and 100.0205 seconds. */
function three(unitsPerMicrosecond: number): Packet[] {
  return [0, 1, 2].map((i) => ({
    seconds: 100,
    fraction: (500 + 10_000 * i) * unitsPerMicrosecond,
    bytes: frame(i + 1),
  }));
}

function run(content: Uint8Array, args: string[] = []): Ended & { output: Buffer } {
  const input = join(folder, "in.pcap");
  const output = join(folder, "out.pcap");
  writeFileSync(input, content);
  rmSync(output, { force: true });
  const ended = runExecutable(executable, ["--net", `pcap:${input},${output}`, ...args]);
  return { ...ended, output: ended.status === 64 ? Buffer.alloc(0) : readFileSync(output) };
}

describe("a capture", () => {
  it.each([
    ["microseconds, little endian", MICROSECONDS, true, 1],
    ["microseconds, big endian", MICROSECONDS, false, 1],
    ["nanoseconds, little endian", NANOSECONDS, true, 1000],
    ["nanoseconds, big endian", NANOSECONDS, false, 1000],
  ])("in %s is read on its own clock", (_, magic, little, units) => {
    const { status, stdout, stderr } = run(capture(three(units), magic, little));
    expect(status, stderr).toBe(0);
    expect(stdout).toBe("start 100.500000\nframe 1 0\nframe 2 10000\nframe 3 20000\n");
  });

  it("lets timers that are due earlier fire first, and writes answers with their times", () => {
    const { status, stdout, stderr, output } = run(capture(three(1)), ["--", "15"]);
    expect(status, stderr).toBe(0);
    expect(stdout).toBe("start 100.500000\nframe 1 0\nframe 2 10000\ntimer 15000\nframe 3 20000\n");
    expect(output.readUInt32LE(0)).toBe(NANOSECONDS);
    const times: number[][] = [];
    for (let at = 24; at < output.length; at += 16 + output.readUInt32LE(at + 8)) {
      times.push([output.readUInt32LE(at), output.readUInt32LE(at + 4) / 1000]);
    }
    expect(times).toEqual([
      [100, 500],
      [100, 10_500],
      [100, 15_500],
      [100, 20_500],
    ]);
  });

  it("ends the program at its end, whatever waits", () => {
    const { status, stdout } = run(capture([]), ["--", "1000"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^start \S+\n$/);
  });

  it("drops truncated, oversize and runt packets, and counts each kind", () => {
    const packets = [
      { bytes: frame(1), length: 61 },
      { bytes: frame(2), length: 9000 },
      { bytes: frame(3, 1515) },
      { bytes: frame(4, 9000) },
      { bytes: frame(5, 13) },
      { bytes: frame(6, 0) },
      { bytes: frame(7, 1514) },
    ].map((packet, i) => ({ seconds: 1, fraction: i, ...packet }));
    const { status, stdout, stderr } = run(capture(packets));
    expect(status, stderr).toBe(0);
    expect(stdout).toBe("start 1.0\nframe 7 6\n");
    expect(statistic(stderr, "drop.truncated")).toBe(2);
    expect(statistic(stderr, "drop.oversize")).toBe(2);
    expect(statistic(stderr, "drop.runt")).toBe(2);
    expect(statistic(stderr, "frames.in")).toBe(1);
  });
});

describe("a malformed capture", () => {
  it.each([
    ["that is empty", new Uint8Array(0), /offset 0 has 24 bytes, the file 0/],
    ["of another format", Buffer.from("GET / HTTP/1.1\r\nHost: localhost"), /offset 0 holds 47455420/],
    ["of the next generation", Buffer.from("0a0d0d0a".padEnd(60, "0"), "hex"), /pcapng/],
    ["of another link", capture([], MICROSECONDS, true, 113), /offset 20: link type 113/],
  ])("%s is refused with 64", (_, content, message) => {
    const { status, stderr } = run(content);
    expect(status).toBe(64);
    expect(stderr).toMatch(/^mirage: --net pcap:/);
    expect(stderr).toMatch(message);
  });

  const good = capture(three(1));
  const patched = (offset: number, value: number): Buffer => {
    const bytes = Buffer.from(good);
    bytes.writeUInt32LE(value, offset);
    return bytes;
  };
  it.each([
    ["that ends in a header", good.subarray(0, 24 + 76 + 9), /offset 100: .*16 bytes, not 9/, 1],
    ["that ends in a packet", good.subarray(0, 24 + 76 + 16 + 20), /offset 116: .*20 of 60 bytes/, 1],
    ["with a length that cannot be", patched(24 + 76 + 8, 0xffffffff), /offset 108: .*4294967295/, 1],
    ["with a time that cannot be", patched(24 + 4, 1_000_000), /offset 28: 1000000 microseconds/, 0],
  ])("%s is read up to there, and the program ends with 70", (_, content, message, frames) => {
    const { status, stdout, stderr } = run(content);
    expect(status, stderr).toBe(70);
    expect(stderr).toMatch(message);
    expect(stdout.match(/^frame/gm)?.length ?? 0).toBe(frames);
  });

  it("that is missing is refused with 64", () => {
    const { status, stderr } = runExecutable(executable, ["--net", `pcap:${folder}/none`]);
    expect(status).toBe(64);
    expect(stderr).toMatch(/none: No such file/);
  });

  it("is not overwritten with its own answers", () => {
    const content = capture(three(1));
    const file = join(folder, "both.pcap");
    writeFileSync(file, content);
    const { status, stderr } = runExecutable(executable, ["--net", `pcap:${file},${file}`]);
    expect(status).toBe(64);
    expect(stderr).toMatch(/both\.pcap is what is read/);
    expect(readFileSync(file)).toEqual(content);
  });
});
