import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { compileFrameCode } from "../support/framecode.ts";
import { Host, onesComplementSum, Trap } from "../support/host.ts";
import * as packets from "../support/packets.ts";

const root = resolve(import.meta.dirname, "../..");

describe("mirage/framecode", () => {
  let wasm: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    wasm = await compileFrameCode("test/stack/sdk.frame.ts");
  });
  const load = () => new Host().load(wasm);

  test("counters", async () => {
    const host = await load();
    host.call("count_twice");
    expect(Object.fromEntries(host.counters)).toEqual({ "sdk.twice": 2 });
  });

  test("lines on the console, cut to their room", async () => {
    const host = await load();
    host.call("say", 4294967295, 0x0a000002);
    host.call("say", 0, 0);
    host.call("say_much");
    expect(host.lines).toEqual([
      "constant",
      "d=4294967295 h=0a000002 a=10.0.0.2 m=02:00:0a:00:00:02",
      "constant",
      "d=0 h=00000000 a=0.0.0.0 m=02:00:00:00:00:00",
      "0123456789".repeat(16),
    ]);
  });

  test("an alarm rings at the earliest deadline, and again when set in timer()", async () => {
    const host = await load();
    host.call("ring_in", 1000);
    host.call("ring_in", 100);
    host.call("ring_in", 5000);
    host.advance(99n);
    expect(host.call("rung")).toBe(0);
    host.advance(1n);
    expect(host.call("rung")).toBe(1);
    host.advance(10_000n);
    expect(host.call("rung")).toBe(3);
  });

  test("byte order of linear memory", async () => {
    const host = await load();
    expect(host.call("order16", 0x1234) >>> 0).toBe(0x12343412);
    expect(host.call("order32", 0x12345678) >>> 0).toBe(0x78563412);
  });

  test("RFC 1071: folding, at its limits", async () => {
    const host = await load();
    for (const [sum, folded] of [
      [0, 0],
      [0xffff, 0xffff],
      [0x10000, 1],
      [0x1fffe, 0xffff],
      [0xffffffff, 0xffff],
      [0xffff0001, 1],
    ] as const) {
      expect(host.call("fold", sum)).toBe(folded);
    }
  });

  test("RFC 1624: an updated checksum is the one that a full sum gives", async () => {
    const host = await load();
    let state = 12345;
    for (let i = 0; i < 20_000; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      const message = packets.bytes(
        8,
        0,
        0,
        0,
        state >>> 24,
        (state >>> 16) & 0xff,
        (state >>> 8) & 0xff,
        i & 0xff,
      );
      const before = ~onesComplementSum(message) & 0xffff;
      const word = ((message[4] ?? 0) << 8) | (message[5] ?? 0);
      const after = i % 7 === 0 ? 0 : (state ^ (i * 257)) & 0xffff;
      message.set([after >>> 8, after & 0xff], 4);
      expect(host.call("update", before, word, after)).toBe(~onesComplementSum(message) & 0xffff);
    }
  });

  test("sums of every length and alignment, over one segment and several", async () => {
    const host = await load();
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => (i * 89) & 0xff);
    const whole = host.frame(bytes);
    const pieces = host.frame([bytes.slice(0, 3), bytes.slice(3, 4), bytes.slice(4, 21), bytes.slice(21)]);
    for (let offset = 0; offset <= 40; offset++) {
      for (let length = 0; offset + length <= 40; length++) {
        const expected = onesComplementSum(bytes.slice(offset, offset + length), 0xfedc);
        expect(host.call("sum", whole, offset, length, 0xfedc)).toBe(expected);
        expect(host.call("sum", pieces, offset, length, 0xfedc)).toBe(expected);
      }
    }
  });

  test("accesses outside a frame trap, at its very edge and with offsets that wrap around", async () => {
    const host = await load();
    const frame = host.frame(packets.bytes(1, 2, 3, 4, 5));
    expect(host.call("get8", frame, 4)).toBe(5);
    expect(host.call("get16", frame, 3)).toBe(0x0405);
    expect(host.call("get32", frame, 1)).toBe(0x02030405);
    const outside: [string, number[]][] = [
      ["get8", [5]],
      ["get16", [4]],
      ["get32", [2]],
      ["get32", [0xffffffff]],
      ["set32", [2, 0]],
      ["sum", [0, 6, 0]],
      ["sum", [5, 0xffffffff, 0]],
      ["truncate", [6]],
      ["writable", [6]],
    ];
    for (const [name, args] of outside) expect(() => host.call(name, frame, ...args), name).toThrow(Trap);
  });

  test("a handle dies with its last reference", async () => {
    const host = await load();
    const frame = host.frame(new Uint8Array(8));
    host.call("retain", frame);
    host.call("release", frame);
    expect(host.call("get8", frame, 0)).toBe(0);
    host.call("release", frame);
    expect(() => host.call("get8", frame, 0)).toThrow(Trap);
    expect(() => host.call("release", frame)).toThrow(Trap);
  });

  test("a frame that is read-only must be made writable, which copies what was asked for only", async () => {
    const host = await load();
    const bytes = new Uint8Array(100);
    const frame = host.frame(bytes, 0, { readOnly: true });
    expect(() => host.call("set32", frame, 0, 1)).toThrow(Trap);
    expect(host.call("writable", frame, 42)).toBe(1);
    host.call("set32", frame, 0, 0x01020304);
    expect(host.bytes(frame, 0, 4)).toEqual(packets.bytes(1, 2, 3, 4));
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(host.copies).toBe(42);
  });

  test("appending is by reference, reading and writing are counted copies", async () => {
    const host = await load();
    const source = host.frame(packets.bytes(1, 2, 3, 4));
    const copy = host.call("copy_on", source, 4);
    expect(host.copies).toBe(8);
    expect(host.call("append_all", copy, source, 1, 3)).toBe(1);
    expect(host.copies).toBe(8);
    expect(host.bytes(copy)).toEqual(packets.bytes(1, 2, 3, 4, 2, 3, 4));
    expect(() => host.call("append_all", copy, source, 2, 3)).toThrow(Trap);
    host.release(source);
    expect(host.call("get8", copy, 4)).toBe(2);
  });

  test("an assertion says what and where", async () => {
    const host = await load();
    expect(() => host.call("fail")).toThrow(/^on purpose at test\/stack\/sdk\.frame\.ts:\d+:\d+$/);
  });

  test("a leak is reported", async () => {
    const host = await load();
    host.frame(new Uint8Array(1));
    expect(() => host.assertNoLeaks()).toThrow(/1 frames were never released/);
  });
});

test("the example in docs/frame-code.md compiles and does what it says", async () => {
  const page = readFileSync(join(root, "docs/frame-code.md"), "utf8");
  const example = /```ts\n(\/\/ filter\.frame\.ts[\s\S]*?)```/.exec(page)?.[1];
  if (example === undefined) throw new Error("docs/frame-code.md has no filter.frame.ts");
  mkdirSync(join(root, "build/test-docs"), { recursive: true });
  writeFileSync(join(root, "build/test-docs/filter.frame.ts"), example);
  const host = await new Host().load(await compileFrameCode("build/test-docs/filter.frame.ts"));
  const [source, destination] = [packets.ip("10.0.0.1"), packets.ip("10.0.0.2")];
  const offer = (destinationPort: number) => {
    const datagram = packets.udp(
      { source, destination, sourcePort: 4000, destinationPort },
      new Uint8Array(8),
    );
    const packet = packets.ipv4({ source, destination, protocol: 17 }, datagram);
    return host.input(packets.ethernet({ destination: 0x02n, source: 0x04n, type: 0x0800 }, packet));
  };
  expect(offer(1900)).toBe(true);
  expect(offer(1901)).toBe(false);
  expect(host.input(new Uint8Array(41))).toBe(false);
  expect(host.counter("drop.filter.ssdp")).toBe(1);
  expect(host.call("blocked")).toBe(1);
  host.assertNoLeaks();
});

test("the benchmark's echo swaps addresses and ports, and leaves all else alone", async () => {
  const host = await new Host().load(await compileFrameCode("test/bench/echo.frame.ts"));
  const [source, destination] = [packets.ip("10.0.0.1"), packets.ip("10.0.0.2")];
  const datagram = packets.udp(
    { source, destination, sourcePort: 4000, destinationPort: 7 },
    new Uint8Array(9).fill(7),
  );
  const frame = packets.ethernet(
    { destination: 0x02005e100002n, source: 0x02005e100001n, type: 0x0800 },
    packets.ipv4({ source, destination, protocol: 17 }, datagram),
  );
  for (let length = 0; length < frame.length; length++)
    expect(host.input(frame.slice(0, length))).toBe(false);
  expect(host.input(frame.slice())).toBe(true);
  const [reply] = host.takeTransmitted().map(({ bytes }) => packets.parse(bytes));
  expect(reply).toMatchObject({
    destination: 0x02005e100001n,
    source: 0x02005e100002n,
    ipv4: { source: destination, destination: source },
    udp: { sourcePort: 7, destinationPort: 4000, payload: new Uint8Array(9).fill(7) },
  });
  expect(host.copies).toBe(0);
  host.assertNoLeaks();
});
