/**
 * SYN cookies (Bernstein, 1996): when the SYN cache is full, the ISS of a SYN-ACK says all that must be remembered, signed
 * with a keyed hash; a connection is made only when its ACK brings it back. As in FreeBSD, 24 bits are the signature,
 * and 8 say which options the peer offered, in steps, and in which period of 15 seconds the cookie was made: it is good
 * until the end of the next. Timestamps need no room: a peer that was granted them sends them with its ACK.
 *
 * @module
 */
import { random_u32 } from "mirage/framecode";
import { SipHash } from "../siphash";

const PERIOD_MILLISECONDS: u64 = 15_000;
const STEPS: u32 = 8;

function random64(): u64 {
  return ((<u64>random_u32()) << 32) | <u64>random_u32();
}

/** Makes and checks cookies, and finds what one remembers. */
export class SynCookies {
  /** The largest step that is no larger than the peer's MSS. */
  mss: u32 = 0;
  /** The peer's window scale, or the next smaller step; -1: not offered. */
  windowScale: i32 = -1;
  sackPermitted: bool = false;
  private readonly hash: SipHash = new SipHash(random64(), random64());
  /** Common ones: RFC 9293's default, tunnels, Ethernet with either version, jumbo frames. */
  private readonly mssSteps: StaticArray<u32> = [216, 536, 1220, 1360, 1400, 1440, 1460, 8940];
  /** The first stands for none. */
  private readonly windowScaleSteps: StaticArray<i32> = [-1, 0, 2, 4, 6, 7, 8, 11];

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
  ): u32 {
    const period = nowMilliseconds / PERIOD_MILLISECONDS;
    let mssStep = STEPS - 1;
    while (mssStep > 0 && unchecked(this.mssSteps[mssStep]) > mss) mssStep--;
    let scaleStep = STEPS - 1;
    while (scaleStep > 0 && unchecked(this.windowScaleSteps[scaleStep]) > windowScale) scaleStep--;
    const said = (mssStep << 5) | (scaleStep << 2) | ((<u32>sackPermitted) << 1) | (<u32>period & 1);
    this.begin(localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort, peerSequence);
    return this.sign(period, said);
  }

  /**
   * True if `cookie` (SEG.ACK - 1) was made for these ends and this `peerSequence` (SEG.SEQ - 1) not long ago: `mss`,
   * `windowScale` and `sackPermitted` are what it says.
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
    // The low byte is veiled by the signature, which does not cover the veil: so what it says can be read first.
    const said = (cookie ^ this.veil(cookie >>> 8)) & 0xff;
    let period = nowMilliseconds / PERIOD_MILLISECONDS;
    if (((<u32>period ^ said) & 1) !== 0) period--;
    this.begin(localHigh, localLow, localPort, remoteHigh, remoteLow, remotePort, peerSequence);
    if (this.sign(period, said) !== cookie) return false;
    this.mss = unchecked(this.mssSteps[said >>> 5]);
    this.windowScale = unchecked(this.windowScaleSteps[(said >>> 2) & 7]);
    this.sackPermitted = (said & 2) !== 0;
    return true;
  }

  private begin(
    localHigh: u64,
    localLow: u64,
    localPort: u32,
    remoteHigh: u64,
    remoteLow: u64,
    remotePort: u32,
    peerSequence: u32,
  ): void {
    const hash = this.hash;
    hash.begin();
    hash.add(localHigh);
    hash.add(localLow);
    hash.add(remoteHigh);
    hash.add(remoteLow);
    hash.add(((<u64>peerSequence) << 32) | <u64>((localPort << 16) | remotePort));
  }

  private sign(period: u64, said: u32): u32 {
    const hash = this.hash;
    hash.add((period << 8) | <u64>said);
    const signature = <u32>hash.finish() >>> 8;
    return (signature << 8) | ((said ^ this.veil(signature)) & 0xff);
  }

  /** Makes the low byte look as random as the rest. */
  private veil(signature: u32): u32 {
    return (signature * 0x9e3779b1) >>> 24;
  }
}
