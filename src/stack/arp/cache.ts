import { Line } from "mirage/framecode";
import { NUMBERS_COLUMN, putNetif, REMOTE_COLUMN, Reported, STATE_COLUMN } from "../report";

/** Neighbours that are remembered, over all interfaces. A power of two. */
export const ARP_ENTRIES_MAX: u32 = 256;
/** An address may stand in one of so many places, so a look-up touches no more. A power of two. */
const ARP_ENTRIES_PER_SET: u32 = 8;
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

export class ArpEntry {
  state: u32 = ArpState.Free;
  netif: u32 = 0;
  address: u32 = 0;
  macHigh: u32 = 0;
  macLow: u32 = 0;
  deadlineNs: u64 = 0;
  /** Requests sent without an answer. */
  requests: u32 = 0;
  /** When it was last learnt or begun: the oldest of a set makes room. */
  since: u32 = 0;
  /** Something was sent there since it was learnt or last grew old: a flood of strangers does not drive it out. */
  used: bool = false;
  queued: u32 = 0;
  private readonly queue: StaticArray<u32> = new StaticArray<u32>(ARP_QUEUE_FRAMES_MAX);

  holds(netif: u32, address: u32): bool {
    return this.address === address && this.netif === netif && this.state !== <u32>ArpState.Free;
  }

  /** True if there is a MAC address to send to. */
  get usable(): bool {
    return this.state >= <u32>ArpState.Fresh;
  }

  /** Adds a frame and its reference. Returns the frame that had to make room, or 0. */
  enqueue(frame: u32): u32 {
    const dropped = this.queued === ARP_QUEUE_FRAMES_MAX ? this.dequeue() : 0;
    this.queue[this.queued++] = frame;
    return dropped;
  }

  /** The frame that has waited longest, with its reference; 0 if none waits. */
  dequeue(): u32 {
    if (this.queued === 0) return 0;
    const frame = this.queue[0];
    this.queued--;
    for (let i: u32 = 0; i < this.queued; i++) this.queue[i] = this.queue[i + 1];
    return frame;
  }
}

/** A fixed table, set-associative. */
export class ArpCache implements Reported {
  private readonly entries: StaticArray<ArpEntry>;
  private clock: u32 = 0;
  /** What was found last: mostly what is asked for next. */
  private last: ArpEntry;

  constructor() {
    const entries = new StaticArray<ArpEntry>(ARP_ENTRIES_MAX);
    for (let i: u32 = 0; i < ARP_ENTRIES_MAX; i++) entries[i] = new ArpEntry();
    this.last = entries[0];
    this.entries = entries;
  }

  reportSize(): u32 {
    return ARP_ENTRIES_MAX;
  }

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

  at(index: u32): ArpEntry {
    return this.entries[index];
  }

  find(netif: u32, address: u32): ArpEntry | null {
    if (this.last.holds(netif, address)) return this.last;
    const base = setOf(netif, address);
    for (let i: u32 = 0; i < ARP_ENTRIES_PER_SET; i++) {
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
    for (let i: u32 = 0; i < ARP_ENTRIES_PER_SET; i++) {
      const entry = unchecked(this.entries[base + i]);
      if (entry.state === <u32>ArpState.Free) return entry;
      const age = this.clock - entry.since;
      if (age > this.clock - oldest.since) oldest = entry;
      if (entry.used) continue;
      if (unused === null || age > this.clock - unused.since) unused = entry;
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

  touch(entry: ArpEntry): void {
    entry.since = ++this.clock;
  }
}

/** First entry of the set in which an address may stand. Neighbours differ in their low bits. */
function setOf(netif: u32, address: u32): u32 {
  const mixed = (address ^ (address >>> 8) ^ (netif << 3)) * ARP_ENTRIES_PER_SET;
  return mixed & (ARP_ENTRIES_MAX - 1);
}
