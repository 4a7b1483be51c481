import { sumFold, sumOf32 } from "mirage/framecode";
import { isMapped, isMulticast, isUnspecified, mappedLow } from "../address";
import { StackError } from "../interface";
import { LOOPBACK_MTU_BYTES } from "../loopback";
import { IPV4_LIMITED_BROADCAST, Netif, Netifs } from "../netif";
import { Delivery, Path } from "../network";
import { PathMtus } from "../pathmtu";
import { Routes } from "../routes";
import { IPV4_HEADROOM_BYTES } from "./interface";
import { IPV4_HEADER_BYTES } from "./wire";

/**
 * A path MTU is not believed to be less; RFC 791's least is 68, which would make an attacker's work of our sending. To
 * those who really have less, packets go without "don't fragment". FreeBSD's limit is 256, by net.inet.tcp.minmss.
 */
export const IPV4_PATH_MTU_BYTES_MIN: u32 = 552;
/** 127/8 */
const LOOPBACK_NET: u32 = 127;

/** Finds the ways that packets of IPv4 take: interface, source address, next hop, path MTU. */
export class Ipv4Ways {
  constructor(
    private readonly netifs: Netifs,
    private readonly routes: Routes,
    private readonly pathMtus: PathMtus,
  ) {}

  /** As `Network.open`, for a mapped remote address. */
  open(path: Path): i32 {
    const remote = <u32>path.remoteLow;
    if (this.isLocal(remote)) return this.openLocal(path, remote);
    const first = this.netifs.first();
    if (first === null) return StackError.ENETDOWN;
    if (!isSendable(remote)) return StackError.EHOSTUNREACH;
    const bound = !isUnspecified(path.localHigh, path.localLow);
    if (bound && !isMapped(path.localHigh, path.localLow)) return StackError.EAFNOSUPPORT;
    const own = bound ? this.netifs.owner(<u32>path.localLow) : null;
    if (bound && own === null) return StackError.EADDRNOTAVAIL;
    let netif: Netif = own !== null ? own : first;
    let nextHop: u32 = remote;
    if (remote === IPV4_LIMITED_BROADCAST) {
      path.delivery = Delivery.Broadcast;
    } else if (isMulticast(remote)) {
      path.delivery = Delivery.Multicast;
      const usual = own === null ? this.multicastNetif(path.remoteLow) : null;
      if (usual !== null) netif = usual;
    } else {
      // Packets from an address leave by its interface (RFC 1122 section 3.3.4.2, strong host model).
      const low = path.remoteLow;
      const route = own !== null ? this.routes.findBy(0, low, own.index) : this.routes.find(0, low);
      if (route === null) return own !== null ? StackError.EADDRNOTAVAIL : StackError.ENETUNREACH;
      const routed = this.netifs.active(route.netif);
      if (routed === null || routed.addresses === 0) return StackError.ENETDOWN;
      netif = routed;
      if (route.hasGateway) nextHop = <u32>route.gatewayLow;
      path.delivery = netif.isDirectedBroadcast(remote) ? Delivery.Broadcast : Delivery.Neighbour;
    }
    if (!bound) {
      const covering = netif.covering(nextHop);
      path.localHigh = 0;
      path.localLow = mappedLow(covering !== null ? covering.address : netif.primary);
    }
    path.mtu = this.pathMtus.lookUp(0, path.remoteLow, netif.mtu);
    path.cutOnTheWay = this.pathMtus.belowFloor;
    this.finishPath(path, netif, nextHop);
    return StackError.None;
  }

  /** To ourselves: from the same address, unless the program says otherwise. */
  private openLocal(path: Path, remote: u32): i32 {
    if (isUnspecified(path.localHigh, path.localLow)) {
      path.localHigh = 0;
      path.localLow = path.remoteLow;
    } else if (!isMapped(path.localHigh, path.localLow)) {
      return StackError.EAFNOSUPPORT;
    } else if (!this.isLocal(<u32>path.localLow)) {
      return StackError.EADDRNOTAVAIL;
    }
    path.delivery = Delivery.Local;
    path.mtu = LOOPBACK_MTU_BYTES;
    path.cutOnTheWay = false;
    this.finishPath(path, this.netifs.loopback, remote);
    return StackError.None;
  }

  private finishPath(path: Path, netif: Netif, nextHop: u32): void {
    path.netif = netif;
    path.version = 4;
    path.headroomBytes = IPV4_HEADROOM_BYTES;
    path.headerBytes = IPV4_HEADER_BYTES;
    path.addressSum = sumFold(sumOf32(<u32>path.localLow) + sumOf32(<u32>path.remoteLow));
    path.nextHopHigh = 0;
    path.nextHopLow = mappedLow(nextHop);
    path.generation = this.netifs.generation;
  }

  /** 127/8 and our own addresses. */
  isLocal(address: u32): bool {
    return address >>> 24 === LOOPBACK_NET || this.netifs.owner(address) !== null;
  }

  tooBig(path: Path, mtu: u32): void {
    // A report never makes it longer (RFC 1191 section 6.3).
    if (mtu < path.mtu) this.pathMtus.lower(0, path.remoteLow, mtu, IPV4_PATH_MTU_BYTES_MIN);
  }

  /** The interface for a group: that of a route to it, such as the default one, else the first (RFC 1112 section 6.1). */
  multicastNetif(low: u64): Netif | null {
    const route = this.routes.find(0, low);
    const netif = route !== null ? this.netifs.active(route.netif) : null;
    return netif !== null && netif.addresses !== 0 ? netif : this.netifs.first();
  }
}

/** Not this host or net (0/8), loopback (127/8) or reserved (240/4, but for the limited broadcast). */
function isSendable(destination: u32): bool {
  const first = destination >>> 24;
  return first !== 0 && first !== 127 && (first < 240 || destination === 0xffffffff);
}
