/** Opens the small parts of TCP to tests. */

import {
  Congestion,
  congestionBegin,
  congestionGrow,
  congestionMeasured,
  congestionReduce,
  congestionTimeout,
  initialWindowBytes,
} from "../../src/stack/tcp/congestion/congestion";
import { cubeRoot, cubicBytes, cubicKMilliseconds } from "../../src/stack/tcp/congestion/cubic";
import { SequenceNumbers } from "../../src/stack/tcp/isn";
import { EphemeralPorts } from "../../src/stack/tcp/ports";
import { RoundTrip } from "../../src/stack/tcp/rtt";
import { before, earliest, latest, notAfter, within } from "../../src/stack/tcp/sequence";
import { SynCookies } from "../../src/stack/tcp/syncookie";
import { NEVER, Timer, TimerWheel } from "../../src/stack/tcp/timerwheel";

const TIMERS: u32 = 32;
/** Milliseconds that tests do not count: so that times need more than 32 bits. */
const EPOCH: u64 = 0x1_0000_0000;
const LOCAL: u64 = 0x0000ffff_0a000002;
const REMOTE: u64 = 0x0000ffff_0a000001;

let wheel: TimerWheel = changetype<TimerWheel>(0);
const timers = new StaticArray<Timer>(TIMERS);
let roundTrip: RoundTrip = changetype<RoundTrip>(0);
let numbers: SequenceNumbers = changetype<SequenceNumbers>(0);
let ports: EphemeralPorts = changetype<EphemeralPorts>(0);
let cookies: SynCookies = changetype<SynCookies>(0);
let congestion: Congestion = changetype<Congestion>(0);

export function start(): void {
  wheel = new TimerWheel(EPOCH);
  for (let i: u32 = 0; i < TIMERS; i++) timers[i] = new Timer(0, i);
  roundTrip = new RoundTrip();
  numbers = new SequenceNumbers();
  ports = new EphemeralPorts();
  cookies = new SynCookies();
  congestion = new Congestion();
}

export function is_before(a: u32, b: u32): bool {
  assert(before(a, b) === !notAfter(b, a));
  assert(earliest(a, b) === (before(a, b) ? a : b));
  assert(latest(a, b) === (before(a, b) ? b : a));
  return before(a, b);
}
export function is_within(a: u32, b: u32, length: u32): bool {
  return within(a, b, length);
}

export function timer_at(i: u32, milliseconds: u32): void {
  wheel.set(timers[i], EPOCH + <u64>milliseconds);
}
export function timer_cancel(i: u32): void {
  wheel.cancel(timers[i]);
}
export function timer_is_set(i: u32): bool {
  return timers[i].isSet;
}
/** -1: none. */
export function timer_expired(milliseconds: u32): i32 {
  const timer = wheel.expired(EPOCH + <u64>milliseconds);
  return timer !== null ? <i32>timer.kind : -1;
}
/** -1: never. */
export function timer_next(): u32 {
  const next = wheel.nextMilliseconds();
  return next === NEVER ? <u32>-1 : <u32>(next - EPOCH);
}

export function rtt_reset(): void {
  roundTrip.reset();
}
export function rtt_measured(microseconds: u32): void {
  roundTrip.measured(microseconds);
}
export function rtt_back_off(): void {
  roundTrip.backOff();
}
export function rtt_smoothed(): u32 {
  return roundTrip.smoothedMicroseconds;
}
export function rtt_variation(): u32 {
  return roundTrip.variationMicroseconds;
}
export function rtt_timeout(): u32 {
  return roundTrip.timeoutMilliseconds;
}

export function isn(localPort: u32, remotePort: u32, milliseconds: u32): u32 {
  return numbers.initial(0, LOCAL, localPort, 0, REMOTE, remotePort, <u64>milliseconds * 1_000_000);
}
export function timestamp_offset(remote: u32): u32 {
  return numbers.timestampOffset(0, LOCAL, 0, REMOTE + <u64>remote);
}

export function port_begin(remote: u32, port: u32): void {
  ports.begin(0, LOCAL, 0, REMOTE + <u64>remote, port);
}
export function port_next(): u32 {
  return ports.next();
}

export function cookie_make(
  remotePort: u32,
  sequence: u32,
  milliseconds: u32,
  mss: u32,
  scale: i32,
  sack: bool,
): u32 {
  return cookies.make(0, LOCAL, 80, 0, REMOTE, remotePort, sequence, <u64>milliseconds, mss, scale, sack);
}
/** -1: it is not good; else mss << 16 | sack << 8 | scale & 255. */
export function cookie_open(remotePort: u32, sequence: u32, cookie: u32, milliseconds: u32): i32 {
  if (!cookies.open(0, LOCAL, 80, 0, REMOTE, remotePort, sequence, cookie, <u64>milliseconds)) return -1;
  return (cookies.mss << 16) | ((<u32>cookies.sackPermitted) << 8) | (cookies.windowScale & 0xff);
}

export function cube_root(high: u32, low: u32): u32 {
  return cubeRoot(((<u64>high) << 32) | <u64>low);
}
export function cubic_bytes(milliseconds: u32, mss: u32): u32 {
  return <u32>min(cubicBytes(<u64>milliseconds, mss), <u64>0x7fffffff);
}
export function cubic_k(bytes: u32, mss: u32): u32 {
  return cubicKMilliseconds(bytes, mss);
}

export function initial_window(mss: u32): u32 {
  return initialWindowBytes(mss);
}
export function congestion_begin(algorithm: u32, mss: u32): void {
  congestion.algorithm = algorithm;
  congestionBegin(congestion, mss);
}
export function congestion_window(): u32 {
  return congestion.windowBytes;
}
export function congestion_set_window(bytes: u32): void {
  congestion.windowBytes = bytes;
}
export function congestion_threshold(): u32 {
  return congestion.thresholdBytes;
}
export function congestion_grow(delivered: u32, milliseconds: u32, roundTripMicroseconds: u32): void {
  congestionGrow(congestion, delivered, (EPOCH + <u64>milliseconds) * 1000, roundTripMicroseconds);
}
/** A loss, repaired at once. */
export function congestion_lose(): void {
  congestionReduce(congestion, congestion.windowBytes);
  congestion.windowBytes = congestion.thresholdBytes;
}
export function congestion_timeout(): void {
  congestionReduce(congestion, congestion.windowBytes);
  congestionTimeout(congestion);
}
export function congestion_measured(acknowledged: u32, next: u32, microseconds: u32): void {
  congestionMeasured(congestion, acknowledged, next, microseconds);
}
export function congestion_is_conservative(): bool {
  return congestion.conservativeRounds !== 0;
}
