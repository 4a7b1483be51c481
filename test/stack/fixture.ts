/** A stack under test, and a peer's frames for it. Each test ends with a check that no frame was leaked. */
import { afterEach, beforeAll, expect } from "vitest";
import { compileFrameCode } from "../support/framecode.ts";
import { type FrameOptions, Host, type HostNetif } from "../support/host.ts";
import * as packets from "../support/packets.ts";

export const OWN_MAC = 0x02005e100002n;
export const OWN = packets.ip("10.0.0.2");
export const PEER_MAC = 0x02005e100001n;
export const PEER = packets.ip("10.0.0.1");
export const GATEWAY = PEER;
export const PREFIX = 24;
export const SECOND_NS = 1_000_000_000n;

let stackModule: WebAssembly.Module;
const hosts: Host[] = [];

beforeAll(async () => {
  stackModule = new WebAssembly.Module(await compileFrameCode("src/stack/stack.frame.ts"));
}, 120_000);

afterEach(({ task }) => {
  const used = hosts.splice(0);
  if (task.result?.state === "fail") {
    for (const [i, host] of used.entries())
      process.stderr.write(`pcap: ${host.capture.save(`${task.name} ${i}`)}\n`);
  }
  for (const host of used) {
    host.advance(0n); // what loops back
    for (const netif of host.netifs.keys()) {
      host.call("configure", netif, 0, 0, 0);
      host.call("ip6_configure", netif, 0, 0, 0, 0, 0, 4);
    }
    host.assertNoLeaks();
  }
});

/** A stack that is loaded but has no address. */
export async function bareStack(...netifs: Partial<HostNetif>[]): Promise<Host> {
  const host = new Host();
  const [own] = host.netifs.splice(0);
  for (const netif of netifs.length > 0 ? netifs : [{}])
    host.netifs.push({ ...(own as HostNetif), ...netif });
  hosts.push(host);
  return host.load(stackModule);
}

/** A stack at 10.0.0.2/24 with a gateway, its announcements over and forgotten. */
export async function newStack(netif: Partial<HostNetif> = {}): Promise<Host> {
  const host = await bareStack(netif);
  expect(host.call("configure", 0, OWN, PREFIX, GATEWAY)).toBe(0);
  host.advance(3n * SECOND_NS);
  host.takeTransmitted();
  return host;
}

/** The same, and the peer's MAC address is known. */
export async function newStackWithPeer(netif: Partial<HostNetif> = {}): Promise<Host> {
  const host = await newStack(netif);
  learnPeer(host);
  return host;
}

export function learnPeer(host: Host, address = PEER, mac = PEER_MAC): void {
  arpFrom(host, { operation: 2, senderMac: mac, sender: address, targetMac: OWN_MAC, target: OWN });
}

export function arpFrom(host: Host, fields: packets.ArpFields, destination = packets.BROADCAST_MAC): boolean {
  return host.input(packets.ethernet({ destination, source: PEER_MAC, type: 0x0806 }, packets.arp(fields)));
}

/** An IPv4 packet in a frame from the peer. */
export function fromPeer(
  payload: Uint8Array,
  fields: Partial<packets.Ipv4Fields> & Pick<packets.Ipv4Fields, "protocol">,
  destination = OWN_MAC,
): Uint8Array {
  const packet = packets.ipv4({ source: PEER, destination: OWN, ...fields }, payload);
  return packets.ethernet({ destination, source: PEER_MAC, type: 0x0800 }, packet);
}

export function udpFromPeer(
  payload: Uint8Array,
  ports: { sourcePort?: number; destinationPort?: number; checksum?: number; length?: number } = {},
  fields: Partial<packets.Ipv4Fields> = {},
): Uint8Array {
  const datagram = packets.udp(
    {
      source: fields.source ?? PEER,
      destination: fields.destination ?? OWN,
      sourcePort: 4000,
      destinationPort: 7,
      ...ports,
    },
    payload,
  );
  return fromPeer(datagram, { protocol: 17, ...fields });
}

export function ping(
  payload: Uint8Array,
  fields: Partial<packets.Ipv4Fields> = {},
  destination = OWN_MAC,
): Uint8Array {
  return fromPeer(
    packets.icmp({ type: 8, rest: 0x12340001 }, payload),
    { protocol: 1, ...fields },
    destination,
  );
}

/** An IPv4 address as the stack's functions take it: four words of the mapped address; 0 is any address. */
export function words(address: number): [number, number, number, number] {
  return address === 0 ? [0, 0, 0, 0] : [0, 0, 0xffff, address];
}

export function bind(host: Host, address: number, port: number): number {
  return host.call("udp_bind", ...words(address), port);
}

/** Sends from a socket, with a payload frame that is released at once, as the library does. */
export function send(host: Host, socket: number, payload: Uint8Array, address = PEER, port = 4000): number {
  const frame = host.frame(payload);
  const result = host.call("udp_send", socket, frame, 0, payload.length, ...words(address), port);
  host.release(frame);
  return result;
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** What was sent since the last look, taken apart. */
export function sent(host: Host): packets.Parsed[] {
  return host.takeTransmitted().map(({ bytes }) => packets.parse(bytes));
}

export type { FrameOptions };
