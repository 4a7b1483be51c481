/**
 * Keeps every frame that comes, sends bytes of its own for each, and makes garbage from time to time: what it keeps is taken
 * from it at its end, and what comes when it holds too many is lost.
 */
import { type Frame, Netif } from "mirage";

const kept: Frame[] = [];
const netif = Netif.open();

setInterval(() => {
  for (let i = 0; i < 2000; i++) {
    const ring: unknown[] = [];
    ring.push(ring);
  }
}, 20);

netif.listen((frame) => {
  kept.push(frame.retain());
  netif.write(new Uint8Array(60));
});
