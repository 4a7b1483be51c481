import { random_u32 } from "mirage/framecode";
import { Netif } from "../netif";
import { SipHash } from "../siphash";

/**
 * Interface identifiers that stay the same in one network and say nothing in another (RFC 7217): a keyed hash of
 * prefix, MAC address and a counter that goes on when an address turned out to be taken.
 */
export class StableIdentifiers {
  private readonly hash: SipHash = new SipHash(random64(), random64());

  /** The secret of the configuration, instead of one that is drawn at each start: then addresses outlive it. */
  setSecret(high: u64, low: u64): void {
    this.hash.rekey(high, low);
  }

  /** The last 64 bits of an address with the prefix `prefix`. `conflicts`: DAD_Counter of RFC 7217 section 5. */
  identifier(netif: Netif, prefix: u64, conflicts: u32): u64 {
    // Reserved identifiers are left out as if they had been taken (RFC 7217 section 5, step 2).
    let attempt: u64 = 0;
    let found: u64;
    do {
      this.hash.begin();
      this.hash.add(prefix);
      this.hash.add(((<u64>netif.macHigh) << 32) | netif.macLow);
      this.hash.add((attempt++ << 32) | conflicts);
      found = this.hash.finish();
    } while (isReserved(found));
    return found;
  }
}

/** RFC 5453: subnet-router anycast, the range of subnet anycast addresses, and IANA's own Ethernet addresses. */
export function isReserved(identifier: u64): bool {
  return (
    identifier === 0 ||
    (identifier >= 0xfdffffffffffff80 && identifier <= 0xfdffffffffffffff) ||
    (identifier >= 0x02005efffe000000 && identifier <= 0x02005efffeffffff)
  );
}

function random64(): u64 {
  return ((<u64>random_u32()) << 32) | random_u32();
}
