import { Line, random_u32 } from "mirage/framecode";
import { NEIGHBOURS_MAX, NEIGHBOURS_PER_SET, NeighbourEntry, NeighbourTable } from "../neighbours";
import { NUMBERS_COLUMN, putAddress, putNetif, REMOTE_COLUMN, Reported, STATE_COLUMN } from "../report";

/** Frames that wait for one neighbour; the oldest makes room (RFC 4861 section 7.2.2 wants at least the latest one kept). */
export const ND_QUEUE_FRAMES_MAX: u32 = 8;

/** RFC 4861 section 7.3.2. */
export enum NeighbourState {
  Free = 0,
  /** Asked for, not known yet. */
  Incomplete = 1,
  /** Known to be there, until `deadlineNs`. */
  Reachable = 2,
  /** Known, but not heard of for long: the next use asks. */
  Stale = 3,
  /** Used while stale; something above may confirm it until `deadlineNs`. */
  Delay = 4,
  /** Being asked. */
  Probe = 5,
}

function nameOf(state: u32): string {
  switch (state) {
    case NeighbourState.Incomplete:
      return "incomplete";
    case NeighbourState.Reachable:
      return "reachable";
    case NeighbourState.Stale:
      return "stale";
    case NeighbourState.Delay:
      return "delay";
    default:
      return "probe";
  }
}

/**
 * `state` is a `NeighbourState`; `deadlineNs` when it becomes stale if it is `Reachable`, in the other states with a timer when that
 * runs out.
 */
export class Neighbour extends NeighbourEntry {
  high: u64 = 0;
  low: u64 = 0;
  /** Solicitations sent without an answer. */
  probes: u32 = 0;
  isRouter: bool = false;

  constructor() {
    super(ND_QUEUE_FRAMES_MAX);
  }

  holds(netif: u32, high: u64, low: u64): bool {
    return (
      this.low === low &&
      this.high === high &&
      this.netif === netif &&
      this.state !== <u32>NeighbourState.Free
    );
  }

  /** True if there is a MAC address to send to. */
  get usable(): bool {
    return this.state >= <u32>NeighbourState.Reachable;
  }
}

/** Places are drawn by a secret, so that nobody can fill a chosen set from outside. */
export class NeighbourCache extends NeighbourTable<Neighbour> implements Reported {
  private readonly secret: u64 = ((<u64>random_u32()) << 32) | random_u32() | 1;

  describe(line: Line, index: u32): bool {
    const entry = this.entries[index];
    if (entry.state === <u32>NeighbourState.Free) return false;
    putAddress(line, entry.high, entry.low);
    line.column(REMOTE_COLUMN);
    if (entry.usable) line.mac(entry.macHigh, entry.macLow);
    else line.text("(incomplete)");
    putNetif(line.column(STATE_COLUMN), entry.netif);
    line.column(NUMBERS_COLUMN).text(nameOf(entry.state));
    if (entry.isRouter) line.text(" router");
    return true;
  }

  find(netif: u32, high: u64, low: u64): Neighbour | null {
    if (this.last.holds(netif, high, low)) return this.last;
    const base = this.setOf(netif, high, low);
    for (let i: u32 = 0; i < NEIGHBOURS_PER_SET; i++) {
      const entry = unchecked(this.entries[base + i]);
      if (entry.holds(netif, high, low)) {
        this.last = entry;
        return entry;
      }
    }
    return null;
  }

  /**
   * The entry to use for a new neighbour: a free one, else the oldest of those that matter least, in this order: what
   * never answered, what nobody uses, and only for a packet of ours (`wanted`) one that is in use. Routers stay as long
   * as anything else can go. Null: the newcomer must do without. The caller empties the queue of what it gets before it
   * calls `begin`.
   */
  victim(netif: u32, high: u64, low: u64, wanted: bool): Neighbour | null {
    const base = this.setOf(netif, high, low);
    let best: Neighbour | null = null;
    let bestRank: u32 = 0;
    for (let i: u32 = 0; i < NEIGHBOURS_PER_SET; i++) {
      const entry = unchecked(this.entries[base + i]);
      if (entry.state === <u32>NeighbourState.Free) return entry;
      const rank = rankOf(entry);
      if (best === null || rank < bestRank || (rank === bestRank && this.ageOf(entry) > this.ageOf(best))) {
        best = entry;
        bestRank = rank;
      }
    }
    return wanted || bestRank < RANK_USED ? best : null;
  }

  begin(entry: Neighbour, netif: u32, high: u64, low: u64): void {
    entry.netif = netif;
    entry.high = high;
    entry.low = low;
    entry.probes = 0;
    entry.isRouter = false;
    this.touch(entry);
  }

  /** First entry of the set in which an address may stand. */
  private setOf(netif: u32, high: u64, low: u64): u32 {
    let mixed = (low ^ this.secret) * 0x9e3779b97f4a7c15;
    mixed ^= mixed >>> 32;
    mixed = (mixed ^ high ^ ((<u64>netif) << 60)) * this.secret;
    mixed ^= mixed >>> 29;
    return (<u32>(mixed >>> 32) * NEIGHBOURS_PER_SET) & (NEIGHBOURS_MAX - 1);
  }
}

/** From here on a neighbour is in use, and makes room only for a packet of ours. */
const RANK_USED: u32 = 2;
const RANK_ROUTER: u32 = 2;

function rankOf(entry: Neighbour): u32 {
  const base: u32 = entry.isRouter ? RANK_ROUTER : 0;
  switch (entry.state) {
    case NeighbourState.Incomplete:
      return base;
    case NeighbourState.Stale:
      return base + 1;
    case NeighbourState.Reachable:
      return base + 3;
    default:
      return base + RANK_USED;
  }
}
