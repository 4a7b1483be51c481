import { frame_get16, frame_length, frame_set16, frame_set32 } from "mirage/framecode";
import { ICMP6_MLD2_REPORT } from "../icmp6/wire";
import { frameGet64, frameSet64, HEADER_ICMP6 } from "../ipv6/wire";

/** A query, report or done of version 1; also what a query of version 2 begins with (RFC 2710 section 3). */
export const MLD_MESSAGE_BYTES: u32 = 24;
/** A query of version 2 without sources (RFC 3810 section 5.1). */
export const MLD2_QUERY_BYTES: u32 = 28;
/** A report of version 2 with one record without sources (RFC 3810 section 5.2). */
export const MLD2_REPORT_BYTES: u32 = 28;
/** The hop-by-hop header with a router alert that each message has in front (RFC 2711, RFC 3810 section 5). */
export const ROUTER_ALERT_HEADER_BYTES: u32 = 8;

/** Types of records (RFC 3810 section 5.2.12), for groups without source lists. */
export enum MldRecord {
  IsExclude = 2,
  ToInclude = 3,
  ToExclude = 4,
}

/** Query, and the messages of version 1, in place, `at` bytes into the frame. */
export namespace mld {
  export function check(frame: u32, at: u32): bool {
    return frame_length(frame) >= at + MLD_MESSAGE_BYTES;
  }

  /** As it stands in the message. */
  export function responseCode(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 4);
  }
  /** Of a query of version 2: codes from 32768 are floating-point numbers (RFC 3810 section 5.1.3). */
  export function responseMilliseconds(code: u32): u32 {
    if (code < 32768) return code;
    return ((code & 0xfff) | 0x1000) << (((code >>> 12) & 7) + 3);
  }
  export function groupHigh(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 8);
  }
  export function groupLow(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 16);
  }

  /** Writes a message of version 1 but for its checksum. */
  export function build(frame: u32, at: u32, type: u32, groupHigh: u64, groupLow: u64): void {
    frame_set32(frame, at, type << 24);
    frame_set32(frame, at + 4, 0);
    frameSet64(frame, at + 8, groupHigh);
    frameSet64(frame, at + 16, groupLow);
  }
  /** Writes a report of version 2 with one record, but for its checksum. */
  export function buildReport(frame: u32, at: u32, record: u32, groupHigh: u64, groupLow: u64): void {
    frame_set32(frame, at, ICMP6_MLD2_REPORT << 24);
    frame_set32(frame, at + 4, 1);
    frame_set32(frame, at + 8, record << 24);
    frameSet64(frame, at + 12, groupHigh);
    frameSet64(frame, at + 20, groupLow);
  }

  /** Writes the hop-by-hop header in front of a message: router alert 0, "MLD", and padding. */
  export function buildRouterAlert(frame: u32, at: u32): void {
    frame_set16(frame, at, HEADER_ICMP6 << 8);
    frame_set16(frame, at + 2, 0x0502);
    frame_set32(frame, at + 4, 0x00000100);
  }
}
