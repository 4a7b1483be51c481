/**
 * What identifies the packet that a fragment belongs to, and what is said about the fragment itself. One object of
 * each version, used again for each fragment.
 */
export class Fragment {
  /** Index of the interface. */
  netif: u32 = 0;
  sourceHigh: u64 = 0;
  sourceLow: u64 = 0;
  destinationHigh: u64 = 0;
  destinationLow: u64 = 0;
  identification: u32 = 0;
  /** IPv4: part of what identifies a packet (RFC 791). IPv6: that of the first fragment counts (RFC 8200 section 4.5). */
  protocol: u32 = 0;
  trafficClass: u32 = 0;
  /** The destination was a broadcast or multicast address. */
  group: bool = false;
  /** Its reference goes to whom the fragment is given. */
  frame: u32 = 0;
  /** Bytes from the start of the frame to the payload. */
  at: u32 = 0;
  /** Bytes of payload. */
  length: u32 = 0;
  /** Bytes of the packet's payload in front of this one's. */
  offset: u32 = 0;
  /** It is not the last one. */
  more: bool = false;
}

/** What the network layers see of reassembly. */
export interface Reassembler {
  /**
   * Takes a fragment with its reference. Returns 0, or the whole packet in a fresh frame: `headroomBytes` that the
   * caller writes, then the payload by reference. `fragment.protocol` and `trafficClass` are the packet's then.
   *
   * @param most Bytes of payload that a packet of this version can have.
   */
  add(fragment: Fragment, headroomBytes: u32, most: u32): u32;
}

/** What reassembly sees of the network layers. */
export interface ReassemblyClient {
  /**
   * A packet's fragments did not all come in time. `fragment` is its first one, which did. Takes the reference on its
   * frame.
   */
  expired(fragment: Fragment): void;
}
