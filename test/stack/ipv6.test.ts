/** IPv6: what is accepted, extension headers, fragments both ways, the choice of routes and sources (RFC 8200, 6724). */
import { describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import { bytes } from "../support/packets.ts";
import {
  addressAt,
  fragment,
  icmp6,
  ip6,
  nd,
  options,
  type Parsed6,
  routing,
  udp6,
  words,
} from "../support/packets6.ts";
import { bareStack, PEER_MAC, SECOND_NS, text } from "./fixture.ts";
import {
  ALL_NODES,
  addresses6,
  configure6,
  fromPeer6,
  learnPeer6,
  linkLocal,
  newStack6,
  newStackWithPeer6,
  OWN6,
  PEER_LINK,
  PEER6,
  ping6,
  ROUTERS_FLAG,
  routerAdvertisement,
  sent6,
} from "./fixture6.ts";

const NO_NEXT = 59;
const UDP = 17;
const DESTINATION_OPTIONS = 60;
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;

const echoRequest = (payload = text("through"), destination = OWN6) =>
  icmp6({ source: PEER6, destination, type: 128, rest: 7 }, payload);

const echoed = (packets: Parsed6[]) =>
  packets.filter(({ icmp6 }) => icmp6?.type === 129).map(({ icmp6 }) => icmp6?.payload);

/** [code, pointer] of parameter problems. */
const problems = (packets: Parsed6[]) =>
  packets.filter(({ icmp6 }) => icmp6?.type === 4).map(({ icmp6 }) => [icmp6?.code, icmp6?.rest]);

function datagram(payload: Uint8Array, port = 4000, source = PEER6, destination = OWN6): Uint8Array {
  return udp6({ source, destination, sourcePort: 7, destinationPort: port }, payload);
}

function bind6(host: Host, port = 4000): number {
  return host.call("udp_bind", 0, 0, 0, 0, port);
}

function send6(host: Host, socket: number, payload: Uint8Array, to = PEER6): number {
  const frame = host.frame(payload);
  const result = host.call("udp_send", socket, frame, 0, payload.length, ...words(to), 7);
  host.release(frame);
  return result;
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}

describe("packets", () => {
  test.each([
    ["of another version", { version: 4 }, "drop.ipv6.version"],
    ["that claim more than is there", { payloadBytes: 1000 }, "drop.ipv6.payload-length"],
    ["to somebody else", { destination: PEER6 + 5n }, "drop.ipv6.not-for-us"],
    ["to an IPv4-mapped address", { destination: ip6("::ffff:a00:2") }, "drop.ipv6.not-for-us"],
    ["to the loopback address", { destination: 1n }, "drop.ipv6.not-for-us"],
    ["from a group", { source: ALL_NODES }, "drop.ipv6.martian-source"],
    ["from the loopback address", { source: 1n }, "drop.ipv6.martian-source"],
    ["from an IPv4-mapped address", { source: ip6("::ffff:a00:1") }, "drop.ipv6.martian-source"],
    ["from an IPv4-compatible address", { source: ip6("::a00:1") }, "drop.ipv6.martian-source"],
    ["from us", { source: OWN6 }, "drop.icmp6.source"],
    ["from nowhere", { source: 0n }, "drop.icmp6.source"],
  ])("%s are dropped", async (_what, fields, counter) => {
    const host = await newStackWithPeer6();
    const { source = PEER6, destination = OWN6 } = fields as { source?: bigint; destination?: bigint };
    const message = icmp6({ source, destination, type: 128, rest: 7 }, text("x"));
    host.input(fromPeer6({ nextHeader: 58, ...fields }, message));
    expect(sent6(host)).toEqual([]);
    expect(host.counter(counter)).toBe(1);
  });

  test("that are shorter than a header are dropped", async () => {
    const host = await newStack6();
    const frame = fromPeer6({ nextHeader: NO_NEXT }, new Uint8Array());
    for (const length of [14, 30, 53]) host.input(frame.slice(0, length));
    expect(host.counter("drop.ipv6.short")).toBe(3);
  });

  test("may be followed by padding of the link", async () => {
    const host = await newStackWithPeer6();
    host.input(bytes(fromPeer6({ nextHeader: 58 }, echoRequest()), new Uint8Array(20)));
    expect(echoed(sent6(host))).toEqual([text("through")]);
  });

  test("of a protocol that is not there are answered: next header not known, where it stands", async () => {
    const host = await newStackWithPeer6();
    host.input(fromPeer6({ nextHeader: 132 }, new Uint8Array(20)));
    host.input(fromPeer6({ nextHeader: DESTINATION_OPTIONS }, bytes(options(132), new Uint8Array(20))));
    expect(problems(sent6(host))).toEqual([
      [1, 6],
      [1, 40],
    ]);
    expect(host.counter("drop.ipv6.protocol")).toBe(2);
  });

  test("leave a program that has only IPv4 alone", async () => {
    const host = await newStack6();
    configure6(host, 0n, 0, 4);
    expect(host.input(ping6(text("x")))).toBe(false);
  });
});

describe("extension headers", () => {
  test("are gone through in any order, and what they carry is answered without them", async () => {
    const host = await newStackWithPeer6();
    const chain = bytes(
      options(DESTINATION_OPTIONS, 5, 2, 0, 0),
      options(ROUTING, 0x1e, 2, 9, 9),
      routing(DESTINATION_OPTIONS, 0, 0, PEER6),
      options(58),
      echoRequest(),
    );
    host.input(fromPeer6({ nextHeader: HOP_BY_HOP }, chain));
    const packets = sent6(host);
    expect(echoed(packets)).toEqual([text("through")]);
    expect(packets[0]?.nextHeader).toBe(58);
  });

  test.each([
    [0x3e, undefined, undefined],
    [0x7e, "drop.ipv6.option", undefined],
    [0xbe, "drop.ipv6.header-problem", [2, 42]],
    [0xfe, "drop.ipv6.header-problem", [2, 42]],
  ])("an option %i that is not known is treated as its highest bits say", async (type, counter, problem) => {
    const host = await newStackWithPeer6();
    host.input(fromPeer6({ nextHeader: DESTINATION_OPTIONS }, bytes(options(58, type, 0), echoRequest())));
    const packets = sent6(host);
    expect(echoed(packets)).toHaveLength(counter === undefined ? 1 : 0);
    expect(problems(packets)).toEqual(problem === undefined ? [] : [problem]);
    if (counter !== undefined) expect(host.counter(counter)).toBe(1);
  });

  test("to a group only option types 10 are reported", async () => {
    const host = await newStackWithPeer6();
    for (const type of [0xbe, 0xfe]) {
      const payload = bytes(options(58, type, 0), echoRequest(text("x"), ALL_NODES));
      host.input(fromPeer6({ nextHeader: DESTINATION_OPTIONS, destination: ALL_NODES }, payload));
    }
    expect(problems(sent6(host))).toEqual([[2, 42]]);
    expect(host.counter("icmp6.errors-forbidden")).toBe(1);
  });

  test.each([0, 2, 3, 4, 253])("a routing header of type %i with hops left is refused", async (type) => {
    const host = await newStackWithPeer6();
    host.input(fromPeer6({ nextHeader: ROUTING }, bytes(routing(58, type, 1, PEER6), echoRequest())));
    const packets = sent6(host);
    expect(problems(packets)).toEqual([[0, 42]]);
    expect(echoed(packets)).toEqual([]);
  });

  test("hop-by-hop options are only allowed first", async () => {
    const host = await newStackWithPeer6();
    const payload = bytes(options(HOP_BY_HOP), options(58), echoRequest());
    host.input(fromPeer6({ nextHeader: DESTINATION_OPTIONS }, payload));
    expect(problems(sent6(host))).toEqual([[1, 40]]);
  });

  test("no next header: nothing to do, nothing to say", async () => {
    const host = await newStackWithPeer6();
    host.input(fromPeer6({ nextHeader: NO_NEXT }, text("whatever")));
    expect(sent6(host)).toEqual([]);
    expect(host.counter("drop.ipv6.no-next-header")).toBe(1);
  });

  test.each([
    ["that run past the end", bytes(58, 9, 1, 4, 0, 0, 0, 0)],
    ["that are cut", bytes(58, 0, 1)],
    ["whose option runs past the end", bytes(58, 0, 1, 5, 0, 0, 0, 0)],
    ["whose last option is cut", bytes(58, 0, 1, 3, 0, 0, 0, 5)],
  ])("%s are dropped", async (_what, header) => {
    const host = await newStackWithPeer6();
    host.input(fromPeer6({ nextHeader: DESTINATION_OPTIONS }, header));
    expect(sent6(host)).toEqual([]);
    expect(host.counter("drop.ipv6.header-short")).toBe(1);
  });

  test("too many of them, or of options, are dropped", async () => {
    const host = await newStackWithPeer6();
    const eight = Array.from({ length: 8 }, (_, i) => options(i < 7 ? DESTINATION_OPTIONS : 58));
    host.input(fromPeer6({ nextHeader: DESTINATION_OPTIONS }, bytes(...eight, echoRequest())));
    expect(echoed(sent6(host))).toHaveLength(1);
    host.input(
      fromPeer6(
        { nextHeader: DESTINATION_OPTIONS },
        bytes(options(DESTINATION_OPTIONS), ...eight, echoRequest()),
      ),
    );
    host.input(
      fromPeer6({ nextHeader: DESTINATION_OPTIONS }, bytes(58, 12, new Uint8Array(102), echoRequest())),
    );
    expect(sent6(host)).toEqual([]);
    expect(host.counter("drop.ipv6.too-many-headers")).toBe(2);
  });

  test("in front of a datagram are not in its payload", async () => {
    const host = await newStackWithPeer6();
    const socket = bind6(host);
    host.input(fromPeer6({ nextHeader: DESTINATION_OPTIONS }, bytes(options(UDP), datagram(text("behind")))));
    const [event] = host.takeEvents();
    expect(event).toMatchObject({ kind: 3, a: socket, c: 7 | (14 << 16), payload: text("behind") });
  });
});

describe("fragments that come", () => {
  const message = pattern(3000);
  const whole = () => datagram(message);

  /** Pieces of a datagram as [offset, length]. */
  function pieces(
    host: Host,
    id: number,
    cuts: [number, number][],
    payload = whole(),
    end = payload.length,
  ): void {
    for (const [offset, length] of cuts) {
      const part = payload.slice(offset, offset + length);
      host.input(
        fromPeer6({ nextHeader: FRAGMENT }, bytes(fragment(UDP, offset, offset + length < end, id), part)),
      );
    }
  }

  const inOrder: [number, number][] = [
    [0, 1208],
    [1208, 1208],
    [2416, 592],
  ];

  test.each([
    ["in order", inOrder],
    ["from the end", [...inOrder].reverse()],
    ["with one twice", [...inOrder.slice(0, 2), ...inOrder.slice(0, 2), ...inOrder.slice(2)]],
  ])("%s are put together, without a copy", async (_what, cuts) => {
    const host = await newStackWithPeer6();
    bind6(host);
    pieces(host, 1, cuts as [number, number][]);
    const events = host.takeEvents();
    expect(events.map(({ payload }) => payload)).toEqual([message]);
    expect(host.copies).toBe(0);
    // The sender's address is read in the frame's IPv6 header.
    expect(events[0]?.c).toBe(7 | (14 << 16));
  });

  test("a ping in fragments is answered in fragments", async () => {
    const host = await newStackWithPeer6();
    const data = pattern(5000);
    const request = icmp6({ source: PEER6, destination: OWN6, type: 128, rest: 9 }, data);
    for (let offset = 0; offset < request.length; offset += 1448) {
      const part = request.slice(offset, offset + 1448);
      const header = fragment(58, offset, offset + 1448 < request.length, 5);
      host.input(fromPeer6({ nextHeader: FRAGMENT }, bytes(header, part)));
    }
    const answer = reassemble(sent6(host));
    expect(host.copies).toBe(0);
    expect([answer[0], answer.slice(8)]).toEqual([129, data]);
  });

  test("a packet that only looks like a fragment is taken at once (RFC 6946)", async () => {
    const host = await newStackWithPeer6();
    pieces(host, 1, [[0, 1208]]);
    host.input(fromPeer6({ nextHeader: FRAGMENT }, bytes(fragment(58, 0, false, 1), echoRequest())));
    expect(echoed(sent6(host))).toEqual([text("through")]);
    expect(host.counter("ipv6.atomic-fragments")).toBe(1);
  });

  test("that overlap are refused, with all of their packet (RFC 5722)", async () => {
    const host = await newStackWithPeer6();
    bind6(host);
    pieces(host, 1, [[0, 1208], [1200, 1216], ...inOrder]);
    expect(host.takeEvents()).toEqual([]);
    expect(host.counter("drop.reassembly.overlap")).toBeGreaterThan(0);
  });

  test("of a length that is no multiple of 8 are reported, but for the last", async () => {
    const host = await newStackWithPeer6();
    const part = whole().slice(0, 1201);
    host.input(fromPeer6({ nextHeader: FRAGMENT }, bytes(fragment(UDP, 0, true, 1), part)));
    expect(problems(sent6(host))).toEqual([[0, 4]]);
  });

  test("that would make a packet longer than there is are reported", async () => {
    const host = await newStackWithPeer6();
    host.input(
      fromPeer6({ nextHeader: FRAGMENT }, bytes(fragment(UDP, 65528, false, 1), new Uint8Array(16))),
    );
    expect(problems(sent6(host))).toEqual([[0, 42]]);
  });

  test("the first of which does not show the transport's header are reported (RFC 7112)", async () => {
    const host = await newStackWithPeer6();
    const chain = bytes(options(UDP, ...new Array<number>(14).fill(0)), whole());
    host.input(
      fromPeer6(
        { nextHeader: FRAGMENT },
        bytes(fragment(DESTINATION_OPTIONS, 0, true, 1), chain.slice(0, 8)),
      ),
    );
    host.input(fromPeer6({ nextHeader: FRAGMENT }, bytes(fragment(6, 0, true, 2), whole().slice(0, 16))));
    expect(problems(sent6(host))).toEqual([
      [3, 0],
      [3, 0],
    ]);
  });

  test("that are not all there after 30 s are given up; the sender is told if the first one was", async () => {
    const host = await newStackWithPeer6();
    pieces(host, 1, inOrder.slice(0, 2));
    pieces(host, 2, inOrder.slice(1));
    learnPeer6(host);
    host.advance(31n * SECOND_NS);
    const reports = sent6(host).filter(({ icmp6 }) => icmp6?.type === 3);
    expect(reports.map(({ icmp6 }) => icmp6?.code)).toEqual([1]);
    expect(addressAt(reports[0]?.icmp6?.payload ?? new Uint8Array(), 8)).toBe(PEER6);
    host.takeEvents();
    expect(host.liveFrames).toBe(0);
  });

  test("of neighbour discovery are dropped (RFC 6980)", async () => {
    const host = await newStack6();
    const target = bytes(
      icmp6({ source: PEER6, destination: OWN6, type: 135 }, bytes(wordsOf(OWN6), nd.link(1, PEER_MAC))),
    );
    for (const [offset, end] of [
      [0, 16],
      [16, target.length],
    ] as const) {
      const header = fragment(58, offset, end < target.length, 9);
      host.input(
        fromPeer6({ nextHeader: FRAGMENT, hopLimit: 255 }, bytes(header, target.slice(offset, end))),
      );
    }
    expect(sent6(host)).toEqual([]);
    expect(host.counter("drop.nd.fragmented")).toBe(1);
  });

  test("in fragments are dropped", async () => {
    const host = await newStackWithPeer6();
    const inner = bytes(fragment(58, 0, false, 3), echoRequest());
    host.input(
      fromPeer6({ nextHeader: FRAGMENT }, bytes(fragment(FRAGMENT, 0, true, 4), inner.slice(0, 16))),
    );
    host.input(fromPeer6({ nextHeader: FRAGMENT }, bytes(fragment(FRAGMENT, 16, false, 4), inner.slice(16))));
    expect(echoed(sent6(host))).toEqual([]);
  });

  test("a flood of them leaves memory as it is", async () => {
    const host = await newStackWithPeer6();
    const memory = host.memoryBytes;
    host.recording = false;
    const one = fromPeer6({ nextHeader: FRAGMENT }, bytes(fragment(UDP, 0, true, 0), new Uint8Array(1200)));
    for (let i = 0; i < 5000; i++) {
      const frame = one.slice();
      frame[36] = 1 + (i % 97); // of the source
      new DataView(frame.buffer).setUint32(58, i); // identification
      host.input(frame);
    }
    host.recording = true;
    expect(host.memoryBytes).toBe(memory);
    expect(host.liveFrames).toBeLessThan(1100);
    host.advance(60n * SECOND_NS);
    host.takeEvents();
    expect(host.liveFrames).toBe(0);
  });
});

function wordsOf(address: bigint): number[] {
  return words(address).flatMap((word) => [
    word >>> 24,
    (word >>> 16) & 0xff,
    (word >>> 8) & 0xff,
    word & 0xff,
  ]);
}

/** Puts fragments in order together, verifying that they fit. */
function reassemble(packets: Parsed6[]): Uint8Array {
  let all: Uint8Array = new Uint8Array();
  for (const [i, { fragment, payload }] of packets.entries()) {
    expect(fragment?.offset).toBe(all.length);
    expect(fragment?.more).toBe(i < packets.length - 1);
    expect(fragment?.identification).toBe(packets[0]?.fragment?.identification);
    all = bytes(all, payload);
  }
  return all;
}

describe("packets that go", () => {
  test("fit into the MTU or go in fragments, without a copy", async () => {
    const host = await newStackWithPeer6();
    const socket = bind6(host);
    expect(send6(host, socket, pattern(1452))).toBe(0);
    expect(sent6(host).map(({ fragment }) => fragment)).toEqual([undefined]);
    for (const length of [1453, 3000, 65527]) {
      const payload = pattern(length);
      expect(send6(host, socket, payload)).toBe(0);
      const packets = sent6(host);
      expect(packets.length).toBe(Math.ceil((length + 8) / 1448));
      expect(reassemble(packets).slice(8)).toEqual(payload);
    }
    expect(send6(host, socket, pattern(65528))).toBe(-40);
    expect(host.copies).toBe(0);
  });

  test("have identifications that tell nothing", async () => {
    const host = await newStackWithPeer6();
    const socket = bind6(host);
    const found: number[] = [];
    for (let i = 0; i < 8; i++) {
      send6(host, socket, pattern(2000));
      found.push(sent6(host)[0]?.fragment?.identification ?? 0);
    }
    expect(new Set(found).size).toBe(8);
    expect(found.slice(1).some((id, i) => id !== (found[i] ?? 0) + 1)).toBe(true);
  });

  test("have hop limit 64, to groups 1", async () => {
    const host = await newStackWithPeer6();
    const socket = bind6(host);
    send6(host, socket, text("x"));
    send6(host, socket, text("x"), ip6("ff02::1:3"));
    expect(sent6(host).map(({ hopLimit, macDestination }) => [hopLimit, macDestination])).toEqual([
      [64, PEER_MAC],
      [1, 0x333300010003n],
    ]);
  });

  test("want a route, and a destination that is somebody's", async () => {
    const host = await newStackWithPeer6();
    const socket = bind6(host);
    expect(send6(host, socket, text("x"), ip6("2001:db8:ffff::1"))).toBe(-51);
    expect(send6(host, socket, text("x"), ip6("::a00:1"))).toBe(-65);
  });
});

describe("packets to ourselves", () => {
  test.each([
    ["an own address", OWN6],
    ["the loopback address", 1n],
  ])("to %s arrive, also in fragments, and nothing is sent", async (_what, to) => {
    const host = await newStack6();
    const socket = host.call("udp_bind", 0, 0, 0, 0, 7);
    for (const length of [0, 1, 1500, 40_000]) {
      const payload = pattern(length);
      expect(send6(host, socket, payload, to)).toBe(0);
      host.advance(0n);
      const [event] = host.takeEvents();
      expect(event).toMatchObject({ kind: 3, a: socket, c: 7 | (14 << 16) });
      expect(event?.payload).toEqual(payload);
    }
    expect(sent6(host)).toEqual([]);
    // Nobody listens at that port: ICMPv6 says so.
    const other = bind6(host);
    host.call("udp_close", socket);
    send6(host, other, text("x"), to);
    host.advance(0n);
    host.advance(0n);
    expect(host.takeEvents().map(({ kind, a, b, c }) => [kind, a, b, c & 0xffff])).toEqual([
      [4, other, 0x104, 7],
    ]);
  });

  test("the loopback address from outside is not ours", async () => {
    const host = await newStackWithPeer6();
    host.input(ping6(text("x"), { destination: 1n }));
    expect(sent6(host)).toEqual([]);
  });
});

test("a zone chooses the interface of a link-local destination", async () => {
  const host = await bareStack({}, {});
  for (const netif of [0, 1])
    expect(configure6(host, ip6("2001:db8::2") + BigInt(netif), 64, 0, netif)).toBe(0);
  host.advance(5n * SECOND_NS);
  host.takeTransmitted();
  const socket = bind6(host);
  for (const zone of [0n, 1n, 2n]) send6(host, socket, text("x"), PEER_LINK | (zone << 96n));
  expect(host.takeTransmitted().map(({ netif }) => netif)).toEqual([0, 1]);
  expect(send6(host, socket, text("x"), PEER_LINK | (3n << 96n))).toBe(-6);
});

describe("routes by configuration", () => {
  const NET = ip6("2001:db8:5::");
  const add = (host: Host, gateway: bigint, bits = 48, index = 0) =>
    host.call("route_add", ...words(NET), bits, index, ...words(gateway));

  test("lead by a router, or onto the link; the longest prefix counts", async () => {
    const host = await newStackWithPeer6();
    const socket = bind6(host);
    expect(add(host, PEER6)).toBe(0);
    send6(host, socket, text("x"), NET + 9n);
    expect(sent6(host)[0]).toMatchObject({ macDestination: PEER_MAC, destination: NET + 9n });
    expect(add(host, 0n, 64)).toBe(0);
    send6(host, socket, text("x"), NET + 9n);
    expect(addressAt(sent6(host)[0]?.icmp6?.payload ?? new Uint8Array(16), 0)).toBe(NET + 9n);
    expect(host.call("route_remove", ...words(NET), 64, 0)).toBe(0);
    expect(host.call("route_remove", ...words(NET), 48, 0)).toBe(0);
    expect(host.call("route_remove", ...words(NET), 48, 0)).toBe(-3);
    expect(send6(host, socket, text("x"), NET + 9n)).toBe(-51);
  });

  test("are refused twice, by a router off the link, by ourselves, by an interface without IPv6", async () => {
    const host = await newStackWithPeer6();
    expect(add(host, PEER6)).toBe(0);
    expect(add(host, PEER6)).toBe(-17);
    expect(add(host, NET + 1n, 56)).toBe(-22);
    expect(add(host, OWN6, 56)).toBe(-22);
    expect(add(host, PEER6, 56, 1)).toBe(-6);
    expect(add(host, PEER6, 129)).toBe(-22);
  });

  test("addresses can be added and removed as those of IPv4", async () => {
    const host = await newStackWithPeer6();
    expect(host.call("address_add", 0, ...words(OWN6 + 5n), 64)).toBe(0);
    host.advance(3n * SECOND_NS);
    expect(addresses6(host).map(({ address }) => address)).toContain(OWN6 + 5n);
    expect(host.call("address_remove", 0, ...words(OWN6 + 5n))).toBe(0);
    expect(addresses6(host).map(({ address }) => address)).not.toContain(OWN6 + 5n);
  });
});

describe("the source of a packet (RFC 6724)", () => {
  const sourceFor = (host: Host, destination: bigint) =>
    [0, 1, 2, 3]
      .map((word) => host.call("source_for", ...words(destination), word) >>> 0)
      .reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);

  async function stack(...more: bigint[]): Promise<Host> {
    const host = await newStack6({}, ROUTERS_FLAG);
    for (const address of more) expect(configure6(host, address, 64)).toBe(0);
    host.advance(5n * SECOND_NS);
    host.input(routerAdvertisement());
    expect(addresses6(host).every(({ state }) => state === 2)).toBe(true);
    return host;
  }

  test("has the destination's scope", async () => {
    const host = await stack();
    expect(sourceFor(host, PEER_LINK)).toBe(linkLocal(host));
    expect(sourceFor(host, ip6("ff02::5"))).toBe(linkLocal(host));
    expect(sourceFor(host, PEER6)).toBe(OWN6);
    expect(sourceFor(host, ip6("2600::1"))).toBe(OWN6);
    expect(sourceFor(host, ip6("ff0e::5"))).toBe(OWN6);
  });

  test("is of the destination's kind: unique local to unique local", async () => {
    const local = ip6("fd00:1:2:3::4");
    const host = await stack(local);
    expect(sourceFor(host, ip6("fd77::1"))).toBe(local);
    expect(sourceFor(host, ip6("2600::1"))).toBe(OWN6);
  });

  test("has the longest prefix in common with the destination", async () => {
    const other = ip6("2600:1::2");
    const host = await stack(other);
    expect(sourceFor(host, ip6("2600:2::1"))).toBe(other);
    expect(sourceFor(host, ip6("2001:db9::1"))).toBe(OWN6);
  });
});
