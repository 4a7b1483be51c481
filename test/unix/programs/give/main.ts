/** Gives frame code bytes of every shape, and compares what it took with what was written. */
import { native } from "../../../../src/lib/native.ts";
import { make_room, take, taken_hash } from "./module.frame.ts";

let seed = 1;
function random(below: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return (seed >>> 8) % below;
}

const buffers = [0, 1, 2].map((n) =>
  new Uint8Array(n === 0 ? 200_000 : 5000).map((_, i) => (i * (n + 3)) & 0xff),
);

/** Views of one buffer beside each other, of several, and empty ones. */
function someViews(count: number, longest: number): Uint8Array[] {
  const views: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const buffer = buffers[random(3)] as Uint8Array;
    const from = random(buffer.length);
    views.push(buffer.subarray(from, from + random(longest)));
  }
  return views;
}

let hash = 0x811c9dc5;
function expectBytes(views: readonly Uint8Array[]): void {
  for (const view of views)
    for (let i = 0; i < view.length; i++) hash = Math.imul(hash ^ (view[i] as number), 0x01000193) >>> 0;
}

/** Gives all of it, with room for `step` bytes at a time; how often it had to wait. */
function giveAll(views: Uint8Array | readonly Uint8Array[], step: number): number {
  let view = 0;
  let offset = 0;
  for (let waits = 0; ; waits++) {
    make_room(step);
    const left = native.frameGive(take, 0, views, view, offset);
    if (left === true) return waits;
    if (typeof left === "number") throw new Error(`take said ${left}`);
    [view, offset] = left;
  }
}

function attempt(name: string, action: () => unknown): void {
  try {
    console.log(`${name}:`, String(action()));
  } catch (error) {
    console.log(`${name}:`, String(error));
  }
}

let wrong = 0;
for (let round = 0; round < 20; round++) {
  const views = someViews(random(150), random(4) === 0 ? 9000 : 40);
  expectBytes(views);
  giveAll(views, 1 + random(30_000));
  if (taken_hash() !== hash) wrong++;
}
attempt("lists that came otherwise", () => wrong);
const long = buffers[0] as Uint8Array;
expectBytes([long]);
attempt("waits of 200000 bytes, 65000 at a time", () => giveAll(long, 65_000));
attempt("as they were", () => taken_hash() === hash);
attempt("nothing", () => native.frameGive(take, 0, [], 0, 0));
attempt("no bytes", () => native.frameGive(take, 0, [new Uint8Array(0), new Uint8Array(0)], 0, 0));
attempt("refused", () => native.frameGive(take, 2, long, 0, 0));
attempt("no view", () =>
  native.frameGive(take, 0, [Uint8Array.of(1), "text" as unknown as Uint8Array], 0, 0),
);
attempt("behind its end", () => native.frameGive(take, 0, Uint8Array.of(1), 0, 2));
attempt("no frame code", () => native.frameGive((() => 0) as never, 0, long, 0, 0));
// Each is one more frame until no more are allowed.
attempt("too many kept", () => {
  for (;;) {
    make_room(1);
    native.frameGive(take, 1, Uint8Array.of(7), 0, 0);
  }
});
