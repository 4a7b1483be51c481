/** Opens the wire formats of the stack to property tests: parsed forms go through linear memory, one field a call. */

import { sumFold, sumOf32 } from "mirage/framecode";
import { ArpPacket } from "../../src/stack/arp/wire";
import { EthernetHeader } from "../../src/stack/ethernet/wire";
import { IcmpHeader } from "../../src/stack/icmp/wire";
import { Icmp6Header } from "../../src/stack/icmp6/wire";
import { Ipv4Header } from "../../src/stack/ipv4/wire";
import { Ipv6Header } from "../../src/stack/ipv6/wire";
import { UdpHeader } from "../../src/stack/udp/wire";

let ethernet: EthernetHeader = changetype<EthernetHeader>(0);
let arp: ArpPacket = changetype<ArpPacket>(0);
let ipv4: Ipv4Header = changetype<Ipv4Header>(0);
let ipv6: Ipv6Header = changetype<Ipv6Header>(0);
let icmp6: Icmp6Header = changetype<Icmp6Header>(0);
let icmp: IcmpHeader = changetype<IcmpHeader>(0);
let udp: UdpHeader = changetype<UdpHeader>(0);

export function start(): void {
  ethernet = new EthernetHeader();
  arp = new ArpPacket();
  ipv4 = new Ipv4Header();
  ipv6 = new Ipv6Header();
  icmp6 = new Icmp6Header();
  icmp = new IcmpHeader();
  udp = new UdpHeader();
}

export function ethernet_parse(frame: u32): bool {
  return ethernet.parse(frame);
}
export function ethernet_build(frame: u32): void {
  ethernet.build(frame);
}
export function ethernet_set(dh: u32, dl: u32, sh: u32, sl: u32, type: u32): void {
  ethernet.destinationHigh = dh;
  ethernet.destinationLow = dl;
  ethernet.sourceHigh = sh;
  ethernet.sourceLow = sl;
  ethernet.type = type;
}

export function arp_parse(frame: u32, at: u32): bool {
  return arp.parse(frame, at);
}
export function arp_build(frame: u32, at: u32): void {
  arp.build(frame, at);
}
export function arp_set(op: u32, smh: u32, sml: u32, s: u32, tmh: u32, tml: u32, t: u32): void {
  arp.operation = op;
  arp.senderMacHigh = smh;
  arp.senderMacLow = sml;
  arp.senderAddress = s;
  arp.targetMacHigh = tmh;
  arp.targetMacLow = tml;
  arp.targetAddress = t;
}

export function ipv4_parse(frame: u32, at: u32): bool {
  return ipv4.parse(frame, at);
}
export function ipv4_build(frame: u32, at: u32): void {
  ipv4.build(frame, at);
}
export function ipv4_set(
  tos: u32,
  total: u32,
  id: u32,
  fragment: u32,
  ttl: u32,
  protocol: u32,
  s: u32,
  d: u32,
): void {
  ipv4.typeOfService = tos;
  ipv4.totalBytes = total;
  ipv4.identification = id;
  ipv4.fragment = fragment;
  ipv4.timeToLive = ttl;
  ipv4.protocol = protocol;
  ipv4.source = s;
  ipv4.destination = d;
}

export function icmp_parse(frame: u32, at: u32): bool {
  return icmp.parse(frame, at);
}
export function icmp_build(frame: u32, at: u32): void {
  icmp.build(frame, at);
}
export function icmp_set(type: u32, code: u32, rest: u32): void {
  icmp.type = type;
  icmp.code = code;
  icmp.rest = rest;
}

export function udp_parse(frame: u32, at: u32, source: u32, destination: u32): bool {
  return udp.parse(frame, at, sumOf(source, destination));
}
export function udp_build(frame: u32, at: u32, source: u32, destination: u32): void {
  udp.build(frame, at, sumOf(source, destination));
}
export function udp_set(source: u32, destination: u32, length: u32): void {
  udp.sourcePort = source;
  udp.destinationPort = destination;
  udp.length = length;
}

function sumOf(source: u32, destination: u32): u32 {
  return sumFold(sumOf32(source) + sumOf32(destination));
}

export function ipv6_parse(frame: u32, at: u32): bool {
  return ipv6.parse(frame, at);
}
export function ipv6_build(frame: u32, at: u32): void {
  ipv6.build(frame, at);
}
export function ipv6_set(
  trafficClass: u32,
  flowLabel: u32,
  payload: u32,
  next: u32,
  hops: u32,
  s0: u32,
  s1: u32,
  s2: u32,
  s3: u32,
  d0: u32,
  d1: u32,
  d2: u32,
  d3: u32,
): void {
  ipv6.trafficClass = trafficClass;
  ipv6.flowLabel = flowLabel;
  ipv6.payloadBytes = payload;
  ipv6.nextHeader = next;
  ipv6.hopLimit = hops;
  ipv6.sourceHigh = ((<u64>s0) << 32) | s1;
  ipv6.sourceLow = ((<u64>s2) << 32) | s3;
  ipv6.destinationHigh = ((<u64>d0) << 32) | d1;
  ipv6.destinationLow = ((<u64>d2) << 32) | d3;
}

export function icmp6_parse(frame: u32, at: u32, addressSum: u32): bool {
  return icmp6.parse(frame, at, addressSum);
}
export function icmp6_build(frame: u32, at: u32, addressSum: u32): void {
  icmp6.build(frame, at, addressSum);
}
export function icmp6_set(type: u32, code: u32, rest: u32): void {
  icmp6.type = type;
  icmp6.code = code;
  icmp6.rest = rest;
}
