/**
 * Addresses of both versions of IP, and where on them a program listens.
 *
 * @module
 */
import { Ipv4 } from "./address.ts";
import { NetworkError } from "./errors.ts";
import { type AddressWords, Ipv6 } from "./ipv6.ts";
import { native } from "./native.ts";

/** An address and a port. */
export interface Endpoint {
  /** "10.0.0.1", "2001:db8::1", "fe80::1%mirage0" */
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** No address: any of the program's own. */
export const ANY_ADDRESS: AddressWords = [0, 0, 0, 0];

/** Number of a zone, from 1: of an interface by its name, or as it is written. */
function zoneNumber(zone: string, text: string): number {
  for (let i = 0; i < native.netifCount(); i++) if (native.netifInfo(i).name === zone) return i + 1;
  const number = /^\d{1,5}$/.test(zone) ? Number(zone) : 0;
  if (number < 1 || number > 65535) throw new RangeError(`"${text}": there is no interface ${zone}`);
  return number;
}

function zoneName(number: number): string {
  return number <= native.netifCount() ? native.netifInfo(number - 1).name : String(number);
}

/** Addresses of either version as text and as words. */
export const Address = {
  /**
   * "10.0.0.2", "2001:db8::1" or "fe80::1%mirage0" as four words.
   *
   * @throws RangeError if `text` is none of these
   */
  parse(text: string): AddressWords {
    if (text.indexOf(":") < 0) return [0, 0, 0xffff, Ipv4.parse(text)];
    const percent = text.indexOf("%");
    if (percent < 0) return Ipv6.parse(text);
    const words = Ipv6.parse(text.slice(0, percent));
    if (!Ipv6.hasZone(words)) throw new RangeError(`"${text}": only link-local addresses have a zone`);
    return [words[0] + zoneNumber(text.slice(percent + 1), text), words[1], words[2], words[3]];
  },

  /** Four words as text: IPv4 as "10.0.0.2", IPv6 as RFC 5952 says, with "%" and the interface's name if it has a zone. */
  format(words: AddressWords): string {
    const [w0, w1, w2, w3] = words;
    if (w0 === 0 && w1 === 0 && w2 === 0xffff) return Ipv4.format(w3);
    const zone = w0 & 0xffff;
    if (zone === 0 || !Ipv6.hasZone(words)) return Ipv6.format(words);
    return `${Ipv6.format([w0 - zone, w1, w2, w3])}%${zoneName(zone)}`;
  },

  /** 4 or 6: the version of IP that an address is of. */
  version(words: AddressWords): 4 | 6 {
    return words[0] === 0 && words[1] === 0 && words[2] === 0xffff ? 4 : 6;
  },
} as const;

/** Endpoints as text. */
export const Endpoint = {
  /**
   * "10.0.0.1:80" or "[2001:db8::1]:80".
   *
   * @throws RangeError if it is neither, or the port is not 1 to 65535
   */
  parse(text: string): Endpoint {
    const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
    const address = match?.[1] ?? match?.[2];
    const port = Number(match?.[3]);
    if (address === undefined || !(port >= 1 && port <= 65535)) {
      throw new RangeError(`"${text}" is no endpoint: expected one like 10.0.0.1:80 or [2001:db8::1]:80`);
    }
    Address.parse(address);
    return { address, port };
  },

  format({ address, port }: Endpoint): string {
    return address.indexOf(":") < 0 ? `${address}:${port}` : `[${address}]:${port}`;
  },
} as const;

/**
 * A port, checked.
 *
 * @throws NetworkError EINVAL if it is no whole number from `least` to 65535
 */
export function checkPort(port: number, least: 0 | 1, what: string): void {
  if (!(Number.isInteger(port) && port >= least && port <= 65535)) {
    throw new NetworkError("EINVAL", `${what} port ${port}: expected a whole number from ${least} to 65535`);
  }
}
