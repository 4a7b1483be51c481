import { count, frame_release } from "mirage/framecode";
import { TcpState } from "../interface";
import { FRAMES_MAX } from "./budget";
import {
  Connection,
  FLAG_ACK_DELAYED,
  FLAG_ACK_NOW,
  FLAG_FIN_KNOWN,
  FLAG_FIN_RECEIVED,
  FLAG_ZERO_WINDOW_SENT,
  SAY_END,
} from "./connection";
import { Core } from "./core";
import { Segment } from "./segment";
import { NEVER } from "./timerwheel";
import { FIN } from "./wire";

/** An acknowledgement waits so long for another segment (FreeBSD's net.inet.tcp.delacktime). */
export const DELAYED_ACK_MILLISECONDS: u64 = 40;
/** So many each connection may hold while there are any. */
const RECEIVE_FRAMES_GRANTED: u32 = 1;
/** A round trip for sizing buffers is at least so long. */
const TUNE_MIN_MICROSECONDS: u32 = 200;
/** Fewer bytes in a frame than this, and the frames count instead of the bytes. */
const FRAME_BYTES_WORTH: u32 = 256;

/** Received data on its way to the program: in order, by reference, in bounds. */
export class Receiver {
  constructor(private readonly core: Core) {}

  /** Frames that a connection may hold. */
  private frameLimit(connection: Connection): u32 {
    return 64 + connection.receiveBufferBytes / FRAME_BYTES_WORTH;
  }

  /**
   * What is next needs no more than that the program takes what came before: it is what those that wait are waiting for, and
   * lets them go.
   */
  private hasRoom(connection: Connection, isNext: bool): bool {
    const core = this.core;
    const frames = connection.unconsumedFrames + connection.reassembly.segments;
    if (frames < this.frameLimit(connection) && core.hasShare(connection)) return true;
    if (isNext) return connection.unconsumedFrames < RECEIVE_FRAMES_GRANTED && core.mayHold(connection);
    return frames < RECEIVE_FRAMES_GRANTED && core.heldFrames < FRAMES_MAX;
  }

  /**
   * Payload and FIN of a segment that was trimmed to the window. Takes the reference on the frame if it answers
   * true.
   */
  segment(connection: Connection, segment: Segment): bool {
    if (segment.has(FIN)) {
      connection.flags |= FLAG_FIN_KNOWN;
      connection.rcvFin = segment.seq + segment.length;
    }
    let taken: bool = false;
    if (segment.length !== 0) {
      if (!this.hasRoom(connection, segment.seq === connection.rcvNxt)) {
        count(this.core.counters.dropReceiveFrames);
        connection.flags |= FLAG_ACK_NOW;
        return false;
      }
      if (segment.seq === connection.rcvNxt && connection.reassembly.segments === 0) {
        taken = this.inOrder(connection, segment);
      } else {
        this.outOfOrder(connection, segment);
        taken = true;
      }
    }
    if ((connection.flags & FLAG_FIN_KNOWN) !== 0) {
      if (connection.rcvNxt === connection.rcvFin) this.end(connection);
      else connection.flags |= FLAG_ACK_NOW; // RFC 5681 section 4.2
    }
    return taken;
  }

  /**
   * A buffer that sizes itself doubles when the peer has filled more than half of it in one round trip, and the program
   * keeps up.
   */
  private tune(connection: Connection): void {
    const now = this.core.nowMicroseconds;
    const roundTrip = connection.recovery.roundTrip.smoothedMicroseconds;
    if (now - connection.tuneAtMicroseconds < max(roundTrip, TUNE_MIN_MICROSECONDS)) return;
    const limit = connection.receiveBufferBytes;
    const arrived = connection.rcvNxt - connection.tuneSeq;
    if (
      connection.tuneAtMicroseconds !== 0 &&
      arrived > limit / 2 &&
      connection.unconsumedBytes < limit / 2
    ) {
      const grown = max(limit, min(limit * 2, this.core.tuning.receiveBufferMaxBytes));
      connection.receiveBufferBytes = grown;
      // Behind one lost segment all others of a window wait. Without the memory some must come again.
      const segments = grown / connection.mss;
      this.core.reassemblies.reserve(this.core.reassemblies.used + segments + segments / 2);
    }
    connection.tuneSeq = connection.rcvNxt;
    connection.tuneAtMicroseconds = now;
  }

  /** True if `inOrder` may be called at once. */
  isNext(connection: Connection): bool {
    return connection.reassembly.segments === 0 && this.hasRoom(connection, true);
  }

  /** The next bytes: takes the reference if it answers true. */
  inOrder(connection: Connection, segment: Segment): bool {
    if (!this.deliver(connection, segment.frame, segment.payloadAt, segment.length)) {
      count(this.core.counters.dropNoMemory);
      connection.flags |= FLAG_ACK_NOW;
      return false;
    }
    count(this.core.counters.receivedInOrder);
    if (connection.settings.receiveBufferBytes === 0) this.tune(connection);
    // Two full segments, or one that carries more, are acknowledged at once (RFC 9293 section 3.8.6.3).
    const hurry = FLAG_ACK_DELAYED | FLAG_ZERO_WINDOW_SENT;
    if (segment.length > connection.mss || (connection.flags & hurry) !== 0) {
      connection.flags |= FLAG_ACK_NOW;
    } else {
      connection.flags |= FLAG_ACK_DELAYED;
      connection.delayedAckAt = this.core.nowMilliseconds + DELAYED_ACK_MILLISECONDS;
    }
    return true;
  }

  /** Not the next bytes, or there are others that wait: takes the reference. */
  private outOfOrder(connection: Connection, segment: Segment): void {
    const core = this.core;
    const reassemblies = core.reassemblies;
    connection.flags |= FLAG_ACK_NOW; // RFC 5681 section 4.2
    if (segment.seq === connection.rcvNxt) {
      // Fills the gap: it needs no room among those that wait, which may be what there is none of.
      if (!this.deliver(connection, segment.frame, segment.payloadAt, segment.length)) {
        count(core.counters.dropNoMemory);
        frame_release(segment.frame);
        return;
      }
      count(core.counters.receivedInOrder);
      reassemblies.filled(connection.reassembly, connection.rcvNxt);
    } else {
      count(core.counters.receivedOutOfOrder);
      const waiting = connection.reassembly;
      if (!reassemblies.insert(waiting, segment.frame, segment.payloadAt, segment.seq, segment.length)) {
        count(core.counters.dropReassembly);
      }
      if (connection.earlyUntil === NEVER && waiting.segments !== 0) {
        core.early.renew(connection, core.nowMilliseconds);
        core.changed = true;
      }
      return;
    }
    while (reassemblies.take(connection.reassembly, connection.rcvNxt)) {
      const frame = reassemblies.frame;
      if (!this.deliver(connection, frame, reassemblies.offset, reassemblies.length)) {
        count(core.counters.dropNoMemory);
        frame_release(frame);
        break;
      }
    }
    if (connection.reassembly.segments === 0) core.early.remove(connection);
    else core.early.renew(connection, core.nowMilliseconds);
  }

  /** Takes the reference if it answers true. */
  private deliver(connection: Connection, frame: u32, offset: u32, length: u32): bool {
    if (!this.core.notifier.data(connection, frame, offset, length)) return false;
    connection.rcvNxt += length;
    connection.unconsumedBytes += length;
    connection.unconsumedFrames++;
    this.core.receiveFrames++;
    return true;
  }

  /** The peer's FIN, after all data. */
  private end(connection: Connection): void {
    if ((connection.flags & FLAG_FIN_RECEIVED) !== 0) return;
    connection.flags |= FLAG_FIN_RECEIVED | FLAG_ACK_NOW;
    connection.rcvNxt++;
    this.core.notifier.say(connection, SAY_END);
    switch (connection.state) {
      case TcpState.SynReceived:
      case TcpState.Established:
        this.core.enter(connection, TcpState.CloseWait);
        return;
      case TcpState.FinWait1:
        this.core.enter(connection, TcpState.Closing);
        return;
      default:
        // The acknowledgement is sent first: TIME-WAIT forgets what there is to say.
        return;
    }
  }

  /** The program is done with `bytes`. Returns how many were counted off. */
  consumed(connection: Connection, bytes: u32): u32 {
    const before = connection.unconsumedBytes;
    const done = min(bytes, before);
    connection.unconsumedBytes = before - done;
    // Which frames those lay in nobody has noted: as many as is their share.
    const frames = connection.unconsumedFrames;
    const gone = done === before ? frames : <u32>((<u64>frames * done) / max(before, 1));
    connection.unconsumedFrames = frames - gone;
    this.core.receiveFrames -= gone;
    return done;
  }
}
