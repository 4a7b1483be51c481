/**
 * Finding and repairing losses: what was sent and when (scoreboard), what of it is lost (RACK-TLP, RFC 8985; without SACK
 * the third duplicate acknowledgement, RFC 6582; at last the retransmission timeout, RFC 6298), and how much may be sent
 * (the congestion window; during a recovery in proportion to what arrives, RFC 6937). It knows no headers, sockets or
 * timers: the owner tells what it sent and what was acknowledged, asks what to send, and keeps the one timer that is
 * asked for.
 *
 * @module
 */
import {
  Congestion,
  congestionBegin,
  congestionGrow,
  congestionIdle,
  congestionMeasured,
  congestionReduce,
  congestionTimeout,
} from "./congestion/congestion";
import {
  NEVER_MICROSECONDS,
  probeTimeoutMicroseconds,
  Rack,
  rackDetect,
  rackDuplicate,
  rackRecovered,
  rackUpdate,
  rackWindowMicroseconds,
} from "./rack";
import { RoundTrip } from "./rtt";
import { Scoreboards, SentRange } from "./scoreboard";
import { before, notAfter } from "./sequence";

/** RFC 5681 section 3.2. */
const DUPLICATE_THRESHOLD: u32 = 3;
/** Timestamps are milliseconds. */
const ECHO_RESOLUTION_MICROSECONDS: u32 = 1_000;
/** As many blocks as an option can have. */
export const ACKNOWLEDGED_BLOCKS_MAX: u32 = 4;

/** What the one timer is for. */
export enum RecoveryTimer {
  /** Nothing is under way. */
  None = 0,
  /** What looks lost may only be late (RFC 8985 section 6.2 step 5). */
  Reordering = 1,
  /** The tail may be lost: tail loss probe. */
  Probe = 2,
  Retransmission = 3,
}

/** What `expired` asks for. */
export enum RecoveryAction {
  /** Nothing: the timer was early. Set it again. */
  None = 0,
  /** Ranges are lost: send as after an acknowledgement. */
  Send = 1,
  /**
   * Send one segment whatever the budget says: new data if there is any and the peer's window allows it, else what
   * `probeRange` says. Report it as always.
   */
  Probe = 2,
  /** All is taken for lost, the timeout was doubled. Send as after an acknowledgement. */
  Timeout = 3,
}

/** Where a connection stands. */
export enum RecoveryPhase {
  Open = 0,
  /** Repairing losses (fast recovery), until `recoverSequence` is acknowledged. */
  Repairing = 1,
  /** The same after the retransmission timeout. */
  TimedOut = 2,
}

/** What an acknowledgement says; the owner fills it in. One object, used again for each. */
export class Acknowledgement {
  /** SEG.ACK, checked: not before what was acknowledged, not after what was sent. */
  sequence: u32 = 0;
  /** Monotonic, not 0. */
  nowMicroseconds: u64 = 0;
  /**
   * No data, no FIN, no new window (RFC 5681 section 2): without SACK it is a duplicate if it acknowledges nothing new.
   */
  mayBeDuplicate: bool = false;
  /** It carries the timestamps option; TSecr. */
  hasEcho: bool = false;
  echo: u32 = 0;
  /**
   * Round-trip time by TSecr, with the resolution of its clock; 0: none. Used where it is not certain which transmission
   * arrived.
   */
  echoMicroseconds: u32 = 0;
  /** SACK blocks as in the option: the first may be a D-SACK (RFC 2883). Any values will do. */
  blocks: u32 = 0;
  readonly lefts: StaticArray<u32> = new StaticArray<u32>(ACKNOWLEDGED_BLOCKS_MAX);
  readonly rights: StaticArray<u32> = new StaticArray<u32>(ACKNOWLEDGED_BLOCKS_MAX);

  // What `acknowledge` found.

  /** Bytes by which the left edge moved. */
  acknowledgedBytes: u32 = 0;
  /** Bytes that have newly arrived, acknowledged or in SACK blocks. */
  deliveredBytes: u32 = 0;
  /** Bytes newly taken for lost. */
  lostBytes: u32 = 0;
  /** Bytes that arrived twice (D-SACK). */
  duplicateBytes: u32 = 0;
  /** A recovery has begun with this acknowledgement. */
  recoveryBegan: bool = false;
  /** A recovery turned out to be needless, and was undone. */
  undone: bool = false;
  /** Blocks that made no sense. */
  badBlocks: u32 = 0;
}

/** One connection's. `Recoveries` does everything with it. */
export class Recovery extends Rack {
  readonly congestion: Congestion = new Congestion();
  readonly roundTrip: RoundTrip = new RoundTrip();
  /** Both sides sent SACK-permitted. */
  sackPermitted: bool = false;
  /** A `RecoveryPhase`. */
  phase: u32 = RecoveryPhase.Open;
  /** Repairing ends when this is acknowledged (RFC 6582's recover). */
  recoverSequence: u32 = 0;
  /** Duplicate acknowledgements in a row, without SACK. */
  duplicates: u32 = 0;
  /** Duplicates say nothing until `recoverSequence` is acknowledged: they may be for what was sent twice (RFC 6582 section 4). */
  duplicatesHeld: bool = false;
  /** ECN says nothing new until `recoverSequence` is acknowledged. */
  ecnHeld: bool = false;
  /** The retransmission timeout counts from here. */
  timeoutBase: u64 = 0;
  /** The probe timeout counts from here. */
  probeBase: u64 = 0;
  /** A probe was sent, and what was sent by then is not acknowledged. */
  probePending: bool = false;
  /** The next segment sent is the probe. */
  probeAsked: bool = false;
  probeRetransmitted: bool = false;
  probeEnd: u32 = 0;
  /** RFC 6937: delivered and sent since the recovery began, and what was under way then. */
  repairDeliveredBytes: u32 = 0;
  repairSentBytes: u32 = 0;
  repairFlightBytes: u32 = 0;
  /** What to go back to if the recovery was needless; window 0: it was not, or nobody knows. */
  undoWindowBytes: u32 = 0;
  undoThresholdBytes: u32 = 0;
  undoMaximumBytes: u32 = 0;
  /** Bytes sent again of which no duplicate was reported. */
  undoSentBytes: u32 = 0;
  /** Once the recovery is over it can be undone until this is acknowledged. */
  undoSequence: u32 = 0;
  /** TSval of the first segment that was sent again (RFC 3522). */
  undoTimestamp: u32 = 0;
  hasUndoTimestamp: bool = false;
  /** There was such a segment in this recovery, whether or not it was acknowledged: later ones tell nothing. */
  undoAsked: bool = false;
  /** The window was what limited sending since the last acknowledgement. */
  windowLimited: bool = false;
}

/** All connections'. */
export class Recoveries {
  /** The one `acknowledge` looks at. */
  readonly ack: Acknowledgement = new Acknowledgement();
  private readonly boards: Scoreboards;

  /** @param limit Most ranges under way in all connections together. */
  constructor(limit: u32) {
    this.boards = new Scoreboards(limit);
  }

  /** Grows the memory, when a connection is made. False: there is none left. */
  reserve(ranges: u32): bool {
    return this.boards.reserve(ranges);
  }

  /** Ranges in use. */
  get used(): u32 {
    return this.boards.used;
  }

  /**
   * A new connection, whose handshake is over; `sequence` is the first to send. Leaves `roundTrip` and the algorithm as
   * they are. The owner must have called `reset` if the object was in use before.
   */
  begin(recovery: Recovery, sequence: u32, mss: u32, sackPermitted: bool): void {
    this.boards.reset(recovery, sequence);
    recovery.rackReset();
    congestionBegin(recovery.congestion, mss);
    recovery.sackPermitted = sackPermitted;
    recovery.phase = RecoveryPhase.Open;
    recovery.recoverSequence = sequence;
    recovery.duplicates = 0;
    recovery.duplicatesHeld = false;
    recovery.ecnHeld = false;
    recovery.timeoutBase = 0;
    recovery.probeBase = 0;
    recovery.probePending = false;
    recovery.probeAsked = false;
    recovery.windowLimited = false;
    this.forgetUndo(recovery);
  }

  /** Gives back all memory. */
  reset(recovery: Recovery): void {
    this.boards.reset(recovery, recovery.endSequence);
  }

  /**
   * The path's MTU changed. If it shrank, what is under way in longer segments counts as lost, but not as congestion
   * (RFC 1191 section 6.4, RFC 8201 section 5.4).
   */
  changeMss(recovery: Recovery, mss: u32): void {
    const smaller = mss < recovery.congestion.mss;
    recovery.congestion.mss = mss;
    // A window of less than a segment would never let one go, also if segments have grown.
    recovery.congestion.windowBytes = max(recovery.congestion.windowBytes, mss);
    if (!smaller) return;
    recovery.assumedBytes = 0;
    this.boards.markAllLost(recovery);
  }

  /** Nothing was sent for longer than the timeout: the window is the initial one again (RFC 5681 section 4.1). */
  restart(recovery: Recovery): void {
    if (recovery.outstandingBytes === 0) congestionIdle(recovery.congestion);
  }

  /**
   * Bytes that may be sent now, retransmissions first. Less than a full segment is sent only if there is no more; ask
   * again after each transmission.
   */
  budgetBytes(recovery: Recovery): u32 {
    const window = recovery.congestion.windowBytes;
    const flight = recovery.flightBytes;
    return window > flight ? window - flight : 0;
  }

  /** False: no memory to remember another range; send no new data until something is acknowledged. */
  canSend(recovery: Recovery): bool {
    return this.boards.canAppend(recovery);
  }

  /** New data was sent, `length` numbers from `sequence` (SND.NXT) on: payload and FIN, one segment or several. */
  sent(recovery: Recovery, sequence: u32, length: u32, nowMicroseconds: u64): void {
    if (recovery.outstandingBytes === 0) recovery.timeoutBase = nowMicroseconds;
    recovery.probeBase = nowMicroseconds;
    this.boards.append(recovery, sequence, length, nowMicroseconds);
    this.afterSending(recovery, length, false);
  }

  /** The first range that is lost and not yet sent again; null: none. */
  nextLost(recovery: Recovery): SentRange | null {
    return this.boards.nextLost(recovery);
  }

  /**
   * The first `length` numbers of a range were sent again.
   *
   * @param timestamp Its TSval, to tell later which transmission was acknowledged; 0: none.
   */
  resent(recovery: Recovery, range: SentRange, length: u32, nowMicroseconds: u64, timestamp: u32): void {
    if (range.start === recovery.startSequence) recovery.timeoutBase = nowMicroseconds;
    recovery.undoSentBytes += length;
    if (timestamp !== 0 && !recovery.undoAsked && recovery.phase !== <u32>RecoveryPhase.Open) {
      recovery.undoAsked = true;
      recovery.hasUndoTimestamp = true;
      recovery.undoTimestamp = timestamp;
    }
    this.boards.resent(recovery, range, length, nowMicroseconds);
    this.afterSending(recovery, length, true);
  }

  private afterSending(recovery: Recovery, length: u32, again: bool): void {
    recovery.repairSentBytes += length;
    const congestion = recovery.congestion;
    if (recovery.flightBytes + congestion.mss > congestion.windowBytes) recovery.windowLimited = true;
    if (recovery.probeAsked) {
      recovery.probeAsked = false;
      recovery.probeRetransmitted = again;
      recovery.probeEnd = recovery.endSequence;
    }
  }

  /** An acknowledgement, in `ack`. Then release the queue, and send. */
  acknowledge(recovery: Recovery): void {
    const ack = this.ack;
    const boards = this.boards;
    const now = ack.nowMicroseconds;
    const mss = recovery.congestion.mss;
    const outstanding = recovery.outstandingBytes;
    ack.acknowledgedBytes = ack.sequence - recovery.startSequence;
    ack.lostBytes = 0;
    ack.duplicateBytes = 0;
    ack.recoveryBegan = false;
    ack.undone = false;
    ack.badBlocks = 0;
    boards.beginDelivery();
    const advanced = ack.acknowledgedBytes !== 0;
    if (advanced) boards.acknowledge(recovery, ack.sequence);
    if (recovery.sackPermitted) this.takeBlocks(recovery);
    ack.deliveredBytes = boards.deliveredBytes;
    const measured = this.measure(recovery);
    congestionMeasured(recovery.congestion, ack.sequence, recovery.endSequence, measured);
    if (advanced) {
      recovery.timeoutBase = now;
      recovery.probeBase = now;
      recovery.roundTrip.endBackoff();
      if (notAfter(recovery.recoverSequence, ack.sequence)) {
        recovery.duplicatesHeld = false;
        recovery.ecnHeld = false;
      }
    }
    this.undoIfNeedless(recovery, advanced);
    let isPartial: bool = false;
    if (recovery.phase !== <u32>RecoveryPhase.Open && advanced) {
      if (notAfter(recovery.recoverSequence, ack.sequence)) this.endRepair(recovery);
      else isPartial = true;
    }
    if (recovery.sackPermitted) {
      rackUpdate(recovery, boards, now);
      ack.lostBytes = this.detect(recovery, now);
    } else {
      this.countDuplicates(recovery, advanced, isPartial, outstanding);
    }
    this.probeAnswered(recovery, advanced, outstanding);
    if (recovery.phase === <u32>RecoveryPhase.Open) {
      if (recovery.lostBytes !== 0 && ack.lostBytes !== 0) {
        this.beginRepair(recovery, outstanding, RecoveryPhase.Repairing);
        ack.recoveryBegan = true;
      } else if (recovery.windowLimited && advanced) {
        recovery.windowLimited = false;
        congestionGrow(
          recovery.congestion,
          ack.acknowledgedBytes,
          now,
          recovery.roundTrip.smoothedMicroseconds,
        );
      }
    }
    if (recovery.phase === <u32>RecoveryPhase.Repairing) this.reduceInProportion(recovery, advanced);
    else if (recovery.phase === <u32>RecoveryPhase.TimedOut && ack.deliveredBytes !== 0) {
      // Without SACK a jump of the left edge says little about what arrived just now.
      const arrived = recovery.sackPermitted ? ack.deliveredBytes : min(ack.deliveredBytes, mss);
      congestionGrow(recovery.congestion, arrived, now, recovery.roundTrip.smoothedMicroseconds);
    }
  }

  /** ECN: the peer has seen congestion (RFC 3168 section 6.1.2); counts once for each window. True: tell the peer (CWR). */
  congestionExperienced(recovery: Recovery): bool {
    if (recovery.ecnHeld) return false;
    recovery.ecnHeld = true;
    // Less is sent already, for what was lost in the same window.
    if (recovery.phase !== <u32>RecoveryPhase.Open) return true;
    recovery.recoverSequence = recovery.endSequence;
    congestionReduce(recovery.congestion, recovery.outstandingBytes);
    recovery.congestion.windowBytes = recovery.congestion.thresholdBytes;
    return true;
  }

  /** What to probe with, when there is no new data: the last segment; null: nothing is under way. */
  probeRange(recovery: Recovery): SentRange | null {
    return this.boards.lastInFlight(recovery, recovery.congestion.mss);
  }

  /** Which timer is needed now: a `RecoveryTimer`. */
  timer(recovery: Recovery): u32 {
    if (recovery.outstandingBytes === 0) return RecoveryTimer.None;
    if (recovery.reorderingDeadline !== NEVER_MICROSECONDS) return RecoveryTimer.Reordering;
    if (this.mayProbe(recovery) && this.probeDeadline(recovery) < this.timeoutDeadline(recovery)) {
      return RecoveryTimer.Probe;
    }
    return RecoveryTimer.Retransmission;
  }

  /** When `expired` must be called; `u64.MAX_VALUE`: never. Ask after anything that was sent or acknowledged. */
  deadlineMicroseconds(recovery: Recovery): u64 {
    switch (this.timer(recovery)) {
      case RecoveryTimer.None:
        return NEVER_MICROSECONDS;
      case RecoveryTimer.Reordering:
        return min(recovery.reorderingDeadline, this.timeoutDeadline(recovery));
      case RecoveryTimer.Probe:
        return this.probeDeadline(recovery);
      default:
        return this.timeoutDeadline(recovery);
    }
  }

  /** The timer has run out. Returns a `RecoveryAction`. */
  expired(recovery: Recovery, nowMicroseconds: u64): u32 {
    const timer = this.timer(recovery);
    if (timer === <u32>RecoveryTimer.None || nowMicroseconds < this.deadlineMicroseconds(recovery)) {
      return RecoveryAction.None;
    }
    if (timer === <u32>RecoveryTimer.Reordering && nowMicroseconds >= recovery.reorderingDeadline) {
      const outstanding = recovery.outstandingBytes;
      if (this.detect(recovery, nowMicroseconds) === 0) return RecoveryAction.None;
      if (recovery.phase === <u32>RecoveryPhase.Open) {
        this.beginRepair(recovery, outstanding, RecoveryPhase.Repairing);
        this.allowFirst(recovery);
      }
      return RecoveryAction.Send;
    }
    if (timer === <u32>RecoveryTimer.Probe) {
      recovery.probePending = true;
      recovery.probeAsked = true;
      recovery.probeRetransmitted = false;
      recovery.probeEnd = recovery.endSequence;
      // The timeout is for the probe now (RFC 8985 section 7.3).
      recovery.timeoutBase = nowMicroseconds;
      return RecoveryAction.Probe;
    }
    this.timedOut(recovery, nowMicroseconds);
    return RecoveryAction.Timeout;
  }

  private timedOut(recovery: Recovery, nowMicroseconds: u64): void {
    const boards = this.boards;
    recovery.timeoutBase = nowMicroseconds;
    recovery.roundTrip.backOff();
    recovery.reorderingDeadline = NEVER_MICROSECONDS;
    recovery.probePending = false;
    recovery.probeAsked = false;
    recovery.assumedBytes = 0;
    if (boards.isReneged(recovery)) boards.forgetSacked(recovery);
    // RFC 5681 section 3.1: the threshold stays when the same data times out again.
    if (recovery.phase !== <u32>RecoveryPhase.TimedOut) {
      this.beginRepair(recovery, recovery.outstandingBytes, RecoveryPhase.TimedOut);
    }
    boards.markAllLost(recovery);
    recovery.recoverSequence = recovery.endSequence;
    congestionTimeout(recovery.congestion);
  }

  /** SACK blocks in ascending order, so that what is reported late does not look reordered. */
  private takeBlocks(recovery: Recovery): void {
    const ack = this.ack;
    const count = min(ack.blocks, ACKNOWLEDGED_BLOCKS_MAX);
    if (count === 0) return;
    const start = recovery.startSequence;
    const end = recovery.endSequence;
    let from: u32 = 0;
    if (this.isDuplicate(start, count)) {
      from = 1;
      ack.duplicateBytes = unchecked(ack.rights[0]) - unchecked(ack.lefts[0]);
      rackDuplicate(recovery);
    }
    let lowest = start;
    for (let done = from; done < count; done++) {
      let chosen: i32 = -1;
      for (let i = from; i < count; i++) {
        const left = unchecked(ack.lefts[i]);
        if (before(left, lowest) || (chosen >= 0 && !before(left, unchecked(ack.lefts[chosen])))) continue;
        chosen = i;
      }
      if (chosen < 0) return;
      const left = unchecked(ack.lefts[chosen]);
      const right = unchecked(ack.rights[chosen]);
      lowest = left + 1;
      if (before(left, right) && notAfter(right, end)) this.boards.sack(recovery, left, right);
      else ack.badBlocks++;
    }
  }

  /** The first block is about what was acknowledged before, or lies in the second one (RFC 2883 section 4). */
  private isDuplicate(start: u32, count: u32): bool {
    const ack = this.ack;
    const left = unchecked(ack.lefts[0]);
    const right = unchecked(ack.rights[0]);
    if (!before(left, right)) return false;
    if (notAfter(right, start)) return start - left < 0x40000000;
    if (count < 2) return false;
    return notAfter(unchecked(ack.lefts[1]), left) && notAfter(right, unchecked(ack.rights[1]));
  }

  /** Returns the new measurement in microseconds; 0: none. */
  private measure(recovery: Recovery): u32 {
    const ack = this.ack;
    const sent = this.boards.certainMicroseconds;
    const echo = ack.acknowledgedBytes !== 0 ? ack.echoMicroseconds : 0;
    let sample: u32 = 0;
    if (sent !== 0) {
      sample = max(<u32>min(ack.nowMicroseconds - sent, 0x7fffffff), 1);
      // The acknowledgement that would have come for it was lost: this one answers what was sent later.
      if (echo !== 0) sample = min(sample, echo + ECHO_RESOLUTION_MICROSECONDS);
    } else if (echo !== 0) {
      // It may answer an earlier transmission, or acknowledgements were lost before it. A round trip that is longer than the timeout
      // still shows, but in steps.
      sample = min(echo, recovery.roundTrip.timeoutAfter(0) * 1000);
    }
    if (sample !== 0) recovery.roundTrip.measured(sample);
    return sample;
  }

  private detect(recovery: Recovery, nowMicroseconds: u64): u32 {
    const window = rackWindowMicroseconds(
      recovery,
      recovery.congestion.mss,
      recovery.phase !== <u32>RecoveryPhase.Open,
      recovery.roundTrip.smoothedMicroseconds,
    );
    return rackDetect(recovery, this.boards, window, nowMicroseconds);
  }

  /** NewReno (RFC 6582): losses by duplicate acknowledgements, one a round trip. */
  private countDuplicates(recovery: Recovery, advanced: bool, isPartial: bool, outstanding: u32): void {
    const ack = this.ack;
    const boards = this.boards;
    const mss = recovery.congestion.mss;
    const lostBefore = recovery.lostBytes;
    if (advanced) {
      recovery.duplicates = 0;
      // One of the segments acknowledged was the hole; the others had been counted by their duplicates.
      const counted = ack.acknowledgedBytes > mss ? ack.acknowledgedBytes - mss : 0;
      recovery.assumedBytes =
        isPartial && recovery.assumedBytes > counted ? recovery.assumedBytes - counted : 0;
      if (isPartial && recovery.phase === <u32>RecoveryPhase.Repairing) boards.markFirstLost(recovery, mss);
    } else if (ack.mayBeDuplicate && outstanding !== 0) {
      recovery.duplicates++;
      // Each stands for a segment that has arrived: so new data may go out (RFC 3042).
      if (recovery.phase !== <u32>RecoveryPhase.TimedOut && recovery.assumedBytes + mss < outstanding) {
        recovery.assumedBytes += mss;
        ack.deliveredBytes = mss;
      }
      const isThird = recovery.duplicates === DUPLICATE_THRESHOLD;
      if (isThird && recovery.phase === <u32>RecoveryPhase.Open && !recovery.duplicatesHeld) {
        boards.markFirstLost(recovery, mss);
      }
    }
    ack.lostBytes = recovery.lostBytes - lostBefore;
  }

  private beginRepair(recovery: Recovery, outstanding: u32, phase: u32): void {
    const congestion = recovery.congestion;
    if (recovery.phase === <u32>RecoveryPhase.Open) {
      recovery.undoWindowBytes = congestion.windowBytes;
      recovery.undoThresholdBytes = congestion.thresholdBytes;
      recovery.undoMaximumBytes = congestion.maximumBytes;
      recovery.undoSentBytes = 0;
      recovery.hasUndoTimestamp = false;
      recovery.undoAsked = false;
    }
    recovery.phase = phase;
    recovery.recoverSequence = recovery.endSequence;
    recovery.repairDeliveredBytes = 0;
    recovery.repairSentBytes = 0;
    recovery.repairFlightBytes = max(outstanding, congestion.mss);
    recovery.probePending = false;
    congestionReduce(congestion, outstanding);
  }

  private endRepair(recovery: Recovery): void {
    const congestion = recovery.congestion;
    if (recovery.phase === <u32>RecoveryPhase.Repairing) {
      congestion.windowBytes = congestion.thresholdBytes;
    }
    recovery.phase = RecoveryPhase.Open;
    recovery.assumedBytes = 0;
    recovery.duplicates = 0;
    recovery.duplicatesHeld = true;
    recovery.windowLimited = false;
    rackRecovered(recovery);
    recovery.hasUndoTimestamp = false;
    recovery.undoSequence = recovery.endSequence;
  }

  /** Proportional rate reduction (RFC 9937, before it RFC 6937): the window follows what arrives, down to the threshold. */
  private reduceInProportion(recovery: Recovery, advanced: bool): void {
    const ack = this.ack;
    const congestion = recovery.congestion;
    const delivered = ack.deliveredBytes;
    recovery.repairDeliveredBytes += delivered;
    const arrived = recovery.repairDeliveredBytes;
    const gone = recovery.repairSentBytes;
    const threshold = congestion.thresholdBytes;
    const flight = recovery.flightBytes;
    let room: u32 = 0;
    if (flight > threshold) {
      const share =
        (<u64>arrived * <u64>threshold + <u64>recovery.repairFlightBytes - 1) /
        <u64>recovery.repairFlightBytes;
      room = share > <u64>gone ? <u32>(share - <u64>gone) : 0;
    } else {
      // As much as arrives, and a segment more while it goes well: slow start.
      const owed = arrived > gone ? arrived - gone : 0;
      const limit = max(owed, delivered) + (advanced && ack.lostBytes === 0 ? congestion.mss : 0);
      room = min(threshold - flight, limit);
    }
    congestion.windowBytes = flight + room;
    // Nothing under way: nothing would arrive that lets more out.
    if (gone === 0 || flight === 0) this.allowFirst(recovery);
  }

  /** The first retransmission goes out at once. */
  private allowFirst(recovery: Recovery): void {
    const congestion = recovery.congestion;
    congestion.windowBytes = max(congestion.windowBytes, recovery.flightBytes + congestion.mss);
  }

  /** Eifel detection (RFC 3522) and duplicates of all that was sent again; the response of RFC 4015 section 3.2. */
  private undoIfNeedless(recovery: Recovery, advanced: bool): void {
    const ack = this.ack;
    if (recovery.undoWindowBytes === 0) return;
    // The duplicates are reported when the recovery is over: a window longer it can be undone.
    const isOver = recovery.phase === <u32>RecoveryPhase.Open;
    if (isOver && before(recovery.undoSequence, ack.sequence)) {
      this.forgetUndo(recovery);
      return;
    }
    let needless: bool = false;
    if (ack.duplicateBytes !== 0 && recovery.undoSentBytes !== 0) {
      recovery.undoSentBytes -= min(ack.duplicateBytes, recovery.undoSentBytes);
      needless = recovery.undoSentBytes === 0 && recovery.lostBytes === 0;
    }
    if (!isOver && advanced && recovery.hasUndoTimestamp) {
      if (ack.hasEcho && before(ack.echo, recovery.undoTimestamp)) needless = true;
      // Only the first acknowledgement after the retransmission tells.
      else if (!needless) recovery.hasUndoTimestamp = false;
    }
    if (!needless) return;
    const congestion = recovery.congestion;
    congestion.windowBytes = max(congestion.windowBytes, recovery.undoWindowBytes);
    congestion.thresholdBytes = recovery.undoThresholdBytes;
    congestion.maximumBytes = recovery.undoMaximumBytes;
    congestion.epochMicroseconds = 0;
    this.boards.forgetLost(recovery);
    recovery.phase = RecoveryPhase.Open;
    recovery.assumedBytes = 0;
    recovery.windowLimited = false;
    this.forgetUndo(recovery);
    ack.undone = true;
  }

  private forgetUndo(recovery: Recovery): void {
    recovery.undoWindowBytes = 0;
    recovery.undoSentBytes = 0;
    recovery.hasUndoTimestamp = false;
    recovery.undoAsked = false;
  }

  /** RFC 8985 section 7.4.2. */
  private probeAnswered(recovery: Recovery, advanced: bool, outstanding: u32): void {
    const ack = this.ack;
    if (!recovery.probePending || before(ack.sequence, recovery.probeEnd)) return;
    const atEnd = ack.sequence === recovery.probeEnd;
    if (recovery.probeRetransmitted && ack.duplicateBytes === 0) {
      // Which of both has arrived is not known yet: a D-SACK, a duplicate or an acknowledgement of later data will tell.
      if (atEnd && (advanced || ack.blocks !== 0)) return;
      if (!atEnd && recovery.phase === <u32>RecoveryPhase.Open) {
        // The probe has repaired a loss that nobody else noticed.
        congestionReduce(recovery.congestion, outstanding);
        recovery.congestion.windowBytes = recovery.congestion.thresholdBytes;
      }
    }
    recovery.probePending = false;
  }

  private mayProbe(recovery: Recovery): bool {
    return (
      recovery.sackPermitted &&
      recovery.phase === <u32>RecoveryPhase.Open &&
      !recovery.probePending &&
      recovery.sackedBytes === 0 &&
      recovery.flightBytes !== 0
    );
  }

  private probeDeadline(recovery: Recovery): u64 {
    const timeout = probeTimeoutMicroseconds(
      recovery,
      recovery.congestion.mss,
      recovery.roundTrip.smoothedMicroseconds,
    );
    return recovery.probeBase + timeout;
  }

  private timeoutDeadline(recovery: Recovery): u64 {
    return recovery.timeoutBase + <u64>recovery.roundTrip.timeoutMilliseconds * 1000;
  }
}
