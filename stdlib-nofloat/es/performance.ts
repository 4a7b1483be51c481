/**
 * performance.now and performance.timeOrigin, High Resolution Time section 5: milliseconds, with the resolution of the
 * platform's monotonic clock.
 *
 * @module
 */
import { native } from "../../src/lib/native.ts";
import { defineGlobal, defineTag } from "./define.ts";

const NS_PER_MS = 1000000;
const startNs = native.monotonicNs();
const start = native.wallClock();

const performance = {
  now: function now(): number {
    return (native.monotonicNs() - startNs) / NS_PER_MS;
  },
  /** Wall clock when the program started, milliseconds since 1970. */
  timeOrigin: start[0] * 1000 + start[1] / NS_PER_MS,
};
defineTag(performance, "Performance");
defineGlobal("performance", performance);
