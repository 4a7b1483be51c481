/** The reflector example answers a capture of questions, and nothing else in it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mirage, ROOT } from "../support/mirage.ts";
import { statistic } from "../support/program.ts";
import { arpRequest, checksum, echoRequest, HOST_MAC, ipv4, readCapture, writeCapture } from "./frames.ts";

const scratch = mkdtempSync(join(tmpdir(), "mirage-reflector-"));
const BROADCAST = Buffer.alloc(6, 0xff);
const payload = Buffer.from("payload of odd length");

function reflect(
  questions: Buffer[],
  options: string[],
): { answers: Buffer[]; stdout: string; stderr: string } {
  const run = mkdtempSync(join(scratch, "run-"));
  const question = join(run, "in.pcap");
  const answer = join(run, "out.pcap");
  writeCapture(question, questions);
  const net = `pcap:${question},${answer}`;
  const { status, stdout, stderr } = mirage([
    "run",
    "-t",
    "unix",
    "--net",
    net,
    ...options,
    join(ROOT, "examples/reflector"),
  ]);
  expect(status, stderr).toBe(0);
  return { answers: readCapture(answer), stdout, stderr };
}

describe("reflector", () => {
  let result: ReturnType<typeof reflect>;
  let mac: Buffer;

  beforeAll(() => {
    const corrupt = echoRequest(BROADCAST, "10.0.0.1", "10.0.0.2", payload);
    corrupt.writeUInt8(corrupt.readUInt8(50) ^ 1, 50);
    result = reflect(
      [
        arpRequest("10.0.0.1", "10.0.0.2"),
        arpRequest("10.0.0.1", "10.0.0.3"),
        echoRequest(BROADCAST, "10.0.0.1", "10.0.0.2", payload),
        echoRequest(BROADCAST, "10.0.0.1", "10.0.0.3", payload),
        corrupt,
        echoRequest(BROADCAST, "10.0.0.1", "10.0.0.2", payload).subarray(0, 40),
        Buffer.alloc(60),
      ],
      ["--ipv4", "10.0.0.2/24"],
    );
    const text = /at ((?:[0-9a-f]{2}:){5}[0-9a-f]{2})/.exec(result.stdout)?.[1] ?? "";
    mac = Buffer.from(text.replaceAll(":", ""), "hex");
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  it("answers two of seven frames, without a copy", () => {
    expect(result.answers).toHaveLength(2);
    expect(statistic(result.stderr, "copies"), result.stderr).toBe(0);
    expect(statistic(result.stderr, "frames.live")).toBe(0);
  });

  it("answers who has its address", () => {
    const reply = result.answers[0] as Buffer;
    expect(reply.subarray(0, 14)).toEqual(Buffer.concat([HOST_MAC, mac, Buffer.from("0806", "hex")]));
    expect(reply.readUInt16BE(20)).toBe(2);
    expect(reply.subarray(22, 42)).toEqual(
      Buffer.concat([mac, ipv4("10.0.0.2"), HOST_MAC, ipv4("10.0.0.1")]),
    );
  });

  it("answers a ping with the same data and right checksums", () => {
    const reply = result.answers[1] as Buffer;
    const end = 14 + reply.readUInt16BE(16);
    expect(reply.subarray(0, 12)).toEqual(Buffer.concat([HOST_MAC, mac]));
    expect(reply.subarray(26, 34)).toEqual(Buffer.concat([ipv4("10.0.0.2"), ipv4("10.0.0.1")]));
    expect(reply.readUInt8(34)).toBe(0);
    expect(checksum(reply.subarray(14, 34))).toBe(0);
    expect(checksum(reply.subarray(34, end))).toBe(0);
    expect(reply.subarray(42, end)).toEqual(payload);
  });

  it("answers for 10.0.0.2 without --ipv4", () => {
    expect(reflect([arpRequest("10.0.0.1", "10.0.0.2")], []).answers).toHaveLength(1);
  });
});
