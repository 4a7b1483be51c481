import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Host, onesComplementSum } from "../support/host.ts";
import * as packets from "../support/packets.ts";
import {
  bind,
  fromPeer,
  learnPeer,
  newStackWithPeer,
  OWN,
  OWN_MAC,
  PEER,
  PEER_MAC,
  ping,
  SECOND_NS,
  send,
  sent,
  text,
  udpFromPeer,
} from "./fixture.ts";

const { ip } = packets;
const MORE = 0x2000;

/** Bytes that differ from place to place. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >>> 8)) & 0xff);
}

function datagram(payload: Uint8Array, source = PEER): Uint8Array {
  return packets.udp({ source, destination: OWN, sourcePort: 4000, destinationPort: 7 }, payload);
}

interface Piece {
  /** Bytes. */
  offset: number;
  length: number;
  more: boolean;
}

/** A fragment of a packet's payload. */
function piece(
  payload: Uint8Array,
  { offset, length, more }: Piece,
  fields: Partial<packets.Ipv4Fields> = {},
): Uint8Array {
  return fromPeer(payload.subarray(offset, offset + length), {
    protocol: 17,
    identification: 1,
    fragment: (more ? MORE : 0) | (offset >>> 3),
    ...fields,
  });
}

/** A payload cut into pieces of so many bytes. */
function cut(payload: Uint8Array, bytes: number, fields: Partial<packets.Ipv4Fields> = {}): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < payload.length; offset += bytes) {
    const length = Math.min(bytes, payload.length - offset);
    pieces.push(piece(payload, { offset, length, more: offset + length < payload.length }, fields));
  }
  return pieces;
}

function inputAll(host: Host, frames: readonly Uint8Array[]): void {
  for (const frame of frames) host.input(frame);
}

const fragmentOf = (frame: Uint8Array) => new DataView(frame.buffer, frame.byteOffset).getUint16(20);

describe("IPv4 fragments that arrive", () => {
  test.each([
    ["in order", (all: Uint8Array[]) => all],
    ["in reverse", (all: Uint8Array[]) => [...all].reverse()],
    [
      "odd ones first",
      (all: Uint8Array[]) => [...all.filter((_, i) => i & 1), ...all.filter((_, i) => !(i & 1))],
    ],
    ["each twice", (all: Uint8Array[]) => all.flatMap((one) => [one, one])],
  ])("RFC 791: %s, make a datagram, by reference", async (_how, order) => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    const payload = pattern(5000);
    inputAll(host, order(cut(datagram(payload), 1480)));
    expect(host.takeEvents()).toMatchObject([{ kind: 1, a: socket, b: PEER, c: 4000, payload }]);
    expect(host.copies).toBe(0);
    expect(host.counter("reassembly.packets")).toBe(1);
    host.advance(60n * SECOND_NS);
    expect(host.liveFrames).toBe(0);
  });

  test.each([1480, 552, 520])("the longest datagram, 65,507 bytes, in pieces of %i", async (bytes) => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    const payload = pattern(65507);
    inputAll(host, cut(datagram(payload), bytes));
    const [event] = host.takeEvents();
    expect(event?.payload).toEqual(payload);
  });

  test("of several datagrams at once are told apart by identification and source", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    const other = ip("10.0.0.9");
    const streams = [
      cut(datagram(pattern(3000)), 1480, { identification: 1 }),
      cut(datagram(pattern(3001)), 1480, { identification: 2 }),
      cut(datagram(pattern(3002), other), 1480, { identification: 1, source: other }),
    ];
    for (let i = 0; i < 3; i++)
      for (const stream of streams) if (stream[i]) host.input(stream[i] as Uint8Array);
    expect(host.takeEvents().map(({ payload }) => payload.length)).toEqual([3000, 3001, 3002]);
  });

  test("of a ping are answered in fragments", async () => {
    const host = await newStackWithPeer();
    const payload = pattern(8000);
    const request = packets.icmp({ type: 8, rest: 0x12340001 }, payload);
    inputAll(host, cut(request, 1480, { protocol: 1 }));
    const frames = host.takeTransmitted().map(({ bytes }) => bytes);
    expect(frames.map(fragmentOf)).toEqual(
      [0, 185, 370, 555, 740, 925].map((at, i) => at | (i < 5 ? MORE : 0)),
    );
    const reply = packets.bytes(...frames.map((bytes) => bytes.subarray(34)));
    expect(reply).toEqual(packets.icmp({ type: 0, rest: 0x12340001 }, payload));
    expect(host.copies).toBe(0);
  });

  test.each([
    [
      "the front of another",
      [
        { offset: 0, length: 1480, more: true },
        { offset: 1472, length: 1480, more: true },
      ],
    ],
    [
      "the end of another",
      [
        { offset: 1480, length: 1480, more: true },
        { offset: 8, length: 1480, more: true },
      ],
    ],
    [
      "all of another",
      [
        { offset: 1480, length: 8, more: true },
        { offset: 0, length: 2960, more: true },
      ],
    ],
    [
      "a part of another",
      [
        { offset: 0, length: 1480, more: true },
        { offset: 8, length: 8, more: true },
      ],
    ],
    [
      "what is behind the last one",
      [
        { offset: 1480, length: 20, more: false },
        { offset: 2960, length: 8, more: true },
      ],
    ],
    [
      "a later one, as the last one",
      [
        { offset: 1480, length: 80, more: true },
        { offset: 8, length: 8, more: false },
      ],
    ],
    [
      "another last one",
      [
        { offset: 1480, length: 20, more: false },
        { offset: 1480, length: 28, more: false },
      ],
    ],
  ])(
    "RFC 5722: one that covers %s: the packet is given up, and what comes of it later",
    async (_what, pieces) => {
      const host = await newStackWithPeer();
      bind(host, 0, 7);
      const whole = datagram(pattern(4000));
      for (const one of pieces) host.input(piece(whole, one));
      expect(host.counter("drop.reassembly.overlap")).toBe(2);
      expect(host.liveFrames).toBe(0);
      inputAll(host, cut(whole, 1480));
      expect(host.takeEvents()).toEqual([]);
      expect(host.counter("drop.reassembly.overlap")).toBe(5);
      host.advance(31n * SECOND_NS);
      expect(sent(host)).toEqual([]);
      inputAll(host, cut(whole, 1480));
      expect(host.takeEvents().length).toBe(1);
    },
  );

  test.each([
    ["without payload", { offset: 8, length: 0, more: true }],
    ["whose length is no multiple of 8, and which is not the last", { offset: 0, length: 1479, more: true }],
  ])("one %s is malformed", async (_what, one) => {
    const host = await newStackWithPeer();
    host.input(piece(pattern(2000), one));
    expect(host.counter("drop.reassembly.malformed")).toBe(1);
    expect(host.liveFrames).toBe(0);
  });

  test("one that would make a packet of more than 65,535 bytes is malformed (ping of death)", async () => {
    const host = await newStackWithPeer();
    const payload = pattern(1000);
    for (const [offset, length, ok] of [
      [65512, 3, true],
      [65512, 4, false],
      [65528, 8, false],
    ] as const) {
      const before = host.counter("drop.reassembly.malformed");
      host.input(
        fromPeer(payload.subarray(0, length), {
          protocol: 17,
          identification: offset + length,
          fragment: offset >>> 3,
        }),
      );
      expect(host.counter("drop.reassembly.malformed") - before).toBe(ok ? 0 : 1);
    }
  });

  test("RFC 1122 section 3.3.2: when the first one is there but not all, the sender hears of it after 30 s", async () => {
    const host = await newStackWithPeer();
    const whole = datagram(pattern(3000));
    const [first, second] = cut(whole, 1480) as [Uint8Array, Uint8Array];
    host.input(second);
    host.advance(10n * SECOND_NS);
    host.input(first);
    host.advance(19n * SECOND_NS);
    expect(sent(host)).toEqual([]);
    learnPeer(host);
    host.advance(2n * SECOND_NS);
    expect(sent(host)).toMatchObject([
      {
        destination: PEER_MAC,
        ipv4: { source: OWN, destination: PEER, totalBytes: 576 },
        icmp: { type: 11, code: 1, payload: first.slice(14, 14 + 548) },
      },
    ]);
    expect(host.counter("drop.reassembly.timeout")).toBe(2);
    expect(host.liveFrames).toBe(0);
  });

  test("RFC 792: without the first one nobody hears of it", async () => {
    const host = await newStackWithPeer();
    host.input(cut(datagram(pattern(3000)), 1480)[1] as Uint8Array);
    host.advance(31n * SECOND_NS);
    expect(sent(host)).toEqual([]);
    expect(host.counter("drop.reassembly.timeout")).toBe(1);
  });

  test("RFC 1122 section 3.2.2: of a broadcast, neither", async () => {
    const host = await newStackWithPeer();
    const first = cut(datagram(pattern(3000)), 1480, { destination: ip("10.0.0.255") })[0] as Uint8Array;
    first.fill(0xff, 0, 6);
    host.input(first);
    host.advance(31n * SECOND_NS);
    expect(sent(host)).toEqual([]);
    expect(host.counter("icmp.errors-forbidden")).toBe(1);
  });

  test("RFC 1122 section 3.2.2: nor of an ICMP error", async () => {
    const host = await newStackWithPeer();
    const message = packets.icmp({ type: 3, code: 1 }, pattern(2000));
    host.input(cut(message, 1480, { protocol: 1 })[0] as Uint8Array);
    host.advance(31n * SECOND_NS);
    expect(sent(host)).toEqual([]);
    expect(host.counter("icmp.errors-forbidden")).toBe(1);
  });

  test("nobody at the port: the answer quotes the datagram that they made", async () => {
    const host = await newStackWithPeer();
    const whole = datagram(pattern(3000));
    inputAll(host, cut(whole, 1480, { identification: 77 }));
    const [report] = sent(host);
    expect(report?.icmp).toMatchObject({ type: 3, code: 3 });
    const expected = packets.ipv4(
      { source: PEER, destination: OWN, protocol: 17, identification: 77 },
      whole,
    );
    expect(report?.icmp?.payload).toEqual(expected.slice(0, 548));
  });

  test.each([
    ["Not-ECT", [0, 0], true],
    ["ECT(0) and CE", [2, 3], true],
    ["Not-ECT and CE", [0, 3], false],
  ])("RFC 3168 section 5.3: %s", async (_what, codepoints, whole) => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    const payload = datagram(pattern(2000));
    codepoints.forEach((typeOfService, i) => {
      host.input(cut(payload, 1480, { typeOfService })[i] as Uint8Array);
    });
    expect(host.takeEvents().length).toBe(whole ? 1 : 0);
    expect(host.counter("drop.reassembly.ecn")).toBe(whole ? 0 : 2);
  });

  test("checksums that the card verified in each fragment say nothing about the datagram", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    const whole = datagram(pattern(2000));
    whole[100] = (whole[100] ?? 0) ^ 1;
    for (const frame of cut(whole, 1480)) host.input(frame, 0, { flags: 3 });
    expect(host.counter("drop.udp.checksum")).toBe(1);
  });

  test("without memory the packet is dropped and counted", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    host.allocations = 0;
    inputAll(host, cut(datagram(pattern(3000)), 1480));
    expect(host.counter("drop.reassembly.no-memory")).toBe(3);
    expect(host.liveFrames).toBe(0);
  });

  test("of an interface that is given up are given up", async () => {
    const host = await newStackWithPeer();
    host.input(cut(datagram(pattern(3000)), 1480)[0] as Uint8Array);
    host.call("configure", 0, 0, 0, 0);
    expect(host.liveFrames).toBe(0);
    expect(host.counter("drop.reassembly.evicted")).toBe(1);
  });

  test("any cut, order and repetition of any datagram arrives unchanged", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    host.recording = false;
    let identification = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }),
        fc.infiniteStream(fc.nat(0xffff)),
        fc.boolean(),
        (size, sizes, numbers, repeat) => {
          const payload = pattern(size);
          const whole = datagram(payload);
          identification = (identification + 1) & 0xffff;
          const frames: Uint8Array[] = [];
          for (let offset = 0, i = 0; offset < whole.length; i++) {
            const length = Math.min((sizes[i % sizes.length] ?? 1) * 8, whole.length - offset);
            const more = offset + length < whole.length;
            frames.push(piece(whole, { offset, length, more }, { identification }));
            offset += length;
          }
          fc.pre(frames.length <= 128 && frames.length > 1);
          const order = frames.map((frame) => ({ frame, at: numbers.next().value as number }));
          order.sort((a, b) => a.at - b.at);
          const last = order.pop();
          for (const { frame } of order) {
            host.input(frame);
            if (repeat) host.input(frame);
          }
          expect(host.events.length).toBe(0);
          host.input(last?.frame as Uint8Array);
          const events = host.takeEvents();
          expect(events.length).toBe(1);
          expect(events[0]?.payload).toEqual(payload);
          expect(host.liveFrames).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("any fragments whatever: never a byte in the wrong place, never a leak", async () => {
    const host = await newStackWithPeer();
    bind(host, 0, 7);
    host.recording = false;
    const whole = datagram(pattern(400));
    const place = fc.record({ offset: fc.nat(60), length: fc.nat(200), more: fc.boolean() });
    fc.assert(
      fc.property(fc.array(place, { maxLength: 30 }), (places) => {
        for (const { offset, length, more } of places) {
          host.input(piece(whole, { offset: offset * 8, length: more ? length & ~7 : length, more }));
        }
        for (const { payload } of host.takeEvents()) expect(payload).toEqual(pattern(400));
        // The report of the time that is over may wait for the peer's address.
        host.advance(40n * SECOND_NS);
        expect(host.liveFrames).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

describe("floods of fragments", () => {
  test("memory stays in its budget, whatever is sent", async () => {
    const host = await newStackWithPeer();
    host.recording = false;
    const memory = host.memoryBytes;
    let most = 0;
    for (let i = 0; i < 6_000; i++) {
      const source = ip("10.0.0.0") + 1 + ((i * 7) % 200);
      if (source === OWN) continue;
      const length = i % 3 === 0 ? 8 : 1480;
      host.input(
        fromPeer(new Uint8Array(length), {
          protocol: 17,
          source,
          identification: (i * 13) & 0xffff,
          fragment: MORE | ((i % 40) * 185),
        }),
      );
      most = Math.max(most, host.liveFrames);
    }
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThanOrEqual(1024);
    expect(host.memoryBytes).toBe(memory);
    host.advance(40n * SECOND_NS);
    expect(host.liveFrames).toBe(0);
  });

  test("one source's flood does not drive out the fragments of another", async () => {
    const host = await newStackWithPeer();
    host.recording = false;
    bind(host, 0, 7);
    const payload = pattern(3000);
    const own = cut(datagram(payload), 1480);
    host.input(own[0] as Uint8Array);
    for (let i = 0; i < 2000; i++) {
      const fragment = MORE | (1 + (i % 7) * 185);
      host.input(
        fromPeer(new Uint8Array(1480), {
          protocol: 17,
          source: ip("10.0.0.66"),
          identification: i,
          fragment,
        }),
      );
    }
    host.input(own[1] as Uint8Array);
    host.input(own[2] as Uint8Array);
    expect(host.takeEvents()).toMatchObject([{ payload }]);
    expect(host.counter("drop.reassembly.evicted")).toBeGreaterThan(1500);
  });

  test("a packet in more than 128 pieces is not put together, and leaves room for others", async () => {
    const host = await newStackWithPeer();
    host.recording = false;
    bind(host, 0, 7);
    inputAll(host, cut(datagram(pattern(2000)), 8));
    expect(host.takeEvents()).toEqual([]);
    expect(host.counter("drop.reassembly.too-many")).toBe(251 - 128);
    inputAll(host, cut(datagram(pattern(3000)), 1480, { identification: 2 }));
    expect(host.takeEvents().length).toBe(1);
  });

  test("datagrams that are in one piece get through a flood", async () => {
    const host = await newStackWithPeer();
    host.recording = false;
    const socket = bind(host, 0, 7);
    for (let i = 0; i < 3000; i++) {
      const source = ip("10.0.0.0") + 3 + (i % 200);
      host.input(fromPeer(new Uint8Array(1480), { protocol: 17, source, identification: i, fragment: MORE }));
      if (i % 100 === 0) host.input(udpFromPeer(text("through")));
    }
    expect(host.takeEvents().map(({ a }) => a)).toEqual(Array(30).fill(socket));
  });
});

describe("IPv4 fragments that leave", () => {
  test.each([1473, 1480, 1481, 2952, 2953, 8000, 65507])(
    "a datagram of %i bytes goes in as many as it takes, by reference",
    async (size) => {
      const host = await newStackWithPeer();
      const payload = pattern(size);
      expect(send(host, bind(host, 0, 7), payload)).toBe(0);
      expect(host.copies).toBe(0);
      const transmitted = host.takeTransmitted();
      expect(transmitted[1]?.segments[1]?.buffer).toBe(payload.buffer);
      const frames = transmitted.map(({ bytes }) => bytes);
      expect(frames.length).toBe(Math.ceil((size + 8) / 1480));
      let offset = 0;
      for (const [i, frame] of frames.entries()) {
        expect(onesComplementSum(frame.subarray(14, 34))).toBe(0xffff);
        expect(fragmentOf(frame)).toBe((offset >>> 3) | (i < frames.length - 1 ? MORE : 0));
        offset += frame.length - 34;
      }
      expect(new Set(frames.map((frame) => new DataView(frame.buffer).getUint16(18))).size).toBe(1);
      const whole = packets.bytes(...frames.map((frame) => frame.subarray(34)));
      expect(whole).toEqual(
        packets.udp({ source: OWN, destination: PEER, sourcePort: 7, destinationPort: 4000 }, payload),
      );
      expect(host.counter("ipv4.fragmented")).toBe(1);
      expect(host.counter("ipv4.fragments-sent")).toBe(frames.length);
    },
  );

  test("the card is not asked for a checksum that it cannot see all of", async () => {
    const host = await newStackWithPeer({ offload: 0x10 });
    send(host, bind(host, 0, 7), pattern(3000));
    const transmitted = host.takeTransmitted();
    expect(transmitted.map(({ offloaded }) => offloaded)).toEqual([false, false, false]);
    const whole = packets.bytes(...transmitted.map(({ bytes }) => bytes.subarray(34)));
    expect(whole).toEqual(
      packets.udp({ source: OWN, destination: PEER, sourcePort: 7, destinationPort: 4000 }, pattern(3000)),
    );
  });

  test("without memory half of a datagram is not kept", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    host.allocations = 3;
    expect(send(host, socket, pattern(8000))).toBe(-55); // ENOBUFS
    expect(host.counter("drop.ipv4.no-memory")).toBe(1);
    expect(host.liveFrames).toBe(0);
  });

  test.each([576, 1280, 1500, 9000])(
    "two stacks exchange what does not fit into an MTU of %i",
    async (mtu) => {
      const host = await newStackWithPeer({ mtu });
      const socket = bind(host, 0, 7);
      const payload = pattern(40_000);
      expect(send(host, socket, payload, PEER, 7)).toBe(0);
      const frames = host.takeTransmitted().map(({ bytes }) => bytes);
      for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(mtu + 14);
      const other = await newStackWithPeer();
      bind(other, 0, 7);
      for (const frame of frames) {
        // As the peer's neighbour would have sent it: the addresses swap places, which no checksum minds.
        const copy = frame.slice();
        copy.set(frame.subarray(30, 34), 26);
        copy.set(frame.subarray(26, 30), 30);
        copy.set(
          packets.ethernet({ destination: OWN_MAC, source: PEER_MAC, type: 0x0800 }, new Uint8Array()),
          0,
        );
        other.input(copy);
      }
      expect(other.takeEvents()).toMatchObject([{ payload }]);
    },
  );
});

test("a ping that fits is answered in place, whatever fragments wait", async () => {
  const host = await newStackWithPeer();
  host.input(cut(datagram(pattern(3000)), 1480)[0] as Uint8Array);
  const frame = ping(text("x"));
  host.input(frame);
  expect(host.transmitted[0]?.segments[0]?.buffer).toBe(frame.buffer);
});
