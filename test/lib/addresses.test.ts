/** Addresses and endpoints as text. */
import { isIPv6 } from "node:net";
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { installFakeNative } from "./fake-native.ts";

type Words = readonly [number, number, number, number];
interface Library {
  Ipv6: {
    parse(text: string): Words;
    format(words: Words): string;
    parseCidr(text: string): { address: Words; prefix: number };
  };
  Address: { parse(text: string): Words; format(words: Words): string; version(words: Words): number };
  Endpoint: {
    parse(text: string): { address: string; port: number };
    format(endpoint: { address: string; port: number }): string;
  };
}

let Ipv6: Library["Ipv6"];
let Address: Library["Address"];
let Endpoint: Library["Endpoint"];

beforeEach(async () => {
  vi.resetModules();
  installFakeNative();
  const ipv6: string = "../../src/lib/ipv6.ts";
  const endpoint: string = "../../src/lib/endpoint.ts";
  ({ Ipv6 } = (await import(ipv6)) as Library);
  ({ Address, Endpoint } = (await import(endpoint)) as Library);
});

describe("Ipv6", () => {
  // RFC 5952, section 4 and 5; RFC 4291, section 2.2.
  it.each([
    ["2001:db8::1", "2001:db8::1"],
    ["2001:0db8::0001", "2001:db8::1"],
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:DB8::ABCD", "2001:db8::abcd"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::ffff:10.0.0.1", "::ffff:10.0.0.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ])("reads %s and writes it as %s", (text, canonical) => {
    expect(Ipv6.format(Ipv6.parse(text))).toBe(canonical);
  });

  it.each([
    "",
    ":",
    ":::",
    "1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "g::",
    ":1::",
    "1::1:",
    "::10.0.0.256",
    "10.0.0.1::",
    "::10.0.0.1:1",
    "::1 ",
    "::1%2",
    "[::1]",
  ])("refuses %j", (text) => {
    expect(() => Ipv6.parse(text)).toThrow(RangeError);
  });

  it("writes what it reads back, and what Node takes for an address", () => {
    const group = fc.constantFrom(0, 0, 0, 1, 0xffff, 0xab);
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const word = (i: number): number =>
          (groups[2 * i] as number) * 0x10000 + (groups[2 * i + 1] as number);
        const words = [word(0), word(1), word(2), word(3)] as const;
        const text = Ipv6.format(words);
        expect(isIPv6(text), text).toBe(true);
        expect(Ipv6.parse(text)).toEqual(words);
      }),
    );
  });

  it("takes for an address exactly what Node does", () => {
    const part = fc.constantFrom("0", "1", "ab", "ffff", "", ":", "::", "10.0.0.1", "12345");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 9 }), (parts) => {
        const text = parts.join(":");
        let read = true;
        try {
          Ipv6.parse(text);
        } catch {
          read = false;
        }
        expect(read, text).toBe(isIPv6(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("reads prefixes", () => {
    expect(Ipv6.parseCidr("2001:db8::2/64")).toEqual({ address: [0x20010db8, 0, 0, 2], prefix: 64 });
    expect(() => Ipv6.parseCidr("2001:db8::2/129")).toThrow(/1 to 128/);
    expect(() => Ipv6.parseCidr("2001:db8::2")).toThrow(/1 to 128/);
  });
});

describe("Address", () => {
  it("is of either version", () => {
    expect(Address.parse("10.0.0.2")).toEqual([0, 0, 0xffff, 0x0a000002]);
    expect(Address.format([0, 0, 0xffff, 0x0a000002])).toBe("10.0.0.2");
    expect(Address.version(Address.parse("10.0.0.2"))).toBe(4);
    expect(Address.version(Address.parse("::1"))).toBe(6);
    expect(() => Address.parse("10.0.0")).toThrow(/not an IPv4 address/);
  });

  it("has a zone where only an interface makes it mean something", () => {
    expect(Address.parse("fe80::1%mirage0")).toEqual([0xfe800001, 0, 0, 1]);
    expect(Address.parse("ff02::fb%7")).toEqual([0xff020007, 0, 0, 0xfb]);
    expect(Address.format([0xfe800001, 0, 0, 1])).toBe("fe80::1%mirage0");
    expect(Address.format([0xfe800007, 0, 0, 1])).toBe("fe80::1%7");
    expect(Address.format([0xfe800000, 0, 0, 1])).toBe("fe80::1");
    expect(() => Address.parse("fe80::1%nowhere")).toThrow(/no interface nowhere/);
    expect(() => Address.parse("2001:db8::1%mirage0")).toThrow(/only link-local/);
  });
});

describe("Endpoint", () => {
  it.each(["10.0.0.1:80", "[2001:db8::1]:80", "[fe80::1%mirage0]:65535"])("reads and writes %s", (text) => {
    expect(Endpoint.format(Endpoint.parse(text))).toBe(text);
  });

  it.each([
    "10.0.0.1",
    "10.0.0.1:0",
    "10.0.0.1:65536",
    "::1:80",
    "[::1]",
    "[::1]:",
    "host:80",
    "[10.0.0.1:80",
    "",
  ])("refuses %j", (text) => {
    expect(() => Endpoint.parse(text)).toThrow(RangeError);
  });
});
