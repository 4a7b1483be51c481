import { Line } from "mirage/framecode";
import { maskHigh, maskLow } from "./address";
import { StackError } from "./interface";
import { Netifs } from "./netif";
import { putAddress, putNetif, putPrefix, REMOTE_COLUMN, Reported, STATE_COLUMN } from "./report";

/** Routes of one version, those that come with addresses included. */
export const ROUTES_MAX: u32 = 32;

/** A way to all addresses that begin alike. */
export class Route {
  high: u64 = 0;
  low: u64 = 0;
  /** Bits of the prefix, of 128. */
  bits: u32 = 0;
  /** Index of the interface. */
  netif: u32 = 0;
  /** The next hop; 0, 0: the destination itself is on the link. */
  gatewayHigh: u64 = 0;
  gatewayLow: u64 = 0;
  /** It came with an address or a router and goes with it; the program cannot remove it. */
  automatic: bool = false;

  get hasGateway(): bool {
    return (this.gatewayHigh | this.gatewayLow) !== 0;
  }

  covers(high: u64, low: u64): bool {
    return ((high ^ this.high) & maskHigh(this.bits)) === 0 && ((low ^ this.low) & maskLow(this.bits)) === 0;
  }
}

/**
 * A small routing table. It is looked through when a path is opened, never for each packet. Two routes with the same
 * prefix may lead to different interfaces: the older one is taken.
 */
export class Routes implements Reported {
  private readonly table: StaticArray<Route>;
  /** Routes in use: the first so many. */
  size: u32 = 0;

  constructor(private readonly netifs: Netifs) {
    this.table = new StaticArray<Route>(ROUTES_MAX);
    for (let i: u32 = 0; i < ROUTES_MAX; i++) this.table[i] = new Route();
  }

  reportSize(): u32 {
    return this.size;
  }

  describe(line: Line, index: u32): bool {
    const route = this.table[index];
    putPrefix(line, route.high, route.low, route.bits);
    line.column(REMOTE_COLUMN);
    if (route.hasGateway) putAddress(line, route.gatewayHigh, route.gatewayLow);
    else line.text("on link");
    putNetif(line.column(STATE_COLUMN), route.netif);
    return true;
  }

  /** `i` below `size`. */
  at(i: u32): Route {
    return this.table[i];
  }

  /**
   * Adds a route; bits behind the prefix are cleared. Returns `EEXIST` if there is one with that prefix by that
   * interface, `ENOBUFS` if the table is full, else 0.
   */
  add(
    high: u64,
    low: u64,
    bits: u32,
    netif: u32,
    gatewayHigh: u64,
    gatewayLow: u64,
    automatic: bool = false,
  ): i32 {
    const prefixHigh = high & maskHigh(bits);
    const prefixLow = low & maskLow(bits);
    for (let i: u32 = 0; i < this.size; i++) {
      const known = this.table[i];
      if (
        known.high === prefixHigh &&
        known.low === prefixLow &&
        known.bits === bits &&
        known.netif === netif
      ) {
        return StackError.EEXIST;
      }
    }
    if (this.size === ROUTES_MAX) return StackError.ENOBUFS;
    const route = this.table[this.size++];
    route.high = prefixHigh;
    route.low = prefixLow;
    route.bits = bits;
    route.netif = netif;
    route.gatewayHigh = gatewayHigh;
    route.gatewayLow = gatewayLow;
    route.automatic = automatic;
    this.netifs.generation++;
    return StackError.None;
  }

  /** The longest prefix that covers an address. */
  find(high: u64, low: u64): Route | null {
    let best: Route | null = null;
    for (let i: u32 = 0; i < this.size; i++) {
      const route = unchecked(this.table[i]);
      if (route.covers(high, low) && (best === null || best.bits < route.bits)) best = route;
    }
    return best;
  }

  /** The longest prefix that covers an address, of those by one interface. */
  findBy(high: u64, low: u64, netif: u32): Route | null {
    let best: Route | null = null;
    for (let i: u32 = 0; i < this.size; i++) {
      const route = unchecked(this.table[i]);
      if (route.netif !== netif) continue;
      if (route.covers(high, low) && (best === null || best.bits < route.bits)) best = route;
    }
    return best;
  }

  /** The route with just that prefix by an interface. */
  exact(high: u64, low: u64, bits: u32, netif: u32): Route | null {
    for (let i: u32 = 0; i < this.size; i++) {
      const route = this.table[i];
      if (route.high === high && route.low === low && route.bits === bits && route.netif === netif)
        return route;
    }
    return null;
  }

  remove(route: Route): void {
    for (let i: u32 = 0; i < this.size; i++) {
      if (this.table[i] === route) {
        this.removeAt(i);
        return;
      }
    }
  }

  /** Removes all by an interface. */
  flush(netif: u32): void {
    for (let i: u32 = 0; i < this.size; ) {
      if (this.table[i].netif === netif) this.removeAt(i);
      else i++;
    }
  }

  /** The order stays. */
  private removeAt(i: u32): void {
    const removed = this.table[i];
    this.size--;
    for (let next = i; next < this.size; next++) this.table[next] = this.table[next + 1];
    this.table[this.size] = removed;
    this.netifs.generation++;
  }
}
