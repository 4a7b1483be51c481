/** Garbage that looks like traffic: valid frames to 10.0.0.2, then mutated, truncated, grown or replaced by noise. */
import { closeSync, openSync, writeSync } from "node:fs";

/** xorshift128: the same frames for the same seed on every machine. */
export class Generator {
  #state: Uint32Array;

  constructor(seed: number) {
    this.#state = Uint32Array.of(seed, 0x9e3779b9, 0x243f6a88, 0xb7e15162);
    for (let i = 0; i < 16; i++) {
      this.next();
    }
  }

  /** 32 random bits. */
  next(): number {
    const s = this.#state;
    const t = s[3]! ^ (s[3]! << 11);
    s[3] = s[2]!;
    s[2] = s[1]!;
    s[1] = s[0]!;
    s[0] = s[0]! ^ (s[0]! >>> 19) ^ t ^ (t >>> 8);
    return s[0]!;
  }

  /** 0 .. bound-1 */
  below(bound: number): number {
    return this.next() % bound;
  }
}

export function onesComplement(bytes: Uint8Array, from: number, to: number, seed = 0): number {
  let total = seed;
  for (let i = from; i < to; i += 2) {
    total += (bytes[i]! << 8) | (i + 1 < to ? bytes[i + 1]! : 0);
  }
  while (total > 0xffff) {
    total = (total & 0xffff) + (total >>> 16);
  }
  return ~total & 0xffff;
}

export const PEER_MAC = [0x02, 0, 0, 0, 0, 0x01];
const BROADCAST = [255, 255, 255, 255, 255, 255];

/** An IPv4 packet in an Ethernet frame, checksums right. `destination` is a MAC address. */
export function ipv4Frame(destination: readonly number[], protocol: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(Math.max(60, 34 + payload.length));
  const view = new DataView(frame.buffer);
  frame.set(destination, 0);
  frame.set(PEER_MAC, 6);
  view.setUint16(12, 0x0800);
  frame[14] = 0x45;
  view.setUint16(16, 20 + payload.length);
  frame[22] = 64;
  frame[23] = protocol;
  frame.set([10, 0, 0, 1], 26);
  frame.set([10, 0, 0, 2], 30);
  view.setUint16(24, onesComplement(frame, 14, 34));
  frame.set(payload, 34);
  return frame;
}

export function icmpEcho(destination: readonly number[], sequence: number, size: number): Uint8Array {
  const message = new Uint8Array(8 + size);
  const view = new DataView(message.buffer);
  message[0] = 8;
  view.setUint16(4, 0x1234);
  view.setUint16(6, sequence & 0xffff);
  for (let i = 8; i < message.length; i++) {
    message[i] = i & 0xff;
  }
  view.setUint16(2, onesComplement(message, 0, message.length));
  return ipv4Frame(destination, 1, message);
}

export function udpDatagram(destination: readonly number[], port: number, size: number): Uint8Array {
  const message = new Uint8Array(8 + size);
  const view = new DataView(message.buffer);
  view.setUint16(0, 40000);
  view.setUint16(2, port);
  view.setUint16(4, message.length);
  for (let i = 8; i < message.length; i++) {
    message[i] = i & 0xff;
  }
  const pseudo = Uint8Array.of(10, 0, 0, 1, 10, 0, 0, 2, 0, 17, message.length >>> 8, message.length & 0xff);
  const sum = ~onesComplement(pseudo, 0, 12) & 0xffff;
  view.setUint16(6, onesComplement(message, 0, message.length, sum) || 0xffff);
  return ipv4Frame(destination, 17, message);
}

/** Operation 1 is a request, 2 a reply; from 10.0.0.1 for 10.0.0.2. */
export function arp(operation: number, destination: readonly number[] = BROADCAST): Uint8Array {
  const frame = new Uint8Array(60);
  const view = new DataView(frame.buffer);
  frame.set(destination, 0);
  frame.set(PEER_MAC, 6);
  view.setUint16(12, 0x0806);
  view.setUint16(14, 1);
  view.setUint16(16, 0x0800);
  frame.set([6, 4], 18);
  view.setUint16(20, operation);
  frame.set(PEER_MAC, 22);
  frame.set([10, 0, 0, 1], 28);
  frame.set([10, 0, 0, 2], 38);
  return frame;
}

/** One frame of garbage. About one in eight is left valid, so that all tables keep being used. */
export function garbageFrame(random: Generator, mac: readonly number[]): Uint8Array {
  const to = random.below(4) === 0 ? BROADCAST : mac;
  let frame: Uint8Array;
  switch (random.below(8)) {
    case 0:
      frame = arp(1 + random.below(2), to);
      break;
    case 1:
    case 2:
      frame = icmpEcho(to, random.next(), random.below(random.below(16) === 0 ? 1472 : 100));
      break;
    case 3:
    case 4:
    case 5:
      frame = udpDatagram(to, random.below(2) === 0 ? 7 : random.below(65536), random.below(100));
      break;
    case 6:
      frame = new Uint8Array(random.below(200)).map(() => random.next());
      break;
    default:
      frame = icmpEcho(to, 0, 8);
      frame[34] = random.next();
      frame[35] = random.next();
      break;
  }
  switch (random.below(8)) {
    case 0:
      break;
    case 1:
      frame = frame.subarray(0, random.below(frame.length + 1));
      break;
    case 2: {
      const longer = new Uint8Array(frame.length + random.below(random.below(64) === 0 ? 9000 : 100));
      longer.set(frame);
      frame = longer;
      break;
    }
    default:
      // Most mutations hit the headers: that is where parsing decisions are made.
      for (let n = random.below(4) + 1; n > 0; n--) {
        const at = 12 + random.below(random.below(4) === 0 ? frame.length + 1 : 48);
        if (at < frame.length) {
          frame[at] = random.below(2) === 0 ? random.next() : frame[at]! ^ (1 << random.below(8));
        }
      }
  }
  return frame;
}

/** Writes classic pcap files (microseconds, little-endian, Ethernet); frames are `intervalMicros` apart. */
export class PcapWriter {
  readonly #fd: number;
  #micros = 1_000_000_000_000_000n;
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(
    file: string,
    private readonly intervalMicros = 1,
  ) {
    this.#fd = openSync(file, "w");
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(262144, 16);
    header.writeUInt32LE(1, 20);
    this.#push(header);
  }

  /** `originalLength` > the frame's own length makes a frame that the capture cut off. */
  frame(frame: Uint8Array, originalLength = frame.length): void {
    const header = Buffer.alloc(16);
    this.#micros += BigInt(this.intervalMicros);
    header.writeUInt32LE(Number(this.#micros / 1_000_000n), 0);
    header.writeUInt32LE(Number(this.#micros % 1_000_000n), 4);
    header.writeUInt32LE(frame.length, 8);
    header.writeUInt32LE(originalLength, 12);
    this.#push(header);
    this.#push(Buffer.from(frame));
  }

  close(): void {
    this.#flush();
    closeSync(this.#fd);
  }

  #push(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    if (this.#size > 1 << 20) {
      this.#flush();
    }
  }

  #flush(): void {
    writeSync(this.#fd, Buffer.concat(this.#chunks));
    this.#chunks = [];
    this.#size = 0;
  }
}

/** The frames of a capture that a program wrote. */
export function readPcap(bytes: Buffer): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 24; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    frames.push(bytes.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return frames;
}
