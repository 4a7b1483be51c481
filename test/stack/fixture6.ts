/** A stack with IPv6 under test, and a peer's packets for it. */
import { expect } from "vitest";
import type { Host, HostNetif } from "../support/host.ts";
import { bytes } from "../support/packets.ts";
import {
  frame6,
  groupMac,
  type Ipv6Fields,
  icmp6,
  ip6,
  nd,
  octets,
  type Parsed6,
  parse6,
  solicitedNode,
  words,
} from "../support/packets6.ts";
import { bareStack, OWN_MAC, PEER_MAC, SECOND_NS } from "./fixture.ts";

export const OWN6 = ip6("2001:db8::2");
export const PEER6 = ip6("2001:db8::1");
export const PEER_LINK = ip6("fe80::1");
export const ALL_NODES = ip6("ff02::1");
export const ALL_ROUTERS = ip6("ff02::2");
export const ROUTERS_FLAG = 1;
export const AUTO_FLAG = 2;
export const REMOVE_FLAG = 4;
export const State = { None: 0, Tentative: 1, Preferred: 2, Deprecated: 3, Duplicate: 4 } as const;

/** Turns IPv6 on; `address` 0: only with what the stack makes itself. */
export function configure6(host: Host, address: bigint, prefixBits: number, flags = 0, netif = 0): number {
  return host.call("ip6_configure", netif, ...words(address), prefixBits, flags);
}

/** A stack with fe80::... and 2001:db8::2/64, both in use, what it sent until then forgotten. */
export async function newStack6(netif: Partial<HostNetif> = {}, flags = 0): Promise<Host> {
  const host = await bareStack(netif);
  expect(configure6(host, OWN6, 64, flags)).toBe(0);
  host.advance(5n * SECOND_NS);
  host.takeTransmitted();
  host.takeEvents();
  return host;
}

/** The same, and the peer is a neighbour that is known. */
export async function newStackWithPeer6(netif: Partial<HostNetif> = {}, flags = 0): Promise<Host> {
  const host = await newStack6(netif, flags);
  learnPeer6(host);
  return host;
}

/** The peer asks for our MAC address, so that we learn its own. */
export function learnPeer6(host: Host, address = PEER6, mac = PEER_MAC, target = OWN6): void {
  host.input(solicitation({ source: address, target, options: nd.link(1, mac), mac }));
  host.takeTransmitted();
}

export interface Sent6 extends Parsed6 {
  readonly timeNs: bigint;
}

/** The IPv6 packets that were sent since the last look. */
export function sent6(host: Host): Sent6[] {
  return host.takeTransmitted().flatMap(({ bytes, timeNs }) => {
    const parsed = parse6(bytes);
    return parsed ? [{ ...parsed, timeNs }] : [];
  });
}

export interface AddressInfo {
  readonly index: number;
  readonly address: bigint;
  readonly bits: number;
  readonly state: number;
  readonly preferred: number;
  readonly valid: number;
}

export function addresses6(host: Host): AddressInfo[] {
  const found: AddressInfo[] = [];
  for (let index = 0; index < 32; index++) {
    const field = (n: number) => host.call("ip6_address", index, n) >>> 0;
    if (field(5) === State.None) continue;
    const address = [0, 1, 2, 3].reduce((sum, n) => (sum << 32n) | BigInt(field(n)), 0n);
    found.push({ index, address, bits: field(4), state: field(5), preferred: field(6), valid: field(7) });
  }
  return found;
}

export function linkLocal(host: Host): bigint {
  const found = addresses6(host).find(({ address }) => address >> 118n === 0x3fan);
  if (!found) throw new Error("no link-local address");
  return found.address;
}

/** A packet in a frame from the peer. */
export function fromPeer6(
  fields: Partial<Ipv6Fields> & Pick<Ipv6Fields, "nextHeader">,
  payload: Uint8Array,
  macs: { destination?: bigint; source?: bigint } = {},
): Uint8Array {
  const all = { source: PEER6, destination: OWN6, ...fields };
  const toGroup = all.destination >> 120n === 0xffn;
  const destination = macs.destination ?? (toGroup ? groupMac(all.destination) : OWN_MAC);
  return frame6({ destination, source: macs.source ?? PEER_MAC }, all, payload);
}

export interface MessageFields extends Partial<Omit<Ipv6Fields, "nextHeader">> {
  type: number;
  code?: number;
  rest?: number;
  checksumError?: number;
  mac?: bigint;
  macDestination?: bigint;
}

/** An ICMPv6 message from the peer. */
export function message6(fields: MessageFields, payload: Uint8Array = new Uint8Array()): Uint8Array {
  const { type, code = 0, rest = 0, checksumError = 0, mac = PEER_MAC, macDestination, ...packet } = fields;
  const { source = PEER6, destination = OWN6 } = packet;
  const message = icmp6({ source, destination, type, code, rest, checksumError }, payload);
  const macs = macDestination === undefined ? { source: mac } : { source: mac, destination: macDestination };
  return fromPeer6({ ...packet, source, destination, nextHeader: 58 }, message, macs);
}

export function ping6(payload: Uint8Array, fields: Partial<MessageFields> = {}): Uint8Array {
  return message6({ type: 128, rest: 0x12340001, ...fields }, payload);
}

export interface NeighbourFields extends Partial<MessageFields> {
  target?: bigint;
  options?: Uint8Array;
}

export function solicitation(fields: NeighbourFields = {}): Uint8Array {
  const { target = OWN6, options = nd.link(1, PEER_MAC), ...rest } = fields;
  const destination = rest.destination ?? solicitedNode(target);
  return message6({ type: 135, hopLimit: 255, ...rest, destination }, bytes(octets(target), options));
}

/** `rest`: 0x80000000 router, 0x40000000 solicited, 0x20000000 override. */
export function advertisement(fields: NeighbourFields = {}): Uint8Array {
  const { target = PEER6, options = nd.link(2, PEER_MAC), ...rest } = fields;
  const body = bytes(octets(target), options);
  return message6({ type: 136, hopLimit: 255, rest: 0x60000000, source: target, ...rest }, body);
}

export interface RouterFields extends Partial<MessageFields> {
  lifetime?: number;
  curHopLimit?: number;
  flags?: number;
  reachable?: number;
  retransmit?: number;
  options?: Uint8Array;
}

export function routerAdvertisement(fields: RouterFields = {}): Uint8Array {
  const { lifetime = 1800, curHopLimit = 64, flags = 0, reachable = 0, retransmit = 0, ...others } = fields;
  const { options = nd.link(1, PEER_MAC), ...rest } = others;
  const word = ((curHopLimit << 24) | (flags << 16) | lifetime) >>> 0;
  const u32 = (value: number) => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
  const body = bytes(u32(reachable), u32(retransmit), options);
  const packet = { source: PEER_LINK, destination: ALL_NODES, hopLimit: 255, ...rest };
  return message6({ type: 134, rest: word, ...packet }, body);
}
