import { MAPPED_LOW, MAPPED_PREFIX_BITS, mappedLow } from "./address";
import { StackError } from "./interface";
import { maskOf, Netif, Netifs } from "./netif";
import { Routes } from "./routes";

/** What must happen in the layers when an interface gets or loses an IPv4 address. */
export interface ConfigurationClient {
  /** The address is in the table. */
  added(netif: Netif, address: u32): void;
  /** The address is still in the table. */
  removing(netif: Netif, address: u32): void;
}

/** IPv4 addresses and the routes that come with them: see `docs/stack-interface.md`. Results are `StackError`s. */
export class Configuration<Client extends ConfigurationClient> {
  constructor(
    private readonly netifs: Netifs,
    private readonly routes: Routes,
    private readonly client: Client,
  ) {}

  /** Gives an interface just this address and gateway, or (`address` 0) none. */
  configure(index: u32, address: u32, prefix: u32, gateway: u32): i32 {
    const netif = this.netifs.at(index);
    if (netif === null || !netif.probe()) return StackError.ENXIO;
    if (address === 0) {
      this.clear(netif);
      return StackError.None;
    }
    const error = this.check(netif, address, prefix);
    if (error !== StackError.None) return error;
    if (gateway !== 0) {
      const mask = maskOf(prefix);
      if (((gateway ^ address) & mask) !== 0 || gateway === address) return StackError.EINVAL;
      if (!isHostAddress(gateway, prefix, mask)) return StackError.EINVAL;
    }
    this.clear(netif);
    const full = this.put(netif, address, prefix);
    if (full !== StackError.None || gateway === 0) return full;
    return this.routes.add(0, MAPPED_LOW, MAPPED_PREFIX_BITS, index, 0, mappedLow(gateway));
  }

  /** The next hop of the default route by an interface; 0: none. */
  gateway(index: u32): u32 {
    const route = this.routes.exact(0, MAPPED_LOW, MAPPED_PREFIX_BITS, index);
    return route !== null ? <u32>route.gatewayLow : 0;
  }

  /** Adds an address. */
  add(index: u32, address: u32, prefix: u32): i32 {
    const netif = this.netifs.at(index);
    if (netif === null || !netif.probe()) return StackError.ENXIO;
    const error = this.check(netif, address, prefix);
    if (error !== StackError.None) return error;
    if (netif.owns(address)) return StackError.EADDRINUSE;
    return this.put(netif, address, prefix);
  }

  /** Removes an address, and the routes by the interface that nothing covers any more. */
  remove(index: u32, address: u32): i32 {
    const netif = this.netifs.at(index);
    if (netif === null) return StackError.ENXIO;
    if (!netif.owns(address)) return StackError.EADDRNOTAVAIL;
    this.take(netif, address);
    return StackError.None;
  }

  /** Adds a route by an interface. `gateway` 0: what it leads to is on the link. */
  addRoute(prefix: u32, bits: u32, index: u32, gateway: u32): i32 {
    const netif = this.netifs.active(index);
    if (netif === null || netif.addresses === 0) return StackError.ENXIO;
    if (bits > 32 || prefix >>> 28 >= 0xe) return StackError.EINVAL;
    if (gateway !== 0 && (!netif.onLink(gateway) || netif.isBroadcast(gateway) || netif.owns(gateway))) {
      return StackError.EINVAL;
    }
    const low = gateway !== 0 ? mappedLow(gateway) : 0;
    return this.routes.add(0, mappedLow(prefix), MAPPED_PREFIX_BITS + bits, index, 0, low);
  }

  /** Removes a route that `addRoute` or `configure` made. */
  removeRoute(prefix: u32, bits: u32, index: u32): i32 {
    if (bits > 32) return StackError.EINVAL;
    const mask = bits === 0 ? 0 : maskOf(bits);
    const route = this.routes.exact(0, mappedLow(prefix & mask), MAPPED_PREFIX_BITS + bits, index);
    if (route === null || route.automatic) return StackError.ESRCH;
    this.routes.remove(route);
    return StackError.None;
  }

  private check(netif: Netif, address: u32, prefix: u32): i32 {
    if (prefix - 1 > 31 || !isHostAddress(address, prefix, maskOf(prefix))) return StackError.EINVAL;
    const owner = this.netifs.owner(address);
    return owner !== null && owner !== netif ? StackError.EADDRINUSE : StackError.None;
  }

  private put(netif: Netif, address: u32, prefix: u32): i32 {
    if (!netif.add(address, prefix)) return StackError.ENOBUFS;
    // Two addresses in one net share its route.
    const error = this.routes.add(
      0,
      mappedLow(address),
      MAPPED_PREFIX_BITS + prefix,
      netif.index,
      0,
      0,
      true,
    );
    if (error === StackError.ENOBUFS) {
      netif.remove(address);
      return error;
    }
    this.netifs.changed();
    this.client.added(netif, address);
    return StackError.None;
  }

  private take(netif: Netif, address: u32): void {
    this.client.removing(netif, address);
    netif.remove(address);
    const routes = this.routes;
    for (let i: u32 = 0; i < routes.size; ) {
      const route = routes.at(i);
      const from = route.hasGateway ? route.gatewayLow : route.low;
      if (route.netif === netif.index && !netif.onLink(<u32>from)) routes.remove(route);
      else i++;
    }
    this.netifs.changed();
  }

  private clear(netif: Netif): void {
    while (netif.addresses !== 0) this.take(netif, netif.primary);
    this.netifs.changed();
  }
}

/** An address that one host can have: RFC 1122 section 3.2.1.3. */
function isHostAddress(address: u32, prefix: u32, mask: u32): bool {
  const first = address >>> 24;
  if (first === 0 || first === 127 || first >= 224) return false;
  if (prefix > 30) return true;
  const host = address & ~mask;
  return host !== 0 && host !== ~mask;
}
