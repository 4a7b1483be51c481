import {
  count,
  counter,
  FrameFlag,
  frame_alloc,
  frame_append,
  frame_flags,
  frame_length,
  frame_release,
  frame_truncate,
  probe_enabled,
  probe_packet,
  random_u32,
} from "mirage/framecode";
import { isMapped, isMulticast, MAPPED_LOW, mappedLow } from "../address";
import { Neighbours, NeighboursClient } from "../arp/interface";
import { quote } from "../errors";
import { LINK_HEADER_BYTES } from "../ethernet/interface";
import { Membership4 } from "../igmp/interface";
import { StackError } from "../interface";
import { LocalLink } from "../loopback";
import { Netif, Netifs } from "../netif";
import { Delivery, Failure, NETIF_ANY, Packet, Path, Report } from "../network";
import { StackProbe } from "../probes";
import { Fragment, Reassembler } from "../reassembly/interface";
import { Ipv4Client } from "./interface";
import { Ipv4Ways } from "./ways";
import {
  IPV4_DONT_FRAGMENT,
  IPV4_FRAGMENT_MASK,
  IPV4_HEADER_BYTES,
  IPV4_MORE_FRAGMENTS,
  IPV4_OFFSET_MASK,
  IPV4_SOURCE_ROUTE,
  Ipv4Fault,
  Ipv4Header,
  ipv4,
} from "./wire";

/** RFC 1700's default. */
export const IPV4_TIME_TO_LIVE_HOPS: u32 = 64;
/** Longest packet, RFC 791 section 3.1. */
export const IPV4_PACKET_BYTES_MAX: u32 = 65535;
/** Counters of identifications; a destination draws from one of them. A power of two. */
const IDENTIFICATIONS: u32 = 64;
const AT: u32 = LINK_HEADER_BYTES;
const HEADROOM_BYTES: u32 = LINK_HEADER_BYTES + IPV4_HEADER_BYTES;
const ICMP_UNREACHABLE: u32 = 3;
const ICMP_UNREACHABLE_HOST: u32 = 1;

/** IPv4 (RFC 791, RFC 1122 section 3) of a host with several interfaces and addresses. */
export class Ipv4<
  Below extends Neighbours,
  Above extends Ipv4Client,
  Gather extends Reassembler,
  Local extends LocalLink,
  Groups extends Membership4,
> implements NeighboursClient
{
  private readonly header: Ipv4Header = new Ipv4Header();
  private readonly packet: Packet = new Packet();
  private readonly fragment: Fragment = new Fragment();
  private readonly report: Report = new Report();
  private readonly identifications: StaticArray<u32> = new StaticArray<u32>(IDENTIFICATIONS);
  private readonly identificationKey: u32 = random_u32();
  private readonly dropShort: u32 = counter("drop.ipv4.short");
  private readonly dropVersion: u32 = counter("drop.ipv4.version");
  private readonly dropHeaderLength: u32 = counter("drop.ipv4.header-length");
  private readonly dropTotalLength: u32 = counter("drop.ipv4.total-length");
  private readonly dropChecksum: u32 = counter("drop.ipv4.checksum");
  private readonly dropNotForUs: u32 = counter("drop.ipv4.not-for-us");
  private readonly dropMartian: u32 = counter("drop.ipv4.martian-source");
  private readonly dropBroadcast: u32 = counter("drop.ipv4.link-broadcast");
  private readonly dropNoRoute: u32 = counter("drop.ipv4.no-route");
  private readonly dropTooBig: u32 = counter("drop.ipv4.too-big");
  private readonly dropNoMemory: u32 = counter("drop.ipv4.no-memory");
  private readonly dropOptions: u32 = counter("drop.ipv4.options");
  private readonly dropSourceRoute: u32 = counter("drop.ipv4.source-route");
  private readonly options: u32 = counter("ipv4.options-skipped");
  private readonly zeroHops: u32 = counter("ipv4.zero-ttl-accepted");
  private readonly fragmented: u32 = counter("ipv4.fragmented");
  private readonly fragmentsSent: u32 = counter("ipv4.fragments-sent");

  constructor(
    private readonly netifs: Netifs,
    private readonly ways: Ipv4Ways,
    private readonly below: Below,
    private readonly above: Above,
    private readonly reassembly: Gather,
    private readonly local: Local,
    private readonly groups: Groups,
  ) {
    for (let i: u32 = 0; i < IDENTIFICATIONS; i++) this.identifications[i] = random_u32();
  }

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
    if (probe_enabled(StackProbe.IpReceive)) probe_packet(StackProbe.IpReceive, netif.index, frame, AT);
    const destination = ipv4.destination(frame, AT);
    let toGroup: bool = false;
    if (!netif.owns(destination)) {
      toGroup = isMulticast(destination)
        ? this.groups.has(netif, destination)
        : netif.isBroadcast(destination);
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
    this.accept(netif, frame, source, destination, toGroup);
  }

  /** A packet that `Loopback` brings back. Takes the reference. */
  looped(frame: u32, index: u32): void {
    const netif = this.netifs.any(index);
    const destination = ipv4.destination(frame, AT);
    const toGroup = isMulticast(destination);
    // It may have been left, or the interface given up, since it was sent.
    if (netif === null || (toGroup && !this.groups.has(netif, destination))) {
      this.drop(frame, this.dropNotForUs);
      return;
    }
    this.accept(netif, frame, ipv4.source(frame, AT), destination, toGroup);
  }

  /** A copy for ourselves of what goes to a group; its header is set, but for the length. Without memory there is none. */
  private loopBack(path: Path, frame: u32, total: u32): void {
    const copy = quote(HEADROOM_BYTES, frame, HEADROOM_BYTES, total - IPV4_HEADER_BYTES);
    if (copy === 0) {
      count(this.dropNoMemory);
      return;
    }
    this.header.totalBytes = total;
    this.header.build(copy, AT);
    this.local.loop(copy, path.netif.index);
  }

  /** A packet for us, its header checked. Takes the reference. */
  private accept(netif: Netif, frame: u32, source: u32, destination: u32, toGroup: bool): void {
    // RFC 1122 section 3.2.1.7: a host must not drop a packet that has arrived because its TTL is used up.
    if (ipv4.timeToLive(frame, AT) === 0) count(this.zeroHops);
    const header = ipv4.headerBytes(frame, AT);
    const total = ipv4.totalBytes(frame, AT);
    if (frame_length(frame) !== AT + total) frame_truncate(frame, AT + total);
    const packet = this.packet;
    packet.frame = frame;
    packet.at = AT + header;
    packet.length = total - header;
    packet.protocol = ipv4.protocol(frame, AT);
    packet.trafficClass = ipv4.typeOfService(frame, AT);
    packet.reassembled = false;
    if (header !== IPV4_HEADER_BYTES && !this.skipOptions(netif, source, destination, toGroup)) return;
    if (
      (ipv4.fragment(frame, AT) & IPV4_FRAGMENT_MASK) !== 0 &&
      !this.isWhole(netif, source, destination, toGroup)
    ) {
      return;
    }
    this.describe(netif, source, destination, toGroup);
    this.above.received(packet);
  }

  /**
   * RFC 1122 section 3.2.1.8: options are accepted, and none of them asks a host for anything; but a source route is how
   * outsiders pretend to be insiders (RFC 7126 section 4.3). False: the packet in `packet` is dropped.
   */
  private skipOptions(netif: Netif, source: u32, destination: u32, group: bool): bool {
    const frame = this.packet.frame;
    const fault = ipv4.optionsFault(frame, AT);
    if (fault === 0) {
      count(this.options);
      return true;
    }
    if (fault === IPV4_SOURCE_ROUTE) {
      this.drop(frame, this.dropSourceRoute);
      return false;
    }
    count(this.dropOptions);
    if ((ipv4.fragment(frame, AT) & IPV4_OFFSET_MASK) === 0) {
      this.describe(netif, source, destination, group);
      this.above.malformed(this.packet, fault);
    } else {
      frame_release(frame);
    }
    return false;
  }

  /** Takes the fragment in `packet`. True: it was the last one missing, and `packet` is the whole now. */
  private isWhole(netif: Netif, source: u32, destination: u32, group: bool): bool {
    const packet = this.packet;
    const fragment = this.fragment;
    const bits = ipv4.fragment(packet.frame, AT);
    fragment.netif = netif.index;
    fragment.sourceLow = mappedLow(source);
    fragment.destinationLow = mappedLow(destination);
    fragment.identification = ipv4.identification(packet.frame, AT);
    fragment.protocol = packet.protocol;
    fragment.trafficClass = packet.trafficClass;
    fragment.group = group;
    fragment.frame = packet.frame;
    fragment.at = packet.at;
    fragment.length = packet.length;
    fragment.offset = (bits & IPV4_OFFSET_MASK) << 3;
    fragment.more = (bits & IPV4_MORE_FRAGMENTS) !== 0;
    const hops = ipv4.timeToLive(packet.frame, AT);
    const frame = this.reassembly.add(fragment, HEADROOM_BYTES, IPV4_PACKET_BYTES_MAX - IPV4_HEADER_BYTES);
    if (frame === 0) return false;
    const total = frame_length(frame) - AT;
    const header = this.header;
    header.typeOfService = fragment.trafficClass;
    header.totalBytes = total;
    header.identification = fragment.identification;
    header.fragment = 0;
    header.timeToLive = hops;
    header.protocol = fragment.protocol;
    header.source = source;
    header.destination = destination;
    header.build(frame, AT);
    packet.frame = frame;
    packet.at = HEADROOM_BYTES;
    packet.length = total - IPV4_HEADER_BYTES;
    packet.trafficClass = fragment.trafficClass;
    packet.reassembled = true;
    return true;
  }

  /** As `ReassemblyClient.expired`. */
  expired(fragment: Fragment): void {
    const netif = this.netifs.any(fragment.netif);
    if (netif === null) {
      frame_release(fragment.frame);
      return;
    }
    const packet = this.packet;
    packet.frame = fragment.frame;
    packet.at = fragment.at;
    packet.length = fragment.length;
    packet.protocol = fragment.protocol;
    packet.trafficClass = fragment.trafficClass;
    packet.reassembled = false;
    this.describe(netif, <u32>fragment.sourceLow, <u32>fragment.destinationLow, fragment.group);
    this.above.expired(packet);
  }

  /** Fills in what is the same for a packet and its fragments. */
  private describe(netif: Netif, source: u32, destination: u32, group: bool): void {
    const packet = this.packet;
    packet.netif = netif;
    packet.headerAt = AT;
    packet.sourceHigh = 0;
    packet.sourceLow = mappedLow(source);
    packet.destinationHigh = 0;
    packet.destinationLow = mappedLow(destination);
    packet.version = 4;
    packet.group = group;
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

  open(path: Path): i32 {
    return this.ways.open(path);
  }

  isStale(path: Path): bool {
    return path.generation !== this.netifs.generation;
  }

  /** As `Network.send`. */
  send(path: Path, frame: u32, protocol: u32): i32 {
    if (path.generation !== this.netifs.generation) {
      const error = this.ways.open(path);
      if (error !== StackError.None) {
        this.drop(frame, this.dropNoRoute);
        return error;
      }
    }
    const total = frame_length(frame) - AT;
    const inFragments = total > path.mtu && !path.cutByCard;
    if ((inFragments && path.dontFragment) || total > IPV4_PACKET_BYTES_MAX) {
      this.drop(frame, this.dropTooBig);
      return StackError.EMSGSIZE;
    }
    const header = this.header;
    header.typeOfService = path.trafficClass;
    header.timeToLive = path.hopLimit !== 0 ? path.hopLimit : this.defaultHops(path);
    header.protocol = protocol;
    header.source = <u32>path.localLow;
    header.destination = <u32>path.remoteLow;
    if (path.dontFragment && !path.cutOnTheWay) {
      // RFC 6864 section 4.1: the identification of a packet that is in no fragments means nothing.
      header.identification = 0;
      header.fragment = IPV4_DONT_FRAGMENT;
    } else {
      header.identification = this.identificationFor(header.destination);
      header.fragment = 0;
    }
    if (
      path.loopsBack &&
      path.delivery === <u32>Delivery.Multicast &&
      this.groups.has(path.netif, header.destination)
    )
      this.loopBack(path, frame, total);
    if (inFragments) return this.sendFragments(path, frame, total - IPV4_HEADER_BYTES);
    header.totalBytes = total;
    header.build(frame, AT);
    return this.transmit(path, frame);
  }

  /** RFC 1112 section 6.1: multicasts stay on the link unless the program says otherwise. */
  private defaultHops(path: Path): u32 {
    return path.delivery === <u32>Delivery.Multicast ? 1 : IPV4_TIME_TO_LIVE_HOPS;
  }

  /** RFC 6864 section 4.2: none is used again soon between two hosts; what others draw tells little (RFC 7739). */
  private identificationFor(destination: u32): u32 {
    const mixed = (destination ^ this.identificationKey) * 0x9e3779b1;
    const slot = (mixed >>> 16) & (IDENTIFICATIONS - 1);
    const identification = unchecked(this.identifications[slot]);
    this.identifications[slot] = identification + 1;
    return identification & 0xffff;
  }

  /**
   * Sends a packet in pieces of the path's MTU, each with a header of its own and its payload by reference. Takes the
   * reference. The header's other fields are set.
   */
  private sendFragments(path: Path, frame: u32, payload: u32): i32 {
    const header = this.header;
    const most = (path.mtu - IPV4_HEADER_BYTES) & ~7;
    let error: i32 = StackError.None;
    count(this.fragmented);
    for (let offset: u32 = 0; offset < payload && error === StackError.None; offset += most) {
      const rest = payload - offset;
      const length = min(rest, most);
      const piece = frame_alloc(HEADROOM_BYTES);
      if (piece === 0 || !frame_append(piece, frame, HEADROOM_BYTES + offset, length)) {
        if (piece !== 0) frame_release(piece);
        count(this.dropNoMemory);
        error = StackError.ENOBUFS;
        break;
      }
      header.totalBytes = IPV4_HEADER_BYTES + length;
      header.fragment = (rest > most ? IPV4_MORE_FRAGMENTS : 0) | (offset >>> 3);
      header.build(piece, AT);
      error = this.transmit(path, piece);
      if (error === StackError.None) count(this.fragmentsSent);
    }
    frame_release(frame);
    return error;
  }

  private transmit(path: Path, frame: u32): i32 {
    switch (path.delivery) {
      case Delivery.Neighbour:
        return this.below.send(path.netif, frame, <u32>path.nextHopLow);
      case Delivery.Broadcast:
        return this.below.broadcast(path.netif, frame);
      case Delivery.Local:
        return this.local.send(frame);
      default:
        return this.below.multicast(path.netif, frame, <u32>path.remoteLow);
    }
  }

  isOwn(high: u64, low: u64): bool {
    return isMapped(high, low) && this.ways.isLocal(<u32>low);
  }

  /** ARP has its own timers. */
  confirm(_path: Path): void {}

  tooBig(path: Path, mtu: u32): void {
    this.ways.tooBig(path, mtu);
  }

  /** As `Network.join`. */
  join(_high: u64, low: u64, index: u32): i32 {
    if (!isMulticast(<u32>low)) return StackError.EINVAL;
    const any = index === NETIF_ANY;
    const netif = any ? this.ways.multicastNetif(low) : this.netifs.active(index);
    if (netif === null || netif.addresses === 0) return any ? StackError.ENETDOWN : StackError.ENXIO;
    return this.groups.join(netif, <u32>low) ? <i32>netif.index : StackError.ENOBUFS;
  }

  /** As `Network.leave`. */
  leave(_high: u64, low: u64, index: u32): void {
    const netif = this.netifs.at(index);
    if (netif !== null) this.groups.leave(netif, <u32>low);
  }

  /** Nobody answered ARP: as if a router had said "host unreachable". */
  unresolved(_netif: Netif, frame: u32): void {
    // Only the first fragment has the transport's header.
    if ((ipv4.fragment(frame, AT) & IPV4_OFFSET_MASK) !== 0) return;
    const at = AT + ipv4.headerBytes(frame, AT);
    if (frame_length(frame) < at + 8) return;
    const report = this.report;
    report.frame = frame;
    report.headerAt = AT;
    report.at = at;
    report.length = frame_length(frame) - at;
    report.protocol = ipv4.protocol(frame, AT);
    report.localHigh = 0;
    report.localLow = MAPPED_LOW | <u64>ipv4.source(frame, AT);
    report.remoteHigh = 0;
    report.remoteLow = MAPPED_LOW | <u64>ipv4.destination(frame, AT);
    report.failure = Failure.Unreachable;
    report.mtu = 0;
    report.type = ICMP_UNREACHABLE;
    report.code = ICMP_UNREACHABLE_HOST;
    this.above.failed(report);
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
    first === 0 || first === 127 || first >= 224 || netif.owns(source) || netif.isDirectedBroadcast(source)
  );
}
