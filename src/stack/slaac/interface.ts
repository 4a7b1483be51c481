import { Interface6 } from "../ipv6/interfaces";

/** What router discovery sees of address configuration. */
export interface Autoconfiguration {
  /** A router advertises a prefix for addresses (RFC 4862 section 5.5.3). Lifetimes are in seconds, `ND_INFINITE_SECONDS` for ever. */
  prefix(on: Interface6, high: u64, low: u64, bits: u32, validSeconds: u32, preferredSeconds: u32): void;
}

/** What address configuration sees of the application. */
export interface AutoconfigurationClient {
  /** An address is in use from now on. `index` is that of `Interfaces6.address`. */
  addressUp(on: Interface6, index: u32): void;
  /** An address is taken by somebody else, and not in use. */
  addressDuplicate(on: Interface6, index: u32): void;
  /** An address is not in use any more. */
  addressDown(on: Interface6, index: u32): void;
  /** The interface has a link-local address: routers can be asked. */
  linkReady(on: Interface6): void;
}
