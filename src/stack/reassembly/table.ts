import { isMapped } from "../address";
import { Fragment } from "./interface";
import { NONE } from "./pieces";

/** Packets that are put together at once. A power of two. */
export const REASSEMBLY_PACKETS_MAX: u32 = 128;
/** Packets between the same two addresses stand in one set, so that a flood drives out nobody else's. A power of two. */
export const REASSEMBLY_PACKETS_PER_SET: u32 = 8;
/** Of these, packets of one source. */
export const REASSEMBLY_PACKETS_PER_SOURCE: u32 = 4;

/** A packet of which some fragments are here. */
export class PartialPacket {
  used: bool = false;
  /** Its fragments overlapped: nothing is kept of it. */
  poisoned: bool = false;
  group: bool = false;
  netif: u32 = 0;
  sourceHigh: u64 = 0;
  sourceLow: u64 = 0;
  destinationHigh: u64 = 0;
  destinationLow: u64 = 0;
  identification: u32 = 0;
  protocol: u32 = 0;
  trafficClass: u32 = 0;
  /** Bit n: a fragment with the ECN codepoint n was there. */
  ecnSeen: u32 = 0;
  deadlineNs: u64 = 0;
  firstPiece: u32 = NONE;
  lastPiece: u32 = NONE;
  /** Fragments that are here. */
  count: u32 = 0;
  /** Bytes of their frames. */
  bytes: u32 = 0;
  /** Bytes of their payload. */
  received: u32 = 0;
  /** Bytes of the whole payload; 0: the last fragment is not here. */
  total: u32 = 0;
  /** Neighbours in the list by age. */
  older: PartialPacket | null = null;
  newer: PartialPacket | null = null;

  constructor(readonly set: u32) {}

  isOf(fragment: Fragment): bool {
    return (
      this.used &&
      this.identification === fragment.identification &&
      this.isFrom(fragment) &&
      this.destinationLow === fragment.destinationLow &&
      this.destinationHigh === fragment.destinationHigh &&
      this.netif === fragment.netif &&
      (this.protocol === fragment.protocol || !isMapped(this.sourceHigh, this.sourceLow))
    );
  }

  isFrom(fragment: Fragment): bool {
    return this.sourceLow === fragment.sourceLow && this.sourceHigh === fragment.sourceHigh;
  }

  /** Forgets its fragments. */
  empty(): void {
    this.firstPiece = NONE;
    this.lastPiece = NONE;
    this.count = 0;
    this.bytes = 0;
    this.received = 0;
    this.total = 0;
  }

  /** Fills in what all fragments have in common. */
  describe(fragment: Fragment): void {
    fragment.netif = this.netif;
    fragment.sourceHigh = this.sourceHigh;
    fragment.sourceLow = this.sourceLow;
    fragment.destinationHigh = this.destinationHigh;
    fragment.destinationLow = this.destinationLow;
    fragment.identification = this.identification;
    fragment.protocol = this.protocol;
    fragment.trafficClass = this.trafficClass;
    fragment.group = this.group;
  }
}

/** A fixed table, set-associative, with a list of all by age. */
export class PartialTable {
  private readonly entries: StaticArray<PartialPacket>;
  oldest: PartialPacket | null = null;
  private newest: PartialPacket | null = null;

  constructor() {
    this.entries = new StaticArray<PartialPacket>(REASSEMBLY_PACKETS_MAX);
    for (let i: u32 = 0; i < REASSEMBLY_PACKETS_MAX; i++) {
      this.entries[i] = new PartialPacket(i & ~(REASSEMBLY_PACKETS_PER_SET - 1));
    }
  }

  at(i: u32): PartialPacket {
    return this.entries[i];
  }

  find(hash: u32, fragment: Fragment): PartialPacket | null {
    const set = setOf(hash);
    for (let i: u32 = 0; i < REASSEMBLY_PACKETS_PER_SET; i++) {
      const packet = unchecked(this.entries[set + i]);
      if (packet.isOf(fragment)) return packet;
    }
    return null;
  }

  /**
   * The entry for a new packet: the oldest of its source if that has as many as it may have, else a free one, else the
   * oldest of the set. If it is used the caller must end it.
   */
  victim(hash: u32, fragment: Fragment): PartialPacket {
    const set = setOf(hash);
    let free: PartialPacket | null = null;
    let oldest = unchecked(this.entries[set]);
    let own: PartialPacket | null = null;
    let owned: u32 = 0;
    for (let i: u32 = 0; i < REASSEMBLY_PACKETS_PER_SET; i++) {
      const packet = unchecked(this.entries[set + i]);
      if (!packet.used) {
        free = packet;
        continue;
      }
      if (packet.deadlineNs < oldest.deadlineNs) oldest = packet;
      if (!packet.isFrom(fragment)) continue;
      owned++;
      if (own === null || packet.deadlineNs < own.deadlineNs) own = packet;
    }
    if (own !== null && owned >= REASSEMBLY_PACKETS_PER_SOURCE) return own;
    return free !== null ? free : oldest;
  }

  /** Takes a free entry into use. Its deadline is the caller's to set. */
  begin(packet: PartialPacket, fragment: Fragment): void {
    packet.used = true;
    packet.poisoned = false;
    packet.group = fragment.group;
    packet.netif = fragment.netif;
    packet.sourceHigh = fragment.sourceHigh;
    packet.sourceLow = fragment.sourceLow;
    packet.destinationHigh = fragment.destinationHigh;
    packet.destinationLow = fragment.destinationLow;
    packet.identification = fragment.identification;
    packet.protocol = fragment.protocol;
    packet.trafficClass = fragment.trafficClass;
    packet.ecnSeen = 0;
    packet.empty();
    const newest = this.newest;
    packet.older = newest;
    packet.newer = null;
    if (newest !== null) newest.newer = packet;
    else this.oldest = packet;
    this.newest = packet;
  }

  end(packet: PartialPacket): void {
    packet.used = false;
    const older = packet.older;
    const newer = packet.newer;
    if (older !== null) older.newer = newer;
    else this.oldest = newer;
    if (newer !== null) newer.older = older;
    else this.newest = older;
    packet.older = null;
    packet.newer = null;
  }

  /** Bytes that the packets in the set of one hold. */
  bytesOfSet(packet: PartialPacket): u32 {
    let bytes: u32 = 0;
    for (let i: u32 = 0; i < REASSEMBLY_PACKETS_PER_SET; i++) {
      bytes += unchecked(this.entries[packet.set + i]).bytes;
    }
    return bytes;
  }
}

function setOf(hash: u32): u32 {
  return (hash * REASSEMBLY_PACKETS_PER_SET) & (REASSEMBLY_PACKETS_MAX - 1);
}
