/**
 * The user timeout option (RFC 5482): a program that has limited how long its data may stay unacknowledged tells the peer, and a
 * program that wants to follows what the peer says.
 *
 * @module
 */
import { Connection } from "./connection";

/** An adopted one is at least this (RFC 5482 section 3.1 with RFC 1122 section 4.2.3.5), and at most: peers must not hold memory for ever. */
const LEAST_SECONDS: u32 = 100;
const MOST_SECONDS: u32 = 3600;
/** In the option: minutes, not seconds. */
const MINUTES: u32 = 1 << 15;
const VALUE_MAX: u32 = MINUTES - 1;

/** The option's 16 bits, rounded up, as far as they go: 22 days. `milliseconds`: not 0. */
export function userTimeoutField(milliseconds: u32): u32 {
  const seconds = (milliseconds - 1) / 1000 + 1;
  if (seconds <= VALUE_MAX) return seconds;
  return MINUTES | min((seconds + 59) / 60, VALUE_MAX);
}

/** Seconds that the option's 16 bits say. 0 is reserved, and ignored. */
export function userTimeoutSeconds(field: u32): u32 {
  return (field & MINUTES) !== 0 ? (field & VALUE_MAX) * 60 : field;
}

/** The program's own limit counts, or the peer's if that is longer and the program wants to follow it. */
export function chooseUserTimeout(connection: Connection): void {
  const settings = connection.settings;
  const own = settings.userTimeoutMilliseconds;
  const seconds = connection.peerUserTimeoutSeconds;
  connection.userTimeoutMilliseconds = own;
  if (!settings.adoptUserTimeout || seconds === 0) return;
  connection.userTimeoutMilliseconds = max(own, min(max(seconds, LEAST_SECONDS), MOST_SECONDS) * 1000);
}
