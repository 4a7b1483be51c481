/** Multicast listening (RFC 3810, and RFC 2710 where a router asks so). */
import { describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import { bytes } from "../support/packets.ts";
import {
  addressAt,
  groupMac,
  icmp6,
  ip6,
  octets,
  options,
  type Parsed6,
  solicitedNode,
} from "../support/packets6.ts";
import { bareStack, SECOND_NS, text } from "./fixture.ts";
import {
  ALL_NODES,
  ALL_ROUTERS,
  configure6,
  fromPeer6,
  linkLocal,
  newStack6,
  OWN6,
  PEER_LINK,
  PEER6,
  ping6,
  REMOVE_FLAG,
  sent6,
} from "./fixture6.ts";

const MLD2_ROUTERS = ip6("ff02::16");
const ROUTER_ALERT = [5, 2, 0, 0];

interface QueryFields {
  source?: bigint;
  destination?: bigint;
  group?: bigint;
  hopLimit?: number;
  code?: number;
  version?: 1 | 2;
  alert?: boolean;
}

function query(fields: QueryFields = {}): Uint8Array {
  const { source = PEER_LINK, destination = ALL_NODES, group = 0n, hopLimit = 1, code = 1000 } = fields;
  const { version = 2, alert = true } = fields;
  const body = bytes(octets(group), version === 2 ? [2, 125, 0, 0] : []);
  const message = icmp6({ source, destination, type: 130, rest: code * 0x10000 }, body);
  const payload = alert ? bytes(options(58, ...ROUTER_ALERT), message) : message;
  return fromPeer6({ source, destination, hopLimit, nextHeader: alert ? 0 : 58 }, payload);
}

/** [record type, group] of each report of version 2. */
const records = (packets: Parsed6[]) =>
  packets
    .filter(({ icmp6 }) => icmp6?.type === 143)
    .map(({ icmp6 }) => [icmp6?.payload[0], addressAt(icmp6?.payload ?? new Uint8Array(), 4)]);

const groupsOf = (host: Host) => [solicitedNode(OWN6), solicitedNode(linkLocal(host))];

describe("groups of our addresses", () => {
  test("are reported when they are joined, twice within a second or so, to the routers that listen", async () => {
    const host = await bareStack();
    configure6(host, OWN6, 64);
    host.advance(3n * SECOND_NS);
    const packets = sent6(host).filter(({ icmp6 }) => icmp6?.type === 143);
    for (const group of groupsOf(host)) {
      expect(records(packets).filter(([, of]) => of === group)).toEqual([
        [4, group],
        [4, group],
      ]);
    }
    expect(packets[0]).toMatchObject({
      source: 0n,
      destination: MLD2_ROUTERS,
      macDestination: groupMac(MLD2_ROUTERS),
      hopLimit: 1,
      hopByHop: options(58, ...ROUTER_ALERT),
    });
    expect((packets[1]?.timeNs ?? 0n) - (packets[0]?.timeNs ?? 0n)).toBeLessThanOrEqual(SECOND_NS);
  });

  test("are reported when they are left", async () => {
    const host = await newStack6();
    configure6(host, OWN6, 0, REMOVE_FLAG);
    host.advance(3n * SECOND_NS);
    const group = solicitedNode(OWN6);
    expect(records(sent6(host))).toEqual([
      [3, group],
      [3, group],
    ]);
    expect(host.deadlineNs).toBe(0xffff_ffff_ffff_ffffn);
  });

  test("a router that asks is answered within the time that it gives, from the link-local address", async () => {
    const host = await newStack6();
    host.input(query());
    expect(sent6(host)).toEqual([]);
    host.advance(SECOND_NS);
    const packets = sent6(host);
    expect(new Set(records(packets).map(([type, group]) => `${type} ${group}`))).toEqual(
      new Set(groupsOf(host).map((group) => `2 ${group}`)),
    );
    expect(packets[0]?.source).toBe(linkLocal(host));
    host.advance(20n * SECOND_NS);
    expect(sent6(host)).toEqual([]);
  });

  test("one that wants its answers at once, over and over, gets five a second for each group", async () => {
    const host = await newStack6();
    for (let i = 0; i < 1000; i++) {
      host.input(query({ code: 0 }));
      host.advance(SECOND_NS / 1000n);
    }
    const told = records(sent6(host));
    for (const of of groupsOf(host)) {
      const reports = told.filter(([, group]) => group === of).length;
      expect(reports).toBeGreaterThanOrEqual(4);
      expect(reports).toBeLessThanOrEqual(6);
    }
  });

  test("one that asks about a group is told of that", async () => {
    const host = await newStack6();
    const group = solicitedNode(OWN6);
    host.input(query({ group, destination: group }));
    host.input(query({ group: ip6("ff02::1:ff99:9999") }));
    host.advance(SECOND_NS);
    expect(records(sent6(host))).toEqual([[2, group]]);
  });

  test("the code of a long delay is a floating-point number (RFC 3810 section 5.1.3)", async () => {
    const host = await newStack6();
    // (0x1fff << 10) ms: 2 hours and a bit.
    host.input(query({ code: 0xffff }));
    host.advance(8388n * SECOND_NS);
    expect(records(sent6(host))).toHaveLength(2);
  });

  test.each([
    ["a hop limit that could come from far", { hopLimit: 2 }],
    ["a global sender", { source: PEER6 }],
    ["no router alert", { alert: false }],
  ])("a query with %s is dropped", async (_what, fields) => {
    const host = await newStack6();
    host.input(query(fields));
    host.advance(2n * SECOND_NS);
    expect(sent6(host)).toEqual([]);
    expect(host.counter("drop.mld.sender")).toBe(1);
  });

  test("a query of a length between the versions is dropped", async () => {
    const host = await newStack6();
    const message = icmp6({ source: PEER_LINK, destination: ALL_NODES, type: 130 }, new Uint8Array(18));
    const payload = bytes(options(58, ...ROUTER_ALERT), message);
    host.input(fromPeer6({ source: PEER_LINK, destination: ALL_NODES, hopLimit: 1, nextHeader: 0 }, payload));
    host.advance(20n * SECOND_NS);
    expect(sent6(host)).toEqual([]);
    expect(host.counter("drop.mld.malformed")).toBe(1);
  });
});

describe("a router of version 1", () => {
  test("gets reports of version 1, to the group itself", async () => {
    const host = await newStack6();
    const group = solicitedNode(OWN6);
    host.input(query({ version: 1, group, destination: group }));
    host.advance(SECOND_NS);
    const [report, ...more] = sent6(host);
    expect(more).toEqual([]);
    expect(report).toMatchObject({ destination: group, macDestination: groupMac(group), hopLimit: 1 });
    expect(report?.icmp6?.type).toBe(131);
    expect(addressAt(report?.icmp6?.payload ?? new Uint8Array(), 0)).toBe(group);
  });

  test("hears nothing from us when another host has reported already, and is told when we go", async () => {
    const host = await newStack6();
    const group = solicitedNode(OWN6);
    host.input(query({ version: 1, group, destination: group, code: 1000 }));
    const message = icmp6({ source: PEER_LINK, destination: group, type: 131 }, bytes(octets(group)));
    const payload = bytes(options(58, ...ROUTER_ALERT), message);
    host.input(fromPeer6({ source: PEER_LINK, destination: group, hopLimit: 1, nextHeader: 0 }, payload));
    host.advance(2n * SECOND_NS);
    expect(sent6(host)).toEqual([]);
    expect(host.counter("mld.reports-suppressed")).toBe(1);
    // We were not the last to report, so we do not say goodbye; after the next report of ours we do.
    host.input(query({ version: 1, group, destination: group, code: 1000 }));
    host.advance(2n * SECOND_NS);
    sent6(host);
    configure6(host, OWN6, 0, REMOVE_FLAG);
    const [done] = sent6(host);
    expect(done).toMatchObject({ destination: ALL_ROUTERS, hopLimit: 1 });
    expect(done?.icmp6?.type).toBe(132);
  });

  test("is forgotten after 260 s", async () => {
    const host = await newStack6();
    host.input(query({ version: 1 }));
    host.advance(261n * SECOND_NS);
    sent6(host);
    host.input(query());
    host.advance(SECOND_NS);
    expect(records(sent6(host))).toHaveLength(2);
  });
});

test("packets to groups that we are in are heard, others are not", async () => {
  const host = await newStack6();
  for (const destination of [ALL_NODES, solicitedNode(OWN6)]) {
    host.input(ping6(text("x"), { destination }));
  }
  expect(sent6(host).filter(({ icmp6 }) => icmp6?.type === 135)).toHaveLength(1);
  expect(host.counter("icmp6.echoes")).toBe(2);
  for (const destination of [ALL_ROUTERS, ip6("ff02::1:ff77:7777"), ip6("ff01::1"), ip6("ff05::2")]) {
    host.input(ping6(text("x"), { destination }));
  }
  expect(host.counter("drop.ipv6.not-member")).toBe(4);
});
