/**
 * What ARP's and neighbour discovery's caches have in common: fixed tables, set-associative, whose entries keep the frames that wait for
 * an address.
 *
 * @module
 */

/** Entries in each cache. A power of two. */
export const NEIGHBOURS_MAX: u32 = 256;
/** An address may stand in one of so many places, so a look-up touches no more. A power of two. */
export const NEIGHBOURS_PER_SET: u32 = 8;

/** A neighbour on some interface: how to send to it, and what waits for that to be known. */
export class NeighbourEntry {
  /** 0: the entry is free. */
  state: u32 = 0;
  /** Index of the interface. */
  netif: u32 = 0;
  macHigh: u32 = 0;
  macLow: u32 = 0;
  deadlineNs: u64 = 0;
  /** When it was last learnt or begun: the oldest of a set makes room. */
  since: u32 = 0;
  /** Frames that wait. */
  queued: u32 = 0;
  private readonly queue: StaticArray<u32>;

  /** @param framesMax Frames that wait; the oldest makes room. */
  constructor(private readonly framesMax: u32) {
    this.queue = new StaticArray<u32>(framesMax);
  }

  /** The oldest frame that waits, which stays there; 0 if none does. */
  get head(): u32 {
    return this.queued === 0 ? 0 : this.queue[0];
  }

  /** Adds a frame and its reference. Returns the frame that had to make room, or 0. */
  enqueue(frame: u32): u32 {
    const dropped = this.queued === this.framesMax ? this.dequeue() : 0;
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

/** The table of one protocol's entries. Who knows its addresses says in which set one stands. */
export class NeighbourTable<Entry extends NeighbourEntry> {
  protected readonly entries: StaticArray<Entry>;
  /** What was found last: mostly what is asked for next. */
  protected last: Entry;
  private clock: u32 = 0;

  constructor() {
    const entries = new StaticArray<Entry>(NEIGHBOURS_MAX);
    for (let i: u32 = 0; i < NEIGHBOURS_MAX; i++) entries[i] = instantiate<Entry>();
    this.last = entries[0];
    this.entries = entries;
  }

  reportSize(): u32 {
    return NEIGHBOURS_MAX;
  }

  at(index: u32): Entry {
    return this.entries[index];
  }

  touch(entry: Entry): void {
    entry.since = ++this.clock;
  }

  /** Larger for what was last learnt or begun longer ago. */
  protected ageOf(entry: Entry): u32 {
    return this.clock - entry.since;
  }
}
