/** Sends each frame back to where it came from, long ones as they are. */
import {
  frame_get16,
  frame_get32,
  frame_set16,
  frame_set32,
  frame_writable,
  netif_transmit,
} from "mirage/framecode";

export function input(netif: u32, frame: u32): bool {
  if (!frame_writable(frame, 14)) return false;
  const high = frame_get16(frame, 0);
  const low = frame_get32(frame, 2);
  frame_set16(frame, 0, frame_get16(frame, 6));
  frame_set32(frame, 2, frame_get32(frame, 8));
  frame_set16(frame, 6, high);
  frame_set32(frame, 8, low);
  netif_transmit(netif, frame);
  return true;
}

export function ready(): bool {
  return true;
}
