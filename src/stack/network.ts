/**
 * What a transport (UDP, TCP) sees of the network layer, IPv4 and IPv6 alike, and what that sees of a transport.
 *
 * Addresses are 128 bits, as two `u64`: an IPv4 address is the IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), so
 * a transport has one kind of address and one code path. See `address.ts`.
 *
 * @module
 */
import { Netif } from "./netif";

export const PROTOCOL_TCP: u32 = 6;
export const PROTOCOL_UDP: u32 = 17;

/** Why a packet did not arrive, whatever the version (RFC 792, RFC 1122 section 3.2.2, RFC 4443 section 3). */
export enum Failure {
  /** No route to the network or the host, nobody answers ARP or neighbour discovery. */
  Unreachable = 1,
  /** Prohibited by policy. */
  Prohibited,
  /** The host has no such protocol. */
  Protocol,
  /** Nobody listens at the port. */
  Port,
  /** Longer than the path's MTU, which `Report.mtu` says. */
  TooBig,
  /** The hop limit was used up on the way, or reassembly took too long. */
  TimeExceeded,
  /** A header was not understood. */
  Header,
  /** Source quench (RFC 6633: ignored) and everything else. */
  Other,
}

/** A received packet, its network header checked. One object, used again for each: keep nothing of it. */
export class Packet {
  netif: Netif = changetype<Netif>(0);
  frame: u32 = 0;
  /** Bytes from the start of the frame to the network header. */
  headerAt: u32 = 0;
  /** Bytes from the start of the frame to the transport's header. */
  at: u32 = 0;
  /** Bytes from `at` to the end of the packet, where the frame ends too. */
  length: u32 = 0;
  protocol: u32 = 0;
  sourceHigh: u64 = 0;
  sourceLow: u64 = 0;
  destinationHigh: u64 = 0;
  destinationLow: u64 = 0;
  /** Traffic class (RFC 8200 section 7) or type of service: its low two bits are ECN. */
  trafficClass: u32 = 0;
  /** 4 or 6. */
  version: u32 = 0;
  /** The link's or the network's destination was a broadcast or multicast address. */
  group: bool = false;
  /** It came in fragments: its header is ours, not the sender's, and its payload lies in many places. */
  reassembled: bool = false;
}

/** An error that was reported about a packet of ours. One object, used again for each. */
export class Report {
  /** The frame that quotes the packet, or the packet itself. Borrowed. */
  frame: u32 = 0;
  /** Bytes from the start of the frame to the quoted network header. */
  headerAt: u32 = 0;
  /** Bytes from the start of the frame to the quoted transport header. */
  at: u32 = 0;
  /** Bytes of it that are there: at least 8. */
  length: u32 = 0;
  protocol: u32 = 0;
  localHigh: u64 = 0;
  localLow: u64 = 0;
  remoteHigh: u64 = 0;
  remoteLow: u64 = 0;
  failure: u32 = 0;
  /** For `Failure.TooBig`: bytes of the longest packet, network header included. */
  mtu: u32 = 0;
  /** As received, for the program. */
  type: u32 = 0;
  code: u32 = 0;
}

/**
 * A way to one remote address. The owner sets the addresses (local 0, 0: the network layer chooses) and calls
 * `Network.open`; the rest is the network layer's to fill in.
 */
export class Path {
  localHigh: u64 = 0;
  localLow: u64 = 0;
  remoteHigh: u64 = 0;
  remoteLow: u64 = 0;
  netif: Netif = changetype<Netif>(0);
  /** 4 or 6. */
  version: u32 = 0;
  /** Room that the transport leaves at the start of each frame: link and network header. */
  headroomBytes: u32 = 0;
  /** Of that, the network header: 20 or 40. */
  headerBytes: u32 = 0;
  /** Longest packet in bytes, network header included, that the path is known to carry (RFC 1191, RFC 8201). */
  mtu: u32 = 0;
  /** Folded sum of both addresses; a transport adds its protocol and length for the pseudo header. */
  addressSum: u32 = 0;
  /** Of what `open` found: a change of routes, addresses or path MTUs makes it out of date, and `send` opens again. */
  generation: u32 = 0;
  /** The transport's to set. 0: the default, 64. */
  hopLimit: u32 = 0;
  /** The transport's to set; the low two bits are ECN. */
  trafficClass: u32 = 0;
  /** The transport's to set before `send`: what goes to a group comes back if we are in it (RFC 1112 section 6.1). */
  loopsBack: bool = false;
  /** Never in fragments: `send` answers EMSGSIZE instead. TCP sets it. */
  dontFragment: bool = false;
  /** The transport's to set before `send`: the card cuts this frame (`frame_segment`), so it may be longer than `mtu`. */
  cutByCard: bool = false;
  /** The way carries so little that packets may be cut on it, whatever `dontFragment` says. */
  cutOnTheWay: bool = false;
  /** The neighbour to which packets go: the remote end or a router. */
  nextHopHigh: u64 = 0;
  nextHopLow: u64 = 0;
  /** A `Delivery`. */
  delivery: u32 = 0;
}

/** How the packets of a path leave. */
export enum Delivery {
  /** To a neighbour, `Path.nextHop*`. */
  Neighbour = 0,
  Broadcast,
  Multicast,
  /** To an address of this stack. */
  Local,
}

/** What a transport sees of the network layer, and the same of each version: `Ip` chooses between them. */
export interface Network {
  /** Finds the way to `path.remote*`. Returns 0 or a `StackError`. */
  open(path: Path): i32;
  /** True if `open` would find something else now. */
  isStale(path: Path): bool;
  /**
   * Writes the network header into the room that `path.headroomBytes` left, and sends the frame, in fragments if it must
   * and may. A frame that is to be cut by the card (`frame_segment`) may be longer than the MTU. Takes the reference whatever it
   * returns: 0 (sent, or waiting for the neighbour's address) or a `StackError`.
   */
  send(path: Path, frame: u32, protocol: u32): i32;
  /** True for an address of this stack that can be bound to. */
  isOwn(high: u64, low: u64): bool;
  /**
   * A report that the transport believes says that packets of more than `mtu` bytes do not get through: the path MTU is
   * lowered for all who use that way, within limits, and their paths are stale. It grows again after a while (RFC 1191
   * section 6.3, RFC 8201 section 4).
   */
  tooBig(path: Path, mtu: u32): void;
  /** The remote end answered through this path: neighbour discovery need not ask (RFC 4861 section 7.3.1). */
  confirm(path: Path): void;
  /** Tells the sender of a received packet that nobody listens at its port, unless that is forbidden or limited. Takes `packet.frame`. */
  unreachablePort(packet: Packet): void;
  /**
   * Begins to hear a multicast group on an interface; counted, so each `join` wants one `leave`. `index`
   * `NETIF_ANY`: the interface by which the group is reached. Returns the interface or a `StackError`.
   */
  join(high: u64, low: u64, index: u32): i32;
  /** Ends what `join` began. `index` is what that returned. */
  leave(high: u64, low: u64, index: u32): void;
}

/** For `Network.join`: no interface in particular. */
export const NETIF_ANY: u32 = 0xffffffff;

/** What the network layer sees of a transport. */
export interface Transport {
  /** Takes the reference on `packet.frame`. */
  received(packet: Packet): void;
  /**
   * A packet of ours did not arrive. Borrows `report.frame`. What it quotes may be forged: a transport believes it only if
   * it fits a live flow (RFC 5927), which is what it answers, for the statistics. For `Failure.TooBig` it then calls
   * `Network.tooBig`.
   */
  failed(report: Report): bool;
}
