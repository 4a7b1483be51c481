import { Netif } from "../netif";

/** Room that a layer above leaves at the start of each frame for the link's header. */
export const LINK_HEADER_BYTES: u32 = 14;
/** Protocols above a link, by EtherType. */
export const LINK_TYPE_IPV4: u32 = 0x0800;
export const LINK_TYPE_ARP: u32 = 0x0806;
export const LINK_TYPE_IPV6: u32 = 0x86dd;

/** What a layer above sees of a link. */
export interface Link {
  /**
   * Writes the link header into the first `LINK_HEADER_BYTES` of the frame and sends it. Takes the reference
   * whatever it returns: 0 or a `StackError`.
   */
  send(netif: Netif, frame: u32, destinationHigh: u32, destinationLow: u32, type: u32): i32;
}

/** What a link sees of the layers above. */
export interface LinkClient {
  /** A frame for us, its header checked. `group`: it was a broadcast or multicast. Takes the reference. */
  received(netif: Netif, frame: u32, type: u32, group: bool): void;
}
