/** Addresses: duplicate detection, those that are made of advertised prefixes, their lifetimes (RFC 4862, 7217, 7527). */
import { describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import { bytes } from "../support/packets.ts";
import { addressAt, groupMac, ip6, nd, solicitedNode, words } from "../support/packets6.ts";
import { bareStack, PEER_MAC, SECOND_NS, text } from "./fixture.ts";
import {
  ALL_NODES,
  AUTO_FLAG,
  addresses6,
  advertisement,
  configure6,
  linkLocal,
  newStack6,
  OWN6,
  ping6,
  REMOVE_FLAG,
  ROUTERS_FLAG,
  routerAdvertisement,
  State,
  sent6,
  solicitation,
} from "./fixture6.ts";

const PREFIX6 = ip6("2001:db8:7::");
const UP = 32;
const DUPLICATE = 33;
const DOWN = 34;

async function autoStack(secret?: bigint): Promise<Host> {
  const host = await bareStack();
  if (secret !== undefined) host.call("ip6_secret", ...words(secret));
  expect(configure6(host, 0n, 0, ROUTERS_FLAG | AUTO_FLAG)).toBe(0);
  host.advance(5n * SECOND_NS);
  return host;
}

function advertisePrefix(host: Host, fields: Partial<Parameters<typeof nd.prefix>[0]> = {}): void {
  host.input(
    routerAdvertisement({ options: bytes(nd.link(1, PEER_MAC), nd.prefix({ prefix: PREFIX6, ...fields })) }),
  );
}

const made = (host: Host, prefix = PREFIX6) =>
  addresses6(host).filter(({ address }) => address >> 64n === prefix >> 64n);

describe("duplicate address detection", () => {
  test("asks once with a nonce, from nowhere, waits a second, and then uses the address", async () => {
    const host = await bareStack();
    expect(configure6(host, OWN6, 64)).toBe(0);
    expect(addresses6(host).map(({ state }) => state)).toEqual([State.Tentative, State.Tentative]);
    host.advance(SECOND_NS);
    const asked = sent6(host).filter(({ icmp6 }) => icmp6?.type === 135);
    expect(asked.length).toBe(2);
    for (const { source, destination, macDestination, hopLimit, icmp6 } of asked) {
      const target = addressAt(icmp6?.payload ?? new Uint8Array(), 0);
      expect([source, destination, hopLimit]).toEqual([0n, solicitedNode(target), 255]);
      expect(macDestination).toBe(groupMac(destination));
      expect([...(icmp6?.payload.slice(16, 18) ?? [])]).toEqual([14, 1]);
    }
    host.advance(SECOND_NS);
    expect(addresses6(host).map(({ state }) => state)).toEqual([State.Preferred, State.Preferred]);
    // Everyone hears where the address is now, whoever had it before.
    const told = sent6(host).filter(({ source, icmp6 }) => source === OWN6 && icmp6?.type === 136);
    expect(told).toMatchObject([{ destination: ALL_NODES, macDestination: groupMac(ALL_NODES) }]);
    expect(told[0]?.icmp6?.rest).toBe(0x20000000);
    const events = host.takeEvents().map(({ kind, a }) => [kind, a]);
    expect(events).toEqual([
      [UP, 0],
      [UP, 0],
    ]);
  });

  test("a tentative address neither answers nor is sent from", async () => {
    const host = await bareStack();
    configure6(host, OWN6, 64);
    host.input(ping6(text("x")));
    host.input(solicitation());
    expect(host.counter("drop.ipv6.tentative")).toBe(1);
    expect(host.counter("drop.nd.tentative")).toBe(1);
    expect(sent6(host).filter(({ icmp6 }) => icmp6?.type === 129 || icmp6?.type === 136)).toEqual([]);
    expect(host.call("udp_bind", ...words(OWN6), 4000)).toBe(-49);
  });

  test.each([
    ["advertises it", () => advertisement({ target: OWN6, destination: ALL_NODES, rest: 0x20000000 })],
    ["checks it at the same time", () => solicitation({ source: 0n, options: nd.nonce(0x112233445566n) })],
  ])("an address is not used when somebody %s", async (_what, frame) => {
    const host = await bareStack();
    configure6(host, OWN6, 64);
    host.advance(SECOND_NS);
    host.input(frame());
    host.advance(5n * SECOND_NS);
    expect(addresses6(host).find(({ address }) => address === OWN6)?.state).toBe(State.Duplicate);
    expect(host.takeEvents().map(({ kind }) => kind)).toContain(DUPLICATE);
    expect(host.lines.join("\n")).toMatch(/duplicate/);
    host.input(ping6(text("x")));
    expect(sent6(host).filter(({ icmp6 }) => icmp6?.type === 129)).toEqual([]);
  });

  test("our own question, which the link gives back, is no objection", async () => {
    const host = await bareStack();
    configure6(host, OWN6, 64);
    host.advance(SECOND_NS);
    for (const { bytes } of host.takeTransmitted()) host.input(bytes);
    expect(host.counter("drop.nd.looped-back")).toBe(2);
    host.advance(2n * SECOND_NS);
    expect(addresses6(host).map(({ state }) => state)).toEqual([State.Preferred, State.Preferred]);
  });

  test("who only resolves the address makes it no duplicate", async () => {
    const host = await bareStack();
    configure6(host, OWN6, 64);
    host.input(solicitation());
    host.advance(5n * SECOND_NS);
    expect(addresses6(host).every(({ state }) => state === State.Preferred)).toBe(true);
  });

  test("a made address that is taken is made anew, three times (RFC 7217)", async () => {
    const host = await bareStack();
    configure6(host, 0n, 0);
    const tried = new Set<bigint>();
    for (let i = 0; i < 4; i++) {
      const target = linkLocal(host);
      tried.add(target);
      host.input(advertisement({ target, destination: ALL_NODES, rest: 0x20000000 }));
    }
    expect(tried.size).toBe(4);
    expect(addresses6(host).map(({ state }) => state)).toEqual([State.Duplicate]);
    expect(host.counter("slaac.duplicate-addresses")).toBe(4);
  });

  test("an address in use stays in use when somebody else advertises it, and the console hears of it", async () => {
    const host = await newStack6();
    host.input(advertisement({ target: OWN6, destination: ALL_NODES, rest: 0x20000000 }));
    expect(host.counter("drop.nd.conflict")).toBe(1);
    expect(host.lines.join("\n")).toMatch(/address conflict: 02:00:5e:10:00:01/);
    expect(addresses6(host).every(({ state }) => state === State.Preferred)).toBe(true);
  });
});

describe("addresses of advertised prefixes", () => {
  test("have the prefix and an identifier that is not the MAC address, and are checked", async () => {
    const host = await autoStack();
    advertisePrefix(host);
    expect(made(host)).toMatchObject([{ bits: 64, state: State.Tentative, preferred: 14400, valid: 86400 }]);
    host.advance(3n * SECOND_NS);
    const [address] = made(host);
    expect(address?.state).toBe(State.Preferred);
    expect((address?.address ?? 0n) & 0xffff_ffff_ffff_ffffn).not.toBe(0x00005efffe100002n);
    sent6(host);
    host.input(ping6(text("x"), { destination: address?.address ?? 0n }));
    expect(sent6(host)[0]?.source).toBe(address?.address);
  });

  test("are the same again with the same secret, and others with another or in another network", async () => {
    const low = (address: bigint | undefined) => (address ?? 0n) & 0xffff_ffff_ffff_ffffn;
    const found: bigint[] = [];
    for (const [secret, prefix] of [
      [7n, PREFIX6],
      [7n, PREFIX6],
      [8n, PREFIX6],
      [7n, ip6("2001:db8:8::")],
    ] as const) {
      const host = await autoStack(secret);
      advertisePrefix(host, { prefix });
      found.push(low(made(host, prefix)[0]?.address));
    }
    expect(found[1]).toBe(found[0]);
    expect(new Set(found).size).toBe(3);
  });

  test.each([
    ["not autonomous", { flags: 0x80 }],
    ["of another length than 64", { bits: 65 }],
    ["link-local", { prefix: ip6("fe80::") }],
    ["preferred for longer than valid", { valid: 100, preferred: 101 }],
    ["of lifetime 0", { valid: 0, preferred: 0 }],
  ])("are not made of a prefix that is %s", async (_what, fields) => {
    const host = await autoStack();
    advertisePrefix(host, fields);
    expect(addresses6(host)).toHaveLength(1);
  });

  test("are not made when only routers are wanted", async () => {
    const host = await newStack6({}, ROUTERS_FLAG);
    advertisePrefix(host);
    expect(made(host)).toEqual([]);
  });

  test("are bounded, however many prefixes there are", async () => {
    const host = await autoStack();
    const memory = host.memoryBytes;
    for (let i = 0; i < 100; i++) advertisePrefix(host, { prefix: ip6("2001:db8::") + (BigInt(i) << 64n) });
    expect(addresses6(host)).toHaveLength(1 + 8);
    expect(host.memoryBytes).toBe(memory);
  });

  test("are deprecated, then gone, at the end of their lifetimes", async () => {
    const host = await autoStack();
    advertisePrefix(host, { preferred: 10, valid: 20 });
    host.advance(9n * SECOND_NS);
    expect(made(host)[0]?.state).toBe(State.Preferred);
    host.advance(2n * SECOND_NS);
    expect(made(host)[0]).toMatchObject({ state: State.Deprecated, preferred: 0 });
    host.takeEvents();
    host.advance(10n * SECOND_NS);
    expect(made(host)).toEqual([]);
    expect(host.takeEvents().map(({ kind }) => kind)).toEqual([DOWN]);
  });

  test("a deprecated address is not chosen when there is another, and answers all the same", async () => {
    const host = await autoStack();
    const second = ip6("2001:db8:8::");
    advertisePrefix(host, { prefix: PREFIX6, preferred: 5, valid: 7200 });
    advertisePrefix(host, { prefix: second });
    host.advance(6n * SECOND_NS);
    const source = [0, 1, 2, 3]
      .map((word) => host.call("source_for", ...words(ip6("2001:db8:7::1234")), word) >>> 0)
      .reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
    expect(source >> 64n).toBe(second >> 64n);
    const old = made(host)[0]?.address ?? 0n;
    sent6(host);
    host.input(ping6(text("x"), { destination: old }));
    expect(sent6(host)[0]?.source).toBe(old);
  });

  test("cannot be taken away in less than two hours by an advertisement (RFC 4862 section 5.5.3 (e))", async () => {
    const host = await autoStack();
    advertisePrefix(host, { valid: 86400 });
    advertisePrefix(host, { valid: 1, preferred: 1 });
    expect(made(host)[0]?.valid).toBe(7200);
    advertisePrefix(host, { valid: 9000, preferred: 1 });
    expect(made(host)[0]?.valid).toBe(9000);
    host.advance(2400n * SECOND_NS);
    expect(made(host)[0]?.valid).toBe(6600);
    advertisePrefix(host, { valid: 10, preferred: 1 });
    expect(made(host)[0]?.valid).toBe(6600);
    advertisePrefix(host, { valid: 7000, preferred: 1 });
    expect(made(host)[0]?.valid).toBe(7000);
  });
});

describe("configuration", () => {
  test.each([
    ["a multicast address", ip6("ff02::1"), 64],
    ["an IPv4-mapped address", ip6("::ffff:a00:1"), 96],
    ["the loopback address", 1n, 128],
    ["no prefix", OWN6, 0],
    ["a prefix that is too long", OWN6, 129],
  ])("refuses %s", async (_what, address, bits) => {
    const host = await bareStack();
    expect(configure6(host, address, bits)).toBe(-22);
    expect(addresses6(host)).toEqual([]);
  });

  test("refuses an interface that is not there, or cannot carry 1,280 bytes, and the same address twice", async () => {
    const host = await bareStack({ mtu: 1279 }, {});
    expect(configure6(host, OWN6, 64, 0, 2)).toBe(-6);
    expect(configure6(host, OWN6, 64, 0, 0)).toBe(-45);
    expect(configure6(host, OWN6, 64, 0, 1)).toBe(0);
    expect(configure6(host, OWN6, 64, 0, 1)).toBe(-48);
  });

  test("takes several addresses, up to a limit, and gives one up", async () => {
    const host = await newStack6();
    for (let i = 3; i < 33; i++) expect(configure6(host, ip6("2001:db8::") + BigInt(i), 64)).toBe(0);
    expect(configure6(host, ip6("2001:db8::99"), 64)).toBe(-55);
    host.advance(5n * SECOND_NS);
    host.takeEvents();
    sent6(host);
    expect(configure6(host, OWN6, 0, REMOVE_FLAG)).toBe(0);
    expect(configure6(host, OWN6, 0, REMOVE_FLAG)).toBe(-49);
    expect(host.takeEvents().map(({ kind }) => kind)).toEqual([DOWN]);
    host.input(ping6(text("x")));
    expect(host.counter("drop.ipv6.not-for-us")).toBe(1);
    host.input(ping6(text("x"), { destination: ip6("2001:db8::5") }));
    expect(sent6(host).filter(({ icmp6 }) => icmp6 !== undefined && icmp6.type > 128)).not.toEqual([]);
  });

  test("IPv6 can be turned off and on again", async () => {
    const host = await newStack6();
    for (let i = 0; i < 50; i++) {
      expect(configure6(host, 0n, 0, REMOVE_FLAG)).toBe(0);
      expect(configure6(host, OWN6, 64)).toBe(0);
    }
    host.advance(5n * SECOND_NS);
    sent6(host);
    host.input(solicitation());
    host.input(ping6(text("x")));
    expect(sent6(host).map(({ icmp6 }) => icmp6?.type)).toEqual([136, 129]);
  });
});
