import { isMapped } from "./address";
import { Errors, UNREACHABLE_PORT } from "./icmp/interface";
import { Network, Packet, Path } from "./network";

/** What `Ip` wants of a version: all of `Network` but the messages, which are the business of ICMP. */
export interface IpVersion {
  open(path: Path): i32;
  isStale(path: Path): bool;
  send(path: Path, frame: u32, protocol: u32): i32;
  isOwn(high: u64, low: u64): bool;
  tooBig(path: Path, mtu: u32): void;
  confirm(path: Path): void;
  join(high: u64, low: u64, index: u32): i32;
  leave(high: u64, low: u64, index: u32): void;
}

/** What `Ip` wants of ICMPv6. */
export interface Errors6 {
  /** As `Network.unreachablePort`. */
  unreachablePort(packet: Packet): void;
}

/** Both versions as one: an IPv4-mapped address is IPv4's. */
export class Ip<V4 extends IpVersion, V6 extends IpVersion, Icmp4 extends Errors, Icmp6 extends Errors6>
  implements Network
{
  constructor(
    private readonly v4: V4,
    private readonly v6: V6,
    private readonly icmp4: Icmp4,
    private readonly icmp6: Icmp6,
  ) {}

  open(path: Path): i32 {
    return isMapped(path.remoteHigh, path.remoteLow) ? this.v4.open(path) : this.v6.open(path);
  }

  isStale(path: Path): bool {
    return path.version === 4 ? this.v4.isStale(path) : this.v6.isStale(path);
  }

  send(path: Path, frame: u32, protocol: u32): i32 {
    return path.version === 4 ? this.v4.send(path, frame, protocol) : this.v6.send(path, frame, protocol);
  }

  isOwn(high: u64, low: u64): bool {
    return isMapped(high, low) ? this.v4.isOwn(high, low) : this.v6.isOwn(high, low);
  }

  tooBig(path: Path, mtu: u32): void {
    if (path.version === 4) this.v4.tooBig(path, mtu);
    else this.v6.tooBig(path, mtu);
  }

  confirm(path: Path): void {
    if (path.version === 4) this.v4.confirm(path);
    else this.v6.confirm(path);
  }

  unreachablePort(packet: Packet): void {
    if (packet.version === 4) this.icmp4.unreachable(packet, UNREACHABLE_PORT);
    else this.icmp6.unreachablePort(packet);
  }

  join(high: u64, low: u64, index: u32): i32 {
    return isMapped(high, low) ? this.v4.join(high, low, index) : this.v6.join(high, low, index);
  }

  leave(high: u64, low: u64, index: u32): void {
    if (isMapped(high, low)) this.v4.leave(high, low, index);
    else this.v6.leave(high, low, index);
  }
}
