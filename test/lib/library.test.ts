/** Addresses, clocks, waiting, randomness. */
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Ipv4, Mac } from "../../src/lib/address.ts";
import { type FakeNative, installFakeNative } from "./fake-native.ts";

let native: FakeNative;
beforeEach(() => {
  vi.resetModules();
  native = installFakeNative();
});

describe("Ipv4 and Mac", () => {
  it("go to text and back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (address) => {
        expect(Ipv4.parse(Ipv4.format(address))).toBe(address);
        const bytes = new Uint8Array(6);
        Ipv4.write(bytes, 1, address);
        expect(Ipv4.read(bytes, 1)).toBe(address);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
        expect(Mac.parse(Mac.format(bytes))).toEqual(bytes);
      }),
    );
    expect(Ipv4.format(0x0a000002)).toBe("10.0.0.2");
    expect(Mac.format(new Uint8Array([2, 0, 0x5e, 0x10, 0, 2]))).toBe("02:00:5e:10:00:02");
  });

  it.each(["", "10.0.0", "10.0.0.256", "10.0.0.02", "10.0.0.2 ", "1.2.3.4.5", "a.b.c.d"])(
    "refuse %j",
    (text) => {
      expect(() => Ipv4.parse(text)).toThrow(/not an IPv4 address: expected one like 10\.0\.0\.2/);
    },
  );

  it.each(["10.0.0.2", "10.0.0.2/0", "10.0.0.2/33", "10.0.0.2/x"])("refuse the prefix of %j", (text) => {
    expect(() => Ipv4.parseCidr(text)).toThrow(/prefix length of 1 to 32/);
  });

  it("do not reach outside of a view", () => {
    expect(() => Ipv4.read(new Uint8Array(4), 1)).toThrow(RangeError);
    expect(() => Mac.parse("02:00:5e:10:00")).toThrow(/not a MAC address/);
  });
});

describe("Clock", () => {
  it("gives days and picoseconds as MirageOS does", async () => {
    const { Clock } = await import("../../src/lib/clock.ts");
    const seconds = 1_700_000_000;
    const [days, picoseconds] = Clock.nowDPs();
    expect(days).toBe(Math.floor(seconds / 86400));
    expect(picoseconds).toBe(((seconds % 86400) * 1e9 + 123_456_789) * 1000);
    expect(Clock.nowMs()).toBe(1_700_000_000_123);
    expect(Clock.elapsedNs()).toBe(5_000_000);
  });
});

describe("sleep", () => {
  it("resolves when the time has passed, not before", async () => {
    const { sleep } = await import("../../src/lib/sleep.ts");
    let done = false;
    const sleeping = sleep(1.5).then(() => {
      done = true;
    });
    native.advance(1_499_999);
    await Promise.resolve();
    expect(done).toBe(false);
    native.advance(1);
    await sleeping;
    expect(done).toBe(true);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s", async (ms) => {
    const { sleep } = await import("../../src/lib/sleep.ts");
    expect(() => sleep(ms)).toThrow(RangeError);
  });
});

describe("Random", () => {
  it("stays below the limit", async () => {
    const { Random } = await import("../../src/lib/random.ts");
    expect(Random.generate(3)).toHaveLength(3);
    expect(Random.uint32()).toBe(0xc8_ed_12_37);
    expect(Random.below(10)).toBe(0xc8_ed_12_37 % 10);
    expect(() => Random.below(0)).toThrow(RangeError);
  });
});
