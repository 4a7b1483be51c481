import { random_u32 } from "mirage/framecode";
import { Path } from "../network";
import { objectBytes, Pool } from "../pool";

/** Connections that wait for the third segment of their handshake. More are carried by SYN cookies. */
export const SYN_CACHE_MAX: u32 = 1024;
/** Entries that are made together. */
const CHUNK_ENTRIES: u32 = 32;
const CHAINS: u32 = 256;
/** The SYN-ACK is sent again 1, 2 and 4 s after the one before, and the entry given up 8 s after the last, as in FreeBSD. */
export const SYN_ACK_RETRANSMISSIONS: u32 = 3;
const SYN_ACK_FIRST_MILLISECONDS: u64 = 1000;

/** A connection in SYN-RECEIVED that a listener may accept: what must be known of it until its handshake is over. */
export class Embryo extends Path {
  hashNext: Embryo | null = null;
  older: Embryo | null = null;
  newer: Embryo | null = null;
  /** Remote port << 16 | local port. */
  ports: u32 = 0;
  listener: u32 = 0;
  irs: u32 = 0;
  iss: u32 = 0;
  /** The window that the SYN-ACK offers, bytes. */
  window: u32 = 0;
  /** The window of the SYN, never scaled. */
  peerWindow: u32 = 0;
  /** 0: the SYN said none. */
  peerMss: u32 = 0;
  /** Negative: the SYN offered none. */
  peerScale: i32 = -1;
  sackPermitted: bool = false;
  timestamps: bool = false;
  /** The SYN asked for ECN, and the SYN-ACK agrees. */
  ecn: bool = false;
  tsRecent: u32 = 0;
  tsOffset: u32 = 0;
  /** SYN-ACKs sent again. */
  retransmissions: u32 = 0;
  deadlineMilliseconds: u64 = 0;
  /** When the SYN-ACK was sent; 0: several times, so the handshake tells no round-trip time. */
  sentMicroseconds: u64 = 0;
  /** ICMP errors about the SYN-ACK. */
  failures: u32 = 0;
}

/**
 * Embryos by addresses and ports, and in order of their deadlines: those whose SYN-ACK was sent as often wait for
 * the same time, so each such class is a queue. Bounded: whoever floods it only gets cookies.
 */
export class SynCache {
  private readonly pool: Pool<Embryo> = new Pool<Embryo>(SYN_CACHE_MAX, objectBytes<Embryo>());
  private readonly chains: StaticArray<Embryo | null> = new StaticArray<Embryo | null>(CHAINS);
  private readonly oldest: StaticArray<Embryo | null> = new StaticArray<Embryo | null>(
    SYN_ACK_RETRANSMISSIONS + 1,
  );
  private readonly newest: StaticArray<Embryo | null> = new StaticArray<Embryo | null>(
    SYN_ACK_RETRANSMISSIONS + 1,
  );
  private readonly key: u32 = random_u32();

  get size(): u32 {
    return this.pool.used;
  }

  private chainOf(remoteHigh: u64, remoteLow: u64, ports: u32): u32 {
    const remote = (remoteHigh ^ remoteLow) * 0x9e3779b97f4a7c15;
    const mixed = (<u64>(ports ^ this.key) + remote) * (<u64>this.key | 1);
    return <u32>(mixed >>> 40) % CHAINS;
  }

  find(localHigh: u64, localLow: u64, remoteHigh: u64, remoteLow: u64, ports: u32): Embryo | null {
    let embryo = this.chains[this.chainOf(remoteHigh, remoteLow, ports)];
    while (embryo !== null) {
      if (
        embryo.ports === ports &&
        embryo.remoteLow === remoteLow &&
        embryo.remoteHigh === remoteHigh &&
        embryo.localLow === localLow &&
        embryo.localHigh === localHigh
      )
        return embryo;
      embryo = embryo.hashNext;
    }
    return null;
  }

  /** A fresh entry, to be filled in and given to `insert` or `discard`; null: the cache is full. */
  take(): Embryo | null {
    if (this.pool.free === 0 && !this.pool.reserve(this.pool.size + CHUNK_ENTRIES)) return null;
    return this.pool.take();
  }

  discard(embryo: Embryo): void {
    this.pool.give(embryo);
  }

  /** The SYN-ACK was sent for the first time. */
  insert(embryo: Embryo, nowMicroseconds: u64): void {
    const chain = this.chainOf(embryo.remoteHigh, embryo.remoteLow, embryo.ports);
    embryo.hashNext = this.chains[chain];
    this.chains[chain] = embryo;
    embryo.retransmissions = 0;
    embryo.sentMicroseconds = nowMicroseconds;
    this.enqueue(embryo, nowMicroseconds / 1000);
  }

  /** The SYN came again, and was answered again: waits as long as at first. */
  renew(embryo: Embryo, nowMilliseconds: u64): void {
    this.dequeue(embryo);
    embryo.retransmissions = 0;
    embryo.sentMicroseconds = 0;
    this.enqueue(embryo, nowMilliseconds);
  }

  /** The SYN-ACK is sent once more. */
  retransmitted(embryo: Embryo, nowMilliseconds: u64): void {
    this.dequeue(embryo);
    embryo.retransmissions++;
    embryo.sentMicroseconds = 0;
    this.enqueue(embryo, nowMilliseconds);
  }

  /** Takes an entry out and frees it. Its fields may be read until the next `take`, but for the first. */
  remove(embryo: Embryo): void {
    this.dequeue(embryo);
    const chain = this.chainOf(embryo.remoteHigh, embryo.remoteLow, embryo.ports);
    let other = this.chains[chain];
    if (other === embryo) {
      this.chains[chain] = embryo.hashNext;
    } else {
      while (other !== null) {
        if (other.hashNext === embryo) {
          other.hashNext = embryo.hashNext;
          break;
        }
        other = other.hashNext;
      }
    }
    this.pool.give(embryo);
  }

  /** An entry whose deadline has passed; null: there is none. The caller must send it again or remove it. */
  due(nowMilliseconds: u64): Embryo | null {
    for (let i: u32 = 0; i <= SYN_ACK_RETRANSMISSIONS; i++) {
      const embryo = this.oldest[i];
      if (embryo !== null && embryo.deadlineMilliseconds <= nowMilliseconds) return embryo;
    }
    return null;
  }

  /** When `due` finds the next; `u64.MAX_VALUE`: never. */
  nextMilliseconds(): u64 {
    let next: u64 = u64.MAX_VALUE;
    for (let i: u32 = 0; i <= SYN_ACK_RETRANSMISSIONS; i++) {
      const embryo = unchecked(this.oldest[i]);
      if (embryo !== null) next = min(next, embryo.deadlineMilliseconds);
    }
    return next;
  }

  private enqueue(embryo: Embryo, nowMilliseconds: u64): void {
    const queue = embryo.retransmissions;
    embryo.deadlineMilliseconds = nowMilliseconds + (SYN_ACK_FIRST_MILLISECONDS << queue);
    const newest = this.newest[queue];
    embryo.older = newest;
    embryo.newer = null;
    if (newest === null) this.oldest[queue] = embryo;
    else newest.newer = embryo;
    this.newest[queue] = embryo;
  }

  private dequeue(embryo: Embryo): void {
    const queue = embryo.retransmissions;
    const older = embryo.older;
    const newer = embryo.newer;
    if (older === null) this.oldest[queue] = newer;
    else older.newer = newer;
    if (newer === null) this.newest[queue] = older;
    else newer.older = older;
  }
}
