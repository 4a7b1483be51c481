import { random_u32 } from "mirage/framecode";
import { hashOfAddress } from "../address";
import { StackError } from "../interface";
import { Network, Path } from "../network";

/** Ways that are remembered. A power of two. */
export const UDP_PATHS_MAX: u32 = 64;

/** A way, and the address that it was asked for from: the path's own is the one that was chosen. */
class UdpPath extends Path {
  askedHigh: u64 = 0;
  askedLow: u64 = 0;
}

/**
 * The ways that datagrams took lately, so that a route is looked up once for a peer and not for each datagram. Two
 * peers that hash alike take turns.
 */
export class UdpPaths<Below extends Network> {
  private readonly paths: StaticArray<UdpPath>;
  private readonly key: u32 = random_u32();
  /** `StackError` of the last `open` that found nothing. */
  error: i32 = StackError.None;

  constructor(private readonly below: Below) {
    this.paths = new StaticArray<UdpPath>(UDP_PATHS_MAX);
    for (let i: u32 = 0; i < UDP_PATHS_MAX; i++) this.paths[i] = new UdpPath();
  }

  /** The way from an address of ours (0, 0: any) to another. Null: `error` says why there is none. */
  open(localHigh: u64, localLow: u64, remoteHigh: u64, remoteLow: u64): Path | null {
    const path = this.slotOf(remoteHigh, remoteLow);
    if (
      path.remoteLow === remoteLow &&
      path.remoteHigh === remoteHigh &&
      path.generation !== 0 &&
      path.askedLow === localLow &&
      path.askedHigh === localHigh &&
      !this.below.isStale(path)
    ) {
      return path;
    }
    path.remoteHigh = remoteHigh;
    path.remoteLow = remoteLow;
    path.askedHigh = localHigh;
    path.askedLow = localLow;
    path.localHigh = localHigh;
    path.localLow = localLow;
    path.generation = 0;
    this.error = this.below.open(path);
    return this.error === StackError.None ? path : null;
  }

  /** The way to an address that something was sent to lately. */
  find(remoteHigh: u64, remoteLow: u64): Path | null {
    const path = this.slotOf(remoteHigh, remoteLow);
    const known = path.remoteLow === remoteLow && path.remoteHigh === remoteHigh && path.generation !== 0;
    return known ? path : null;
  }

  private slotOf(remoteHigh: u64, remoteLow: u64): UdpPath {
    return unchecked(this.paths[hashOfAddress(remoteHigh, remoteLow, this.key) & (UDP_PATHS_MAX - 1)]);
  }
}
