/** IPv6 packets made and taken apart in plain TypeScript, independent of the stack that they test. */
import { onesComplementSum } from "./host.ts";
import { bytes, ethernet } from "./packets.ts";

const u16 = (value: number) => [(value >>> 8) & 0xff, value & 0xff];
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value)];
const mac = (value: bigint) => [...u16(Number(value >> 32n)), ...u32(Number(value & 0xffffffffn))];

/** "fe80::1" as a number of 128 bits. */
export function ip6(text: string): bigint {
  const [head = "", tail] = text.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":").map((group) => BigInt(`0x${group}`)));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const zeros = Array<bigint>(8 - first.length - last.length).fill(0n);
  return [...first, ...zeros, ...last].reduce((sum, group) => (sum << 16n) | group, 0n);
}

/** 16 bytes of an address. */
export function octets(address: bigint): number[] {
  return Array.from({ length: 16 }, (_, i) => Number((address >> BigInt(8 * (15 - i))) & 0xffn));
}

/** Four words of 32 bits, as the stack's functions take an address. */
export function words(address: bigint): [number, number, number, number] {
  const word = (shift: bigint) => Number((address >> shift) & 0xffffffffn);
  return [word(96n), word(64n), word(32n), word(0n)];
}

export function solicitedNode(address: bigint): bigint {
  return ip6("ff02::1:ff00:0") | (address & 0xffffffn);
}

/** The MAC address of a group (RFC 2464 section 7). */
export function groupMac(group: bigint): bigint {
  return 0x333300000000n | (group & 0xffffffffn);
}

export interface Ipv6Fields {
  source: bigint;
  destination: bigint;
  /** The first header behind the IPv6 header. */
  nextHeader: number;
  hopLimit?: number;
  trafficClass?: number;
  flowLabel?: number;
  version?: number;
  payloadBytes?: number;
}

export function ipv6(fields: Ipv6Fields, payload: Uint8Array): Uint8Array {
  const { version = 6, trafficClass = 0, flowLabel = 0 } = fields;
  return bytes(
    u32(version * 0x10000000 + trafficClass * 0x100000 + flowLabel),
    u16(fields.payloadBytes ?? payload.length),
    fields.nextHeader,
    fields.hopLimit ?? 64,
    octets(fields.source),
    octets(fields.destination),
    payload,
  );
}

function checksum(
  source: bigint,
  destination: bigint,
  protocol: number,
  message: Uint8Array,
  at: number,
  error = 0,
): Uint8Array {
  const pseudo = bytes(octets(source), octets(destination), u32(message.length), 0, 0, 0, protocol);
  const sum = (~onesComplementSum(bytes(pseudo, message)) + error) & 0xffff;
  message.set(u16(protocol === 17 && sum === 0 ? 0xffff : sum), at);
  return message;
}

export interface Icmp6Fields {
  source: bigint;
  destination: bigint;
  type: number;
  code?: number;
  rest?: number;
  checksumError?: number;
}

export function icmp6(fields: Icmp6Fields, payload: Uint8Array = new Uint8Array()): Uint8Array {
  const message = bytes(fields.type, fields.code ?? 0, 0, 0, u32(fields.rest ?? 0), payload);
  return checksum(fields.source, fields.destination, 58, message, 2, fields.checksumError);
}

export function udp6(
  fields: { source: bigint; destination: bigint; sourcePort: number; destinationPort: number },
  payload: Uint8Array,
): Uint8Array {
  const ports = [...u16(fields.sourcePort), ...u16(fields.destinationPort)];
  const datagram = bytes(ports, u16(8 + payload.length), 0, 0, payload);
  return checksum(fields.source, fields.destination, 17, datagram, 6);
}

/** An extension header made of options, padded to a multiple of 8 bytes. */
export function options(nextHeader: number, ...parts: number[]): Uint8Array {
  const length = Math.ceil((2 + parts.length) / 8) * 8;
  const padding = length - 2 - parts.length;
  const pad =
    padding === 0 ? [] : padding === 1 ? [0] : [1, padding - 2, ...Array<number>(padding - 2).fill(0)];
  return bytes(nextHeader, length / 8 - 1, parts, pad);
}

export function routing(
  nextHeader: number,
  type: number,
  segmentsLeft: number,
  ...addresses: bigint[]
): Uint8Array {
  return bytes(nextHeader, addresses.length * 2, type, segmentsLeft, u32(0), addresses.flatMap(octets));
}

export function fragment(
  nextHeader: number,
  offset: number,
  more: boolean,
  identification: number,
): Uint8Array {
  return bytes(nextHeader, 0, u16(offset | Number(more)), u32(identification));
}

/** Options of neighbour discovery. */
export const nd = {
  link: (type: 1 | 2, address: bigint) => bytes(type, 1, mac(address)),
  nonce: (value: bigint) => bytes(14, 1, mac(value)),
  mtu: (value: number) => bytes(5, 1, 0, 0, u32(value)),
  prefix: (fields: { prefix: bigint; bits?: number; flags?: number; valid?: number; preferred?: number }) =>
    bytes(
      3,
      4,
      fields.bits ?? 64,
      fields.flags ?? 0xc0,
      u32(fields.valid ?? 86400),
      u32(fields.preferred ?? 14400),
      u32(0),
      octets(fields.prefix),
    ),
};

export interface Parsed6 {
  macDestination: bigint;
  macSource: bigint;
  source: bigint;
  destination: bigint;
  nextHeader: number;
  hopLimit: number;
  trafficClass: number;
  payload: Uint8Array;
  fragment?: { nextHeader: number; offset: number; more: boolean; identification: number };
  hopByHop?: Uint8Array;
  /** The upper-layer protocol. */
  protocol: number;
  icmp6?: { type: number; code: number; rest: number; payload: Uint8Array };
  udp?: { sourcePort: number; destinationPort: number; payload: Uint8Array };
}

/** Takes a frame apart. Lengths and checksums in it are verified, a wrong one throws. Undefined: it is not IPv6. */
export function parse6(frame: Uint8Array): Parsed6 | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint16(12) !== 0x86dd) return undefined;
  const macAt = (at: number) => (BigInt(view.getUint16(at)) << 32n) | BigInt(view.getUint32(at + 2));
  if (view.getUint8(14) >>> 4 !== 6) throw new Error("not version 6");
  const payloadBytes = view.getUint16(18);
  if (payloadBytes !== frame.length - 54)
    throw new Error(`payload length ${payloadBytes} of ${frame.length - 54}`);
  const source = addressAt(frame, 22);
  const destination = addressAt(frame, 38);
  const parsed: Parsed6 = {
    macDestination: macAt(0),
    macSource: macAt(6),
    source,
    destination,
    nextHeader: view.getUint8(20),
    hopLimit: view.getUint8(21),
    trafficClass: (view.getUint16(14) >>> 4) & 0xff,
    payload: frame.slice(54),
    protocol: view.getUint8(20),
  };
  let at = 54;
  if (parsed.protocol === 0) {
    const length = (view.getUint8(at + 1) + 1) * 8;
    parsed.hopByHop = frame.slice(at, at + length);
    parsed.protocol = view.getUint8(at);
    at += length;
  }
  if (parsed.protocol === 44) {
    const offset = view.getUint16(at + 2);
    parsed.fragment = {
      nextHeader: view.getUint8(at),
      offset: offset & 0xfff8,
      more: (offset & 1) !== 0,
      identification: view.getUint32(at + 4),
    };
    parsed.payload = frame.slice(at + 8);
    return parsed;
  }
  const message = frame.subarray(at);
  const pseudo = bytes(octets(source), octets(destination), u32(message.length), 0, 0, 0, parsed.protocol);
  if (parsed.protocol === 58 || parsed.protocol === 17) {
    if (onesComplementSum(bytes(pseudo, message)) !== 0xffff)
      throw new Error(`wrong checksum of protocol ${parsed.protocol}`);
  }
  if (parsed.protocol === 58) {
    parsed.icmp6 = {
      type: view.getUint8(at),
      code: view.getUint8(at + 1),
      rest: view.getUint32(at + 4),
      payload: frame.slice(at + 8),
    };
  }
  if (parsed.protocol === 17) {
    parsed.udp = {
      sourcePort: view.getUint16(at),
      destinationPort: view.getUint16(at + 2),
      payload: frame.slice(at + 8),
    };
  }
  return parsed;
}

export function addressAt(from: Uint8Array, at: number): bigint {
  return from.slice(at, at + 16).reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
}

/** A frame with an IPv6 packet. */
export function frame6(
  macs: { destination: bigint; source: bigint },
  fields: Ipv6Fields,
  payload: Uint8Array,
): Uint8Array {
  return ethernet({ ...macs, type: 0x86dd }, ipv6(fields, payload));
}
