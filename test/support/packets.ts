/** Frames made and taken apart in plain TypeScript, independent of the stack that they test. */
import { onesComplementSum } from "./host.ts";

export const BROADCAST_MAC = 0xffffffffffffn;

export function bytes(...parts: (number | readonly number[] | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...part])));
}

const u16 = (value: number) => [(value >>> 8) & 0xff, value & 0xff];
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value)];
const mac = (value: bigint) => [...u16(Number(value >> 32n)), ...u32(Number(value & 0xffffffffn))];

/** "10.0.0.2" as a number. */
export function ip(text: string): number {
  return text.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

export interface EthernetFields {
  destination: bigint;
  source: bigint;
  type: number;
}

export function ethernet(fields: EthernetFields, payload: Uint8Array): Uint8Array {
  return bytes(mac(fields.destination), mac(fields.source), u16(fields.type), payload);
}

export interface ArpFields {
  operation: number;
  senderMac: bigint;
  sender: number;
  targetMac: bigint;
  target: number;
}

export function arp(fields: ArpFields): Uint8Array {
  return bytes(
    u16(1),
    u16(0x0800),
    6,
    4,
    u16(fields.operation),
    mac(fields.senderMac),
    u32(fields.sender),
    mac(fields.targetMac),
    u32(fields.target),
  );
}

export interface Ipv4Fields {
  source: number;
  destination: number;
  protocol: number;
  timeToLive?: number;
  identification?: number;
  /** Flags and offset. */
  fragment?: number;
  typeOfService?: number;
  /** A multiple of 4 bytes. */
  options?: Uint8Array;
  version?: number;
  headerWords?: number;
  totalBytes?: number;
  /** Added to the right checksum. */
  checksumError?: number;
}

export function ipv4(fields: Ipv4Fields, payload: Uint8Array): Uint8Array {
  const options = fields.options ?? new Uint8Array();
  const headerWords = fields.headerWords ?? 5 + options.length / 4;
  const header = bytes(
    ((fields.version ?? 4) << 4) | headerWords,
    fields.typeOfService ?? 0,
    u16(fields.totalBytes ?? 20 + options.length + payload.length),
    u16(fields.identification ?? 0),
    u16(fields.fragment ?? 0),
    fields.timeToLive ?? 64,
    fields.protocol,
    0,
    0,
    u32(fields.source),
    u32(fields.destination),
    options,
  );
  const checksum = (~onesComplementSum(header) + (fields.checksumError ?? 0)) & 0xffff;
  header.set(u16(checksum), 10);
  return bytes(header, payload);
}

export interface IcmpFields {
  type: number;
  code?: number;
  rest?: number;
  checksumError?: number;
}

export function icmp(fields: IcmpFields, payload: Uint8Array): Uint8Array {
  const message = bytes(fields.type, fields.code ?? 0, 0, 0, u32(fields.rest ?? 0), payload);
  message.set(u16((~onesComplementSum(message) + (fields.checksumError ?? 0)) & 0xffff), 2);
  return message;
}

export interface UdpFields {
  source: number;
  destination: number;
  sourcePort: number;
  destinationPort: number;
  length?: number;
  /** Instead of the right one. */
  checksum?: number;
}

export function udp(fields: UdpFields, payload: Uint8Array): Uint8Array {
  const length = fields.length ?? 8 + payload.length;
  const datagram = bytes(u16(fields.sourcePort), u16(fields.destinationPort), u16(length), 0, 0, payload);
  const pseudo = bytes(u32(fields.source), u32(fields.destination), 0, 17, u16(length));
  const checksum = ~onesComplementSum(bytes(pseudo, datagram)) & 0xffff;
  datagram.set(u16(fields.checksum ?? (checksum || 0xffff)), 6);
  return datagram;
}

export interface TcpFields {
  source: number;
  destination: number;
  sourcePort: number;
  destinationPort: number;
  sequence?: number;
  acknowledgment?: number;
  /** CWR 0x80, ECE 0x40, URG 0x20, ACK 0x10, PSH 8, RST 4, SYN 2, FIN 1. */
  flags?: number;
  window?: number;
  /** A multiple of 4 bytes. */
  options?: Uint8Array;
}

/** A segment over IPv4. */
export function tcp(fields: TcpFields, payload: Uint8Array = new Uint8Array()): Uint8Array {
  const options = fields.options ?? new Uint8Array();
  const segment = bytes(
    u16(fields.sourcePort),
    u16(fields.destinationPort),
    u32(fields.sequence ?? 0),
    u32(fields.acknowledgment ?? 0),
    (5 + options.length / 4) << 4,
    fields.flags ?? 0x10,
    u16(fields.window ?? 65535),
    u32(0),
    options,
    payload,
  );
  const pseudo = bytes(u32(fields.source), u32(fields.destination), 0, 6, u16(segment.length));
  segment.set(u16(~onesComplementSum(bytes(pseudo, segment)) & 0xffff), 16);
  return segment;
}

/** A frame taken apart; every checksum in it is verified, a wrong one throws. */
export interface Parsed {
  destination: bigint;
  source: bigint;
  type: number;
  arp?: ArpFields;
  ipv4?: Required<Pick<Ipv4Fields, "source" | "destination" | "protocol" | "timeToLive">> & {
    totalBytes: number;
    identification: number;
  };
  icmp?: { type: number; code: number; rest: number; payload: Uint8Array };
  udp?: { sourcePort: number; destinationPort: number; checksum: number; payload: Uint8Array };
}

export function parse(frame: Uint8Array): Parsed {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const macAt = (at: number) => (BigInt(view.getUint16(at)) << 32n) | BigInt(view.getUint32(at + 2));
  const parsed: Parsed = { destination: macAt(0), source: macAt(6), type: view.getUint16(12) };
  if (parsed.type === 0x0806) {
    parsed.arp = {
      operation: view.getUint16(20),
      senderMac: macAt(22),
      sender: view.getUint32(28),
      targetMac: macAt(32),
      target: view.getUint32(38),
    };
  }
  if (parsed.type !== 0x0800) return parsed;
  if (view.getUint8(14) !== 0x45) throw new Error("not IPv4, or with options");
  if (onesComplementSum(frame.subarray(14, 34)) !== 0xffff) throw new Error("wrong IPv4 checksum");
  const totalBytes = view.getUint16(16);
  if (totalBytes !== frame.length - 14) throw new Error(`total length ${totalBytes} of ${frame.length - 14}`);
  const [source, destination] = [view.getUint32(26), view.getUint32(30)];
  const protocol = view.getUint8(23);
  parsed.ipv4 = {
    source,
    destination,
    protocol,
    timeToLive: view.getUint8(22),
    totalBytes,
    identification: view.getUint16(18),
  };
  const payload = frame.subarray(34);
  if (protocol === 1) {
    if (onesComplementSum(payload) !== 0xffff) throw new Error("wrong ICMP checksum");
    parsed.icmp = {
      type: view.getUint8(34),
      code: view.getUint8(35),
      rest: view.getUint32(38),
      payload: payload.slice(8),
    };
  }
  if (protocol === 17) {
    const checksum = view.getUint16(40);
    const pseudo = bytes(u32(source), u32(destination), 0, 17, u16(payload.length));
    if (view.getUint16(38) !== payload.length) throw new Error("wrong UDP length");
    if (checksum !== 0 && onesComplementSum(bytes(pseudo, payload)) !== 0xffff)
      throw new Error("wrong UDP checksum");
    parsed.udp = {
      sourcePort: view.getUint16(34),
      destinationPort: view.getUint16(36),
      checksum,
      payload: payload.slice(8),
    };
  }
  return parsed;
}
