/**
 * Initial sequence numbers (RFC 6528) and timestamp offsets (RFC 7323 section 5.4): a keyed hash of the connection's ends, so
 * that nobody else can foresee them, plus a clock, so that they differ from those of the connection before it.
 *
 * @module
 */
import { random_u32 } from "mirage/framecode";
import { SipHash } from "../siphash";

/** Sequence numbers go up by one in so many nanoseconds: 4 us in RFC 9293 section 3.4.1. */
const TICK_NANOSECONDS: u64 = 4_000;

function random64(): u64 {
  return ((<u64>random_u32()) << 32) | <u64>random_u32();
}

export class SequenceNumbers {
  private readonly hash: SipHash = new SipHash(random64(), random64());

  private hashOf(
    localHigh: u64,
    localLow: u64,
    localPort: u32,
    remoteHigh: u64,
    remoteLow: u64,
    remotePort: u32,
    use: u32,
  ): u64 {
    const hash = this.hash;
    hash.begin();
    hash.add(localHigh);
    hash.add(localLow);
    hash.add(remoteHigh);
    hash.add(remoteLow);
    hash.add(((<u64>use) << 32) | <u64>((localPort << 16) | remotePort));
    return hash.finish();
  }

  /** ISS for a connection that begins now. */
  initial(
    localHigh: u64,
    localLow: u64,
    localPort: u32,
    remoteHigh: u64,
    remoteLow: u64,
    remotePort: u32,
    nowNanoseconds: u64,
  ): u32 {
    const hash = this.hashOf(localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort, 1);
    return <u32>hash + <u32>(nowNanoseconds / TICK_NANOSECONDS);
  }

  /** What to add to the clock for TSval: the same for all connections between two addresses, as TIME-WAIT wants it. */
  timestampOffset(localHigh: u64, localLow: u64, remoteHigh: u64, remoteLow: u64): u32 {
    return <u32>this.hashOf(localHigh, localLow, 0, remoteHigh, remoteLow, 0, 2);
  }
}
