import {
  count,
  counter,
  frame_alloc,
  frame_append,
  frame_length,
  frame_release,
  frame_truncate,
  probe_enabled,
  probe_packet,
  random_u32,
  sumFold,
} from "mirage/framecode";
import { isMapped, sumOfAddress } from "../address";
import { quote } from "../errors";
import { LINK_HEADER_BYTES } from "../ethernet/interface";
import { Network6, TIME_EXCEEDED6_REASSEMBLY } from "../icmp6/interface";
import { ICMP6_PARAMETER_PROBLEM, ICMP6_TIME_EXCEEDED } from "../icmp6/wire";
import { StackError } from "../interface";
import { IpVersion } from "../ip";
import { LOOPBACK_MTU_BYTES, LocalLink } from "../loopback";
import { Groups6 } from "../mld/groups";
import { Membership6 } from "../mld/interface";
import { Neighbours6 } from "../nd/interface";
import { NETIFS_MAX, Netif, Netifs } from "../netif";
import { Delivery, NETIF_ANY, Packet, Path } from "../network";
import { PathMtus } from "../pathmtu";
import { StackProbe } from "../probes";
import { Fragment, Reassembler } from "../reassembly/interface";
import {
  isForbidden,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
  Scope,
  scopeOf,
  withoutZone,
  zoneOf,
} from "./address";
import {
  HeaderWalk,
  PROBLEM_FIELD,
  PROBLEM_INCOMPLETE_CHAIN,
  PROBLEM_NEXT_HEADER,
  upperHeaderBytes,
  Walk,
} from "./extension";
import { IPV6_HEADROOM_BYTES, Ipv6Client } from "./interface";
import { Address6, Interface6, Interfaces6 } from "./interfaces";
import { Routes6 } from "./routes";
import { selectSource } from "./selection";
import {
  fragment,
  HEADER_FRAGMENT,
  HEADER_ICMP6,
  IPV6_FRAGMENT_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  IPV6_MTU_MIN_BYTES,
  Ipv6Fault,
  Ipv6Header,
  ipv6,
} from "./wire";

/** Of a packet to a group whose sender has said nothing else (RFC 3493 section 5.2). */
export const IP6_GROUP_HOP_LIMIT_HOPS: u32 = 1;
const AT: u32 = LINK_HEADER_BYTES;
const PAYLOAD_LENGTH_OFFSET: u32 = 4;
const FRAGMENT_OFFSET_OFFSET: u32 = 2;
/** Without jumbograms (RFC 2675), which need links that nobody has. */
const PAYLOAD_BYTES_MAX: u32 = 65535;

/** IPv6 (RFC 8200) of a host with several interfaces. Data that layers share: `Interfaces6`, `Routes6`, `Groups6`. */
export class Ipv6<
  Below extends Neighbours6,
  Groups extends Membership6,
  Gather extends Reassembler,
  Local extends LocalLink,
  Above extends Ipv6Client,
> implements Network6, IpVersion
{
  private readonly header: Ipv6Header = new Ipv6Header();
  private readonly packet: Packet = new Packet();
  private readonly walk: HeaderWalk = new HeaderWalk();
  private readonly piece: Fragment = new Fragment();
  private readonly dropShort: u32 = counter("drop.ipv6.short");
  private readonly dropVersion: u32 = counter("drop.ipv6.version");
  private readonly dropPayloadLength: u32 = counter("drop.ipv6.payload-length");
  private readonly dropMartian: u32 = counter("drop.ipv6.martian-source");
  private readonly dropNotForUs: u32 = counter("drop.ipv6.not-for-us");
  private readonly dropNotMember: u32 = counter("drop.ipv6.not-member");
  private readonly dropTentative: u32 = counter("drop.ipv6.tentative");
  private readonly dropHeader: u32 = counter("drop.ipv6.header-short");
  private readonly dropTooMany: u32 = counter("drop.ipv6.too-many-headers");
  private readonly dropOption: u32 = counter("drop.ipv6.option");
  private readonly dropProblem: u32 = counter("drop.ipv6.header-problem");
  private readonly dropNothing: u32 = counter("drop.ipv6.no-next-header");
  private readonly dropProtocol: u32 = counter("drop.ipv6.protocol");
  private readonly dropFragment: u32 = counter("drop.ipv6.fragment");
  private readonly dropTooBig: u32 = counter("drop.ipv6.too-big");
  private readonly dropNoRoute: u32 = counter("drop.ipv6.no-route");
  private readonly dropNoMemory: u32 = counter("drop.ipv6.no-memory");
  private readonly fragmented: u32 = counter("ipv6.packets-fragmented");
  private readonly fragmentsSent: u32 = counter("ipv6.fragments-sent");
  private readonly atomic: u32 = counter("ipv6.atomic-fragments");
  /** What is handled was sent by us, so its source may be ours. */
  private isLooping: bool = false;

  constructor(
    private readonly netifs: Netifs,
    private readonly interfaces: Interfaces6,
    private readonly routes: Routes6,
    private readonly groups: Groups6,
    private readonly membership: Groups,
    private readonly pathMtus: PathMtus,
    private readonly reassembly: Gather,
    private readonly local: Local,
    private readonly below: Below,
    private readonly above: Above,
  ) {}

  /** A received packet; `group`: the link's destination was a multicast. Takes the reference. */
  input(on: Interface6, frame: u32, group: bool): void {
    const fault = ipv6.check(frame, AT);
    if (fault !== <u32>Ipv6Fault.None) {
      this.drop(frame, this.reasonOf(fault));
      return;
    }
    if (probe_enabled(StackProbe.IpReceive)) probe_packet(StackProbe.IpReceive, on.netif.index, frame, AT);
    const sourceHigh = ipv6.sourceHigh(frame, AT);
    const sourceLow = ipv6.sourceLow(frame, AT);
    if (isMartian(sourceHigh, sourceLow)) {
      this.drop(frame, this.dropMartian);
      return;
    }
    const high = ipv6.destinationHigh(frame, AT);
    const low = ipv6.destinationLow(frame, AT);
    const toGroup = isMulticast(high);
    if (toGroup) {
      if (scopeOf(high, low) <= <u32>Scope.Interface || !this.groups.has(on, high, low)) {
        this.drop(frame, this.dropNotMember);
        return;
      }
    } else {
      const address = this.interfaces.find(on, high, low);
      if (address === null || !address.usable) {
        this.drop(frame, address === null ? this.dropNotForUs : this.dropTentative);
        return;
      }
    }
    const end = AT + IPV6_HEADER_BYTES + ipv6.payloadBytes(frame, AT);
    if (frame_length(frame) !== end) frame_truncate(frame, end);
    const packet = this.packet;
    packet.sourceHigh = sourceHigh;
    packet.sourceLow = sourceLow;
    packet.destinationHigh = high;
    packet.destinationLow = low;
    packet.group = group || toGroup;
    packet.reassembled = false;
    this.walk.begin(frame, AT, end);
    this.headers(on, frame, end);
  }

  /** A packet that `Loopback` brings back. Takes the reference. */
  looped(frame: u32, index: u32): void {
    const packet = this.packet;
    const end = frame_length(frame);
    const netif = this.netifs.any(index);
    const toGroup = isMulticast(ipv6.destinationHigh(frame, AT));
    if (
      netif === null ||
      (toGroup &&
        !this.groups.has(
          this.interfaces.of(netif),
          ipv6.destinationHigh(frame, AT),
          ipv6.destinationLow(frame, AT),
        ))
    ) {
      // It may have been left, or the interface given up, since it was sent.
      this.drop(frame, this.dropNotMember);
      return;
    }
    packet.sourceHigh = ipv6.sourceHigh(frame, AT);
    packet.sourceLow = ipv6.sourceLow(frame, AT);
    packet.destinationHigh = ipv6.destinationHigh(frame, AT);
    packet.destinationLow = ipv6.destinationLow(frame, AT);
    packet.group = toGroup;
    packet.reassembled = false;
    this.walk.begin(frame, AT, end);
    this.isLooping = true;
    this.headers(this.interfaces.of(netif), frame, end);
    this.isLooping = false;
  }

  /** A copy for ourselves of what goes to a group; its header is set. Without memory there is none. */
  private loopBack(on: Interface6, frame: u32): void {
    const copy = quote(AT + IPV6_HEADER_BYTES, frame, AT + IPV6_HEADER_BYTES, this.header.payloadBytes);
    if (copy === 0) {
      count(this.dropNoMemory);
      return;
    }
    this.header.build(copy, AT);
    this.local.loop(copy, on.netif.index);
  }

  /** Goes through the headers from where the walk is, to the upper layer. */
  private headers(on: Interface6, frame: u32, end: u32): void {
    const walk = this.walk;
    for (;;) {
      const verdict = walk.run();
      if (verdict === <u32>Walk.Upper) {
        this.deliver(on, frame, end);
        return;
      }
      if (verdict !== <u32>Walk.Fragment) {
        this.refuse(on, frame, verdict);
        return;
      }
      if (fragment.offsetBytes(frame, walk.at) !== 0 || fragment.more(frame, walk.at)) {
        this.fragment(on, frame, end);
        return;
      }
      // A whole packet that only looks like a fragment has nothing to do with real ones (RFC 6946).
      count(this.atomic);
      walk.skipFragmentHeader();
    }
  }

  private deliver(on: Interface6, frame: u32, end: u32): void {
    const walk = this.walk;
    const packet = this.packet;
    if (
      walk.next !== HEADER_ICMP6 &&
      !this.isLooping &&
      !this.isPeer(on, packet.sourceHigh, packet.sourceLow)
    ) {
      this.drop(frame, this.dropMartian);
      return;
    }
    packet.netif = on.netif;
    packet.frame = frame;
    packet.headerAt = AT;
    packet.at = walk.at;
    packet.length = end - walk.at;
    packet.protocol = walk.next;
    packet.trafficClass = ipv6.trafficClass(frame, AT);
    packet.version = 6;
    this.above.received6(on, packet);
  }

  /** There is no such protocol here (RFC 8200 section 4). Takes the reference on `packet.frame`. */
  unknownProtocol(on: Interface6, packet: Packet): void {
    this.problem(on, packet.frame, PROBLEM_NEXT_HEADER, this.walk.nextAt, packet.group);
    this.drop(packet.frame, this.dropProtocol);
  }

  private refuse(on: Interface6, frame: u32, verdict: u32): void {
    switch (verdict) {
      case Walk.Nothing:
        this.drop(frame, this.dropNothing);
        return;
      case Walk.TooMany:
        this.drop(frame, this.dropTooMany);
        return;
      case Walk.Discard:
        this.drop(frame, this.dropOption);
        return;
      case Walk.Problem: {
        const group = this.packet.group && !this.walk.problemOfGroup;
        this.problem(on, frame, this.walk.problemCode, this.walk.problemAt, group);
        this.drop(frame, this.dropProblem);
        return;
      }
      default:
        this.drop(frame, this.dropHeader);
        return;
    }
  }

  private problem(on: Interface6, frame: u32, code: u32, at: u32, group: bool): void {
    this.above.report6(on, frame, AT, ICMP6_PARAMETER_PROBLEM, code, at - AT, group);
  }

  /** A fragment, whose header the walk has come to (RFC 8200 section 4.5). */
  private fragment(on: Interface6, frame: u32, end: u32): void {
    const walk = this.walk;
    const packet = this.packet;
    const headerAt = walk.at;
    const at = headerAt + IPV6_FRAGMENT_HEADER_BYTES;
    const offset = fragment.offsetBytes(frame, headerAt);
    const more = fragment.more(frame, headerAt);
    if (more && ((end - at) & 7) !== 0) {
      this.refuseFragment(on, frame, PROBLEM_FIELD, AT + PAYLOAD_LENGTH_OFFSET);
      return;
    }
    if (offset + (end - at) > PAYLOAD_BYTES_MAX) {
      this.refuseFragment(on, frame, PROBLEM_FIELD, headerAt + FRAGMENT_OFFSET_OFFSET);
      return;
    }
    const piece = this.piece;
    piece.protocol = fragment.nextHeader(frame, headerAt);
    piece.identification = fragment.identification(frame, headerAt);
    // The first one must show what the packet is (RFC 7112).
    if (offset === 0) {
      walk.skipFragmentHeader();
      const verdict = walk.run();
      if (
        verdict === <u32>Walk.Short ||
        (verdict === <u32>Walk.Upper && end - walk.at < upperHeaderBytes(walk.next))
      ) {
        this.refuseFragment(on, frame, PROBLEM_INCOMPLETE_CHAIN, AT);
        return;
      }
      if (verdict !== <u32>Walk.Upper) {
        this.refuse(on, frame, verdict);
        return;
      }
    }
    piece.netif = on.index;
    piece.sourceHigh = packet.sourceHigh;
    piece.sourceLow = packet.sourceLow;
    piece.destinationHigh = packet.destinationHigh;
    piece.destinationLow = packet.destinationLow;
    piece.trafficClass = ipv6.trafficClass(frame, AT);
    piece.group = packet.group;
    piece.frame = frame;
    piece.at = at;
    piece.length = end - at;
    piece.offset = offset;
    piece.more = more;
    const hops = ipv6.hopLimit(frame, AT);
    const whole = this.reassembly.add(piece, IPV6_HEADROOM_BYTES, PAYLOAD_BYTES_MAX);
    if (whole !== 0) this.reassembled(on, whole, hops);
  }

  /** A packet whose last missing fragment has come: the headers behind the fragment header are still to be walked. */
  private reassembled(on: Interface6, frame: u32, hops: u32): void {
    const packet = this.packet;
    const header = this.header;
    const end = frame_length(frame);
    header.trafficClass = this.piece.trafficClass;
    header.payloadBytes = end - IPV6_HEADROOM_BYTES;
    header.nextHeader = this.piece.protocol;
    header.hopLimit = hops;
    header.sourceHigh = packet.sourceHigh;
    header.sourceLow = packet.sourceLow;
    header.destinationHigh = packet.destinationHigh;
    header.destinationLow = packet.destinationLow;
    header.build(frame, AT);
    packet.reassembled = true;
    this.walk.begin(frame, AT, end);
    const verdict = this.walk.run();
    // A fragment in fragments, atomic or not, has no honest sender.
    if (verdict === <u32>Walk.Upper) this.deliver(on, frame, end);
    else if (verdict === <u32>Walk.Fragment) this.drop(frame, this.dropFragment);
    else this.refuse(on, frame, verdict);
  }

  private refuseFragment(on: Interface6, frame: u32, code: u32, at: u32): void {
    this.problem(on, frame, code, at, this.packet.group);
    this.drop(frame, this.dropFragment);
  }

  /** As `ReassemblyClient.expired`: the sender is told if its first fragment is here. */
  expired(piece: Fragment): void {
    const on = this.interfaces.at(piece.netif);
    const code = TIME_EXCEEDED6_REASSEMBLY;
    if (on.enabled) this.above.report6(on, piece.frame, AT, ICMP6_TIME_EXCEEDED, code, 0, piece.group);
    frame_release(piece.frame);
  }

  private reasonOf(fault: u32): u32 {
    switch (fault) {
      case Ipv6Fault.Short:
        return this.dropShort;
      case Ipv6Fault.Version:
        return this.dropVersion;
      default:
        return this.dropPayloadLength;
    }
  }

  /** Somebody else's address: only neighbour discovery hears from who has none or ours, and ICMPv6 sorts that out. */
  isPeer(on: Interface6, high: u64, low: u64): bool {
    return !isUnspecified(high, low) && this.interfaces.find(on, high, low) === null;
  }

  open(path: Path): i32 {
    return this.openBy(path, null);
  }

  openOn(path: Path, on: Interface6): i32 {
    return this.openBy(path, on);
  }

  private openBy(path: Path, asked: Interface6 | null): i32 {
    const zone = zoneOf(path.remoteHigh);
    if (zone !== 0) path.remoteHigh = withoutZone(path.remoteHigh);
    const high = path.remoteHigh;
    const low = path.remoteLow;
    if (this.isOwn(high, low)) return this.openLocal(path);
    if (isUnspecified(high, low) || isForbidden(high, low)) return StackError.EHOSTUNREACH;
    let on: Interface6 | null = asked !== null || zone === 0 ? asked : this.interfaces.enabledAt(zone - 1);
    if (zone !== 0 && on === null) return StackError.ENXIO;
    let local: Address6 | null = null;
    if (!isUnspecified(path.localHigh, path.localLow)) {
      // A local address of an interface means that interface (strong host model, RFC 1122 section 3.3.4.2).
      if (isMapped(path.localHigh, path.localLow)) return StackError.EAFNOSUPPORT;
      local =
        on !== null
          ? this.interfaces.find(on, path.localHigh, path.localLow)
          : this.interfaces.owner(path.localHigh, path.localLow);
      if (local === null || !local.usable) return StackError.EADDRNOTAVAIL;
      on = local.on;
    }
    if (isMulticast(high) || isLinkLocal(high)) {
      if (on === null) on = this.interfaceOf(high, low);
      if (on === null) return StackError.ENETDOWN;
      path.nextHopHigh = high;
      path.nextHopLow = low;
    } else {
      if (!this.routes.find(on, high, low)) {
        return this.interfaces.first() === null ? StackError.ENETDOWN : StackError.ENETUNREACH;
      }
      on = this.routes.on;
      path.nextHopHigh = this.routes.nextHigh;
      path.nextHopLow = this.routes.nextLow;
    }
    if (local === null) local = selectSource(on, high, low);
    if (local === null) return StackError.EADDRNOTAVAIL;
    path.localHigh = local.high;
    path.localLow = local.low;
    path.delivery = isMulticast(high) ? Delivery.Multicast : Delivery.Neighbour;
    path.mtu = this.pathMtus.lookUp(high, low, on.mtu);
    this.finishPath(path, on.netif);
    return StackError.None;
  }

  /** To ourselves: from the same address, unless the program says otherwise. */
  private openLocal(path: Path): i32 {
    if (isUnspecified(path.localHigh, path.localLow)) {
      path.localHigh = path.remoteHigh;
      path.localLow = path.remoteLow;
    } else if (!this.isOwn(path.localHigh, path.localLow)) {
      return StackError.EADDRNOTAVAIL;
    }
    path.nextHopHigh = path.remoteHigh;
    path.nextHopLow = path.remoteLow;
    path.delivery = Delivery.Local;
    path.mtu = LOOPBACK_MTU_BYTES;
    this.finishPath(path, this.netifs.loopback);
    return StackError.None;
  }

  private finishPath(path: Path, netif: Netif): void {
    path.netif = netif;
    path.version = 6;
    path.headroomBytes = IPV6_HEADROOM_BYTES;
    path.headerBytes = IPV6_HEADER_BYTES;
    path.cutOnTheWay = false;
    const sum = sumOfAddress(path.localHigh, path.localLow) + sumOfAddress(path.remoteHigh, path.remoteLow);
    path.addressSum = sumFold(sum);
    path.generation = this.netifs.generation;
  }

  /** Of a link-local destination or a group, if the caller has no preference: where the neighbour is known, else the first. */
  private interfaceOf(high: u64, low: u64): Interface6 | null {
    if (!isMulticast(high)) {
      for (let i: u32 = 0; i < NETIFS_MAX; i++) {
        const on = this.interfaces.at(i);
        if (on.enabled && this.below.knows(on, high, low)) return on;
      }
    }
    return this.interfaces.first();
  }

  isStale(path: Path): bool {
    return path.generation !== this.netifs.generation;
  }

  isOwn(high: u64, low: u64): bool {
    return isLoopback(high, low)
      ? this.interfaces.first() !== null
      : this.interfaces.owner(high, low) !== null;
  }

  interfaceOn(netif: Netif): Interface6 {
    return this.interfaces.of(netif);
  }

  isOwnOn(on: Interface6, high: u64, low: u64): bool {
    if (on.netif === this.netifs.loopback) return this.isOwn(high, low);
    const address = this.interfaces.find(on, high, low);
    return address !== null && address.usable;
  }

  send(path: Path, frame: u32, protocol: u32): i32 {
    if (this.isStale(path)) {
      const error = this.openBy(path, null);
      if (error !== StackError.None) {
        this.drop(frame, this.dropNoRoute);
        return error;
      }
    }
    const on = this.interfaces.of(path.netif);
    const bytes = frame_length(frame) - AT;
    const header = this.header;
    header.trafficClass = path.trafficClass;
    header.payloadBytes = bytes - IPV6_HEADER_BYTES;
    header.nextHeader = protocol;
    header.hopLimit =
      path.hopLimit !== 0
        ? path.hopLimit
        : path.delivery === <u32>Delivery.Multicast
          ? IP6_GROUP_HOP_LIMIT_HOPS
          : on.hopLimit;
    header.sourceHigh = path.localHigh;
    header.sourceLow = path.localLow;
    header.destinationHigh = path.remoteHigh;
    header.destinationLow = path.remoteLow;
    if (
      path.loopsBack &&
      path.delivery === <u32>Delivery.Multicast &&
      header.payloadBytes <= PAYLOAD_BYTES_MAX &&
      this.groups.has(on, path.remoteHigh, path.remoteLow)
    )
      this.loopBack(on, frame);
    if (bytes > path.mtu && !path.cutByCard) {
      if (!path.dontFragment && header.payloadBytes <= PAYLOAD_BYTES_MAX) {
        return this.sendFragments(on, path, frame, protocol);
      }
      this.drop(frame, this.dropTooBig);
      return StackError.EMSGSIZE;
    }
    header.build(frame, AT);
    return this.forward(on, path, frame);
  }

  private forward(on: Interface6, path: Path, frame: u32): i32 {
    if (path.delivery === <u32>Delivery.Local) return this.local.send(frame);
    if (path.delivery === <u32>Delivery.Multicast) return this.below.multicast(on, frame, path.nextHopLow);
    return this.below.send(on, frame, path.nextHopHigh, path.nextHopLow);
  }

  /** The payload goes by reference into fragments of the length that the path carries (RFC 8200 section 4.5). Takes the reference. */
  private sendFragments(on: Interface6, path: Path, frame: u32, protocol: u32): i32 {
    const header = this.header;
    const payload = header.payloadBytes;
    const most = (path.mtu - IPV6_HEADER_BYTES - IPV6_FRAGMENT_HEADER_BYTES) & ~7;
    // Not to be foreseen from outside (RFC 7739).
    const identification = random_u32();
    header.nextHeader = HEADER_FRAGMENT;
    let error: i32 = StackError.None;
    for (let offset: u32 = 0; offset < payload && error === StackError.None; offset += most) {
      const length = min<u32>(most, payload - offset);
      const piece = frame_alloc(IPV6_HEADROOM_BYTES + IPV6_FRAGMENT_HEADER_BYTES);
      if (piece === 0 || !frame_append(piece, frame, IPV6_HEADROOM_BYTES + offset, length)) {
        if (piece !== 0) frame_release(piece);
        count(this.dropNoMemory);
        error = StackError.ENOBUFS;
        break;
      }
      header.payloadBytes = IPV6_FRAGMENT_HEADER_BYTES + length;
      header.build(piece, AT);
      const more = offset + length < payload;
      fragment.build(piece, IPV6_HEADROOM_BYTES, protocol, offset, more, identification);
      count(this.fragmentsSent);
      error = this.forward(on, path, piece);
    }
    count(this.fragmented);
    frame_release(frame);
    return error;
  }

  confirm(path: Path): void {
    this.below.confirm(this.interfaces.of(path.netif), path.nextHopHigh, path.nextHopLow);
  }

  tooBig(path: Path, mtu: u32): void {
    // A report never makes it longer, nor shorter than every link carries (RFC 8201 section 4).
    if (mtu < path.mtu) this.pathMtus.lower(path.remoteHigh, path.remoteLow, mtu, IPV6_MTU_MIN_BYTES);
  }

  join(high: u64, low: u64, index: u32): i32 {
    if (!isMulticast(high)) return StackError.EINVAL;
    const on = index === NETIF_ANY ? this.interfaces.first() : this.interfaces.enabledAt(index);
    if (on === null) return index === NETIF_ANY ? StackError.ENETDOWN : StackError.ENXIO;
    return this.membership.join(on, high, low) ? <i32>on.index : StackError.ENOBUFS;
  }

  leave(high: u64, low: u64, index: u32): void {
    const on = this.interfaces.enabledAt(index);
    if (on !== null) this.membership.leave(on, high, low);
  }

  private drop(frame: u32, reason: u32): void {
    count(reason);
    frame_release(frame);
  }
}

/** From a group, or an address that no packet on a link has. */
function isMartian(high: u64, low: u64): bool {
  return isMulticast(high) || isLoopback(high, low) || isForbidden(high, low);
}
