import { clock_ns, count, counter_add, NANOSECONDS_PER_MILLISECOND } from "mirage/framecode";
import { TcpState } from "../interface";
import {
  Connection,
  FLAG_CLOSED_SAID,
  FLAG_RELEASED,
  FLAG_SACK,
  FLAG_WRITE_BLOCKED,
  SAY_CLOSED,
  SAY_WRITABLE,
  Waiting,
} from "./connection";
import { Counters } from "./counters";
import { SequenceNumbers } from "./isn";
import { Notifier } from "./notify";
import { Reassemblies } from "./reassembly";
import { Recoveries } from "./recovery";
import { SendQueues } from "./sendqueue";
import { CONNECTIONS_MAX, ConnectionTable } from "./table";
import { NEVER, TimerWheel } from "./timerwheel";
import { Tuning } from "./tuning";

/** Frames in send queues, over all connections. Half of the frames that a program may have by default. */
const SEND_PIECES_MAX: u32 = 2048;
/** Frames that wait for earlier ones, over all connections. */
const REASSEMBLY_FRAMES_MAX: u32 = 1536;
/** Ranges under way, over all connections. */
const SENT_RANGES_MAX: u32 = 16_384;
/** The pools grow by so much with each connection, up to their limits. */
const RECORDS_FIRST: u32 = 512;
const RECORDS_EACH: u32 = 8;
/** A segment's longest life (MSL), a quarter of what RFC 9293 section 3.4.2 says, as FreeBSD has it. */
export const MSL_MILLISECONDS: u64 = 30_000;
/** After `tcp_close` the peer's FIN is awaited for so long (FreeBSD's net.inet.tcp.finwait2_timeout). */
const FIN_WAIT_2_MILLISECONDS: u64 = 60_000;
/** Connections in TIME-WAIT; then the oldest makes room. */
const TIME_WAITS_MAX: u32 = 4096;

/** What all parts of TCP share: tables, clock, timers, statistics; and how a connection ends. */
export class Core {
  readonly counters: Counters = new Counters();
  readonly tuning: Tuning = new Tuning();
  readonly table: ConnectionTable = new ConnectionTable(CONNECTIONS_MAX);
  readonly notifier: Notifier = new Notifier();
  readonly queues: SendQueues = new SendQueues(SEND_PIECES_MAX);
  readonly reassemblies: Reassemblies = new Reassemblies(REASSEMBLY_FRAMES_MAX);
  readonly recoveries: Recoveries = new Recoveries(SENT_RANGES_MAX);
  readonly sequenceNumbers: SequenceNumbers = new SequenceNumbers();
  readonly wheel: TimerWheel = new TimerWheel(clock_ns() / NANOSECONDS_PER_MILLISECOND);
  /** Monotonic, as of the last `tick`. */
  nowMilliseconds: u64 = 0;
  nowMicroseconds: u64 = 0;
  /** A timer was set since the alarm was last told. */
  changed: bool = false;
  /** Frames with data that programs have not consumed. */
  receiveFrames: u32 = 0;
  /** To which a segment came last that waits for earlier ones. */
  lastEarly: Connection | null = null;
  private timeWaits: u32 = 0;
  private oldestTimeWait: Connection | null = null;
  private newestTimeWait: Connection | null = null;

  constructor() {
    this.tick();
  }

  /** Reads the clock: at the beginning of whatever the runtime or the program calls. */
  tick(): void {
    const now = clock_ns();
    this.nowMicroseconds = now / 1000;
    this.nowMilliseconds = now / NANOSECONDS_PER_MILLISECOND;
  }

  /** A connection with room for what it needs; null if there is none. */
  make(): Connection | null {
    const records = RECORDS_FIRST + this.table.used * RECORDS_EACH;
    if (!this.queues.reserve(records) || !this.recoveries.reserve(records)) return null;
    if (!this.reassemblies.reserve(records) || !this.notifier.reserve(records)) return null;
    if (this.table.isFull) this.recycle();
    return this.table.take();
  }

  /** The handshake is over: data may flow. */
  establish(connection: Connection): void {
    connection.state = TcpState.Established;
    connection.waiting = Waiting.Acknowledgement;
    connection.retransmitAt = NEVER;
    this.queues.reset(connection.queue, connection.sndNxt);
    this.reassemblies.reset(connection.reassembly);
    this.recoveries.begin(connection.recovery, connection.sndNxt, connection.mss, connection.has(FLAG_SACK));
    connection.progressAtMilliseconds = this.nowMilliseconds;
    connection.lifeAt = NEVER;
    this.heard(connection);
    count(this.counters.connects);
  }

  /** Our side is closed, the peer's not: if the program is gone, that must not take for ever. */
  awaitFin(connection: Connection): void {
    if (!connection.has(FLAG_RELEASED)) return;
    connection.lifeAt = this.nowMilliseconds + FIN_WAIT_2_MILLISECONDS;
    this.arm(connection);
  }

  /** A segment of the peer's came that makes sense: keepalive begins anew. */
  heard(connection: Connection): void {
    connection.heardAtMilliseconds = this.nowMilliseconds;
    connection.keepAliveProbes = 0;
    const idle = connection.settings.keepAliveIdleMilliseconds;
    if (idle !== 0 && connection.lifeAt === NEVER && connection.state >= <u32>TcpState.Established) {
      connection.lifeAt = this.nowMilliseconds + idle;
      this.arm(connection);
    }
  }

  /**
   * There is no frame to send, and soon none to receive with. Those that wait for earlier ones are given up, as in FreeBSD:
   * if they were all that there may be, the earlier ones could not come in. Peers send them again (RFC 2018 section 8).
   */
  wantFrame(connection: Connection | null): void {
    count(this.counters.sendFailed);
    const early = connection !== null && connection.reassembly.segments !== 0 ? connection : this.lastEarly;
    if (early === null || early.reassembly.segments === 0) return;
    counter_add(this.counters.dropGivenUp, early.reassembly.segments);
    this.reassemblies.reset(early.reassembly);
  }

  /** The program may write again. */
  tellWritable(connection: Connection): void {
    connection.flags &= ~FLAG_WRITE_BLOCKED;
    this.notifier.say(connection, SAY_WRITABLE);
  }

  /** After deadlines of a connection were changed. Later ones need not be told: the timer looks again when it fires. */
  arm(connection: Connection): void {
    let at = min(connection.retransmitAt, connection.delayedAckAt);
    at = min(at, min(connection.lifeAt, connection.lingerAt));
    if (at < connection.timer.deadlineMilliseconds) {
      this.wheel.set(connection.timer, at);
      this.changed = true;
    }
  }

  /** The connection is over: nothing more is sent or received. `errno` 0: as both sides wished. */
  end(connection: Connection, errno: u32): void {
    if (connection.state === TcpState.Closed) return;
    count(this.counters.closed);
    if (connection.state === TcpState.TimeWait) this.leaveTimeWait(connection);
    connection.state = TcpState.Closed;
    this.table.remove(connection);
    this.unset(connection);
    this.wheel.cancel(connection.timer);
    this.dropQueues(connection);
    this.sayClosed(connection, errno);
    this.reap(connection);
  }

  /** Both sides have closed: waits until no segment of the connection can be under way (RFC 9293 section 3.6). */
  timeWait(connection: Connection): void {
    if (connection.state !== TcpState.TimeWait) this.enterTimeWait(connection);
    this.unset(connection);
    this.dropQueues(connection);
    connection.lifeAt = this.nowMilliseconds + 2 * MSL_MILLISECONDS;
    this.arm(connection);
    this.sayClosed(connection, 0);
  }

  private enterTimeWait(connection: Connection): void {
    if (this.timeWaits >= TIME_WAITS_MAX) this.recycle();
    connection.state = TcpState.TimeWait;
    this.timeWaits++;
    const newest = this.newestTimeWait;
    connection.older = newest;
    connection.newer = null;
    if (newest === null) this.oldestTimeWait = connection;
    else newest.newer = connection;
    this.newestTimeWait = connection;
  }

  private leaveTimeWait(connection: Connection): void {
    this.timeWaits--;
    const older = connection.older;
    const newer = connection.newer;
    if (older === null) this.oldestTimeWait = newer;
    else older.newer = newer;
    if (newer === null) this.newestTimeWait = older;
    else newer.older = older;
    connection.older = null;
    connection.newer = null;
  }

  /** Ends the TIME-WAIT that has lasted longest, to make room. */
  private recycle(): void {
    const oldest = this.oldestTimeWait;
    if (oldest === null) return;
    count(this.counters.timeWaitRecycled);
    this.end(oldest, 0);
  }

  /** Gives the connection back once the program has closed it and knows that it is over. */
  reap(connection: Connection): void {
    if (connection.state !== TcpState.Closed || !connection.has(FLAG_RELEASED) || connection.says !== 0)
      return;
    if (connection.used) this.table.give(connection);
  }

  private unset(connection: Connection): void {
    connection.retransmitAt = NEVER;
    connection.delayedAckAt = NEVER;
    connection.lifeAt = NEVER;
    connection.lingerAt = NEVER;
  }

  private dropQueues(connection: Connection): void {
    this.queues.reset(connection.queue, 0);
    this.recoveries.reset(connection.recovery);
    this.reassemblies.reset(connection.reassembly);
    connection.says &= ~SAY_WRITABLE;
    if (connection.has(FLAG_RELEASED)) this.notifier.discard(connection);
  }

  private sayClosed(connection: Connection, errno: u32): void {
    if (connection.has(FLAG_CLOSED_SAID)) return;
    connection.flags |= FLAG_CLOSED_SAID;
    connection.error = errno;
    this.notifier.say(connection, SAY_CLOSED);
  }
}
