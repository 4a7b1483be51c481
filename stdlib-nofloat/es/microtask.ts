/**
 * The microtask queue (HTML Standard, section 8.1.7.3; "jobs" in ECMA-262 section 9.5). One queue for promises and
 * `queueMicrotask`, in `runtime/engine/microtasks.c`: a job has two arguments, so that none needs a closure.
 *
 * @module
 */
import { native } from "../../src/lib/native.ts";

/** Queues `job(a, b)`. What it throws is an uncaught exception of the program. */
export const enqueue = native.queueMicrotask as <A, B>(job: (a: A, b: B) => void, a: A, b: B) => void;

/** `callback` runs once, when the queue has become empty. */
export const whenDrained: (callback: () => void) => void = native.whenDrained;
