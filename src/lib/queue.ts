/**
 * A bounded queue between those who deliver (the network) and those who wait (the program). Items hold memory of the
 * driver's, so what finds the queue full is dropped and counted, rather than kept.
 *
 * Each item passes here, so fields are declared and not initialised (which would be lowered to a call for each), and
 * nobody makes a function for an item.
 *
 * @module
 */
import { type NativePromise, native, Settled } from "./native.ts";

/** What can be queued. */
export interface Releasable {
  /** Released unless it is already. */
  letGo(): void;
}

/** The limit of a queue that something else bounds. */
export const UNBOUNDED = 2 ** 53;

export class DeliveryQueue<T extends Releasable> {
  /** Items that were dropped because the queue was full. */
  declare dropped: number;
  declare private readonly limit: number;
  declare items: T[];
  declare head: number;
  /** Promises of those who wait, longest first; and of each the iteration that asked, if one did. */
  declare private waiters: Promise<unknown>[];
  declare private askers: (Iteration<T> | undefined)[];
  /** How many wait. */
  declare waiting: number;
  declare callback: ((item: T) => void) | undefined;
  declare closedBy: (() => Error) | undefined;
  declare readonly promise: NativePromise;

  /** @param limit 1 to 65536 items, or `UNBOUNDED` */
  constructor(limit: number) {
    if (limit !== UNBOUNDED && !(Number.isInteger(limit) && limit >= 1 && limit <= 65536)) {
      throw new RangeError(`a queue of ${limit}: expected a whole number from 1 to 65536`);
    }
    this.waiting = 0;
    this.waiters = [];
    this.askers = [];
    this.promise = native.promise;
    this.callback = undefined;
    this.items = [];
    this.head = 0;
    this.limit = limit;
    this.dropped = 0;
    this.closedBy = undefined;
  }

  /** Hands `item` to the listener or to whoever waits longest, or queues or drops it. */
  deliver(item: T): void {
    const callback = this.callback;
    if (callback !== undefined) {
      try {
        callback(item);
      } finally {
        item.letGo();
      }
      return;
    }
    if (this.waiting > 0) {
      const promise = this.waiters[0] as Promise<unknown>;
      const asker = this.askers[0];
      if (--this.waiting > 0) {
        this.waiters.shift();
        this.askers.shift();
      } else {
        this.waiters[0] = undefined as never;
      }
      if (asker === undefined) {
        this.promise.settle(promise, Settled.Fulfilled, item);
      } else {
        asker.last = item;
        this.promise.settle(promise, Settled.Fulfilled, { value: item, done: false });
      }
    } else if (this.items.length - this.head >= this.limit) {
      this.dropped++;
      item.letGo();
    } else this.items.push(item);
  }

  /** Calls back for each item from now on, and for those that are queued; undefined stops that. */
  listen(callback: ((item: T) => void) | undefined): void {
    this.callback = callback;
    if (callback === undefined) return;
    for (let item = this.next(); item !== undefined; item = this.next()) {
      if (this.callback === callback) this.deliver(item);
      else item.letGo();
    }
  }

  /** The next item, now or later. The taker releases it. */
  take(): Promise<T> {
    if (this.closedBy !== undefined) return Promise.reject(this.closedBy());
    const item = this.head < this.items.length ? this.next() : undefined;
    if (item === undefined) return this.wait(undefined);
    const promise = new this.promise.Pending<T>();
    this.promise.settle(promise, Settled.Fulfilled, item);
    return promise;
  }

  get closed(): boolean {
    return this.closedBy !== undefined;
  }

  /** Releases what is queued; those who wait, now or later, are rejected with `reason()`, iterations end. */
  close(reason: () => Error): void {
    if (this.closedBy !== undefined) return;
    this.closedBy = reason;
    this.callback = undefined;
    for (let item = this.next(); item !== undefined; item = this.next()) item.letGo();
    this.settleWaiters(Settled.Fulfilled, reason);
  }

  /** Those who wait get nothing more: an error, if iterations are to be `Rejected` too; else these end. */
  settleWaiters(iterations: Settled, reason: (() => Error) | undefined): void {
    const waiters = this.waiters;
    const askers = this.askers;
    const count = this.waiting;
    this.waiters = [];
    this.askers = [];
    this.waiting = 0;
    for (let i = 0; i < count; i++) {
      const promise = waiters[i] as Promise<unknown>;
      if (reason !== undefined && (askers[i] === undefined || iterations === Settled.Rejected)) {
        this.promise.settle(promise, Settled.Rejected, reason());
      } else if (askers[i] === undefined) this.promise.settle(promise, Settled.Fulfilled, undefined);
      else this.promise.settle(promise, Settled.Fulfilled, { value: undefined, done: true });
    }
  }

  /** Iterates until it is closed. What the loop did not retain is released when the loop goes on or ends. */
  iterate(): AsyncIterableIterator<T> {
    return new Iteration<T>(this);
  }

  /** A promise for what comes next, when nothing is queued. */
  wait(asker: Iteration<T> | undefined): Promise<T> {
    const promise = new this.promise.Pending<T>();
    const at = this.waiting;
    this.waiters[at] = promise;
    this.askers[at] = asker;
    this.waiting = at + 1;
    return promise;
  }

  /** What is queued, undefined if nothing is. */
  next(): T | undefined {
    const items = this.items;
    const head = this.head;
    if (head >= items.length) return undefined;
    const item = items[head];
    if (head + 1 === items.length) {
      this.items = [];
      this.head = 0;
    } else if (head >= 63) {
      items.splice(0, head + 1);
      this.head = 0;
    } else this.head = head + 1;
    return item;
  }
}

export class Iteration<T extends Releasable> implements AsyncIterableIterator<T> {
  /** What the loop got last, and may not have released. */
  declare last: T | undefined;
  declare private readonly queue: DeliveryQueue<T>;
  declare private readonly promise: NativePromise;

  constructor(queue: DeliveryQueue<T>) {
    this.last = undefined;
    this.queue = queue;
    this.promise = native.promise;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const queue = this.queue;
    const last = this.last;
    if (last !== undefined) {
      this.last = undefined;
      last.letGo();
    }
    if (queue.closedBy === undefined) {
      const item = queue.head < queue.items.length ? queue.next() : undefined;
      if (item === undefined) return queue.wait(this) as Promise<unknown> as never;
      this.last = item;
      return this.settled({ value: item, done: false });
    }
    return this.settled({ value: undefined, done: true });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    const last = this.last;
    this.last = undefined;
    if (last !== undefined) last.letGo();
    return this.settled({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private settled(result: IteratorResult<T, undefined>): Promise<IteratorResult<T, undefined>> {
    const promise = new this.promise.Pending<IteratorResult<T, undefined>>();
    this.promise.settle(promise, Settled.Fulfilled, result);
    return promise;
  }
}
