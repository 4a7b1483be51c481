/** Takes bytes from application code, so many at a time, and remembers what they were. */
import { frame_get8, frame_retain } from "mirage/framecode";

let room: u32 = 0;
/** FNV-1a over what was taken. */
let hash: u32 = 0x811c9dc5;

export function make_room(bytes: u32): void {
  room = bytes;
}

export function taken_hash(): u32 {
  return hash;
}

/** `flags` 1: keeps the frame too; 2: refuses. */
export function take(flags: u32, frame: u32, offset: u32, length: u32): i32 {
  if ((flags & 2) !== 0) return -32;
  const taken = min(length, room);
  room -= taken;
  for (let i: u32 = 0; i < taken; i++) hash = (hash ^ frame_get8(frame, offset + i)) * 0x01000193;
  if ((flags & 1) !== 0) frame_retain(frame);
  return taken;
}
