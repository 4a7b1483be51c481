/**
 * A bounded queue between those who deliver (the network) and those who wait (the program). Items hold memory of the
 * driver's, so what finds the queue full is dropped and counted, rather than kept.
 *
 * @module
 */

/** What can be queued. */
export interface Releasable {
  readonly released: boolean;
  release(): void;
}

interface Waiter<T> {
  resolve(item: T): void;
  reject(reason: unknown): void;
}

export class DeliveryQueue<T extends Releasable> {
  /** Items that were dropped because the queue was full. */
  dropped = 0;
  private items: T[] = [];
  private head = 0;
  private waiters: Waiter<T>[] = [];
  private closedBy: (() => Error) | undefined;

  constructor(private readonly limit: number) {
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 65536)) {
      throw new RangeError(`a queue of ${limit}: expected a whole number from 1 to 65536`);
    }
  }

  /** Hands `item` to whoever waits longest, or queues or drops it. */
  deliver(item: T): void {
    const waiter = this.waiters.shift();
    if (waiter !== undefined) waiter.resolve(item);
    else if (this.items.length - this.head >= this.limit) {
      this.dropped++;
      item.release();
    } else this.items.push(item);
  }

  /** The next item, now or later. The taker releases it. */
  take(): Promise<T> {
    if (this.closedBy !== undefined) return Promise.reject(this.closedBy());
    const item = this.next();
    if (item !== undefined) return Promise.resolve(item);
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject });
    });
  }

  get closed(): boolean {
    return this.closedBy !== undefined;
  }

  /** Releases what is queued; those who wait, now or later, are rejected with `reason()`. */
  close(reason: () => Error): void {
    if (this.closedBy !== undefined) return;
    this.closedBy = reason;
    for (let item = this.next(); item !== undefined; item = this.next()) item.release();
    const waiters = this.waiters;
    this.waiters = [];
    for (const waiter of waiters) waiter.reject(reason());
  }

  /** Iterates until it is closed. What the loop did not retain is released when the loop goes on or ends. */
  iterate(): AsyncIterableIterator<T> {
    let last: T | undefined;
    const releaseLast = (): void => {
      if (last !== undefined && !last.released) last.release();
      last = undefined;
    };
    const hand = (item: T): IteratorResult<T, undefined> => {
      last = item;
      return { value: item, done: false };
    };
    const end = (error: unknown): IteratorResult<T, undefined> => {
      if (this.closedBy === undefined) throw error;
      return { value: undefined, done: true };
    };
    const iterator: AsyncIterableIterator<T> = {
      // No function is made here: this runs for each frame, and functions are garbage in circles.
      next: (): Promise<IteratorResult<T, undefined>> => {
        releaseLast();
        if (this.closedBy !== undefined) return Promise.resolve({ value: undefined, done: true });
        const item = this.next();
        return item === undefined ? this.take().then(hand, end) : Promise.resolve(hand(item));
      },
      return: (): Promise<IteratorResult<T, undefined>> => {
        releaseLast();
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  private next(): T | undefined {
    if (this.head >= this.items.length) return undefined;
    const item = this.items[this.head++];
    if (this.head === this.items.length) {
      this.items = [];
      this.head = 0;
    } else if (this.head >= 64) {
      this.items.splice(0, this.head);
      this.head = 0;
    }
    return item;
  }
}
