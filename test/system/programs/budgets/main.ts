/**
 * Each case breaks one budget, or fails in one way. The word after `--` names the case; `test/system/budgets.test.ts`
 * expects the line of the comment "// <case>" in the message.
 */
import { args } from "mirage";
import * as trap from "./trap.frame.ts";

const kept: unknown[] = [];

function loop(): void {
  for (;;) {} // loop
}

function loopInCatch(): void {
  for (;;) {
    try {
      for (;;) {
        kept.length = 0; // loop-catch
      }
    } catch {
    } finally {
      globalThis.queueMicrotask(loopInCatch);
    }
  }
}

function recurse(n: number): number {
  return recurse(n + 1) + 1; // recursion
}

function recurseInCatch(n: number): number {
  try {
    return recurseInCatch(n + 1) + 1; // recursion-catch
  } catch {
    return 0;
  }
}

function growArray(): void {
  for (;;) {
    kept.push([kept.length, kept.length]); // arrays
  }
}

function growString(): void {
  let text = "x";
  for (;;) {
    text += text; // strings
  }
}

function growBuffers(): void {
  for (;;) {
    kept.push(new Uint8Array(65536)); // buffers
  }
}

function growClosures(): void {
  for (;;) {
    const n = kept.length;
    kept.push(() => n); // closures
  }
}

function growInCatch(): void {
  for (;;) {
    try {
      kept.push(new Uint8Array(65536)); // memory-catch
    } catch {
      kept.push(1);
    }
  }
}

function regexp(): boolean {
  return /^(a+)+$/.test(`${"a".repeat(40)}b`); // regexp
}

function nativeLoop(): number {
  return Array.prototype.indexOf.call({ length: 2_000_000_000 }, 1); // native-loop
}

function deepJson(): string {
  const root: unknown[] = [];
  let leaf = root;
  for (let i = 0; i < 200000; i++) {
    const next: unknown[] = [];
    leaf.push(next);
    leaf = next;
  }
  return JSON.stringify(root);
}

function uncaught(): void {
  throw new TypeError("this is wrong"); // throw
}

function throwIt(value: unknown): never {
  throw value; // throw what is no Error
}

async function rejected(): Promise<void> {
  await Promise.resolve();
  throw new RangeError("nobody handles this"); // rejection
}

function microtasks(): void {
  const again = (): void => queueMicrotask(again); // microtasks
  again();
}

const cases: Record<string, () => unknown> = {
  loop,
  "loop-catch": loopInCatch,
  "loop-timer": () => setTimeout(loop, 1),
  recursion: () => recurse(0),
  "recursion-catch": () => {
    for (;;) {
      recurseInCatch(0);
    }
  },
  arrays: growArray,
  strings: growString,
  buffers: growBuffers,
  closures: growClosures,
  "memory-catch": growInCatch,
  regexp,
  "native-loop": nativeLoop,
  "deep-json": deepJson,
  throw: uncaught,
  "throw-string": () => throwIt("just text"),
  "throw-null": () => throwIt(null),
  "throw-again": () => {
    try {
      throwIt("first");
    } finally {
      kept.length = 0;
    }
  },
  rejection: rejected,
  microtasks,
  "trap-unreachable": () => trap.unreachableCode(),
  "trap-bounds": () => trap.outOfBounds(),
  "trap-divide": () => trap.divideByZero(0),
  "trap-assert": () => trap.assertFails(41),
  "trap-loop": () => trap.spin(),
  "trap-recursion": () => trap.recurse(),
  "trap-catch": () => {
    try {
      trap.divideByZero(0);
    } catch {
      console.log("swallowed");
    }
  },
  none: () => console.log("fine"),
};

const wanted = args[0] ?? "none";
const run = cases[wanted];
if (run === undefined) {
  throw new Error(`no case ${wanted}`);
}
run();
