/** Properties of IPv6: wire formats both ways, garbage that does no harm, two stacks on one link. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compileFrameCode } from "../support/framecode.ts";
import { Host, onesComplementSum } from "../support/host.ts";
import { Link } from "../support/link.ts";
import { bytes } from "../support/packets.ts";
import * as packets6 from "../support/packets6.ts";
import { ip6, nd, octets, words } from "../support/packets6.ts";
import { bareStack, PEER_MAC, SECOND_NS, text } from "./fixture.ts";
import {
  ALL_NODES,
  AUTO_FLAG,
  addresses6,
  advertisement,
  configure6,
  fromPeer6,
  learnPeer6,
  message6,
  newStackWithPeer6,
  OWN6,
  PEER_LINK,
  ping6,
  ROUTERS_FLAG,
  routerAdvertisement,
  State,
  sent6,
  solicitation,
} from "./fixture6.ts";

const u8 = fc.nat(0xff);
const address = fc.bigInt(0n, (1n << 128n) - 1n);
const payload = fc.uint8Array({ maxLength: 300 });

describe("wire formats agree with plain TypeScript, and parse what they build", () => {
  let wasm: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    wasm = await compileFrameCode("test/stack/wire.frame.ts");
  }, 120_000);

  /** Builds into a frame full of 1s, then parses what plain TypeScript built and builds it again. */
  function roundTrip(
    host: Host,
    format: string,
    set: number[],
    expected: Uint8Array,
    at: number,
    header: number,
    extra: number[],
  ): void {
    const built = expected.slice();
    built.fill(0xff, at, at + header);
    const frame = host.frame(built);
    host.call(`${format}_set`, ...set);
    host.call(`${format}_build`, frame, at, ...extra);
    expect(built).toEqual(expected);
    host.call(`${format}_set`, ...set.map(() => 0));
    expect(host.call(`${format}_parse`, frame, at, ...extra)).toBe(1);
    built.fill(0xff, at, at + header);
    host.call(`${format}_build`, frame, at, ...extra);
    expect(built).toEqual(expected);
    host.release(frame);
  }

  test("IPv6 (RFC 8200 section 3)", async () => {
    const host = await new Host().load(wasm);
    const fields = fc.record({
      trafficClass: u8,
      flowLabel: fc.nat(0xfffff),
      nextHeader: u8,
      hopLimit: u8,
      source: address,
      destination: address,
    });
    fc.assert(
      fc.property(fields, payload, fc.nat(20), (f, payload, at) => {
        const set = [f.trafficClass, f.flowLabel, payload.length, f.nextHeader, f.hopLimit];
        const expected = bytes(new Uint8Array(at), packets6.ipv6(f, payload));
        roundTrip(host, "ipv6", [...set, ...words(f.source), ...words(f.destination)], expected, at, 40, []);
      }),
    );
    host.assertNoLeaks();
  });

  test("ICMPv6 (RFC 4443 section 2.1)", async () => {
    const host = await new Host().load(wasm);
    const fields = fc.record({
      type: u8,
      code: u8,
      rest: fc.nat(0xffffffff),
      source: address,
      destination: address,
    });
    fc.assert(
      fc.property(fields, payload, fc.nat(60), (f, payload, at) => {
        const sum = onesComplementSum(bytes(octets(f.source), octets(f.destination)));
        const expected = bytes(new Uint8Array(at), packets6.icmp6(f, payload));
        roundTrip(host, "icmp6", [f.type, f.code, f.rest], expected, at, 8, [sum]);
      }),
    );
    host.assertNoLeaks();
  });
});

describe("garbage", () => {
  const echo = packets6.icmp6({ source: ip6("2001:db8::1"), destination: OWN6, type: 128 }, text("hello"));
  const prefix = nd.prefix({ prefix: ip6("2001:db8:7::") });
  /** Valid frames of all kinds, from which the garbage is made. */
  const seeds = [
    ping6(text("hello")),
    ping6(text("all"), { destination: ALL_NODES }),
    solicitation(),
    solicitation({ source: 0n, options: nd.nonce(1n) }),
    advertisement(),
    routerAdvertisement({ options: bytes(nd.link(1, PEER_MAC), nd.mtu(1400), prefix) }),
    message6(
      { type: 137, source: PEER_LINK, hopLimit: 255 },
      bytes(octets(ip6("fe80::2")), octets(ip6("2600::1")), nd.link(2, PEER_MAC)),
    ),
    message6({ type: 130, source: PEER_LINK, hopLimit: 1 }, bytes(octets(0n), 2, 125, 0, 0)),
    message6(
      { type: 2, rest: 1300 },
      packets6.ipv6({ source: OWN6, destination: ip6("2001:db8::1"), nextHeader: 17 }, new Uint8Array(16)),
    ),
    fromPeer6(
      { nextHeader: 0 },
      bytes(
        packets6.options(60, 5, 2, 0, 0),
        packets6.options(43, 0x1e, 1, 0),
        packets6.routing(58, 0, 0, 1n),
        echo,
      ),
    ),
    fromPeer6({ nextHeader: 44 }, bytes(packets6.fragment(58, 0, true, 7), echo.slice(0, 8))),
    fromPeer6({ nextHeader: 44 }, bytes(packets6.fragment(58, 8, false, 7), echo.slice(8))),
    fromPeer6(
      { nextHeader: 17 },
      packets6.udp6(
        { source: ip6("2001:db8::1"), destination: OWN6, sourcePort: 9, destinationPort: 4000 },
        text("x"),
      ),
    ),
  ];
  const mutation = fc.record({ at: fc.nat(200), value: u8 });
  const frame = fc.record({
    seed: fc.constantFrom(...seeds),
    mutations: fc.array(mutation, { maxLength: 4 }),
    cut: fc.option(fc.nat(200)),
    seconds: fc.nat(3),
    readOnly: fc.boolean(),
  });

  test("does no harm: no trap, no leak, no growth, and pings are answered after it", async () => {
    const host = await newStackWithPeer6({}, ROUTERS_FLAG | AUTO_FLAG);
    host.call("udp_bind", 0, 0, 0, 0, 4000);
    const memory = host.memoryBytes;
    host.recording = false;
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 20 }), (frames) => {
        for (const { seed, mutations, cut, seconds, readOnly } of frames) {
          const garbage = cut === null ? seed.slice() : seed.slice(0, cut);
          for (const { at, value } of mutations) if (at < garbage.length) garbage[at] = value;
          host.input(garbage, 0, { readOnly });
          host.advance(BigInt(seconds) * SECOND_NS);
        }
        host.takeEvents();
        return host.memoryBytes === memory;
      }),
      { numRuns: 1000 },
    );
    host.recording = true;
    host.advance(100n * SECOND_NS);
    host.takeEvents();
    host.takeTransmitted();
    expect(host.liveFrames).toBe(0);
    learnPeer6(host);
    host.input(ping6(text("still there?")));
    expect(sent6(host).map(({ icmp6 }) => icmp6?.type)).toContain(129);
  });
});

describe("two stacks on a link", () => {
  const OTHER6 = ip6("2001:db8::3");

  async function pair(faults = {}, seed = 1): Promise<[Host, Host, Link]> {
    const [one, other] = [await bareStack(), await bareStack({ mac: 0x02005e100003n })];
    const link = new Link(faults, seed);
    link.attach(one);
    link.attach(other);
    configure6(one, OWN6, 64);
    configure6(other, OTHER6, 64);
    link.run(5n * SECOND_NS);
    return [one, other, link];
  }

  function send(host: Host, socket: number, to: bigint, payload: Uint8Array): number {
    const frame = host.frame(payload);
    const result = host.call("udp_send", socket, frame, 0, payload.length, ...words(to), 4000);
    host.release(frame);
    return result;
  }

  test("find each other, and carry datagrams of all lengths", async () => {
    const [one, other, link] = await pair();
    const [from, to] = [one, other].map((host) => host.call("udp_bind", 0, 0, 0, 0, 4000)) as [
      number,
      number,
    ];
    for (const length of [0, 1, 1452, 1453, 9000]) {
      const payload = Uint8Array.from({ length }, (_, i) => i * 3);
      expect(send(one, from, OTHER6, payload)).toBe(0);
      link.run(SECOND_NS);
      const [event] = other.takeEvents().filter(({ kind }) => kind === 3);
      expect(event?.a).toBe(to);
      expect(event?.payload).toEqual(payload);
    }
  });

  test("that want the same address: not both get it", async () => {
    const [one, other] = [await bareStack(), await bareStack({ mac: 0x02005e100003n })];
    const link = new Link();
    link.attach(one);
    link.attach(other);
    // So that the two do not draw the same random numbers.
    configure6(other, OTHER6, 64);
    for (const host of [one, other]) configure6(host, OWN6, 64);
    link.run(5n * SECOND_NS);
    const states = [one, other].map(
      (host) => addresses6(host).find(({ address }) => address === OWN6)?.state,
    );
    expect(states).toContain(State.Duplicate);
  });

  test.each([1, 2, 3])("survive a bad one (%i)", async (seed) => {
    const faults = { loss: 0.1, duplication: 0.1, reordering: 0.1, truncation: 0.1, corruption: 0.2 };
    const [one, other, link] = await pair(faults, seed);
    const [from] = [one, other].map((host) => host.call("udp_bind", 0, 0, 0, 0, 4000)) as [number, number];
    const payload = Uint8Array.from({ length: 4000 }, (_, i) => i);
    for (let i = 0; i < 200; i++) {
      send(one, from, OTHER6, i % 2 === 0 ? payload : payload.slice(0, 100));
      link.run(SECOND_NS / 20n);
    }
    const arrived = other.takeEvents().filter(({ kind }) => kind === 3);
    expect(arrived.length).toBeGreaterThan(20);
    for (const { payload: got } of arrived) expect(got).toEqual(payload.slice(0, got.length));
    link.run(100n * SECOND_NS);
    one.takeEvents();
    other.takeEvents();
    expect([one.liveFrames, other.liveFrames]).toEqual([0, 0]);
  });
});
