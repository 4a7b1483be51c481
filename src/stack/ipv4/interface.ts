import { LINK_HEADER_BYTES } from "../ethernet/interface";
import { Netif } from "../netif";

/** Room that a transport leaves at the start of each frame for the headers below it. */
export const NETWORK_HEADROOM_BYTES: u32 = LINK_HEADER_BYTES + 20;
/** Bytes of a packet that carry the network header. */
export const NETWORK_HEADER_BYTES: u32 = 20;

/** Protocols above IPv4 (IANA). */
export const PROTOCOL_ICMP: u32 = 1;
export const PROTOCOL_UDP: u32 = 17;

/** What a transport sees of the network layer. */
export interface Network {
  /** The interface by which a destination is reached; null: `routeError` says why there is none. */
  route(destination: u32): Netif | null;
  /** `StackError` of the last `route` that found nothing. */
  readonly routeError: i32;
  /**
   * Writes the network header into the room that `NETWORK_HEADROOM_BYTES` left, and sends the frame. Takes the
   * reference whatever it returns: 0 (sent or waiting for the neighbour's address) or a `StackError`.
   */
  send(netif: Netif, frame: u32, destination: u32, protocol: u32): i32;
  /**
   * Sends a received packet without options back to where it came from, in place. The headers are writable. Takes the
   * reference.
   */
  sendBack(netif: Netif, frame: u32): i32;
}

/** What the network layer sees of the transports. */
export interface NetworkClient {
  /**
   * A packet for us, its header checked. The payload is `length` bytes at `at`, where the frame also ends; the header
   * begins at `LINK_HEADER_BYTES`. `group`: link or network address was broadcast or multicast. Takes the reference.
   */
  received(
    netif: Netif,
    frame: u32,
    protocol: u32,
    at: u32,
    length: u32,
    source: u32,
    destination: u32,
    group: bool,
  ): void;
  /**
   * A packet that we sent did not arrive. Its payload begins at `at` in the frame (which is the packet itself, or a
   * report that quotes it), at least 8 bytes. `type` and `code` are ICMP's. Borrows the frame.
   */
  failed(frame: u32, protocol: u32, at: u32, source: u32, destination: u32, type: u32, code: u32): void;
}
