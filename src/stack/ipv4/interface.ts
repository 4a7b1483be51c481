import { LINK_HEADER_BYTES } from "../ethernet/interface";
import { Packet, Report } from "../network";

/** Link and network header of what IPv4 sends. */
export const IPV4_HEADROOM_BYTES: u32 = LINK_HEADER_BYTES + 20;

/** Protocols that belong to IPv4 (IANA). */
export const PROTOCOL_ICMP: u32 = 1;
export const PROTOCOL_IGMP: u32 = 2;

/** What IPv4 sees of what is above it. */
export interface Ipv4Client {
  /** A packet for us. Takes the reference on `packet.frame`. */
  received(packet: Packet): void;
  /** Fragments of a packet did not all come in time; `packet` is the first of them. Takes the reference on its frame. */
  expired(packet: Packet): void;
  /** The header of a packet makes no sense `offset` bytes into it. Takes the reference on the packet's frame. */
  malformed(packet: Packet, offset: u32): void;
  /** As `Transport.failed`. */
  failed(report: Report): bool;
}
