import { count } from "mirage/framecode";
import { TcpState } from "../interface";
import { Connection, FLAG_FIN_SENT, FLAG_PROBING_WINDOW, FLAG_SACK, FLAG_WRITE_BLOCKED } from "./connection";
import { Core } from "./core";
import { Segment } from "./segment";
import { before, notAfter } from "./sequence";
import { NEVER } from "./timerwheel";

/** Echoes that say that a round trip took longer are taken for nonsense. */
const ECHO_MAX_MILLISECONDS: u32 = 1 << 20;

/** What the peer says it has received: SND.UNA, the send queue, the peer's window, and the states that wait for it. */
export class Acknowledger {
  constructor(private readonly core: Core) {}

  /** SEG.ACK, which the caller has found to be in [SND.UNA, SND.NXT], and the window. */
  process(connection: Connection, segment: Segment): void {
    const core = this.core;
    const ack = core.recoveries.ack;
    const options = segment.options;
    const window = segment.window << connection.sndScale;
    ack.sequence = segment.ack;
    ack.nowMicroseconds = core.nowMicroseconds;
    ack.mayBeDuplicate =
      segment.sequenceLength === 0 && window === connection.sndWnd && segment.ack === connection.sndUna;
    ack.hasEcho = options.hasTimestamps;
    ack.echo = options.timestampEcho;
    ack.echoMicroseconds = 0;
    if (options.hasTimestamps && options.timestampEcho !== 0) {
      const elapsed = <u32>core.nowMilliseconds + connection.tsOffset - options.timestampEcho;
      if (elapsed < ECHO_MAX_MILLISECONDS) ack.echoMicroseconds = max(elapsed, 1) * 1000;
    }
    ack.blocks = connection.has(FLAG_SACK) ? options.sackBlocks : 0;
    for (let i: u32 = 0; i < ack.blocks; i++) {
      ack.lefts[i] = options.sackStart[i];
      ack.rights[i] = options.sackEnd[i];
    }
    if (connection.sndUna !== connection.sndNxt) {
      core.recoveries.acknowledge(connection.recovery);
      if (ack.mayBeDuplicate) count(core.counters.receivedDuplicateAcks);
    }
    if (segment.ack !== connection.sndUna) this.advance(connection, segment.ack);
    this.window(connection, segment, window);
  }

  /** The byte that probed a closed window was taken after all: it counts as sent now. */
  adoptProbe(connection: Connection): void {
    connection.flags &= ~FLAG_PROBING_WINDOW;
    this.core.recoveries.sent(connection.recovery, connection.sndNxt, 1, this.core.nowMicroseconds);
    connection.sndNxt++;
  }

  private advance(connection: Connection, ack: u32): void {
    const queue = connection.queue;
    connection.sndUna = ack;
    connection.progressAtMilliseconds = this.core.nowMilliseconds;
    connection.windowProbes = 0;
    this.core.queues.release(queue, notAfter(ack, queue.end) ? ack : queue.end);
    if (connection.has(FLAG_WRITE_BLOCKED)) this.writable(connection);
    if (connection.has(FLAG_FIN_SENT) && ack === connection.sndNxt) this.finAcknowledged(connection);
  }

  private writable(connection: Connection): void {
    // Not for each segment: when a good part is free.
    if (connection.sendRoomBytes < connection.sendBufferBytes / 4) return;
    this.core.tellWritable(connection);
  }

  private finAcknowledged(connection: Connection): void {
    if (connection.state !== <u32>TcpState.FinWait1) return;
    this.core.enter(connection, TcpState.FinWait2);
    connection.lingerAt = NEVER; // everything has arrived
    this.core.awaitFin(connection);
  }

  /** RFC 9293 section 3.10.7.4: only newer segments change the window. */
  private window(connection: Connection, segment: Segment, window: u32): void {
    const seq = segment.seq;
    const wl1 = connection.sndWl1;
    if (before(wl1, seq) || (wl1 === seq && notAfter(connection.sndWl2, segment.ack))) {
      if (window !== 0 && connection.sndWnd === 0) connection.windowProbes = 0;
      connection.sndWnd = window;
      connection.sndWl1 = seq;
      connection.sndWl2 = segment.ack;
      if (window > connection.sndWndMax) connection.sndWndMax = window;
    }
  }
}
