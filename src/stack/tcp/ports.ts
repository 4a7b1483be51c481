/**
 * Ephemeral ports (RFC 6056 section 3.3.4, algorithm 4, the double-hash one): ports to one remote end count up from a place that a keyed hash
 * says, so that others cannot foresee them and a port is not used again soon.
 *
 * @module
 */
import { random_u32 } from "mirage/framecode";
import { SipHash } from "../siphash";

/** 49152 to 65535 (RFC 6335 section 6). FreeBSD takes 10000 to 65535 (net.inet.ip.portrange.first). */
export const EPHEMERAL_PORT_FIRST: u32 = 10_000;
export const EPHEMERAL_PORTS: u32 = 65_536 - EPHEMERAL_PORT_FIRST;
const COUNTERS: u32 = 64;

function random64(): u64 {
  return ((<u64>random_u32()) << 32) | <u64>random_u32();
}

/**
 * Begin with `begin`, then ask `next` up to `EPHEMERAL_PORTS` times until one is free; `used` when one was taken.
 */
export class EphemeralPorts {
  private readonly offsets: SipHash = new SipHash(random64(), random64());
  private readonly places: SipHash = new SipHash(random64(), random64());
  private readonly counters: StaticArray<u32> = new StaticArray<u32>(COUNTERS);
  private offset: u32 = 0;
  private place: u32 = 0;

  constructor() {
    for (let i: u32 = 0; i < COUNTERS; i++) this.counters[i] = random_u32();
  }

  private hashOf(
    hash: SipHash,
    localHigh: u64,
    localLow: u64,
    remoteHigh: u64,
    remoteLow: u64,
    remotePort: u32,
  ): u32 {
    hash.begin();
    hash.add(localHigh);
    hash.add(localLow);
    hash.add(remoteHigh);
    hash.add(remoteLow);
    hash.add(<u64>remotePort);
    return <u32>hash.finish();
  }

  /** For a connection to this remote end. */
  begin(localHigh: u64, localLow: u64, remoteHigh: u64, remoteLow: u64, remotePort: u32): void {
    this.offset = this.hashOf(this.offsets, localHigh, localLow, remoteHigh, remoteLow, remotePort);
    this.place = this.hashOf(this.places, localHigh, localLow, remoteHigh, remoteLow, remotePort) % COUNTERS;
  }

  /** The next port to try. */
  next(): u32 {
    const counter = unchecked(this.counters[this.place]);
    this.counters[this.place] = counter + 1;
    return EPHEMERAL_PORT_FIRST + ((this.offset + counter) % EPHEMERAL_PORTS);
  }
}
