import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compileFrameCode } from "../support/framecode.ts";
import { Host } from "../support/host.ts";
import * as packets from "../support/packets.ts";
import {
  arpFrom,
  bareStack,
  bind,
  fromPeer,
  learnPeer,
  newStackWithPeer,
  OWN,
  OWN_MAC,
  PEER,
  PEER_MAC,
  PREFIX,
  ping,
  SECOND_NS,
  send,
  text,
  udpFromPeer,
  words,
} from "./fixture.ts";

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const mac = fc.bigInt(0n, 0xffffffffffffn);
const payload = fc.uint8Array({ maxLength: 300 });
const split = (value: bigint): [number, number] => [Number(value >> 32n), Number(value & 0xffffffffn)];

describe("wire formats: parse and build are each other's inverse, and agree with plain TypeScript", () => {
  let wasm: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    wasm = await compileFrameCode("test/stack/wire.frame.ts");
  }, 120_000);

  /** Builds into a frame full of 1s, then parses what plain TypeScript built and builds it again. */
  async function roundTrip(arbitrary: fc.Arbitrary<Case>): Promise<void> {
    const host = await new Host().load(wasm);
    fc.assert(
      fc.property(arbitrary, ({ format, set, expected, at, tail, extra }) => {
        const built = new Uint8Array(expected.length).fill(0xff);
        built.set(expected.subarray(0, at));
        built.set(expected.subarray(expected.length - tail), expected.length - tail);
        const frame = host.frame(built);
        host.call(`${format}_set`, ...set);
        host.call(`${format}_build`, frame, at, ...extra);
        expect(built).toEqual(expected);

        host.call(`${format}_set`, ...set.map(() => 0));
        expect(host.call(`${format}_parse`, frame, at, ...extra)).toBe(1);
        built.fill(0xff, at, built.length - tail);
        host.call(`${format}_build`, frame, at, ...extra);
        expect(built).toEqual(expected);
        host.release(frame);
      }),
      { numRuns: 500 },
    );
    host.assertNoLeaks();
  }

  interface Case {
    format: string;
    set: number[];
    expected: Uint8Array;
    /** Where the header begins, and how many bytes after it are payload. */
    at: number;
    tail: number;
    extra: number[];
  }

  test("Ethernet", () =>
    roundTrip(
      fc.record({ destination: mac, source: mac, type: u16, payload }).map(({ payload, ...fields }) => ({
        format: "ethernet",
        set: [...split(fields.destination), ...split(fields.source), fields.type],
        expected: packets.ethernet(fields, payload),
        at: 0,
        tail: payload.length,
        extra: [],
      })),
    ));

  test("ARP (RFC 826)", () =>
    roundTrip(
      fc
        .record({
          operation: fc.constantFrom(1, 2),
          senderMac: mac,
          sender: u32,
          targetMac: mac,
          target: u32,
        })
        .map((fields) => ({
          format: "arp",
          set: [
            fields.operation,
            ...split(fields.senderMac),
            fields.sender,
            ...split(fields.targetMac),
            fields.target,
          ],
          expected: packets.bytes(new Uint8Array(14), packets.arp(fields)),
          at: 14,
          tail: 0,
          extra: [],
        })),
    ));

  test("IPv4 (RFC 791)", () =>
    roundTrip(
      fc
        .record({
          fields: fc.record({
            typeOfService: u8,
            identification: u16,
            fragment: u16,
            timeToLive: u8,
            protocol: u8,
            source: u32,
            destination: u32,
          }),
          payload,
          at: fc.nat(20),
        })
        .map(({ fields: f, payload, at }) => ({
          format: "ipv4",
          set: [
            f.typeOfService,
            20 + payload.length,
            f.identification,
            f.fragment,
            f.timeToLive,
            f.protocol,
            f.source,
            f.destination,
          ],
          expected: packets.bytes(new Uint8Array(at), packets.ipv4(f, payload)),
          at,
          tail: payload.length,
          extra: [],
        })),
    ));

  test("ICMP (RFC 792)", () =>
    roundTrip(
      fc
        .record({ fields: fc.record({ type: u8, code: u8, rest: u32 }), payload, at: fc.nat(40) })
        .map(({ fields, payload, at }) => ({
          format: "icmp",
          set: [fields.type, fields.code, fields.rest],
          expected: packets.bytes(new Uint8Array(at), packets.icmp(fields, payload)),
          at,
          tail: payload.length,
          extra: [],
        })),
    ));

  test("UDP (RFC 768)", () =>
    roundTrip(
      fc
        .record({
          fields: fc.record({ source: u32, destination: u32, sourcePort: u16, destinationPort: u16 }),
          payload,
          at: fc.nat(40),
        })
        .map(({ fields, payload, at }) => ({
          format: "udp",
          set: [fields.sourcePort, fields.destinationPort, 8 + payload.length],
          expected: packets.bytes(new Uint8Array(at), packets.udp(fields, payload)),
          at,
          tail: payload.length,
          extra: [fields.source, fields.destination],
        })),
    ));

  test("no parser reads outside its frame, whatever is in it", async () => {
    const host = await new Host().load(wasm);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(100), (bytes, at) => {
        const frame = host.frame(bytes);
        for (const format of ["ethernet", "arp", "ipv4", "icmp", "udp"]) {
          // A read outside the frame throws Trap.
          if (format !== "icmp" || at <= bytes.length) host.call(`${format}_parse`, frame, at, PEER, OWN);
        }
        host.release(frame);
      }),
      { numRuns: 5000 },
    );
    host.assertNoLeaks();
  });
});

describe("any input whatever", () => {
  /** mulberry32: the seed is in the test's name, so a failure repeats. */
  function generator(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return (t ^ (t >>> 14)) >>> 0;
    };
  }

  const seeds = (): Uint8Array[] => {
    const quoted = packets.ipv4(
      { source: OWN, destination: PEER, protocol: 17 },
      packets.udp({ source: OWN, destination: PEER, sourcePort: 7, destinationPort: 9 }, text("quoted")),
    );
    const question = { operation: 1, senderMac: PEER_MAC, sender: PEER, targetMac: 0n, target: OWN };
    const arpFrame = (fields: packets.ArpFields) =>
      packets.ethernet(
        { destination: packets.BROADCAST_MAC, source: PEER_MAC, type: 0x0806 },
        packets.arp(fields),
      );
    return [
      ping(text("payload of a ping")),
      ping(text("payload"), { options: packets.bytes(7, 7, 4, 0, 0, 0, 0, 0) }),
      udpFromPeer(text("payload of a datagram")),
      udpFromPeer(text(""), { checksum: 0 }),
      udpFromPeer(text("nobody there"), { destinationPort: 9 }),
      udpFromPeer(text("from afar"), {}, { source: packets.ip("192.0.2.7") }),
      fromPeer(text("unknown protocol"), { protocol: 99 }),
      fromPeer(packets.icmp({ type: 3, code: 3 }, quoted), { protocol: 1 }),
      fromPeer(packets.icmp({ type: 11 }, quoted), { protocol: 1 }),
      fromPeer(packets.icmp({ type: 3, code: 4, rest: 1000 }, quoted), { protocol: 1 }),
      fromPeer(new Uint8Array(24).fill(8), { protocol: 17, identification: 1, fragment: 0x2000 }),
      fromPeer(new Uint8Array(24).fill(8), { protocol: 17, identification: 1, fragment: 0x2003 }),
      fromPeer(text("the end"), { protocol: 17, identification: 1, fragment: 6 }),
      fromPeer(packets.bytes(0x11, 100, 0xee, 0x9b, 0, 0, 0, 0), {
        protocol: 2,
        destination: packets.ip("224.0.0.1"),
        options: packets.bytes(0x94, 4, 0, 0),
      }),
      arpFrame(question),
      arpFrame({ ...question, operation: 2, target: OWN, targetMac: OWN_MAC }),
      arpFrame({ ...question, sender: OWN, senderMac: 0x02005e1000ccn }),
    ];
  };

  /** Changes a frame in 0 to 4 places, cuts or lengthens it; often the card vouches for the checksums, to get deeper. */
  function mutate(frame: Uint8Array, random: () => number): Uint8Array {
    let bytes: Uint8Array = frame.slice();
    for (let n = random() % 5; n > 0; n--) {
      const at = random() % bytes.length;
      const interesting = [0, 1, 0x7f, 0x80, 0xff, random() & 0xff, (bytes[at] ?? 0) ^ (1 << (random() % 8))];
      bytes[at] = interesting[random() % interesting.length] ?? 0;
    }
    if (random() % 4 === 0) bytes = bytes.slice(0, random() % (bytes.length + 1));
    if (random() % 8 === 0) bytes = packets.bytes(bytes, new Uint8Array(random() % 64));
    return bytes;
  }

  function garbage(random: () => number): Uint8Array {
    const bytes = new Uint8Array(random() % 128).map(() => random());
    // Half of it looks as if it were for us, or it would not get past the first check.
    if (random() % 2 === 0) bytes.set(seeds()[0]?.subarray(0, Math.min(14, bytes.length)) ?? []);
    return bytes;
  }

  test.each([1, 2, 3, 4])(
    "50,000 mutated and random frames: none traps, leaks, or grows memory; all are taken or left (seed %i)",
    async (seed) => {
      const host = await newStackWithPeer();
      host.recording = false;
      host.eventRoom = 16;
      const socket = bind(host, 0, 7);
      host.call("udp_join", socket, ...words(packets.ip("239.1.2.3")), 0);
      const random = generator(seed);
      const corpus = seeds();
      const memory = host.memoryBytes;
      const before = host.counted("");
      let taken = 0;
      for (let i = 0; i < 50_000; i++) {
        const seedFrame = corpus[random() % corpus.length] ?? new Uint8Array();
        const bytes = random() % 8 === 0 ? garbage(random) : mutate(seedFrame, random);
        const cut = random() % 6 === 0 ? random() % (bytes.length + 1) : 0;
        const flags = random() % 2 === 0 ? 3 : 0;
        const frame = cut > 0 ? [bytes.subarray(0, cut), bytes.subarray(cut)] : bytes;
        if (host.input(frame, 0, { flags, readOnly: random() % 4 === 0 })) taken++;
        if (i % 64 === 0) host.takeEvents();
        if (i % 500 === 0) send(host, socket, text("x"), packets.ip("10.0.0.0") + (random() % 250) + 1);
        if (i % 1000 === 0) host.advance(SECOND_NS);
        host.linkUp = i % 10_000 < 9_000;
        host.allocations = i % 7_000 < 6_000 ? Number.POSITIVE_INFINITY : 0;
      }
      host.linkUp = true;
      expect(host.memoryBytes).toBe(memory);
      // Every taken frame was accounted for by at least one counter.
      expect(host.counted("") - before).toBeGreaterThanOrEqual(taken);
      expect(host.counted("drop.")).toBeGreaterThan(10_000);
      for (const layer of ["ethernet", "arp", "ipv4", "icmp", "igmp", "udp", "reassembly"]) {
        expect(host.counted(`drop.${layer}.`), layer).toBeGreaterThan(0);
      }
      host.takeEvents();
      host.advance(200n * SECOND_NS);
      expect(host.liveFrames).toBe(0);
      // And it still works.
      learnPeer(host);
      host.recording = true;
      host.input(ping(text("alive?")));
      expect(host.takeTransmitted().length).toBe(1);
    },
    60_000,
  );

  test("whatever is called with whatever numbers answers with an error or a result, and never traps", async () => {
    const host = await bareStack();
    const number = fc.oneof(u32, fc.nat(300), fc.constantFrom(OWN, PEER, 0, 0xffffffff, 24, 7));
    const calls: [string, number][] = [
      ["configure", 4],
      ["address", 1],
      ["prefix", 1],
      ["gateway", 1],
      ["address_add", 6],
      ["address_remove", 5],
      ["source_for", 5],
      ["udp_bind", 5],
      ["udp_connect", 6],
      ["udp_port", 1],
      ["udp_close", 1],
      ["udp_join", 6],
      ["udp_leave", 6],
      ["udp_set", 3],
      ["route_add", 10],
      ["route_remove", 6],
      ["udp_max_payload", 4],
    ];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...calls), fc.array(number, { minLength: 10, maxLength: 10 }))),
        (todo) => {
          for (const [[name, arity], args] of todo) host.call(name, ...args.slice(0, arity));
          host.advance(SECOND_NS);
        },
      ),
      { numRuns: 1000 },
    );
    expect(host.call("configure", 0, OWN, PREFIX, 0)).toBe(0);
    arpFrom(host, { operation: 1, senderMac: PEER_MAC, sender: PEER, targetMac: 0n, target: OWN });
    expect(host.takeTransmitted().length).toBeGreaterThan(0);
  });
});
