/** Opens TCP's queues to tests: two of each kind, which share their pools. */
import { Range, Ranges } from "../../src/stack/tcp/ranges";
import { Reassemblies, Reassembly } from "../../src/stack/tcp/reassembly";
import { SendQueue, SendQueues } from "../../src/stack/tcp/sendqueue";

const PIECES: u32 = 64;

let sendQueues: SendQueues = changetype<SendQueues>(0);
let reassemblies: Reassemblies = changetype<Reassemblies>(0);
const queues = new StaticArray<SendQueue>(2);
const waiting = new StaticArray<Reassembly>(2);

export function start(): void {
  sendQueues = new SendQueues(PIECES, 0);
  reassemblies = new Reassemblies(PIECES);
  assert(sendQueues.reserve(PIECES) && reassemblies.reserve(PIECES));
  for (let i = 0; i < 2; i++) {
    queues[i] = new SendQueue();
    waiting[i] = new Reassembly();
  }
}

export function queue_reset(which: u32, sequence: u32): void {
  sendQueues.reset(queues[which], sequence);
}
export function queue_append(which: u32, frame: u32, offset: u32, length: u32): bool {
  const queue = queues[which];
  return sendQueues.extend(queue, frame, offset, length) || sendQueues.append(queue, frame, offset, length);
}
export function queue_fill(which: u32, out: u32, sequence: u32, length: u32): u32 {
  return sendQueues.fill(queues[which], out, sequence, length);
}
export function queue_release(which: u32, sequence: u32): void {
  sendQueues.release(queues[which], sequence);
}
export function queue_bytes(which: u32): u32 {
  return queues[which].bytes;
}
export function queue_used(): u32 {
  return sendQueues.used;
}

export function insert(which: u32, frame: u32, offset: u32, sequence: u32, length: u32): bool {
  return reassemblies.insert(waiting[which], frame, offset, sequence, length);
}
export function take(which: u32, sequence: u32): bool {
  return reassemblies.take(waiting[which], sequence);
}
export function taken_frame(): u32 {
  return reassemblies.frame;
}
export function taken_offset(): u32 {
  return reassemblies.offset;
}
export function taken_length(): u32 {
  return reassemblies.length;
}
export function duplicate(which: u32, left: u32, right: u32): void {
  reassemblies.duplicate(waiting[which], left, right);
}
export function has_blocks(which: u32): bool {
  return reassemblies.hasBlocks(waiting[which]);
}
export function blocks(which: u32, room: u32): u32 {
  return reassemblies.blocks(waiting[which], room);
}
export function left(i: u32): u32 {
  return reassemblies.lefts[i];
}
export function right(i: u32): u32 {
  return reassemblies.rights[i];
}
export function waiting_bytes(which: u32): u32 {
  return waiting[which].bytes;
}
export function waiting_segments(which: u32): u32 {
  return waiting[which].segments;
}
export function waiting_used(): u32 {
  return reassemblies.used;
}
export function forget(which: u32): void {
  reassemblies.reset(waiting[which]);
}

const tree = new Ranges();
let treeSize: u32 = 0;

/** Ranges of 10 numbers. `order` 0: ascending, 1: descending, 2: from both ends inwards. */
export function tree_build(size: u32, order: u32): void {
  tree.clear();
  treeSize = size;
  for (let i: u32 = 0; i < size; i++) {
    const inwards = (i & 1) !== 0 ? size - 1 - (i >> 1) : i >> 1;
    const place = order === 0 ? i : order === 1 ? size - 1 - i : inwards;
    const range = new Range();
    range.start = 0xffff0000 + place * 10;
    range.end = range.start + 10;
    tree.insertAfter(tree.find(range.start), range);
  }
}
function depth(range: Range | null): u32 {
  return range === null ? 0 : 1 + max(depth(range.left), depth(range.right));
}
export function tree_depth(): u32 {
  return depth(tree.root);
}
/** The list is in order, and each number is found. */
export function tree_check(): bool {
  let expected: u32 = 0xffff0000;
  let range = tree.first;
  let count: u32 = 0;
  while (range !== null) {
    if (range.start !== expected || tree.find(expected + 9) !== range) return false;
    expected += 10;
    count++;
    range = range.next;
  }
  return count === treeSize && tree.count === treeSize;
}
