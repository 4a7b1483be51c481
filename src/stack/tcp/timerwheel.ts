/**
 * A hierarchical timing wheel (Varghese and Lauck, 1987): set, cancel and expire cost the same however many timers there
 * are. Each wheel has 64 places; a place of the first is a millisecond, of the next 64 ms, and so on to 12 days. A
 * timer moves to a finer wheel when its place in the coarser one comes up.
 *
 * @module
 */
const WHEELS: u32 = 5;
const PLACE_BITS: u32 = 6;
const PLACES: u32 = 1 << PLACE_BITS;
const PLACE_MASK: u32 = PLACES - 1;
/** A timer that is due later hangs here, and is hung up again when this time has come. */
const REACH_MILLISECONDS: u64 = (1 << (PLACE_BITS * WHEELS)) - (1 << (PLACE_BITS * (WHEELS - 1)));

/** No deadline. */
export const NEVER: u64 = u64.MAX_VALUE;

/** A timer, part of what it belongs to. */
export class Timer {
  next: Timer | null = null;
  previous: Timer | null = null;
  /** When it is due, monotonic milliseconds; `NEVER`: not set. */
  deadlineMilliseconds: u64 = NEVER;
  /** What `deadlineMilliseconds` was when it was hung where it is. It may be later now. */
  hungMilliseconds: u64 = 0;
  /** Where it hangs: wheel * PLACES + place; -1: nowhere. */
  place: i32 = -1;

  /** @param owner What the timer is for, and `kind` which of its timers. The wheel only keeps them. */
  constructor(
    readonly owner: usize,
    readonly kind: u32,
  ) {}

  get isSet(): bool {
    return this.deadlineMilliseconds !== NEVER;
  }
}

/** Timers in order of their deadlines, roughly: `expired` takes out those that are due. */
export class TimerWheel {
  private readonly heads: StaticArray<usize> = new StaticArray<usize>(WHEELS * PLACES);
  /** A bit for each place that is not empty. */
  private readonly filled: StaticArray<u64> = new StaticArray<u64>(WHEELS);
  /** All before this has expired. */
  private nowMilliseconds: u64;

  constructor(nowMilliseconds: u64) {
    this.nowMilliseconds = nowMilliseconds;
  }

  /** Sets a timer, or sets it anew. A deadline that has passed is due at once. */
  set(timer: Timer, deadlineMilliseconds: u64): void {
    timer.deadlineMilliseconds = deadlineMilliseconds;
    if (timer.place >= 0) {
      // Timers mostly are put off before they are due: so leave it, and see when its place comes up.
      if (deadlineMilliseconds >= timer.hungMilliseconds) return;
      this.takeDown(timer);
    }
    this.hang(timer);
  }

  /** Unsets a timer; nothing if it is not set. */
  cancel(timer: Timer): void {
    timer.deadlineMilliseconds = NEVER;
    if (timer.place >= 0) this.takeDown(timer);
  }

  /** A timer that is due, unset by this call; null: no more are. Call it until then. */
  expired(nowMilliseconds: u64): Timer | null {
    let next = this.nextMilliseconds();
    while (next <= nowMilliseconds) {
      this.nowMilliseconds = next;
      for (let wheel: u32 = WHEELS - 1; wheel > 0; wheel--) {
        if (<u32>ctz<u64>(next) >= wheel * PLACE_BITS) this.refine(wheel);
      }
      let pointer = unchecked(this.heads[<u32>next & PLACE_MASK]);
      while (pointer !== 0) {
        const timer = changetype<Timer>(pointer);
        this.takeDown(timer);
        if (timer.deadlineMilliseconds <= next) {
          timer.deadlineMilliseconds = NEVER;
          return timer;
        }
        this.hang(timer);
        pointer = unchecked(this.heads[<u32>next & PLACE_MASK]);
      }
      next = this.nextMilliseconds();
    }
    if (this.nowMilliseconds < nowMilliseconds) this.nowMilliseconds = nowMilliseconds;
    return null;
  }

  /**
   * When `expired` must be called next: no later than the earliest deadline, perhaps earlier, since timers must move to
   * finer wheels. `NEVER`: no timer is set.
   */
  nextMilliseconds(): u64 {
    let earliest = NEVER;
    for (let wheel: u32 = 0; wheel < WHEELS; wheel++) {
      const filled = unchecked(this.filled[wheel]);
      if (filled === 0) continue;
      const shift = wheel * PLACE_BITS;
      const current = this.nowMilliseconds >> shift;
      const ahead = ctz<u64>(rotr<u64>(filled, current & <u64>PLACE_MASK));
      earliest = min(earliest, max((current + ahead) << shift, this.nowMilliseconds));
    }
    return earliest;
  }

  /** Hangs the timers of a wheel's current place where they belong now. */
  private refine(wheel: u32): void {
    const place = (wheel << PLACE_BITS) | (<u32>(this.nowMilliseconds >> (wheel * PLACE_BITS)) & PLACE_MASK);
    let pointer = unchecked(this.heads[place]);
    while (pointer !== 0) {
      const timer = changetype<Timer>(pointer);
      this.takeDown(timer);
      this.hang(timer);
      pointer = unchecked(this.heads[place]);
    }
  }

  private hang(timer: Timer): void {
    const now = this.nowMilliseconds;
    const due = min(max(timer.deadlineMilliseconds, now), now + REACH_MILLISECONDS);
    timer.hungMilliseconds = due;
    let wheel: u32 = 0;
    let at = due;
    let current = now;
    while (at - current >= <u64>PLACES) {
      at >>= PLACE_BITS;
      current >>= PLACE_BITS;
      wheel++;
    }
    const within = <u32>at & PLACE_MASK;
    const place = (wheel << PLACE_BITS) | within;
    const head = unchecked(this.heads[place]);
    timer.place = place;
    timer.previous = null;
    timer.next = changetype<Timer | null>(head);
    if (head !== 0) changetype<Timer>(head).previous = timer;
    this.heads[place] = changetype<usize>(timer);
    this.filled[wheel] = unchecked(this.filled[wheel]) | ((<u64>1) << within);
  }

  private takeDown(timer: Timer): void {
    const place = <u32>timer.place;
    const next = timer.next;
    const previous = timer.previous;
    if (next !== null) next.previous = previous;
    if (previous !== null) {
      previous.next = next;
    } else {
      this.heads[place] = changetype<usize>(next);
      if (next === null) {
        const wheel = place >>> PLACE_BITS;
        this.filled[wheel] = unchecked(this.filled[wheel]) & ~((<u64>1) << (place & PLACE_MASK));
      }
    }
    timer.place = -1;
  }
}
