import { Netif } from "../netif";

/** What the network layer sees of multicast groups. */
export interface Membership4 {
  /** Are packets to the group heard on this interface? */
  has(netif: Netif, group: u32): bool;
  /** Hears packets to the group, and says so to the routers. False: no room. */
  join(netif: Netif, group: u32): bool;
  /** Takes back one `join`. */
  leave(netif: Netif, group: u32): void;
}
