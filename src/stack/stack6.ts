/**
 * The IPv6 half of the assembly: IPv6, ICMPv6, neighbour and router discovery, address configuration and multicast
 * listening, over Ethernet. `stack.frame.ts` is the other half, and joins it to the transports.
 *
 * @module
 */
import { Alarm, event, frame_length, frame_release } from "mirage/framecode";
import { maskHigh, maskLow } from "./address";
import { Ethernet } from "./ethernet/ethernet";
import { LINK_HEADER_BYTES, LinkClient } from "./ethernet/interface";
import { Icmp6 } from "./icmp6/icmp6";
import { Icmp6Client, UNREACHABLE6_ADDRESS } from "./icmp6/interface";
import { ICMP6_UNREACHABLE } from "./icmp6/wire";
import { Ip6AddressField, Ip6Flag, StackError, StackEvent } from "./interface";
import { isForbidden, isLinkLocal, isLoopback, isMulticast, isUnspecified, samePrefix } from "./ipv6/address";
import { skipToUpper, UpperHeader, upperHeaderBytes } from "./ipv6/extension";
import { Ipv6Client } from "./ipv6/interface";
import {
  Address6,
  AddressOrigin,
  AddressState,
  Interface6,
  Interfaces6,
  IP6_ADDRESSES_MAX,
  NEVER_NS,
} from "./ipv6/interfaces";
import { Ipv6 } from "./ipv6/ipv6";
import { Routes6 } from "./ipv6/routes";
import { HEADER_ICMP6, ipv6 } from "./ipv6/wire";
import { Groups6 } from "./mld/groups";
import { Mld } from "./mld/mld";
import { Discovery } from "./nd/discovery";
import { Neighbours6Client } from "./nd/interface";
import { Nd } from "./nd/nd";
import { NdOutput } from "./nd/output";
import { Netif, Netifs } from "./netif";
import { Failure, Packet, Report } from "./network";
import { PathMtus } from "./pathmtu";
import { Reassembler } from "./reassembly/interface";
import { AutoconfigurationClient } from "./slaac/interface";
import { Slaac } from "./slaac/slaac";

/** What this half wants of the other. */
export interface Stack6Client extends Reassembler {
  /** As `LocalLink`: a packet of ours to us. */
  send(frame: u32): i32;
  loop(frame: u32, netif: u32): void;
  /** IPv6 is off on an interface: what waits for reassembly is given up. */
  unused6(index: u32): void;
  /** A packet for a transport. False: there is no such protocol, and the frame stays with the caller. */
  received6(packet: Packet): bool;
  /** A packet of ours did not arrive: does that fit a live flow? Borrows `report.frame`. */
  failed(report: Report): bool;
}

// Named, so that a function of a layer is called after its neighbours, not after all that lies below them.
class Link6 extends Ethernet<Link6Up> {}
class Output6 extends NdOutput<Link6> {}
class Membership extends Mld<Link6> {}
class Neighbours<Above extends Stack6Client> extends Nd<Link6, Up6<Above>> {}
class Addresses<Above extends Stack6Client> extends Slaac<Link6, Membership, Up6<Above>> {}
class Routers<Above extends Stack6Client> extends Discovery<Link6, Neighbours<Above>, Addresses<Above>> {}
export class Packets6<Above extends Stack6Client> extends Ipv6<
  Neighbours<Above>,
  Membership,
  Above,
  Above,
  Up6<Above>
> {}
export class Messages6<Above extends Stack6Client> extends Icmp6<Packets6<Above>, Up6<Above>> {}

/** Frames come in through the other half's link. */
class Link6Up implements LinkClient {
  received(_netif: Netif, frame: u32, _type: u32, _group: bool): void {
    frame_release(frame);
  }
}

/** All calls that go up, of all layers: being made first, it ends the circle of types. */
class Up6<Above extends Stack6Client>
  implements Ipv6Client, Icmp6Client, Neighbours6Client, AutoconfigurationClient
{
  stack: Stack6<Above> = changetype<Stack6<Above>>(0);
  private readonly report: Report = new Report();
  private readonly upper: UpperHeader = new UpperHeader();

  constructor(private readonly above: Above) {}

  received6(on: Interface6, packet: Packet): void {
    if (packet.protocol === HEADER_ICMP6) this.stack.messages.input(on, packet);
    else if (!this.above.received6(packet)) this.stack.network.unknownProtocol(on, packet);
  }

  report6(on: Interface6, frame: u32, headerAt: u32, type: u32, code: u32, rest: u32, group: bool): void {
    this.stack.messages.report(on, frame, headerAt, type, code, rest, group);
  }

  neighbourSolicitation(on: Interface6, packet: Packet): void {
    this.stack.neighbours.solicitation(on, packet);
  }

  neighbourAdvertisement(on: Interface6, packet: Packet): void {
    this.stack.neighbours.advertisement(on, packet);
  }

  routerAdvertisement(on: Interface6, packet: Packet): void {
    this.stack.routers.advertisement(on, packet);
  }

  redirect(on: Interface6, packet: Packet): void {
    this.stack.routers.redirect(on, packet);
  }

  listener(on: Interface6, packet: Packet): void {
    this.stack.membership.input(on, packet);
  }

  failed(report: Report): bool {
    return this.above.failed(report);
  }

  /** As if a router had said "address unreachable" (RFC 4861 section 7.2.2). */
  unresolved(_on: Interface6, frame: u32): void {
    const at = LINK_HEADER_BYTES;
    if (!skipToUpper(frame, at, frame_length(frame), this.upper)) return;
    if (frame_length(frame) - this.upper.at < upperHeaderBytes(this.upper.protocol)) return;
    const report = this.report;
    report.frame = frame;
    report.headerAt = at;
    report.at = this.upper.at;
    report.length = frame_length(frame) - this.upper.at;
    report.protocol = this.upper.protocol;
    report.localHigh = ipv6.sourceHigh(frame, at);
    report.localLow = ipv6.sourceLow(frame, at);
    report.remoteHigh = ipv6.destinationHigh(frame, at);
    report.remoteLow = ipv6.destinationLow(frame, at);
    report.failure = Failure.Unreachable;
    report.mtu = 0;
    report.type = ICMP6_UNREACHABLE;
    report.code = UNREACHABLE6_ADDRESS;
    this.above.failed(report);
  }

  duplicate(address: Address6): void {
    this.stack.addresses.duplicate(address);
  }

  neighbourFailed(on: Interface6, high: u64, low: u64): void {
    this.stack.routes.neighbourFailed(on, high, low);
  }

  neighbourReachable(on: Interface6, high: u64, low: u64): void {
    this.stack.routes.neighbourReachable(on, high, low);
  }

  routerGone(on: Interface6, high: u64, low: u64): void {
    this.stack.routes.setRouter(on, high, low, 0, 0, false);
  }

  addressUp(on: Interface6, index: u32): void {
    event(StackEvent.AddressUp, 0, 0, 0, on.index, index, 0);
  }

  addressDuplicate(on: Interface6, index: u32): void {
    event(StackEvent.AddressDuplicate, 0, 0, 0, on.index, index, 0);
  }

  addressDown(on: Interface6, index: u32): void {
    event(StackEvent.AddressDown, 0, 0, 0, on.index, index, 0);
  }

  linkReady(on: Interface6): void {
    if (on.believesRouters) this.stack.routers.solicit(on);
  }
}

/** The layers, and what application code configures of them (`docs/stack-interface.md`). */
export class Stack6<Above extends Stack6Client> {
  readonly interfaces: Interfaces6;
  readonly routes: Routes6;
  readonly groups: Groups6;
  readonly membership: Membership;
  readonly neighbours: Neighbours<Above>;
  readonly addresses: Addresses<Above>;
  readonly routers: Routers<Above>;
  readonly network: Packets6<Above>;
  readonly messages: Messages6<Above>;

  constructor(
    private readonly netifs: Netifs,
    alarm: Alarm,
    pathMtus: PathMtus,
    private readonly above: Above,
  ) {
    const up = new Up6<Above>(above);
    const link = new Link6(new Link6Up());
    const output = new Output6(link);
    const interfaces = new Interfaces6(netifs);
    const routes = new Routes6(netifs, interfaces);
    const groups = new Groups6();
    const membership = new Membership(groups, link, alarm);
    const neighbours = new Neighbours<Above>(interfaces, routes, link, output, up, alarm);
    const addresses = new Addresses<Above>(interfaces, output, membership, up, alarm);
    const network = new Packets6<Above>(
      netifs,
      interfaces,
      routes,
      groups,
      membership,
      pathMtus,
      above,
      above,
      neighbours,
      up,
    );
    this.routers = new Routers<Above>(interfaces, routes, output, neighbours, addresses, alarm);
    this.messages = new Messages6<Above>(network, up);
    this.interfaces = interfaces;
    this.routes = routes;
    this.groups = groups;
    this.membership = membership;
    this.neighbours = neighbours;
    this.addresses = addresses;
    this.network = network;
    up.stack = this;
  }

  /** A received frame with an IPv6 packet. Takes the reference. */
  input(netif: Netif, frame: u32, group: bool): void {
    this.network.input(this.interfaces.of(netif), frame, group);
  }

  timer(nowNs: u64): void {
    this.neighbours.timer(nowNs);
    this.addresses.timer(nowNs);
    this.routers.timer(nowNs);
    this.membership.timer(nowNs);
  }

  /** `ip6_configure`. Returns a `StackError`. */
  configure(index: u32, high: u64, low: u64, prefixBits: u32, flags: u32): i32 {
    const netif = this.netifs.at(index);
    if (netif === null || !netif.probe()) return StackError.ENXIO;
    const on = this.interfaces.of(netif);
    const none = isUnspecified(high, low);
    if ((flags & <u32>Ip6Flag.Remove) !== 0) return none ? this.disable(on) : this.remove(on, high, low);
    if (!none && !isHostAddress(high, low, prefixBits)) return StackError.EINVAL;
    if (!on.capable) return StackError.EOPNOTSUPP;
    if (!on.enabled) {
      on.reset();
      on.enabled = true;
      netif.ipv6 = true;
      this.netifs.changed();
      on.believesRouters = (flags & (<u32>Ip6Flag.Routers | <u32>Ip6Flag.Autoconfigure)) !== 0;
      on.autoconfigures = (flags & <u32>Ip6Flag.Autoconfigure) !== 0;
      const error = this.addresses.enable(on);
      if (error !== StackError.None) return error;
    } else if ((flags & (<u32>Ip6Flag.Routers | <u32>Ip6Flag.Autoconfigure)) !== 0) {
      const asked = on.believesRouters;
      on.believesRouters = true;
      on.autoconfigures = (flags & <u32>Ip6Flag.Autoconfigure) !== 0;
      if (!asked && on.linkLocal !== null) this.routers.solicit(on);
    }
    if (none) return StackError.None;
    if (this.interfaces.find(on, high, low) !== null || this.interfaces.owner(high, low) !== null) {
      return StackError.EADDRINUSE;
    }
    const error = this.addresses.add(on, high, low, prefixBits, AddressOrigin.Configured);
    if (error === StackError.None && !isLinkLocal(high)) {
      this.routes.setPrefix(on, high, low, prefixBits, NEVER_NS);
    }
    return error;
  }

  private remove(on: Interface6, high: u64, low: u64): i32 {
    const address = this.interfaces.find(on, high, low);
    if (address === null || address.origin !== <u32>AddressOrigin.Configured) return StackError.EADDRNOTAVAIL;
    const bits = address.prefixBits;
    this.addresses.remove(address);
    let one: Address6 | null = on.first;
    while (one !== null) {
      const shared = one.origin === <u32>AddressOrigin.Configured && one.prefixBits === bits;
      if (shared && samePrefix(one.high, one.low, high, low, bits)) return StackError.None;
      one = one.next;
    }
    this.routes.setPrefix(on, high, low, bits, 0);
    return StackError.None;
  }

  private disable(on: Interface6): i32 {
    if (!on.enabled) return StackError.None;
    this.routers.flush(on);
    this.addresses.disable(on);
    this.membership.flush(on);
    this.neighbours.flush(on);
    this.routes.flush(on);
    this.above.unused6(on.index);
    on.enabled = false;
    on.netif.ipv6 = false;
    this.netifs.changed();
    on.believesRouters = false;
    on.autoconfigures = false;
    return StackError.None;
  }

  /** `ip6_router`: a default router by configuration, or none any more. Returns a `StackError`. */
  router(index: u32, high: u64, low: u64): i32 {
    const netif = this.netifs.at(index);
    if (netif === null) return StackError.ENXIO;
    const on = this.interfaces.of(netif);
    if (!on.enabled) return StackError.ENETDOWN;
    if (isUnspecified(high, low)) {
      this.routes.removeFixedRouters(on);
      return StackError.None;
    }
    if (isMulticast(high) || isLoopback(high, low) || isForbidden(high, low)) return StackError.EINVAL;
    if (!this.routes.isOnLink(on, high, low) || this.interfaces.find(on, high, low) !== null) {
      return StackError.EINVAL;
    }
    return this.routes.setRouter(on, high, low, NEVER_NS, 0, true) ? StackError.None : StackError.ENOBUFS;
  }

  /** `route_add`; gateway 0, 0: what begins so is on the link. Returns a `StackError`. */
  addRoute(high: u64, low: u64, bits: u32, index: u32, gatewayHigh: u64, gatewayLow: u64): i32 {
    const on = this.interfaces.enabledAt(index);
    if (on === null) return StackError.ENXIO;
    if (bits > 128 || isMulticast(high)) return StackError.EINVAL;
    if (!isUnspecified(gatewayHigh, gatewayLow)) {
      const isOwn = this.interfaces.find(on, gatewayHigh, gatewayLow) !== null;
      if (isOwn || !this.routes.isOnLink(on, gatewayHigh, gatewayLow)) return StackError.EINVAL;
    }
    return this.routes.configured.add(high, low, bits, index, gatewayHigh, gatewayLow);
  }

  /** `route_remove`. Returns a `StackError`. */
  removeRoute(high: u64, low: u64, bits: u32, index: u32): i32 {
    if (bits > 128) return StackError.EINVAL;
    const route = this.routes.configured.exact(high & maskHigh(bits), low & maskLow(bits), bits, index);
    if (route === null) return StackError.ESRCH;
    this.routes.configured.remove(route);
    return StackError.None;
  }

  /** `ip6_address`: 0 where there is nothing. */
  address(index: u32, field: u32, nowNs: u64): u32 {
    if (index >= IP6_ADDRESSES_MAX) return 0;
    const address = this.interfaces.address(index);
    if (address.state === <u32>AddressState.Free) return 0;
    switch (field) {
      case Ip6AddressField.Word0:
        return <u32>(address.high >>> 32);
      case Ip6AddressField.Word1:
        return <u32>address.high;
      case Ip6AddressField.Word2:
        return <u32>(address.low >>> 32);
      case Ip6AddressField.Word3:
        return <u32>address.low;
      case Ip6AddressField.PrefixBits:
        return address.prefixBits;
      case Ip6AddressField.State:
        return address.state;
      case Ip6AddressField.PreferredSeconds:
        return secondsUntil(address.preferredUntilNs, nowNs);
      case Ip6AddressField.ValidSeconds:
        return secondsUntil(address.validUntilNs, nowNs);
      default:
        return 0;
    }
  }
}

/** An address that one host can be given. */
function isHostAddress(high: u64, low: u64, prefixBits: u32): bool {
  if (prefixBits === 0 || prefixBits > 128) return false;
  return !isMulticast(high) && !isLoopback(high, low) && !isForbidden(high, low);
}

function secondsUntil(deadlineNs: u64, nowNs: u64): u32 {
  if (deadlineNs === NEVER_NS) return u32.MAX_VALUE;
  return deadlineNs <= nowNs ? 0 : <u32>((deadlineNs - nowNs) / 1_000_000_000);
}
