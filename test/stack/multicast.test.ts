import { describe, expect, test } from "vitest";
import { UdpOption } from "../../src/stack/interface.ts";
import { type Host, onesComplementSum } from "../support/host.ts";
import * as packets from "../support/packets.ts";
import {
  bareStack,
  bind,
  fromPeer,
  newStackWithPeer,
  OWN,
  PEER,
  PREFIX,
  SECOND_NS,
  send,
  text,
  words,
} from "./fixture.ts";
import { newStack6 } from "./fixture6.ts";

const { ip } = packets;
const GROUP = ip("239.1.2.3");
const OTHER = ip("239.1.2.4");
const ALL_HOSTS = ip("224.0.0.1");
const ANY = 0xffffffff;

const groupMac = (group: number) => 0x01005e000000n | BigInt(group & 0x7fffff);

function join(host: Host, socket: number, group = GROUP, netif = ANY): number {
  return host.call("udp_join", socket, ...words(group), netif);
}

function leave(host: Host, socket: number, group = GROUP, netif = ANY): number {
  return host.call("udp_leave", socket, ...words(group), netif);
}

function toGroup(group: number, payload = text("all"), port = 7): Uint8Array {
  const datagram = packets.udp(
    { source: PEER, destination: group, sourcePort: 4000, destinationPort: port },
    payload,
  );
  return fromPeer(datagram, { protocol: 17, destination: group }, groupMac(group));
}

interface Message {
  destination: string;
  mac: bigint;
  /** "22 4 239.1.2.3": type, of version 3 the kind of record, group. */
  what: string;
}

const dotted = (bytes: Uint8Array) => [...bytes].join(".");

/** The IGMP messages that were sent, their headers checked. */
function reports(host: Host): Message[] {
  return host
    .takeTransmitted()
    .map(({ bytes }) => bytes)
    .filter((bytes) => bytes[12] === 8 && bytes[13] === 0 && bytes[23] === 2)
    .map((bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      // RFC 3376 section 4: TTL 1, internetwork control, Router Alert.
      expect([view.getUint8(14), view.getUint8(15), view.getUint8(22)]).toEqual([0x46, 0xc0, 1]);
      expect(view.getUint32(34)).toBe(0x94040000);
      expect(view.getUint16(16)).toBe(bytes.length - 14);
      expect(onesComplementSum(bytes.subarray(14, 38))).toBe(0xffff);
      expect(onesComplementSum(bytes.subarray(38))).toBe(0xffff);
      const type = view.getUint8(38);
      const what =
        type === 0x22
          ? `22 ${view.getUint8(46)} ${dotted(bytes.subarray(50, 54))}`
          : `${type.toString(16)} ${dotted(bytes.subarray(42, 46))}`;
      return {
        destination: dotted(bytes.subarray(30, 34)),
        mac: (BigInt(view.getUint16(0)) << 32n) | BigInt(view.getUint32(2)),
        what,
      };
    });
}

const whats = (host: Host) => reports(host).map(({ what }) => what);

/** A router's question. `code` is the time to answer in tenths of a second; a version 3 query has 4 more bytes. */
function query(host: Host, version: 1 | 2 | 3, code: number, group = 0): void {
  const message = packets.bytes(
    0x11,
    version === 1 ? 0 : code,
    0,
    0,
    group >>> 24,
    (group >>> 16) & 0xff,
    (group >>> 8) & 0xff,
    group & 0xff,
    ...(version === 3 ? [2, 125, 0, 0] : []),
  );
  const sum = ~onesComplementSum(message) & 0xffff;
  message.set([sum >>> 8, sum & 0xff], 2);
  const destination = group === 0 ? ALL_HOSTS : group;
  const options = packets.bytes(0x94, 4, 0, 0);
  host.input(fromPeer(message, { protocol: 2, destination, timeToLive: 1, options }, groupMac(destination)));
}

/** A stack in the group, what it had to say about that said. */
async function member(group = GROUP): Promise<{ host: Host; socket: number }> {
  const host = await newStackWithPeer();
  const socket = bind(host, 0, 7);
  expect(join(host, socket, group)).toBe(0);
  host.advance(5n * SECOND_NS);
  host.takeTransmitted();
  return { host, socket };
}

describe("datagrams to groups", () => {
  test("reach the socket that has joined, until it leaves", async () => {
    const { host, socket } = await member();
    host.input(toGroup(GROUP));
    expect(host.takeEvents()).toMatchObject([{ a: socket, b: PEER, payload: text("all") }]);
    host.input(toGroup(OTHER));
    expect(host.counter("drop.ipv4.not-for-us")).toBe(1);
    expect(leave(host, socket)).toBe(0);
    host.input(toGroup(GROUP));
    expect(host.counter("drop.ipv4.not-for-us")).toBe(2);
    expect(host.takeEvents()).toEqual([]);
  });

  test.each([0, 7])("that are sent here come back too, once they have left (offload %i)", async (offload) => {
    const { host, socket } = await member();
    for (const netif of host.netifs) netif.offload = offload;
    const sender = bind(host, 0, 9);
    // The second leaves in fragments, and comes back whole.
    for (const payload of [text("to all of us"), new Uint8Array(4000).fill(7)]) {
      expect(send(host, sender, payload, GROUP, 7)).toBe(0);
      expect(host.takeEvents()).toEqual([]);
      expect(host.takeTransmitted().length).toBe(payload.length > 1500 ? 3 : 1);
      host.advance(0n);
      expect(host.takeEvents()).toMatchObject([{ a: socket, b: OWN, c: 9, payload }]);
    }
    expect(host.counter("loopback.packets")).toBe(2);
    // Groups that nobody here is in do not.
    send(host, sender, text("x"), OTHER, 7);
    host.advance(0n);
    expect(host.counter("loopback.packets")).toBe(2);
    // Nor does what was under way when the group was left.
    send(host, sender, text("x"), GROUP, 7);
    leave(host, socket);
    host.advance(0n);
    expect(host.takeEvents()).toEqual([]);
  });

  test("do not come back to who does not want it, nor without memory", async () => {
    const { host, socket } = await member();
    expect(host.call("udp_set", socket, UdpOption.MulticastLoop, 0)).toBe(0);
    send(host, socket, text("x"), GROUP, 7);
    host.advance(0n);
    expect(host.takeEvents()).toEqual([]);
    expect(host.call("udp_set", socket, UdpOption.MulticastLoop, 1)).toBe(0);
    host.takeTransmitted();
    host.allocations = 1;
    expect(send(host, socket, text("x"), GROUP, 7)).toBe(0);
    expect(host.takeTransmitted()).toHaveLength(1);
    expect(host.counter("drop.ipv4.no-memory")).toBe(1);
    host.advance(0n);
    expect(host.takeEvents()).toEqual([]);
  });

  test("of IPv6 come back as well", async () => {
    const host = await newStack6();
    const socket = host.call("udp_bind", 0, 0, 0, 0, 7);
    const group = [0xff020000, 0, 0, 0x1234] as const;
    expect(host.call("udp_join", socket, ...group, 0)).toBe(0);
    host.advance(5n * SECOND_NS);
    host.takeTransmitted();
    for (const payload of [text("to all of us"), new Uint8Array(4000).fill(7)]) {
      const frame = host.frame(payload);
      expect(host.call("udp_send", socket, frame, 0, payload.length, ...group, 7)).toBe(0);
      host.release(frame);
      host.takeTransmitted();
      host.advance(0n);
      expect(host.takeEvents()).toMatchObject([{ a: socket, payload }]);
    }
    host.call("udp_close", socket);
  });

  test("that another socket has joined are not for this one, and nobody is told", async () => {
    const { host } = await member();
    bind(host, 0, 8);
    host.input(toGroup(GROUP, text("x"), 8));
    expect(host.takeEvents()).toEqual([]);
    expect(host.counter("drop.udp.no-port")).toBe(1);
    expect(host.takeTransmitted()).toEqual([]);
  });

  test("are heard on the interface of the membership only", async () => {
    const host = await bareStack({}, { mac: 0x02005e100003n });
    host.call("configure", 0, OWN, PREFIX, 0);
    host.call("configure", 1, ip("10.0.1.2"), PREFIX, 0);
    const socket = bind(host, 0, 7);
    expect(join(host, socket, GROUP, 1)).toBe(1);
    host.input(toGroup(GROUP), 0);
    expect(host.takeEvents()).toEqual([]);
    host.input(toGroup(GROUP), 1);
    expect(host.takeEvents()).toMatchObject([{ a: socket }]);
  });

  test("reach a socket that is bound to the group's address", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, GROUP, 7);
    expect(join(host, socket)).toBe(0);
    host.input(toGroup(GROUP));
    expect(host.takeEvents()).toMatchObject([{ a: socket }]);
    host.takeTransmitted();
    expect(send(host, socket, text("answer"))).toBe(0);
    expect(host.takeTransmitted().map(({ bytes }) => packets.parse(bytes).ipv4?.source)).toEqual([OWN]);
  });

  test("RFC 1112 section 6.1: leave with TTL 1, unless the program says otherwise", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    const hops = () => host.takeTransmitted().map(({ bytes }) => packets.parse(bytes).ipv4?.timeToLive);
    send(host, socket, text("x"), GROUP);
    expect(hops()).toEqual([1]);
    expect(host.call("udp_set", socket, 1, 16)).toBe(0);
    send(host, socket, text("x"), GROUP);
    send(host, socket, text("x"));
    expect(hops()).toEqual([16, 16]);
    expect(host.call("udp_set", socket, 1, 0)).toBe(0);
    send(host, socket, text("x"));
    expect(hops()).toEqual([64]);
    expect(host.call("udp_set", socket, 1, 256)).toBe(-22); // EINVAL
    expect(host.call("udp_set", socket, 9, 1)).toBe(-22);
    expect(host.call("udp_set", 0x7fffffff, 1, 1)).toBe(-9); // EBADF
  });

  test("what cannot be joined is refused", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    expect(join(host, socket, PEER)).toBe(-22); // EINVAL
    expect(join(host, 0x7fffffff)).toBe(-9); // EBADF
    expect(join(host, socket, GROUP, 3)).toBe(-6); // ENXIO
    expect(join(host, socket)).toBe(0);
    expect(join(host, socket)).toBe(-48); // EADDRINUSE
    expect(leave(host, socket, OTHER)).toBe(-49); // EADDRNOTAVAIL
    const bare = await bareStack();
    expect(join(bare, bind(bare, 0, 7))).toBe(-50); // ENETDOWN
  });

  test("32 groups and 64 memberships are what there is room for; closing gives them back", async () => {
    const host = await newStackWithPeer();
    const memory = host.memoryBytes;
    for (let round = 0; round < 3; round++) {
      const sockets = [bind(host, 0, 7), bind(host, 0, 8), bind(host, 0, 9)];
      const results = sockets.map((socket) =>
        Array.from({ length: 33 }, (_, i) => join(host, socket, GROUP + i)),
      );
      expect(results.map((all) => all.filter((result) => result === 0).length)).toEqual([32, 32, 0]);
      expect(results.flat().filter((result) => result === -55).length).toBe(99 - 64); // ENOBUFS
      for (const socket of sockets) host.call("udp_close", socket);
      host.advance(5n * SECOND_NS);
    }
    expect(host.memoryBytes).toBe(memory);
    host.input(toGroup(GROUP));
    expect(host.counter("drop.ipv4.not-for-us")).toBe(1);
  });
});

describe("IGMPv3 (RFC 3376)", () => {
  test("section 5.1: joining is told at once and once more within a second, leaving too", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    join(host, socket);
    const v3 = { destination: "224.0.0.22", mac: groupMac(ip("224.0.0.22")) };
    expect(reports(host)).toEqual([{ ...v3, what: "22 4 239.1.2.3" }]);
    host.advance(SECOND_NS + 1_000_000n);
    expect(reports(host)).toEqual([{ ...v3, what: "22 4 239.1.2.3" }]);
    host.advance(100n * SECOND_NS);
    expect(reports(host)).toEqual([]);
    leave(host, socket);
    expect(whats(host)).toEqual(["22 3 239.1.2.3"]);
    host.advance(2n * SECOND_NS);
    expect(whats(host)).toEqual(["22 3 239.1.2.3"]);
    host.advance(100n * SECOND_NS);
    expect(whats(host)).toEqual([]);
  });

  test("only the first to join and the last to leave say so", async () => {
    const { host, socket } = await member();
    const second = bind(host, 0, 8);
    expect(join(host, second)).toBe(0);
    leave(host, socket);
    host.advance(5n * SECOND_NS);
    expect(whats(host)).toEqual([]);
    host.call("udp_close", second);
    expect(whats(host)).toEqual(["22 3 239.1.2.3"]);
  });

  test("224.0.0.1 is never reported", async () => {
    const { host, socket } = await member(ALL_HOSTS);
    query(host, 3, 10);
    host.advance(5n * SECOND_NS);
    leave(host, socket, ALL_HOSTS);
    host.advance(5n * SECOND_NS);
    expect(whats(host)).toEqual([]);
    expect(host.counter("igmp.reports-sent")).toBe(0);
  });

  test("section 5.2: a query is answered for each group, within the time that it allows", async () => {
    const { host, socket } = await member();
    join(host, socket, OTHER);
    host.advance(5n * SECOND_NS);
    host.takeTransmitted();
    query(host, 3, 100);
    expect(whats(host)).toEqual([]);
    host.advance(10n * SECOND_NS);
    expect(whats(host).sort()).toEqual(["22 2 239.1.2.3", "22 2 239.1.2.4"]);
    query(host, 3, 10, OTHER);
    host.advance(SECOND_NS);
    expect(whats(host)).toEqual(["22 2 239.1.2.4"]);
    query(host, 3, 10, ip("239.9.9.9"));
    host.advance(SECOND_NS);
    expect(whats(host)).toEqual([]);
  });

  test("a query that wants its answers at once, over and over, gets five a second for each group", async () => {
    const { host } = await member();
    host.advance(5n * SECOND_NS);
    host.takeTransmitted();
    for (let i = 0; i < 1000; i++) {
      // Of version 3: in version 1 nothing but 0 is said.
      query(host, 3, 0);
      host.advance(SECOND_NS / 1000n);
    }
    const told = whats(host);
    expect(new Set(told)).toEqual(new Set(["22 2 239.1.2.3"]));
    expect(told.length).toBeGreaterThanOrEqual(4);
    expect(told.length).toBeLessThanOrEqual(6);
  });

  test("section 4.1.1: times of more than 12.7 s have an exponent", async () => {
    const { host } = await member();
    query(host, 3, 0xff); // 31 << 10 tenths of a second
    const before = host.nowNs;
    while (whats(host).length === 0) host.advance(SECOND_NS);
    const seconds = Number((host.nowNs - before) / SECOND_NS);
    expect(seconds).toBeGreaterThan(13);
    expect(seconds).toBeLessThanOrEqual(3175);
  });

  test("RFC 2236: a router of version 2 is answered in its version; another's report is enough; then 3 again", async () => {
    const { host, socket } = await member();
    query(host, 2, 10);
    host.advance(SECOND_NS);
    expect(reports(host)).toEqual([{ destination: "239.1.2.3", mac: groupMac(GROUP), what: "16 239.1.2.3" }]);
    query(host, 2, 10);
    const report = packets.bytes(0x16, 0, 0, 0, 239, 1, 2, 3);
    const sum = ~onesComplementSum(report) & 0xffff;
    report.set([sum >>> 8, sum & 0xff], 2);
    host.input(fromPeer(report, { protocol: 2, destination: GROUP, timeToLive: 1 }, groupMac(GROUP)));
    host.advance(SECOND_NS);
    expect(whats(host)).toEqual([]);
    // The other one was the last to report it: leaving is that one's business.
    leave(host, socket);
    host.advance(5n * SECOND_NS);
    expect(whats(host)).toEqual([]);
    join(host, socket);
    host.advance(5n * SECOND_NS);
    host.takeTransmitted();
    leave(host, socket);
    expect(reports(host)).toMatchObject([{ destination: "224.0.0.2", what: "17 239.1.2.3" }]);
    host.advance(261n * SECOND_NS);
    host.takeTransmitted();
    join(host, socket);
    expect(whats(host)).toEqual(["22 4 239.1.2.3"]);
  });

  test("RFC 1112: a router of version 1 hears no leave", async () => {
    const { host, socket } = await member();
    query(host, 1, 0);
    host.advance(10n * SECOND_NS);
    expect(whats(host)).toEqual(["12 239.1.2.3"]);
    leave(host, socket);
    host.advance(5n * SECOND_NS);
    expect(whats(host)).toEqual([]);
  });

  test("an interface that gets its address again says what it is in", async () => {
    const { host } = await member();
    host.call("configure", 0, ip("10.0.0.9"), PREFIX, 0);
    expect(whats(host)).toEqual(["22 4 239.1.2.3"]);
  });

  test.each([
    ["short", packets.bytes(0x11, 0, 0, 0)],
    ["checksum", packets.bytes(0x11, 10, 1, 2, 0, 0, 0, 0)],
    ["unhandled-type", packets.bytes(0x99, 0, 0x66, 0xff, 0, 0, 0, 0)],
  ])("what makes no sense is dropped: %s", async (reason, message) => {
    const { host } = await member();
    host.input(fromPeer(message, { protocol: 2, destination: ALL_HOSTS }, groupMac(ALL_HOSTS)));
    expect(host.counter(`drop.igmp.${reason}`)).toBe(1);
    host.advance(5n * SECOND_NS);
    expect(whats(host)).toEqual([]);
  });

  test("without memory nothing is said, and nothing breaks", async () => {
    const host = await newStackWithPeer();
    host.allocations = 0;
    expect(join(host, bind(host, 0, 7))).toBe(0);
    expect(host.counter("igmp.no-memory")).toBe(1);
    host.allocations = Number.POSITIVE_INFINITY;
    host.advance(2n * SECOND_NS);
    expect(whats(host)).toEqual(["22 4 239.1.2.3"]);
  });
});
