/**
 * setTimeout, setInterval and setImmediate, HTML Standard section 8.6. As in Node, at least 1 ms; ids are numbers.
 *
 * @module
 */
import { native } from "../../src/lib/native.ts";
import { defineGlobal } from "./define.ts";

type Callback = (...args: unknown[]) => void;

/** Longest delay in milliseconds; longer ones are taken as 1 ms, as everywhere else. */
const MAX_DELAY_MS = 0x7fffffff;
const NS_PER_MS = 1000000;

function start(name: string, args: IArguments, skip: number, delayMs: number, repeat: boolean): number {
  const callback = args[0] as Callback;
  if (typeof callback !== "function") throw new TypeError(`${name}: the callback must be a function`);
  if (args.length <= skip) return native.timerSet(() => callback(), delayMs * NS_PER_MS, repeat);
  const rest: unknown[] = [];
  for (let i = skip; i < args.length; i++) rest.push(args[i]);
  return native.timerSet(() => callback.apply(undefined, rest), delayMs * NS_PER_MS, repeat);
}

function delayOf(value: unknown): number {
  const delay = Number(value);
  return delay >= 1 && delay <= MAX_DELAY_MS ? Math.trunc(delay) : 1;
}

function clear(id: unknown): void {
  if (typeof id === "number" && id > 0) native.timerClear(id);
}

defineGlobal("setTimeout", function setTimeout(_callback: Callback, delay?: unknown): number {
  // biome-ignore lint/complexity/noArguments: spares an array for each timer
  return start("setTimeout", arguments, 2, delayOf(delay), false);
});
defineGlobal("setInterval", function setInterval(_callback: Callback, delay?: unknown): number {
  // biome-ignore lint/complexity/noArguments: spares an array for each timer
  return start("setInterval", arguments, 2, delayOf(delay), true);
});
defineGlobal("setImmediate", function setImmediate(_callback: Callback): number {
  // biome-ignore lint/complexity/noArguments: spares an array for each timer
  return start("setImmediate", arguments, 1, 0, false);
});
defineGlobal("clearTimeout", function clearTimeout(id: unknown): void {
  clear(id);
});
defineGlobal("clearInterval", function clearInterval(id: unknown): void {
  clear(id);
});
defineGlobal("clearImmediate", function clearImmediate(id: unknown): void {
  clear(id);
});
