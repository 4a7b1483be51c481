/**
 * queueMicrotask, HTML Standard section 8.7.
 *
 * @module
 */
import { defineGlobal } from "./define.ts";
import { enqueue } from "./microtask.ts";

function call(callback: () => void): void {
  callback();
}

defineGlobal("queueMicrotask", function queueMicrotask(callback: () => void): void {
  if (typeof callback !== "function") throw new TypeError("queueMicrotask: the callback must be a function");
  enqueue(call, callback, undefined);
});
