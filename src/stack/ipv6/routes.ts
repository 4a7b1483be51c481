import { Line } from "mirage/framecode";
import { maskHigh, maskLow } from "../address";
import { Netifs } from "../netif";
import {
  NUMBERS_COLUMN,
  putAddress,
  putNetif,
  putPrefix,
  REMOTE_COLUMN,
  Reported,
  STATE_COLUMN,
} from "../report";
import { Routes } from "../routes";
import { isLinkLocal, samePrefix } from "./address";
import { Interface6, Interfaces6, NEVER_NS } from "./interfaces";

/** RFC 4861 section 6.3.4 wants at least two routers kept. */
export const IP6_ROUTERS_MAX: u32 = 8;
export const IP6_PREFIXES_MAX: u32 = 16;
/** Destinations for which a router has named a better first hop. A power of two. */
export const IP6_REDIRECTS_MAX: u32 = 16;
const LEARNT_MAX: u32 = IP6_PREFIXES_MAX + IP6_ROUTERS_MAX + IP6_REDIRECTS_MAX;

/** Prefix that is on the link (RFC 5942: nothing else is, but link-local addresses). */
class OnLinkPrefix {
  on: Interface6 = changetype<Interface6>(0);
  /** -1: the entry is free. */
  bits: i32 = -1;
  high: u64 = 0;
  low: u64 = 0;
  untilNs: u64 = 0;
}

class Router {
  used: bool = false;
  on: Interface6 = changetype<Interface6>(0);
  high: u64 = 0;
  low: u64 = 0;
  untilNs: u64 = 0;
  /** Higher ones first (RFC 4191). */
  preference: i32 = 0;
  /** By configuration, not by advertisement. */
  fixed: bool = false;
  /** Does not answer: others first (RFC 4861 section 6.3.6). */
  failed: bool = false;
}

class Redirect {
  used: bool = false;
  on: Interface6 = changetype<Interface6>(0);
  high: u64 = 0;
  low: u64 = 0;
  nextHigh: u64 = 0;
  nextLow: u64 = 0;
}

/** Where packets go first: prefixes on the link, configured routes, default routers, redirects. Data that all layers share. */
export class Routes6 implements Reported {
  /** What `find` has found. */
  on: Interface6 = changetype<Interface6>(0);
  nextHigh: u64 = 0;
  nextLow: u64 = 0;
  private readonly prefixes: StaticArray<OnLinkPrefix> = new StaticArray<OnLinkPrefix>(IP6_PREFIXES_MAX);
  private readonly routers: StaticArray<Router> = new StaticArray<Router>(IP6_ROUTERS_MAX);
  private readonly redirects: StaticArray<Redirect> = new StaticArray<Redirect>(IP6_REDIRECTS_MAX);

  /** Routes by configuration. */
  readonly configured: Routes;

  constructor(
    private readonly netifs: Netifs,
    private readonly interfaces: Interfaces6,
  ) {
    this.configured = new Routes(netifs);
    for (let i: u32 = 0; i < IP6_PREFIXES_MAX; i++) this.prefixes[i] = new OnLinkPrefix();
    for (let i: u32 = 0; i < IP6_ROUTERS_MAX; i++) this.routers[i] = new Router();
    for (let i: u32 = 0; i < IP6_REDIRECTS_MAX; i++) this.redirects[i] = new Redirect();
  }

  reportSize(): u32 {
    return LEARNT_MAX + this.configured.reportSize();
  }

  /** Prefixes on the link, then routers, then redirects, then what was configured. */
  describe(line: Line, index: u32): bool {
    if (index >= LEARNT_MAX) return this.configured.describe(line, index - LEARNT_MAX);
    if (index < IP6_PREFIXES_MAX) {
      const prefix = this.prefixes[index];
      if (prefix.bits < 0) return false;
      putPrefix(line, prefix.high, prefix.low, prefix.bits);
      line.column(REMOTE_COLUMN).text("on link");
      putNetif(line.column(STATE_COLUMN), prefix.on.index);
    } else if (index < IP6_PREFIXES_MAX + IP6_ROUTERS_MAX) {
      const router = this.routers[index - IP6_PREFIXES_MAX];
      if (!router.used) return false;
      putPrefix(line, 0, 0, 0);
      putAddress(line.column(REMOTE_COLUMN), router.high, router.low);
      putNetif(line.column(STATE_COLUMN), router.on.index);
      line.column(NUMBERS_COLUMN).text(router.fixed ? "configured" : "advertised");
      if (router.failed) line.text(" failed");
    } else {
      const redirect = this.redirects[index - IP6_PREFIXES_MAX - IP6_ROUTERS_MAX];
      if (!redirect.used) return false;
      putAddress(line, redirect.high, redirect.low);
      putAddress(line.column(REMOTE_COLUMN), redirect.nextHigh, redirect.nextLow);
      putNetif(line.column(STATE_COLUMN), redirect.on.index);
      line.column(NUMBERS_COLUMN).text("redirect");
    }
    return true;
  }

  /**
   * Finds interface and next hop for a unicast destination (RFC 4861 section 5.2), on one interface or (null) on any.
   * Link-local destinations are the caller's. False: there is no route.
   */
  find(on: Interface6 | null, high: u64, low: u64): bool {
    const redirect = this.redirects[redirectSlot(high, low)];
    if (
      redirect.used &&
      redirect.high === high &&
      redirect.low === low &&
      (on === null || redirect.on === on)
    ) {
      return this.found(redirect.on, redirect.nextHigh, redirect.nextLow);
    }
    let best: OnLinkPrefix | null = null;
    for (let i: u32 = 0; i < IP6_PREFIXES_MAX; i++) {
      const prefix = this.prefixes[i];
      if (prefix.bits < 0 || (on !== null && prefix.on !== on)) continue;
      if (!samePrefix(high, low, prefix.high, prefix.low, prefix.bits)) continue;
      if (best === null || best.bits < prefix.bits) best = prefix;
    }
    const route = on !== null ? this.configured.findBy(high, low, on.index) : this.configured.find(high, low);
    if (route !== null && (best === null || <u32>best.bits < route.bits)) {
      const by = this.interfaces.at(route.netif);
      if (!route.hasGateway) return this.found(by, high, low);
      return this.found(by, route.gatewayHigh, route.gatewayLow);
    }
    if (best !== null) return this.found(best.on, high, low);
    const router = this.chooseRouter(on);
    return router !== null && this.found(router.on, router.high, router.low);
  }

  /** Is the address on this link (RFC 5942 section 3)? */
  isOnLink(on: Interface6, high: u64, low: u64): bool {
    if (isLinkLocal(high)) return true;
    for (let i: u32 = 0; i < IP6_PREFIXES_MAX; i++) {
      const prefix = this.prefixes[i];
      if (
        prefix.bits >= 0 &&
        prefix.on === on &&
        samePrefix(high, low, prefix.high, prefix.low, prefix.bits)
      ) {
        return true;
      }
    }
    return false;
  }

  /** The first hop that is used for a destination now: what a redirect must come from (RFC 4861 section 8.1). */
  isNextHop(on: Interface6, high: u64, low: u64, routerHigh: u64, routerLow: u64): bool {
    return this.find(on, high, low) && this.nextHigh === routerHigh && this.nextLow === routerLow;
  }

  /** A prefix is on the link until then; 0: it no longer is. A full table keeps what it has. */
  setPrefix(on: Interface6, high: u64, low: u64, bits: u32, untilNs: u64): void {
    let free: OnLinkPrefix | null = null;
    for (let i: u32 = 0; i < IP6_PREFIXES_MAX; i++) {
      const prefix = this.prefixes[i];
      if (prefix.bits < 0) {
        if (free === null) free = prefix;
      } else if (
        <u32>prefix.bits === bits &&
        prefix.on === on &&
        samePrefix(high, low, prefix.high, prefix.low, bits)
      ) {
        if (untilNs === 0) {
          prefix.bits = -1;
          this.changed();
        } else if (prefix.untilNs !== NEVER_NS || untilNs === NEVER_NS) {
          prefix.untilNs = untilNs;
        }
        return;
      }
    }
    if (free === null || untilNs === 0) return;
    free.on = on;
    free.bits = bits;
    free.high = high & maskHigh(bits);
    free.low = low & maskLow(bits);
    free.untilNs = untilNs;
    this.changed();
  }

  /** A default router until then; 0: it no longer is. False: the table is full. */
  setRouter(on: Interface6, high: u64, low: u64, untilNs: u64, preference: i32, fixed: bool): bool {
    let entry = this.router(on, high, low);
    if (untilNs === 0) {
      if (entry !== null && entry.fixed === fixed) {
        entry.used = false;
        this.forgetRedirectsBy(on, high, low);
        this.changed();
      }
      return true;
    }
    if (entry === null) {
      for (let i: u32 = 0; i < IP6_ROUTERS_MAX && entry === null; i++) {
        if (!this.routers[i].used) entry = this.routers[i];
      }
      if (entry === null) return false;
      entry.used = true;
      entry.on = on;
      entry.high = high;
      entry.low = low;
      entry.fixed = fixed;
      entry.failed = false;
      entry.preference = preference;
      this.changed();
    } else if (entry.preference !== preference || entry.failed) {
      entry.preference = preference;
      entry.failed = false;
      this.changed();
    }
    if (fixed) entry.fixed = true;
    entry.untilNs = entry.fixed ? NEVER_NS : untilNs;
    return true;
  }

  /** Forgets the configured routers of an interface. */
  removeFixedRouters(on: Interface6): void {
    for (let i: u32 = 0; i < IP6_ROUTERS_MAX; i++) {
      const router = this.routers[i];
      if (router.used && router.on === on && router.fixed) {
        router.used = false;
        this.changed();
      }
    }
  }

  hasRouter(on: Interface6): bool {
    for (let i: u32 = 0; i < IP6_ROUTERS_MAX; i++)
      if (this.routers[i].used && this.routers[i].on === on) return true;
    return false;
  }

  /** The n-th default router of an interface, into `nextHigh` and `nextLow`. */
  routerAt(on: Interface6, index: u32): bool {
    for (let i: u32 = 0; i < IP6_ROUTERS_MAX; i++) {
      const router = this.routers[i];
      if (!router.used || router.on !== on) continue;
      if (index-- === 0) return this.found(on, router.high, router.low);
    }
    return false;
  }

  /** A neighbour answers no more: if it is a router, or a redirect leads to it, others are tried. */
  neighbourFailed(on: Interface6, high: u64, low: u64): void {
    const router = this.router(on, high, low);
    if (router !== null && !router.failed) {
      router.failed = true;
      this.changed();
    }
    this.forgetRedirectsBy(on, high, low);
  }

  /** A neighbour answers. */
  neighbourReachable(on: Interface6, high: u64, low: u64): void {
    const router = this.router(on, high, low);
    if (router === null || !router.failed) return;
    router.failed = false;
    this.changed();
  }

  /** A router has named a better first hop; another destination may make room for this one. */
  redirect(on: Interface6, high: u64, low: u64, nextHigh: u64, nextLow: u64): void {
    const entry = this.redirects[redirectSlot(high, low)];
    entry.used = true;
    entry.on = on;
    entry.high = high;
    entry.low = low;
    entry.nextHigh = nextHigh;
    entry.nextLow = nextLow;
    this.changed();
  }

  /** Forgets all that was learnt or configured on an interface. */
  flush(on: Interface6): void {
    this.configured.flush(on.index);
    for (let i: u32 = 0; i < IP6_PREFIXES_MAX; i++)
      if (this.prefixes[i].on === on) this.prefixes[i].bits = -1;
    for (let i: u32 = 0; i < IP6_ROUTERS_MAX; i++)
      if (this.routers[i].on === on) this.routers[i].used = false;
    for (let i: u32 = 0; i < IP6_REDIRECTS_MAX; i++)
      if (this.redirects[i].on === on) this.redirects[i].used = false;
    this.changed();
  }

  /** Forgets what has run out. Returns when the next runs out. */
  expire(nowNs: u64): u64 {
    let next: u64 = NEVER_NS;
    for (let i: u32 = 0; i < IP6_PREFIXES_MAX; i++) {
      const prefix = this.prefixes[i];
      if (prefix.bits < 0) continue;
      if (prefix.untilNs <= nowNs) {
        prefix.bits = -1;
        this.changed();
      } else if (prefix.untilNs < next) {
        next = prefix.untilNs;
      }
    }
    for (let i: u32 = 0; i < IP6_ROUTERS_MAX; i++) {
      const router = this.routers[i];
      if (!router.used) continue;
      if (router.untilNs <= nowNs) {
        router.used = false;
        this.forgetRedirectsBy(router.on, router.high, router.low);
        this.changed();
      } else if (router.untilNs < next) {
        next = router.untilNs;
      }
    }
    return next;
  }

  /** Paths are to be looked for again. */
  changed(): void {
    this.netifs.generation++;
  }

  private found(on: Interface6, high: u64, low: u64): bool {
    this.on = on;
    this.nextHigh = high;
    this.nextLow = low;
    return true;
  }

  private router(on: Interface6, high: u64, low: u64): Router | null {
    for (let i: u32 = 0; i < IP6_ROUTERS_MAX; i++) {
      const router = this.routers[i];
      if (router.used && router.on === on && router.high === high && router.low === low) return router;
    }
    return null;
  }

  /** One that answers before one that does not, then by preference. If none answers, each gets its turn. */
  private chooseRouter(on: Interface6 | null): Router | null {
    let best: Router | null = null;
    for (let i: u32 = 0; i < IP6_ROUTERS_MAX; i++) {
      const router = this.routers[i];
      if (!router.used || (on !== null && router.on !== on)) continue;
      if (best === null || (best.failed && !router.failed)) best = router;
      else if (best.failed === router.failed && best.preference < router.preference) best = router;
    }
    if (best !== null && best.failed) this.forgive(on);
    return best;
  }

  /** All routers have failed: the next failure marks one again, and the choice goes on to another. */
  private forgive(on: Interface6 | null): void {
    for (let i: u32 = 0; i < IP6_ROUTERS_MAX; i++) {
      if (on === null || this.routers[i].on === on) this.routers[i].failed = false;
    }
  }

  private forgetRedirectsBy(on: Interface6, high: u64, low: u64): void {
    for (let i: u32 = 0; i < IP6_REDIRECTS_MAX; i++) {
      const redirect = this.redirects[i];
      if (!redirect.used || redirect.on !== on || redirect.nextHigh !== high || redirect.nextLow !== low)
        continue;
      redirect.used = false;
      this.changed();
    }
  }
}

function redirectSlot(high: u64, low: u64): u32 {
  const mixed = (high ^ low) * 0x9e3779b97f4a7c15;
  return <u32>(mixed >>> 60) & (IP6_REDIRECTS_MAX - 1);
}
