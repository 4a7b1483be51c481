/**
 * Segments that arrived before their turn: references to ranges of frames in islands of adjacent ones, found by sequence in
 * logarithmic time. Writes the SACK blocks that tell the peer about them (RFC 2018, RFC 2883).
 *
 * @module
 */
import { Ranges } from "./ranges";

/** SACK blocks beside timestamps (RFC 2018 section 3), and one more without them. */
export const SACK_BLOCKS_MAX: u32 = 4;

/** One connection's. `Reassemblies` does everything with it. */
export class Reassembly extends Ranges {
  /** Bytes of payload waiting. */
  bytes: u32 = 0;
  /** Segments waiting. */
  segments: u32 = 0;
}

/** All connections'. */
export class Reassemblies {
  /** What `take` found: a frame whose reference is the caller's, and where the payload lies. */
  frame: u32 = 0;
  offset: u32 = 0;
  length: u32 = 0;
  /** What `blocks` wrote. */
  readonly lefts: StaticArray<u32> = new StaticArray<u32>(SACK_BLOCKS_MAX);
  readonly rights: StaticArray<u32> = new StaticArray<u32>(SACK_BLOCKS_MAX);

  /** @param limit Most segments waiting in all connections together. */
  constructor(limit: u32) {}

  /** Grows the memory, when a connection is made. False: there is none left. */
  reserve(segments: u32): bool {
    return false;
  }

  /** Segments waiting. */
  get used(): u32 {
    return 0;
  }

  /** Releases everything that waits. */
  reset(reassembly: Reassembly): void {}

  /**
   * A segment beyond the next expected byte, and within the window: `length` bytes (not 0) of the frame from `offset`. Bytes that an
   * earlier segment brought are kept, later ones are replaced (as in FreeBSD). Takes the reference whatever it returns: false if
   * the segment was dropped because the memory is used up, or by its fill this connection has its share.
   */
  insert(reassembly: Reassembly, frame: u32, offset: u32, sequence: u32, length: u32): bool {
    return false;
  }

  /** Bytes before the next expected one came again: the next SACK option says so first (D-SACK). */
  duplicate(reassembly: Reassembly, left: u32, right: u32): void {}

  /**
   * Takes out what begins at or before `sequence`, the next expected byte, without what lies before it: `frame`, `offset`,
   * `length` say where it is. False: nothing does. Call it until then.
   */
  take(reassembly: Reassembly, sequence: u32): bool {
    return false;
  }

  /** True if `blocks` has something to say. */
  hasBlocks(reassembly: Reassembly): bool {
    return false;
  }

  /** Writes up to `room` SACK blocks for the next acknowledgement, that of the segment that came last first. Returns how many. */
  blocks(reassembly: Reassembly, room: u32): u32 {
    return 0;
  }
}
