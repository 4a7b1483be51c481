/**
 * A hierarchical timing wheel (Varghese and Lauck, 1987): set, cancel and expire cost the same however many timers there
 * are. Each wheel has 64 places; a place of the first is a millisecond, of the next 64 ms, and so on to 12 days. A timer moves to
 * a finer wheel when its place in the coarser one comes up.
 *
 * @module
 */
const WHEELS: u32 = 5;
const PLACE_BITS: u32 = 6;
const PLACES: u32 = 1 << PLACE_BITS;
const PLACE_MASK: u64 = (1 << PLACE_BITS) - 1;
const RANGE_MILLISECONDS: u64 = 1 << (PLACE_BITS * WHEELS);

/** No deadline. */
export const NEVER: u64 = u64.MAX_VALUE;

/** A timer, part of what it belongs to. */
export class Timer {
  next: Timer | null = null;
  previous: Timer | null = null;
  /** When it is due, monotonic milliseconds; `NEVER`: not set. */
  deadlineMilliseconds: u64 = NEVER;
  /** Wheel and place where it hangs; -1: nowhere. */
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
  private now: u64;

  constructor(nowMilliseconds: u64) {
    this.now = nowMilliseconds;
  }

  /** Sets a timer, or sets it anew. A deadline that has passed is due at once. */
  set(timer: Timer, deadlineMilliseconds: u64): void {}

  /** Unsets a timer; nothing if it is not set. */
  cancel(timer: Timer): void {}

  /** A timer that is due, unset by this call; null: no more are. Call it until then. */
  expired(nowMilliseconds: u64): Timer | null {
    return null;
  }

  /**
   * When `expired` must be called next: no later than the earliest deadline, perhaps earlier, since timers must move to finer
   * wheels. `NEVER`: no timer is set.
   */
  nextMilliseconds(): u64 {
    return NEVER;
  }
}
