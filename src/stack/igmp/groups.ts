import { Netif } from "../netif";

/** Groups that a stack is in, over all interfaces. */
export const IPV4_GROUPS_MAX: u32 = 32;
/** A power of two. */
const BUCKETS: u32 = 16;

/** All systems on this subnet (RFC 1112 section 4): always joined, never reported. */
export const ALL_HOSTS_GROUP: u32 = 0xe0000001;

/** A group that we are in, or have just left. */
export class Group4 {
  netif: u32 = 0;
  /** 0: the entry is free. */
  address: u32 = 0;
  /** Joins without a leave; 0: left, and this is still to be told. */
  references: u32 = 0;
  /** Reports of the change that are still to be sent. */
  changes: u32 = 0;
  changeNs: u64 = u64.MAX_VALUE;
  /** When a query is to be answered. */
  answerNs: u64 = u64.MAX_VALUE;
  /** No query is answered before. */
  restNs: u64 = 0;
  /** Nobody else has reported it since we did (RFC 2236 section 6). */
  reportedLast: bool = false;
  next: Group4 | null = null;
}

/** A fixed table, hashed. */
export class Groups4 {
  private readonly all: StaticArray<Group4> = new StaticArray<Group4>(IPV4_GROUPS_MAX);
  private readonly buckets: StaticArray<Group4 | null> = new StaticArray<Group4 | null>(BUCKETS);

  constructor() {
    for (let i: u32 = 0; i < IPV4_GROUPS_MAX; i++) this.all[i] = new Group4();
  }

  at(i: u32): Group4 {
    return this.all[i];
  }

  /** Are packets to the group heard on this interface? */
  has(netif: Netif, address: u32): bool {
    if (address === ALL_HOSTS_GROUP) return true;
    const group = this.find(netif.index, address);
    return group !== null && group.references !== 0;
  }

  find(netif: u32, address: u32): Group4 | null {
    let one: Group4 | null = unchecked(this.buckets[bucketOf(address)]);
    while (one !== null) {
      if (one.address === address && one.netif === netif) return one;
      one = one.next;
    }
    return null;
  }

  /** A new entry without references; null if all are in use. */
  add(netif: u32, address: u32): Group4 | null {
    for (let i: u32 = 0; i < IPV4_GROUPS_MAX; i++) {
      const one = this.all[i];
      if (one.address !== 0) continue;
      one.netif = netif;
      one.address = address;
      one.references = 0;
      one.changes = 0;
      one.changeNs = u64.MAX_VALUE;
      one.answerNs = u64.MAX_VALUE;
      one.restNs = 0;
      one.reportedLast = false;
      const bucket = bucketOf(address);
      one.next = this.buckets[bucket];
      this.buckets[bucket] = one;
      return one;
    }
    return null;
  }

  remove(group: Group4): void {
    const bucket = bucketOf(group.address);
    let before = this.buckets[bucket];
    group.address = 0;
    if (before === group) {
      this.buckets[bucket] = group.next;
      return;
    }
    while (before !== null) {
      const next: Group4 | null = before.next;
      if (next === group) {
        before.next = group.next;
        return;
      }
      before = next;
    }
  }
}

function bucketOf(address: u32): u32 {
  return (address ^ (address >>> 8)) & (BUCKETS - 1);
}
