import { Interface6 } from "../ipv6/interfaces";
import { Netif } from "../netif";
import { Packet, Path, Report } from "../network";

/** Codes of "destination unreachable" (RFC 4443 section 3.1). */
export const UNREACHABLE6_ADDRESS: u32 = 3;
export const UNREACHABLE6_PORT: u32 = 4;
/** Codes of "time exceeded" (RFC 4443 section 3.3). */
export const TIME_EXCEEDED6_REASSEMBLY: u32 = 1;

/** What ICMPv6 sees of the network layer. */
export interface Network6 {
  /** As `Network.open`, by a given interface. */
  openOn(path: Path, on: Interface6): i32;
  send(path: Path, frame: u32, protocol: u32): i32;
  /** IPv6's view of an interface. */
  interfaceOn(netif: Netif): Interface6;
  /** Is it an address of somebody else? */
  isPeer(on: Interface6, high: u64, low: u64): bool;
  /** Is it a usable address of ours, on this interface? */
  isOwnOn(on: Interface6, high: u64, low: u64): bool;
}

/** What ICMPv6 sees above. All but `failed` take the reference on `packet.frame`. */
export interface Icmp6Client {
  neighbourSolicitation(on: Interface6, packet: Packet): void;
  neighbourAdvertisement(on: Interface6, packet: Packet): void;
  routerAdvertisement(on: Interface6, packet: Packet): void;
  redirect(on: Interface6, packet: Packet): void;
  listener(on: Interface6, packet: Packet): void;
  /** A packet of ours did not arrive: does that fit a live flow? Borrows `report.frame`. */
  failed(report: Report): bool;
}

/** What the network layer sees of error reporting. */
export interface Errors6 {
  /**
   * Tells the sender of a received packet, whose header is at `headerAt` in the frame and which ends where the frame
   * does, that it was not delivered, unless RFC 4443 section 2.4 forbids it or too many such messages were sent. `group`: it came to many, and
   * `rest` is the message's second word. Borrows the frame.
   */
  report(on: Interface6, frame: u32, headerAt: u32, type: u32, code: u32, rest: u32, group: bool): void;
}
