/**
 * Addresses of 128 bits as two `u64`, most significant first. An IPv4 address is the IPv4-mapped one (RFC 4291 section
 * 2.5.5.2): `high` 0, `low` 0x0000ffff_aabbccdd. Application code passes the same as four 32-bit words.
 *
 * @module
 */
import { sumFold } from "mirage/framecode";

/** Low half of the IPv4-mapped address 0.0.0.0. */
export const MAPPED_LOW: u64 = 0x0000_ffff_0000_0000;
/** Bits of the mapped prefix: an IPv4 prefix of n bits is one of 96 + n. */
export const MAPPED_PREFIX_BITS: u32 = 96;

/** True for an IPv4-mapped address. */
export function isMapped(high: u64, low: u64): bool {
  return high === 0 && low >>> 32 === 0xffff;
}

/** Low half of an IPv4 address; the high half is 0. */
export function mappedLow(address: u32): u64 {
  return MAPPED_LOW | <u64>address;
}

/** The IPv4 address in the low half of a mapped one. */
export function mappedAddress(low: u64): u32 {
  return <u32>low;
}

/** ::, which stands for any address of either family, or 0.0.0.0. */
export function isUnspecified(high: u64, low: u64): bool {
  return high === 0 && (low === 0 || low === MAPPED_LOW);
}

/** 224/4 or ff00::/8. */
export function isMulticastAddress(high: u64, low: u64): bool {
  return isMapped(high, low) ? isMulticast(<u32>low) : high >>> 56 === 0xff;
}

/** 224.0.0.1 or ff02::1, in which every host is. */
export function isAllHosts(high: u64, low: u64): bool {
  return (high === 0 && low === 0x0000_ffff_e000_0001) || (high === 0xff02_0000_0000_0000 && low === 1);
}

/** 224/4 (RFC 1112 section 4). */
export function isMulticast(address: u32): bool {
  return address >>> 28 === 0xe;
}

/** Half of an address from two of the words that application code passes. */
export function halfOf(upper: u32, lower: u32): u64 {
  return ((<u64>upper) << 32) | <u64>lower;
}

/** Word `index`, 0 (most significant) to 3, of an address. */
export function wordOf(high: u64, low: u64, index: u32): u32 {
  const half = index < 2 ? high : low;
  return <u32>((index & 1) === 0 ? half >>> 32 : half);
}

/** One's complement sum of the 16-bit words of both halves, folded: for pseudo headers. */
export function sumOfAddress(high: u64, low: u64): u32 {
  const sum =
    (high >>> 48) +
    ((high >>> 32) & 0xffff) +
    ((high >>> 16) & 0xffff) +
    (high & 0xffff) +
    (low >>> 48) +
    ((low >>> 32) & 0xffff) +
    ((low >>> 16) & 0xffff) +
    (low & 0xffff);
  return sumFold(<u32>sum);
}

/** The upper half of a mask of `bits` (0 to 128) ones. */
export function maskHigh(bits: u32): u64 {
  if (bits === 0) return 0;
  return bits >= 64 ? u64.MAX_VALUE : u64.MAX_VALUE << (64 - bits);
}

/** The lower half of a mask of `bits` (0 to 128) ones. */
export function maskLow(bits: u32): u64 {
  if (bits <= 64) return 0;
  return bits >= 128 ? u64.MAX_VALUE : u64.MAX_VALUE << (128 - bits);
}

/** A hash of 32 bits for tables, mixed with a key that outsiders do not know. */
export function hashOfAddress(high: u64, low: u64, key: u32): u32 {
  let mixed = (high ^ (low + <u64>key)) * 0x9e37_79b9_7f4a_7c15;
  mixed = (mixed ^ (mixed >>> 32) ^ low) * 0xd6e8_feb8_6659_fd93;
  return <u32>(mixed >>> 32);
}
