/** Neighbour discovery: address resolution, unreachability detection, routers and redirects (RFC 4861). */
import { describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import { bytes } from "../support/packets.ts";
import { addressAt, groupMac, ip6, nd, octets, solicitedNode, words } from "../support/packets6.ts";
import { bareStack, OWN_MAC, PEER_MAC, SECOND_NS, text } from "./fixture.ts";
import {
  ALL_NODES,
  ALL_ROUTERS,
  AUTO_FLAG,
  addresses6,
  advertisement,
  configure6,
  learnPeer6,
  linkLocal,
  message6,
  newStack6,
  newStackWithPeer6,
  OWN6,
  PEER_LINK,
  PEER6,
  ping6,
  ROUTERS_FLAG,
  routerAdvertisement,
  type Sent6,
  sent6,
  solicitation,
} from "./fixture6.ts";

const REMOTE = ip6("2001:db8:ffff::9");
const MS = 1_000_000n;

function bind6(host: Host): number {
  const socket = host.call("udp_bind", 0, 0, 0, 0, 4000);
  expect(socket).toBeGreaterThanOrEqual(0);
  return socket;
}

function send6(host: Host, socket: number, to = PEER6, payload = text("x")): number {
  const frame = host.frame(payload);
  const result = host.call("udp_send", socket, frame, 0, payload.length, ...words(to), 7);
  host.release(frame);
  return result;
}

const solicitations = (packets: Sent6[]) => packets.filter(({ icmp6 }) => icmp6?.type === 135);
const datagrams = (packets: Sent6[]) => packets.filter(({ udp }) => udp !== undefined);
const targetOf = (packet: Sent6 | undefined) => addressAt(packet?.icmp6?.payload ?? new Uint8Array(16), 0);

describe("solicitations to us", () => {
  test("are answered to who asked, with our MAC address, solicited and override", async () => {
    const host = await newStack6();
    host.input(solicitation());
    const [answer, ...more] = sent6(host);
    expect(more).toEqual([]);
    expect(answer).toMatchObject({
      macDestination: PEER_MAC,
      macSource: OWN_MAC,
      source: OWN6,
      destination: PEER6,
      hopLimit: 255,
    });
    expect(answer?.icmp6).toMatchObject({ type: 136, code: 0, rest: 0x60000000 });
    expect(answer?.icmp6?.payload).toEqual(bytes(octets(OWN6), nd.link(2, OWN_MAC)));
  });

  test("of somebody who checks that an address is free are answered to all nodes, not as solicited", async () => {
    const host = await newStack6();
    host.input(solicitation({ source: 0n, options: new Uint8Array() }));
    const [answer] = sent6(host);
    expect(answer).toMatchObject({
      macDestination: groupMac(ALL_NODES),
      destination: ALL_NODES,
      hopLimit: 255,
    });
    expect(answer?.icmp6).toMatchObject({ type: 136, rest: 0x20000000 });
  });

  test.each([
    ["a hop limit that a router has lowered", { hopLimit: 254 }, "drop.nd.hop-limit"],
    ["a code", { code: 1 }, "drop.nd.malformed"],
    ["a multicast target", { target: ip6("ff02::1"), destination: OWN6 }, "drop.nd.target"],
    ["an option of length 0", { options: bytes(1, 0, 0, 0, 0, 0, 0, 0) }, "drop.nd.malformed"],
    ["a cut option", { options: bytes(1, 2, 0, 0, 0, 0, 0, 0) }, "drop.nd.malformed"],
    ["no sender but its MAC address", { source: 0n }, "drop.nd.malformed"],
    [
      "no sender and our own address as destination",
      { source: 0n, destination: OWN6, options: new Uint8Array() },
      "drop.nd.malformed",
    ],
    ["a sender off the link", { source: REMOTE }, "drop.nd.not-a-neighbour"],
    ["a wrong checksum", { checksumError: 1 }, "drop.icmp6.checksum"],
  ])("with %s are dropped", async (_what, fields, counter) => {
    const host = await newStack6();
    host.input(solicitation(fields));
    expect(sent6(host)).toEqual([]);
    expect(host.counter(counter)).toBe(1);
  });

  test("that are too short are dropped", async () => {
    const host = await newStack6();
    host.input(message6({ type: 135, hopLimit: 255 }, new Uint8Array(15)));
    expect(host.counter("drop.nd.malformed")).toBe(1);
  });

  test("without a MAC address are answered after we have asked for it ourselves", async () => {
    const host = await newStack6();
    host.input(solicitation({ options: new Uint8Array() }));
    const [question] = sent6(host);
    expect(question?.icmp6?.type).toBe(135);
    expect(targetOf(question)).toBe(PEER6);
    host.input(advertisement());
    expect(sent6(host).map(({ icmp6 }) => icmp6?.type)).toEqual([136]);
  });
});

describe("resolution", () => {
  test("asks the solicited-node group, from the packet's source, and sends what waited", async () => {
    const host = await newStack6();
    const socket = bind6(host);
    expect(send6(host, socket)).toBe(0);
    const [question, ...more] = sent6(host);
    expect(more).toEqual([]);
    expect(question).toMatchObject({
      macDestination: groupMac(solicitedNode(PEER6)),
      source: OWN6,
      destination: solicitedNode(PEER6),
      hopLimit: 255,
    });
    expect(question?.icmp6?.payload).toEqual(bytes(octets(PEER6), nd.link(1, OWN_MAC)));
    host.input(advertisement());
    const [datagram] = datagrams(sent6(host));
    expect(datagram).toMatchObject({ macDestination: PEER_MAC, source: OWN6, destination: PEER6 });
  });

  test("asks three times, a second apart, then says that the address is unreachable", async () => {
    const host = await newStack6();
    const socket = bind6(host);
    send6(host, socket);
    host.advance(10n * SECOND_NS);
    const asked = solicitations(sent6(host));
    expect(asked).toHaveLength(3);
    expect(asked.map(({ timeNs }) => timeNs - (asked[0]?.timeNs ?? 0n))).toEqual([
      0n,
      SECOND_NS,
      2n * SECOND_NS,
    ]);
    expect(host.counter("drop.nd.unresolved")).toBe(1);
    expect(host.takeEvents().map(({ kind, a }) => [kind, a])).toContainEqual([4, socket]);
  });

  test("keeps a bounded queue, the oldest makes room", async () => {
    const host = await newStack6();
    const socket = bind6(host);
    for (let i = 0; i < 20; i++) send6(host, socket, PEER6, Uint8Array.of(i));
    expect(host.counter("drop.nd.queue-full")).toBe(12);
    sent6(host);
    host.input(advertisement());
    expect(datagrams(sent6(host)).map(({ udp }) => udp?.payload[0])).toEqual([
      12, 13, 14, 15, 16, 17, 18, 19,
    ]);
  });

  test("is not fooled by an advertisement without a MAC address, of a group, or not asked for", async () => {
    const host = await newStack6();
    host.input(advertisement());
    expect(host.counter("drop.nd.unasked")).toBe(1);
    const socket = bind6(host);
    send6(host, socket);
    sent6(host);
    host.input(advertisement({ options: new Uint8Array() }));
    host.input(advertisement({ options: nd.link(2, 0x010000000001n) }));
    host.input(advertisement({ destination: ALL_NODES }));
    expect(host.counter("drop.nd.target")).toBe(1);
    expect(datagrams(sent6(host))).toEqual([]);
  });
});

describe("unreachability detection", () => {
  /** The peer is known, and stale. */
  async function stale(): Promise<{ host: Host; socket: number }> {
    const host = await newStackWithPeer6();
    return { host, socket: bind6(host) };
  }

  test("a stale neighbour is used at once, and asked itself after 5 s", async () => {
    const { host, socket } = await stale();
    send6(host, socket);
    expect(datagrams(sent6(host))).toHaveLength(1);
    host.advance(4900n * MS);
    expect(sent6(host)).toEqual([]);
    host.advance(200n * MS);
    const [probe] = sent6(host);
    expect(probe).toMatchObject({ macDestination: PEER_MAC, destination: PEER6, source: OWN6 });
    expect(targetOf(probe)).toBe(PEER6);
  });

  test("one that answers is left in peace for half a minute or so", async () => {
    const { host, socket } = await stale();
    send6(host, socket);
    host.advance(5n * SECOND_NS);
    host.input(advertisement({ rest: 0x60000000, destination: OWN6 }));
    sent6(host);
    for (let second = 0; second < 20; second++) {
      send6(host, socket);
      host.advance(SECOND_NS);
    }
    expect(solicitations(sent6(host))).toEqual([]);
    host.advance(60n * SECOND_NS);
    send6(host, socket);
    host.advance(6n * SECOND_NS);
    expect(solicitations(sent6(host))).not.toEqual([]);
  });

  test("one that does not answer three questions is forgotten, and then asked for by multicast", async () => {
    const { host, socket } = await stale();
    send6(host, socket);
    host.advance(20n * SECOND_NS);
    const asked = solicitations(sent6(host));
    expect(asked).toHaveLength(3);
    expect(asked.every(({ destination }) => destination === PEER6)).toBe(true);
    expect(host.counter("nd.neighbours-unreachable")).toBe(1);
    send6(host, socket);
    expect(sent6(host)[0]?.destination).toBe(solicitedNode(PEER6));
  });

  test("without override another MAC address is not taken, with it it is", async () => {
    const { host, socket } = await stale();
    const other = 0x02005e1000aan;
    host.input(advertisement({ rest: 0, options: nd.link(2, other), mac: other }));
    send6(host, socket);
    expect(sent6(host)[0]?.macDestination).toBe(PEER_MAC);
    host.input(
      advertisement({ rest: 0x20000000, options: nd.link(2, other), mac: other, destination: ALL_NODES }),
    );
    send6(host, socket);
    expect(datagrams(sent6(host))[0]?.macDestination).toBe(other);
  });

  test("an idle stack asks for no wake-up", async () => {
    const { host, socket } = await stale();
    send6(host, socket);
    host.advance(60n * SECOND_NS);
    expect(host.deadlineNs).toBe(0xffff_ffff_ffff_ffffn);
  });
});

describe("floods", () => {
  test("of questions from made-up neighbours leave memory as it is, and a neighbour in use where it is", async () => {
    const host = await newStackWithPeer6();
    const socket = bind6(host);
    send6(host, socket);
    host.advance(5n * SECOND_NS);
    host.input(advertisement({ rest: 0x60000000, destination: OWN6 }));
    sent6(host);
    const memory = host.memoryBytes;
    host.recording = false;
    for (let i = 0; i < 20_000; i++) {
      const source = ip6("2001:db8::1:0:0") + BigInt(i);
      host.input(solicitation({ source, options: nd.link(1, 0x020000000000n + BigInt(i)) }));
    }
    host.recording = true;
    expect(host.memoryBytes).toBe(memory);
    expect(host.liveFrames).toBe(0);
    send6(host, socket);
    const [datagram, ...more] = sent6(host);
    expect(datagram?.udp).toBeDefined();
    expect(datagram?.macDestination).toBe(PEER_MAC);
    expect(more).toEqual([]);
  });

  test("of packets to addresses that nobody has leave memory as it is, and a neighbour in use where it is", async () => {
    const host = await newStackWithPeer6();
    const socket = bind6(host);
    send6(host, socket);
    host.advance(5n * SECOND_NS);
    host.input(advertisement({ rest: 0x60000000, destination: OWN6 }));
    sent6(host);
    const memory = host.memoryBytes;
    host.recording = false;
    for (let i = 0; i < 5_000; i++) send6(host, socket, ip6("2001:db8::1:0:0") + BigInt(i));
    host.recording = true;
    expect(host.memoryBytes).toBe(memory);
    expect(host.liveFrames).toBeLessThanOrEqual(256);
    send6(host, socket);
    expect(datagrams(sent6(host))[0]?.macDestination).toBe(PEER_MAC);
    host.advance(10n * SECOND_NS);
    host.takeEvents();
    expect(host.liveFrames).toBe(0);
  });

  test("of pings from made-up neighbours do not push out one in use", async () => {
    const host = await newStackWithPeer6();
    const socket = bind6(host);
    send6(host, socket);
    host.advance(5n * SECOND_NS);
    host.input(advertisement({ rest: 0x60000000, destination: OWN6 }));
    host.recording = false;
    for (let i = 0; i < 5_000; i++) {
      const source = ip6("2001:db8::1:0:0") + BigInt(i);
      host.input(solicitation({ source, options: nd.link(1, 0x020000000000n + BigInt(i)) }));
      host.input(ping6(text("x"), { source }));
    }
    host.recording = true;
    host.takeTransmitted();
    send6(host, socket);
    expect(sent6(host).map(({ udp, macDestination }) => [udp !== undefined, macDestination])).toEqual([
      [true, PEER_MAC],
    ]);
  });
});

describe("routers", () => {
  async function autoStack(): Promise<Host> {
    const host = await bareStack();
    expect(configure6(host, 0n, 0, ROUTERS_FLAG | AUTO_FLAG)).toBe(0);
    return host;
  }

  test("are asked for once there is a link-local address, then at growing intervals until one answers", async () => {
    const host = await autoStack();
    host.advance(100n * SECOND_NS);
    const asked = sent6(host).filter(({ icmp6 }) => icmp6?.type === 133);
    expect(asked[0]).toMatchObject({
      source: linkLocal(host),
      destination: ALL_ROUTERS,
      macDestination: groupMac(ALL_ROUTERS),
      hopLimit: 255,
    });
    expect(asked[0]?.icmp6?.payload).toEqual(nd.link(1, OWN_MAC));
    const gaps = asked.slice(1).map(({ timeNs }, i) => Number(timeNs - (asked[i]?.timeNs ?? 0n)) / 1e9);
    expect(gaps.length).toBeGreaterThanOrEqual(3);
    gaps.forEach((gap, i) => {
      expect(gap).toBeGreaterThan(0.9 * 4 * 2 ** i - 0.01);
      expect(gap).toBeLessThan(1.1 * 4 * 2 ** i + 0.01);
    });
    host.input(routerAdvertisement());
    sent6(host);
    host.advance(300n * SECOND_NS);
    expect(sent6(host).filter(({ icmp6 }) => icmp6?.type === 133)).toEqual([]);
  });

  test("are not asked nor believed when nothing but an address was configured", async () => {
    const host = await bareStack();
    configure6(host, OWN6, 64);
    host.advance(10n * SECOND_NS);
    expect(sent6(host).filter(({ icmp6 }) => icmp6?.type === 133)).toEqual([]);
    host.input(routerAdvertisement());
    expect(host.counter("drop.nd.advertisement-unwanted")).toBe(1);
    expect(send6(host, bind6(host), REMOTE)).toBe(-51);
  });

  async function routed(fields = {}): Promise<{ host: Host; socket: number }> {
    const host = await newStack6({}, ROUTERS_FLAG);
    host.input(routerAdvertisement(fields));
    sent6(host);
    return { host, socket: bind6(host) };
  }

  test("that advertise themselves are the way to all that is off the link", async () => {
    const { host, socket } = await routed();
    expect(send6(host, socket, REMOTE)).toBe(0);
    expect(datagrams(sent6(host))[0]).toMatchObject({
      macDestination: PEER_MAC,
      destination: REMOTE,
      source: OWN6,
    });
  });

  test("serve for the time that they say", async () => {
    const { host, socket } = await routed({ lifetime: 30 });
    host.advance(29n * SECOND_NS);
    expect(send6(host, socket, REMOTE)).toBe(0);
    host.advance(2n * SECOND_NS);
    expect(send6(host, socket, REMOTE)).toBe(-51);
  });

  test("that say lifetime 0 are routers no more", async () => {
    const { host, socket } = await routed();
    host.input(routerAdvertisement({ lifetime: 0 }));
    expect(send6(host, socket, REMOTE)).toBe(-51);
  });

  test("that say in an advertisement that they are no routers are none", async () => {
    const { host, socket } = await routed();
    host.input(advertisement({ target: PEER_LINK, rest: 0x20000000, destination: ALL_NODES }));
    expect(send6(host, socket, REMOTE)).toBe(-51);
  });

  test("of higher preference come first, and one that does not answer last", async () => {
    const { host, socket } = await routed();
    const second = ip6("fe80::2");
    const mac = 0x02005e1000aan;
    host.input(routerAdvertisement({ source: second, mac, flags: 0x08, options: nd.link(1, mac) }));
    send6(host, socket, REMOTE);
    expect(datagrams(sent6(host))[0]?.macDestination).toBe(mac);
    // It falls silent: probes go unanswered, and traffic moves on.
    host.advance(10n * SECOND_NS);
    sent6(host);
    send6(host, socket, REMOTE);
    expect(datagrams(sent6(host))[0]?.macDestination).toBe(PEER_MAC);
  });

  test.each([
    ["a sender that is not link-local", { source: PEER6 }, "drop.nd.sender"],
    ["a hop limit that was lowered", { hopLimit: 64 }, "drop.nd.hop-limit"],
    ["a code", { code: 1 }, "drop.nd.malformed"],
    ["a broken option", { options: bytes(3, 0, 0, 0, 0, 0, 0, 0) }, "drop.nd.malformed"],
  ])("with %s are not believed", async (_what, fields, counter) => {
    const { host, socket } = await routed({ ...fields });
    expect(host.counter(counter)).toBe(1);
    expect(send6(host, socket, REMOTE)).toBe(-51);
  });

  test("set MTU and hop limit, within bounds", async () => {
    const { host, socket } = await routed({
      curHopLimit: 100,
      options: bytes(nd.link(1, PEER_MAC), nd.mtu(1400)),
    });
    send6(host, socket, REMOTE);
    expect(datagrams(sent6(host))[0]?.hopLimit).toBe(100);
    host.input(routerAdvertisement({ curHopLimit: 1, options: bytes(nd.link(1, PEER_MAC), nd.mtu(1279)) }));
    host.input(routerAdvertisement({ curHopLimit: 1, options: bytes(nd.link(1, PEER_MAC), nd.mtu(1501)) }));
    send6(host, socket, REMOTE, new Uint8Array(1400 - 48));
    send6(host, socket, REMOTE, new Uint8Array(1400 - 47));
    const [whole, first, second] = sent6(host);
    expect(whole?.hopLimit).toBe(100);
    expect(whole?.fragment).toBeUndefined();
    expect(first?.fragment?.more).toBe(true);
    expect(second?.fragment?.more).toBe(false);
  });

  test("name what is on the link; nothing else is, not even the rest of our own subnet", async () => {
    const host = await autoStack();
    host.advance(5n * SECOND_NS);
    const prefix = ip6("2001:db8:7::");
    host.input(
      routerAdvertisement({ options: bytes(nd.link(1, PEER_MAC), nd.prefix({ prefix, flags: 0x40 })) }),
    );
    host.advance(3n * SECOND_NS);
    sent6(host);
    const socket = bind6(host);
    send6(host, socket, prefix + 9n);
    expect(datagrams(sent6(host))[0]?.macDestination).toBe(PEER_MAC);
    host.input(
      routerAdvertisement({ options: bytes(nd.link(1, PEER_MAC), nd.prefix({ prefix, flags: 0x80 })) }),
    );
    send6(host, socket, prefix + 9n);
    expect(targetOf(solicitations(sent6(host))[0])).toBe(prefix + 9n);
    host.input(
      routerAdvertisement({
        options: bytes(nd.link(1, PEER_MAC), nd.prefix({ prefix, flags: 0x80, valid: 0, preferred: 0 })),
      }),
    );
    send6(host, socket, prefix + 10n);
    expect(datagrams(sent6(host))[0]?.macDestination).toBe(PEER_MAC);
  });

  test("by configuration stay, whatever is advertised", async () => {
    const host = await newStack6();
    expect(host.call("ip6_router", 0, ...words(REMOTE))).toBe(-22);
    expect(host.call("ip6_router", 0, ...words(PEER_LINK))).toBe(0);
    const socket = bind6(host);
    send6(host, socket, REMOTE);
    expect(targetOf(solicitations(sent6(host))[0])).toBe(PEER_LINK);
    expect(host.call("ip6_router", 0, 0, 0, 0, 0)).toBe(0);
    expect(send6(host, socket, REMOTE)).toBe(-51);
  });

  function redirect(fields: {
    source?: bigint;
    target?: bigint;
    destination?: bigint;
    hopLimit?: number;
  }): Uint8Array {
    const { source = PEER_LINK, target = ip6("fe80::2"), destination = REMOTE, hopLimit = 255 } = fields;
    const body = bytes(octets(target), octets(destination), nd.link(2, 0x02005e1000aan));
    return message6({ type: 137, source, hopLimit }, body);
  }

  test("redirect to a better first hop", async () => {
    const { host, socket } = await routed();
    host.input(redirect({}));
    expect(host.counter("nd.redirects-accepted")).toBe(1);
    send6(host, socket, REMOTE);
    send6(host, socket, REMOTE + 1n);
    expect(datagrams(sent6(host)).map(({ macDestination }) => macDestination)).toEqual([
      0x02005e1000aan,
      PEER_MAC,
    ]);
  });

  test.each([
    ["comes from another than the router in use", { source: ip6("fe80::3") }],
    ["comes from a global address", { source: PEER6 }],
    ["names a router that is not link-local", { target: PEER6 }],
    ["is about a group", { destination: ip6("ff0e::1") }],
  ])("a redirect that %s is dropped", async (_what, fields) => {
    const { host, socket } = await routed();
    host.input(redirect(fields));
    expect(host.counter("drop.nd.redirect")).toBe(1);
    send6(host, socket, REMOTE);
    expect(datagrams(sent6(host))[0]?.macDestination).toBe(PEER_MAC);
  });
});

test("what was learnt on an interface is gone with IPv6 there", async () => {
  const host = await newStackWithPeer6();
  const socket = bind6(host);
  send6(host, socket, ip6("2001:db8::77"));
  expect(configure6(host, 0n, 0, 4)).toBe(0);
  expect(host.liveFrames).toBe(0);
  expect(addresses6(host)).toEqual([]);
  expect(host.input(ping6(text("x")))).toBe(false);
  learnPeer6(host);
  expect(send6(host, socket)).toBe(-50);
});
