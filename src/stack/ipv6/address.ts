/**
 * IPv6 addresses (RFC 4291) as two `u64`: the first 64 bits (`high`) and the last (`low`).
 *
 * @module
 */
import { maskHigh, maskLow } from "../address";

/** The prefix of link-local unicast addresses, with zeros up to its 64 bits (RFC 4291 section 2.5.6). */
export const LINK_LOCAL_PREFIX: u64 = 0xfe80000000000000;
export const LINK_LOCAL_PREFIX_BITS: u32 = 64;
/** ff02::1, ff02::2 and ff02::16 are these two halves (RFC 4291 section 2.7.1, RFC 3810 section 5.2.14). */
export const LINK_GROUP_HIGH: u64 = 0xff02000000000000;
export const ALL_NODES_LOW: u64 = 1;
export const ALL_ROUTERS_LOW: u64 = 2;
export const MLD2_ROUTERS_LOW: u64 = 0x16;
/** ff02::1:ff00:0 is the start of the solicited-node groups (RFC 4291 section 2.7.1). */
const SOLICITED_NODE_LOW: u64 = 0x00000001ff000000;
/** The first 16 bits of a group's MAC address (RFC 2464 section 7). */
export const GROUP_MAC_HIGH: u32 = 0x3333;

/** How far an address reaches (RFC 4291 section 2.7, RFC 6724 section 3.1). */
export enum Scope {
  Interface = 1,
  Link = 2,
  Site = 5,
  Global = 14,
}

export function isUnspecified(high: u64, low: u64): bool {
  return (high | low) === 0;
}

export function isLoopback(high: u64, low: u64): bool {
  return high === 0 && low === 1;
}

export function isMulticast(high: u64): bool {
  return high >>> 56 === 0xff;
}

/** fe80::/10 */
export function isLinkLocal(high: u64): bool {
  return high >>> 54 === 0xfe80 >>> 6;
}

/** fc00::/7 (RFC 4193). */
export function isUniqueLocal(high: u64): bool {
  return high >>> 57 === 0xfc >>> 1;
}

/** Of no interface, so no packet may have it: `::/96` with the exception of `::` and `::1`, and IPv4-mapped ones. */
export function isForbidden(high: u64, low: u64): bool {
  return high === 0 && (low >>> 32 === 0xffff || (low >>> 32 === 0 && low > 1));
}

export function solicitedNodeLow(low: u64): u64 {
  return SOLICITED_NODE_LOW | (low & 0xffffff);
}

/** The last 32 bits of a group's MAC address (RFC 2464 section 7). */
export function groupMacLow(low: u64): u32 {
  return <u32>low;
}

/**
 * The number of an interface from 1 that application code has put where a link-local address, unicast or of a group, has
 * zeros on the wire; 0: none.
 */
export function zoneOf(high: u64): u32 {
  const isLocal = isLinkLocal(high) || (isMulticast(high) && scopeOf(high, 0) <= <u32>Scope.Link);
  return isLocal ? <u32>(high >>> 32) & 0xffff : 0;
}

export function withoutZone(high: u64): u64 {
  return high & 0xffff0000ffffffff;
}

export function scopeOf(high: u64, low: u64): u32 {
  if (isMulticast(high)) return <u32>(high >>> 48) & 0xf;
  if (isLinkLocal(high) || isLoopback(high, low)) return Scope.Link;
  return Scope.Global;
}

/** Do the first `bits` (0..128) agree? */
export function samePrefix(high: u64, low: u64, otherHigh: u64, otherLow: u64, bits: u32): bool {
  return ((high ^ otherHigh) & maskHigh(bits)) === 0 && ((low ^ otherLow) & maskLow(bits)) === 0;
}

/** How many leading bits agree: 0..128. */
export function commonPrefixBits(high: u64, low: u64, otherHigh: u64, otherLow: u64): u32 {
  if (high !== otherHigh) return <u32>clz<u64>(high ^ otherHigh);
  return 64 + <u32>clz<u64>(low ^ otherLow);
}
