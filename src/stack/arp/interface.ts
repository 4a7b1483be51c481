import { Netif } from "../netif";

/** What the network layer sees of address resolution. */
export interface Neighbours {
  /**
   * Sends an IPv4 packet, which begins `LINK_HEADER_BYTES` into the frame, to a neighbour on the link. If the MAC
   * address is not known yet the frame waits for it. Takes the reference whatever it returns: 0 (sent or waiting) or a
   * `StackError`.
   */
  send(netif: Netif, frame: u32, neighbour: u32): i32;
  /** Sends to everyone on the link. */
  broadcast(netif: Netif, frame: u32): i32;
  /** Sends to a multicast group (RFC 1112 section 6.4). */
  multicast(netif: Netif, frame: u32, group: u32): i32;
}

/** What address resolution sees of the network layer. */
export interface NeighboursClient {
  /** Nobody answered for the neighbour that this frame was for. The callee borrows the frame. */
  unresolved(netif: Netif, frame: u32): void;
}
