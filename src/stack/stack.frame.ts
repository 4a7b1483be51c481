/**
 * The stock network stack: Ethernet, ARP, IPv4, ICMP, UDP. This file is the assembly and the only place where the
 * layers meet. What it exports is described in `docs/stack-interface.md`.
 *
 * The layers know each other by interface only, and take their neighbours as type parameters: so each call between
 * them is a direct call that the compiler can inline (`docs/frame-code.md` has the numbers). Upward calls go to the
 * two classes below, which know all layers; being no generics, they end the circle of types.
 *
 * @module
 */
import { Alarm, clock_ns, count, counter } from "mirage/framecode";
import { Arp } from "./arp/arp";
import { configure as configureNetif } from "./configuration";
import { Ethernet } from "./ethernet/ethernet";
import { LINK_TYPE_IPV4, LinkClient } from "./ethernet/interface";
import { Icmp } from "./icmp/icmp";
import { UNREACHABLE_PROTOCOL } from "./icmp/interface";
import { NetworkClient, PROTOCOL_ICMP, PROTOCOL_UDP } from "./ipv4/interface";
import { Ipv4 } from "./ipv4/ipv4";
import { NETIFS_MAX, Netif, Netifs } from "./netif";
import { Udp } from "./udp/udp";

// Named, so that a function of a layer is called after its neighbours, not after all that lies below them.
class Link extends Ethernet<LinkUp> {}
class Neighbours extends Arp<Link, NeighboursUp> {}
class Network extends Ipv4<Neighbours, NetworkUp> {}
class Reporting extends Icmp<Network, NetworkUp> {}
class Datagrams extends Udp<Network, Reporting> {}

let netifs: Netifs = changetype<Netifs>(0);
let alarm: Alarm = changetype<Alarm>(0);
let link: Link = changetype<Link>(0);
let neighbours: Neighbours = changetype<Neighbours>(0);
let network: Network = changetype<Network>(0);
let reporting: Reporting = changetype<Reporting>(0);
let datagrams: Datagrams = changetype<Datagrams>(0);
let up: NetworkUp = changetype<NetworkUp>(0);

/** From the link upwards. */
class LinkUp implements LinkClient {
  received(netif: Netif, frame: u32, type: u32, group: bool): void {
    if (type === LINK_TYPE_IPV4) network.input(netif, frame, group);
    else neighbours.input(netif, frame);
  }
}

/** From address resolution upwards. */
class NeighboursUp {
  unresolved(netif: Netif, frame: u32): void {
    network.unresolved(netif, frame);
  }
}

/** From IPv4 and ICMP upwards. */
class NetworkUp implements NetworkClient {
  private readonly dropProtocol: u32 = counter("drop.ipv4.protocol");

  received(
    netif: Netif,
    frame: u32,
    protocol: u32,
    at: u32,
    length: u32,
    source: u32,
    destination: u32,
    group: bool,
  ): void {
    if (protocol === PROTOCOL_UDP) {
      datagrams.input(netif, frame, at, length, source, destination, group);
    } else if (protocol === PROTOCOL_ICMP) {
      reporting.input(netif, frame, at, length, source, group);
    } else {
      count(this.dropProtocol);
      reporting.unreachable(netif, frame, at, source, group, UNREACHABLE_PROTOCOL);
    }
  }

  failed(frame: u32, protocol: u32, at: u32, source: u32, destination: u32, type: u32, code: u32): void {
    if (protocol === PROTOCOL_UDP) datagrams.failed(frame, at, source, destination, type, code);
  }
}

/** Interfaces that come and go. */
class Configuration {
  configured(netif: Netif): void {
    neighbours.announce(netif);
  }

  unconfigured(netif: Netif): void {
    neighbours.flush(netif);
  }
}

let configuration: Configuration = changetype<Configuration>(0);

/** Called by the runtime once: all memory is allocated here. */
export function start(): void {
  netifs = new Netifs();
  alarm = new Alarm();
  up = new NetworkUp();
  configuration = new Configuration();
  link = new Link(new LinkUp());
  neighbours = new Neighbours(netifs, link, new NeighboursUp(), alarm, NETIFS_MAX);
  network = new Network(netifs, neighbours, up);
  reporting = new Reporting(network, up);
  datagrams = new Datagrams(netifs, network, reporting);
}

/** Called by the runtime for each received frame. */
export function input(index: u32, frame: u32): bool {
  const netif = netifs.configured(index);
  return netif !== null && link.input(netif, frame);
}

/** Called by the runtime when the deadline has passed. */
export function timer(): void {
  alarm.ring();
  neighbours.timer(clock_ns());
}

export function configure(index: u32, address: u32, prefix: u32, gateway: u32): i32 {
  return configureNetif<Configuration>(netifs, configuration, index, address, prefix, gateway);
}

export function address(index: u32): u32 {
  const netif = netifs.configured(index);
  return netif !== null ? netif.address : 0;
}

export function prefix(index: u32): u32 {
  const netif = netifs.configured(index);
  return netif !== null ? netif.prefix : 0;
}

export function gateway(index: u32): u32 {
  const netif = netifs.configured(index);
  return netif !== null ? netif.gateway : 0;
}

export function source_for(destination: u32): u32 {
  const netif = network.route(destination);
  return netif !== null ? netif.address : 0;
}

export function udp_bind(address: u32, port: u32): i32 {
  return datagrams.bind(address, port);
}

export function udp_port(socket: u32): i32 {
  return datagrams.port(socket);
}

export function udp_close(socket: u32): i32 {
  return datagrams.close(socket);
}

export function udp_send(socket: u32, payload: u32, offset: u32, length: u32, address: u32, port: u32): i32 {
  return datagrams.send(socket, payload, offset, length, address, port);
}

export function udp_max_payload(address: u32): i32 {
  return datagrams.maxPayload(address);
}
