/** Says what the clocks say when frames and timers come. */
import { args, Netif } from "mirage";
import { native } from "../../../../src/lib/native.ts";

const start = native.monotonicNs();
const since = (): number => (native.monotonicNs() - start) / 1000;

console.log("start", native.wallClock().join("."));
const netif = Netif.open();
netif.listen((frame) => {
  console.log("frame", frame.bytes[14], since());
  netif.write(frame.bytes);
});
if (args.length > 0) {
  setTimeout(() => {
    console.log("timer", since());
    netif.write(new Uint8Array(60));
  }, Number(args[0]));
}
