/** Frame code and a listener that give away what is not theirs, as a program may: by the handle. */
import { Netif } from "mirage";
import { native } from "../../../../src/lib/native.ts";
import { lastFrame } from "./careless.frame.ts";

const [netif] = Netif.all();
netif?.listen((frame) => {
  try {
    native.frameRelease(lastFrame());
  } catch {
    // It was released.
  }
  // The packet goes back, as a sign of life.
  const { bytes } = frame;
  netif.write([bytes.subarray(6, 12), bytes.subarray(0, 6), bytes.subarray(12)]);
});
