import { frame_release } from "mirage/framecode";
import { StackError } from "./interface";
import { IpVersion } from "./ip";
import { Packet, Path } from "./network";

/** For an assembly without IPv6. */
export class NoIpv6 implements IpVersion {
  open(_path: Path): i32 {
    return StackError.EAFNOSUPPORT;
  }
  isStale(_path: Path): bool {
    return false;
  }
  send(_path: Path, frame: u32, _protocol: u32): i32 {
    frame_release(frame);
    return StackError.EAFNOSUPPORT;
  }
  isOwn(_high: u64, _low: u64): bool {
    return false;
  }
  tooBig(_path: Path, _mtu: u32): void {}
  confirm(_path: Path): void {}
  join(_high: u64, _low: u64, _index: u32): i32 {
    return StackError.EAFNOSUPPORT;
  }
  leave(_high: u64, _low: u64, _index: u32): void {}
  unreachablePort(packet: Packet): void {
    frame_release(packet.frame);
  }
}
