import { clock_ns, count, counter_add, NANOSECONDS_PER_MILLISECOND, probe_enabled } from "mirage/framecode";
import { StackError, TcpState } from "../interface";
import { StackProbe } from "../probes";
import {
  FRAMES_MAX,
  FRAMES_RESERVE,
  FRAMES_SCARCE,
  STALLED_LOOKS,
  STALLED_MILLISECONDS,
  shareOf,
} from "./budget";
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
import { EarlyList } from "./early";
import { SequenceNumbers } from "./isn";
import { Notifier } from "./notify";
import { TcpProbes } from "./probes";
import { Reassemblies } from "./reassembly";
import { Recoveries } from "./recovery";
import { SendQueues } from "./sendqueue";
import { CONNECTIONS_MAX, ConnectionTable } from "./table";
import { NEVER, TimerWheel } from "./timerwheel";
import { Tuning } from "./tuning";

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

/** Tells the peer of a connection that it is gone. */
export interface Resets {
  reset(connection: Connection): void;
}

/** What all parts of TCP share: tables, clock, timers, statistics; and how a connection ends. */
export class Core {
  readonly counters: Counters = new Counters();
  readonly tuning: Tuning = new Tuning();
  readonly table: ConnectionTable = new ConnectionTable(CONNECTIONS_MAX);
  readonly notifier: Notifier = new Notifier();
  readonly probes: TcpProbes = new TcpProbes(this.table);
  readonly queues: SendQueues = new SendQueues(FRAMES_MAX + FRAMES_RESERVE, RECORDS_FIRST);
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
  readonly early: EarlyList = new EarlyList();
  /** Who tells a peer that its connection is gone. */
  resets: Resets | null = null;
  /** Where the next look for a stalled connection begins. */
  private hand: u32 = 0;
  /** The reset of who is given up may find no frame, too. */
  private isReclaiming: bool = false;
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

  /** Gives a connection another `TcpState`. */
  enter(connection: Connection, state: u32): void {
    const previous = connection.state;
    connection.state = state;
    if (probe_enabled(StackProbe.TcpStateChange)) this.probes.changed(connection, previous);
  }

  /** The handshake is over: data may flow. */
  establish(connection: Connection): void {
    this.enter(connection, TcpState.Established);
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

  /** Frames that all connections hold. */
  get heldFrames(): u32 {
    return this.receiveFrames + this.reassemblies.used + this.queues.used;
  }

  /** May a connection hold one more, with what it and the others have? */
  hasShare(connection: Connection): bool {
    const own = connection.unconsumedFrames + connection.reassembly.segments + connection.queue.count;
    return this.heldFrames + shareOf(own) < FRAMES_MAX;
  }

  /** Who has not taken what came gets no more window. */
  get isScarce(): bool {
    return this.heldFrames >= FRAMES_SCARCE;
  }

  /**
   * May a connection that has nothing of its kind hold one more frame? If there is none left, others give up what they hold; and
   * one that has got on before, and keeps nothing waiting, gets one of those that are kept for such.
   */
  mayHold(connection: Connection): bool {
    let held = this.heldFrames;
    if (held < FRAMES_MAX) return true;
    this.reclaim(connection);
    held = this.heldFrames;
    if (held < FRAMES_MAX) return true;
    return held < FRAMES_MAX + FRAMES_RESERVE && isSound(connection);
  }

  /**
   * Frames have run out: those that wait for earlier ones are given up, first those that have waited for longest (FreeBSD drains
   * its reassembly queues when mbufs run out); if there are none, a connection that has stalled is.
   */
  private reclaim(except: Connection | null): void {
    if (this.isReclaiming) return;
    const early = this.early.first(except);
    if (early !== null) {
      this.giveUpEarly(early);
      return;
    }
    this.isReclaiming = true;
    this.dropStalled(except);
    this.isReclaiming = false;
  }

  /** Peers send it again (RFC 2018 section 8). */
  private giveUpEarly(connection: Connection): void {
    counter_add(this.counters.dropGivenUp, connection.reassembly.segments);
    this.reassemblies.reset(connection.reassembly);
    this.early.remove(connection);
  }

  /** What has waited too long for earlier segments. */
  expireEarly(): void {
    let connection = this.early.first(null);
    while (connection !== null && connection.earlyUntil <= this.nowMilliseconds) {
      this.giveUpEarly(connection);
      connection = this.early.first(null);
    }
  }

  /** Ends a connection whose peer has not taken for long what is queued for it (RFC 6429 section 4). */
  private dropStalled(except: Connection | null): void {
    const table = this.table;
    for (let looks = min(table.size, STALLED_LOOKS); looks > 0; looks--) {
      this.hand = this.hand + 1 < table.size ? this.hand + 1 : 0;
      const connection = table.inSlot(this.hand);
      if (connection === except || !connection.used || connection.queue.count === 0) continue;
      if (this.nowMilliseconds - connection.progressAtMilliseconds < STALLED_MILLISECONDS) continue;
      count(this.counters.stalledDrops);
      const resets = this.resets;
      if (resets !== null) resets.reset(connection);
      this.end(connection, <u32>-StackError.ENOBUFS);
      return;
    }
  }

  /**
   * There is no frame to send, and soon none to receive with. A connection's own early segments go first: if they were all that
   * there may be, the ones before them could not come in.
   */
  wantFrame(connection: Connection | null): void {
    count(this.counters.sendFailed);
    if (connection !== null && connection.reassembly.segments !== 0) this.giveUpEarly(connection);
    else this.reclaim(connection);
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
    this.enter(connection, TcpState.Closed);
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
    this.enter(connection, TcpState.TimeWait);
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
    this.early.remove(connection);
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

/**
 * It has got on before: its peer has taken something, or has only ever sent, and the program has taken all of that. And it does not
 * hold more than what it needs for that.
 */
function isSound(connection: Connection): bool {
  const own = connection.unconsumedFrames + connection.reassembly.segments + connection.queue.count;
  if (connection.sndUna !== connection.iss + 1) return own <= 1;
  return own === 0 && connection.queue.end === connection.iss + 1 && connection.rcvNxt !== connection.irs + 1;
}
