import { frame_get8 } from "mirage/framecode";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../network";
import {
  extension,
  fragment,
  HEADER_DESTINATION,
  HEADER_FRAGMENT,
  HEADER_HOP_BY_HOP,
  HEADER_ICMP6,
  HEADER_NONE,
  HEADER_ROUTING,
  IPV6_FRAGMENT_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  ipv6,
  OPTION_PAD1,
  OPTION_PADN,
  OPTION_ROUTER_ALERT,
} from "./wire";

/** Extension headers of one packet; more make it suspect (RFC 8504 section 5.3 lets a host have such limits). */
export const EXTENSION_HEADERS_MAX: u32 = 8;
/** Options of one packet, padding included. */
export const EXTENSION_OPTIONS_MAX: u32 = 64;

/** What a walk came to. */
export enum Walk {
  /** An upper-layer header of type `next` is at `at`. */
  Upper = 0,
  /** A fragment header is at `at`, whole. */
  Fragment,
  /** No next header: nothing to deliver. */
  Nothing,
  /** A header or option runs past the end of the packet. */
  Short,
  /** More headers or options than we look at. */
  TooMany,
  /** An option wants the packet discarded (RFC 8200 section 4.2). */
  Discard,
  /** The sender is to be told: `problemCode` and `problemAt`. */
  Problem,
}

/** Codes of a parameter problem (RFC 4443 section 3.4, RFC 7112 section 5). */
export const PROBLEM_FIELD: u32 = 0;
export const PROBLEM_NEXT_HEADER: u32 = 1;
export const PROBLEM_OPTION: u32 = 2;
export const PROBLEM_INCOMPLETE_CHAIN: u32 = 3;

/** A walk through the extension headers of a packet for us (RFC 8200 section 4). One object, used again for each. */
export class HeaderWalk {
  /** Where the walk has come to, bytes from the start of the frame, and what header stands there. */
  at: u32 = 0;
  next: u32 = 0;
  /** Where the next-header byte stands that named it. */
  nextAt: u32 = 0;
  problemCode: u32 = 0;
  problemAt: u32 = 0;
  /** The problem is reported even about a packet to a multicast group (RFC 4443 section 2.4 (e.3)). */
  problemOfGroup: bool = false;
  private frame: u32 = 0;
  private end: u32 = 0;
  private headers: u32 = 0;
  private options: u32 = 0;

  /** Begins behind the IPv6 header at `headerAt` of a packet that ends at `end`. */
  begin(frame: u32, headerAt: u32, end: u32): void {
    this.frame = frame;
    this.end = end;
    this.at = headerAt + IPV6_HEADER_BYTES;
    this.nextAt = headerAt + 6;
    this.next = ipv6.nextHeader(frame, headerAt);
    this.headers = 0;
    this.options = 0;
  }

  /** Goes on to the upper-layer header, a fragment header, or what ends the walk. */
  run(): u32 {
    while (this.headers <= EXTENSION_HEADERS_MAX) {
      switch (this.next) {
        case HEADER_HOP_BY_HOP:
          if (this.headers !== 0) return this.problem(PROBLEM_NEXT_HEADER, this.nextAt, false);
          break;
        case HEADER_DESTINATION:
        case HEADER_ROUTING:
          break;
        case HEADER_FRAGMENT:
          this.headers++;
          return this.end - this.at >= IPV6_FRAGMENT_HEADER_BYTES ? Walk.Fragment : Walk.Short;
        case HEADER_NONE:
          return Walk.Nothing;
        default:
          return Walk.Upper;
      }
      this.headers++;
      if (this.end - this.at < extension.BYTES_MIN) return Walk.Short;
      const bytes = extension.bytes(this.frame, this.at);
      if (bytes > this.end - this.at) return Walk.Short;
      const verdict = this.next === HEADER_ROUTING ? this.routing() : this.optionsUntil(this.at + bytes);
      if (verdict !== <u32>Walk.Upper) return verdict;
      this.next = extension.nextHeader(this.frame, this.at);
      this.nextAt = this.at;
      this.at += bytes;
    }
    return Walk.TooMany;
  }

  /** Goes behind the fragment header at `at`. */
  skipFragmentHeader(): void {
    this.next = frame_get8(this.frame, this.at);
    this.nextAt = this.at;
    this.at += IPV6_FRAGMENT_HEADER_BYTES;
  }

  /** No routing is done here, whatever the type; a header that has been served is skipped (RFC 8200 section 4.4, RFC 5095). */
  private routing(): u32 {
    if (extension.segmentsLeft(this.frame, this.at) === 0) return Walk.Upper;
    return this.problem(PROBLEM_FIELD, this.at + 2, false);
  }

  private optionsUntil(end: u32): u32 {
    const frame = this.frame;
    let at = this.at + 2;
    while (at < end) {
      if (++this.options > EXTENSION_OPTIONS_MAX) return Walk.TooMany;
      const type = frame_get8(frame, at);
      if (type === OPTION_PAD1) {
        at++;
        continue;
      }
      if (end - at < 2) return Walk.Short;
      const bytes: u32 = 2 + frame_get8(frame, at + 1);
      if (bytes > end - at) return Walk.Short;
      if (type !== OPTION_PADN && type !== OPTION_ROUTER_ALERT) {
        // The two highest bits say what becomes of a packet whose option is not known.
        switch (type >>> 6) {
          case 0:
            break;
          case 1:
            return Walk.Discard;
          case 2:
            return this.problem(PROBLEM_OPTION, at, true);
          default:
            return this.problem(PROBLEM_OPTION, at, false);
        }
      }
      at += bytes;
    }
    return Walk.Upper;
  }

  private problem(code: u32, at: u32, ofGroup: bool): u32 {
    this.problemCode = code;
    this.problemAt = at;
    this.problemOfGroup = ofGroup;
    return Walk.Problem;
  }
}

/** The least that must be there of an upper-layer header in a first fragment (RFC 7112 section 5), bytes. */
export function upperHeaderBytes(protocol: u32): u32 {
  switch (protocol) {
    case PROTOCOL_TCP:
      return 20;
    case PROTOCOL_UDP:
    case HEADER_ICMP6:
      return 8;
    default:
      return 0;
  }
}

/** Where the upper-layer header of a packet is. */
export class UpperHeader {
  protocol: u32 = 0;
  at: u32 = 0;
}

/**
 * Finds the upper-layer header of a packet whose extension headers are of no interest, such as one that an error
 * quotes. False: it is not there, or this is a fragment from further back.
 */
export function skipToUpper(frame: u32, headerAt: u32, end: u32, found: UpperHeader): bool {
  let next = ipv6.nextHeader(frame, headerAt);
  let at = headerAt + IPV6_HEADER_BYTES;
  for (let headers: u32 = 0; headers <= EXTENSION_HEADERS_MAX; headers++) {
    if (next === HEADER_FRAGMENT) {
      if (end - at < IPV6_FRAGMENT_HEADER_BYTES || fragment.offsetBytes(frame, at) !== 0) return false;
      next = fragment.nextHeader(frame, at);
      at += IPV6_FRAGMENT_HEADER_BYTES;
    } else if (next === HEADER_HOP_BY_HOP || next === HEADER_DESTINATION || next === HEADER_ROUTING) {
      if (end - at < extension.BYTES_MIN) return false;
      const bytes = extension.bytes(frame, at);
      if (bytes > end - at) return false;
      next = extension.nextHeader(frame, at);
      at += bytes;
    } else {
      found.protocol = next;
      found.at = at;
      return next !== HEADER_NONE;
    }
  }
  return false;
}
