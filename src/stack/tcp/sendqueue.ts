/**
 * What a connection has to send and the peer has not acknowledged: references to ranges of frames, by sequence number.
 * No byte is copied: a segment refers to the same memory.
 *
 * @module
 */
import { frame_append, frame_release, frame_retain } from "mirage/framecode";
import { objectBytes, Pool } from "../pool";
import { Range, Ranges } from "./ranges";
import { before, notAfter } from "./sequence";

/** A range of a frame. */
class Piece extends Range {
  frame: u32 = 0;
  /** Bytes from the start of the frame to that with the number `start`. */
  offset: u32 = 0;
}

/** One connection's queue. `SendQueues` does everything with it. */
export class SendQueue extends Ranges {
  /** The first sequence number in the queue: what the peer has acknowledged, without SYN. */
  start: u32 = 0;
  /** The number behind the last byte in the queue. */
  end: u32 = 0;
  /** Where the last `fill` left off. */
  cursor: Range | null = null;

  get bytes(): u32 {
    return this.end - this.start;
  }
}

/** Bytes in all queues together. A program has memory for more, but must have some to receive with. */
const BYTES_MAX: u32 = 20 << 20;
/** So many each queue may have, whatever the others have. */
const BYTES_GRANTED: u32 = 16_384;

/** The queues of all connections, which share their memory. */
export class SendQueues {
  /** In all queues. */
  private bytes: u32 = 0;
  private readonly pieces: Pool<Piece>;

  /**
   * @param limit Most pieces in all queues together.
   * @param first So many of them are for queues that are empty.
   */
  constructor(
    limit: u32,
    private readonly first: u32,
  ) {
    this.pieces = new Pool<Piece>(limit, objectBytes<Piece>());
  }

  /** Grows the memory, when a connection is made. False: there is none left. */
  reserve(pieces: u32): bool {
    return this.pieces.reserve(pieces + this.first);
  }

  /** Bytes that may be appended to a queue, for all that the others have. */
  roomBytes(queue: SendQueue): u32 {
    const granted = queue.bytes < BYTES_GRANTED ? BYTES_GRANTED - queue.bytes : 0;
    return max(granted, this.bytes < BYTES_MAX ? BYTES_MAX - this.bytes : 0);
  }

  /** Pieces in use. */
  get used(): u32 {
    return this.pieces.used;
  }

  /** Empties the queue; the next byte appended gets this number. */
  reset(queue: SendQueue, sequence: u32): void {
    let piece = queue.first;
    while (piece !== null) {
      const next = piece.next;
      frame_release((<Piece>piece).frame);
      this.pieces.give(<Piece>piece);
      piece = next;
    }
    queue.clear();
    queue.cursor = null;
    this.bytes -= queue.bytes;
    queue.start = sequence;
    queue.end = sequence;
  }

  /**
   * Queues `length` bytes (not 0) of a frame, if it follows in the same frame what was queued last. False: it must be a piece of its
   * own.
   */
  extend(queue: SendQueue, frame: u32, offset: u32, length: u32): bool {
    const last = queue.last;
    if (last === null) return false;
    const piece = <Piece>last;
    if (piece.frame !== frame || piece.offset + piece.length !== offset) return false;
    piece.end += length;
    queue.end += length;
    this.bytes += length;
    return true;
  }

  /**
   * Queues a piece, by a reference of its own; the caller keeps his. False: the pool is used up, or by its fill this queue has its
   * share.
   */
  append(queue: SendQueue, frame: u32, offset: u32, length: u32): bool {
    // What one connection may take of a shared pool shrinks with what is left (Choudhury and Hahn, 1998).
    if (queue.count !== 0 && queue.count + this.first >= this.pieces.free) return false;
    const piece = this.pieces.take();
    if (piece === null) return false;
    frame_retain(frame);
    piece.frame = frame;
    piece.offset = offset;
    piece.start = queue.end;
    queue.end += length;
    this.bytes += length;
    piece.end = queue.end;
    queue.append(piece);
    return true;
  }

  /**
   * Appends `length` bytes from `sequence` on to a frame, by reference. All of them must be in the queue. Returns how many
   * were appended: less than `length` if the frame can hold no more references.
   */
  fill(queue: SendQueue, out: u32, sequence: u32, length: u32): u32 {
    if (length === 0) return 0;
    let range = queue.cursor;
    if (range === null || sequence - range.start >= range.length) {
      // Mostly the next one: segments go out in order.
      if (range !== null) range = range.next;
      if (range === null || sequence - range.start >= range.length) range = queue.find(sequence);
    }
    let at = sequence;
    let left = length;
    while (left > 0 && range !== null) {
      const piece = <Piece>range;
      const skip = at - piece.start;
      const bytes = min(left, piece.length - skip);
      queue.cursor = range;
      if (!frame_append(out, piece.frame, piece.offset + skip, bytes)) break;
      at += bytes;
      left -= bytes;
      range = piece.next;
    }
    return length - left;
  }

  /** The peer has acknowledged everything before `sequence`, which is in the queue or at its end. */
  release(queue: SendQueue, sequence: u32): void {
    if (notAfter(sequence, queue.start)) return;
    this.bytes -= sequence - queue.start;
    queue.start = sequence;
    for (;;) {
      const first = queue.first;
      if (first === null || before(sequence, first.end)) return;
      queue.remove(first);
      if (queue.cursor === first) queue.cursor = null;
      frame_release((<Piece>first).frame);
      this.pieces.give(<Piece>first);
    }
  }
}
