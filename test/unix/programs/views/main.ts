/** What views of a frame show after its release, and what the bindings refuse. */
import { native } from "../../../../src/lib/native.ts";

function attempt(name: string, action: () => unknown): void {
  try {
    console.log(`${name}:`, String(action()));
  } catch (error) {
    console.log(`${name}:`, String(error));
  }
}

native.keepAlive(1);
let held: Uint8Array[] = [];
native.netifListen(0, (frame) => {
  // The second frame lies where the first one did: nothing of it may be seen through the first one's views.
  attempt("views kept across a turn", () => held.map((view) => (view[0] ? view[0] : "nothing")).join());
  const view = native.frameView(frame, 0, native.frameLength(frame));
  const part = view.subarray(1, 5);
  const data = new DataView(view.buffer, view.byteOffset, 4);
  attempt("before", () => [view[0], part[0], data.getUint16(0).toString(16), view.length]);
  native.frameRelease(frame);
  attempt("after", () => [view[0] ? "stale" : "nothing", part[0] ? "stale" : "nothing", view.length]);
  attempt("DataView", () => data.getUint8(0));
  attempt("write of a stale view", () => native.netifWrite(0, [view]));
  attempt("write of a stale part", () => native.netifWrite(0, [new Uint8Array(14), part]));
  attempt("frameView", () => native.frameView(frame, 0, 1));
  attempt("frameRelease", () => native.frameRelease(frame));
  attempt("frameRetain", () => native.frameRetain(frame));
  held = [view, part];
  if (native.stats()["frames.in"] === 2) {
    attempt("write too long", () => native.netifWrite(0, [new Uint8Array(1000), new Uint8Array(515)]));
    attempt("write too short", () => native.netifWrite(0, [new Uint8Array(13)]));
    attempt("write of no view", () => native.netifWrite(0, ["text" as unknown as Uint8Array]));
    attempt("no interface", () => native.netifInfo(1));
    const own = Uint8Array.of(1, 2, 3);
    const made = native.frameFrom([own, new Uint8Array(0), own.subarray(1)]);
    attempt("pieces", () => native.frameViews(made, 0, 5).map((piece) => Array.from(piece).join("")));
    own[1] = 9;
    attempt("by reference", () => native.frameViews(made, 0, 5).map((piece) => Array.from(piece).join("")));
    attempt("outside", () => native.frameView(made, 4, 2));
    native.frameRelease(made);
    attempt("not ours to empty", () => own.join(""));
    native.netifWrite(0, [own, new Uint8Array(20), own]);
    native.netifListen(0, null);
    native.keepAlive(-1);
  }
});
