import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as packets from "../support/packets.ts";
import {
  bareStack,
  bind,
  fromPeer,
  GATEWAY,
  learnPeer,
  newStack,
  newStackWithPeer,
  OWN,
  PEER,
  PEER_MAC,
  PREFIX,
  ping,
  SECOND_NS,
  send,
  sent,
  text,
  udpFromPeer,
  words,
} from "./fixture.ts";

const { ip } = packets;

describe("IPv4 header checks", () => {
  test.each([
    ["version 5", "version", { version: 5 }],
    ["version 6", "version", { version: 6 }],
    ["a header of 4 words", "header-length", { headerWords: 4 }],
    ["a header longer than the frame", "header-length", { headerWords: 15 }],
    ["a total length shorter than the header", "total-length", { totalBytes: 19 }],
    ["a total length longer than the frame", "total-length", { totalBytes: 60 }],
    ["a wrong checksum", "checksum", { checksumError: 1 }],
    ["another host's address", "not-for-us", { destination: ip("10.0.0.3") }],
    ["a multicast group that we are not in", "not-for-us", { destination: ip("224.0.0.251") }],
    ["another net's broadcast address", "not-for-us", { destination: ip("10.0.1.255") }],
  ])("%s is dropped as %s", async (_what, reason, fields) => {
    const host = await newStackWithPeer();
    expect(host.input(ping(text("payload"), fields))).toBe(true);
    expect(host.counter(`drop.ipv4.${reason}`)).toBe(1);
    expect(host.counted("drop.")).toBe(1);
    expect(sent(host)).toEqual([]);
  });

  test.each([
    "0.0.0.0",
    "0.1.2.3",
    "127.0.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "10.0.0.255",
    "10.0.0.0",
    "10.0.0.2",
  ])("RFC 1122 section 3.2.1.3: nothing is accepted from %s", async (source) => {
    const host = await newStackWithPeer();
    host.input(ping(text("x"), { source: ip(source) }));
    host.input(udpFromPeer(text("x"), {}, { source: ip(source) }));
    expect(host.counter("drop.ipv4.martian-source")).toBe(2);
    expect(sent(host)).toEqual([]);
  });

  test("every truncation of a datagram is dropped", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    const frame = udpFromPeer(text("payload"));
    for (let length = 14; length < frame.length; length++) host.input(frame.slice(0, length));
    expect(host.counted("drop.ipv4.")).toBe(frame.length - 14);
    expect(host.takeEvents()).toEqual([]);
  });

  test.each([0, 1])("RFC 1122 section 3.2.1.7: a packet with TTL %i has arrived", async (timeToLive) => {
    const host = await newStackWithPeer();
    host.input(ping(text("x"), { timeToLive }));
    expect(sent(host).map(({ ipv4 }) => ipv4?.timeToLive)).toEqual([64]);
  });

  test("RFC 1122 section 3.2.1.8: options are accepted and skipped", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    const options = packets.bytes(7, 7, 4, 0, 0, 0, 0, 0); // record route, end of list
    host.input(udpFromPeer(text("with options"), {}, { options }));
    expect(host.counter("ipv4.options-skipped")).toBe(1);
    expect(host.takeEvents()).toMatchObject([{ a: socket, payload: text("with options") }]);
  });

  test.each([
    ["loose", 131],
    ["strict", 137],
  ])("RFC 7126 section 4.3: a %s source route is dropped", async (_what, kind) => {
    const host = await newStackWithPeer();
    host.input(ping(text("x"), { options: packets.bytes(1, kind, 7, 8, 10, 0, 0, 2) }));
    expect(host.counter("drop.ipv4.source-route")).toBe(1);
    expect(sent(host)).toEqual([]);
  });

  test.each([
    ["without a length", [1, 1, 1, 7], 23],
    ["of length 0", [7, 0, 0, 0], 21],
    ["of length 1", [1, 7, 1, 0], 22],
    ["longer than the header", [7, 5, 4, 0], 21],
  ])("RFC 1122 section 3.2.2.5: an option %s: the sender is told where", async (_what, options, pointer) => {
    const host = await newStackWithPeer();
    const frame = udpFromPeer(text("x"), {}, { options: packets.bytes(options) });
    host.input(frame);
    expect(host.counter("drop.ipv4.options")).toBe(1);
    expect(sent(host)).toMatchObject([
      { icmp: { type: 12, code: 0, rest: pointer << 24, payload: frame.slice(14) } },
    ]);
  });

  test("any options whatever are skipped or refused", async () => {
    const host = await newStackWithPeer();
    host.recording = false;
    bind(host, 0, 7);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 10 }), (words) => {
        const options = new Uint8Array(words.length * 4);
        options.set([...words].flatMap((word) => [word % 20, word, 131, word >>> 4]));
        const before = host.counter("drop.ipv4.options") + host.counter("drop.ipv4.source-route");
        host.input(udpFromPeer(text("x"), {}, { options }));
        const dropped = host.counter("drop.ipv4.options") + host.counter("drop.ipv4.source-route") - before;
        expect(host.takeEvents().length + dropped).toBe(1);
      }),
      { numRuns: 500 },
    );
  });

  test("a checksum that the interface card has verified is believed", async () => {
    const host = await newStackWithPeer();
    host.input(ping(text("x"), { checksumError: 1 }), 0, { flags: 0x0001 });
    expect(host.counter("drop.ipv4.checksum")).toBe(0);
    expect(host.counter("icmp.echoes")).toBe(1);
    host.takeTransmitted();
  });

  test("Ethernet padding does not reach the datagram", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    host.input(packets.bytes(udpFromPeer(text("hi")), new Uint8Array(16).fill(0xee)));
    expect(host.takeEvents()).toMatchObject([{ length: 2, payload: text("hi") }]);
  });

  test("a header that lies in several segments is read all the same", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    const frame = udpFromPeer(text("in pieces"));
    host.input([frame.slice(0, 17), frame.slice(17, 31), frame.slice(31, 45), frame.slice(45)]);
    expect(host.takeEvents()).toMatchObject([{ payload: text("in pieces") }]);
    expect(host.copies).toBe(0);
  });
});

describe("IPv4 broadcasts", () => {
  test.each(["10.0.0.255", "255.255.255.255", "10.0.0.0", "0.0.0.0", "224.0.0.1"])(
    "RFC 1122 section 3.3.6: a datagram to %s is for us",
    async (destination) => {
      const host = await newStackWithPeer();
      const socket = bind(host, 0, 7);
      const datagram = packets.udp(
        { source: PEER, destination: ip(destination), sourcePort: 4000, destinationPort: 7 },
        text("all"),
      );
      host.input(fromPeer(datagram, { protocol: 17, destination: ip(destination) }, packets.BROADCAST_MAC));
      expect(host.takeEvents()).toMatchObject([{ a: socket, payload: text("all") }]);
    },
  );

  test("RFC 1122 section 3.3.6: a unicast packet in a broadcast frame is dropped", async () => {
    const host = await newStackWithPeer();
    host.input(ping(text("x"), {}, packets.BROADCAST_MAC));
    expect(host.counter("drop.ipv4.link-broadcast")).toBe(1);
    expect(sent(host)).toEqual([]);
  });

  test("RFC 3021: a net of 31 bits has no broadcast address", async () => {
    const host = await bareStack();
    expect(host.call("configure", 0, ip("10.0.0.2"), 31, 0)).toBe(0);
    host.takeTransmitted();
    const socket = bind(host, 0, 7);
    send(host, socket, text("x"), ip("10.0.0.3"));
    expect(sent(host).map(({ type }) => type)).toEqual([0x0806]);
  });

  test.each([
    ["10.0.0.255", packets.BROADCAST_MAC],
    ["255.255.255.255", packets.BROADCAST_MAC],
    ["224.0.0.251", 0x01005e0000fbn],
    ["239.255.1.2", 0x01005e7f0102n],
  ])("a datagram to %s leaves without ARP", async (destination, mac) => {
    const host = await newStack();
    expect(send(host, bind(host, 0, 7), text("x"), ip(destination))).toBe(0);
    expect(sent(host).map((frame) => [frame.destination, frame.ipv4?.destination])).toEqual([
      [mac, ip(destination)],
    ]);
  });
});

describe("IPv4 routing", () => {
  test("RFC 1122 section 3.3.1: what is not on the link goes to the gateway", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    send(host, socket, text("far"), ip("192.0.2.1"));
    expect(sent(host).map(({ destination, ipv4 }) => [destination, ipv4?.destination])).toEqual([
      [PEER_MAC, ip("192.0.2.1")],
    ]);
  });

  test("without a gateway only the link is reached", async () => {
    const host = await bareStack();
    const socket = bind(host, 0, 7);
    expect(send(host, socket, text("x"))).toBe(-50); // ENETDOWN
    host.call("configure", 0, OWN, PREFIX, 0);
    expect(send(host, socket, text("x"), ip("192.0.2.1"))).toBe(-51); // ENETUNREACH
    expect(host.call("source_for", ...words(PEER), 3) >>> 0).toBe(OWN);
    expect(host.call("source_for", ...words(ip("192.0.2.1")), 3)).toBe(0);
    expect(host.counted("drop.")).toBe(0);
  });

  test("a ping from afar cannot be answered without a gateway, and is counted", async () => {
    const host = await bareStack();
    host.call("configure", 0, OWN, PREFIX, 0);
    host.takeTransmitted();
    host.input(ping(text("x"), { source: ip("192.0.2.1") }));
    expect(host.counter("drop.icmp.no-route")).toBe(1);
    expect(sent(host)).toEqual([]);
  });

  test.each(["0.0.0.0", "0.1.2.3", "240.0.0.1"])("nothing is sent to %s", async (destination) => {
    const host = await newStackWithPeer();
    expect(send(host, bind(host, 0, 7), text("x"), ip(destination))).toBe(-65); // EHOSTUNREACH
    expect(sent(host)).toEqual([]);
  });

  test("two interfaces: each has its own net, the longer prefix wins, the gateway's takes the rest", async () => {
    const host = await bareStack({}, { mac: 0x02005e100003n });
    host.call("configure", 0, ip("10.0.0.2"), 8, ip("10.0.0.1"));
    host.call("configure", 1, ip("10.9.0.2"), 16, 0);
    const socket = bind(host, 0, 7);
    const interfaceTo = (destination: string) => {
      host.takeTransmitted();
      send(host, socket, text("x"), ip(destination));
      const [request] = host.takeTransmitted();
      return [request?.netif, packets.parse(request?.bytes ?? new Uint8Array(14)).arp?.target];
    };
    expect(interfaceTo("10.1.1.1")).toEqual([0, ip("10.1.1.1")]);
    expect(interfaceTo("10.9.1.1")).toEqual([1, ip("10.9.1.1")]);
    expect(interfaceTo("192.0.2.1")).toEqual([0, ip("10.0.0.1")]);
  });
});

describe("configure", () => {
  test.each([
    ["prefix 0", "10.0.0.2", 0, "0.0.0.0"],
    ["prefix 33", "10.0.0.2", 33, "0.0.0.0"],
    ["a negative prefix", "10.0.0.2", -1, "0.0.0.0"],
    ["the net's own address", "10.0.0.0", 24, "0.0.0.0"],
    ["the broadcast address", "10.0.0.255", 24, "0.0.0.0"],
    ["loopback", "127.0.0.1", 8, "0.0.0.0"],
    ["a multicast address", "224.0.0.5", 24, "0.0.0.0"],
    ["0/8", "0.0.0.5", 24, "0.0.0.0"],
    ["a gateway outside the net", "10.0.0.2", 24, "10.0.1.1"],
    ["itself as gateway", "10.0.0.2", 24, "10.0.0.2"],
    ["the broadcast address as gateway", "10.0.0.2", 24, "10.0.0.255"],
  ])("%s is refused and the old configuration stays", async (_what, address, prefix, gateway) => {
    const host = await newStackWithPeer();
    expect(host.call("configure", 0, ip(address), prefix, ip(gateway))).toBe(-22); // EINVAL
    expect(host.call("address", 0) >>> 0).toBe(OWN);
    expect(host.call("prefix", 0)).toBe(PREFIX);
    expect(host.call("gateway", 0) >>> 0).toBe(GATEWAY);
    host.input(ping(text("x")));
    expect(sent(host).length).toBe(1);
  });

  test.each([1, 7, 8, 0xffffffff])("interface %i does not exist", async (netif) => {
    const host = await newStack();
    expect(host.call("configure", netif, OWN, PREFIX, 0)).toBe(-6); // ENXIO
    expect(host.call("address", netif)).toBe(0);
  });

  test("two interfaces cannot have the same address", async () => {
    const host = await bareStack({}, {});
    expect(host.call("configure", 0, OWN, PREFIX, 0)).toBe(0);
    expect(host.call("configure", 1, OWN, PREFIX, 0)).toBe(-48); // EADDRINUSE
  });

  test("a new address takes the old one's place, and is announced", async () => {
    const host = await newStackWithPeer();
    expect(host.call("configure", 0, ip("10.0.0.9"), PREFIX, 0)).toBe(0);
    expect(sent(host).map(({ arp }) => arp?.sender)).toEqual([ip("10.0.0.9")]);
    host.advance(3n * SECOND_NS);
    host.takeTransmitted();
    host.input(ping(text("old")));
    host.input(ping(text("new"), { destination: ip("10.0.0.9") }));
    expect(host.counter("drop.ipv4.not-for-us")).toBe(1);
    // The neighbours of the old address were forgotten, so the answer waits.
    expect(sent(host).map(({ arp }) => arp?.target)).toEqual([PEER]);
    learnPeer(host, PEER, PEER_MAC);
  });
});
