/**
 * Segments that arrived before their turn: references to ranges of frames, in islands of adjacent ones that are found by
 * sequence in logarithmic time. Writes the SACK blocks that tell the peer about them (RFC 2018, RFC 2883).
 *
 * @module
 */
import { frame_release } from "mirage/framecode";
import { objectBytes, Pool } from "../pool";
import { Range, Ranges } from "./ranges";
import { before, notAfter } from "./sequence";

/** As many as fit into a header without other options (RFC 2018 section 3); with timestamps it is one less. */
export const SACK_BLOCKS_MAX: u32 = 4;
/** So many segments a connection may always keep, while the pool has any. */
const SEGMENTS_GRANTED: u32 = 8;

const ISLANDS_GRANTED: u32 = SEGMENTS_GRANTED / 2;

/** A range of a frame that waits. */
class Segment {
  next: Segment | null = null;
  frame: u32 = 0;
  /** Bytes from the start of the frame to that with the number `start`. */
  offset: u32 = 0;
  start: u32 = 0;
  end: u32 = 0;
}

/** Segments without a gap between them. */
class Island extends Range {
  head: Segment | null = null;
  tail: Segment | null = null;
  /** Neighbours in the order in which segments came to them. */
  newer: Island | null = null;
  older: Island | null = null;
}

/** One connection's. `Reassemblies` does everything with it. */
export class Reassembly extends Ranges {
  /** Bytes of payload waiting. */
  bytes: u32 = 0;
  /** Segments waiting. */
  segments: u32 = 0;
  /** The island to which a segment came last. */
  newest: Range | null = null;
  /** What came twice and was not reported yet; nothing if both are the same. */
  duplicateLeft: u32 = 0;
  duplicateRight: u32 = 0;
}

/** All connections'. */
export class Reassemblies {
  /** What `take` found: a frame whose reference is the caller's, and where the payload lies. */
  frame: u32 = 0;
  /** Bytes from the start of the frame. */
  offset: u32 = 0;
  /** Bytes. */
  length: u32 = 0;
  /** What `blocks` wrote. */
  readonly lefts: StaticArray<u32> = new StaticArray<u32>(SACK_BLOCKS_MAX);
  readonly rights: StaticArray<u32> = new StaticArray<u32>(SACK_BLOCKS_MAX);
  private readonly segments: Pool<Segment>;
  private readonly islands: Pool<Island>;

  /** @param limit Most segments waiting in all connections together, in at most half as many islands. */
  constructor(limit: u32) {
    this.segments = new Pool<Segment>(limit, objectBytes<Segment>());
    this.islands = new Pool<Island>((limit + 1) / 2, objectBytes<Island>());
  }

  /** Grows the memory, when a connection is made. False: there is none left. */
  reserve(segments: u32): bool {
    return this.segments.reserve(segments) && this.islands.reserve((segments + 1) / 2);
  }

  /** Segments waiting. */
  get used(): u32 {
    return this.segments.used;
  }

  /** Releases everything that waits. */
  reset(reassembly: Reassembly): void {
    while (reassembly.first !== null) this.removeIsland(reassembly, <Island>reassembly.first);
    reassembly.duplicateLeft = 0;
    reassembly.duplicateRight = 0;
  }

  /**
   * A segment beyond the next expected byte, and within the window: `length` bytes (not 0) of the frame from `offset`.
   * Of bytes that came twice, those of an earlier island are kept, those of later ones replaced, as in FreeBSD. Takes
   * the reference whatever it returns: false if the segment was dropped, because the memory is used up or, by its fill,
   * this connection has its share.
   */
  insert(reassembly: Reassembly, frame: u32, offset: u32, sequence: u32, length: u32): bool {
    const end = sequence + length;
    const previous = <Island | null>reassembly.find(sequence);
    let island: Island | null = null;
    let start = sequence;
    if (previous !== null && notAfter(start, previous.end)) {
      if (before(start, previous.end)) {
        const last = before(end, previous.end) ? end : previous.end;
        this.noteDuplicate(reassembly, start, last);
        if (last === end) {
          this.touch(reassembly, previous);
          frame_release(frame);
          return true;
        }
        start = last;
      }
      island = previous;
    }
    const segment = this.takeSegment(reassembly);
    if (segment === null) {
      frame_release(frame);
      return false;
    }
    segment.frame = frame;
    segment.offset = offset + (start - sequence);
    segment.start = start;
    segment.end = end;
    segment.next = null;
    let next = <Island | null>(previous !== null ? previous.next : reassembly.first);
    while (next !== null && before(next.start, end)) {
      const following = <Island | null>next.next;
      if (notAfter(next.end, end)) {
        this.noteDuplicate(reassembly, next.start, next.end);
        this.removeIsland(reassembly, next);
      } else {
        this.noteDuplicate(reassembly, next.start, end);
        this.trimFront(reassembly, next, end);
        break;
      }
      next = following;
    }
    if (island !== null) {
      const tail = island.tail;
      if (tail !== null) tail.next = segment;
      island.tail = segment;
      island.end = end;
      if (next !== null && next.start === end) this.join(reassembly, island, next);
    } else if (next !== null && next.start === end) {
      island = next;
      segment.next = island.head;
      island.head = segment;
      island.start = start;
    } else {
      island = this.newIsland(reassembly, previous, segment);
      if (island === null) {
        this.segments.give(segment);
        frame_release(frame);
        return false;
      }
    }
    reassembly.segments++;
    reassembly.bytes += end - start;
    this.touch(reassembly, island);
    return true;
  }

  /** Bytes before the next expected one came again: the next SACK option says so first (D-SACK). */
  duplicate(reassembly: Reassembly, left: u32, right: u32): void {
    reassembly.duplicateLeft = left;
    reassembly.duplicateRight = right;
  }

  /** The gap before the first island was filled up to `end`, perhaps with bytes of the island. */
  filled(reassembly: Reassembly, end: u32): void {
    const first = reassembly.first;
    if (first === null || !before(first.start, end)) return;
    this.noteDuplicate(reassembly, first.start, before(first.end, end) ? first.end : end);
  }

  /**
   * Takes out what begins at or before `sequence`, the next expected byte, without what lies before it: `frame`,
   * `offset` and `length` say where it is. False: nothing does. Call it until then.
   */
  take(reassembly: Reassembly, sequence: u32): bool {
    let island = <Island | null>reassembly.first;
    while (island !== null && notAfter(island.start, sequence)) {
      const segment = <Segment>island.head;
      const length = segment.end - sequence;
      this.frame = segment.frame;
      this.offset = segment.offset + (sequence - segment.start);
      this.length = length;
      reassembly.bytes -= segment.end - segment.start;
      reassembly.segments--;
      island.head = segment.next;
      island.start = segment.end;
      this.segments.give(segment);
      if (island.head === null) this.removeIsland(reassembly, island);
      if (<i32>length > 0) return true;
      frame_release(this.frame);
      island = <Island | null>reassembly.first;
    }
    return false;
  }

  /** True if `blocks` has something to say. */
  hasBlocks(reassembly: Reassembly): bool {
    return reassembly.newest !== null || reassembly.duplicateLeft !== reassembly.duplicateRight;
  }

  /**
   * Writes up to `room` SACK blocks for the next acknowledgement: what came twice, then the islands in the order in which
   * segments came to them, the last one first. Returns how many.
   */
  blocks(reassembly: Reassembly, room: u32): u32 {
    let count: u32 = 0;
    const most = min(room, SACK_BLOCKS_MAX);
    if (most === 0) return 0;
    if (reassembly.duplicateLeft !== reassembly.duplicateRight) {
      this.lefts[0] = reassembly.duplicateLeft;
      this.rights[0] = reassembly.duplicateRight;
      reassembly.duplicateLeft = 0;
      reassembly.duplicateRight = 0;
      count = 1;
    }
    let island = <Island | null>reassembly.newest;
    while (island !== null && count < most) {
      this.lefts[count] = island.start;
      this.rights[count] = island.end;
      count++;
      island = island.older;
    }
    return count;
  }

  /** Null if the pool is used up, or what is left of it is less than a quarter of what this connection has (Choudhury and Hahn, 1998). */
  private takeSegment(reassembly: Reassembly): Segment | null {
    if (reassembly.segments >= SEGMENTS_GRANTED && reassembly.segments / 4 >= this.segments.free) return null;
    return this.segments.take();
  }

  private newIsland(reassembly: Reassembly, previous: Island | null, segment: Segment): Island | null {
    if (reassembly.count >= ISLANDS_GRANTED && reassembly.count / 4 >= this.islands.free) return null;
    const island = this.islands.take();
    if (island === null) return null;
    island.start = segment.start;
    island.end = segment.end;
    island.head = segment;
    island.tail = segment;
    island.newer = null;
    island.older = <Island | null>reassembly.newest;
    if (island.older !== null) (<Island>island.older).newer = island;
    reassembly.newest = island;
    reassembly.insertAfter(previous, island);
    return island;
  }

  /** Drops the bytes of an island before `start`, which lies within it. */
  private trimFront(reassembly: Reassembly, island: Island, start: u32): void {
    let segment = <Segment>island.head;
    while (notAfter(segment.end, start)) {
      const next = <Segment>segment.next;
      this.dropSegment(reassembly, segment);
      segment = next;
    }
    island.head = segment;
    const cut = start - segment.start;
    segment.start = start;
    segment.offset += cut;
    reassembly.bytes -= cut;
    island.start = start;
  }

  /** Appends the next island to the one before it. */
  private join(reassembly: Reassembly, island: Island, next: Island): void {
    (<Segment>island.tail).next = next.head;
    island.tail = next.tail;
    island.end = next.end;
    next.head = null;
    this.removeIsland(reassembly, next);
  }

  private removeIsland(reassembly: Reassembly, island: Island): void {
    let segment = island.head;
    while (segment !== null) {
      const next = segment.next;
      this.dropSegment(reassembly, segment);
      segment = next;
    }
    reassembly.remove(island);
    this.unlinkRecent(reassembly, island);
    this.islands.give(island);
  }

  private dropSegment(reassembly: Reassembly, segment: Segment): void {
    reassembly.segments--;
    reassembly.bytes -= segment.end - segment.start;
    frame_release(segment.frame);
    this.segments.give(segment);
  }

  private touch(reassembly: Reassembly, island: Island): void {
    if (reassembly.newest === island) return;
    this.unlinkRecent(reassembly, island);
    const newest = <Island | null>reassembly.newest;
    island.newer = null;
    island.older = newest;
    if (newest !== null) newest.newer = island;
    reassembly.newest = island;
  }

  private unlinkRecent(reassembly: Reassembly, island: Island): void {
    const newer = island.newer;
    const older = island.older;
    if (newer !== null) newer.older = older;
    else reassembly.newest = older;
    if (older !== null) older.newer = newer;
  }

  /** Keeps the first of what one segment brought twice: RFC 2883 has one block for it. */
  private noteDuplicate(reassembly: Reassembly, left: u32, right: u32): void {
    if (reassembly.duplicateLeft !== reassembly.duplicateRight) return;
    reassembly.duplicateLeft = left;
    reassembly.duplicateRight = right;
  }
}
