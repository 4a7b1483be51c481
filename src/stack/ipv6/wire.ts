import {
  frame_get8,
  frame_get16,
  frame_get32,
  frame_length,
  frame_set8,
  frame_set16,
  frame_set32,
} from "mirage/framecode";

export const IPV6_HEADER_BYTES: u32 = 40;
/** Every link carries packets of this length, and every host puts them together (RFC 8200 section 5). */
export const IPV6_MTU_MIN_BYTES: u32 = 1280;
export const IPV6_FRAGMENT_HEADER_BYTES: u32 = 8;

/** Next-header values (IANA, "Protocol Numbers"). */
export const HEADER_HOP_BY_HOP: u32 = 0;
export const HEADER_ROUTING: u32 = 43;
export const HEADER_FRAGMENT: u32 = 44;
export const HEADER_ICMP6: u32 = 58;
export const HEADER_NONE: u32 = 59;
export const HEADER_DESTINATION: u32 = 60;

/** Option types of hop-by-hop and destination headers (RFC 8200 section 4.2, RFC 2711). */
export const OPTION_PAD1: u32 = 0;
export const OPTION_PADN: u32 = 1;
export const OPTION_ROUTER_ALERT: u32 = 5;

/** 64 bits in network byte order. */
export function frameGet64(frame: u32, at: u32): u64 {
  return ((<u64>frame_get32(frame, at)) << 32) | frame_get32(frame, at + 4);
}

export function frameSet64(frame: u32, at: u32, value: u64): void {
  frame_set32(frame, at, <u32>(value >>> 32));
  frame_set32(frame, at + 4, <u32>value);
}

/** What `ipv6.check` found. */
export enum Ipv6Fault {
  None = 0,
  Short,
  Version,
  PayloadLength,
}

/** IPv6 header in place, `at` bytes into the frame (RFC 8200 section 3). */
export namespace ipv6 {
  /** The other functions may be called if the answer is `None`. */
  export function check(frame: u32, at: u32): u32 {
    const bytes = frame_length(frame);
    if (bytes < at || bytes - at < IPV6_HEADER_BYTES) return Ipv6Fault.Short;
    if (version(frame, at) !== 6) return Ipv6Fault.Version;
    if (payloadBytes(frame, at) > bytes - at - IPV6_HEADER_BYTES) return Ipv6Fault.PayloadLength;
    return Ipv6Fault.None;
  }

  export function version(frame: u32, at: u32): u32 {
    return frame_get8(frame, at) >>> 4;
  }
  /** Its low two bits are ECN. */
  export function trafficClass(frame: u32, at: u32): u32 {
    return (frame_get16(frame, at) >>> 4) & 0xff;
  }
  export function flowLabel(frame: u32, at: u32): u32 {
    return frame_get32(frame, at) & 0xfffff;
  }
  export function setFirstWord(frame: u32, at: u32, trafficClass: u32, flowLabel: u32): void {
    frame_set32(frame, at, 0x60000000 | (trafficClass << 20) | flowLabel);
  }
  /** Everything behind this header, bytes. */
  export function payloadBytes(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 4);
  }
  export function setPayloadBytes(frame: u32, at: u32, bytes: u32): void {
    frame_set16(frame, at + 4, bytes);
  }
  export function nextHeader(frame: u32, at: u32): u32 {
    return frame_get8(frame, at + 6);
  }
  export function setNextHeader(frame: u32, at: u32, header: u32): void {
    frame_set8(frame, at + 6, header);
  }
  export function hopLimit(frame: u32, at: u32): u32 {
    return frame_get8(frame, at + 7);
  }
  export function setHopLimit(frame: u32, at: u32, hops: u32): void {
    frame_set8(frame, at + 7, hops);
  }
  export function sourceHigh(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 8);
  }
  export function sourceLow(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 16);
  }
  export function setSource(frame: u32, at: u32, high: u64, low: u64): void {
    frameSet64(frame, at + 8, high);
    frameSet64(frame, at + 16, low);
  }
  export function destinationHigh(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 24);
  }
  export function destinationLow(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 32);
  }
  export function setDestination(frame: u32, at: u32, high: u64, low: u64): void {
    frameSet64(frame, at + 24, high);
    frameSet64(frame, at + 32, low);
  }
}

/** The parsed form. */
export class Ipv6Header {
  trafficClass: u32 = 0;
  flowLabel: u32 = 0;
  payloadBytes: u32 = 0;
  nextHeader: u32 = 0;
  hopLimit: u32 = 0;
  sourceHigh: u64 = 0;
  sourceLow: u64 = 0;
  destinationHigh: u64 = 0;
  destinationLow: u64 = 0;

  /** False unless the header is well-formed. */
  parse(frame: u32, at: u32): bool {
    if (ipv6.check(frame, at) !== <u32>Ipv6Fault.None) return false;
    this.trafficClass = ipv6.trafficClass(frame, at);
    this.flowLabel = ipv6.flowLabel(frame, at);
    this.payloadBytes = ipv6.payloadBytes(frame, at);
    this.nextHeader = ipv6.nextHeader(frame, at);
    this.hopLimit = ipv6.hopLimit(frame, at);
    this.sourceHigh = ipv6.sourceHigh(frame, at);
    this.sourceLow = ipv6.sourceLow(frame, at);
    this.destinationHigh = ipv6.destinationHigh(frame, at);
    this.destinationLow = ipv6.destinationLow(frame, at);
    return true;
  }

  build(frame: u32, at: u32): void {
    ipv6.setFirstWord(frame, at, this.trafficClass, this.flowLabel);
    frame_set32(frame, at + 4, (this.payloadBytes << 16) | (this.nextHeader << 8) | this.hopLimit);
    ipv6.setSource(frame, at, this.sourceHigh, this.sourceLow);
    ipv6.setDestination(frame, at, this.destinationHigh, this.destinationLow);
  }
}

/**
 * Hop-by-hop, destination and routing headers in place: they share next header and length (RFC 8200 sections 4.2 to
 * 4.4 and 4.6).
 */
export namespace extension {
  /** Next header and length are there if so many bytes are. */
  export const BYTES_MIN: u32 = 8;

  export function nextHeader(frame: u32, at: u32): u32 {
    return frame_get8(frame, at);
  }
  /** Of the whole header. */
  export function bytes(frame: u32, at: u32): u32 {
    return (frame_get8(frame, at + 1) + 1) << 3;
  }
  export function routingType(frame: u32, at: u32): u32 {
    return frame_get8(frame, at + 2);
  }
  export function segmentsLeft(frame: u32, at: u32): u32 {
    return frame_get8(frame, at + 3);
  }
}

/** Fragment header in place (RFC 8200 section 4.5). */
export namespace fragment {
  export function nextHeader(frame: u32, at: u32): u32 {
    return frame_get8(frame, at);
  }
  /** Of this fragment's data from the start of the fragmentable part, bytes. */
  export function offsetBytes(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 2) & 0xfff8;
  }
  export function more(frame: u32, at: u32): bool {
    return (frame_get16(frame, at + 2) & 1) !== 0;
  }
  export function identification(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 4);
  }
  export function build(
    frame: u32,
    at: u32,
    nextHeader: u32,
    offsetBytes: u32,
    more: bool,
    identification: u32,
  ): void {
    frame_set32(frame, at, (nextHeader << 24) | offsetBytes | (more ? 1 : 0));
    frame_set32(frame, at + 4, identification);
  }
}
