/**
 * What a connection has sent and the peer has not acknowledged (RFC 6675 section 4), with the time of each range's last
 * transmission, and a list in the order of these times (RFC 8985 section 5.3): so each loss is found in constant time.
 *
 * @module
 */
import { objectBytes, Pool } from "../pool";
import { Range, Ranges } from "./ranges";
import { before, latest, notAfter } from "./sequence";

/** New data is merged with what was sent before it when there are fewer objects, so that blocks can still split ranges. */
const SPLIT_RESERVE_DIVISOR: u32 = 8;

/** What is known of a sent range. */
export enum SentFlag {
  /** The peer says that it has it (RFC 2018). */
  Sacked = 1,
  /** Taken for lost, and not sent again yet. */
  Lost = 2,
  /** Sent more than once. */
  Retransmitted = 4,
}

/** A range that was sent at one time: one segment, or several. */
export class SentRange extends Range {
  /** When it was sent last, monotonic. */
  transmittedMicroseconds: u64 = 0;
  /** `SentFlag`s. */
  flags: u32 = 0;
  /** Neighbours in the list by time, in which is what may be on its way: neither sacked nor lost. */
  later: SentRange | null = null;
  earlier: SentRange | null = null;

  has(flags: u32): bool {
    return (this.flags & flags) !== 0;
  }
}

function isSacked(range: SentRange | null): bool {
  return range !== null ? range.has(SentFlag.Sacked) : false;
}

/** One connection's. `Scoreboards` does everything with it. */
export class Scoreboard extends Ranges {
  /** Left edge: SND.UNA. */
  startSequence: u32 = 0;
  /** Right edge: SND.NXT, of what was sent. */
  endSequence: u32 = 0;
  /** Bytes that the peer says it has, beyond the left edge. */
  sackedBytes: u32 = 0;
  /** Bytes taken for lost and not sent again yet. */
  lostBytes: u32 = 0;
  /** Bytes that duplicate acknowledgements without SACK stand for. */
  assumedBytes: u32 = 0;
  /** Ends of the list by time. */
  oldest: SentRange | null = null;
  newest: SentRange | null = null;
  /** No lost range comes before this one. */
  lostFrom: SentRange | null = null;
  /** The highest sequence number known to have arrived (RACK.fack). */
  highestDelivered: u32 = 0;

  get outstandingBytes(): u32 {
    return this.endSequence - this.startSequence;
  }

  /** Bytes under way, as far as is known (RFC 6675's pipe). */
  get flightBytes(): u32 {
    const gone = this.sackedBytes + this.lostBytes + this.assumedBytes;
    const outstanding = this.outstandingBytes;
    return outstanding > gone ? outstanding - gone : 0;
  }
}

/** All connections', which share their memory. What one acknowledgement delivered is summed up here. */
export class Scoreboards {
  /** Bytes that arrived, as far as that was not known before. */
  deliveredBytes: u32 = 0;
  /** The range sent last of those that arrived (RFC 8985 section 6.2 step 2); 0: none. */
  newestMicroseconds: u64 = 0;
  newestEnd: u32 = 0;
  newestRetransmitted: bool = false;
  /** A range that was sent once arrived after one with higher numbers. */
  reordered: bool = false;
  private firstMicroseconds: u64 = 0;
  private ambiguous: bool = false;
  private readonly ranges: Pool<SentRange>;

  /** @param limit Most ranges in all scoreboards together. */
  constructor(limit: u32) {
    this.ranges = new Pool<SentRange>(limit, objectBytes<SentRange>());
  }

  reserve(ranges: u32): bool {
    return this.ranges.reserve(ranges);
  }

  get used(): u32 {
    return this.ranges.used;
  }

  /** Nothing is under way; the next number to send is this. Gives back the memory. */
  reset(board: Scoreboard, sequence: u32): void {
    let range = board.first;
    while (range !== null) {
      const next = range.next;
      this.ranges.give(<SentRange>range);
      range = next;
    }
    board.clear();
    board.startSequence = sequence;
    board.endSequence = sequence;
    board.highestDelivered = sequence;
    board.sackedBytes = 0;
    board.lostBytes = 0;
    board.assumedBytes = 0;
    board.oldest = null;
    board.newest = null;
    board.lostFrom = null;
  }

  /** When the first of the ranges that arrived was sent; 0: none did, or it is not certain which transmission it was (Karn). */
  get certainMicroseconds(): u64 {
    return this.ambiguous ? 0 : this.firstMicroseconds;
  }

  /** False: there is no memory for another range. */
  canAppend(board: Scoreboard): bool {
    return this.ranges.free > 0 || this.canGrow(<SentRange | null>board.last);
  }

  /** New data was sent, behind all that was sent before. */
  append(board: Scoreboard, sequence: u32, length: u32, nowMicroseconds: u64): void {
    const end = sequence + length;
    const last = <SentRange | null>board.last;
    board.endSequence = end;
    if (this.canGrow(last)) {
      const grown = <SentRange>last;
      const scarce = this.ranges.free <= this.ranges.size / SPLIT_RESERVE_DIVISOR;
      if (grown.transmittedMicroseconds === nowMicroseconds || scarce) {
        grown.end = end;
        grown.transmittedMicroseconds = nowMicroseconds;
        if (board.newest !== grown) {
          this.unlinkTime(board, grown);
          this.linkNewest(board, grown);
        }
        return;
      }
    }
    const range = this.ranges.take();
    // The owner asks `canAppend` first; without a record it counts as sent, and the timeout repairs it.
    if (range === null) return;
    range.start = sequence;
    range.end = end;
    range.flags = 0;
    range.transmittedMicroseconds = nowMicroseconds;
    board.append(range);
    this.linkNewest(board, range);
  }

  /**
   * The first `length` numbers of a range were sent again. Without memory to split the range all of it counts as sent, and
   * what was not is found missing later.
   */
  resent(board: Scoreboard, range: SentRange, length: u32, nowMicroseconds: u64): void {
    if (length < range.length) this.split(board, range, range.start + length);
    if (range.has(SentFlag.Lost)) this.unmarkLost(board, range);
    else if (!range.has(SentFlag.Sacked)) this.unlinkTime(board, range);
    else return;
    range.flags |= <u32>SentFlag.Retransmitted;
    range.transmittedMicroseconds = nowMicroseconds;
    this.linkNewest(board, range);
  }

  /** Begins to sum up what an acknowledgement delivers. */
  beginDelivery(): void {
    this.deliveredBytes = 0;
    this.newestMicroseconds = 0;
    this.newestEnd = 0;
    this.newestRetransmitted = false;
    this.firstMicroseconds = 0;
    this.reordered = false;
    this.ambiguous = false;
  }

  /** Everything before `sequence` was acknowledged. */
  acknowledge(board: Scoreboard, sequence: u32): void {
    for (;;) {
      const range = <SentRange | null>board.first;
      if (range === null || !before(range.start, sequence)) break;
      if (before(sequence, range.end)) {
        this.trim(board, range, sequence);
        break;
      }
      this.leave(board, range);
      this.drop(board, range);
    }
    board.startSequence = sequence;
  }

  /** The peer says that it has what lies from `left` up to `right`, both between the board's edges. */
  sack(board: Scoreboard, left: u32, right: u32): void {
    let range = <SentRange | null>board.find(left);
    if (range === null) range = <SentRange | null>board.first;
    while (range !== null && before(range.start, right)) {
      const next = <SentRange | null>range.next;
      if (range.has(SentFlag.Sacked) || notAfter(range.end, left)) {
        range = next;
        continue;
      }
      let inside = range;
      if (before(range.start, left)) {
        const behind = this.split(board, range, left);
        if (behind === null) {
          range = next;
          continue;
        }
        inside = behind;
      }
      if (before(right, inside.end) && this.split(board, inside, right) === null) return;
      this.deliver(board, inside, inside.length);
      if (inside.has(SentFlag.Lost)) this.unmarkLost(board, inside);
      else this.unlinkTime(board, inside);
      inside.flags |= <u32>SentFlag.Sacked;
      board.sackedBytes += inside.length;
      range = <SentRange | null>this.mergeSacked(board, inside).next;
    }
  }

  /** The left edge is in what the peer says it has: it would have acknowledged it (RFC 2018 section 8). */
  isReneged(board: Scoreboard): bool {
    return isSacked(<SentRange | null>board.first);
  }

  /** The peer does not have what it said it had (RFC 2018 section 8). */
  forgetSacked(board: Scoreboard): void {
    let range = <SentRange | null>board.first;
    while (range !== null) {
      if (range.has(SentFlag.Sacked)) {
        range.flags = (range.flags & ~(<u32>SentFlag.Sacked)) | <u32>SentFlag.Retransmitted;
        // Oldest of all: its time is not known any more.
        range.transmittedMicroseconds = 0;
        this.linkOldest(board, range);
      }
      range = <SentRange | null>range.next;
    }
    board.sackedBytes = 0;
  }

  /** A range on its way is taken for lost. */
  markLost(board: Scoreboard, range: SentRange): void {
    this.unlinkTime(board, range);
    range.flags |= <u32>SentFlag.Lost;
    board.lostBytes += range.length;
    const from = board.lostFrom;
    if (from === null || before(range.start, from.start)) board.lostFrom = range;
  }

  /** Everything on its way is taken for lost. */
  markAllLost(board: Scoreboard): void {
    let range = board.oldest;
    while (range !== null) {
      this.markLost(board, range);
      range = board.oldest;
    }
  }

  /** The first `length` numbers are taken for lost, if they are on their way. */
  markFirstLost(board: Scoreboard, length: u32): void {
    const range = <SentRange | null>board.first;
    if (range === null || range.has(SentFlag.Lost | SentFlag.Sacked)) return;
    if (length < range.length) this.split(board, range, range.start + length);
    this.markLost(board, range);
  }

  /** What was taken for lost and not sent again is on its way after all. */
  forgetLost(board: Scoreboard): void {
    let range = this.nextLost(board);
    while (range !== null) {
      this.unmarkLost(board, range);
      this.linkOldest(board, range);
      range = this.nextLost(board);
    }
  }

  /** The first range that is taken for lost and was not sent again yet; null: none. */
  nextLost(board: Scoreboard): SentRange | null {
    if (board.lostBytes === 0) {
      board.lostFrom = null;
      return null;
    }
    let range = board.lostFrom;
    while (range !== null && !range.has(SentFlag.Lost)) range = <SentRange | null>range.next;
    board.lostFrom = range;
    return range;
  }

  /** The last numbers that are on their way, at most `length`; null: there are none. */
  lastInFlight(board: Scoreboard, length: u32): SentRange | null {
    let range = <SentRange | null>board.last;
    while (range !== null) {
      if (!range.has(SentFlag.Lost | SentFlag.Sacked)) break;
      range = <SentRange | null>range.previous;
    }
    if (range === null || range.length <= length) return range;
    const behind = this.split(board, range, range.end - length);
    return behind !== null ? behind : range;
  }

  /** Data that is sent now may be put into this range. */
  private canGrow(range: SentRange | null): bool {
    return range !== null ? range.flags === 0 : false;
  }

  private split(board: Scoreboard, range: SentRange, at: u32): SentRange | null {
    const behind = this.ranges.take();
    if (behind === null) return null;
    const flags = range.flags;
    behind.start = at;
    behind.end = range.end;
    behind.flags = flags;
    behind.transmittedMicroseconds = range.transmittedMicroseconds;
    range.end = at;
    board.insertAfter(range, behind);
    if ((flags & <u32>(SentFlag.Lost | SentFlag.Sacked)) === 0) {
      const later = range.later;
      behind.earlier = range;
      behind.later = later;
      range.later = behind;
      if (later !== null) later.earlier = behind;
      else board.newest = behind;
    }
    return behind;
  }

  /** Takes the acknowledged beginning off a range. */
  private trim(board: Scoreboard, range: SentRange, start: u32): void {
    const length = start - range.start;
    if (range.has(SentFlag.Sacked)) {
      board.sackedBytes -= length;
    } else {
      if (range.has(SentFlag.Lost)) board.lostBytes -= length;
      this.deliver(board, range, length);
    }
    range.start = start;
  }

  /** Takes a range that was acknowledged whole out of the sums and lists. */
  private leave(board: Scoreboard, range: SentRange): void {
    if (range.has(SentFlag.Sacked)) {
      board.sackedBytes -= range.length;
      return;
    }
    this.deliver(board, range, range.length);
    if (range.has(SentFlag.Retransmitted)) this.ambiguous = true;
    if (range.has(SentFlag.Lost)) this.unmarkLost(board, range);
    else this.unlinkTime(board, range);
  }

  /** The first `length` numbers of a range have arrived. */
  private deliver(board: Scoreboard, range: SentRange, length: u32): void {
    const sent = range.transmittedMicroseconds;
    const end = range.start + length;
    const retransmitted = range.has(SentFlag.Retransmitted);
    this.deliveredBytes += length;
    if (sent > this.newestMicroseconds || (sent === this.newestMicroseconds && before(this.newestEnd, end))) {
      this.newestMicroseconds = sent;
      this.newestEnd = end;
      this.newestRetransmitted = retransmitted;
    }
    if (retransmitted) return;
    if (this.firstMicroseconds === 0 || sent < this.firstMicroseconds) this.firstMicroseconds = sent;
    if (before(end, board.highestDelivered)) this.reordered = true;
    board.highestDelivered = latest(board.highestDelivered, end);
  }

  /** Makes one range of adjacent ones that the peer has: what was sent when does not matter any more. */
  private mergeSacked(board: Scoreboard, range: SentRange): SentRange {
    let kept = range;
    const previous = <SentRange | null>range.previous;
    if (isSacked(previous)) {
      const front = <SentRange>previous;
      front.end = range.end;
      this.drop(board, range);
      kept = front;
    }
    const next = <SentRange | null>kept.next;
    if (isSacked(next)) {
      kept.end = (<SentRange>next).end;
      this.drop(board, <SentRange>next);
    }
    return kept;
  }

  private drop(board: Scoreboard, range: SentRange): void {
    if (board.lostFrom === range) board.lostFrom = <SentRange | null>range.next;
    board.remove(range);
    this.ranges.give(range);
  }

  private unmarkLost(board: Scoreboard, range: SentRange): void {
    range.flags &= ~(<u32>SentFlag.Lost);
    board.lostBytes -= range.length;
  }

  private linkNewest(board: Scoreboard, range: SentRange): void {
    const newest = board.newest;
    range.later = null;
    range.earlier = newest;
    if (newest !== null) newest.later = range;
    else board.oldest = range;
    board.newest = range;
  }

  private linkOldest(board: Scoreboard, range: SentRange): void {
    const oldest = board.oldest;
    range.earlier = null;
    range.later = oldest;
    if (oldest !== null) oldest.earlier = range;
    else board.newest = range;
    board.oldest = range;
  }

  private unlinkTime(board: Scoreboard, range: SentRange): void {
    const later = range.later;
    const earlier = range.earlier;
    if (later !== null) later.earlier = earlier;
    else board.newest = earlier;
    if (earlier !== null) earlier.later = later;
    else board.oldest = later;
  }
}
