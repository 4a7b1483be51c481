import { Connection } from "./connection";
import { NEVER } from "./timerwheel";

/**
 * Segments that wait for earlier ones are given up when none of these has come for so long: the peer sends them again (RFC 2018
 * section 8). Twice the longest time that a segment may be under way (MSL), so whoever still means to fill the gap has.
 */
export const EARLY_MILLISECONDS: u64 = 60_000;

/** The connections with segments that wait for earlier ones; first the one whose gap has been there for longest. */
export class EarlyList {
  private oldest: Connection | null = null;
  private newest: Connection | null = null;

  /** Something waits: from now on, if nothing did, or again, because the next bytes have come and it moved up. */
  renew(connection: Connection, nowMilliseconds: u64): void {
    this.remove(connection);
    connection.earlyUntil = nowMilliseconds + EARLY_MILLISECONDS;
    const newest = this.newest;
    connection.earlyOlder = newest;
    connection.earlyNewer = null;
    if (newest === null) this.oldest = connection;
    else newest.earlyNewer = connection;
    this.newest = connection;
  }

  /** Nothing waits any more. */
  remove(connection: Connection): void {
    if (connection.earlyUntil === NEVER) return;
    connection.earlyUntil = NEVER;
    const older = connection.earlyOlder;
    const newer = connection.earlyNewer;
    if (older === null) this.oldest = newer;
    else older.earlyNewer = newer;
    if (newer === null) this.newest = older;
    else newer.earlyOlder = older;
  }

  /** The connection whose gap is the oldest, but for one; null: there is none. */
  first(except: Connection | null): Connection | null {
    const oldest = this.oldest;
    return oldest !== null && oldest === except ? oldest.earlyNewer : oldest;
  }

  /** When what waits for longest is given up; `NEVER`: nothing waits. */
  get nextMilliseconds(): u64 {
    const oldest = this.oldest;
    return oldest !== null ? oldest.earlyUntil : NEVER;
  }
}
