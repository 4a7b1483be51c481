/** Frames for examples, made and read without the code under test. */
import { readFileSync, writeFileSync } from "node:fs";

export const HOST_MAC = Buffer.from("020000000001", "hex");
const BROADCAST = Buffer.alloc(6, 0xff);

export function ipv4(text: string): Buffer {
  return Buffer.from(text.split(".").map(Number));
}

/** RFC 1071, to be written into a header whose checksum is 0. */
export function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes.readUInt8(i) * 256 + (i + 1 < bytes.length ? bytes.readUInt8(i + 1) : 0);
  }
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return 0xffff - sum;
}

export function arpRequest(from: string, to: string): Buffer {
  const head = Buffer.from("08060001080006040001", "hex");
  return Buffer.concat([
    BROADCAST,
    HOST_MAC,
    head,
    HOST_MAC,
    ipv4(from),
    Buffer.alloc(6),
    ipv4(to),
    Buffer.alloc(18),
  ]);
}

/** An Ethernet frame with an IPv4 packet. */
export function ipv4Frame(mac: Buffer, from: string, to: string, protocol: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(20 + payload.length, 2);
  header.writeUInt16BE(0x1234, 4);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocol, 9);
  ipv4(from).copy(header, 12);
  ipv4(to).copy(header, 16);
  header.writeUInt16BE(checksum(header), 10);
  const frame = Buffer.concat([mac, HOST_MAC, Buffer.from("0800", "hex"), header, payload]);
  return frame.length < 60 ? Buffer.concat([frame, Buffer.alloc(60 - frame.length)]) : frame;
}

export function echoRequest(mac: Buffer, from: string, to: string, data: Buffer): Buffer {
  const icmp = Buffer.concat([Buffer.from("0800000000070001", "hex"), data]);
  icmp.writeUInt16BE(checksum(icmp), 2);
  return ipv4Frame(mac, from, to, 1, icmp);
}

/** Without a UDP checksum, which IPv4 allows (RFC 768). */
export function udpFrame(
  mac: Buffer,
  from: string,
  to: string,
  ports: [number, number],
  data: Buffer,
): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(ports[0], 0);
  header.writeUInt16BE(ports[1], 2);
  header.writeUInt16BE(8 + data.length, 4);
  return ipv4Frame(mac, from, to, 17, Buffer.concat([header, data]));
}

/** A capture with microseconds, one frame each 10 ms. */
export function writeCapture(file: string, frames: Buffer[]): void {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65535, 16);
  head.writeUInt32LE(1, 20);
  const records = frames.flatMap((frame, i) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_700_000_000, 0);
    record.writeUInt32LE(i * 10_000, 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  writeFileSync(file, Buffer.concat([head, ...records]));
}

export function readCapture(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const frames: Buffer[] = [];
  for (let at = 24; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    frames.push(bytes.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return frames;
}
