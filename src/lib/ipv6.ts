/**
 * IPv6 addresses as text (RFC 4291 section 2.2, RFC 5952) and as four words.
 *
 * @module
 */
import { Ipv4 } from "./address.ts";

/**
 * 128 bits as four unsigned 32-bit words, most significant first. IPv4 addresses are the IPv4-mapped ones: 0, 0, 0xffff
 * and the address (RFC 4291 section 2.5.5.2). In an address of link-local scope the low half of the first word, which
 * is 0 on the wire, is the number of the interface, from 1; 0: not said.
 */
export type AddressWords = readonly [number, number, number, number];

const GROUPS = 8;

function notIpv6(text: string): RangeError {
  return new RangeError(`"${text}" is not an IPv6 address: expected one like 2001:db8::1`);
}

/** Groups of 16 bits, and a dotted quad as the last two; undefined: not that. */
function groupsOf(text: string): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string;
    if (i === parts.length - 1 && part.indexOf(".") >= 0) {
      const quad = Ipv4.parse(part);
      groups.push(quad >>> 16, quad & 0xffff);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** IPv6 addresses as words. */
export const Ipv6 = {
  /**
   * "2001:db8::1" as four words, without a zone.
   *
   * @throws RangeError if `text` is anything else
   */
  parse(text: string): AddressWords {
    const gap = text.indexOf("::");
    let groups: number[] | undefined;
    if (gap < 0) groups = groupsOf(text);
    else {
      const before = groupsOf(text.slice(0, gap));
      const after = groupsOf(text.slice(gap + 2));
      // "::" stands for at least one group, and a dotted quad only for the last ones.
      if (before === undefined || after === undefined || text.slice(0, gap).indexOf(".") >= 0)
        throw notIpv6(text);
      const zeros = GROUPS - before.length - after.length;
      if (zeros < 1) throw notIpv6(text);
      groups = before;
      for (let i = 0; i < zeros; i++) groups.push(0);
      for (const group of after) groups.push(group);
    }
    if (groups === undefined || groups.length !== GROUPS) throw notIpv6(text);
    const word = (i: number): number => (groups[2 * i] as number) * 0x10000 + (groups[2 * i + 1] as number);
    return [word(0), word(1), word(2), word(3)];
  },

  /** Four words as text in the one form that RFC 5952 allows. */
  format(words: AddressWords): string {
    const [w0, w1, w2, w3] = words;
    if (w0 === 0 && w1 === 0 && w2 === 0xffff) return `::ffff:${Ipv4.format(w3)}`;
    const groups: number[] = [];
    for (const word of words) groups.push(word >>> 16, word & 0xffff);
    // The first of the longest runs of zeros, if it is longer than one group.
    let best = -1;
    let length = 1;
    for (let i = 0; i < GROUPS; i++) {
      let end = i;
      while (end < GROUPS && groups[end] === 0) end++;
      if (end - i > length) {
        best = i;
        length = end - i;
      }
    }
    const text = (from: number, to: number): string =>
      groups
        .slice(from, to)
        .map((group) => group.toString(16))
        .join(":");
    return best < 0 ? text(0, GROUPS) : `${text(0, best)}::${text(best + length, GROUPS)}`;
  },

  /**
   * "2001:db8::2/64" as words and prefix length in bits, 1 to 128.
   *
   * @throws RangeError if it is anything else
   */
  parseCidr(text: string): { address: AddressWords; prefix: number } {
    const slash = text.indexOf("/");
    const bits = slash < 0 ? "" : text.slice(slash + 1);
    const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : 0;
    if (prefix < 1 || prefix > 128) {
      throw new RangeError(`"${text}" has no prefix length of 1 to 128: expected one like 2001:db8::2/64`);
    }
    return { address: Ipv6.parse(text.slice(0, slash)), prefix };
  },

  /** True for addresses that mean nothing without an interface: fe80::/10, and multicast groups of scope 1 and 2. */
  hasZone(words: AddressWords): boolean {
    const first = words[0] >>> 16;
    return (
      (first & 0xffc0) === 0xfe80 || (first >>> 8 === 0xff && ((first & 0xf) === 1 || (first & 0xf) === 2))
    );
  },
} as const;
