import { Interface6 } from "../ipv6/interfaces";

/** What address configuration and sockets see of multicast listening. */
export interface Membership6 {
  /** Hears packets to the group on this interface, and says so to the routers. False: no room. */
  join(on: Interface6, high: u64, low: u64): bool;
  /** Takes back one `join`. False: there was none. */
  leave(on: Interface6, high: u64, low: u64): bool;
}
