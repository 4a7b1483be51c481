import { describe, expect, test } from "vitest";
import { type Host, onesComplementSum, Trap } from "../support/host.ts";
import * as packets from "../support/packets.ts";
import {
  bareStack,
  bind,
  fromPeer,
  learnPeer,
  newStack,
  newStackWithPeer,
  OWN,
  PEER,
  PEER_MAC,
  PREFIX,
  send,
  sent,
  text,
  udpFromPeer,
  words,
} from "./fixture.ts";

const { ip } = packets;
const EBADF = -9;
const EINVAL = -22;
const EMFILE = -24;
const EISCONN = -56;
const EMSGSIZE = -40;
const EADDRINUSE = -48;
const EADDRNOTAVAIL = -49;
const ENOBUFS = -55;

describe("UDP receive", () => {
  test("RFC 768: a datagram reaches its socket, in place", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    host.input(udpFromPeer(text("hello")));
    expect(host.events).toMatchObject([{ kind: 1, offset: 42, length: 5, a: socket, b: PEER, c: 4000 }]);
    expect(host.copies).toBe(0);
    expect(host.takeEvents()).toMatchObject([{ payload: text("hello") }]);
  });

  test("an empty datagram is one", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    host.input(udpFromPeer(text("")));
    expect(host.takeEvents()).toMatchObject([{ kind: 1, length: 0 }]);
  });

  test("RFC 768: checksum 0 means that there is none", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    host.input(udpFromPeer(text("unchecked"), { checksum: 0 }));
    expect(host.takeEvents().length).toBe(1);
  });

  test("RFC 1122 section 4.1.3.4: a wrong checksum is dropped, without an ICMP message", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    const frame = udpFromPeer(text("damaged"));
    for (let bit = 0; bit < 8 * 7; bit++) {
      const damaged = frame.slice();
      const at = 42 + (bit >>> 3);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (bit & 7));
      host.input(damaged);
    }
    expect(host.counter("drop.udp.checksum")).toBe(8 * 7);
    expect(host.takeEvents()).toEqual([]);
    expect(sent(host)).toEqual([]);
  });

  test("RFC 768: the pseudo header is part of the sum", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    const datagram = packets.udp(
      { source: ip("10.0.0.9"), destination: OWN, sourcePort: 4000, destinationPort: 7 },
      text("x"),
    );
    const packet = packets.ipv4({ source: PEER, destination: OWN, protocol: 17 }, datagram);
    host.input(packets.ethernet({ destination: 0x02005e100002n, source: PEER_MAC, type: 0x0800 }, packet));
    expect(host.counter("drop.udp.checksum")).toBe(1);
  });

  test("a checksum that the interface card has verified is believed", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    host.input(udpFromPeer(text("x"), { checksum: 1 }), 0, { flags: 0x0003 });
    expect(host.takeEvents().length).toBe(1);
  });

  test.each([
    ["a length below 8", 7],
    ["length 0", 0],
    ["a length beyond the packet", 14],
    ["a huge length", 65535],
  ])("%s is malformed", async (_what, length) => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    host.input(udpFromPeer(text("hello"), { length, checksum: 0 }));
    expect(host.counter("drop.udp.malformed")).toBe(1);
    expect(host.takeEvents()).toEqual([]);
    expect(sent(host)).toEqual([]);
  });

  test("a length below what the packet holds: the rest is not part of the datagram", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    host.input(udpFromPeer(text("hello"), { length: 10, checksum: 0 }));
    expect(host.takeEvents()).toMatchObject([{ payload: text("he") }]);
  });

  test("when the application is behind, datagrams are dropped with a counter", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    host.eventRoom = 3;
    for (let i = 0; i < 5; i++) host.input(udpFromPeer(text("x")));
    expect(host.counter("drop.udp.queue-full")).toBe(2);
    expect(host.liveFrames).toBe(3);
  });
});

describe("UDP sockets", () => {
  test("a port has one socket", async () => {
    const host = await newStack();
    const socket = bind(host, 0, 7);
    expect(socket).toBeGreaterThanOrEqual(0);
    expect(host.call("udp_port", socket)).toBe(7);
    expect(bind(host, 0, 7)).toBe(EADDRINUSE);
    expect(bind(host, OWN, 7)).toBe(EADDRINUSE);
    expect(bind(host, 0, 8)).toBeGreaterThanOrEqual(0);
  });

  test("a closed socket is gone, its port free, its number never valid again", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    expect(host.call("udp_close", socket)).toBe(0);
    expect(host.call("udp_close", socket)).toBe(EBADF);
    const next = bind(host, 0, 7);
    expect(next).toBeGreaterThanOrEqual(0);
    expect(next).not.toBe(socket);
    expect(host.call("udp_port", socket)).toBe(EBADF);
    expect(send(host, socket, text("x"))).toBe(EBADF);
    host.input(udpFromPeer(text("x")));
    expect(host.takeEvents()).toMatchObject([{ a: next }]);
  });

  test.each([-1, 255, 256, 0x7fffffff, -9])("%i is no socket", async (socket) => {
    const host = await newStack();
    expect(host.call("udp_port", socket)).toBe(EBADF);
    expect(host.call("udp_close", socket)).toBe(EBADF);
    expect(send(host, socket, text("x"))).toBe(EBADF);
  });

  test("one port on two addresses: each gets its own", async () => {
    const host = await bareStack({}, { mac: 0x02005e100003n });
    host.call("configure", 0, OWN, PREFIX, 0);
    host.call("configure", 1, ip("10.0.1.2"), PREFIX, 0);
    const first = bind(host, OWN, 7);
    const second = bind(host, ip("10.0.1.2"), 7);
    expect(second).toBeGreaterThanOrEqual(0);
    host.takeTransmitted();
    host.input(udpFromPeer(text("x")));
    expect(host.takeEvents()).toMatchObject([{ a: first }]);
    expect(send(host, second, text("x"), PEER)).toBe(EADDRNOTAVAIL);
  });

  test("only own addresses, only 16 bits of port", async () => {
    const host = await newStack();
    expect(bind(host, PEER, 7)).toBe(EADDRNOTAVAIL);
    expect(bind(host, 0, 65536)).toBe(EINVAL);
    expect(bind(host, 0, -1)).toBe(EINVAL);
    expect(bind(host, 0, 65535)).toBeGreaterThanOrEqual(0);
  });

  test("RFC 6335 section 6: port 0 is given a free dynamic port", async () => {
    const host = await newStack();
    const sockets = Array.from({ length: 200 }, () => bind(host, 0, 0));
    const ports = new Set(sockets.map((socket) => host.call("udp_port", socket)));
    expect(ports.size).toBe(200);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(49152);
    expect(Math.max(...ports)).toBeLessThanOrEqual(65535);
  });

  test("the table is full after 256 sockets, and usable again after a close", async () => {
    const host = await newStackWithPeer();
    const sockets = Array.from({ length: 256 }, (_, i) => bind(host, 0, 1000 + i));
    expect(bind(host, 0, 5000)).toBe(EMFILE);
    for (const [i, socket] of sockets.entries()) {
      host.input(udpFromPeer(text("x"), { destinationPort: 1000 + i }));
      expect(host.takeEvents()).toMatchObject([{ a: socket }]);
    }
    for (const socket of sockets) expect(host.call("udp_close", socket)).toBe(0);
    const memory = host.memoryBytes;
    for (let i = 0; i < 10_000; i++) host.call("udp_close", bind(host, 0, 0));
    expect(host.memoryBytes).toBe(memory);
    expect(bind(host, 0, 5000)).toBeGreaterThanOrEqual(0);
  });

  test("closing any socket of a chain leaves the others reachable", async () => {
    const ports = [7, 7 + 256, 7 + 512, 7 + 768];
    for (const closed of ports) {
      const host = await newStackWithPeer();
      const sockets = new Map(ports.map((port) => [port, bind(host, 0, port)]));
      host.call("udp_close", sockets.get(closed) ?? -1);
      for (const port of ports) host.input(udpFromPeer(text("x"), { destinationPort: port }));
      expect(host.takeEvents().map(({ a }) => a)).toEqual(
        ports.filter((port) => port !== closed).map((port) => sockets.get(port)),
      );
    }
  });
});

describe("connected UDP sockets", () => {
  const connect = (host: Host, socket: number, address: number, port: number) =>
    host.call("udp_connect", socket, ...words(address), port);
  /** To where it is connected. */
  const reply = (host: Host, socket: number, payload: Uint8Array) => {
    const frame = host.frame(payload);
    const result = host.call("udp_send", socket, frame, 0, payload.length, 0, 0, 0, 0, 0);
    host.release(frame);
    return result;
  };

  test("send to their peer, and hear nobody else", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    expect(reply(host, socket, text("x"))).toBe(EINVAL);
    expect(connect(host, socket, PEER, 4000)).toBe(0);
    expect(reply(host, socket, text("to the peer"))).toBe(0);
    expect(sent(host)).toMatchObject([
      { ipv4: { destination: PEER }, udp: { destinationPort: 4000, payload: text("to the peer") } },
    ]);
    expect(send(host, socket, text("x"), PEER, 4001)).toBe(EISCONN);
    host.input(udpFromPeer(text("peer")));
    host.input(udpFromPeer(text("another port"), { sourcePort: 4001 }));
    host.input(udpFromPeer(text("another host"), {}, { source: ip("10.0.0.9") }));
    expect(host.takeEvents().map(({ payload }) => payload)).toEqual([text("peer")]);
    // RFC 1122 section 4.1.3.1: for the others nobody is at the port.
    expect(host.counter("drop.udp.no-port")).toBe(2);
    host.takeTransmitted();
  });

  test("can be disconnected and connected elsewhere", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    connect(host, socket, PEER, 4000);
    expect(connect(host, socket, ip("10.0.0.9"), 5000)).toBe(0);
    host.input(udpFromPeer(text("x")));
    expect(host.takeEvents()).toEqual([]);
    expect(connect(host, socket, 0, 0)).toBe(0);
    host.input(udpFromPeer(text("x")));
    expect(host.takeEvents()).toMatchObject([{ a: socket }]);
    expect(send(host, socket, text("x"), PEER, 4001)).toBe(0);
  });

  test("hear of errors about their peer only", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    connect(host, socket, PEER, 4000);
    const error = (destination: number, destinationPort: number) => {
      const fields = { source: OWN, destination, sourcePort: 7, destinationPort };
      const quoted = packets.ipv4({ ...fields, protocol: 17 }, packets.udp(fields, text("")));
      host.input(fromPeer(packets.icmp({ type: 3, code: 3 }, quoted), { protocol: 1 }));
    };
    error(ip("10.0.0.9"), 4000);
    error(PEER, 4001);
    expect(host.takeEvents()).toEqual([]);
    expect(host.counter("icmp.errors-unmatched")).toBe(2);
    error(PEER, 4000);
    expect(host.takeEvents()).toMatchObject([{ kind: 2, a: socket, b: PEER }]);
  });

  test("need a peer that can be reached", async () => {
    const host = await bareStack();
    const socket = bind(host, 0, 7);
    expect(connect(host, socket, PEER, 4000)).toBe(-50); // ENETDOWN
    host.call("configure", 0, OWN, PREFIX, 0);
    expect(connect(host, socket, ip("192.0.2.1"), 4000)).toBe(-51); // ENETUNREACH
    expect(connect(host, socket, PEER, 0)).toBe(EINVAL);
    expect(connect(host, socket, PEER, 65536)).toBe(EINVAL);
    expect(connect(host, 0x7fffffff, PEER, 1)).toBe(EBADF);
  });

  test("100 peers at once, more than ways are remembered: each gets its own", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    const peers = Array.from({ length: 100 }, (_, i) => ip("10.0.0.50") + i);
    for (const peer of peers) learnPeer(host, peer, 0x020000000000n + BigInt(peer & 0xff));
    for (let round = 0; round < 3; round++) {
      for (const peer of peers) send(host, socket, text("x"), peer);
      expect(sent(host).map(({ destination }) => destination)).toEqual(
        peers.map((peer) => 0x020000000000n + BigInt(peer & 0xff)),
      );
    }
  });
});

describe("UDP send", () => {
  test.each([0, 1, 2, 5, 1471, 1472])(
    "%i bytes leave by reference, with the right checksums",
    async (size) => {
      const host = await newStackWithPeer();
      const socket = bind(host, 0, 7);
      const payload = Uint8Array.from({ length: size }, (_, i) => i * 3);
      expect(send(host, socket, payload)).toBe(0);
      const [frame] = host.transmitted;
      if (size > 0) expect(frame?.segments[1]?.buffer).toBe(payload.buffer);
      expect(host.copies).toBe(0);
      expect(sent(host)).toMatchObject([
        {
          destination: PEER_MAC,
          ipv4: { source: OWN, destination: PEER, timeToLive: 64, protocol: 17 },
          udp: { sourcePort: 7, destinationPort: 4000, payload },
        },
      ]);
    },
  );

  test("a part of a received frame is sent back without a copy: echo", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    const frame = udpFromPeer(text("echo me"));
    host.input(frame);
    const [event] = host.events.splice(0);
    if (!event) throw new Error("no event");
    expect(
      host.call("udp_send", socket, event.frame, event.offset, event.length, ...words(event.b), event.c),
    ).toBe(0);
    host.release(event.frame);
    expect(host.transmitted[0]?.segments[1]?.buffer).toBe(frame.buffer);
    expect(sent(host)).toMatchObject([{ udp: { destinationPort: 4000, payload: text("echo me") } }]);
    expect(host.copies).toBe(0);
  });

  test("no payload at all is an empty datagram", async () => {
    const host = await newStackWithPeer();
    expect(host.call("udp_send", bind(host, 0, 7), 0, 0, 0, ...words(PEER), 9)).toBe(0);
    expect(sent(host)).toMatchObject([{ udp: { payload: text("") } }]);
  });

  test("RFC 768: a checksum that comes out as 0 is sent as 0xffff", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    // The payload makes up what is missing to a sum of all ones.
    const rest = packets.udp(
      { source: OWN, destination: PEER, sourcePort: 7, destinationPort: 4000 },
      packets.bytes(0, 0),
    );
    const missing = new DataView(rest.buffer).getUint16(6);
    send(host, socket, packets.bytes(missing >>> 8, missing & 0xff));
    expect(sent(host)[0]?.udp?.checksum).toBe(0xffff);
  });

  test("the interface card makes the checksum if it can", async () => {
    const host = await newStackWithPeer({ offload: 0x10 });
    const socket = bind(host, 0, 7);
    send(host, socket, text("offloaded"));
    expect(host.transmitted.map(({ offloaded }) => offloaded)).toEqual([true]);
    expect(sent(host)).toMatchObject([{ udp: { payload: text("offloaded") } }]);
  });

  test("RFC 6864: consecutive datagrams have different identifications", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    for (let i = 0; i < 100; i++) send(host, socket, text("x"));
    expect(new Set(sent(host).map(({ ipv4 }) => ipv4?.identification)).size).toBe(100);
  });

  test("what does not fit is refused, nothing is sent", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    expect(host.call("udp_max_payload", ...words(PEER))).toBe(65507);
    expect(send(host, socket, new Uint8Array(65508))).toBe(EMSGSIZE);
    expect(send(host, socket, new Uint8Array(70_000))).toBe(EMSGSIZE);
    expect(sent(host)).toEqual([]);
    expect(host.liveFrames).toBe(0);
  });

  test.each([
    ["port 0", [0, 1, ...words(PEER), 0]],
    ["port 65536", [0, 1, ...words(PEER), 65536]],
    ["an offset behind the end", [6, 0, ...words(PEER), 9]],
    ["a length behind the end", [1, 5, ...words(PEER), 9]],
    ["a length that wraps around", [1, 0xffffffff, ...words(PEER), 9]],
  ])("%s is EINVAL", async (_what, args) => {
    const host = await newStackWithPeer();
    const frame = host.frame(text("12345"));
    expect(host.call("udp_send", bind(host, 0, 7), frame, ...args)).toBe(EINVAL);
    host.release(frame);
    expect(sent(host)).toEqual([]);
  });

  test("a released payload traps", async () => {
    const host = await newStackWithPeer();
    const frame = host.frame(text("gone"));
    host.release(frame);
    expect(() => host.call("udp_send", bind(host, 0, 7), frame, 0, 4, ...words(PEER), 9)).toThrow(Trap);
  });

  test("without memory: ENOBUFS, and nothing leaks", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    host.allocations = 0;
    expect(send(host, socket, text("x"))).toBe(ENOBUFS);
    expect(host.counter("drop.udp.no-memory")).toBe(1);
  });

  test("a link that refuses: ENOBUFS", async () => {
    const host = await newStackWithPeer();
    host.linkUp = false;
    expect(send(host, bind(host, 0, 7), text("x"))).toBe(ENOBUFS);
  });
});

test("the test's own checksum agrees with the example in RFC 1071 section 3", () => {
  expect(onesComplementSum(packets.bytes(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7))).toBe(0xddf2);
});
