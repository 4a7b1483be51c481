import { describe, expect, test } from "vitest";
import * as packets from "../support/packets.ts";
import {
  arpFrom,
  bareStack,
  bind,
  fromPeer,
  GATEWAY,
  learnPeer,
  newStack,
  newStackWithPeer,
  OWN,
  OWN_MAC,
  PEER,
  PEER_MAC,
  PREFIX,
  ping,
  SECOND_NS,
  send,
  sent,
  text,
} from "./fixture.ts";

const request = { operation: 1, senderMac: PEER_MAC, sender: PEER, targetMac: 0n, target: OWN };

describe("Ethernet", () => {
  test("frames of an interface without an address are left to others", async () => {
    const host = await bareStack();
    expect(host.input(ping(text("x")))).toBe(false);
    expect(arpFrom(host, request)).toBe(false);
    expect(host.counted("drop.")).toBe(0);
  });

  test("EtherTypes that the stack does not know, and IEEE 802.3 lengths, are left to others", async () => {
    const host = await newStack();
    for (const type of [0x86dd, 0x8100, 0x88cc, 46, 0x05ff]) {
      const frame = packets.ethernet({ destination: OWN_MAC, source: PEER_MAC, type }, new Uint8Array(46));
      expect(host.input(frame)).toBe(false);
    }
    expect(host.counted("drop.")).toBe(0);
  });

  test.each([0, 1, 13])("a frame of %i bytes is dropped with its reason", async (length) => {
    const host = await newStack();
    expect(host.input(new Uint8Array(length))).toBe(true);
    expect(host.counter("drop.ethernet.short")).toBe(1);
  });

  test("frames for another station are dropped", async () => {
    const host = await newStack();
    expect(host.input(ping(text("x"), {}, 0x02005e1000ffn))).toBe(true);
    expect(host.counter("drop.ethernet.not-for-us")).toBe(1);
    expect(sent(host)).toEqual([]);
  });

  test("IEEE 802.3: a group address is no source", async () => {
    const host = await newStack();
    const packet = packets.arp(request);
    host.input(packets.ethernet({ destination: OWN_MAC, source: 0x01005e000001n, type: 0x0806 }, packet));
    expect(host.counter("drop.ethernet.source")).toBe(1);
  });
});

describe("ARP", () => {
  test("RFC 5227 section 2.3: two announcements, two seconds apart", async () => {
    const host = await bareStack();
    host.call("configure", 0, OWN, PREFIX, GATEWAY);
    host.advance(60n * SECOND_NS);
    const announcements = host.takeTransmitted();
    expect(announcements.map(({ timeNs }) => timeNs)).toEqual([1n * SECOND_NS, 3n * SECOND_NS]);
    for (const { bytes } of announcements) {
      expect(packets.parse(bytes)).toEqual({
        destination: packets.BROADCAST_MAC,
        source: OWN_MAC,
        type: 0x0806,
        arp: { operation: 1, senderMac: OWN_MAC, sender: OWN, targetMac: 0n, target: OWN },
      });
    }
  });

  test("RFC 826: a request for our address is answered in place, without its padding", async () => {
    const host = await newStack();
    const frame = packets.bytes(
      packets.ethernet(
        { destination: packets.BROADCAST_MAC, source: PEER_MAC, type: 0x0806 },
        packets.arp(request),
      ),
      new Uint8Array(18),
    );
    expect(host.input(frame)).toBe(true);
    const [answer] = host.transmitted;
    expect(answer?.segments[0]?.buffer).toBe(frame.buffer);
    expect(host.copies).toBe(0);
    expect(answer?.bytes.length).toBe(42);
    expect(sent(host)).toEqual([
      {
        destination: PEER_MAC,
        source: OWN_MAC,
        type: 0x0806,
        arp: { operation: 2, senderMac: OWN_MAC, sender: OWN, targetMac: PEER_MAC, target: PEER },
      },
    ]);
  });

  test("a read-only frame is answered from a copy, and the copy is counted", async () => {
    const host = await newStack();
    const frame = packets.ethernet(
      { destination: packets.BROADCAST_MAC, source: PEER_MAC, type: 0x0806 },
      packets.arp(request),
    );
    const before = frame.slice();
    host.input(frame, 0, { readOnly: true });
    expect(sent(host).length).toBe(1);
    expect(frame).toEqual(before);
    expect(host.copies).toBe(42);
  });

  test("requests for others are not answered", async () => {
    const host = await newStack();
    arpFrom(host, { ...request, target: packets.ip("10.0.0.77") });
    expect(sent(host)).toEqual([]);
  });

  test("RFC 5227 section 1.1: a probe is answered, and nothing is learnt from it", async () => {
    const host = await newStack();
    arpFrom(host, { ...request, sender: 0 });
    expect(sent(host).map(({ arp }) => [arp?.operation, arp?.target])).toEqual([[2, 0]]);
  });

  test("RFC 826: who asks for us is remembered, who asks for others is not", async () => {
    const host = await newStack();
    const other = packets.ip("10.0.0.8");
    arpFrom(host, request);
    arpFrom(host, { ...request, sender: other, target: packets.ip("10.0.0.9") });
    sent(host);
    const socket = bind(host, 0, 7);
    send(host, socket, text("a"), PEER);
    send(host, socket, text("b"), other);
    expect(sent(host).map(({ type }) => type)).toEqual([0x0800, 0x0806]);
  });

  test("RFC 826: a known neighbour's new MAC address is taken from any packet", async () => {
    const host = await newStackWithPeer();
    const moved = 0x02005e1000aan;
    arpFrom(host, { ...request, senderMac: moved, target: packets.ip("10.0.0.9") });
    send(host, bind(host, 0, 7), text("x"));
    expect(sent(host).map(({ destination }) => destination)).toEqual([moved]);
  });

  test.each([
    ["hardware type", 15, 2],
    ["protocol type", 16, 9],
    ["hardware address length", 18, 8],
    ["protocol address length", 19, 16],
    ["operation 0", 21, 0],
    ["operation 3", 21, 3],
  ])("RFC 826: wrong %s is dropped", async (_what, at, value) => {
    const host = await newStack();
    const frame = packets.ethernet(
      { destination: OWN_MAC, source: PEER_MAC, type: 0x0806 },
      packets.arp(request),
    );
    frame[at] = value;
    expect(host.input(frame)).toBe(true);
    expect(host.counter("drop.arp.malformed")).toBe(1);
    expect(sent(host)).toEqual([]);
  });

  test("every truncation of a request is dropped", async () => {
    const host = await newStack();
    const frame = packets.ethernet(
      { destination: OWN_MAC, source: PEER_MAC, type: 0x0806 },
      packets.arp(request),
    );
    for (let length = 14; length < frame.length; length++) host.input(frame.slice(0, length));
    expect(host.counter("drop.arp.malformed")).toBe(frame.length - 14);
    expect(sent(host)).toEqual([]);
  });

  test.each([
    ["a group MAC", { senderMac: 0x01005e000001n }],
    ["no MAC", { senderMac: 0n }],
    ["the broadcast address", { sender: packets.ip("10.0.0.255") }],
  ])("a sender with %s is dropped", async (_what, fields) => {
    const host = await newStack();
    arpFrom(host, { ...request, ...fields });
    expect(host.counter("drop.arp.sender")).toBe(1);
    expect(sent(host)).toEqual([]);
  });

  test("RFC 5227 section 2.4: a conflict is counted, reported and defended against once in ten seconds", async () => {
    const host = await newStack();
    const rival = { ...request, senderMac: 0x02005e1000bbn, sender: OWN, target: OWN };
    arpFrom(host, rival);
    host.advance(SECOND_NS);
    arpFrom(host, rival);
    expect(host.counter("drop.arp.conflict")).toBe(2);
    expect(host.lines).toEqual(["arp: address conflict: 02:00:5e:10:00:bb uses our 10.0.0.2"]);
    expect(sent(host).map(({ arp }) => [arp?.sender, arp?.target])).toEqual([[OWN, OWN]]);
    host.advance(10n * SECOND_NS);
    arpFrom(host, rival);
    expect(host.lines.length).toBe(2);
  });

  test("our own announcement that comes back is no conflict", async () => {
    const host = await newStack();
    arpFrom(host, { ...request, senderMac: OWN_MAC, sender: OWN, target: OWN });
    expect(host.counter("drop.arp.own")).toBe(1);
    expect(host.lines).toEqual([]);
  });
});

describe("ARP resolution", () => {
  test("datagrams wait for the answer and then leave in order", async () => {
    const host = await newStack();
    const socket = bind(host, 0, 7);
    for (const word of ["one", "two", "three"]) expect(send(host, socket, text(word))).toBe(0);
    expect(sent(host)).toEqual([
      {
        destination: packets.BROADCAST_MAC,
        source: OWN_MAC,
        type: 0x0806,
        arp: { operation: 1, senderMac: OWN_MAC, sender: OWN, targetMac: 0n, target: PEER },
      },
    ]);
    learnPeer(host);
    const datagrams = sent(host);
    expect(datagrams.map(({ udp }) => new TextDecoder().decode(udp?.payload))).toEqual([
      "one",
      "two",
      "three",
    ]);
    expect(datagrams.every(({ destination }) => destination === PEER_MAC)).toBe(true);
  });

  test("RFC 1122 section 2.3.2.2: the latest frames are kept, older ones make room with a counter", async () => {
    const host = await newStack();
    const socket = bind(host, 0, 7);
    for (let i = 0; i < 6; i++) send(host, socket, text(`${i}`));
    expect(host.counter("drop.arp.queue-full")).toBe(2);
    sent(host);
    learnPeer(host);
    expect(sent(host).map(({ udp }) => new TextDecoder().decode(udp?.payload))).toEqual(["2", "3", "4", "5"]);
  });

  test("RFC 1122 section 2.3.2.1: asked once a second, three times, then the socket hears 'host unreachable'", async () => {
    const host = await newStack();
    const socket = bind(host, 0, 7);
    const start = host.nowNs;
    send(host, socket, text("lost"), PEER, 9);
    for (let i = 0; i < 50; i++) send(host, socket, text("lost too"), PEER, 9);
    host.advance(60n * SECOND_NS);
    expect(host.takeTransmitted().map(({ timeNs }) => (timeNs - start) / SECOND_NS)).toEqual([0n, 1n, 2n]);
    expect(host.counter("drop.arp.unresolved")).toBe(4);
    const events = host.takeEvents();
    expect(events.length).toBe(4);
    expect(events[0]).toMatchObject({ kind: 2, frame: 0, a: socket, b: PEER, c: (9 << 16) | (3 << 8) | 1 });
    expect(host.liveFrames).toBe(0);
  });

  test("after giving up, the next datagram asks again", async () => {
    const host = await newStack();
    const socket = bind(host, 0, 7);
    send(host, socket, text("lost"));
    host.advance(10n * SECOND_NS);
    sent(host);
    send(host, socket, text("again"));
    expect(sent(host).map(({ type }) => type)).toEqual([0x0806]);
    learnPeer(host);
    expect(sent(host).map(({ udp }) => new TextDecoder().decode(udp?.payload))).toEqual(["again"]);
  });

  test("RFC 1122 section 2.3.2.1: after a minute a use asks the neighbour itself, and goes on meanwhile", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    host.advance(59n * SECOND_NS);
    send(host, socket, text("fresh"));
    expect(sent(host).map(({ type }) => type)).toEqual([0x0800]);
    host.advance(2n * SECOND_NS);
    send(host, socket, text("old"));
    send(host, socket, text("older"));
    expect(sent(host).map(({ type, destination }) => [type, destination])).toEqual([
      [0x0806, PEER_MAC],
      [0x0800, PEER_MAC],
      [0x0800, PEER_MAC],
    ]);
    learnPeer(host);
    host.advance(50n * SECOND_NS);
    send(host, socket, text("fresh again"));
    expect(sent(host).map(({ type }) => type)).toEqual([0x0800]);
  });

  test("RFC 1122 section 2.3.2.1: a neighbour that falls silent is forgotten", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    host.advance(91n * SECOND_NS);
    send(host, socket, text("x"));
    expect(sent(host).map(({ type, destination }) => [type, destination])).toEqual([
      [0x0806, packets.BROADCAST_MAC],
    ]);
  });

  test("an idle stack asks for no wake-up once its neighbours are forgotten", async () => {
    const host = await newStackWithPeer();
    host.advance(1000n * SECOND_NS);
    expect(host.deadlineNs).toBe(0xffff_ffff_ffff_ffffn);
    expect(sent(host)).toEqual([]);
  });

  test("more neighbours than the cache has room for: the oldest make room, nothing leaks or grows", async () => {
    const host = await bareStack();
    host.call("configure", 0, packets.ip("10.0.0.2"), 8, 0);
    const socket = bind(host, 0, 7);
    const memory = host.memoryBytes;
    for (let i = 0; i < 3000; i++) send(host, socket, text("x"), packets.ip("10.1.0.0") + i * 7 + 1);
    expect(host.liveFrames).toBe(256);
    expect(host.counter("drop.arp.evicted")).toBe(3000 - 256);
    expect(host.memoryBytes).toBe(memory);
    host.advance(10n * SECOND_NS);
    expect(host.liveFrames).toBe(0);
  });

  test("an interface that loses its address drops what waits, with a counter", async () => {
    const host = await newStack();
    send(host, bind(host, 0, 7), text("x"));
    expect(host.call("configure", 0, 0, 0, 0)).toBe(0);
    expect(host.counter("drop.arp.interface-down")).toBe(1);
    expect(host.liveFrames).toBe(0);
    expect(host.input(ping(text("x")))).toBe(false);
  });

  test("neighbours of one interface are not those of another", async () => {
    const host = await bareStack({}, { mac: 0x02005e100003n });
    host.call("configure", 0, OWN, PREFIX, 0);
    host.call("configure", 1, packets.ip("10.0.1.2"), PREFIX, 0);
    host.takeTransmitted();
    host.input(fromPeer(new Uint8Array(8), { protocol: 17 }, 0x02005e100003n), 1);
    expect(host.counter("drop.ipv4.not-for-us")).toBe(1);
    send(host, bind(host, 0, 7), text("x"), packets.ip("10.0.1.9"));
    const [asked] = host.takeTransmitted();
    expect(asked?.netif).toBe(1);
    expect(packets.parse(asked?.bytes ?? new Uint8Array(14)).source).toBe(0x02005e100003n);
  });
});

describe("floods of neighbours", () => {
  test("a neighbour that we talk to is not driven out, by whatever strangers", async () => {
    const host = await newStackWithPeer();
    host.call("configure", 0, OWN, 16, 0);
    host.takeTransmitted();
    learnPeer(host);
    host.recording = false;
    const socket = bind(host, 0, 7);
    send(host, socket, text("x"));
    const memory = host.memoryBytes;
    let most = 0;
    for (let i = 0; i < 6000; i++) {
      const stranger = packets.ip("10.0.1.0") + (i % 3000);
      // Those who say where they are, and those whose echo has to be delivered.
      if (i % 2 === 0) {
        const question = {
          operation: 1,
          senderMac: 0x02000000aa00n,
          sender: stranger,
          targetMac: 0n,
          target: OWN,
        };
        arpFrom(host, question);
      } else {
        host.input(ping(text("x"), { source: stranger }));
      }
      most = Math.max(most, host.liveFrames);
    }
    expect(host.memoryBytes).toBe(memory);
    expect(most).toBeLessThanOrEqual(4 * 256);
    host.recording = true;
    expect(send(host, socket, text("still there"))).toBe(0);
    expect(sent(host)).toMatchObject([{ destination: PEER_MAC, udp: { payload: text("still there") } }]);
  });

  test("strangers are not learnt at the cost of eight neighbours that we talk to", async () => {
    const host = await newStackWithPeer();
    host.call("configure", 0, OWN, 8, 0);
    const socket = bind(host, 0, 7);
    // These stand in one set: 32 sets, of addresses that differ in what the hash does not see.
    const address = (i: number) => packets.ip("10.0.0.64") + (i << 16);
    for (let i = 0; i < 8; i++) {
      learnPeer(host, address(i));
      send(host, socket, text("x"), address(i));
    }
    host.takeTransmitted();
    const ignored = host.counter("arp.strangers-ignored");
    learnPeer(host, address(8));
    expect(host.counter("arp.strangers-ignored")).toBe(ignored + 1);
    for (let i = 0; i < 8; i++) send(host, socket, text("x"), address(i));
    expect(sent(host).map(({ type }) => type)).toEqual(Array(8).fill(0x0800));
    // But we may talk to a ninth.
    send(host, socket, text("x"), address(8));
    expect(sent(host).map(({ type }) => type)).toEqual([0x0806]);
  });
});
