import { random_u32 } from "mirage/framecode";
import { hashOfAddress } from "../address";
import { StackError } from "../interface";
import { Network, Path } from "../network";

/** Ways that are remembered. A power of two. */
export const UDP_PATHS_MAX: u32 = 64;

/**
 * The ways that datagrams took lately, so that a route is looked up once for a peer and not for each datagram. Two
 * peers that hash alike take turns.
 */
export class UdpPaths<Below extends Network> {
  private readonly paths: StaticArray<Path>;
  private readonly key: u32 = random_u32();
  /** `StackError` of the last `open` that found nothing. */
  error: i32 = StackError.None;

  constructor(private readonly below: Below) {
    this.paths = new StaticArray<Path>(UDP_PATHS_MAX);
    for (let i: u32 = 0; i < UDP_PATHS_MAX; i++) this.paths[i] = new Path();
  }

  /** The way from an address of ours (0, 0: any) to another. Null: `error` says why there is none. */
  open(localHigh: u64, localLow: u64, remoteHigh: u64, remoteLow: u64): Path | null {
    const path = this.slotOf(remoteHigh, remoteLow);
    if (
      path.remoteLow === remoteLow &&
      path.remoteHigh === remoteHigh &&
      path.generation !== 0 &&
      !this.below.isStale(path) &&
      ((localHigh | localLow) === 0 || (path.localLow === localLow && path.localHigh === localHigh))
    ) {
      return path;
    }
    path.remoteHigh = remoteHigh;
    path.remoteLow = remoteLow;
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

  private slotOf(remoteHigh: u64, remoteLow: u64): Path {
    return unchecked(this.paths[hashOfAddress(remoteHigh, remoteLow, this.key) & (UDP_PATHS_MAX - 1)]);
  }
}
