/** Opens the helpers of `mirage/framecode` to tests. */
import {
  Alarm,
  checksumUpdate,
  clock_ns,
  count,
  counter,
  frame_alloc,
  frame_append,
  frame_checksum,
  frame_get8,
  frame_get16,
  frame_get32,
  frame_length,
  frame_read,
  frame_release,
  frame_retain,
  frame_segment,
  frame_segment_bytes,
  frame_set32,
  frame_sum,
  frame_truncate,
  frame_writable,
  frame_write,
  Line,
  load16be,
  load32be,
  NetifOffload,
  netif_segment_max,
  netif_transmit,
  netif_tx_offload,
  print,
  store16be,
  store32be,
  sumFold,
} from "mirage/framecode";

let line: Line = changetype<Line>(0);
let alarm: Alarm = changetype<Alarm>(0);
let rings: u32 = 0;
let twice: u32 = 0;
const buffer = memory.data(64);

export function start(): void {
  line = new Line();
  alarm = new Alarm();
  twice = counter("sdk.twice");
  assert(counter("sdk.twice") === twice);
}

export function timer(): void {
  alarm.ring();
  rings++;
  if (rings < 3) alarm.at(clock_ns() + 500);
}

export function ring_in(ns: u32): void {
  alarm.at(clock_ns() + ns);
}
export function rung(): u32 {
  return rings;
}
export function count_twice(): void {
  count(twice);
  count(twice);
}
export function say(decimal: u32, hex: u32): void {
  print("constant");
  line
    .text("d=")
    .decimal(decimal)
    .text(" h=")
    .hex(hex, 8)
    .text(" a=")
    .ipv4(hex)
    .text(" m=")
    .mac(0x0200, hex)
    .print();
}
export function say_much(): void {
  for (let i = 0; i < 100; i++) line.text("0123456789");
  line.print();
}
export function order16(value: u32): u32 {
  store16be(buffer, value);
  return (load16be(buffer) << 16) | load<u16>(buffer);
}
export function order32(value: u32): u32 {
  store32be(buffer, value);
  return load32be(buffer) === value ? load<u32>(buffer) : 0;
}
export function fold(sum: u32): u32 {
  return sumFold(sum);
}
export function update(checksum: u32, before: u32, after: u32): u32 {
  return checksumUpdate(checksum, before, after);
}

export function get8(frame: u32, offset: u32): u32 {
  return frame_get8(frame, offset);
}
export function get16(frame: u32, offset: u32): u32 {
  return frame_get16(frame, offset);
}
export function get32(frame: u32, offset: u32): u32 {
  return frame_get32(frame, offset);
}
export function set32(frame: u32, offset: u32, value: u32): void {
  frame_set32(frame, offset, value);
}
export function sum(frame: u32, offset: u32, length: u32, seed: u32): u32 {
  return frame_sum(frame, offset, length, seed);
}
export function truncate(frame: u32, length: u32): void {
  frame_truncate(frame, length);
}
export function retain(frame: u32): void {
  frame_retain(frame);
}
export function release(frame: u32): void {
  frame_release(frame);
}
export function writable(frame: u32, length: u32): bool {
  return frame_writable(frame, length);
}
export function copy_on(frame: u32, length: u32): u32 {
  frame_read(frame, 0, buffer, length);
  const copy = frame_alloc(length);
  frame_write(copy, 0, buffer, length);
  return copy;
}
export function append_all(frame: u32, source: u32, offset: u32, length: u32): bool {
  return frame_append(frame, source, offset, length);
}
/** Sends what is TCP, whose header is at `at`, in segments of `bytes`. */
export function send_segmented(frame: u32, at: u32, bytes: u32): bool {
  if ((netif_tx_offload(0) & <u32>NetifOffload.Segment4) === 0) return false;
  if (frame_length(frame) > netif_segment_max(0)) return false;
  frame_checksum(frame, at, 16);
  frame_segment(frame, bytes);
  return netif_transmit(0, frame);
}
export function segment_bytes(frame: u32): u32 {
  return frame_segment_bytes(frame);
}
export function fail(): void {
  assert(false, "on purpose");
}
