/** TCP segments made and taken apart in plain TypeScript, independent of the stack that they test. */
import { onesComplementSum } from "./host.ts";
import { bytes, parse } from "./packets.ts";

const u16 = (value: number) => [(value >>> 8) & 0xff, value & 0xff];
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value)];

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;

/** Options of TCP, in the order of the fields, behind NOPs where `raw` is not given; padded with zeros. */
export interface SegmentOptions {
  mss?: number;
  windowScale?: number;
  sackPermitted?: boolean;
  /** TSval, TSecr. */
  timestamps?: readonly [number, number];
  sack?: readonly (readonly [number, number])[];
  /** The 16 bits of the user timeout option. */
  userTimeout?: number;
  /** Instead of all others, as it is. */
  raw?: Uint8Array;
}

export interface SegmentFields {
  source: number;
  destination: number;
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack?: number;
  flags: number;
  window?: number;
  urgent?: number;
  options?: SegmentOptions;
  /** Instead of the right one. */
  dataOffset?: number;
  /** Added to the right checksum. */
  checksumError?: number;
}

export function segmentOptions(options: SegmentOptions): Uint8Array {
  if (options.raw) return options.raw;
  const { mss, windowScale, sackPermitted, timestamps, userTimeout, sack = [] } = options;
  const list = bytes(
    mss === undefined ? [] : [2, 4, ...u16(mss)],
    windowScale === undefined ? [] : [1, 3, 3, windowScale],
    sackPermitted ? [1, 1, 4, 2] : [],
    timestamps ? [1, 1, 8, 10, ...u32(timestamps[0]), ...u32(timestamps[1])] : [],
    sack.length > 0
      ? [1, 1, 5, 2 + 8 * sack.length, ...sack.flatMap(([left, right]) => [...u32(left), ...u32(right)])]
      : [],
    userTimeout === undefined ? [] : [28, 4, ...u16(userTimeout)],
  );
  return bytes(list, new Uint8Array((4 - (list.length % 4)) % 4));
}

export function segment(fields: SegmentFields, payload: Uint8Array): Uint8Array {
  const options = segmentOptions(fields.options ?? {});
  const made = bytes(
    u16(fields.sourcePort),
    u16(fields.destinationPort),
    u32(fields.seq),
    u32(fields.ack ?? 0),
    (fields.dataOffset ?? 5 + options.length / 4) << 4,
    fields.flags,
    u16(fields.window ?? 65535),
    0,
    0,
    u16(fields.urgent ?? 0),
    options,
    payload,
  );
  const pseudo = bytes(u32(fields.source), u32(fields.destination), 0, 6, u16(made.length));
  const checksum = ~onesComplementSum(bytes(pseudo, made)) + (fields.checksumError ?? 0);
  made.set(u16(checksum & 0xffff), 16);
  return made;
}

export interface ParsedSegment {
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  flags: number;
  window: number;
  options: SegmentOptions;
  /** Kinds in the order in which they stand. */
  kinds: number[];
  payload: Uint8Array;
}

function parseSegment(segment: Uint8Array): ParsedSegment {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  const header = (view.getUint8(12) >>> 4) * 4;
  const options: SegmentOptions = {};
  const kinds: number[] = [];
  for (let at = 20; at < header; ) {
    const kind = view.getUint8(at);
    kinds.push(kind);
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = view.getUint8(at + 1);
    if (length < 2 || at + length > header) throw new Error(`option ${kind} of ${length} bytes`);
    if (kind === 2) options.mss = view.getUint16(at + 2);
    if (kind === 3) options.windowScale = view.getUint8(at + 2);
    if (kind === 4) options.sackPermitted = true;
    if (kind === 5) {
      const blocks: [number, number][] = [];
      for (let p = at + 2; p < at + length; p += 8) blocks.push([view.getUint32(p), view.getUint32(p + 4)]);
      options.sack = blocks;
    }
    if (kind === 28) options.userTimeout = view.getUint16(at + 2);
    if (kind === 8) options.timestamps = [view.getUint32(at + 2), view.getUint32(at + 6)];
    at += length;
  }
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags: view.getUint8(13),
    window: view.getUint16(14),
    options,
    kinds,
    payload: segment.slice(header),
  };
}

/** The segment in an Ethernet frame, its checksums verified; undefined if there is none. */
export function segmentOf(frame: Uint8Array): ParsedSegment | undefined {
  const { ipv4 } = parse(frame);
  if (ipv4?.protocol !== 6) return undefined;
  const packet = frame.subarray(34);
  const pseudo = bytes(u32(ipv4.source), u32(ipv4.destination), 0, 6, u16(packet.length));
  if (onesComplementSum(bytes(pseudo, packet)) !== 0xffff) throw new Error("wrong TCP checksum");
  return parseSegment(packet);
}
