import { LINK_HEADER_BYTES } from "../ethernet/interface";
import { Packet } from "../network";
import { Interface6 } from "./interfaces";
import { IPV6_HEADER_BYTES } from "./wire";

/** Room that a transport leaves at the start of each frame for the headers below it. */
export const IPV6_HEADROOM_BYTES: u32 = LINK_HEADER_BYTES + IPV6_HEADER_BYTES;

/** What IPv6 sees above. */
export interface Ipv6Client {
  /** A packet for us. Takes the reference on `packet.frame`. */
  received6(on: Interface6, packet: Packet): void;
  /** `Errors6.report`. Borrows the frame. */
  report6(on: Interface6, frame: u32, headerAt: u32, type: u32, code: u32, rest: u32, group: bool): void;
}
