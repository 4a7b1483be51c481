import {
  checksumUpdate,
  count,
  counter,
  FrameFlag,
  frame_flags,
  frame_length,
  frame_release,
  frame_truncate,
  random_u32,
} from "mirage/framecode";
import { Neighbours, NeighboursClient } from "../arp/interface";
import { LINK_HEADER_BYTES } from "../ethernet/interface";
import { StackError } from "../interface";
import { isMulticast, Netif, Netifs } from "../netif";
import { Network, NetworkClient } from "./interface";
import { IPV4_FRAGMENT_MASK, IPV4_HEADER_BYTES, Ipv4Fault, Ipv4Header, ipv4 } from "./wire";

/** RFC 1700's default. */
export const IPV4_TIME_TO_LIVE_HOPS: u32 = 64;
/** The only group that a host without IGMP is in (RFC 1112 section 4). */
const ALL_HOSTS_GROUP: u32 = 0xe0000001;
const AT: u32 = LINK_HEADER_BYTES;
const ICMP_UNREACHABLE: u32 = 3;
const ICMP_UNREACHABLE_HOST: u32 = 1;

/** IPv4 (RFC 791, RFC 1122 section 3) of a host with several interfaces, without fragments. */
export class Ipv4<Below extends Neighbours, Above extends NetworkClient>
  implements Network, NeighboursClient
{
  private readonly header: Ipv4Header = new Ipv4Header();
  private nextIdentification: u32 = random_u32();
  private lastRouteError: i32 = StackError.None;
  private readonly dropShort: u32 = counter("drop.ipv4.short");
  private readonly dropVersion: u32 = counter("drop.ipv4.version");
  private readonly dropHeaderLength: u32 = counter("drop.ipv4.header-length");
  private readonly dropTotalLength: u32 = counter("drop.ipv4.total-length");
  private readonly dropChecksum: u32 = counter("drop.ipv4.checksum");
  private readonly dropFragment: u32 = counter("drop.ipv4.fragment");
  private readonly dropNotForUs: u32 = counter("drop.ipv4.not-for-us");
  private readonly dropMartian: u32 = counter("drop.ipv4.martian-source");
  private readonly dropBroadcast: u32 = counter("drop.ipv4.link-broadcast");
  private readonly dropNoRoute: u32 = counter("drop.ipv4.no-route");
  private readonly dropTooBig: u32 = counter("drop.ipv4.too-big");
  private readonly options: u32 = counter("ipv4.options-skipped");
  private readonly zeroHops: u32 = counter("ipv4.zero-ttl-accepted");

  constructor(
    private readonly netifs: Netifs,
    private readonly below: Below,
    private readonly above: Above,
  ) {}

  /** A received packet; `group`: the link's destination was a broadcast or multicast. Takes the reference. */
  input(netif: Netif, frame: u32, group: bool): void {
    const fault = ipv4.check(frame, AT);
    if (fault !== <u32>Ipv4Fault.None) {
      this.drop(frame, this.reasonOf(fault));
      return;
    }
    if ((frame_flags(frame) & <u32>FrameFlag.Layer3ChecksumGood) === 0 && !ipv4.checksumIsGood(frame, AT)) {
      this.drop(frame, this.dropChecksum);
      return;
    }
    const destination = ipv4.destination(frame, AT);
    let toGroup: bool = false;
    if (destination !== netif.address) {
      toGroup = netif.isBroadcast(destination) || destination === ALL_HOSTS_GROUP;
      if (!toGroup) {
        this.drop(frame, this.dropNotForUs);
        return;
      }
    } else if (group) {
      // RFC 1122 section 3.3.6: a unicast packet in a broadcast frame is someone's mistake; answers would be a storm.
      this.drop(frame, this.dropBroadcast);
      return;
    }
    const source = ipv4.source(frame, AT);
    if (isMartianSource(netif, source)) {
      this.drop(frame, this.dropMartian);
      return;
    }
    if ((ipv4.fragment(frame, AT) & IPV4_FRAGMENT_MASK) !== 0) {
      this.drop(frame, this.dropFragment);
      return;
    }
    // RFC 1122 section 3.2.1.7: a host must not drop a packet that has arrived because its TTL is used up.
    if (ipv4.timeToLive(frame, AT) === 0) count(this.zeroHops);
    const header = ipv4.headerBytes(frame, AT);
    if (header !== IPV4_HEADER_BYTES) count(this.options);
    const total = ipv4.totalBytes(frame, AT);
    if (frame_length(frame) !== AT + total) frame_truncate(frame, AT + total);
    const protocol = ipv4.protocol(frame, AT);
    this.above.received(netif, frame, protocol, AT + header, total - header, source, destination, toGroup);
  }

  private reasonOf(fault: u32): u32 {
    switch (fault) {
      case Ipv4Fault.Short:
        return this.dropShort;
      case Ipv4Fault.Version:
        return this.dropVersion;
      case Ipv4Fault.HeaderLength:
        return this.dropHeaderLength;
      default:
        return this.dropTotalLength;
    }
  }

  get routeError(): i32 {
    return this.lastRouteError;
  }

  route(destination: u32): Netif | null {
    if (!isSendable(destination) || this.netifs.owner(destination) !== null) {
      this.lastRouteError = StackError.EHOSTUNREACH;
      return null;
    }
    const netif = this.netifs.route(destination);
    if (netif === null) {
      this.lastRouteError = this.netifs.first() === null ? StackError.ENETDOWN : StackError.ENETUNREACH;
    }
    return netif;
  }

  send(netif: Netif, frame: u32, destination: u32, protocol: u32): i32 {
    const total = frame_length(frame) - AT;
    if (total > netif.mtu) {
      this.drop(frame, this.dropTooBig);
      return StackError.EMSGSIZE;
    }
    const header = this.header;
    header.totalBytes = total;
    header.identification = this.nextIdentification++ & 0xffff;
    header.timeToLive = IPV4_TIME_TO_LIVE_HOPS;
    header.protocol = protocol;
    header.source = netif.address;
    header.destination = destination;
    header.build(frame, AT);
    return this.forward(netif, frame, destination);
  }

  sendBack(netif: Netif, frame: u32): i32 {
    const destination = ipv4.source(frame, AT);
    const own = ipv4.destination(frame, AT);
    ipv4.setSource(frame, AT, own);
    ipv4.setDestination(frame, AT, destination);
    // The sum does not change when the addresses swap places, only with the TTL (RFC 1624).
    const hopsBefore = ipv4.timeToLive(frame, AT) << 8;
    ipv4.setTimeToLive(frame, AT, IPV4_TIME_TO_LIVE_HOPS);
    const checksum = checksumUpdate(ipv4.checksum(frame, AT), hopsBefore, IPV4_TIME_TO_LIVE_HOPS << 8);
    ipv4.setChecksum(frame, AT, checksum);
    return this.forward(netif, frame, destination);
  }

  /** To the next hop: the destination itself on the link, else the gateway (RFC 1122 section 3.3.1). */
  private forward(netif: Netif, frame: u32, destination: u32): i32 {
    if (netif.isBroadcast(destination)) return this.below.broadcast(netif, frame);
    if (isMulticast(destination)) return this.below.multicast(netif, frame, destination);
    if (netif.onLink(destination)) return this.below.send(netif, frame, destination);
    if (netif.gateway !== 0) return this.below.send(netif, frame, netif.gateway);
    this.drop(frame, this.dropNoRoute);
    return StackError.ENETUNREACH;
  }

  /** Nobody answered ARP: as if a router had said "host unreachable". */
  unresolved(netif: Netif, frame: u32): void {
    const at = AT + ipv4.headerBytes(frame, AT);
    const destination = ipv4.destination(frame, AT);
    const protocol = ipv4.protocol(frame, AT);
    this.above.failed(
      frame,
      protocol,
      at,
      netif.address,
      destination,
      ICMP_UNREACHABLE,
      ICMP_UNREACHABLE_HOST,
    );
  }

  private drop(frame: u32, reason: u32): void {
    count(reason);
    frame_release(frame);
  }
}

/** RFC 1122 section 3.2.1.3: addresses that no packet may come from, and our own, which only a forger sends from. */
function isMartianSource(netif: Netif, source: u32): bool {
  const first = source >>> 24;
  return (
    first === 0 ||
    first === 127 ||
    first >= 224 ||
    source === netif.address ||
    netif.isDirectedBroadcast(source)
  );
}

/** Not this host or net (0/8), loopback (127/8) or reserved (240/4, but for the limited broadcast). */
function isSendable(destination: u32): bool {
  const first = destination >>> 24;
  return first !== 0 && first !== 127 && (first < 240 || destination === 0xffffffff);
}
