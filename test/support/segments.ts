/**
 * What a card with segmentation offload does to a frame, and one that merges what it receives: both in plain
 * TypeScript, independent of the runtime's own.
 */
import { onesComplementSum } from "./host.ts";

const ETHERNET_BYTES = 14;
const TCP = 6;
const FIN = 0x01;
const PSH = 0x08;
const CWR = 0x80;

interface TcpFrame {
  readonly version: 4 | 6;
  /** Bytes from the start of the frame to the TCP header. */
  readonly at: number;
  /** Bytes from the start of the frame to the payload. */
  readonly payloadAt: number;
}

/** Undefined: not an unfragmented TCP packet over untagged Ethernet, or with something behind it. */
export function tcpFrame(bytes: Uint8Array): TcpFrame | undefined {
  if (bytes.length < ETHERNET_BYTES + 40) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint16(12);
  let at: number;
  if (type === 0x0800) {
    at = ETHERNET_BYTES + (view.getUint8(14) & 15) * 4;
    if (view.getUint8(14) >> 4 !== 4 || view.getUint8(23) !== TCP) return undefined;
    if ((view.getUint16(20) & 0x3fff) !== 0 || view.getUint16(16) !== bytes.length - 14) return undefined;
  } else if (type === 0x86dd) {
    at = ETHERNET_BYTES + 40;
    if (view.getUint8(20) !== TCP || view.getUint16(18) !== bytes.length - at) return undefined;
  } else {
    return undefined;
  }
  if (bytes.length < at + 20) return undefined;
  const payloadAt = at + (view.getUint8(at + 12) >> 4) * 4;
  if (payloadAt < at + 20 || payloadAt > bytes.length) return undefined;
  return { version: type === 0x0800 ? 4 : 6, at, payloadAt };
}

/** Folded sum of the pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1). */
function pseudoSum(bytes: Uint8Array, { version, at }: TcpFrame): number {
  const [from, length] = version === 4 ? [26, 8] : [22, 32];
  return onesComplementSum(bytes.subarray(from, from + length), TCP + bytes.length - at);
}

/** Writes lengths and checksums that fit the frame's bytes. */
export function finish(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(12) === 0x0800) {
    view.setUint16(16, bytes.length - ETHERNET_BYTES);
    view.setUint16(24, 0);
    const end = ETHERNET_BYTES + (view.getUint8(14) & 15) * 4;
    view.setUint16(24, ~onesComplementSum(bytes.subarray(ETHERNET_BYTES, end)));
  } else {
    view.setUint16(18, bytes.length - ETHERNET_BYTES - 40);
  }
  const frame = tcpFrame(bytes);
  if (!frame) throw new Error("not TCP");
  view.setUint16(frame.at + 16, 0);
  view.setUint16(
    frame.at + 16,
    ~onesComplementSum(bytes.subarray(frame.at), pseudoSum(bytes, frame)) & 0xffff,
  );
  return bytes;
}

/**
 * The packets that leave for a frame with `frame_segment`. Throws for what no card could cut: headers that are not those of
 * TCP with the length of the whole frame, a wrong sum of the pseudo header.
 */
export function cut(
  bytes: Uint8Array,
  segmentBytes: number,
  checksum: { readonly start: number; readonly offset: number } | undefined,
): Uint8Array[] {
  const frame = tcpFrame(bytes);
  if (!frame) throw new Error("frame_segment of a frame that is not TCP, or whose IP length is wrong");
  if (checksum?.start !== frame.at || checksum.offset !== 16) {
    throw new Error("frame_segment without frame_checksum of the TCP header");
  }
  const given = new DataView(bytes.buffer, bytes.byteOffset).getUint16(frame.at + 16);
  if (given % 0xffff !== pseudoSum(bytes, frame) % 0xffff) {
    throw new Error("frame_segment with a wrong sum of the pseudo header");
  }
  const header = bytes.subarray(0, frame.payloadAt);
  const packets: Uint8Array[] = [];
  let from = frame.payloadAt;
  do {
    const payload = bytes.subarray(from, from + segmentBytes);
    const packet = new Uint8Array(header.length + payload.length);
    packet.set(header);
    packet.set(payload, header.length);
    const view = new DataView(packet.buffer);
    const first = from === frame.payloadAt;
    const last = from + payload.length === bytes.length;
    if (frame.version === 4) view.setUint16(18, view.getUint16(18) + packets.length);
    view.setUint32(frame.at + 4, view.getUint32(frame.at + 4) + from - frame.payloadAt);
    const flags = view.getUint8(frame.at + 13);
    view.setUint8(frame.at + 13, flags & ~(first ? 0 : CWR) & ~(last ? 0 : FIN | PSH));
    packets.push(finish(packet));
    from += payload.length;
  } while (from < bytes.length);
  return packets;
}

export interface Merged {
  readonly bytes: Uint8Array;
  /** What `frame_segment_bytes` says: 0 for a frame that stayed alone. */
  readonly segmentBytes: number;
}

/** Would a card append `next` to `frame`, whose packets have `segmentBytes` of payload? */
function continues(frame: Uint8Array, segmentBytes: number, next: Uint8Array): boolean {
  const a = tcpFrame(frame);
  const b = tcpFrame(next);
  if (!a || !b || a.version !== b.version || a.payloadAt !== b.payloadAt) return false;
  const [one, two] = [frame, next].map((bytes) => new DataView(bytes.buffer, bytes.byteOffset)) as [
    DataView,
    DataView,
  ];
  const length = frame.length - a.payloadAt;
  const more = next.length - b.payloadAt;
  if (length === 0 || more === 0 || more > segmentBytes || length % segmentBytes !== 0) return false;
  if (frame.length + more > ETHERNET_BYTES + 65535) return false;
  if (two.getUint32(b.at + 4) !== (one.getUint32(a.at + 4) + length) >>> 0) return false;
  // Only ACK, and PSH with the last one, may be set; everything else in the headers is the same.
  if (one.getUint8(a.at + 13) !== 0x10 || (two.getUint8(b.at + 13) & ~PSH) !== 0x10) return false;
  const varies = (i: number) =>
    (a.version === 4 ? [16, 17, 18, 19, 24, 25] : [18, 19]).includes(i) ||
    (i >= a.at + 4 && i < a.at + 8) ||
    i === a.at + 13 ||
    i === a.at + 16 ||
    i === a.at + 17;
  for (let i = 0; i < a.payloadAt; i++) if (!varies(i) && frame[i] !== next[i]) return false;
  const sum = onesComplementSum(next.subarray(b.at), pseudoSum(next, b));
  return sum === 0xffff;
}

/** Merges runs of TCP packets that follow on each other, as a card with large receive offload does. */
export function merge(frames: readonly Uint8Array[]): Merged[] {
  const merged: Merged[] = [];
  for (const next of frames) {
    const last = merged.at(-1);
    const tcp = last && tcpFrame(last.bytes);
    const segmentBytes = last?.segmentBytes || (tcp ? last.bytes.length - tcp.payloadAt : 0);
    if (!last || !tcp || !continues(last.bytes, segmentBytes, next)) {
      merged.push({ bytes: next, segmentBytes: 0 });
      continue;
    }
    const bytes = new Uint8Array(last.bytes.length + next.length - tcp.payloadAt);
    bytes.set(last.bytes);
    bytes.set(next.subarray(tcp.payloadAt), last.bytes.length);
    bytes[tcp.at + 13] = next[tcp.at + 13] ?? 0;
    merged[merged.length - 1] = { bytes: finish(bytes), segmentBytes };
  }
  return merged;
}
