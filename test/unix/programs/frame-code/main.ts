import { type Frame, Netif } from "mirage";
import { native } from "../../../../src/lib/native.ts";
import { frameModule, keptLength } from "./module.frame.ts";

const said: number[] = [];
native.frameCodeListen(frameModule, (kind, frame, offset, length, a, b, c) => {
  if (kind === 5) {
    // What this turn's microtasks do must be seen by the next event of the same batch.
    void Promise.resolve().then(() => said.push(a));
    if (a === 49) console.log("said", said.join(" "));
    return;
  }
  const view = native.frameView(frame, offset, length);
  console.log("event", kind, offset, length, a.toString(16), b, c, view[0], view.length);
  native.frameRelease(frame);
  console.log("after", view.length, String(view[0]));
  try {
    native.frameLength(frame);
  } catch (error) {
    console.log(String(error));
  }
});
Netif.open().listen((frame: Frame) => {
  console.log("raw", frame.length);
  if (frame.length === 20) {
    console.log("kept", keptLength());
  }
});
