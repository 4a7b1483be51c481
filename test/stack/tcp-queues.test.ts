/** TCP's queues against obvious models: a send queue is a string of bytes, a reassembly is a map from number to byte. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compileFrameCode } from "../support/framecode.ts";
import { Host } from "../support/host.ts";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = new WebAssembly.Module(await compileFrameCode("test/stack/tcp-queues.frame.ts"));
});
const load = () => new Host().load(module);
/** A byte that says which number of the sequence it belongs to. */
const byteAt = (sequence: number, salt = 0) => ((sequence >>> 0) * 167 + (sequence >>> 8) * 13 + salt) & 0xff;
const bytesFrom = (sequence: number, length: number, salt = 0) =>
  Uint8Array.from({ length }, (_, i) => byteAt(sequence + i, salt));

describe("the send queue", () => {
  const NEAR_THE_END = 0xffffff80;

  /** What a segment would carry. */
  function segment(host: Host, sequence: number, length: number): Uint8Array {
    const out = host.frame(new Uint8Array(0));
    expect(host.call("queue_fill", 0, out, sequence, length)).toBe(length);
    const bytes = host.bytes(out);
    host.release(out);
    return bytes;
  }

  test("hands out what was put in, whatever is appended, sent, sent again and acknowledged", async () => {
    const host = await load();
    const operation = fc.record({
      kind: fc.constantFrom("append", "append", "fill", "fill", "next", "release"),
      length: fc.integer({ min: 1, max: 300 }),
      offset: fc.integer({ min: 0, max: 50 }),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
        host.call("queue_reset", 0, NEAR_THE_END);
        let [start, end, next] = [0, 0, 0];
        for (const { kind, length, offset, at } of operations) {
          if (kind === "append") {
            const frame = host.frame(
              Uint8Array.from([...new Uint8Array(offset), ...bytesFrom(NEAR_THE_END + end, length)]),
            );
            if (host.call("queue_append", 0, frame, offset, length) === 1) end += length;
            host.release(frame);
          } else if (kind === "release") {
            start += Math.floor(at * (end - start + 1));
            next = Math.max(next, start);
            host.call("queue_release", 0, (NEAR_THE_END + start) >>> 0);
          } else {
            const from = kind === "next" ? next : start + Math.floor(at * (end - start));
            const bytes = Math.min(length, end - from);
            expect(segment(host, (NEAR_THE_END + from) >>> 0, bytes)).toEqual(
              bytesFrom(NEAR_THE_END + from, bytes),
            );
            if (kind === "next") next = from + bytes;
          }
          expect(host.call("queue_bytes", 0)).toBe(end - start);
        }
        host.call("queue_reset", 0, 0);
        expect(host.call("queue_used")).toBe(0);
        host.assertNoLeaks();
      }),
      { numRuns: 300 },
    );
    expect(host.copies).toBe(0);
  });

  test("refers to the program's memory: no byte is copied", async () => {
    const host = await load();
    const bytes = bytesFrom(0, 1000);
    const frame = host.frame(bytes);
    host.call("queue_reset", 0, 0);
    host.call("queue_append", 0, frame, 0, 1000);
    bytes[500] = 0;
    expect(segment(host, 500, 1)).toEqual(new Uint8Array(1));
    expect(host.copies).toBe(0);
  });

  test("pieces that lie one behind the other in a frame are one", async () => {
    const host = await load();
    host.call("queue_reset", 0, 0);
    const frame = host.frame(bytesFrom(0, 1000));
    for (let i = 0; i < 1000; i++) expect(host.call("queue_append", 0, frame, i, 1)).toBe(1);
    host.release(frame);
    expect(host.call("queue_used")).toBe(1);
    expect(segment(host, 0, 1000)).toEqual(bytesFrom(0, 1000));
    host.call("queue_release", 0, 1000);
    host.assertNoLeaks();
  });

  test("one connection leaves room in the pool for another", async () => {
    const host = await load();
    const put = (which: number) => {
      const frame = host.frame(new Uint8Array(1));
      const taken = host.call("queue_append", which, frame, 0, 1) === 1;
      host.release(frame);
      return taken;
    };
    while (put(0));
    expect(host.call("queue_bytes", 0)).toBe(32);
    let others = 0;
    while (put(1)) others++;
    expect(others).toBe(16);
    // What is acknowledged makes room.
    host.call("queue_release", 0, 20);
    expect(put(0)).toBe(true);
    for (const which of [0, 1]) host.call("queue_reset", which, 0);
    host.assertNoLeaks();
  });
});

describe("reassembly", () => {
  const SALTED = 77;

  /** Takes out what is in order; returns the bytes. */
  function drain(host: Host, next: number): number[] {
    const bytes: number[] = [];
    while (host.call("take", 0, (next + bytes.length) >>> 0) === 1) {
      const frame = host.call("taken_frame");
      bytes.push(...host.bytes(frame, host.call("taken_offset"), host.call("taken_length")));
      host.release(frame);
    }
    return bytes;
  }

  function blocks(host: Host, room = 4): [number, number][] {
    return Array.from({ length: host.call("blocks", 0, room) }, (_, i) => [
      host.call("left", i) >>> 0,
      host.call("right", i) >>> 0,
    ]);
  }

  function arrive(host: Host, sequence: number, length: number, salt = 0): boolean {
    return host.call("insert", 0, host.frame(bytesFrom(sequence, length, salt)), 0, sequence, length) === 1;
  }

  test("puts segments in order that come in any order, cut anywhere, more than once", async () => {
    const host = await load();
    const piece = fc.record({
      at: fc.integer({ min: 1, max: 400 }),
      length: fc.integer({ min: 1, max: 90 }),
      drain: fc.integer({ min: 0, max: 9 }),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1000, 0xffffff00, 0x7fffff00),
        fc.array(piece, { maxLength: 60 }),
        (base, pieces) => {
          let next = 0;
          const there = new Set<number>();
          const arrived = (at: number, length: number) => {
            for (let i = at; i < at + length; i++) there.add(i);
          };
          for (const { at, length, drain: filling } of pieces) {
            if (at > next && arrive(host, (base + at) >>> 0, length)) arrived(at, length);
            // Now and then the next expected byte comes too.
            if (filling === 0) {
              if (arrive(host, (base + next) >>> 0, 5)) arrived(next, 5);
              const bytes = drain(host, base + next);
              expect(bytes).toEqual([...bytesFrom(base + next, bytes.length)]);
              for (let i = 0; i < bytes.length; i++) expect(there.has(next + i)).toBe(true);
              expect(there.has(next + bytes.length)).toBe(false);
              for (const i of [...there]) if (i < next + bytes.length) there.delete(i);
              next += bytes.length;
            }
            expect(host.call("waiting_bytes", 0)).toBe(there.size);
            for (const [left, right] of blocks(host).slice(1)) {
              for (let i = left; i !== right; i = (i + 1) >>> 0)
                expect(there.has((i - base) >>> 0)).toBe(true);
            }
          }
          host.call("forget", 0);
          expect(host.call("waiting_used")).toBe(0);
          expect(host.call("waiting_segments", 0)).toBe(0);
          host.assertNoLeaks();
        },
      ),
      { numRuns: 300 },
    );
    expect(host.copies).toBe(0);
  });

  test("RFC 2018 section 4: the block of the segment that came last is first, and then those before it", async () => {
    const host = await load();
    arrive(host, 1500, 500);
    arrive(host, 2500, 500);
    arrive(host, 3500, 500);
    expect(blocks(host)).toEqual([
      [3500, 4000],
      [2500, 3000],
      [1500, 2000],
    ]);
    arrive(host, 2000, 100);
    expect(blocks(host)).toEqual([
      [1500, 2100],
      [3500, 4000],
      [2500, 3000],
    ]);
    // A gap is filled: two blocks are one.
    arrive(host, 3000, 500);
    expect(blocks(host)).toEqual([
      [2500, 4000],
      [1500, 2100],
    ]);
    arrive(host, 5000, 1);
    expect(blocks(host, 2)).toEqual([
      [5000, 5001],
      [2500, 4000],
    ]);
    expect(drain(host, 1500).length).toBe(600);
    expect(blocks(host)).toEqual([
      [5000, 5001],
      [2500, 4000],
    ]);
    expect(drain(host, 2100)).toEqual([]);
    host.call("forget", 0);
    expect(host.call("has_blocks", 0)).toBe(0);
    host.assertNoLeaks();
  });

  test("RFC 2883: what came twice is reported once, before the block that it lies in", async () => {
    const host = await load();
    host.call("duplicate", 0, 500, 1000);
    expect(host.call("has_blocks", 0)).toBe(1);
    expect(blocks(host)).toEqual([[500, 1000]]);
    expect(host.call("has_blocks", 0)).toBe(0);
    arrive(host, 4000, 1000);
    arrive(host, 6000, 500);
    blocks(host);
    // Section 4.2.1: within a block.
    arrive(host, 4200, 300);
    expect(blocks(host)).toEqual([
      [4200, 4500],
      [4000, 5000],
      [6000, 6500],
    ]);
    // Section 4.2.3: partly.
    arrive(host, 4800, 400);
    expect(blocks(host)).toEqual([
      [4800, 5000],
      [4000, 5200],
      [6000, 6500],
    ]);
    expect(blocks(host)).toEqual([
      [4000, 5200],
      [6000, 6500],
    ]);
    host.call("forget", 0);
    host.assertNoLeaks();
  });

  test("of bytes that came twice the earlier island keeps its own, later ones are replaced, as in FreeBSD", async () => {
    const host = await load();
    arrive(host, 100, 50);
    arrive(host, 200, 50);
    arrive(host, 300, 50);
    arrive(host, 120, 200, SALTED);
    const bytes = drain(host, 100);
    expect(bytes).toEqual([...bytesFrom(100, 50), ...bytesFrom(150, 170, SALTED), ...bytesFrom(320, 30)]);
    host.assertNoLeaks();
  });

  test("memory is bounded, for all and for each connection, and what is refused is released", async () => {
    const host = await load();
    let kept = 0;
    for (let i = 0; i < 1000; i++) if (arrive(host, 10 + 2 * i, 1)) kept++;
    // Of 32 islands four fifths.
    expect(kept).toBe(26);
    expect(host.liveFrames).toBe(26);
    expect(host.call("insert", 1, host.frame(new Uint8Array(5)), 0, 5, 5)).toBe(1);
    // What is adjacent to an island needs no other: four fifths of 64 segments.
    for (let i = 0; i < 1000; i++) if (arrive(host, 10 + 2 * 25 + 1 + i, 1)) kept++;
    expect(kept).toBe(51);
    expect(host.liveFrames).toBe(52);
    for (const which of [0, 1]) host.call("forget", which);
    expect(host.call("waiting_used")).toBe(0);
    host.assertNoLeaks();
  });
});

test("ranges are found in few steps however many there are and in whatever order they came", async () => {
  const host = await load();
  for (const order of [0, 1, 2]) {
    host.call("tree_build", 20_000, order);
    // A balanced tree is 15 deep; a random treap of this size has never been seen to be 60.
    expect(host.call("tree_depth")).toBeLessThan(60);
    expect(host.call("tree_check")).toBe(1);
  }
});
