import {
  checksumOf,
  frame_get8,
  frame_get16,
  frame_get32,
  frame_length,
  frame_set8,
  frame_set16,
  frame_set32,
  frame_sum,
  sumFold,
  sumOf32,
} from "mirage/framecode";

export const IPV4_HEADER_BYTES: u32 = 20;
/** Flags and fragment offset: all that is 0 in a whole datagram (more-fragments and the offset). */
export const IPV4_FRAGMENT_MASK: u32 = 0x3fff;
export const IPV4_DONT_FRAGMENT: u32 = 0x4000;
export const IPV4_MORE_FRAGMENTS: u32 = 0x2000;
/** The offset, in units of 8 bytes. */
export const IPV4_OFFSET_MASK: u32 = 0x1fff;
const VERSION_4: u32 = 4;

const OPTION_END: u32 = 0;
const OPTION_NOP: u32 = 1;
const OPTION_LOOSE_SOURCE_ROUTE: u32 = 131;
const OPTION_STRICT_SOURCE_ROUTE: u32 = 137;

/** What `ipv4.optionsFault` found: 0, this, or how many bytes into the header the fault is. */
export const IPV4_SOURCE_ROUTE: u32 = 0xff;

/** What `ipv4.check` found. */
export enum Ipv4Fault {
  None = 0,
  Short,
  Version,
  HeaderLength,
  TotalLength,
}

/** IPv4 header in place, `at` bytes into the frame (RFC 791 section 3.1). */
export namespace ipv4 {
  /** Bounds only, no checksum. The other functions may be called if the answer is `None`. */
  export function check(frame: u32, at: u32): u32 {
    const available = frame_length(frame) - at;
    if (frame_length(frame) < at || available < IPV4_HEADER_BYTES) return Ipv4Fault.Short;
    if (version(frame, at) !== VERSION_4) return Ipv4Fault.Version;
    const header = headerBytes(frame, at);
    if (header < IPV4_HEADER_BYTES || header > available) return Ipv4Fault.HeaderLength;
    const total = totalBytes(frame, at);
    if (total < header || total > available) return Ipv4Fault.TotalLength;
    return Ipv4Fault.None;
  }

  export function version(frame: u32, at: u32): u32 {
    return frame_get8(frame, at) >>> 4;
  }
  /** Header with its options, bytes. */
  export function headerBytes(frame: u32, at: u32): u32 {
    return (frame_get8(frame, at) & 0xf) << 2;
  }
  export function typeOfService(frame: u32, at: u32): u32 {
    return frame_get8(frame, at + 1);
  }
  /** Header and payload, bytes. */
  export function totalBytes(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 2);
  }
  export function identification(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 4);
  }
  /** Three flag bits and the offset in units of 8 bytes. */
  export function fragment(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 6);
  }
  export function timeToLive(frame: u32, at: u32): u32 {
    return frame_get8(frame, at + 8);
  }
  export function setTimeToLive(frame: u32, at: u32, hops: u32): void {
    frame_set8(frame, at + 8, hops);
  }
  export function protocol(frame: u32, at: u32): u32 {
    return frame_get8(frame, at + 9);
  }
  export function checksum(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 10);
  }
  export function setChecksum(frame: u32, at: u32, checksum: u32): void {
    frame_set16(frame, at + 10, checksum);
  }
  export function source(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 12);
  }
  export function setSource(frame: u32, at: u32, address: u32): void {
    frame_set32(frame, at + 12, address);
  }
  export function destination(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 16);
  }
  export function setDestination(frame: u32, at: u32, address: u32): void {
    frame_set32(frame, at + 16, address);
  }

  /**
   * Looks through the options (RFC 791 section 3.1, RFC 1122 section 3.2.1.8), of which there are some: 0 if they are
   * well-formed, `IPV4_SOURCE_ROUTE` if one of them is a source route, else where in the header the first fault is.
   */
  export function optionsFault(frame: u32, at: u32): u32 {
    const end = headerBytes(frame, at);
    let fault: u32 = 0;
    for (let i = IPV4_HEADER_BYTES; i < end; ) {
      const kind = frame_get8(frame, at + i);
      if (kind === OPTION_END) break;
      if (kind === OPTION_NOP) {
        i++;
        continue;
      }
      if (i + 1 >= end) return i;
      const length = frame_get8(frame, at + i + 1);
      if (length < 2 || i + length > end) return i + 1;
      if (kind === OPTION_LOOSE_SOURCE_ROUTE || kind === OPTION_STRICT_SOURCE_ROUTE)
        fault = IPV4_SOURCE_ROUTE;
      i += length;
    }
    return fault;
  }

  export function checksumIsGood(frame: u32, at: u32): bool {
    return frame_sum(frame, at, headerBytes(frame, at), 0) === 0xffff;
  }
}

/** The parsed form of a header without options. */
export class Ipv4Header {
  typeOfService: u32 = 0;
  totalBytes: u32 = 0;
  identification: u32 = 0;
  fragment: u32 = 0;
  timeToLive: u32 = 0;
  protocol: u32 = 0;
  source: u32 = 0;
  destination: u32 = 0;
  /** Options that were there, bytes. `build` writes none. */
  optionBytes: u32 = 0;

  /** False unless the header is well-formed and its checksum right. */
  parse(frame: u32, at: u32): bool {
    if (ipv4.check(frame, at) !== <u32>Ipv4Fault.None || !ipv4.checksumIsGood(frame, at)) return false;
    this.typeOfService = ipv4.typeOfService(frame, at);
    this.totalBytes = ipv4.totalBytes(frame, at);
    this.identification = ipv4.identification(frame, at);
    this.fragment = ipv4.fragment(frame, at);
    this.timeToLive = ipv4.timeToLive(frame, at);
    this.protocol = ipv4.protocol(frame, at);
    this.source = ipv4.source(frame, at);
    this.destination = ipv4.destination(frame, at);
    this.optionBytes = ipv4.headerBytes(frame, at) - IPV4_HEADER_BYTES;
    return true;
  }

  /** Writes the header with its checksum. */
  build(frame: u32, at: u32): void {
    const first = 0x4500 | this.typeOfService;
    const hops = (this.timeToLive << 8) | this.protocol;
    frame_set16(frame, at, first);
    frame_set16(frame, at + 2, this.totalBytes);
    frame_set16(frame, at + 4, this.identification);
    frame_set16(frame, at + 6, this.fragment);
    frame_set16(frame, at + 8, hops);
    const sum = first + this.totalBytes + this.identification + this.fragment + hops;
    frame_set16(frame, at + 10, checksumOf(sumFold(sum + sumOf32(this.source) + sumOf32(this.destination))));
    frame_set32(frame, at + 12, this.source);
    frame_set32(frame, at + 16, this.destination);
  }
}
