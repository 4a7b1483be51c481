import { timer_set } from "./mirage";

/**
 * Shares a module's one deadline between its parts. Each part calls `at()` when it wants to be woken; the exported
 * `timer()` calls `ring()`, then each part's own timer function, which calls `at()` again for what is still to come.
 */
export class Alarm {
  private deadlineNs: u64 = u64.MAX_VALUE;

  /** Wakes the module no later than `deadlineNs` (monotonic). */
  at(deadlineNs: u64): void {
    if (deadlineNs < this.deadlineNs) {
      this.deadlineNs = deadlineNs;
      timer_set(deadlineNs);
    }
  }

  /** Forgets all deadlines, since the earliest has passed. */
  ring(): void {
    this.deadlineNs = u64.MAX_VALUE;
  }
}

export const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;
export const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;
