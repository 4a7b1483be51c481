import { StackError } from "./interface";
import { Netif, Netifs } from "./netif";

/** What must happen in the layers when an interface gets, changes or loses its address. */
export interface ConfigurationClient {
  configured(netif: Netif): void;
  unconfigured(netif: Netif): void;
}

/** Takes an interface into use, or (`address` 0) gives it up: see `docs/stack-interface.md`. Returns a `StackError`. */
export function configure<Client extends ConfigurationClient>(
  netifs: Netifs,
  client: Client,
  index: u32,
  address: u32,
  prefix: u32,
  gateway: u32,
): i32 {
  const netif = netifs.at(index);
  if (netif === null || !netif.probe()) return StackError.ENXIO;
  if (address === 0) {
    if (netif.address !== 0) client.unconfigured(netif);
    netif.address = 0;
    netif.gateway = 0;
    netif.prefix = 0;
    netif.mask = 0;
    netifs.changed();
    return StackError.None;
  }
  if (prefix - 1 > 31) return StackError.EINVAL;
  const mask: u32 = (<u32>-1) << (32 - prefix);
  if (!isHostAddress(address, prefix, mask)) return StackError.EINVAL;
  if (gateway !== 0) {
    if (((gateway ^ address) & mask) !== 0 || gateway === address) return StackError.EINVAL;
    if (!isHostAddress(gateway, prefix, mask)) return StackError.EINVAL;
  }
  const owner = netifs.owner(address);
  if (owner !== null && owner !== netif) return StackError.EADDRINUSE;
  if (netif.address !== 0) client.unconfigured(netif);
  netif.address = address;
  netif.prefix = prefix;
  netif.mask = mask;
  netif.gateway = gateway;
  netifs.changed();
  client.configured(netif);
  return StackError.None;
}

/** An address that one host can have: RFC 1122 section 3.2.1.3. */
function isHostAddress(address: u32, prefix: u32, mask: u32): bool {
  const first = address >>> 24;
  if (first === 0 || first === 127 || first >= 224) return false;
  if (prefix > 30) return true;
  const host = address & ~mask;
  return host !== 0 && host !== ~mask;
}
