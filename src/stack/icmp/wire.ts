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
} from "mirage/framecode";

export const ICMP_HEADER_BYTES: u32 = 8;
export const ICMP_ECHO_REPLY: u32 = 0;
export const ICMP_UNREACHABLE: u32 = 3;
/** Ignored, as RFC 6633 demands. */
export const ICMP_SOURCE_QUENCH: u32 = 4;
/** Ignored: any neighbour could send one. Routes are the program's business. */
export const ICMP_REDIRECT: u32 = 5;
export const ICMP_ECHO_REQUEST: u32 = 8;
export const ICMP_TIME_EXCEEDED: u32 = 11;
export const ICMP_PARAMETER_PROBLEM: u32 = 12;

/** ICMP message in place, `at` bytes into the frame (RFC 792). */
export namespace icmp {
  /** The other functions may be called if this is true. */
  export function check(frame: u32, at: u32): bool {
    return frame_length(frame) >= at + ICMP_HEADER_BYTES;
  }

  export function type(frame: u32, at: u32): u32 {
    return frame_get8(frame, at);
  }
  export function setType(frame: u32, at: u32, type: u32): void {
    frame_set8(frame, at, type);
  }
  export function code(frame: u32, at: u32): u32 {
    return frame_get8(frame, at + 1);
  }
  export function checksum(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 2);
  }
  export function setChecksum(frame: u32, at: u32, checksum: u32): void {
    frame_set16(frame, at + 2, checksum);
  }
  /** Identifier and sequence number of an echo; unused in an error. */
  export function rest(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 4);
  }

  /** `length`: bytes of the whole message. */
  export function checksumIsGood(frame: u32, at: u32, length: u32): bool {
    return frame_sum(frame, at, length, 0) === 0xffff;
  }
}

/** The parsed form of the header. */
export class IcmpHeader {
  type: u32 = 0;
  code: u32 = 0;
  rest: u32 = 0;

  /** False unless the message, which ends where the frame does, is long enough and its checksum right. */
  parse(frame: u32, at: u32): bool {
    if (!icmp.check(frame, at) || !icmp.checksumIsGood(frame, at, frame_length(frame) - at)) return false;
    this.type = icmp.type(frame, at);
    this.code = icmp.code(frame, at);
    this.rest = icmp.rest(frame, at);
    return true;
  }

  /** Writes the header and a checksum over everything from `at` to the end of the frame. */
  build(frame: u32, at: u32): void {
    frame_set16(frame, at, (this.type << 8) | this.code);
    frame_set16(frame, at + 2, 0);
    frame_set32(frame, at + 4, this.rest);
    frame_set16(frame, at + 2, checksumOf(frame_sum(frame, at, frame_length(frame) - at, 0)));
  }
}
