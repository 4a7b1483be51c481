/** Frame code that claims frames by their EtherType, each to try one thing. */
import {
  counter_add,
  counter_define,
  event,
  frame_alloc,
  frame_append,
  frame_get8,
  frame_get16,
  frame_get32,
  frame_length,
  frame_release,
  frame_retain,
  frame_set8,
  frame_set16,
  frame_sum,
  frame_truncate,
  frame_writable,
  netif_transmit,
  probe_packet,
} from "mirage/framecode";

const NAME = "test.claimed";
let claimed: u32 = u32.MAX_VALUE;
let kept: u32 = 0;

/** Events of kind 5 that were said, of `EVENTS`. */
let said: u32 = 50;
const EVENTS: u32 = 50;

/** Called again when application code has taken what filled the queue. */
export function resume(): void {
  while (said < EVENTS && event(5, 0, 0, 0, said, 0, 0)) said++;
}

function swapAddresses(frame: u32): void {
  for (let i: u32 = 0; i < 6; i++) {
    const byte = frame_get8(frame, i);
    frame_set8(frame, i, frame_get8(frame, i + 6));
    frame_set8(frame, i + 6, byte);
  }
}

/** A new header, and the payload behind it by reference. */
function echoByReference(netif: u32, frame: u32): void {
  const answer = frame_alloc(14);
  for (let i: u32 = 0; i < 14; i++) {
    frame_set8(answer, i, frame_get8(frame, i < 6 ? i + 6 : i < 12 ? i - 6 : i));
  }
  frame_append(answer, frame, 14, frame_length(frame) - 14);
  frame_release(frame);
  netif_transmit(netif, answer);
}

export function input(netif: u32, frame: u32): bool {
  const kind = frame_get16(frame, 12);
  if (kind < 0x8801 || kind > 0x880f) {
    return false;
  }
  if (claimed == u32.MAX_VALUE) {
    claimed = counter_define(changetype<usize>(NAME), NAME.length);
  }
  counter_add(claimed, 1);
  switch (kind) {
    case 0x8801: // in place
      swapAddresses(frame);
      netif_transmit(netif, frame);
      break;
    case 0x8802:
      echoByReference(netif, frame);
      break;
    case 0x8803: // sum of the payload into the last two bytes, which are cut off before
      frame_truncate(frame, frame_length(frame) - 1);
      swapAddresses(frame);
      frame_set16(frame, 14, frame_sum(frame, 16, frame_length(frame) - 16, 0x1234));
      netif_transmit(netif, frame);
      break;
    case 0x8804: // to application code, which releases it
      event(4, frame, 14, frame_length(frame) - 14, frame_get32(frame, 14), 0xffffffff, netif);
      break;
    case 0x8805: // leaked
      kept = frame;
      break;
    case 0x8806: {
      // a frame that is shared is copied before it is written to
      const both = frame_alloc(0);
      frame_append(both, frame, 0, frame_length(frame));
      frame_writable(both, 14);
      frame_set16(both, 12, 0x1111);
      frame_release(frame);
      netif_transmit(netif, both);
      break;
    }
    case 0x8807:
      frame_get32(frame, frame_length(frame) - 3); // beyond the end
      break;
    case 0x8808:
      frame_release(frame);
      frame_get8(frame, 0); // after release
      break;
    case 0x8809:
      frame_retain(frame);
      netif_transmit(netif, frame);
      frame_release(frame);
      break;
    case 0x880a: // more to say than the event queue holds
      frame_release(frame);
      said = 0;
      resume();
      break;
    case 0x880b: // probes about headers that are not, or not wholly, in the frame
      for (let at: u32 = frame_length(frame) - 50; at < 100; at++) probe_packet(0, 0, frame, at);
      for (let at: u32 = 0; at < 64; at++) {
        probe_packet(at & 1, at, frame, 0 - at);
        probe_packet(at & 1, at, frame, 0x80000000 - at);
      }
      netif_transmit(netif, frame);
      break;
    default:
      memory.grow(100000); // refused
      frame_release(frame);
  }
  return true;
}

export function keptLength(): u32 {
  return frame_length(kept); // of a kept frame
}
