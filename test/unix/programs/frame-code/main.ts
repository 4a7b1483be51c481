import { type Frame, Netif } from "mirage";
import { native } from "../../../../src/lib/native.ts";
import { frameModule, keptLength } from "./module.frame.ts";

native.frameCodeListen(frameModule, (kind, frame, offset, length, a, b, c) => {
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
