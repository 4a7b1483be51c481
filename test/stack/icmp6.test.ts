/** ICMPv6: echo, and errors both ways (RFC 4443). */
import { describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import { bytes } from "../support/packets.ts";
import { fragment, icmp6, ip6, ipv6, options, udp6, words } from "../support/packets6.ts";
import { PEER_MAC, SECOND_NS, text } from "./fixture.ts";
import {
  ALL_NODES,
  fromPeer6,
  linkLocal,
  type MessageFields,
  message6,
  newStackWithPeer6,
  OWN6,
  PEER_LINK,
  PEER6,
  ping6,
  sent6,
} from "./fixture6.ts";

const UDP = 17;

function datagram(destinationPort: number, payload = text("to nobody"), destination = OWN6): Uint8Array {
  return udp6({ source: PEER6, destination, sourcePort: 4444, destinationPort }, payload);
}

describe("echo", () => {
  test("is answered, data and identifier unchanged, without a copy", async () => {
    const host = await newStackWithPeer6();
    host.input(ping6(text("hello, six"), { trafficClass: 0xb9 }));
    const [reply, ...more] = sent6(host);
    expect(more).toEqual([]);
    expect(reply).toMatchObject({ source: OWN6, destination: PEER6, hopLimit: 64, trafficClass: 0xb8 });
    expect(reply?.icmp6).toMatchObject({ type: 129, code: 0, rest: 0x12340001 });
    expect(reply?.icmp6?.payload).toEqual(text("hello, six"));
    expect(host.copies).toBe(0);
  });

  test.each([0, 1, 2, 3, 55, 1452])("with %i bytes of data", async (length) => {
    const host = await newStackWithPeer6();
    const data = Uint8Array.from({ length }, (_, i) => i);
    host.input(ping6(data));
    expect(sent6(host)[0]?.icmp6?.payload).toEqual(data);
  });

  test("in a frame that is read-only is answered all the same", async () => {
    const host = await newStackWithPeer6();
    host.input(ping6(text("read-only")), 0, { readOnly: true });
    expect(sent6(host)[0]?.icmp6?.payload).toEqual(text("read-only"));
  });

  test("to all nodes is answered from an address that reaches who asks", async () => {
    const host = await newStackWithPeer6();
    host.input(ping6(text("all"), { destination: ALL_NODES }));
    expect(sent6(host)[0]).toMatchObject({ source: OWN6, destination: PEER6 });
    host.input(ping6(text("all"), { destination: ALL_NODES, source: PEER_LINK }));
    const [question] = sent6(host);
    expect(question?.icmp6?.type).toBe(135);
    expect(question?.source).toBe(linkLocal(host));
  });

  test("to all nodes is limited, as we would be an amplifier", async () => {
    const host = await newStackWithPeer6();
    for (let i = 0; i < 200; i++) host.input(ping6(text("all"), { destination: ALL_NODES }));
    expect(sent6(host)).toHaveLength(50);
    expect(host.counter("drop.icmp6.echo-rate-limited")).toBe(150);
  });

  test.each([
    ["a wrong checksum", { checksumError: 1 }, "drop.icmp6.checksum"],
    ["a type that nobody knows", { type: 200 }, "drop.icmp6.unhandled-type"],
    ["a reply that nobody asked for", { type: 129 }, "drop.icmp6.unhandled-type"],
  ])("%s is dropped", async (_what, fields, counter) => {
    const host = await newStackWithPeer6();
    host.input(ping6(text("x"), fields));
    expect(sent6(host)).toEqual([]);
    expect(host.counter(counter)).toBe(1);
  });

  test("a message that is too short is dropped", async () => {
    const host = await newStackWithPeer6();
    const message = icmp6({ source: PEER6, destination: OWN6, type: 128 }).slice(0, 7);
    host.input(fromPeer6({ nextHeader: 58 }, message));
    expect(host.counter("drop.icmp6.short")).toBe(1);
  });

  test("without memory nothing is sent, and nothing leaks", async () => {
    const host = await newStackWithPeer6();
    host.allocations = 0;
    host.input(ping6(text("x")), 0, { readOnly: true });
    host.input(ping6(text("x"), { destination: ALL_NODES }));
    host.input(fromPeer6({ nextHeader: UDP }, datagram(9)));
    expect(sent6(host)).toEqual([]);
    expect(host.liveFrames).toBe(0);
  });
});

describe("errors that we send", () => {
  test("a datagram to a closed port: port unreachable, with what fits of the packet", async () => {
    const host = await newStackWithPeer6();
    const packet = ipv6(
      { source: PEER6, destination: OWN6, nextHeader: UDP },
      datagram(9, new Uint8Array(1400)),
    );
    host.input(fromPeer6({ nextHeader: UDP }, datagram(9, new Uint8Array(1400))));
    const [report] = sent6(host);
    expect(report).toMatchObject({ source: OWN6, destination: PEER6, macDestination: PEER_MAC });
    expect(report?.icmp6).toMatchObject({ type: 1, code: 4, rest: 0 });
    expect(report?.icmp6?.payload).toEqual(packet.slice(0, 1232));
    expect(report?.payload.length).toBe(1240);
  });

  test.each([
    ["to a group", { destination: ALL_NODES }, {}],
    ["in a multicast frame", {}, { destination: 0x333300000001n }],
  ])("none about a packet %s", async (_what, fields, macs) => {
    const host = await newStackWithPeer6();
    const { destination = OWN6 } = fields as { destination?: bigint };
    host.input(fromPeer6({ nextHeader: UDP, ...fields }, datagram(9, text("x"), destination), macs));
    expect(sent6(host)).toEqual([]);
    expect(host.counter("icmp6.errors-forbidden")).toBe(1);
  });

  test("none about errors, nor redirects, even with a header in front that is not understood", async () => {
    const host = await newStackWithPeer6();
    for (const type of [1, 2, 3, 4, 100, 137]) {
      const message = icmp6({ source: PEER6, destination: OWN6, type }, new Uint8Array(48));
      host.input(fromPeer6({ nextHeader: 60 }, bytes(options(58, 0xbe, 0), message)));
    }
    expect(sent6(host)).toEqual([]);
    expect(host.counter("icmp6.errors-forbidden")).toBe(6);
  });

  test("not too many: 50 at once, then 100 a second", async () => {
    const host = await newStackWithPeer6();
    const storm = () => {
      for (let i = 0; i < 300; i++) host.input(fromPeer6({ nextHeader: UDP }, datagram(9)));
      return sent6(host).length;
    };
    expect(storm()).toBe(50);
    host.advance(SECOND_NS / 10n);
    expect(storm()).toBe(10);
    expect(host.counter("icmp6.errors-rate-limited")).toBe(540);
  });
});

describe("errors that come", () => {
  async function withSocket(): Promise<{ host: Host; socket: number; send: (bytes: number) => number }> {
    const host = await newStackWithPeer6();
    const socket = host.call("udp_bind", 0, 0, 0, 0, 4000);
    const send = (length: number) => {
      const frame = host.frame(new Uint8Array(length));
      const result = host.call("udp_send", socket, frame, 0, length, ...words(PEER6), 7);
      host.release(frame);
      return result;
    };
    return { host, socket, send };
  }

  /** Our datagram as an error quotes it. */
  function quoted(
    fields: { source?: bigint; destination?: bigint; port?: number; nextHeader?: number } = {},
  ): Uint8Array {
    const { source = OWN6, destination = PEER6, port = 4000, nextHeader = UDP } = fields;
    const datagram = udp6({ source, destination, sourcePort: port, destinationPort: 7 }, new Uint8Array(32));
    return ipv6({ source, destination, nextHeader }, datagram);
  }

  function error(fields: Partial<MessageFields>, quote = quoted()): Uint8Array {
    return message6({ type: 1, source: ip6("2001:db8::fe"), ...fields }, quote);
  }

  test.each([
    [1, 0],
    [1, 1],
    [1, 3],
    [1, 4],
    [3, 0],
    [4, 1],
  ])("type %i code %i reaches the socket whose packet it quotes", async (type, code) => {
    const { host, socket } = await withSocket();
    host.input(error({ type, code }));
    const [event, ...more] = host.takeEvents();
    expect(more).toEqual([]);
    expect(event).toMatchObject({ kind: 4, a: socket, b: type * 256 + code });
    expect((event?.c ?? 0) & 0xffff).toBe(7);
    // The IPv6 header of what was sent: behind Ethernet, IPv6 and ICMPv6.
    expect((event?.c ?? 0) >>> 16).toBe(14 + 40 + 8);
  });

  test("a quoted packet with extension headers, or a first fragment, is understood", async () => {
    const { host } = await withSocket();
    const inner = quoted().slice(40);
    for (const payload of [bytes(options(UDP, 1, 2, 0, 0), inner), bytes(fragment(UDP, 0, true, 7), inner)]) {
      const nextHeader =
        payload[0] === UDP && payload.length === inner.length + 8 && payload[2] === 1 ? 60 : 44;
      host.input(error({}, ipv6({ source: OWN6, destination: PEER6, nextHeader }, payload)));
    }
    expect(host.takeEvents()).toHaveLength(2);
  });

  test.each([
    ["too little", quoted().slice(0, 47)],
    ["another version", bytes(0x45, quoted().slice(1))],
    ["a packet that is not ours", quoted({ source: PEER6 })],
    [
      "a later fragment",
      ipv6(
        { source: OWN6, destination: PEER6, nextHeader: 44 },
        bytes(fragment(UDP, 8, true, 7), new Uint8Array(32)),
      ),
    ],
    [
      "headers without end",
      ipv6({ source: OWN6, destination: PEER6, nextHeader: 60 }, bytes(60, 200, new Uint8Array(30))),
    ],
  ])("that quote %s are dropped", async (_what, quote) => {
    const { host } = await withSocket();
    host.input(error({}, quote));
    expect(host.takeEvents()).toEqual([]);
    expect(host.counter("drop.icmp6.bad-quote")).toBe(1);
  });

  test("about a port that nobody has are not believed", async () => {
    const { host } = await withSocket();
    host.input(error({}, quoted({ port: 4001 })));
    expect(host.takeEvents()).toEqual([]);
    expect(host.counter("icmp6.errors-unbelieved")).toBe(1);
  });

  test("too big: what follows goes in smaller fragments, for ten minutes (RFC 8201)", async () => {
    const { host, send } = await withSocket();
    send(1452);
    expect(sent6(host).map(({ fragment }) => fragment)).toEqual([undefined]);
    host.input(error({ type: 2, rest: 1300 }));
    send(1452);
    const packets = sent6(host).filter(({ fragment }) => fragment !== undefined);
    expect(packets).toHaveLength(2);
    for (const { payload } of packets) expect(payload.length + 48).toBeLessThanOrEqual(1300);
    host.advance(601n * SECOND_NS);
    sent6(host);
    send(1452);
    host.takeEvents();
    expect(sent6(host).filter(({ fragment }) => fragment !== undefined)).toEqual([]);
  });

  test("too big: less than 1,280 bytes is not believed, nor more than now", async () => {
    const { host, send } = await withSocket();
    send(1);
    host.input(error({ type: 2, rest: 9000 }));
    host.input(error({ type: 2, rest: 68 }));
    sent6(host);
    send(1452);
    const longest = Math.max(...sent6(host).map(({ payload }) => payload.length + 48));
    expect(longest).toBeGreaterThan(1272);
    expect(longest).toBeLessThanOrEqual(1280);
  });
});
