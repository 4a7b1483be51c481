import { Line } from "mirage/framecode";
import { StackError } from "../interface";
import { objectBytes, Pool } from "../pool";
import { LOCAL_COLUMN, putEndpoint, putProtocol, REMOTE_COLUMN, Reported } from "../report";
import { Settings } from "./settings";

export const LISTENERS_MAX: u32 = 256;
/** Tells the numbers of listeners from those of flows. */
export const LISTENER_BIT: u32 = 1 << 30;
const SLOT_BITS: u32 = 8;
const SLOT_MASK: u32 = LISTENERS_MAX - 1;
const GENERATION_MASK: u32 = 0x3fffff;
const CHAINS: u32 = 64;
/** Listeners that are made together. */
const CHUNK_LISTENERS: u32 = 8;

/** A port that accepts connections. */
export class Listener {
  next: Listener | null = null;
  id: u32 = 0;
  port: u32 = 0;
  /** 0, 0: any address. */
  high: u64 = 0;
  low: u64 = 0;
  /** Most flows that the program has not used yet. */
  backlog: u32 = 0;
  /** Flows that it has not used yet. */
  waiting: u32 = 0;
  readonly settings: Settings = new Settings();

  get isFull(): bool {
    return this.waiting >= this.backlog;
  }
}

/** All listeners: by number, and by address and port. */
export class Listeners implements Reported {
  private readonly pool: Pool<Listener> = new Pool<Listener>(
    LISTENERS_MAX,
    objectBytes<Listener>() + objectBytes<Settings>(),
  );
  private readonly slots: StaticArray<Listener | null> = new StaticArray<Listener | null>(LISTENERS_MAX);
  private readonly chains: StaticArray<Listener | null> = new StaticArray<Listener | null>(CHAINS);
  private generation: u32 = 0;
  /** The last that `add` made. */
  private added: u32 = 0;

  get size(): u32 {
    return this.pool.used;
  }

  /** A new listener, whose number is returned, or a `StackError`. */
  add(high: u64, low: u64, port: u32, backlog: u32): i32 {
    if (this.conflicts(high, low, port)) return StackError.EADDRINUSE;
    if (this.pool.free === 0 && !this.pool.reserve(this.pool.size + CHUNK_LISTENERS))
      return StackError.ENOMEM;
    const listener = this.pool.take();
    if (listener === null) return StackError.EMFILE;
    let slot = this.added;
    do slot = (slot + 1) & SLOT_MASK;
    while (this.slots[slot] !== null);
    this.added = slot;
    this.generation = (this.generation + 1) & (GENERATION_MASK & 0x3fff);
    listener.id = LISTENER_BIT | (this.generation << SLOT_BITS) | slot;
    listener.port = port;
    listener.high = high;
    listener.low = low;
    listener.backlog = backlog;
    listener.waiting = 0;
    listener.settings.reset();
    this.slots[slot] = listener;
    const chain = port % CHAINS;
    listener.next = this.chains[chain];
    this.chains[chain] = listener;
    return listener.id;
  }

  remove(listener: Listener): void {
    const chain = listener.port % CHAINS;
    let other = this.chains[chain];
    if (other === listener) {
      this.chains[chain] = listener.next;
    } else {
      while (other !== null) {
        if (other.next === listener) {
          other.next = listener.next;
          break;
        }
        other = other.next;
      }
    }
    this.slots[listener.id & SLOT_MASK] = null;
    this.pool.give(listener);
  }

  at(id: u32): Listener | null {
    const listener = this.slots[id & SLOT_MASK];
    return listener !== null && listener.id === id ? listener : null;
  }

  /** The listener for a connection to this address and port: one at just that address first. */
  find(high: u64, low: u64, port: u32): Listener | null {
    let any: Listener | null = null;
    let listener = this.chains[port % CHAINS];
    while (listener !== null) {
      if (listener.port === port) {
        if (listener.low === low && listener.high === high) return listener;
        if (listener.low === 0 && listener.high === 0) any = listener;
      }
      listener = listener.next;
    }
    return any;
  }

  reportSize(): u32 {
    return LISTENERS_MAX;
  }

  describe(line: Line, index: u32): bool {
    const listener = this.slots[index];
    if (listener === null) return false;
    putProtocol(line, "tcp", listener.high, listener.low);
    putEndpoint(line.column(LOCAL_COLUMN), listener.high, listener.low, listener.port);
    line.column(REMOTE_COLUMN).decimal(listener.waiting).text("/").decimal(listener.backlog);
    return true;
  }

  /** Of one port there may be a listener for each address and one for all of them. */
  conflicts(high: u64, low: u64, port: u32): bool {
    const other = this.find(high, low, port);
    return other !== null && other.high === high && other.low === low;
  }
}
