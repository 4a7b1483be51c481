import {
  Line,
  NetifOffload,
  netif_mac_high,
  netif_mac_low,
  netif_mtu,
  netif_segment_max,
  netif_tx_offload,
} from "mirage/framecode";
import { putNetif, Reported, STATE_COLUMN } from "./report";

/** Interfaces that a stack can use at once. */
export const NETIFS_MAX: u32 = 8;
/** IPv4 addresses that an interface can have. */
export const IPV4_ADDRESSES_MAX: u32 = 4;

/** What each link must carry (RFC 791 section 3.2). */
const MTU_BYTES_MIN: u32 = 68;

export const IPV4_LIMITED_BROADCAST: u32 = 0xffffffff;

/** An IPv4 address of ours and the net that it is in. */
export class Ipv4Address {
  /** 0: not in use. */
  address: u32 = 0;
  /** Bits of the network part, 1..32. */
  prefix: u32 = 0;
  mask: u32 = 0;

  /** Is the address in this net? */
  covers(address: u32): bool {
    return ((address ^ this.address) & this.mask) === 0;
  }

  /** Host part all ones or, as 4.2BSD had it, all zeros (RFC 1122 section 3.3.6). Nets of 31 and 32 bits have none (RFC 3021). */
  isBroadcast(address: u32): bool {
    if (this.prefix > 30 || !this.covers(address)) return false;
    const host = address & ~this.mask;
    return host === 0 || host === ~this.mask;
  }
}

/**
 * One interface: what the card says, and its IPv4 addresses. Data that all layers of an assembly share; no layer keeps
 * state of its own here. IPv6 keeps its addresses itself.
 */
export class Netif {
  macHigh: u32 = 0;
  macLow: u32 = 0;
  /** Bytes of L3 payload. */
  mtu: u32 = 0;
  /** The card fills in transmit checksums. */
  offloadsChecksum: bool = false;
  /** Longest frame in bytes with IPv4 that the card cuts into segments of TCP (`frame_segment`); 0: it does not. */
  segmentMax4: u32 = 0;
  /** The same with IPv6. */
  segmentMax6: u32 = 0;
  /** IPv6 is in use here: frames are let in. */
  ipv6: bool = false;
  /** IPv4 addresses in use: the first so many of the table. The first one is the primary. */
  addresses: u32 = 0;
  private readonly table: StaticArray<Ipv4Address>;

  constructor(readonly index: u32) {
    this.table = new StaticArray<Ipv4Address>(IPV4_ADDRESSES_MAX);
    for (let i: u32 = 0; i < IPV4_ADDRESSES_MAX; i++) this.table[i] = new Ipv4Address();
  }

  /** Reads what the card says. False: there is no such card. */
  probe(): bool {
    this.mtu = netif_mtu(this.index);
    if (this.mtu < MTU_BYTES_MIN) return false;
    this.macHigh = netif_mac_high(this.index);
    this.macLow = netif_mac_low(this.index);
    const offload = netif_tx_offload(this.index);
    const longest = netif_segment_max(this.index);
    this.offloadsChecksum = (offload & <u32>NetifOffload.Checksum) !== 0;
    this.segmentMax4 = (offload & <u32>NetifOffload.Segment4) !== 0 ? longest : 0;
    this.segmentMax6 = (offload & <u32>NetifOffload.Segment6) !== 0 ? longest : 0;
    return true;
  }

  /** It was taken into use. */
  get active(): bool {
    return this.addresses !== 0 || this.ipv6;
  }

  /** `i` below `addresses`. */
  addressAt(i: u32): Ipv4Address {
    return unchecked(this.table[i]);
  }

  /** The primary IPv4 address; 0: none. */
  get primary(): u32 {
    return this.addresses !== 0 ? unchecked(this.table[0]).address : 0;
  }

  /** Our own IPv4 address with that number. */
  find(address: u32): Ipv4Address | null {
    for (let i: u32 = 0; i < this.addresses; i++) {
      const own = unchecked(this.table[i]);
      if (own.address === address) return own;
    }
    return null;
  }

  owns(address: u32): bool {
    return this.find(address) !== null;
  }

  /** Our own IPv4 address whose net covers an address, the longest prefix first. */
  covering(address: u32): Ipv4Address | null {
    let best: Ipv4Address | null = null;
    for (let i: u32 = 0; i < this.addresses; i++) {
      const own = unchecked(this.table[i]);
      if (own.covers(address) && (best === null || best.prefix < own.prefix)) best = own;
    }
    return best;
  }

  /** Is the address in one of our nets? */
  onLink(address: u32): bool {
    for (let i: u32 = 0; i < this.addresses; i++) if (unchecked(this.table[i]).covers(address)) return true;
    return false;
  }

  /** The broadcast address of one of our nets. */
  isDirectedBroadcast(address: u32): bool {
    for (let i: u32 = 0; i < this.addresses; i++)
      if (unchecked(this.table[i]).isBroadcast(address)) return true;
    return false;
  }

  isBroadcast(address: u32): bool {
    return address === IPV4_LIMITED_BROADCAST || address === 0 || this.isDirectedBroadcast(address);
  }

  /** Adds an address. False: the table is full. `Netifs.changed` must be called after it. */
  add(address: u32, prefix: u32): bool {
    if (this.addresses === IPV4_ADDRESSES_MAX) return false;
    const own = unchecked(this.table[this.addresses++]);
    own.address = address;
    own.prefix = prefix;
    own.mask = maskOf(prefix);
    return true;
  }

  /** Removes an address that is ours; the next one becomes the primary. `Netifs.changed` must be called after it. */
  remove(address: u32): void {
    for (let i: u32 = 0; i < this.addresses; i++) {
      const own = this.table[i];
      if (own.address !== address) continue;
      this.addresses--;
      for (let next = i; next < this.addresses; next++) this.table[next] = this.table[next + 1];
      this.table[this.addresses] = own;
      own.address = 0;
      return;
    }
  }
}

/** The mask of an IPv4 prefix of 1 to 32 bits. */
export function maskOf(prefix: u32): u32 {
  return (<u32>-1) << (32 - prefix);
}

/** The interfaces of an assembly. */
export class Netifs implements Reported {
  private readonly all: StaticArray<Netif>;
  /** What packets from us to us go over: no card, and no addresses of its own. */
  readonly loopback: Netif = new Netif(NETIFS_MAX);
  /** One more than the last interface in use: mostly 1, so that looking through all is cheap. */
  private end: u32 = 0;
  /** Changes whenever a path found earlier may not be the best one any more: addresses, routes, path MTUs. */
  generation: u32 = 1;

  constructor() {
    this.all = new StaticArray<Netif>(NETIFS_MAX);
    for (let i: u32 = 0; i < NETIFS_MAX; i++) this.all[i] = new Netif(i);
  }

  reportSize(): u32 {
    return NETIFS_MAX * IPV4_ADDRESSES_MAX;
  }

  describe(line: Line, index: u32): bool {
    const netif = this.all[index / IPV4_ADDRESSES_MAX];
    const i = index % IPV4_ADDRESSES_MAX;
    if (i >= netif.addresses) return false;
    const own = netif.addressAt(i);
    line.ipv4(own.address).text("/").decimal(own.prefix);
    putNetif(line.column(STATE_COLUMN), netif.index);
    return true;
  }

  /** The interface, in use or not; null if the number is out of range. */
  at(index: u32): Netif | null {
    return index < NETIFS_MAX ? unchecked(this.all[index]) : null;
  }

  /** Must be called after an interface got or lost an address. */
  changed(): void {
    this.end = 0;
    for (let i: u32 = 0; i < NETIFS_MAX; i++) if (this.all[i].active) this.end = i + 1;
    this.generation++;
  }

  /** The interface if it is in use. */
  active(index: u32): Netif | null {
    if (index >= this.end) return null;
    const netif = unchecked(this.all[index]);
    return netif.active ? netif : null;
  }

  /** The interface if it is in use, or the loopback. */
  any(index: u32): Netif | null {
    return index === NETIFS_MAX ? this.loopback : this.active(index);
  }

  /** The interface with this IPv4 address of its own. */
  owner(address: u32): Netif | null {
    if (address === 0) return null;
    for (let i: u32 = 0; i < this.end; i++) {
      const netif = unchecked(this.all[i]);
      if (netif.owns(address)) return netif;
    }
    return null;
  }

  /** The first interface with an IPv4 address. */
  first(): Netif | null {
    for (let i: u32 = 0; i < this.end; i++) {
      const netif = unchecked(this.all[i]);
      if (netif.addresses !== 0) return netif;
    }
    return null;
  }
}
