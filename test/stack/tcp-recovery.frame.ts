/** Opens loss recovery to tests: one connection, times in microseconds, sequence numbers that wrap around soon. */
import { Recoveries, Recovery } from "../../src/stack/tcp/recovery";

const RANGES: u32 = 256;
/** So that numbers in tests begin at 0 and wrap around in the middle. */
const BASE: u32 = 0xffffc000;
const EPOCH: u64 = 0x1_0000_0000;

let recoveries: Recoveries = changetype<Recoveries>(0);
let echoMicroseconds: u32 = 0;
let recovery: Recovery = changetype<Recovery>(0);

export function start(): void {
  recoveries = new Recoveries(RANGES);
  assert(recoveries.reserve(RANGES));
  recovery = new Recovery();
}

export function begin(mss: u32, sack: bool, algorithm: u32): void {
  recoveries.reset(recovery);
  recovery.roundTrip.reset();
  recovery.congestion.algorithm = algorithm;
  recoveries.begin(recovery, BASE, mss, sack);
}
export function sent(sequence: u32, length: u32, now: u32): void {
  recoveries.sent(recovery, BASE + sequence, length, EPOCH + <u64>now);
}
export function block(i: u32, left: u32, right: u32): void {
  recoveries.ack.lefts[i] = BASE + left;
  recoveries.ack.rights[i] = BASE + right;
}
export function acknowledge(sequence: u32, now: u32, mayBeDuplicate: bool, blocks: u32, echo: u32): void {
  const ack = recoveries.ack;
  ack.sequence = BASE + sequence;
  ack.nowMicroseconds = EPOCH + <u64>now;
  ack.mayBeDuplicate = mayBeDuplicate;
  ack.blocks = blocks;
  ack.hasEcho = echo !== 0;
  ack.echo = echo;
  ack.echoMicroseconds = echoMicroseconds;
  recoveries.acknowledge(recovery);
}
/** For the acknowledgements from now on. */
export function echo_microseconds(microseconds: u32): void {
  echoMicroseconds = microseconds;
}
export function timeout_milliseconds(): u32 {
  return recovery.roundTrip.timeoutMilliseconds;
}
export function undone(): bool {
  return recoveries.ack.undone;
}
export function delivered(): u32 {
  return recoveries.ack.deliveredBytes;
}
export function bad_blocks(): u32 {
  return recoveries.ack.badBlocks;
}
/** -1: none. */
export function next_lost(): u32 {
  const range = recoveries.nextLost(recovery);
  return range !== null ? range.start - BASE : <u32>-1;
}
export function next_lost_length(): u32 {
  const range = recoveries.nextLost(recovery);
  return range !== null ? range.length : 0;
}
export function resend(length: u32, now: u32, timestamp: u32): void {
  const range = recoveries.nextLost(recovery);
  if (range !== null) recoveries.resent(recovery, range, length, EPOCH + <u64>now, timestamp);
}
/** -1: none. */
export function probe(now: u32): u32 {
  const range = recoveries.probeRange(recovery);
  if (range === null) return <u32>-1;
  recoveries.resent(recovery, range, range.length, EPOCH + <u64>now, 0);
  return range.start - BASE;
}
export function budget(): u32 {
  return recoveries.budgetBytes(recovery);
}
export function can_send(): bool {
  return recoveries.canSend(recovery);
}
export function timer(): u32 {
  return recoveries.timer(recovery);
}
/** -1: never. */
export function deadline(): u32 {
  const at = recoveries.deadlineMicroseconds(recovery);
  return at === u64.MAX_VALUE ? <u32>-1 : <u32>(at - EPOCH);
}
export function expired(now: u32): u32 {
  return recoveries.expired(recovery, EPOCH + <u64>now);
}
export function change_mss(mss: u32): void {
  recoveries.changeMss(recovery, mss);
}
export function congestion_experienced(): bool {
  return recoveries.congestionExperienced(recovery);
}
export function restart(): void {
  recoveries.restart(recovery);
}
export function phase(): u32 {
  return recovery.phase;
}
export function flight(): u32 {
  return recovery.flightBytes;
}
export function sacked(): u32 {
  return recovery.sackedBytes;
}
export function lost(): u32 {
  return recovery.lostBytes;
}
export function outstanding(): u32 {
  return recovery.outstandingBytes;
}
export function window(): u32 {
  return recovery.congestion.windowBytes;
}
export function threshold(): u32 {
  return recovery.congestion.thresholdBytes;
}
export function used(): u32 {
  return recoveries.used;
}
