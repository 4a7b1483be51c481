import { Packet, Path, Report } from "../network";

/** Codes of "destination unreachable" (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1). A host sends the first two. */
export const UNREACHABLE_PROTOCOL: u32 = 2;
export const UNREACHABLE_PORT: u32 = 3;
/** Code of "time exceeded": fragments did not all come in time. */
export const EXCEEDED_REASSEMBLY: u32 = 1;
/** Fragmentation needed, but forbidden (RFC 1191). */
export const UNREACHABLE_TOO_BIG: u32 = 4;
export const UNREACHABLE_NET_PROHIBITED: u32 = 9;
export const UNREACHABLE_HOST_PROHIBITED: u32 = 10;
export const UNREACHABLE_ADMINISTRATIVELY: u32 = 13;

/** What ICMP sees of IPv4. */
export interface IcmpCarrier {
  /** As in `Network`. */
  open(path: Path): i32;
  isStale(path: Path): bool;
  send(path: Path, frame: u32, protocol: u32): i32;
  isOwn(high: u64, low: u64): bool;
}

/** What ICMP sees of the transports: as `Transport.failed`. */
export interface ErrorsClient {
  failed(report: Report): bool;
}

/** What the others see of ICMP. */
export interface Errors {
  /**
   * Tells the sender of a received packet that it could not be delivered, unless RFC 1122 section 3.2.2 forbids it or
   * too many such messages were sent. Takes the reference on the packet's frame.
   */
  unreachable(packet: Packet, code: u32): void;
  /** As `unreachable`: a packet's time was over. */
  timeExceeded(packet: Packet, code: u32): void;
  /** As `unreachable`: the packet's header makes no sense `offset` bytes into it. */
  parameterProblem(packet: Packet, offset: u32): void;
}
