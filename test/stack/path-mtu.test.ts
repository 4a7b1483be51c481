import { afterEach, describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import * as packets from "../support/packets.ts";
import { bind, fromPeer, learnPeer, newStackWithPeer, SECOND_NS, send, text } from "./fixture.ts";
import { ACK, FIELD, listen, Peer, pattern } from "./tcp-peer.ts";

const { ip } = packets;
const DONT_FRAGMENT = 0x4000;

/** A router's word that a packet of the stack was too long. `rest` is the MTU of the next link. */
function tooBig(quoted: Uint8Array, mtu: number): Uint8Array {
  return fromPeer(packets.icmp({ type: 3, code: 4, rest: mtu }, quoted), { protocol: 1 });
}

const peers: Peer[] = [];
afterEach(() => {
  for (const peer of peers.splice(0)) peer.call("tcp_abort");
});

/** A flow with one full segment under way, and the packet that it went in. */
async function flowWithData(): Promise<{ host: Host; peer: Peer; packet: Uint8Array }> {
  const host = await newStackWithPeer();
  listen(host);
  const peer = new Peer(host).connect();
  peers.push(peer);
  host.takeTransmitted();
  expect(peer.write(pattern(1460))).toBe(1460);
  const [sent] = host.takeTransmitted();
  if (!sent) throw new Error("nothing was sent");
  return { host, peer, packet: sent.bytes.slice(14) };
}

const lengths = (host: Host) => host.takeTransmitted().map(({ bytes }) => bytes.length - 14);
const flagsOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint16(20);

describe("path MTU discovery (RFC 1191)", () => {
  test("segments of TCP may not be cut on the way, datagrams may", async () => {
    const { host, packet } = await flowWithData();
    expect(new DataView(packet.buffer).getUint16(6)).toBe(DONT_FRAGMENT);
    // RFC 6864 section 4.1: identification of a packet that is never in fragments.
    expect(new DataView(packet.buffer).getUint16(4)).toBe(0);
    send(host, bind(host, 0, 9), text("x"));
    expect(host.takeTransmitted().map(({ bytes }) => flagsOf(bytes))).toEqual([0]);
  });

  test("what a router says about data under way is believed: it goes out again in segments that fit", async () => {
    const { host, peer, packet } = await flowWithData();
    host.input(tooBig(packet.subarray(0, 28), 1400));
    expect(peer.get(FIELD.mss)).toBe(1360);
    host.advance(2n * SECOND_NS);
    const all = lengths(host);
    expect(Math.max(...all)).toBe(1400);
    expect(host.counter("ip.path-mtus-lowered")).toBe(1);
  });

  test("after ten minutes segments are longer again, and the congestion window lets one go", async () => {
    const { host, peer, packet } = await flowWithData();
    host.input(tooBig(packet.subarray(0, 28), 576));
    // None of it arrives: the window is one short segment.
    for (let i = 0; i < 5; i++) {
      host.advance(SECOND_NS);
      host.takeTransmitted();
    }
    expect(peer.get(FIELD.congestionWindow)).toBe(536);
    peer.say(ACK, { ack: peer.ack + 1460 });
    peer.ack += 1460;
    expect(peer.get(FIELD.congestionWindow)).toBeLessThan(1460);
    host.advance(601n * SECOND_NS);
    learnPeer(host);
    host.takeTransmitted();
    expect(peer.write(pattern(3000))).toBe(3000);
    expect(Math.max(...lengths(host))).toBe(1500);
    expect(peer.get(FIELD.congestionWindow)).toBeGreaterThanOrEqual(1460);
  });

  test.each([
    [1500, 1492],
    [1492, 1280],
    [1100, 1006],
    [1006, 552],
  ])("section 7: of %i bytes and no MTU said, the next usual one is tried: %i", async (total, expected) => {
    const { host, peer, packet } = await flowWithData();
    const quoted = packet.slice(0, 28);
    new DataView(quoted.buffer).setUint16(2, total);
    host.input(tooBig(quoted, 0));
    expect(peer.get(FIELD.mss)).toBe(expected - 40);
  });

  test("less than 552 bytes is not believed; but then packets may be cut on the way", async () => {
    const { host, peer, packet } = await flowWithData();
    host.input(tooBig(packet.subarray(0, 28), 68));
    expect(peer.get(FIELD.mss)).toBe(552 - 40);
    host.advance(2n * SECOND_NS);
    const transmitted = host.takeTransmitted();
    expect(transmitted.length).toBeGreaterThan(0);
    for (const { bytes } of transmitted) {
      expect(bytes.length).toBeLessThanOrEqual(552 + 14);
      expect(flagsOf(bytes)).toBe(0);
    }
  });

  test("section 6.3: it never grows by a message", async () => {
    const { host, peer, packet } = await flowWithData();
    host.input(tooBig(packet.subarray(0, 28), 1000));
    host.input(tooBig(packet.subarray(0, 28), 1300));
    host.input(tooBig(packet.subarray(0, 28), 9000));
    expect(peer.get(FIELD.mss)).toBe(960);
  });

  test("section 6.3: after ten minutes the interface's MTU is tried again", async () => {
    const { host, peer, packet } = await flowWithData();
    host.input(tooBig(packet.subarray(0, 28), 1400));
    for (let i = 0; i < 5; i++) {
      host.advance(SECOND_NS);
      peer.heard();
      peer.say(0x10);
    }
    host.advance(590n * SECOND_NS);
    expect(peer.get(FIELD.mss)).toBe(1360);
    host.advance(20n * SECOND_NS);
    learnPeer(host);
    host.takeTransmitted();
    peer.write(pattern(1460));
    expect(lengths(host)).toEqual([1500]);
    expect(host.counter("ip.path-mtus-aged")).toBe(1);
  });

  test.each([
    ["another port", (quoted: DataView) => quoted.setUint16(20, 9)],
    ["another destination", (quoted: DataView) => quoted.setUint32(16, ip("10.0.0.77"))],
    ["data that is not under way", (quoted: DataView) => quoted.setUint32(24, quoted.getUint32(24) + 1460)],
    ["data long acknowledged", (quoted: DataView) => quoted.setUint32(24, quoted.getUint32(24) - 1)],
    ["UDP", (quoted: DataView) => quoted.setUint8(9, 17)],
  ])("RFC 5927: what it says about %s is not believed", async (_what, change) => {
    const { host, peer, packet } = await flowWithData();
    bind(host, 0, 7);
    const quoted = packet.slice(0, 28);
    change(new DataView(quoted.buffer));
    host.input(tooBig(quoted, 600));
    expect(peer.get(FIELD.mss)).toBe(1460);
    expect(host.counter("icmp.errors-unmatched")).toBe(1);
    expect(host.counter("ip.path-mtus-lowered")).toBe(0);
    expect(host.takeEvents()).toEqual([]);
  });

  test("a datagram to there goes in fragments that fit, too", async () => {
    const { host, packet } = await flowWithData();
    host.input(tooBig(packet.subarray(0, 28), 1000));
    host.takeTransmitted();
    const socket = bind(host, 0, 9);
    send(host, socket, pattern(2000));
    expect(lengths(host)).toEqual([996, 996, 76]);
    send(host, socket, pattern(1400), ip("10.0.0.255"));
    expect(lengths(host)).toEqual([1428]);
  });

  test("64 destinations and more: what is known of one makes room for another, nothing breaks", async () => {
    const host = await newStackWithPeer();
    listen(host);
    const memory = host.memoryBytes;
    for (let i = 0; i < 150; i++) {
      const address = ip("10.0.0.10") + i;
      learnPeer(host, address);
      const peer = new Peer(host, 40_000, 7, address).connect();
      peer.write(pattern(1460));
      const [sent] = host.takeTransmitted();
      host.input(tooBig((sent?.bytes ?? new Uint8Array()).slice(14, 42), 1400));
      expect(peer.get(FIELD.mss)).toBe(1360);
      host.takeTransmitted();
      peer.call("tcp_abort");
      host.takeEvents();
      host.takeTransmitted();
    }
    expect(host.counter("ip.path-mtus-lowered")).toBe(150);
    host.advance(601n * SECOND_NS);
    expect(host.counter("ip.path-mtus-aged")).toBeLessThanOrEqual(64);
    expect(host.memoryBytes - memory).toBeLessThanOrEqual(1 << 20);
  });
});
