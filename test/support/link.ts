/** A link in memory between hosts, with the faults of real ones, on the hosts' fake clocks and repeatable. */
import type { Host } from "./host.ts";

/** What happens to frames. Chances are between 0 and 1, for each frame. */
export interface Faults {
  readonly loss?: number;
  readonly duplication?: number;
  /** The frame is overtaken by later ones. */
  readonly reordering?: number;
  readonly truncation?: number;
  /** One bit is flipped. */
  readonly corruption?: number;
  /** One way, nanoseconds. */
  readonly latencyNs?: number;
  /** Latency of a frame that is overtaken. */
  readonly overtakenNs?: number;
  /** Frames leave one after the other at this rate; no limit if it is not there. */
  readonly bitsPerSecond?: number;
  /** Bytes that wait for the link at most; what comes on top is dropped. Without it there is no end. */
  readonly queueBytes?: number;
  /** From when until when nothing gets through, nanoseconds of the hosts' clocks. */
  readonly outages?: readonly (readonly [number, number])[];
  /** What is checked before all else: true drops the frame. */
  readonly drop?: (bytes: Uint8Array, nowNs: number) => boolean;
}

/** What becomes of the link's user between frames: called with the host's events after a frame or a timer brought some. */
export type Application = (host: Host) => void;

interface Port {
  readonly host: Host;
  /** For what the host sends. */
  readonly faults: Faults;
  readonly application: Application | undefined;
  /** When the last frame will have left. */
  freeNs: number;
}

interface InFlight {
  readonly to: Port;
  readonly bytes: Uint8Array;
  readonly atNs: number;
  readonly order: number;
}

const LATENCY_NS = 100_000;
const OVERTAKEN_NS = 1_000_000;
const NANOSECONDS_PER_SECOND = 1e9;

export class Link {
  /** Frames that arrived, damaged or not. */
  delivered = 0;
  /** Frames that found the queue full. */
  overflowed = 0;
  /** Bytes that arrived. */
  deliveredBytes = 0;
  private readonly ports: Port[] = [];
  private readonly inFlight = new Schedule();
  private order = 0;
  private state: number;

  constructor(
    private readonly faults: Faults = {},
    seed = 1,
  ) {
    this.state = seed;
  }

  /** Everything that the host sends goes to all others on the link, with the link's faults or those given here. */
  attach(
    host: Host,
    { faults = this.faults, application }: { faults?: Faults; application?: Application } = {},
  ): void {
    const port: Port = { host, faults, application, freeNs: 0 };
    this.ports.push(port);
    host.onTransmit = ({ bytes }) => {
      for (const other of this.ports) if (other !== port) this.carry(port, other, bytes);
    };
  }

  /** Lets time pass on all hosts, delivering frames and firing timers as they come. Ends early if `until` answers true. */
  run(ns: bigint, until?: () => boolean): void {
    const start = this.ports[0]?.host.nowNs ?? 0n;
    const end = Number(start + ns);
    let isOver = false;
    for (;;) {
      isOver = until?.() ?? false;
      if (isOver) break;
      let rings: Port | undefined;
      let deadline = end + 1;
      for (const port of this.ports) {
        const at = Number(port.host.deadlineNs);
        if (at < deadline) {
          deadline = at;
          rings = port;
        }
      }
      const next = this.inFlight.peek();
      if (next && next.atNs <= deadline) {
        if (next.atNs > end) break;
        this.inFlight.take();
        this.delivered++;
        this.deliveredBytes += next.bytes.length;
        elapse(next.to.host, next.atNs);
        next.to.host.input(next.bytes);
        serve(next.to);
      } else if (rings) {
        elapse(rings.host, deadline);
        serve(rings);
      } else {
        break;
      }
    }
    const latest = isOver ? Math.max(...this.ports.map(({ host }) => Number(host.nowNs))) : end;
    for (const { host } of this.ports) elapse(host, latest);
  }

  private carry(from: Port, to: Port, bytes: Uint8Array): void {
    const { loss = 0, duplication = 0, reordering = 0, truncation = 0, corruption = 0 } = from.faults;
    const nowNs = Number(from.host.nowNs);
    if (from.faults.drop?.(bytes, nowNs)) return;
    if (from.faults.outages?.some(([since, until]) => nowNs >= since && nowNs < until)) return;
    if (this.chance(loss)) return;
    for (let copies = this.chance(duplication) ? 2 : 1; copies > 0; copies--) {
      const overtaken = this.chance(reordering);
      let carried = from.host.recording || copies > 1 ? bytes.slice() : bytes;
      if (this.chance(truncation)) carried = carried.slice(0, Math.floor(this.random() * carried.length));
      if (this.chance(corruption)) {
        const at = Math.floor(this.random() * carried.length);
        carried = carried.slice();
        carried[at] = (carried[at] ?? 0) ^ (1 << Math.floor(this.random() * 8));
      }
      const leftNs = this.leave(from, carried.length, nowNs);
      if (leftNs === undefined) continue;
      const { latencyNs = LATENCY_NS, overtakenNs = OVERTAKEN_NS } = from.faults;
      const atNs = leftNs + (overtaken ? overtakenNs : latencyNs);
      this.inFlight.add({ to, bytes: carried, atNs, order: this.order++ });
    }
  }

  /** When the frame has left; undefined: the queue was full. */
  private leave(from: Port, bytes: number, nowNs: number): number | undefined {
    const { bitsPerSecond, queueBytes } = from.faults;
    if (bitsPerSecond === undefined) return nowNs;
    const nsPerByte = (8 * NANOSECONDS_PER_SECOND) / bitsPerSecond;
    const begin = Math.max(nowNs, from.freeNs);
    if (queueBytes !== undefined && begin - nowNs > queueBytes * nsPerByte) {
      this.overflowed++;
      return undefined;
    }
    from.freeNs = begin + Math.ceil(bytes * nsPerByte);
    return from.freeNs;
  }

  private chance(probability: number): boolean {
    return probability > 0 && this.random() < probability;
  }

  /** mulberry32 */
  private random(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
}

/** Moves a host's clock forward to a time, ringing its timer on the way. */
function elapse(host: Host, atNs: number): void {
  const at = BigInt(atNs);
  if (at > host.nowNs) host.advance(at - host.nowNs);
  else if (host.deadlineNs <= host.nowNs) host.advance(0n);
}

function serve({ host, application }: Port): void {
  if (application && host.events.length > 0) application(host);
}

/** Frames on their way: a binary heap, the next to arrive on top. */
class Schedule {
  private readonly heap: InFlight[] = [];

  peek(): InFlight | undefined {
    return this.heap[0];
  }

  add(item: InFlight): void {
    const { heap } = this;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as InFlight;
      if (!isBefore(item, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = item;
  }

  take(): void {
    const { heap } = this;
    const item = heap.pop();
    if (item === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as InFlight, heap[child] as InFlight)) child++;
      if (!isBefore(heap[child] as InFlight, item)) break;
      heap[at] = heap[child] as InFlight;
      at = child;
    }
    heap[at] = item;
  }
}

function isBefore(a: InFlight, b: InFlight): boolean {
  return a.atNs < b.atNs || (a.atNs === b.atNs && a.order < b.order);
}
