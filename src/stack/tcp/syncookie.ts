/**
 * SYN cookies (Bernstein, 1996): when the SYN cache is full, the ISS of a SYN-ACK says all that must be remembered, signed with a keyed
 * hash; a connection is made only when its ACK brings it back. 7 bits of the ISS say which options were offered, in steps; 24 are
 * the signature; one tells which of two secrets, of which each is good for 15 s after it was replaced (as in FreeBSD).
 *
 * @module
 */
import { random_u32 } from "mirage/framecode";
import { SipHash } from "../siphash";

/** What a cookie remembers, and `open` finds. */
export class SynCookies {
  /** Largest step not above the peer's MSS. */
  mss: u32 = 0;
  /** The peer's window scale, in steps; -1: not offered. */
  windowScale: i32 = -1;
  sackPermitted: bool = false;
  ecn: bool = false;

  /** The ISS for a SYN-ACK. `windowScale` -1: the peer did not offer it. */
  make(
    localHigh: u64,
    localLow: u64,
    localPort: u32,
    remoteHigh: u64,
    remoteLow: u64,
    remotePort: u32,
    peerSequence: u32,
    nowMilliseconds: u64,
    mss: u32,
    windowScale: i32,
    sackPermitted: bool,
    ecn: bool,
  ): u32 {
    return 0;
  }

  /**
   * True if `cookie` (SEG.ACK - 1) was made for these ends and this `peerSequence` (SEG.SEQ - 1) not long ago: `mss` and so
   * on are what it says.
   */
  open(
    localHigh: u64,
    localLow: u64,
    localPort: u32,
    remoteHigh: u64,
    remoteLow: u64,
    remotePort: u32,
    peerSequence: u32,
    cookie: u32,
    nowMilliseconds: u64,
  ): bool {
    return false;
  }
}
