import {
  checksumOf,
  frame_get8,
  frame_get32,
  frame_set8,
  frame_set16,
  frame_set32,
  frame_sum,
} from "mirage/framecode";

export const IGMP_QUERY: u32 = 0x11;
export const IGMP_V1_REPORT: u32 = 0x12;
export const IGMP_V2_REPORT: u32 = 0x16;
export const IGMP_V2_LEAVE: u32 = 0x17;
export const IGMP_V3_REPORT: u32 = 0x22;
/** A query of version 1 or 2, and their reports (RFC 2236 section 2). */
export const IGMP_BYTES: u32 = 8;
/** A query of version 3 without sources (RFC 3376 section 4.1). */
export const IGMP_V3_QUERY_BYTES: u32 = 12;
/** A report of version 3 about one group without sources (RFC 3376 section 4.2). */
export const IGMP_V3_REPORT_BYTES: u32 = 16;

/** Kinds of group records (RFC 3376 section 4.2.12). All sources are heard, so "exclude none" is being a member. */
export const IGMP_IS_EXCLUDE: u32 = 2;
export const IGMP_TO_INCLUDE: u32 = 3;
export const IGMP_TO_EXCLUDE: u32 = 4;

/** IGMP message in place, `at` bytes into the frame. */
export namespace igmp {
  /** `length`: bytes of the message. The other functions may be called if this is true. */
  export function check(length: u32): bool {
    return length >= IGMP_BYTES;
  }

  export function type(frame: u32, at: u32): u32 {
    return frame_get8(frame, at);
  }
  /** Coded as RFC 3376 section 4.1.1 says, in tenths of a second; 0: version 1. */
  export function responseCode(frame: u32, at: u32): u32 {
    return frame_get8(frame, at + 1);
  }
  /** 0: any. */
  export function group(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 4);
  }
  export function checksumIsGood(frame: u32, at: u32, length: u32): bool {
    return frame_sum(frame, at, length, 0) === 0xffff;
  }

  /** Writes a message of version 1 or 2. */
  export function build(frame: u32, at: u32, type: u32, group: u32): void {
    frame_set16(frame, at, type << 8);
    frame_set16(frame, at + 2, 0);
    frame_set32(frame, at + 4, group);
    finish(frame, at, IGMP_BYTES);
  }

  /** Writes a report of version 3 about one group. */
  export function buildReport(frame: u32, at: u32, record: u32, group: u32): void {
    frame_set16(frame, at, IGMP_V3_REPORT << 8);
    frame_set16(frame, at + 2, 0);
    frame_set16(frame, at + 4, 0);
    frame_set16(frame, at + 6, 1); // records
    frame_set8(frame, at + 8, record);
    frame_set8(frame, at + 9, 0);
    frame_set16(frame, at + 10, 0); // sources
    frame_set32(frame, at + 12, group);
    finish(frame, at, IGMP_V3_REPORT_BYTES);
  }

  function finish(frame: u32, at: u32, bytes: u32): void {
    frame_set16(frame, at + 2, checksumOf(frame_sum(frame, at, bytes, 0)));
  }
}
