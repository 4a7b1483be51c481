/**
 * The microtask queue (HTML Standard, section 8.1.7.3; "jobs" in ECMA-262 section 9.5). One queue for promises and
 * `queueMicrotask`, kept here rather than below, because a native call and a closure for each job cost more than the
 * job itself. The runtime runs `flush` before it goes on to the next event.
 *
 * @module
 */
import { native } from "../../src/lib/native.ts";

type Job = (a: never, b: never) => void;

/** Jobs that may lie dead at the front of the queue before it is cut. */
const SLACK = 3 * 1024;

/** In one object, because the engine finds its properties faster than variables of a scope. */
const queue = {
  /** Flat triples of function and two arguments: no object for a job. */
  jobs: [] as unknown[],
  head: 0,
  end: 0,
  scheduled: false,
  afterDrain: undefined as (() => void) | undefined,
};

function flush(): void {
  const q = queue;
  while (q.head < q.end) {
    const jobs = q.jobs;
    let head = q.head;
    const job = jobs[head] as Job;
    const a = jobs[head + 1] as never;
    const b = jobs[head + 2] as never;
    // The array's room is used again, and must keep nothing alive.
    jobs[head + 1] = undefined;
    jobs[head + 2] = undefined;
    head += 3;
    if (head === q.end) {
      if (head > SLACK) q.jobs = [];
      q.head = 0;
      q.end = 0;
    } else if (head >= SLACK) {
      jobs.splice(0, head);
      q.head = 0;
      q.end -= head;
    } else {
      q.head = head;
    }
    job(a, b);
    // May end the program, or queue jobs again.
    if (q.head === q.end && q.afterDrain !== undefined) {
      const then = q.afterDrain;
      q.afterDrain = undefined;
      then();
    }
  }
  q.scheduled = false;
}

/** Queues `job(a, b)`. What it throws is an uncaught exception of the program. */
export function enqueue<A, B>(job: (a: A, b: B) => void, a: A, b: B): void {
  const q = queue;
  const end = q.end;
  const jobs = q.jobs;
  jobs[end] = job;
  jobs[end + 1] = a;
  jobs[end + 2] = b;
  q.end = end + 3;
  if (!q.scheduled) {
    q.scheduled = true;
    native.queueMicrotask(flush);
  }
}

/** `callback` runs once, when the queue has become empty. */
export function whenDrained(callback: () => void): void {
  queue.afterDrain = callback;
  // Nothing else may be queued.
  enqueue(nothing, undefined, undefined);
}

function nothing(): void {}
