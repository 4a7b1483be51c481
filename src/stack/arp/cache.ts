import { Line } from "mirage/framecode";
import { NEIGHBOURS_MAX, NEIGHBOURS_PER_SET, NeighbourEntry, NeighbourTable } from "../neighbours";
import { NUMBERS_COLUMN, putNetif, REMOTE_COLUMN, Reported, STATE_COLUMN } from "../report";

/** Frames that wait for one neighbour; the oldest makes room (RFC 1122 section 2.3.2.2 wants at least the latest one kept). */
export const ARP_QUEUE_FRAMES_MAX: u32 = 4;

export enum ArpState {
  Free = 0,
  /** Asked for; `deadlineNs` is when to ask again. */
  Pending = 1,
  /** Known; `deadlineNs` is when it begins to age. */
  Fresh = 2,
  /** Known, old: the next use asks again; `deadlineNs` is when it is forgotten. */
  Ageing = 3,
  /** As `Ageing`, and asked already. */
  Refreshing = 4,
}

/** `state` is an `ArpState`. */
export class ArpEntry extends NeighbourEntry {
  address: u32 = 0;
  /** Requests sent without an answer. */
  requests: u32 = 0;
  /** Something was sent there since it was learnt or last grew old: a flood of strangers does not drive it out. */
  used: bool = false;

  constructor() {
    super(ARP_QUEUE_FRAMES_MAX);
  }

  holds(netif: u32, address: u32): bool {
    return this.address === address && this.netif === netif && this.state !== <u32>ArpState.Free;
  }

  /** True if there is a MAC address to send to. */
  get usable(): bool {
    return this.state >= <u32>ArpState.Fresh;
  }
}

export class ArpCache extends NeighbourTable<ArpEntry> implements Reported {
  describe(line: Line, index: u32): bool {
    const entry = this.entries[index];
    if (entry.state === <u32>ArpState.Free) return false;
    line.ipv4(entry.address).column(REMOTE_COLUMN);
    if (entry.usable) line.mac(entry.macHigh, entry.macLow);
    else line.text("(incomplete)");
    putNetif(line.column(STATE_COLUMN), entry.netif);
    line.column(NUMBERS_COLUMN).text(entry.usable ? "reachable" : "incomplete");
    return true;
  }

  find(netif: u32, address: u32): ArpEntry | null {
    if (this.last.holds(netif, address)) return this.last;
    const base = setOf(netif, address);
    for (let i: u32 = 0; i < NEIGHBOURS_PER_SET; i++) {
      const entry = unchecked(this.entries[base + i]);
      if (entry.holds(netif, address)) {
        this.last = entry;
        return entry;
      }
    }
    return null;
  }

  /**
   * The entry to use for a new neighbour: a free one, else the oldest of its set that nobody here talks to, else, if
   * `urgent`, the oldest of its set. Null: there is none. The caller must empty the queue of what it gets (`dequeue`)
   * before it fills in the entry with `begin`.
   */
  victim(netif: u32, address: u32, urgent: bool): ArpEntry | null {
    const base = setOf(netif, address);
    let oldest = unchecked(this.entries[base]);
    let unused: ArpEntry | null = null;
    for (let i: u32 = 0; i < NEIGHBOURS_PER_SET; i++) {
      const entry = unchecked(this.entries[base + i]);
      if (entry.state === <u32>ArpState.Free) return entry;
      const age = this.ageOf(entry);
      if (age > this.ageOf(oldest)) oldest = entry;
      if (entry.used) continue;
      if (unused === null || age > this.ageOf(unused)) unused = entry;
    }
    if (unused !== null) return unused;
    return urgent ? oldest : null;
  }

  begin(entry: ArpEntry, netif: u32, address: u32): void {
    entry.netif = netif;
    entry.address = address;
    entry.requests = 0;
    entry.used = false;
    this.touch(entry);
  }
}

/** First entry of the set in which an address may stand. Neighbours differ in their low bits. */
function setOf(netif: u32, address: u32): u32 {
  const mixed = (address ^ (address >>> 8) ^ (netif << 3)) * NEIGHBOURS_PER_SET;
  return mixed & (NEIGHBOURS_MAX - 1);
}
