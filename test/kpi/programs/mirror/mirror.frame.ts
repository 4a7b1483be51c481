/** Sends each frame of many packets back to where it came from, as it is. */
import {
  frame_get16,
  frame_get32,
  frame_segment_bytes,
  frame_set16,
  frame_set32,
  frame_writable,
  netif_transmit,
} from "mirage/framecode";

let frames: u32 = 0;

export function input(netif: u32, frame: u32): bool {
  if (frame_segment_bytes(frame) === 0 || !frame_writable(frame, 14)) return false;
  const high = frame_get16(frame, 0);
  const low = frame_get32(frame, 2);
  frame_set16(frame, 0, frame_get16(frame, 6));
  frame_set32(frame, 2, frame_get32(frame, 8));
  frame_set16(frame, 6, high);
  frame_set32(frame, 8, low);
  frames++;
  netif_transmit(netif, frame);
  return true;
}

export function mirrored(): u32 {
  return frames;
}
