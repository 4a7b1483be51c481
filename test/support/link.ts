/** A link in memory between hosts, with the faults of real ones, on the hosts' fake clocks and repeatable. */
import type { Host } from "./host.ts";

/** Chances between 0 and 1, for each frame. */
export interface Faults {
  readonly loss?: number;
  readonly duplication?: number;
  /** The frame is overtaken by later ones. */
  readonly reordering?: number;
  readonly truncation?: number;
  /** One bit is flipped. */
  readonly corruption?: number;
}

interface InFlight {
  readonly to: Host;
  readonly bytes: Uint8Array;
  readonly atNs: bigint;
  readonly order: number;
}

const LATENCY_NS = 100_000n;
const OVERTAKEN_NS = 1_000_000n;

export class Link {
  delivered = 0;
  private readonly hosts: Host[] = [];
  private readonly inFlight: InFlight[] = [];
  private order = 0;
  private state: number;

  constructor(
    private readonly faults: Faults = {},
    seed = 1,
  ) {
    this.state = seed;
  }

  /** Everything that the host sends goes to all others on the link. */
  attach(host: Host): void {
    this.hosts.push(host);
    host.onTransmit = ({ bytes }) => {
      for (const other of this.hosts) if (other !== host) this.carry(other, bytes);
    };
  }

  /** Lets time pass on all hosts, delivering frames and firing timers as they come. */
  run(ns: bigint): void {
    const end = (this.hosts[0]?.nowNs ?? 0n) + ns;
    for (;;) {
      this.inFlight.sort((a, b) => Number(a.atNs - b.atNs) || a.order - b.order);
      const next = this.inFlight[0];
      const [deadline = end + 1n] = this.hosts.map((host) => host.deadlineNs).sort((a, b) => Number(a - b));
      const frameAt = next?.atNs ?? end + 1n;
      const at = frameAt <= deadline ? frameAt : deadline;
      if (at > end) break;
      for (const host of this.hosts) if (at > host.nowNs) host.advance(at - host.nowNs);
      if (next && frameAt <= deadline) {
        this.inFlight.shift();
        this.delivered++;
        next.to.input(next.bytes);
      } else {
        for (const host of this.hosts) host.advance(0n);
      }
    }
    for (const host of this.hosts) host.advance(end - host.nowNs);
  }

  private carry(to: Host, bytes: Uint8Array): void {
    const { loss = 0, duplication = 0, reordering = 0, truncation = 0, corruption = 0 } = this.faults;
    if (this.chance(loss)) return;
    for (let copies = this.chance(duplication) ? 2 : 1; copies > 0; copies--) {
      const delay = this.chance(reordering) ? OVERTAKEN_NS : LATENCY_NS;
      let carried = bytes.slice();
      if (this.chance(truncation)) carried = carried.slice(0, Math.floor(this.random() * carried.length));
      if (this.chance(corruption)) {
        const at = Math.floor(this.random() * carried.length);
        carried[at] = (carried[at] ?? 0) ^ (1 << Math.floor(this.random() * 8));
      }
      this.inFlight.push({ to, bytes: carried, atNs: to.nowNs + delay, order: this.order++ });
    }
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
