import { count } from "mirage/framecode";
import { StackError, TcpState } from "../interface";
import { Network } from "../network";
import { STALLED_MILLISECONDS } from "./budget";
import { Connection, FLAG_ACK_DELAYED, FLAG_ACK_NOW, FLAG_RELEASED, Waiting } from "./connection";
import { Core } from "./core";
import { Output } from "./output";
import { RecoveryAction } from "./recovery";
import { NEVER } from "./timerwheel";

/** SYNs that are sent again at most, if `Tuning.connectMilliseconds` allows for so many (FreeBSD's TCP_MAXRXTSHIFT). */
const SYN_RETRANSMISSIONS: u32 = 12;
/** Timeouts in a row that end a connection (R2 of RFC 9293 section 3.8.3; FreeBSD's net.inet.tcp.retries). */
const RETRANSMISSIONS_MAX: u32 = 12;
/**
 * But not before this (RFC 9293 section 3.8.3: at least 100 s; FreeBSD has no such limit, Linux gives up after about as
 * long). Where round trips are short, twelve timeouts are soon over; on a path that loses a third of everything both ways each
 * fails with a chance of one half, so a long transfer would see that happen.
 */
const RETRANSMISSION_MILLISECONDS_MIN: u64 = 900_000;
/** And not before the user timeout, up to this: nobody waits for days. */
const RETRANSMISSION_MILLISECONDS_MAX: u64 = 3_600_000;
/** After so many SYNs without an answer an ICMP error counts as final. */
const SOFT_ERROR_RETRANSMISSIONS: u32 = 3;

/** What happens when nothing happens. */
export class Timers<Below extends Network> {
  constructor(
    private readonly core: Core,
    private readonly output: Output<Below>,
  ) {}

  /** Turns the wheel: all connections of which something is due. */
  run(): void {
    const core = this.core;
    for (;;) {
      const timer = core.wheel.expired(core.nowMilliseconds);
      if (timer === null) break;
      this.expired(changetype<Connection>(timer.owner));
    }
  }

  private expired(connection: Connection): void {
    const core = this.core;
    const now = core.nowMilliseconds;
    if (connection.state === TcpState.Closed) return;
    if (connection.lingerAt <= now) {
      connection.lingerAt = NEVER;
      this.abort(connection, StackError.ETIMEDOUT);
      return;
    }
    if (connection.lifeAt <= now) {
      connection.lifeAt = NEVER;
      if (!this.life(connection)) return;
    }
    if (connection.delayedAckAt <= now) {
      connection.delayedAckAt = NEVER;
      if ((connection.flags & FLAG_ACK_DELAYED) !== 0) {
        count(core.counters.sentDelayedAcks);
        connection.flags |= FLAG_ACK_NOW;
        this.output.send(connection);
      }
    }
    if (connection.retransmitAt <= now) {
      connection.retransmitAt = NEVER;
      if (!this.retransmit(connection)) return;
    }
    core.arm(connection);
  }

  /** False: the connection is over. */
  private life(connection: Connection): bool {
    const core = this.core;
    switch (connection.state) {
      case TcpState.TimeWait:
        core.end(connection, 0);
        return false;
      case TcpState.SynSent:
      case TcpState.SynReceived:
        this.giveUp(connection);
        return false;
      case TcpState.FinWait2:
        if (!connection.has(FLAG_RELEASED)) return this.keepAlive(connection);
        // Without RST: the peer's side may be closed for long (as FreeBSD).
        core.end(connection, 0);
        return false;
      default:
        return this.keepAlive(connection);
    }
  }

  /** RFC 9293 section 3.8.4. False: the connection is over. */
  private keepAlive(connection: Connection): bool {
    const core = this.core;
    const settings = connection.settings;
    if (settings.keepAliveIdleMilliseconds === 0) return true;
    const idleSince = connection.heardAtMilliseconds;
    const due = idleSince + settings.keepAliveIdleMilliseconds;
    if (connection.keepAliveProbes === 0 && core.nowMilliseconds < due) {
      connection.lifeAt = due;
      return true;
    }
    if (connection.keepAliveProbes >= settings.keepAliveProbes) {
      count(core.counters.keepAliveDrops);
      this.abort(connection, StackError.ETIMEDOUT);
      return false;
    }
    connection.keepAliveProbes++;
    count(core.counters.keepAliveProbes);
    this.output.probeAlive(connection);
    connection.lifeAt = core.nowMilliseconds + settings.keepAliveIntervalMilliseconds;
    return true;
  }

  /** False: the connection is over. */
  private retransmit(connection: Connection): bool {
    switch (connection.waiting) {
      case Waiting.Handshake:
        return this.synchronize(connection);
      case Waiting.Window:
        return this.window(connection);
      case Waiting.Room:
        this.core.tellWritable(connection);
        return true;
      default:
        return this.acknowledgement(connection);
    }
  }

  private synchronize(connection: Connection): bool {
    const roundTrip = connection.recovery.roundTrip;
    if (
      this.isOverdue(connection) ||
      roundTrip.backoffs >= SYN_RETRANSMISSIONS ||
      (connection.softError !== 0 && roundTrip.backoffs >= SOFT_ERROR_RETRANSMISSIONS)
    ) {
      this.giveUp(connection);
      return false;
    }
    roundTrip.backOff();
    connection.synSentMicroseconds = 0;
    count(this.core.counters.retransmissionTimeouts);
    count(this.core.counters.retransmitted);
    connection.retransmittedSegments++;
    this.output.synchronize(connection, true);
    connection.retransmitAt = this.core.nowMilliseconds + roundTrip.timeoutMilliseconds;
    this.output.limitWait(connection);
    return true;
  }

  private window(connection: Connection): bool {
    if (this.isOverdue(connection)) {
      this.abort(connection, StackError.ETIMEDOUT);
      return false;
    }
    // A peer that answers may keep its window closed as long as it likes (RFC 9293 section 3.8.6.1).
    if (connection.windowProbes >= RETRANSMISSIONS_MAX && !this.heardLately(connection)) {
      this.abort(connection, StackError.ETIMEDOUT);
      return false;
    }
    if (this.output.probeWindow(connection)) return true;
    // Perhaps it is what holds all frames that there are: then nothing would ever be heard or sent again.
    if (this.core.nowMilliseconds - connection.progressAtMilliseconds < STALLED_MILLISECONDS) return true;
    count(this.core.counters.stalledDrops);
    this.output.reset(connection);
    this.core.end(connection, <u32>-StackError.ENOBUFS);
    return false;
  }

  private acknowledgement(connection: Connection): bool {
    const core = this.core;
    if (this.isOverdue(connection)) {
      this.abort(connection, StackError.ETIMEDOUT);
      return false;
    }
    const action = core.recoveries.expired(connection.recovery, core.nowMicroseconds);
    if (action === <u32>RecoveryAction.Timeout) {
      count(core.counters.retransmissionTimeouts);
      const quiet = core.nowMilliseconds - connection.progressAtMilliseconds;
      const isHopeless = connection.recovery.roundTrip.backoffs > RETRANSMISSIONS_MAX;
      const wanted = min<u64>(connection.userTimeoutMilliseconds, RETRANSMISSION_MILLISECONDS_MAX);
      const patience = max<u64>(RETRANSMISSION_MILLISECONDS_MIN, wanted);
      if (isHopeless && quiet >= patience) {
        if (connection.sndWnd !== 0 || !this.heardLately(connection)) {
          this.abort(connection, StackError.ETIMEDOUT);
          return false;
        }
      }
    } else if (action === <u32>RecoveryAction.Probe) {
      this.output.probe(connection);
    }
    this.output.send(connection);
    return true;
  }

  /** The user timeout (RFC 5482, RFC 9293 section 3.9.1.1): data has waited too long for an acknowledgement. */
  private isOverdue(connection: Connection): bool {
    const limit = connection.userTimeoutMilliseconds;
    return limit !== 0 && this.core.nowMilliseconds - connection.progressAtMilliseconds >= limit;
  }

  private heardLately(connection: Connection): bool {
    const quiet = this.core.nowMilliseconds - connection.heardAtMilliseconds;
    return quiet < 4 * <u64>connection.recovery.roundTrip.timeoutMilliseconds || quiet < 240_000;
  }

  private giveUp(connection: Connection): void {
    const error = connection.softError !== 0 ? connection.softError : <u32>-StackError.ETIMEDOUT;
    count(this.core.counters.timedOut);
    this.output.reset(connection);
    this.core.end(connection, error);
  }

  private abort(connection: Connection, error: i32): void {
    count(this.core.counters.timedOut);
    this.output.reset(connection);
    this.core.end(connection, <u32>-error);
  }
}
