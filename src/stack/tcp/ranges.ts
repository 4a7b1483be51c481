/**
 * Ranges of sequence numbers in order, none of which overlap: a linked list for going through them, and a treap (Seidel
 * and Aragon, 1996) over the same objects for finding one in logarithmic time. Its priorities are random, so a peer
 * cannot bring about the bad case.
 *
 * @module
 */
import { random_u32 } from "mirage/framecode";
import { before } from "./sequence";

/** The sequence numbers from `start` up to, not including, `end`. What a queue keeps about them is in subclasses. */
export class Range {
  start: u32 = 0;
  end: u32 = 0;
  /** Neighbours in order. */
  next: Range | null = null;
  previous: Range | null = null;
  left: Range | null = null;
  right: Range | null = null;
  /** No smaller than that of any range below it in the tree. */
  priority: u32 = 0;

  get length(): u32 {
    return this.end - this.start;
  }
}

/** State of xorshift32; 0: not seeded yet. */
let priorities: u32 = 0;

function nextPriority(): u32 {
  if (priorities === 0) priorities = random_u32() | 1;
  priorities ^= priorities << 13;
  priorities ^= priorities >>> 17;
  priorities ^= priorities << 5;
  return priorities;
}

/** Ranges in order. The objects come from pools, and return there: whoever removes one gives it back. */
export class Ranges {
  first: Range | null = null;
  last: Range | null = null;
  root: Range | null = null;
  count: u32 = 0;

  /** Forgets all ranges. */
  clear(): void {
    this.first = null;
    this.last = null;
    this.root = null;
    this.count = 0;
  }

  /** The last range that begins at `sequence` or before it: the only one that can hold it. */
  find(sequence: u32): Range | null {
    let found: Range | null = null;
    let at = this.root;
    while (at !== null) {
      if (before(sequence, at.start)) {
        at = at.left;
      } else {
        found = at;
        at = at.right;
      }
    }
    return found;
  }

  /** Adds a range behind all others. */
  append(range: Range): void {
    const last = this.last;
    range.previous = last;
    range.next = null;
    if (last !== null) last.next = range;
    else this.first = range;
    this.last = range;
    this.plant(range);
  }

  /** Adds a range behind `previous`, which is a range of this list; null: in front of all others. */
  insertAfter(previous: Range | null, range: Range): void {
    const next = previous !== null ? previous.next : this.first;
    range.previous = previous;
    range.next = next;
    if (previous !== null) previous.next = range;
    else this.first = range;
    if (next !== null) next.previous = range;
    else this.last = range;
    this.plant(range);
  }

  /** Takes a range out. */
  remove(range: Range): void {
    const next = range.next;
    const previous = range.previous;
    if (previous !== null) previous.next = next;
    else this.first = next;
    if (next !== null) next.previous = previous;
    else this.last = previous;
    this.uproot(range);
  }

  private plant(range: Range): void {
    const priority = nextPriority();
    const start = range.start;
    range.priority = priority;
    this.count++;
    let slot = changetype<usize>(this) + offsetof<Ranges>("root");
    let at = load<usize>(slot);
    while (at !== 0 && changetype<Range>(at).priority >= priority) {
      slot =
        at +
        (before(start, changetype<Range>(at).start) ? offsetof<Range>("left") : offsetof<Range>("right"));
      at = load<usize>(slot);
    }
    store<usize>(slot, changetype<usize>(range));
    // What was there goes below: what comes before it to the left, the rest to the right.
    let left = changetype<usize>(range) + offsetof<Range>("left");
    let right = changetype<usize>(range) + offsetof<Range>("right");
    while (at !== 0) {
      if (before(changetype<Range>(at).start, start)) {
        store<usize>(left, at);
        left = at + offsetof<Range>("right");
        at = load<usize>(left);
      } else {
        store<usize>(right, at);
        right = at + offsetof<Range>("left");
        at = load<usize>(right);
      }
    }
    store<usize>(left, 0);
    store<usize>(right, 0);
  }

  private uproot(range: Range): void {
    const start = range.start;
    this.count--;
    let slot = changetype<usize>(this) + offsetof<Ranges>("root");
    let at = load<usize>(slot);
    while (at !== changetype<usize>(range)) {
      slot =
        at +
        (before(start, changetype<Range>(at).start) ? offsetof<Range>("left") : offsetof<Range>("right"));
      at = load<usize>(slot);
    }
    let left = changetype<usize>(range.left);
    let right = changetype<usize>(range.right);
    while (left !== 0 && right !== 0) {
      if (changetype<Range>(left).priority >= changetype<Range>(right).priority) {
        store<usize>(slot, left);
        slot = left + offsetof<Range>("right");
        left = load<usize>(slot);
      } else {
        store<usize>(slot, right);
        slot = right + offsetof<Range>("left");
        right = load<usize>(slot);
      }
    }
    store<usize>(slot, left !== 0 ? left : right);
  }
}
