/** The udp-echo example answers a capture, and says what it needs. The tap is in test/system. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { buildProgram, mirage, ROOT, runExecutable } from "../support/mirage.ts";
import { statistic } from "../support/program.ts";
import { arpRequest, readCapture, udpFrame, writeCapture } from "./frames.ts";

const scratch = mkdtempSync(join(tmpdir(), "mirage-udp-echo-"));
const program = join(ROOT, "examples/udp-echo");

describe("udp-echo", () => {
  afterAll(() => rmSync(scratch, { recursive: true }));

  it.each([
    ["by iteration", program],
    ["by a listener", join(ROOT, "test/bench/programs/udp-listen")],
  ])("sends each datagram back unchanged, without a copy, %s", (_how, folder) => {
    const question = join(scratch, "in.pcap");
    const answer = join(scratch, "out.pcap");
    const texts = ["one", "", "a longer third datagram"];
    const mac = Buffer.from("020000000002", "hex");
    writeCapture(question, [
      arpRequest("10.0.0.1", "10.0.0.2"),
      ...texts.map((text) => udpFrame(mac, "10.0.0.1", "10.0.0.2", [4000, 7], Buffer.from(text))),
    ]);
    const net = `pcap:${question},${answer}`;
    const options = ["--net", net, "--mac", "02:00:00:00:00:02", "--ipv4", "10.0.0.2/24"];
    const { stderr } = runExecutable(buildProgram(folder), options);
    const echoes = readCapture(answer).filter(
      (frame) => frame.readUInt16BE(12) === 0x0800 && frame.readUInt8(23) === 17,
    );
    expect(echoes.map((frame) => frame.subarray(42, 34 + frame.readUInt16BE(38)).toString())).toEqual(texts);
    expect(echoes.map((frame) => [frame.readUInt16BE(34), frame.readUInt16BE(36)])).toEqual(
      texts.map(() => [7, 4000]),
    );
    expect(statistic(stderr, "copies"), stderr).toBe(0);
    expect(statistic(stderr, "frames.live")).toBe(0);
  });

  it("names the option that is missing", () => {
    const { status, stderr } = mirage(["run", "-t", "unix", program]);
    expect(status).toBe(70);
    expect(stderr).toContain("give one with --net");
    expect(stderr).toMatch(/main\.ts:\d+/);
  });
});
