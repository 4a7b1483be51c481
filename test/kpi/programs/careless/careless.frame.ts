/** Takes nothing, says it; by the last byte of the frame's destination it does otherwise. */
import { counter, counter_add, frame_get8, frame_release, netif_transmit } from "mirage/framecode";

const lost = counter("drop.lost");
let last: u32 = 0;

export function input(netif: u32, frame: u32): bool {
  last = 0;
  switch (frame_get8(frame, 5)) {
    case 1:
      frame_release(frame);
      break;
    case 2:
      netif_transmit(netif, frame);
      break;
    case 3: // the listener releases it, while it gets its packets
      last = frame;
      break;
    case 4: // more than anybody can be told of
      counter_add(lost, 0xffffffff);
      break;
    default:
  }
  return false;
}

export function lastFrame(): u32 {
  return last;
}
