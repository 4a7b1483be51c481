/** Groups that sockets have joined, over all sockets. */
export const UDP_MEMBERSHIPS_MAX: u32 = 64;
/** A power of two. */
const BUCKETS: u32 = 32;

/** That a socket hears a group on an interface. */
export class UdpMembership {
  used: bool = false;
  socket: u32 = 0;
  high: u64 = 0;
  low: u64 = 0;
  /** Index of the interface. */
  netif: u32 = 0;
  next: UdpMembership | null = null;
}

/** A fixed table, hashed by group: looked up for each datagram to one. */
export class UdpMemberships {
  private readonly all: StaticArray<UdpMembership> = new StaticArray<UdpMembership>(UDP_MEMBERSHIPS_MAX);
  private readonly buckets: StaticArray<UdpMembership | null> = new StaticArray<UdpMembership | null>(
    BUCKETS,
  );

  constructor() {
    for (let i: u32 = 0; i < UDP_MEMBERSHIPS_MAX; i++) this.all[i] = new UdpMembership();
  }

  find(socket: u32, high: u64, low: u64, netif: u32): UdpMembership | null {
    let one: UdpMembership | null = unchecked(this.buckets[bucketOf(high, low)]);
    while (one !== null) {
      if (one.socket === socket && one.low === low && one.high === high && one.netif === netif) return one;
      one = one.next;
    }
    return null;
  }

  /** That a socket hears a group, on any interface. */
  findAny(socket: u32, high: u64, low: u64): UdpMembership | null {
    let one: UdpMembership | null = this.buckets[bucketOf(high, low)];
    while (one !== null) {
      if (one.socket === socket && one.low === low && one.high === high) return one;
      one = one.next;
    }
    return null;
  }

  /** Any group that the socket has joined. */
  of(socket: u32): UdpMembership | null {
    for (let i: u32 = 0; i < UDP_MEMBERSHIPS_MAX; i++) {
      const one = this.all[i];
      if (one.used && one.socket === socket) return one;
    }
    return null;
  }

  get hasRoom(): bool {
    for (let i: u32 = 0; i < UDP_MEMBERSHIPS_MAX; i++) if (!this.all[i].used) return true;
    return false;
  }

  /** False: the table is full. */
  add(socket: u32, high: u64, low: u64, netif: u32): bool {
    for (let i: u32 = 0; i < UDP_MEMBERSHIPS_MAX; i++) {
      const one = this.all[i];
      if (one.used) continue;
      one.used = true;
      one.socket = socket;
      one.high = high;
      one.low = low;
      one.netif = netif;
      const bucket = bucketOf(high, low);
      one.next = this.buckets[bucket];
      this.buckets[bucket] = one;
      return true;
    }
    return false;
  }

  remove(membership: UdpMembership): void {
    const bucket = bucketOf(membership.high, membership.low);
    let before = this.buckets[bucket];
    membership.used = false;
    if (before === membership) {
      this.buckets[bucket] = membership.next;
      return;
    }
    while (before !== null) {
      const next: UdpMembership | null = before.next;
      if (next === membership) {
        before.next = membership.next;
        return;
      }
      before = next;
    }
  }
}

function bucketOf(high: u64, low: u64): u32 {
  const mixed = high ^ low;
  return <u32>(mixed ^ (mixed >>> 8) ^ (mixed >>> 32)) & (BUCKETS - 1);
}
