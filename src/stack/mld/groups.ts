import { ALL_NODES_LOW, LINK_GROUP_HIGH } from "../ipv6/address";
import { Interface6, NEVER_NS } from "../ipv6/interfaces";

/** Groups that a stack is in, over all interfaces; each address of ours takes one (its solicited-node group). */
export const IP6_GROUPS_MAX: u32 = 64;
/** A power of two. */
const BUCKETS: u32 = 32;

/** A group that we are in, or have just left. Data that IPv6 and MLD share. */
export class Group6 {
  used: bool = false;
  on: Interface6 = changetype<Interface6>(0);
  high: u64 = 0;
  low: u64 = 0;
  /** Joins without a leave; 0: left, and this is still to be told. */
  references: u32 = 0;
  /** State-change reports that are still to be sent. */
  changes: u32 = 0;
  changeNs: u64 = NEVER_NS;
  /** When a query is to be answered. */
  answerNs: u64 = NEVER_NS;
  /** No query is answered before. */
  restNs: u64 = 0;
  /** MLDv1: we were the last to report it (RFC 2710 section 4). */
  reportedLast: bool = false;
  next: Group6 | null = null;
}

/** A fixed table, hashed. */
export class Groups6 {
  private readonly all: StaticArray<Group6> = new StaticArray<Group6>(IP6_GROUPS_MAX);
  private readonly buckets: StaticArray<Group6 | null> = new StaticArray<Group6 | null>(BUCKETS);

  constructor() {
    for (let i: u32 = 0; i < IP6_GROUPS_MAX; i++) this.all[i] = new Group6();
  }

  at(index: u32): Group6 {
    return this.all[index];
  }

  /** Are packets to the group heard on this interface? */
  has(on: Interface6, high: u64, low: u64): bool {
    if (high === LINK_GROUP_HIGH && low === ALL_NODES_LOW) return true;
    const group = this.find(on, high, low);
    return group !== null && group.references !== 0;
  }

  find(on: Interface6, high: u64, low: u64): Group6 | null {
    let one: Group6 | null = unchecked(this.buckets[bucketOf(high, low)]);
    while (one !== null) {
      if (one.low === low && one.high === high && one.on === on) return one;
      one = one.next;
    }
    return null;
  }

  /** A new entry without references; null if all are in use. */
  add(on: Interface6, high: u64, low: u64): Group6 | null {
    for (let i: u32 = 0; i < IP6_GROUPS_MAX; i++) {
      const one = this.all[i];
      if (one.used) continue;
      one.used = true;
      one.on = on;
      one.high = high;
      one.low = low;
      one.references = 0;
      one.changes = 0;
      one.changeNs = NEVER_NS;
      one.answerNs = NEVER_NS;
      one.restNs = 0;
      one.reportedLast = false;
      const bucket = bucketOf(high, low);
      one.next = this.buckets[bucket];
      this.buckets[bucket] = one;
      return one;
    }
    return null;
  }

  remove(group: Group6): void {
    const bucket = bucketOf(group.high, group.low);
    const head = this.buckets[bucket];
    if (head === group) {
      this.buckets[bucket] = group.next;
    } else {
      let one: Group6 | null = head;
      while (one !== null) {
        if (one.next === group) {
          one.next = group.next;
          break;
        }
        one = one.next;
      }
    }
    group.next = null;
    group.used = false;
  }
}

function bucketOf(high: u64, low: u64): u32 {
  const mixed = (low ^ high) * 0x9e3779b97f4a7c15;
  return <u32>(mixed >>> 59) & (BUCKETS - 1);
}
