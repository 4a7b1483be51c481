import { NetifOffload, netif_mac_high, netif_mac_low, netif_mtu, netif_tx_offload } from "mirage/framecode";

/** Interfaces that a stack can use at once. */
export const NETIFS_MAX: u32 = 8;

export const IPV4_LIMITED_BROADCAST: u32 = 0xffffffff;

/** 224/4 (RFC 1112 section 4). */
export function isMulticast(address: u32): bool {
  return address >>> 28 === 0xe;
}

/**
 * One interface: what the card says and how it is configured. Data that all layers of an assembly share; no layer
 * keeps state of its own here.
 */
export class Netif {
  macHigh: u32 = 0;
  macLow: u32 = 0;
  /** Bytes of L3 payload. */
  mtu: u32 = 0;
  /** The card fills in transmit checksums. */
  offloadsChecksum: bool = false;
  /** 0: not configured. */
  address: u32 = 0;
  /** Bits of the network part, 1..32. */
  prefix: u32 = 0;
  mask: u32 = 0;
  /** Next hop for everything that is not on the link; 0: none. */
  gateway: u32 = 0;

  constructor(readonly index: u32) {}

  /** Reads what the card says. False: there is no such card. */
  probe(): bool {
    this.mtu = netif_mtu(this.index);
    if (this.mtu === 0) return false;
    this.macHigh = netif_mac_high(this.index);
    this.macLow = netif_mac_low(this.index);
    this.offloadsChecksum = (netif_tx_offload(this.index) & <u32>NetifOffload.Checksum) !== 0;
    return true;
  }

  /** Is the address in the net of this interface? */
  onLink(address: u32): bool {
    return ((address ^ this.address) & this.mask) === 0;
  }

  /** Host part all ones or, as 4.2BSD had it, all zeros (RFC 1122 section 3.3.6). Nets of 31 and 32 bits have none (RFC 3021). */
  isDirectedBroadcast(address: u32): bool {
    if (this.prefix > 30 || !this.onLink(address)) return false;
    const host = address & ~this.mask;
    return host === 0 || host === ~this.mask;
  }

  isBroadcast(address: u32): bool {
    return address === IPV4_LIMITED_BROADCAST || address === 0 || this.isDirectedBroadcast(address);
  }
}

/** The interfaces of an assembly. */
export class Netifs {
  private readonly all: StaticArray<Netif>;
  /** One more than the last configured interface: mostly 1, so that looking through all is cheap. */
  private end: u32 = 0;

  constructor() {
    this.all = new StaticArray<Netif>(NETIFS_MAX);
    for (let i: u32 = 0; i < NETIFS_MAX; i++) this.all[i] = new Netif(i);
  }

  /** The interface, configured or not; null if the number is out of range. */
  at(index: u32): Netif | null {
    return index < NETIFS_MAX ? unchecked(this.all[index]) : null;
  }

  /** Must be called after an interface got or lost its address. */
  changed(): void {
    this.end = 0;
    for (let i: u32 = 0; i < NETIFS_MAX; i++) if (this.all[i].address !== 0) this.end = i + 1;
  }

  /** The interface if it is configured. */
  configured(index: u32): Netif | null {
    if (index >= this.end) return null;
    const netif = unchecked(this.all[index]);
    return netif.address !== 0 ? netif : null;
  }

  /** The configured interface with this address of its own. */
  owner(address: u32): Netif | null {
    if (address === 0) return null;
    for (let i: u32 = 0; i < this.end; i++) {
      const netif = unchecked(this.all[i]);
      if (netif.address === address) return netif;
    }
    return null;
  }

  /** The first configured interface. */
  first(): Netif | null {
    for (let i: u32 = 0; i < this.end; i++) {
      const netif = unchecked(this.all[i]);
      if (netif.address !== 0) return netif;
    }
    return null;
  }

  /**
   * The interface to a destination: the longest prefix that covers it, else the first one with a gateway. Broadcasts to
   * the limited address and multicasts leave by the first interface.
   */
  route(destination: u32): Netif | null {
    if (destination === IPV4_LIMITED_BROADCAST || isMulticast(destination)) return this.first();
    let best: Netif | null = null;
    for (let i: u32 = 0; i < this.end; i++) {
      const netif = unchecked(this.all[i]);
      if (netif.address === 0) continue;
      if (netif.onLink(destination)) {
        if (best === null || !best.onLink(destination) || best.prefix < netif.prefix) best = netif;
      } else if (netif.gateway !== 0 && best === null) {
        best = netif;
      }
    }
    return best;
  }
}
