import { Address6, Interface6 } from "../ipv6/interfaces";

/** What IPv6 sees of neighbour discovery. */
export interface Neighbours6 {
  /**
   * Sends a packet, which begins `LINK_HEADER_BYTES` into the frame, to a neighbour on the link. If its MAC address is
   * not known yet the frame waits for it. Takes the reference whatever it returns: 0 (sent or waiting) or a
   * `StackError`.
   */
  send(on: Interface6, frame: u32, high: u64, low: u64): i32;
  /** Sends to a multicast group (RFC 2464 section 7). */
  multicast(on: Interface6, frame: u32, groupLow: u64): i32;
  /** A transport heard from beyond this neighbour: it is there (RFC 4861 section 7.3.1). */
  confirm(on: Interface6, high: u64, low: u64): void;
  /** Is anything known about this neighbour? */
  knows(on: Interface6, high: u64, low: u64): bool;
}

/** What neighbour discovery sees of IPv6 and address configuration. */
export interface Neighbours6Client {
  /** Nobody answered for the neighbour that this frame was for. The callee borrows the frame. */
  unresolved(on: Interface6, frame: u32): void;
  /** Somebody else has, or wants, an address of ours that is tentative. */
  duplicate(address: Address6): void;
  /** A neighbour that was known answers no more. */
  neighbourFailed(on: Interface6, high: u64, low: u64): void;
  neighbourReachable(on: Interface6, high: u64, low: u64): void;
  /** A neighbour has said that it is no router any more. */
  routerGone(on: Interface6, high: u64, low: u64): void;
}
