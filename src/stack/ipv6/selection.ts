/**
 * Which of our addresses a packet leaves from (RFC 6724 section 5): rules 1 to 3, 5, 6 and 8. Rule 4 is about mobile
 * nodes, rule 7 about temporary addresses, which this stack does not make.
 *
 * @module
 */
import { isMapped } from "../address";
import { commonPrefixBits, isLinkLocal, isLoopback, isUniqueLocal, scopeOf } from "./address";
import { Address6, AddressState, Interface6 } from "./interfaces";

/** The label of an address in the default policy table (RFC 6724 section 2.1). */
export function labelOf(high: u64, low: u64): u32 {
  if (isLoopback(high, low)) return 0;
  if (isMapped(high, low)) return 4;
  if (high >>> 48 === 0x2002) return 2;
  if (high >>> 32 === 0x20010000) return 5;
  if (isUniqueLocal(high)) return 13;
  if (high === 0 && low >>> 32 === 0) return 3;
  if (high >>> 54 === 0xfec0 >>> 6) return 11;
  if (high >>> 48 === 0x3ffe) return 12;
  return 1;
}

/** The best address of an interface (rule 5: the outgoing one) for a destination; null: none is usable. */
export function selectSource(on: Interface6, high: u64, low: u64): Address6 | null {
  const scope = scopeOf(high, low);
  const label = labelOf(high, low);
  let best: Address6 | null = null;
  let one: Address6 | null = on.first;
  while (one !== null) {
    if (one.usable && (best === null || isBetter(one, best, high, low, scope, label))) best = one;
    one = one.next;
  }
  return best;
}

function isBetter(one: Address6, best: Address6, high: u64, low: u64, scope: u32, label: u32): bool {
  // Rule 1: the destination itself.
  if (best.high === high && best.low === low) return false;
  if (one.high === high && one.low === low) return true;
  // Rule 2: the smallest scope that reaches, or the largest if none does.
  const oneScope = scopeOf(one.high, one.low);
  const bestScope = scopeOf(best.high, best.low);
  if (oneScope < bestScope) return oneScope >= scope;
  if (bestScope < oneScope) return bestScope < scope;
  // Rule 3: not a deprecated one.
  const onePreferred = one.state === <u32>AddressState.Preferred;
  if (onePreferred !== (best.state === <u32>AddressState.Preferred)) return onePreferred;
  // Rule 6: of the destination's kind.
  const oneMatches = labelOf(one.high, one.low) === label;
  if (oneMatches !== (labelOf(best.high, best.low) === label)) return oneMatches;
  // Rule 8: the longest prefix in common, as long as the subnet's at most.
  return prefixInCommon(one, high, low) > prefixInCommon(best, high, low);
}

function prefixInCommon(one: Address6, high: u64, low: u64): u32 {
  const bits = commonPrefixBits(one.high, one.low, high, low);
  return min<u32>(bits, one.prefixBits);
}

/** What neighbours are asked from: an address of the target's scope if there is one, else any (RFC 4861 section 7.2.2). */
export function sourceToward(on: Interface6, high: u64, low: u64): Address6 | null {
  const linkLocal = isLinkLocal(high) ? on.linkLocal : null;
  return linkLocal !== null ? linkLocal : selectSource(on, high, low);
}
