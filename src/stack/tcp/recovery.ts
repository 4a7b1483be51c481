/**
 * Finding and repairing losses: what was sent and when (scoreboard), what of it is lost (RACK-TLP, RFC 8985; without SACK the
 * third duplicate acknowledgement, RFC 6582; the retransmission timeout, RFC 6298), and how much may be sent (congestion window,
 * RFC 5681, RFC 9438; during a recovery in proportion to what arrives, RFC 6937). It knows no headers, sockets or timers: the
 * owner tells what it sent and what was acknowledged, asks what to send, and keeps the one timer that is asked for.
 *
 * @module
 */
import { Congestion } from "./congestion/congestion";
import { RoundTrip } from "./rtt";
import { Scoreboard, SentRange } from "./scoreboard";

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
  /** Send one segment: new data if there is any and the peer's window allows it, else what `probeRange` says. Either way report it. */
  Probe = 2,
  /** The retransmission timeout: all is taken for lost, the timeout was doubled. Send as after an acknowledgement. */
  Timeout = 3,
}

/** What an acknowledgement says; the owner fills it in. One object, used again for each. */
export class Acknowledgement {
  /** SEG.ACK, checked: not before what was acknowledged, not after what was sent. */
  sequence: u32 = 0;
  nowMicroseconds: u64 = 0;
  /** No data, no FIN, no new window (RFC 5681 section 2): counts as a duplicate if it acknowledges nothing new and there is no SACK. */
  mayBeDuplicate: bool = false;
  /** It carries the timestamps option; TSecr. */
  hasEcho: bool = false;
  echo: u32 = 0;
  /** Round-trip time by TSecr, which has its clock's resolution; 0: none. Used where transmit times are ambiguous. */
  echoMicroseconds: u32 = 0;
  /** SACK blocks as in the option: the first may be a D-SACK (RFC 2883). */
  blocks: u32 = 0;
  readonly lefts: StaticArray<u32> = new StaticArray<u32>(4);
  readonly rights: StaticArray<u32> = new StaticArray<u32>(4);

  // What `acknowledge` found.

  /** Bytes by which the left edge moved. */
  acknowledgedBytes: u32 = 0;
  /** Bytes that are known to have arrived since the last acknowledgement, by either way. */
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

/** One connection's. */
export class Recovery extends Scoreboard {
  readonly congestion: Congestion = new Congestion();
  readonly roundTrip: RoundTrip = new RoundTrip();
  /** Both sides sent SACK-permitted. */
  sackPermitted: bool = false;
}

/** All connections'. */
export class Recoveries {
  /** The one `acknowledge` looks at. */
  readonly ack: Acknowledgement = new Acknowledgement();

  /** @param limit Most ranges under way in all connections together. */
  constructor(limit: u32) {}

  /** Grows the memory, when a connection is made. False: there is none left. */
  reserve(ranges: u32): bool {
    return false;
  }

  /** Ranges in use. */
  get used(): u32 {
    return 0;
  }

  /** A new connection, whose handshake is over. `sequence`: the first one to send. Leaves `roundTrip` and the algorithm alone. */
  begin(recovery: Recovery, sequence: u32, mss: u32, sackPermitted: bool): void {}

  /** Gives back all memory. */
  reset(recovery: Recovery): void {}

  /** The path's MTU changed. What is under way in longer segments counts as lost, but not as congestion (RFC 8201 section 5.4). */
  changeMss(recovery: Recovery, mss: u32): void {}

  /** Nothing was sent for longer than the timeout: the window is the initial one again (RFC 5681 section 4.1). */
  restart(recovery: Recovery): void {}

  /**
   * Bytes that may be sent now, retransmissions first. Of less than a full segment nothing may be sent, unless it is all there is;
   * ask again for each segment.
   */
  budgetBytes(recovery: Recovery): u32 {
    return 0;
  }

  /** False: no memory to remember another range; send no new data until something is acknowledged. */
  canSend(recovery: Recovery): bool {
    return false;
  }

  /** New data was sent, `length` sequence numbers from `sequence`: payload and FIN. As many segments as you like at once. */
  sent(recovery: Recovery, sequence: u32, length: u32, nowMicroseconds: u64): void {}

  /** The first range that is lost and not yet sent again; null: none. */
  nextLost(recovery: Recovery): SentRange | null {
    return null;
  }

  /** The first `length` numbers of a range were sent again. `timestamp`: its TSval, for telling which one is acknowledged; 0: none. */
  resent(recovery: Recovery, range: SentRange, length: u32, nowMicroseconds: u64, timestamp: u32): void {}

  /** An acknowledgement, in `ack`. Then release the queue, and send. */
  acknowledge(recovery: Recovery): void {}

  /** ECN: the peer has seen congestion (RFC 3168 section 6.1.2). Once for each window. True: say so (CWR). */
  congestionExperienced(recovery: Recovery): bool {
    return false;
  }

  /** What to probe with, when there is no new data. */
  probeRange(recovery: Recovery): SentRange | null {
    return null;
  }

  /** Set the timer to this (`u64.MAX_VALUE`: none) after anything that was sent or acknowledged. */
  deadlineMicroseconds(recovery: Recovery): u64 {
    return u64.MAX_VALUE;
  }

  /** The timer has run out. Returns a `RecoveryAction`. */
  expired(recovery: Recovery, nowMicroseconds: u64): u32 {
    return RecoveryAction.None;
  }
}
