/**
 * Addresses as text and as numbers.
 *
 * @module
 */

const byteMax = 255;

/** Four decimal numbers: no leading zeros, which inet_aton(3) would read as octal. */
const dotted = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/** IPv4 addresses as numbers: 10.0.0.2 is 0x0a000002. */
export const Ipv4 = {
  /**
   * "10.0.0.2" as a number of 32 bits.
   *
   * @throws RangeError if `text` is not four decimal numbers from 0 to 255 with dots between
   */
  parse(text: string): number {
    const match = dotted.exec(text);
    let value = 0;
    for (let i = 1; i <= 4; i++) {
      const byte = match === null ? byteMax + 1 : Number(match[i]);
      if (byte > byteMax)
        throw new RangeError(`"${text}" is not an IPv4 address: expected one like 10.0.0.2`);
      value = value * 256 + byte;
    }
    return value;
  },

  /** 0x0a000002 as "10.0.0.2". */
  format(address: number): string {
    return `${(address >>> 24) & 0xff}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;
  },

  /**
   * "10.0.0.2/24" as address and prefix length in bits.
   *
   * @throws RangeError if it is anything else
   */
  parseCidr(text: string): { address: number; prefix: number } {
    const slash = text.indexOf("/");
    const bits = slash < 0 ? "" : text.slice(slash + 1);
    const prefix = /^\d{1,2}$/.test(bits) ? Number(bits) : 0;
    if (prefix < 1 || prefix > 32) {
      throw new RangeError(`"${text}" has no prefix length of 1 to 32: expected one like 10.0.0.2/24`);
    }
    return { address: Ipv4.parse(text.slice(0, slash)), prefix };
  },

  /** Reads an address from four bytes in network byte order. */
  read(bytes: Uint8Array, offset: number): number {
    checkRange(bytes, offset, 4);
    const high = ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
    const low = ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number);
    return high * 0x10000 + low;
  },

  /** Writes an address as four bytes in network byte order. */
  write(bytes: Uint8Array, offset: number, address: number): void {
    checkRange(bytes, offset, 4);
    bytes[offset] = address >>> 24;
    bytes[offset + 1] = address >>> 16;
    bytes[offset + 2] = address >>> 8;
    bytes[offset + 3] = address;
  },
} as const;

const macPattern = /^[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}$/;

/** MAC addresses (IEEE 802, 48 bits). */
export const Mac = {
  /** Bytes in a MAC address. */
  length: 6,

  broadcast: "ff:ff:ff:ff:ff:ff",

  /**
   * "02:00:5e:10:00:02" as six bytes.
   *
   * @throws RangeError if it is not six hexadecimal bytes with colons between
   */
  parse(text: string): Uint8Array {
    if (!macPattern.test(text)) {
      throw new RangeError(`"${text}" is not a MAC address: expected one like 02:00:5e:10:00:02`);
    }
    const bytes = new Uint8Array(6);
    for (let i = 0; i < 6; i++) bytes[i] = Number.parseInt(text.substring(3 * i, 3 * i + 2), 16);
    return bytes;
  },

  /** Six bytes from `offset` as "02:00:5e:10:00:02". */
  format(bytes: Uint8Array, offset = 0): string {
    checkRange(bytes, offset, 6);
    let text = "";
    for (let i = 0; i < 6; i++) {
      text += (i === 0 ? "" : ":") + ((bytes[offset + i] as number) + 0x100).toString(16).slice(1);
    }
    return text;
  },
} as const;

function checkRange(bytes: Uint8Array, offset: number, length: number): void {
  if (offset < 0 || offset + length > bytes.length) {
    throw new RangeError(`${length} bytes from ${offset} do not lie within ${bytes.length} bytes`);
  }
}
