import { describe, expect, test } from "vitest";
import * as packets from "../support/packets.ts";
import {
  bind,
  fromPeer,
  newStackWithPeer,
  OWN,
  OWN_MAC,
  PEER,
  PEER_MAC,
  ping,
  SECOND_NS,
  sent,
  text,
  udpFromPeer,
} from "./fixture.ts";

const { ip } = packets;

describe("ICMP echo", () => {
  test.each([0, 1, 2, 55, 56, 1471, 1472])(
    "RFC 792: %i bytes come back unchanged, in the same memory",
    async (size) => {
      const host = await newStackWithPeer();
      const payload = Uint8Array.from({ length: size }, (_, i) => i * 7);
      const frame = ping(payload);
      host.input(frame);
      const [reply] = host.transmitted;
      expect(reply?.segments[0]?.buffer).toBe(frame.buffer);
      expect(host.copies).toBe(0);
      expect(sent(host)).toMatchObject([
        {
          destination: PEER_MAC,
          source: OWN_MAC,
          ipv4: { source: OWN, destination: PEER, timeToLive: 64, protocol: 1 },
          icmp: { type: 0, code: 0, rest: 0x12340001, payload },
        },
      ]);
    },
  );

  test("RFC 1624: the checksum is right for every one that a request can have", async () => {
    const host = await newStackWithPeer();
    for (let i = 0; i < 0x10000; i += 13) host.input(ping(packets.bytes(i >>> 8, i & 0xff)));
    const replies = sent(host); // parse() verifies the checksums
    expect(replies.length).toBe(Math.ceil(0x10000 / 13));
  });

  test("an answer of zeros only has the checksum 0xffff", async () => {
    const host = await newStackWithPeer();
    host.input(fromPeer(packets.icmp({ type: 8, rest: 0 }, new Uint8Array(4)), { protocol: 1 }));
    expect(sent(host).map(({ icmp }) => icmp)).toMatchObject([{ type: 0, rest: 0 }]);
  });

  test("a request with IP options is answered without them, the data by reference", async () => {
    const host = await newStackWithPeer();
    const payload = text("options");
    const frame = ping(payload, { options: packets.bytes(1, 1, 1, 0) });
    host.input(frame);
    const [reply] = host.transmitted;
    expect(reply?.segments[1]?.buffer).toBe(frame.buffer);
    expect(sent(host)).toMatchObject([
      { ipv4: { totalBytes: 35 }, icmp: { type: 0, rest: 0x12340001, payload } },
    ]);
    expect(host.copies).toBe(0);
  });

  test.each(["10.0.0.255", "255.255.255.255", "224.0.0.1"])(
    "RFC 1122 section 3.2.2.6: an echo request to %s is not answered",
    async (destination) => {
      const host = await newStackWithPeer();
      host.input(ping(text("x"), { destination: ip(destination) }, packets.BROADCAST_MAC));
      expect(host.counter("drop.icmp.broadcast-echo")).toBe(1);
      expect(sent(host)).toEqual([]);
    },
  );

  test("a wrong checksum is dropped", async () => {
    const host = await newStackWithPeer();
    host.input(fromPeer(packets.icmp({ type: 8, checksumError: 1 }, text("x")), { protocol: 1 }));
    expect(host.counter("drop.icmp.checksum")).toBe(1);
    expect(sent(host)).toEqual([]);
  });

  test.each([0, 1, 4, 7])("a message of %i bytes is dropped", async (length) => {
    const host = await newStackWithPeer();
    host.input(fromPeer(packets.icmp({ type: 8 }, text("")).slice(0, length), { protocol: 1 }));
    expect(host.counter("drop.icmp.short")).toBe(1);
  });

  test.each([0, 9, 13, 17, 255])("RFC 1122 section 3.2.2: type %i is silently dropped", async (type) => {
    const host = await newStackWithPeer();
    host.input(fromPeer(packets.icmp({ type }, new Uint8Array(28)), { protocol: 1 }));
    expect(host.counter("drop.icmp.unhandled-type")).toBe(1);
    expect(sent(host)).toEqual([]);
  });

  test.each([
    [4, "source-quench", "RFC 6633"],
    [5, "redirect", "routes are the program's business"],
  ])("type %i, %s, is ignored and counted: %s", async (type, reason) => {
    const host = await newStackWithPeer();
    host.input(fromPeer(packets.icmp({ type }, new Uint8Array(28)), { protocol: 1 }));
    expect(host.counter(`drop.icmp.${reason}`)).toBe(1);
    expect(sent(host)).toEqual([]);
  });

  test("without memory for a writable copy the request is dropped with a counter", async () => {
    const host = await newStackWithPeer();
    host.allocations = 0;
    host.input(ping(text("x")), 0, { readOnly: true });
    expect(host.counter("drop.icmp.no-memory")).toBe(1);
  });

  test("a link that refuses the answer is counted, nothing leaks", async () => {
    const host = await newStackWithPeer();
    host.linkUp = false;
    host.input(ping(text("x")));
    expect(host.counter("drop.ethernet.transmit")).toBe(1);
    expect(host.liveFrames).toBe(0);
  });
});

describe("ICMP destination unreachable", () => {
  test("RFC 792, RFC 1122 section 4.1.3.1: nobody on the port: the datagram comes back, by reference", async () => {
    const host = await newStackWithPeer();
    const frame = udpFromPeer(text("is anybody there?"));
    host.input(frame);
    const [report] = host.transmitted;
    expect(report?.segments[1]?.buffer).toBe(frame.buffer);
    expect(host.copies).toBe(0);
    expect(sent(host)).toMatchObject([
      {
        destination: PEER_MAC,
        ipv4: { source: OWN, destination: PEER, protocol: 1 },
        icmp: { type: 3, code: 3, rest: 0, payload: frame.slice(14) },
      },
    ]);
    expect(host.counter("drop.udp.no-port")).toBe(1);
    expect(host.counter("icmp.errors-sent")).toBe(1);
  });

  test("RFC 1122 section 3.2.2.1: an unknown protocol", async () => {
    const host = await newStackWithPeer();
    const frame = fromPeer(text("?????"), { protocol: 132 });
    host.input(frame);
    expect(sent(host)).toMatchObject([{ icmp: { type: 3, code: 2, payload: frame.slice(14) } }]);
    expect(host.counter("drop.ipv4.protocol")).toBe(1);
  });

  test("RFC 1812 section 4.3.2.3: of a long one, as much as fits into 576 bytes", async () => {
    const host = await newStackWithPeer();
    const frame = udpFromPeer(new Uint8Array(1400).fill(7));
    host.input(frame);
    expect(sent(host)).toMatchObject([
      { ipv4: { totalBytes: 576 }, icmp: { payload: frame.slice(14, 14 + 548) } },
    ]);
  });

  test("options of the packet are quoted too", async () => {
    const host = await newStackWithPeer();
    const frame = udpFromPeer(text("x"), {}, { options: packets.bytes(1, 1, 1, 0) });
    host.input(frame);
    expect(sent(host)).toMatchObject([{ icmp: { type: 3, code: 3, payload: frame.slice(14) } }]);
  });

  test.each(["10.0.0.255", "255.255.255.255", "224.0.0.1"])(
    "RFC 1122 section 3.2.2: no error about a datagram to %s",
    async (destination) => {
      const host = await newStackWithPeer();
      const frame = udpFromPeer(text("x"), {}, { destination: ip(destination) });
      frame.fill(0xff, 0, 6);
      host.input(frame);
      expect(host.counter("drop.udp.no-port")).toBe(1);
      expect(sent(host)).toEqual([]);
    },
  );

  test("RFC 1122 section 3.2.2: no error about an error", async () => {
    const host = await newStackWithPeer();
    const quoted = packets.ipv4({ source: OWN, destination: PEER, protocol: 99 }, new Uint8Array(8));
    host.input(fromPeer(packets.icmp({ type: 3, code: 2 }, quoted), { protocol: 1 }));
    expect(sent(host)).toEqual([]);
  });

  test("at most 50 at once, then one every 10 ms", async () => {
    const host = await newStackWithPeer();
    for (let i = 0; i < 200; i++) host.input(udpFromPeer(text("x")));
    expect(sent(host).length).toBe(50);
    expect(host.counter("icmp.errors-rate-limited")).toBe(150);
    host.advance(35_000_000n);
    for (let i = 0; i < 10; i++) host.input(udpFromPeer(text("x")));
    expect(sent(host).length).toBe(3);
    host.advance(5_000_000n);
    for (let i = 0; i < 10; i++) host.input(udpFromPeer(text("x")));
    expect(sent(host).length).toBe(1);
    host.advance(30n * SECOND_NS);
    for (let i = 0; i < 200; i++) host.input(udpFromPeer(text("x")));
    expect(sent(host).length).toBe(50);
  });
});

describe("ICMP errors that arrive", () => {
  const quote = (fields: Partial<packets.Ipv4Fields> = {}, sourcePort = 7) =>
    packets.ipv4(
      { source: OWN, destination: PEER, protocol: 17, totalBytes: 500, ...fields },
      packets.udp(
        { source: OWN, destination: PEER, sourcePort, destinationPort: 4000, length: 480 },
        text(""),
      ),
    );
  const error = (quoted: Uint8Array, type = 3, code = 3) =>
    fromPeer(packets.icmp({ type, code }, quoted), { protocol: 1 });

  test.each([
    [3, 3],
    [3, 0],
    [11, 0],
    [12, 0],
  ])("RFC 1122 section 4.1.3.3: type %i code %i reaches the socket that sent", async (type, code) => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    host.input(error(quote(), type, code));
    expect(host.takeEvents()).toMatchObject([
      { kind: 2, frame: 0, a: socket, b: PEER, c: ((4000 << 16) | (type << 8) | code) >>> 0 },
    ]);
  });

  test("an error for a port that nobody has is ignored", async () => {
    const host = await newStackWithPeer();
    host.input(error(quote({}, 8)));
    expect(host.takeEvents()).toEqual([]);
  });

  test.each([
    ["of somebody else's packet", quote({ source: ip("10.0.0.9") })],
    ["that is cut short", quote().slice(0, 27)],
    ["of nothing", new Uint8Array()],
    ["with a bad header", quote({ headerWords: 4 })],
    ["with a header that is too long", quote({ headerWords: 15 })],
  ])("a quotation %s is dropped", async (_what, quoted) => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    host.input(error(quoted));
    expect(host.counter("drop.icmp.bad-quote")).toBe(1);
    expect(host.takeEvents()).toEqual([]);
  });

  test("an error that finds the event queue full is counted", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    host.eventRoom = 0;
    host.input(error(quote()));
    expect(host.counter("udp.error-queue-full")).toBe(1);
  });
});
