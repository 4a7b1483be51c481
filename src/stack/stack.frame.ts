/**
 * The stock network stack: Ethernet, ARP, IPv4, ICMP, UDP, TCP. This file is the assembly and the only place where the
 * layers meet. What it exports is described in `docs/stack-interface.md`.
 *
 * The layers know each other by interface only, and take their neighbours as type parameters: so each call between
 * them is a direct call that the compiler can inline (`docs/frame-code.md` has the numbers). Upward calls go to the
 * small classes below, which know all layers; being no generics, they end the circle of types.
 *
 * @module
 */
import { Alarm, clock_ns, count, counter, frame_get8 } from "mirage/framecode";
import { halfOf, isMapped, wordOf } from "./address";
import { Arp } from "./arp/arp";
import { Configuration } from "./configuration";
import { Ethernet } from "./ethernet/ethernet";
import { LINK_HEADER_BYTES, LINK_TYPE_IPV4, LINK_TYPE_IPV6, LinkClient } from "./ethernet/interface";
import { Icmp } from "./icmp/icmp";
import { EXCEEDED_REASSEMBLY, UNREACHABLE_PROTOCOL } from "./icmp/interface";
import { Igmp } from "./igmp/igmp";
import { Ip6Flag, StackError } from "./interface";
import { Ip } from "./ip";
import { Ipv4Client, PROTOCOL_ICMP, PROTOCOL_IGMP } from "./ipv4/interface";
import { Ipv4 } from "./ipv4/ipv4";
import { Ipv4Ways } from "./ipv4/ways";
import { Loopback, LoopbackClient } from "./loopback";
import { Netif, Netifs } from "./netif";
import { Packet, Path, PROTOCOL_TCP, PROTOCOL_UDP, Report } from "./network";
import { PathMtus } from "./pathmtu";
import { Fragment, ReassemblyClient } from "./reassembly/interface";
import { Reassembly } from "./reassembly/reassembly";
import { Reports } from "./reports";
import { Routes } from "./routes";
import { Messages6, Packets6, Stack6, Stack6Client } from "./stack6";
import { Tcp } from "./tcp/tcp";
import { Udp } from "./udp/udp";

// Named, so that a function of a layer is called after its neighbours, not after all that lies below them.
class Link extends Ethernet<LinkUp> {}
class Neighbours extends Arp<Link, NeighboursUp> {}
class Gathering extends Reassembly<GatheringUp> {}
class Local extends Loopback<LocalUp> {}
class Membership4 extends Igmp<Neighbours> {}
class Network4 extends Ipv4<Neighbours, Network4Up, Gathering, Local, Membership4> {}
class Reporting extends Icmp<Network4, Network4Up> {}
class Internet extends Ip<Network4, Packets6<Network6Up>, Reporting, Messages6<Network6Up>> {}
class Datagrams extends Udp<Internet> {}
class Flows extends Tcp<Internet> {}

let netifs: Netifs = changetype<Netifs>(0);
let routes4: Routes = changetype<Routes>(0);
let alarm: Alarm = changetype<Alarm>(0);
let link: Link = changetype<Link>(0);
let neighbours: Neighbours = changetype<Neighbours>(0);
let gathering: Gathering = changetype<Gathering>(0);
let membership4: Membership4 = changetype<Membership4>(0);
let local: Local = changetype<Local>(0);
let pathMtus: PathMtus = changetype<PathMtus>(0);
let network4: Network4 = changetype<Network4>(0);
let stack6: Stack6<Network6Up> = changetype<Stack6<Network6Up>>(0);
let reporting: Reporting = changetype<Reporting>(0);
let internet: Internet = changetype<Internet>(0);
let datagrams: Datagrams = changetype<Datagrams>(0);
let flows: Flows = changetype<Flows>(0);
let configuration: Configuration<ConfigurationUp> = changetype<Configuration<ConfigurationUp>>(0);
let reports: Reports = changetype<Reports>(0);
/** For answers to the application. */
let path: Path = changetype<Path>(0);

/** From the link upwards. */
class LinkUp implements LinkClient {
  received(netif: Netif, frame: u32, type: u32, group: bool): void {
    if (type === LINK_TYPE_IPV4) network4.input(netif, frame, group);
    else if (type === LINK_TYPE_IPV6) stack6.input(netif, frame, group);
    else neighbours.input(netif, frame);
  }
}

/** From address resolution upwards. */
class NeighboursUp {
  unresolved(netif: Netif, frame: u32): void {
    network4.unresolved(netif, frame);
  }
}

/** Transports: a line each. False: there is none for the packet's protocol, and the reference stays with the caller. */
function deliver(packet: Packet): bool {
  if (packet.protocol === PROTOCOL_TCP) flows.received(packet);
  else if (packet.protocol === PROTOCOL_UDP) datagrams.received(packet);
  else return false;
  return true;
}

/** Tells the transport of a report: as `Transport.failed`. */
function deliverReport(report: Report): bool {
  if (report.protocol === PROTOCOL_TCP) return flows.failed(report);
  if (report.protocol === PROTOCOL_UDP) return datagrams.failed(report);
  return false;
}

/** From IPv4 and ICMP upwards. */
class Network4Up implements Ipv4Client {
  private readonly dropProtocol: u32 = counter("drop.ipv4.protocol");

  received(packet: Packet): void {
    if (deliver(packet)) return;
    if (packet.protocol === PROTOCOL_ICMP) {
      reporting.input(packet);
    } else if (packet.protocol === PROTOCOL_IGMP) {
      membership4.input(packet);
    } else {
      count(this.dropProtocol);
      reporting.unreachable(packet, UNREACHABLE_PROTOCOL);
    }
  }

  malformed(packet: Packet, offset: u32): void {
    reporting.parameterProblem(packet, offset);
  }

  expired(packet: Packet): void {
    reporting.timeExceeded(packet, EXCEEDED_REASSEMBLY);
  }

  failed(report: Report): bool {
    return deliverReport(report);
  }
}

/** From IPv6 and ICMPv6 upwards. */
class Network6Up implements Stack6Client {
  send(frame: u32): i32 {
    return local.send(frame);
  }
  loop(frame: u32, netif: u32): void {
    local.loop(frame, netif);
  }

  unused6(index: u32): void {
    gathering.flush(index);
  }

  add(fragment: Fragment, headroomBytes: u32, most: u32): u32 {
    return gathering.add(fragment, headroomBytes, most);
  }

  received6(packet: Packet): bool {
    return deliver(packet);
  }

  failed(report: Report): bool {
    return deliverReport(report);
  }
}

/** From reassembly upwards. */
class GatheringUp implements ReassemblyClient {
  expired(fragment: Fragment): void {
    if (isMapped(fragment.sourceHigh, fragment.sourceLow)) network4.expired(fragment);
    else stack6.network.expired(fragment);
  }
}

/** From us to us. */
class LocalUp implements LoopbackClient {
  looped(frame: u32, netif: u32): void {
    // The version stands in the first byte of either header.
    if (frame_get8(frame, LINK_HEADER_BYTES) >>> 4 === 4) network4.looped(frame, netif);
    else stack6.network.looped(frame, netif);
  }
}

/** IPv4 addresses that come and go. */
class ConfigurationUp {
  added(netif: Netif, address: u32): void {
    neighbours.announce(netif, address);
    membership4.announce(netif);
  }

  removing(netif: Netif, address: u32): void {
    neighbours.withdraw(netif, address);
    gathering.flush(netif.index);
  }
}

/** Called by the runtime once: all memory is allocated here. */
export function start(): void {
  netifs = new Netifs();
  routes4 = new Routes(netifs);
  alarm = new Alarm();
  path = new Path();
  const up = new Network4Up();
  link = new Link(new LinkUp());
  neighbours = new Neighbours(netifs, link, new NeighboursUp(), alarm);
  gathering = new Gathering(new GatheringUp(), alarm);
  pathMtus = new PathMtus(netifs, alarm);
  local = new Local(new LocalUp(), alarm);
  membership4 = new Membership4(netifs, neighbours, alarm);
  network4 = new Network4(
    netifs,
    new Ipv4Ways(netifs, routes4, pathMtus),
    neighbours,
    up,
    gathering,
    local,
    membership4,
  );
  reporting = new Reporting(network4, up);
  stack6 = new Stack6<Network6Up>(netifs, alarm, pathMtus, new Network6Up());
  internet = new Internet(network4, stack6.network, reporting, stack6.messages);
  datagrams = new Datagrams(internet);
  flows = new Flows(internet, alarm);
  configuration = new Configuration<ConfigurationUp>(netifs, routes4, new ConfigurationUp());
  reports = new Reports(
    flows.connections,
    flows.listeners,
    datagrams.sockets,
    neighbours.cache,
    stack6.neighbours.cache,
    routes4,
    stack6.routes,
    netifs,
    stack6.interfaces,
  );
}

/** Called by the runtime for each received frame. */
export function input(index: u32, frame: u32): bool {
  const netif = netifs.active(index);
  return netif !== null && link.input(netif, frame);
}

/** Called by the runtime when the deadline has passed. */
export function timer(): void {
  const nowNs = clock_ns();
  alarm.ring();
  neighbours.timer(nowNs);
  gathering.timer(nowNs);
  pathMtus.timer(nowNs);
  local.timer();
  membership4.timer(nowNs);
  stack6.timer(nowNs);
  flows.timer();
}

/** Called by the runtime when it has delivered events and `event` had refused one. */
export function resume(): void {
  flows.resume();
}

/** Called by the runtime when the program has ended, however it did: peers must not wait for it. */
export function stop(): void {
  flows.stop();
}

/** Called by the runtime for `mirage netstat`. */
export function report(section: u32, from: u32): u32 {
  return reports.report(section, from);
}

export function configure(index: u32, address: u32, prefix: u32, gateway: u32): i32 {
  return configuration.configure(index, address, prefix, gateway);
}

export function address_add(index: u32, w0: u32, w1: u32, w2: u32, w3: u32, prefix: u32): i32 {
  const high = halfOf(w0, w1);
  const low = halfOf(w2, w3);
  return isMapped(high, low)
    ? configuration.add(index, w3, prefix)
    : stack6.configure(index, high, low, prefix, 0);
}

export function address_remove(index: u32, w0: u32, w1: u32, w2: u32, w3: u32): i32 {
  const high = halfOf(w0, w1);
  const low = halfOf(w2, w3);
  return isMapped(high, low)
    ? configuration.remove(index, w3)
    : stack6.configure(index, high, low, 0, Ip6Flag.Remove);
}

export function route_add(
  w0: u32,
  w1: u32,
  w2: u32,
  w3: u32,
  bits: u32,
  index: u32,
  g0: u32,
  g1: u32,
  g2: u32,
  g3: u32,
): i32 {
  const gatewayHigh = halfOf(g0, g1);
  const gatewayLow = halfOf(g2, g3);
  const high = halfOf(w0, w1);
  const low = halfOf(w2, w3);
  if (!isMapped(high, low)) return stack6.addRoute(high, low, bits, index, gatewayHigh, gatewayLow);
  if ((gatewayHigh | gatewayLow) !== 0 && !isMapped(gatewayHigh, gatewayLow)) return StackError.EINVAL;
  return configuration.addRoute(w3, bits, index, g3);
}

export function route_remove(w0: u32, w1: u32, w2: u32, w3: u32, bits: u32, index: u32): i32 {
  const high = halfOf(w0, w1);
  const low = halfOf(w2, w3);
  if (!isMapped(high, low)) return stack6.removeRoute(high, low, bits, index);
  return configuration.removeRoute(w3, bits, index);
}

export function address(index: u32): u32 {
  const netif = netifs.active(index);
  return netif !== null ? netif.primary : 0;
}

export function prefix(index: u32): u32 {
  const netif = netifs.active(index);
  return netif !== null && netif.addresses !== 0 ? netif.addressAt(0).prefix : 0;
}

export function gateway(index: u32): u32 {
  return configuration.gateway(index);
}

export function source_for(w0: u32, w1: u32, w2: u32, w3: u32, word: u32): u32 {
  path.localHigh = 0;
  path.localLow = 0;
  path.remoteHigh = halfOf(w0, w1);
  path.remoteLow = halfOf(w2, w3);
  if (internet.open(path) !== StackError.None) return 0;
  return wordOf(path.localHigh, path.localLow, word & 3);
}

export function udp_bind(w0: u32, w1: u32, w2: u32, w3: u32, port: u32): i32 {
  return datagrams.bind(halfOf(w0, w1), halfOf(w2, w3), port);
}

export function udp_connect(socket: u32, w0: u32, w1: u32, w2: u32, w3: u32, port: u32): i32 {
  return datagrams.connect(socket, halfOf(w0, w1), halfOf(w2, w3), port);
}

export function udp_port(socket: u32): i32 {
  return datagrams.port(socket);
}

export function udp_close(socket: u32): i32 {
  return datagrams.close(socket);
}

export function udp_send(
  socket: u32,
  payload: u32,
  offset: u32,
  length: u32,
  w0: u32,
  w1: u32,
  w2: u32,
  w3: u32,
  port: u32,
): i32 {
  return datagrams.send(socket, payload, offset, length, halfOf(w0, w1), halfOf(w2, w3), port);
}

export function udp_join(socket: u32, w0: u32, w1: u32, w2: u32, w3: u32, index: u32): i32 {
  return datagrams.join(socket, halfOf(w0, w1), halfOf(w2, w3), index);
}

export function udp_leave(socket: u32, w0: u32, w1: u32, w2: u32, w3: u32, index: u32): i32 {
  return datagrams.leave(socket, halfOf(w0, w1), halfOf(w2, w3), index);
}

export function udp_set(socket: u32, option: u32, value: u32): i32 {
  return datagrams.set(socket, option, value);
}

export function udp_max_payload(w0: u32, w1: u32, w2: u32, w3: u32): i32 {
  return datagrams.maxPayload(halfOf(w0, w1), halfOf(w2, w3));
}

export function tcp_listen(w0: u32, w1: u32, w2: u32, w3: u32, port: u32, backlog: u32): i32 {
  return flows.listen(halfOf(w0, w1), halfOf(w2, w3), port, backlog);
}

export function tcp_unlisten(listener: u32): i32 {
  return flows.unlisten(listener);
}

export function tcp_listener_port(listener: u32): i32 {
  return flows.listenerPort(listener);
}

export function tcp_connect(
  r0: u32,
  r1: u32,
  r2: u32,
  r3: u32,
  remotePort: u32,
  l0: u32,
  l1: u32,
  l2: u32,
  l3: u32,
  localPort: u32,
): i32 {
  const local = halfOf(l2, l3);
  return flows.connect(halfOf(r0, r1), halfOf(r2, r3), remotePort, halfOf(l0, l1), local, localPort);
}

export function tcp_write(flow: u32, frame: u32, offset: u32, length: u32): i32 {
  return flows.write(flow, frame, offset, length);
}

export function tcp_consume(flow: u32, bytes: u32): i32 {
  return flows.consume(flow, bytes);
}

export function tcp_shutdown(flow: u32): i32 {
  return flows.shutdown(flow);
}

export function tcp_close(flow: u32): i32 {
  return flows.close(flow);
}

export function tcp_abort(flow: u32): i32 {
  return flows.abort(flow);
}

export function tcp_set(flow: u32, option: u32, value: u32): i32 {
  return flows.set(flow, option, value);
}

export function tcp_get(flow: u32, field: u32): u32 {
  return flows.get(flow, field);
}

export function tcp_tune(tuning: u32, value: u32): i32 {
  return flows.tune(tuning, value);
}

export function tcp_count(state: u32): i32 {
  return flows.count(state);
}

export function ip6_configure(
  index: u32,
  w0: u32,
  w1: u32,
  w2: u32,
  w3: u32,
  prefixBits: u32,
  flags: u32,
): i32 {
  return stack6.configure(index, halfOf(w0, w1), halfOf(w2, w3), prefixBits, flags);
}

export function ip6_router(index: u32, w0: u32, w1: u32, w2: u32, w3: u32): i32 {
  return stack6.router(index, halfOf(w0, w1), halfOf(w2, w3));
}

export function ip6_address(index: u32, field: u32): u32 {
  return stack6.address(index, field, clock_ns());
}

export function ip6_secret(w0: u32, w1: u32, w2: u32, w3: u32): void {
  stack6.addresses.identifiers.setSecret(halfOf(w0, w1), halfOf(w2, w3));
}
