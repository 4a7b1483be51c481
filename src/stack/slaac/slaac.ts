import {
  Alarm,
  clock_ns,
  count,
  counter,
  Line,
  NANOSECONDS_PER_MILLISECOND,
  NANOSECONDS_PER_SECOND,
  random_u32,
} from "mirage/framecode";
import { Link } from "../ethernet/interface";
import { StackError } from "../interface";
import {
  isLinkLocal,
  LINK_GROUP_HIGH,
  LINK_LOCAL_PREFIX,
  LINK_LOCAL_PREFIX_BITS,
  solicitedNodeLow,
} from "../ipv6/address";
import {
  Address6,
  AddressOrigin,
  AddressState,
  Interface6,
  Interfaces6,
  IP6_ADDRESSES_MAX,
  IP6_AUTOCONFIGURED_MAX,
  NEVER_NS,
} from "../ipv6/interfaces";
import { Membership6 } from "../mld/interface";
import { NdOutput } from "../nd/output";
import { ND_INFINITE_SECONDS } from "../nd/wire";
import { StableIdentifiers } from "./identifier";
import { Autoconfiguration, AutoconfigurationClient } from "./interface";

/** RFC 4862 section 5.1: DupAddrDetectTransmits. */
export const DAD_SOLICITATIONS: u32 = 1;
/** RFC 4861 section 10: MAX_RTR_SOLICITATION_DELAY, before the first solicitation. */
export const DAD_DELAY_MILLISECONDS: u32 = 1000;
/** RFC 7217 section 7: other identifiers that are tried when one is taken. */
export const IDENTIFIER_RETRIES_MAX: u32 = 3;
/** RFC 4862 section 5.5.3 (e): an advertisement cannot shorten a lifetime below this. */
export const VALID_LIFETIME_MIN_SECONDS: u32 = 7200;
/** Prefixes for addresses have this length (RFC 4862 section 5.5.3 (d), RFC 2464 section 5). */
const AUTOCONFIGURED_PREFIX_BITS: u32 = 64;

/**
 * Addresses: link-local ones, those made of advertised prefixes (RFC 4862, with the identifiers of RFC 7217) and
 * configured ones; all are checked for uniqueness before use (RFC 4862 section 5.4, RFC 7527), and age.
 */
export class Slaac<Below extends Link, Groups extends Membership6, Above extends AutoconfigurationClient>
  implements Autoconfiguration
{
  readonly identifiers: StableIdentifiers = new StableIdentifiers();
  private readonly line: Line = new Line();
  private nextNs: u64 = NEVER_NS;
  private readonly duplicates: u32 = counter("slaac.duplicate-addresses");
  private readonly formed: u32 = counter("slaac.addresses-formed");
  private readonly ignored: u32 = counter("slaac.prefixes-ignored");
  private readonly expired: u32 = counter("slaac.addresses-expired");

  constructor(
    private readonly interfaces: Interfaces6,
    private readonly output: NdOutput<Below>,
    private readonly groups: Groups,
    private readonly above: Above,
    private readonly alarm: Alarm,
  ) {}

  /** Gives an interface its link-local address. Returns a `StackError`. */
  enable(on: Interface6): i32 {
    const low = this.identifiers.identifier(on.netif, LINK_LOCAL_PREFIX, 0);
    return this.add(on, LINK_LOCAL_PREFIX, low, LINK_LOCAL_PREFIX_BITS, AddressOrigin.LinkLocal);
  }

  /** Gives up all addresses of an interface. */
  disable(on: Interface6): void {
    let address: Address6 | null = on.first;
    while (address !== null) {
      this.remove(address);
      address = on.first;
    }
  }

  /** Adds an address and begins to check that nobody else has it. Returns a `StackError`. */
  add(on: Interface6, high: u64, low: u64, prefixBits: u32, origin: u32): i32 {
    const address = this.interfaces.add(on, high, low, prefixBits, origin);
    if (address === null) return StackError.ENOBUFS;
    if (!this.groups.join(on, LINK_GROUP_HIGH, solicitedNodeLow(low))) {
      this.interfaces.remove(address);
      return StackError.ENOBUFS;
    }
    this.check(address);
    return StackError.None;
  }

  remove(address: Address6): void {
    const on = address.on;
    this.groups.leave(on, LINK_GROUP_HIGH, solicitedNodeLow(address.low));
    const wasUsable = address.usable;
    this.interfaces.remove(address);
    if (wasUsable) this.above.addressDown(on, address.index);
  }

  /** RFC 4862 section 5.4.2: after a random delay, so that hosts that start together do not all speak at once. */
  private check(address: Address6): void {
    this.interfaces.setState(address, AddressState.Tentative);
    address.probesLeft = DAD_SOLICITATIONS;
    address.nonceHigh = 0;
    address.nonceLow = 0;
    const delay = (<u64>random_u32() * DAD_DELAY_MILLISECONDS) >>> 32;
    this.armProbe(address, clock_ns() + delay * NANOSECONDS_PER_MILLISECOND);
  }

  private probe(address: Address6, nowNs: u64): void {
    if (address.probesLeft === 0) {
      address.probeNs = NEVER_NS;
      this.unique(address, nowNs);
      return;
    }
    address.probesLeft--;
    address.nonceHigh = random_u32() & 0xffff;
    address.nonceLow = random_u32() | 1;
    this.output.solicitTentative(address);
    this.armProbe(address, nowNs + <u64>address.on.retransmitMilliseconds * NANOSECONDS_PER_MILLISECOND);
  }

  /** Nobody has objected. */
  private unique(address: Address6, nowNs: u64): void {
    const preferred = address.preferredUntilNs > nowNs;
    this.interfaces.setState(address, preferred ? AddressState.Preferred : AddressState.Deprecated);
    this.output.announce(address);
    this.above.addressUp(address.on, address.index);
    if (address.origin === <u32>AddressOrigin.LinkLocal) this.above.linkReady(address.on);
  }

  /** Somebody else has a tentative address of ours (RFC 4862 section 5.4.5, RFC 7217 section 6). */
  duplicate(address: Address6): void {
    count(this.duplicates);
    const on = address.on;
    const made = address.origin !== <u32>AddressOrigin.Configured;
    if (made && address.conflicts < IDENTIFIER_RETRIES_MAX) {
      address.conflicts++;
      const low = this.identifiers.identifier(on.netif, address.high, address.conflicts);
      if (this.groups.join(on, LINK_GROUP_HIGH, solicitedNodeLow(low))) {
        this.groups.leave(on, LINK_GROUP_HIGH, solicitedNodeLow(address.low));
        this.interfaces.renumber(address, address.high, low);
        this.check(address);
        return;
      }
    }
    address.probeNs = NEVER_NS;
    this.interfaces.setState(address, AddressState.Duplicate);
    this.line
      .text("slaac: interface ")
      .decimal(on.index)
      .text(isLinkLocal(address.high) ? ": link-local" : ":")
      .text(" address is a duplicate, and not in use")
      .print();
    this.above.addressDuplicate(on, address.index);
  }

  prefix(on: Interface6, high: u64, low: u64, bits: u32, validSeconds: u32, preferredSeconds: u32): void {
    if (
      isLinkLocal(high) ||
      bits !== AUTOCONFIGURED_PREFIX_BITS ||
      preferredSeconds > validSeconds ||
      low !== 0
    ) {
      count(this.ignored);
      return;
    }
    const now = clock_ns();
    let made: u32 = 0;
    let one: Address6 | null = on.first;
    while (one !== null) {
      if (one.origin === <u32>AddressOrigin.Autoconfigured) {
        if (one.high === high) {
          this.renew(one, now, validSeconds, preferredSeconds);
          return;
        }
        made++;
      }
      one = one.next;
    }
    if (validSeconds === 0) return;
    if (made >= IP6_AUTOCONFIGURED_MAX) {
      count(this.ignored);
      return;
    }
    const identifier = this.identifiers.identifier(on.netif, high, 0);
    if (this.add(on, high, identifier, bits, AddressOrigin.Autoconfigured) !== StackError.None) {
      count(this.ignored);
      return;
    }
    count(this.formed);
    const address = this.interfaces.find(on, high, identifier);
    if (address === null) return;
    address.validUntilNs = lifetimeEnd(now, validSeconds);
    address.preferredUntilNs = lifetimeEnd(now, preferredSeconds);
    this.arm(address.validUntilNs);
    this.arm(address.preferredUntilNs);
  }

  /** RFC 4862 section 5.5.3 (e): nobody takes an address away at once by an advertisement. */
  private renew(address: Address6, nowNs: u64, validSeconds: u32, preferredSeconds: u32): void {
    const leastNs = nowNs + <u64>VALID_LIFETIME_MIN_SECONDS * NANOSECONDS_PER_SECOND;
    const advertised = lifetimeEnd(nowNs, validSeconds);
    if (advertised > leastNs || advertised > address.validUntilNs) address.validUntilNs = advertised;
    else if (address.validUntilNs > leastNs) address.validUntilNs = leastNs;
    address.preferredUntilNs = lifetimeEnd(nowNs, preferredSeconds);
    if (address.usable) {
      const preferred = address.preferredUntilNs > nowNs;
      this.interfaces.setState(address, preferred ? AddressState.Preferred : AddressState.Deprecated);
    }
    this.arm(address.validUntilNs);
    this.arm(address.preferredUntilNs);
  }

  /** Deadlines have passed. */
  timer(nowNs: u64): void {
    if (nowNs >= this.nextNs) {
      this.nextNs = NEVER_NS;
      for (let i: u32 = 0; i < IP6_ADDRESSES_MAX; i++) {
        const address = this.interfaces.address(i);
        if (address.state !== <u32>AddressState.Free) this.due(address, nowNs);
      }
    }
    if (this.nextNs !== NEVER_NS) this.alarm.at(this.nextNs);
  }

  private due(address: Address6, nowNs: u64): void {
    if (address.validUntilNs <= nowNs) {
      count(this.expired);
      this.remove(address);
      return;
    }
    if (address.state === <u32>AddressState.Preferred && address.preferredUntilNs <= nowNs) {
      this.interfaces.setState(address, AddressState.Deprecated);
    }
    if (address.state === <u32>AddressState.Tentative && address.probeNs <= nowNs) this.probe(address, nowNs);
    this.arm(address.probeNs);
    this.arm(address.validUntilNs);
    if (address.preferredUntilNs > nowNs) this.arm(address.preferredUntilNs);
  }

  private armProbe(address: Address6, deadlineNs: u64): void {
    address.probeNs = deadlineNs;
    this.arm(deadlineNs);
  }

  private arm(deadlineNs: u64): void {
    if (deadlineNs === NEVER_NS) return;
    if (deadlineNs < this.nextNs) this.nextNs = deadlineNs;
    this.alarm.at(deadlineNs);
  }
}

/** When a lifetime that begins now runs out. */
export function lifetimeEnd(nowNs: u64, seconds: u32): u64 {
  return seconds === ND_INFINITE_SECONDS ? NEVER_NS : nowNs + <u64>seconds * NANOSECONDS_PER_SECOND;
}
