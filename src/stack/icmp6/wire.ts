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
} from "mirage/framecode";
import { HEADER_ICMP6 } from "../ipv6/wire";

export const ICMP6_HEADER_BYTES: u32 = 8;

/** Types (RFC 4443, RFC 2710, RFC 3810, RFC 4861). Those below 128 are errors. */
export const ICMP6_UNREACHABLE: u32 = 1;
export const ICMP6_TOO_BIG: u32 = 2;
export const ICMP6_TIME_EXCEEDED: u32 = 3;
export const ICMP6_PARAMETER_PROBLEM: u32 = 4;
export const ICMP6_INFORMATIONAL_MIN: u32 = 128;
export const ICMP6_ECHO_REQUEST: u32 = 128;
export const ICMP6_ECHO_REPLY: u32 = 129;
export const ICMP6_MLD_QUERY: u32 = 130;
export const ICMP6_MLD_REPORT: u32 = 131;
export const ICMP6_MLD_DONE: u32 = 132;
export const ICMP6_ROUTER_SOLICITATION: u32 = 133;
export const ICMP6_ROUTER_ADVERTISEMENT: u32 = 134;
export const ICMP6_NEIGHBOUR_SOLICITATION: u32 = 135;
export const ICMP6_NEIGHBOUR_ADVERTISEMENT: u32 = 136;
export const ICMP6_REDIRECT: u32 = 137;
export const ICMP6_MLD2_REPORT: u32 = 143;

/** ICMPv6 message in place, `at` bytes into the frame (RFC 4443 section 2.1). */
export namespace icmp6 {
  /** The other functions may be called if this is true. */
  export function check(frame: u32, at: u32): bool {
    return frame_length(frame) >= at + ICMP6_HEADER_BYTES;
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
  /** Identifier and sequence number of an echo, MTU or pointer of an error; flags of an advertisement. */
  export function rest(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 4);
  }

  /** `length`: bytes of the whole message; `addressSum`: folded sum of both addresses. */
  export function checksumIsGood(frame: u32, at: u32, length: u32, addressSum: u32): bool {
    return frame_sum(frame, at, length, pseudoSum(addressSum, length)) === 0xffff;
  }

  /** Folded sum of the pseudo header (RFC 8200 section 8.1). */
  export function pseudoSum(addressSum: u32, length: u32): u32 {
    return sumFold(addressSum + (length >>> 16) + (length & 0xffff) + HEADER_ICMP6);
  }
}

/** The parsed form of the header. */
export class Icmp6Header {
  type: u32 = 0;
  code: u32 = 0;
  rest: u32 = 0;

  /** False unless the message, which ends where the frame does, is long enough and its checksum right. */
  parse(frame: u32, at: u32, addressSum: u32): bool {
    if (!icmp6.check(frame, at)) return false;
    if (!icmp6.checksumIsGood(frame, at, frame_length(frame) - at, addressSum)) return false;
    this.type = icmp6.type(frame, at);
    this.code = icmp6.code(frame, at);
    this.rest = icmp6.rest(frame, at);
    return true;
  }

  /** Writes the header and a checksum over everything from `at` to the end of the frame. */
  build(frame: u32, at: u32, addressSum: u32): void {
    frame_set16(frame, at, (this.type << 8) | this.code);
    frame_set32(frame, at + 4, this.rest);
    seal(frame, at, addressSum);
  }
}

/** Writes the checksum over everything from `at` to the end of the frame; all else stands there. */
export function seal(frame: u32, at: u32, addressSum: u32): void {
  const length = frame_length(frame) - at;
  frame_set16(frame, at + 2, 0);
  const sum = frame_sum(frame, at, length, icmp6.pseudoSum(addressSum, length));
  frame_set16(frame, at + 2, checksumOf(sum));
}
