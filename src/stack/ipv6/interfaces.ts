import { Line } from "mirage/framecode";
import { LOOPBACK_MTU_BYTES } from "../loopback";
import { NETIFS_MAX, Netif, Netifs } from "../netif";
import { NUMBERS_COLUMN, putAddress, putNetif, Reported, STATE_COLUMN } from "../report";
import { isLinkLocal } from "./address";
import { IPV6_MTU_MIN_BYTES } from "./wire";

/** Addresses of a stack, over all interfaces. */
export const IP6_ADDRESSES_MAX: u32 = 32;
/** Of these, so many on one interface can come from router advertisements. */
export const IP6_AUTOCONFIGURED_MAX: u32 = 8;
/** A power of two. */
const BUCKETS: u32 = 32;
export const NEVER_NS: u64 = u64.MAX_VALUE;

export const IP6_HOP_LIMIT_HOPS: u32 = 64;
/** RFC 4861 section 10: REACHABLE_TIME and RETRANS_TIMER, unless a router says something else. */
export const ND_REACHABLE_MILLISECONDS: u32 = 30_000;
export const ND_RETRANSMIT_MILLISECONDS: u32 = 1000;

/** What an address is good for (RFC 4862 section 2): the numbers of `Ip6AddressState`, which application code knows. */
export enum AddressState {
  Free = 0,
  /** Being checked for uniqueness: nothing is sent from it, and nothing but neighbour discovery is heard. */
  Tentative = 1,
  Preferred = 2,
  /** Not for new flows. */
  Deprecated = 3,
  /** Somebody else has it: not in use. */
  Duplicate = 4,
}

function nameOf(state: u32): string {
  switch (state) {
    case AddressState.Tentative:
      return "tentative";
    case AddressState.Preferred:
      return "preferred";
    case AddressState.Deprecated:
      return "deprecated";
    default:
      return "duplicate";
  }
}

export enum AddressOrigin {
  LinkLocal = 0,
  Configured,
  Autoconfigured,
}

/** One address of ours. Data that all layers share. */
export class Address6 {
  state: u32 = AddressState.Free;
  origin: u32 = AddressOrigin.LinkLocal;
  high: u64 = 0;
  low: u64 = 0;
  /** Length of the subnet's prefix. */
  prefixBits: u32 = 0;
  preferredUntilNs: u64 = NEVER_NS;
  validUntilNs: u64 = NEVER_NS;
  /** While tentative: solicitations that are still to be sent, and when the next step is due. */
  probesLeft: u32 = 0;
  probeNs: u64 = NEVER_NS;
  /** Of the last solicitation (RFC 7527 section 4.1). */
  nonceHigh: u32 = 0;
  nonceLow: u32 = 0;
  /** DAD_Counter of RFC 7217 section 5. */
  conflicts: u32 = 0;
  next: Address6 | null = null;
  nextInBucket: Address6 | null = null;
  on: Interface6 = changetype<Interface6>(0);

  constructor(readonly index: u32) {}

  /** May packets be sent from it, and are those to it heard? */
  get usable(): bool {
    return this.state === <u32>AddressState.Preferred || this.state === <u32>AddressState.Deprecated;
  }
}

/** IPv6's view of an interface. Data that all layers share. */
export class Interface6 {
  enabled: bool = false;
  /** Routers are asked for and believed: advertisements and redirects. */
  believesRouters: bool = false;
  /** Addresses are made of the prefixes that they advertise. */
  autoconfigures: bool = false;
  /** Bytes of the longest packet, as the card and routers say. */
  mtu: u32 = 0;
  hopLimit: u32 = IP6_HOP_LIMIT_HOPS;
  /** As a router said; what is used varies around it (RFC 4861 section 6.3.2). */
  baseReachableMilliseconds: u32 = ND_REACHABLE_MILLISECONDS;
  reachableMilliseconds: u32 = ND_REACHABLE_MILLISECONDS;
  retransmitMilliseconds: u32 = ND_RETRANSMIT_MILLISECONDS;
  first: Address6 | null = null;

  constructor(
    readonly index: u32,
    readonly netif: Netif,
  ) {}

  /** What a card says, and nothing else. */
  reset(): void {
    this.mtu = this.netif.mtu;
    this.hopLimit = IP6_HOP_LIMIT_HOPS;
    this.baseReachableMilliseconds = ND_REACHABLE_MILLISECONDS;
    this.reachableMilliseconds = ND_REACHABLE_MILLISECONDS;
    this.retransmitMilliseconds = ND_RETRANSMIT_MILLISECONDS;
  }

  /** A link must carry 1,280 bytes (RFC 8200 section 5). */
  get capable(): bool {
    return this.netif.mtu >= IPV6_MTU_MIN_BYTES;
  }

  /** The usable link-local address; null while there is none. */
  get linkLocal(): Address6 | null {
    let address: Address6 | null = this.first;
    while (address !== null) {
      if (address.usable && isLinkLocal(address.high)) return address;
      address = address.next;
    }
    return null;
  }
}

/** The interfaces of an assembly as IPv6 sees them, and their addresses. */
export class Interfaces6 implements Reported {
  /** The last one is the loopback, which has no addresses of its own. */
  private readonly all: StaticArray<Interface6> = new StaticArray<Interface6>(NETIFS_MAX + 1);
  private readonly addresses: StaticArray<Address6> = new StaticArray<Address6>(IP6_ADDRESSES_MAX);
  private readonly buckets: StaticArray<Address6 | null> = new StaticArray<Address6 | null>(BUCKETS);

  constructor(private readonly netifs: Netifs) {
    for (let i: u32 = 0; i < NETIFS_MAX; i++) this.all[i] = new Interface6(i, <Netif>netifs.at(i));
    const loopback = new Interface6(NETIFS_MAX, netifs.loopback);
    loopback.mtu = LOOPBACK_MTU_BYTES;
    this.all[NETIFS_MAX] = loopback;
    for (let i: u32 = 0; i < IP6_ADDRESSES_MAX; i++) this.addresses[i] = new Address6(i);
  }

  reportSize(): u32 {
    return IP6_ADDRESSES_MAX;
  }

  describe(line: Line, index: u32): bool {
    const address = this.addresses[index];
    if (address.state === <u32>AddressState.Free) return false;
    putAddress(line, address.high, address.low);
    line.text("/").decimal(address.prefixBits);
    putNetif(line.column(STATE_COLUMN), address.on.index);
    line.column(NUMBERS_COLUMN).text(nameOf(address.state));
    return true;
  }

  at(index: u32): Interface6 {
    return this.all[index];
  }

  of(netif: Netif): Interface6 {
    return unchecked(this.all[netif.index]);
  }

  /** The interface if IPv6 is on there. */
  enabledAt(index: u32): Interface6 | null {
    if (index >= NETIFS_MAX) return null;
    const one = unchecked(this.all[index]);
    return one.enabled ? one : null;
  }

  /** The first on which IPv6 is on. */
  first(): Interface6 | null {
    for (let i: u32 = 0; i < NETIFS_MAX; i++) {
      const one = unchecked(this.all[i]);
      if (one.enabled) return one;
    }
    return null;
  }

  /** The entry of an address, used or not. `index` must be below `IP6_ADDRESSES_MAX`. */
  address(index: u32): Address6 {
    return this.addresses[index];
  }

  /** Our address on an interface, in whatever state; null if it is none of ours. */
  find(on: Interface6, high: u64, low: u64): Address6 | null {
    let one: Address6 | null = unchecked(this.buckets[bucketOf(high, low)]);
    while (one !== null) {
      if (one.low === low && one.high === high && one.on === on) return one;
      one = one.nextInBucket;
    }
    return null;
  }

  /** A usable address of ours on whatever interface. */
  owner(high: u64, low: u64): Address6 | null {
    let one: Address6 | null = unchecked(this.buckets[bucketOf(high, low)]);
    while (one !== null) {
      if (one.low === low && one.high === high && one.usable) return one;
      one = one.nextInBucket;
    }
    return null;
  }

  /** A new address, tentative; null if all entries are in use. */
  add(on: Interface6, high: u64, low: u64, prefixBits: u32, origin: u32): Address6 | null {
    for (let i: u32 = 0; i < IP6_ADDRESSES_MAX; i++) {
      const one = this.addresses[i];
      if (one.state !== <u32>AddressState.Free) continue;
      one.state = AddressState.Tentative;
      one.origin = origin;
      one.high = high;
      one.low = low;
      one.prefixBits = prefixBits;
      one.preferredUntilNs = NEVER_NS;
      one.validUntilNs = NEVER_NS;
      one.probesLeft = 0;
      one.probeNs = NEVER_NS;
      one.conflicts = 0;
      one.on = on;
      one.next = on.first;
      on.first = one;
      this.link(one);
      return one;
    }
    return null;
  }

  /** Frees the entry. */
  remove(address: Address6): void {
    this.unlink(address);
    const on = address.on;
    if (on.first === address) {
      on.first = address.next;
    } else {
      let one: Address6 | null = on.first;
      while (one !== null) {
        if (one.next === address) {
          one.next = address.next;
          break;
        }
        one = one.next;
      }
    }
    address.next = null;
    address.state = AddressState.Free;
    this.netifs.generation++;
  }

  /** Another identifier for the same address entry. */
  renumber(address: Address6, high: u64, low: u64): void {
    this.unlink(address);
    address.high = high;
    address.low = low;
    this.link(address);
    this.netifs.generation++;
  }

  setState(address: Address6, state: u32): void {
    if (address.state === state) return;
    address.state = state;
    this.netifs.generation++;
  }

  /** Is it an address of ours that packets may be sent from? */
  isOwn(high: u64, low: u64): bool {
    return this.owner(high, low) !== null;
  }

  private link(address: Address6): void {
    const bucket = bucketOf(address.high, address.low);
    address.nextInBucket = this.buckets[bucket];
    this.buckets[bucket] = address;
  }

  private unlink(address: Address6): void {
    const bucket = bucketOf(address.high, address.low);
    const head = this.buckets[bucket];
    if (head === address) {
      this.buckets[bucket] = address.nextInBucket;
    } else {
      let one: Address6 | null = head;
      while (one !== null) {
        if (one.nextInBucket === address) {
          one.nextInBucket = address.nextInBucket;
          break;
        }
        one = one.nextInBucket;
      }
    }
    address.nextInBucket = null;
  }
}

function bucketOf(high: u64, low: u64): u32 {
  const mixed = (low ^ (high >>> 17)) * 0x9e3779b97f4a7c15;
  return <u32>(mixed >>> 59) & (BUCKETS - 1);
}
