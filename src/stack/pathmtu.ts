import { Alarm, clock_ns, count, counter, NANOSECONDS_PER_SECOND, random_u32 } from "mirage/framecode";
import { hashOfAddress } from "./address";
import { Netifs } from "./netif";

/** Destinations whose path MTU is known to be lower than the interface's. A power of two. */
export const PATH_MTUS_MAX: u32 = 64;
const PATH_MTUS_PER_SET: u32 = 4;
/** Then more is tried (RFC 1191 section 6.3, RFC 8201 section 4). */
export const PATH_MTU_SECONDS: u64 = 600;

class PathMtu {
  high: u64 = 0;
  low: u64 = 0;
  /** Bytes, network header included; 0: the entry is free. */
  mtu: u32 = 0;
  /** A router asked for less than the floor: packets of the floor's length go, but may be cut on the way. */
  belowFloor: bool = false;
  expiresNs: u64 = 0;
}

/** What is known of path MTUs (RFC 1191, RFC 8201), for both versions: a fixed table, set-associative. */
export class PathMtus {
  private readonly entries: StaticArray<PathMtu>;
  private readonly key: u32 = random_u32();
  private nextNs: u64 = u64.MAX_VALUE;
  private readonly lowered: u32 = counter("ip.path-mtus-lowered");
  private readonly aged: u32 = counter("ip.path-mtus-aged");
  /** Of the last `lookUp` that found something. */
  belowFloor: bool = false;

  constructor(
    private readonly netifs: Netifs,
    private readonly alarm: Alarm,
  ) {
    this.entries = new StaticArray<PathMtu>(PATH_MTUS_MAX);
    for (let i: u32 = 0; i < PATH_MTUS_MAX; i++) this.entries[i] = new PathMtu();
  }

  /** Bytes of the longest packet to a destination; `otherwise` if nothing is known, or more than that. */
  lookUp(high: u64, low: u64, otherwise: u32): u32 {
    this.belowFloor = false;
    const set = this.setOf(high, low);
    for (let i: u32 = 0; i < PATH_MTUS_PER_SET; i++) {
      const entry = unchecked(this.entries[set + i]);
      if (entry.mtu === 0 || entry.low !== low || entry.high !== high) continue;
      if (entry.mtu > otherwise) return otherwise;
      this.belowFloor = entry.belowFloor;
      return entry.mtu;
    }
    return otherwise;
  }

  /** Packets of more than `mtu` bytes do not get through. All paths are stale then. */
  lower(high: u64, low: u64, mtu: u32, floor: u32): void {
    const entry = this.entryFor(high, low);
    entry.high = high;
    entry.low = low;
    entry.belowFloor = mtu < floor;
    entry.mtu = max(mtu, floor);
    entry.expiresNs = clock_ns() + PATH_MTU_SECONDS * NANOSECONDS_PER_SECOND;
    this.arm(entry.expiresNs);
    this.netifs.generation++;
    count(this.lowered);
  }

  /** Deadlines have passed. The alarm was reset: sets it for the next one. */
  timer(nowNs: u64): void {
    const dueNs = this.nextNs;
    if (dueNs === u64.MAX_VALUE) return;
    if (dueNs > nowNs) {
      this.alarm.at(dueNs);
      return;
    }
    this.nextNs = u64.MAX_VALUE;
    for (let i: u32 = 0; i < PATH_MTUS_MAX; i++) {
      const entry = this.entries[i];
      if (entry.mtu === 0) continue;
      if (entry.expiresNs > nowNs) {
        this.arm(entry.expiresNs);
      } else {
        entry.mtu = 0;
        this.netifs.generation++;
        count(this.aged);
      }
    }
  }

  /** The entry of a destination, else a free one, else the one that is about to be forgotten. */
  private entryFor(high: u64, low: u64): PathMtu {
    const set = this.setOf(high, low);
    let best = this.entries[set];
    for (let i: u32 = 0; i < PATH_MTUS_PER_SET; i++) {
      const entry = this.entries[set + i];
      if (entry.mtu !== 0 && entry.low === low && entry.high === high) return entry;
      if (best.mtu !== 0 && (entry.mtu === 0 || entry.expiresNs < best.expiresNs)) best = entry;
    }
    return best;
  }

  private arm(deadlineNs: u64): void {
    this.nextNs = min(this.nextNs, deadlineNs);
    this.alarm.at(deadlineNs);
  }

  private setOf(high: u64, low: u64): u32 {
    return (hashOfAddress(high, low, this.key) * PATH_MTUS_PER_SET) & (PATH_MTUS_MAX - 1);
  }
}
