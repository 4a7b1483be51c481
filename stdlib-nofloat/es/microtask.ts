/**
 * The microtask queue (HTML Standard, section 8.1.7.3; "jobs" in ECMA-262 section 9.5). One queue for promises and
 * `queueMicrotask`, kept here rather than below, because a native call and a closure for each job cost more than the
 * job itself. The runtime runs `flush` before it goes on to the next event.
 *
 * @module
 */
import { native } from "../../src/lib/native.ts";

type Job = (a: never, b: never) => void;

/** Flat triples of function and two arguments: no object for a job. */
const queue: unknown[] = [];
let head = 0;
let scheduled = false;
let afterDrain: (() => void) | undefined;

/** Jobs that may lie dead at the front of the queue before it is cut. */
const SLACK = 3 * 1024;

function flush(): void {
  while (head < queue.length) {
    const job = queue[head] as Job;
    const a = queue[head + 1] as never;
    const b = queue[head + 2] as never;
    head += 3;
    if (head >= SLACK) {
      queue.splice(0, head);
      head = 0;
    }
    job(a, b);
    if (head >= queue.length) {
      queue.length = 0;
      head = 0;
      // May end the program, or queue jobs again.
      if (afterDrain !== undefined) afterDrain();
    }
  }
  scheduled = false;
}

/** Queues `job(a, b)`. What it throws is an uncaught exception of the program. */
export function enqueue<A, B>(job: (a: A, b: B) => void, a: A, b: B): void {
  queue.push(job, a, b);
  if (!scheduled) {
    scheduled = true;
    native.queueMicrotask(flush);
  }
}

/** `callback` runs whenever the queue has become empty: unhandled rejections are looked for then. */
export function onDrained(callback: () => void): void {
  afterDrain = callback;
}
