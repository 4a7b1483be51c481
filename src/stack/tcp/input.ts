import {
  count,
  FrameFlag,
  frame_flags,
  frame_release,
  frame_sum,
  probe_enabled,
  sumFold,
  sumOf32,
} from "mirage/framecode";
import { StackError, TcpState } from "../interface";
import { Network, Packet, PROTOCOL_TCP } from "../network";
import { StackProbe } from "../probes";
import { Acknowledger } from "./acknowledge";
import {
  Connection,
  FLAG_ACK_NOW,
  FLAG_ECHO_DUPLICATE,
  FLAG_ECN,
  FLAG_ECN_ASKED,
  FLAG_FIN_KNOWN,
  FLAG_FIN_RECEIVED,
  FLAG_FIN_SENT,
  FLAG_PROBING_WINDOW,
  FLAG_RELEASED,
  FLAG_SACK,
  FLAG_TIMESTAMPS,
  FLAG_WINDOW_SCALE,
  SAY_CONNECTED,
} from "./connection";
import { Core } from "./core";
import { agreesToEcn, asksForEcn, ecnArrived, ecnEchoed } from "./ecn";
import { peerMss, roundReceiveBuffer } from "./establish";
import { Listening } from "./listen";
import { Output } from "./output";
import { Receiver } from "./receive";
import { Segment } from "./segment";
import { before, notAfter } from "./sequence";
import { chooseUserTimeout, userTimeoutSeconds } from "./usertimeout";
import { ACK, ECE, FIN, RST, SYN, tcp, URG } from "./wire";

/** ACKs for segments that should not have come, in a second and for each connection (RFC 5961 section 7; as FreeBSD). */
const CHALLENGES_PER_SECOND: u32 = 5;
/** Neighbour discovery hears of forward progress every 2^12 ms. */
const CONFIRM_SHIFT: u64 = 12;
/** A timestamp of the peer's that is older says nothing (RFC 7323 section 5.5): 24 days. */
const TS_RECENT_VALID_MILLISECONDS: u64 = 24 * 86_400_000;

/** Received segments (RFC 9293 section 3.10.7). */
export class Input<Below extends Network> {
  private readonly one: Segment = new Segment();
  private readonly receiver: Receiver;
  private readonly acknowledger: Acknowledger;

  constructor(
    private readonly core: Core,
    private readonly below: Below,
    private readonly output: Output<Below>,
    private readonly listening: Listening<Below>,
    receiver: Receiver,
  ) {
    this.receiver = receiver;
    this.acknowledger = new Acknowledger(core);
  }

  /** Takes the reference on `packet.frame`. */
  received(packet: Packet): void {
    const core = this.core;
    const frame = packet.frame;
    core.tick();
    count(core.counters.received);
    if (!tcp.check(frame, packet.at, packet.length)) {
      count(core.counters.dropMalformed);
    } else if ((frame_flags(frame) & <u32>FrameFlag.Layer4ChecksumGood) === 0 && !checksumIsGood(packet)) {
      count(core.counters.dropChecksum);
    } else if (packet.group) {
      count(core.counters.dropGroup); // RFC 1122 section 4.2.3.10
    } else if (this.segment(packet)) {
      return;
    }
    frame_release(frame);
  }

  /** True if the reference on the frame was taken. */
  private segment(packet: Packet): bool {
    const segment = this.one;
    segment.parse(packet);
    const connection = this.core.table.find(
      packet.destinationHigh,
      packet.destinationLow,
      packet.sourceHigh,
      packet.sourceLow,
      segment.ports,
    );
    if (probe_enabled(StackProbe.TcpReceive)) {
      this.core.probes.received(StackProbe.TcpReceive, connection, packet);
    }
    if ((segment.flags & (SYN | FIN)) === (SYN | FIN) && this.core.tuning.dropSynFin) {
      count(this.core.counters.dropBadSyn);
      return false;
    }
    if (connection === null) {
      const accepted = this.listening.input(packet, segment);
      if (accepted === null) return false;
      this.tellAccepted(accepted, packet);
      return this.process(accepted, packet, segment);
    }
    switch (connection.state) {
      case TcpState.Established:
        return this.established(connection, packet, segment);
      case TcpState.SynSent:
        return this.synSent(connection, packet, segment);
      case TcpState.TimeWait:
        return this.timeWait(connection, packet, segment);
      default:
        return this.process(connection, packet, segment);
    }
  }

  private tellAccepted(connection: Connection, packet: Packet): void {
    if (probe_enabled(StackProbe.TcpAcceptEstablished)) {
      this.core.probes.received(StackProbe.TcpAcceptEstablished, connection, packet);
    }
  }

  /**
   * The usual cases first (Van Jacobson's header prediction): the next segment of a transfer in one direction or the
   * other, with nothing else to say. True if the reference on the frame was taken.
   */
  private established(connection: Connection, packet: Packet, segment: Segment): bool {
    const core = this.core;
    const options = segment.options;
    const timestamps = options.hasTimestamps;
    if (
      (segment.flags & (SYN | FIN | RST | URG | ACK)) !== ACK ||
      segment.seq !== connection.rcvNxt ||
      segment.window << connection.sndScale !== connection.sndWnd ||
      connection.sndWnd === 0 ||
      (options.sackBlocks | options.userTimeout) !== 0 ||
      timestamps !== connection.has(FLAG_TIMESTAMPS) ||
      (timestamps && before(options.timestamp, connection.tsRecent)) ||
      connection.has(FLAG_PROBING_WINDOW | FLAG_RELEASED | FLAG_FIN_KNOWN | FLAG_ECN)
    )
      return this.process(connection, packet, segment);
    if (segment.length === 0) {
      const acknowledged = segment.ack - connection.sndUna;
      if (acknowledged === 0 || acknowledged > connection.sndNxt - connection.sndUna)
        return this.process(connection, packet, segment);
      count(core.counters.receivedPredictedAcks);
      this.recent(connection, segment);
      core.heard(connection);
      this.acknowledgedNew(connection, segment);
      this.output.send(connection);
      return false;
    }
    if (
      segment.ack !== connection.sndUna ||
      segment.length > windowLeft(connection) ||
      !this.receiver.isNext(connection)
    )
      return this.process(connection, packet, segment);
    count(core.counters.receivedPredictedData);
    this.recent(connection, segment);
    core.heard(connection);
    const taken = this.receiver.inOrder(connection, segment);
    if (connection.sndNxt !== connection.sndUna || connection.queue.end !== connection.sndNxt) {
      this.output.send(connection);
    } else {
      if (connection.has(FLAG_ACK_NOW)) this.output.acknowledge(connection);
      core.arm(connection);
    }
    return taken;
  }

  /** SYN-RECEIVED to LAST-ACK. True if the reference on the frame was taken. */
  private process(connection: Connection, packet: Packet, segment: Segment): bool {
    if (!this.isAcceptable(connection, segment)) return false;
    if (!segment.has(ACK)) {
      count(this.core.counters.dropNoAck);
      if (connection.has(FLAG_ACK_NOW)) this.challenge(connection);
      return false;
    }
    if (!this.acknowledgement(connection, packet, segment)) return false;
    if (connection.has(FLAG_ECN)) ecnArrived(this.core, connection, packet, segment);
    if (segment.options.userTimeout !== 0) this.userTimeout(connection, segment);
    this.core.heard(connection);
    return this.content(connection, segment);
  }

  /** RFC 5482: also noted if the program does not follow it, as it may want to later. */
  private userTimeout(connection: Connection, segment: Segment): void {
    count(this.core.counters.receivedUserTimeouts);
    connection.peerUserTimeoutSeconds = userTimeoutSeconds(segment.options.userTimeout);
    chooseUserTimeout(connection);
  }

  /** Payload and FIN, and what they bring about. True if the reference on the frame was taken. */
  private content(connection: Connection, segment: Segment): bool {
    let taken: bool = false;
    if (segment.has(URG)) count(this.core.counters.receivedUrgent);
    if (segment.length !== 0 || segment.has(FIN)) {
      if (connection.has(FLAG_FIN_RECEIVED)) {
        // Nothing can follow a FIN.
        connection.flags |= FLAG_ACK_NOW;
      } else if (segment.length !== 0 && connection.has(FLAG_RELEASED)) {
        // Nobody will read it: the peer must know (RFC 9293 section 3.10.4, RFC 1122 section 4.2.2.13).
        count(this.core.counters.dropAfterClose);
        this.output.reset(connection);
        this.core.end(connection, <u32>-StackError.ECONNABORTED);
        return false;
      } else {
        taken = this.receiver.segment(connection, segment);
      }
    }
    this.output.send(connection);
    if (connection.has(FLAG_FIN_RECEIVED) && connection.has(FLAG_FIN_SENT)) this.bothClosed(connection);
    return taken;
  }

  private bothClosed(connection: Connection): void {
    if (connection.sndUna !== connection.sndNxt) return;
    if (connection.state === TcpState.LastAck) this.core.end(connection, 0);
    else this.core.timeWait(connection);
  }

  /**
   * Timestamps, sequence numbers, RST and SYN: RFC 9293 section 3.10.7.4, first to fourth; RFC 7323 section 5; RFC 5961.
   * Trims the segment to the window. False: it is dropped, and answered if it should be.
   */
  private isAcceptable(connection: Connection, segment: Segment): bool {
    const core = this.core;
    const options = segment.options;
    const reset = segment.has(RST);
    if (connection.has(FLAG_TIMESTAMPS) && !reset) {
      if (!options.hasTimestamps) {
        count(core.counters.dropNoTimestamp);
        return false;
      }
      if (before(options.timestamp, connection.tsRecent)) {
        if (core.nowMilliseconds - connection.tsRecentAtMilliseconds < TS_RECENT_VALID_MILLISECONDS) {
          count(core.counters.dropPaws);
          this.challenge(connection);
          return false;
        }
        connection.tsRecent = options.timestamp;
        connection.tsRecentAtMilliseconds = core.nowMilliseconds;
      }
    }
    const windowBytes = windowLeft(connection);
    if (reset) {
      this.reset(connection, segment, windowBytes);
      return false;
    }
    if (segment.has(SYN)) {
      count(core.counters.dropBadSyn);
      if (core.tuning.insecureSyn && segment.seq - connection.rcvNxt < windowBytes) {
        this.output.reset(connection);
        core.end(connection, <u32>-StackError.ECONNRESET);
      } else {
        this.challenge(connection);
      }
      return false;
    }
    return this.trim(connection, segment, windowBytes);
  }

  /** Cuts off what lies outside the window. False: nothing is left, and the peer was told what is expected. */
  private trim(connection: Connection, segment: Segment, windowBytes: u32): bool {
    const core = this.core;
    const early = connection.rcvNxt - segment.seq;
    if (<i32>early > 0) {
      // Begins before what is expected. A FIN comes after the payload.
      const span = segment.length + (segment.has(FIN) ? 1 : 0);
      if (early >= span) {
        count(core.counters.dropDuplicate);
        if (segment.length !== 0) {
          core.reassemblies.duplicate(connection.reassembly, segment.seq, segment.seq + segment.length);
          connection.flags |= FLAG_ACK_NOW;
        }
        return this.duplicate(connection, segment);
      }
      count(core.counters.receivedPartlyDuplicate);
      core.reassemblies.duplicate(connection.reassembly, segment.seq, connection.rcvNxt);
      segment.seq += early;
      segment.payloadAt += early;
      segment.length -= early;
      connection.flags |= FLAG_ACK_NOW;
    }
    const offset = segment.seq - connection.rcvNxt;
    if (offset >= windowBytes && (offset !== 0 || segment.length !== 0)) {
      if (offset === 0 && windowBytes === 0) {
        // A probe of a closed window: its acknowledgement counts (RFC 9293 section 3.10.7.4).
        count(core.counters.receivedWindowProbes);
        connection.flags |= FLAG_ACK_NOW;
        segment.length = 0;
        segment.flags &= ~FIN;
        return true;
      }
      if (!(offset === windowBytes && segment.length === 0)) {
        count(core.counters.dropOutsideWindow);
        this.challenge(connection);
        return false;
      }
    }
    if (segment.length > windowBytes - offset) {
      segment.length = windowBytes - offset;
      segment.flags &= ~FIN;
      connection.flags |= FLAG_ACK_NOW;
    }
    this.recent(connection, segment);
    return true;
  }

  /** What came twice is acknowledged again; its own acknowledgement may be news all the same. */
  private duplicate(connection: Connection, segment: Segment): bool {
    if (segment.length === 0 && !segment.has(FIN)) {
      // An old ACK, or a keepalive: one byte before what is expected.
      this.challenge(connection);
      return false;
    }
    connection.flags |= FLAG_ACK_NOW;
    segment.seq = connection.rcvNxt;
    segment.length = 0;
    segment.flags &= ~FIN;
    // Says when this one was sent, as in FreeBSD: if an acknowledgement was lost, the next must not make the round trip look as
    // long as the timeout. But TS.Recent stays: else PAWS would drop what was only overtaken.
    if (segment.options.hasTimestamps) {
      connection.tsEcho = segment.options.timestamp;
      connection.flags |= FLAG_ECHO_DUPLICATE;
    }
    return true;
  }

  /** TS.Recent (RFC 7323 section 4.3, rule 2). */
  private recent(connection: Connection, segment: Segment): void {
    const options = segment.options;
    if (!options.hasTimestamps || !connection.has(FLAG_TIMESTAMPS)) return;
    if (before(connection.lastAckSent, segment.seq)) return;
    connection.tsRecent = options.timestamp;
    connection.tsRecentAtMilliseconds = this.core.nowMilliseconds;
  }

  /** RFC 5961 section 3.2: just the expected number resets, another one in the window is asked about. */
  private reset(connection: Connection, segment: Segment, windowBytes: u32): void {
    const offset = segment.seq - connection.rcvNxt;
    if (offset === 0 || (this.core.tuning.insecureReset && offset < windowBytes)) {
      count(this.core.counters.resetByPeer);
      // In CLOSING and LAST-ACK, too (as FreeBSD): nobody knows whether all that was sent has arrived.
      const refused = connection.state === TcpState.SynReceived;
      this.core.end(connection, <u32>-(refused ? StackError.ECONNREFUSED : StackError.ECONNRESET));
      return;
    }
    count(this.core.counters.dropBadReset);
    if (offset < windowBytes) this.challenge(connection);
  }

  /** An ACK that says what is expected, unless there were many. */
  private challenge(connection: Connection): void {
    const core = this.core;
    const second = <u32>(core.nowMilliseconds / 1000);
    if (connection.challengesSince !== second) {
      connection.challengesSince = second;
      connection.challenges = 0;
    }
    if (connection.challenges >= CHALLENGES_PER_SECOND) {
      count(core.counters.challengesLimited);
      return;
    }
    connection.challenges++;
    count(core.counters.sentChallenges);
    this.output.acknowledge(connection);
  }

  /** RFC 9293 section 3.10.7.4, fifth. False: the segment is dropped. */
  private acknowledgement(connection: Connection, packet: Packet, segment: Segment): bool {
    const core = this.core;
    const ack = segment.ack;
    if (connection.state === TcpState.SynReceived) {
      if (ack !== connection.iss + 1) {
        this.listening.refuse(packet, segment, core.counters.dropBadAck);
        return false;
      }
      this.connected(connection, segment);
      this.tellAccepted(connection, packet);
    }
    if (before(connection.sndNxt, ack)) {
      if (!connection.has(FLAG_PROBING_WINDOW) || ack !== connection.sndNxt + 1) {
        count(core.counters.dropBadAck);
        this.challenge(connection);
        return false;
      }
      this.acknowledger.adoptProbe(connection);
    }
    if (before(ack, connection.sndUna)) {
      // RFC 5961 section 5.2: older than any window that there was.
      if (before(ack, connection.sndUna - connection.sndWndMax)) {
        count(core.counters.dropBadAck);
        this.challenge(connection);
        return false;
      }
      return true;
    }
    if (connection.has(FLAG_ECN) && segment.has(ECE)) ecnEchoed(core, connection);
    this.acknowledgedNew(connection, segment);
    return true;
  }

  /** SEG.ACK is in [SND.UNA, SND.NXT]. */
  private acknowledgedNew(connection: Connection, segment: Segment): void {
    const progress = connection.progressAtMilliseconds;
    this.acknowledger.process(connection, segment);
    // The way to the peer and back works: once in a while tell those who would ask.
    if (progress >>> CONFIRM_SHIFT !== connection.progressAtMilliseconds >>> CONFIRM_SHIFT) {
      this.below.confirm(connection);
    }
  }

  /** The SYN of this side, in SYN-RECEIVED or SYN-SENT, was acknowledged. */
  private connected(connection: Connection, segment: Segment): void {
    connection.sndUna = connection.iss + 1;
    connection.sndNxt = connection.iss + 1;
    connection.sndWnd = segment.has(SYN) ? segment.window : segment.window << connection.sndScale;
    connection.sndWndMax = connection.sndWnd;
    connection.sndWl1 = segment.seq;
    connection.sndWl2 = segment.ack;
    this.core.establish(connection);
    if (connection.synSentMicroseconds !== 0) {
      const elapsed = this.core.nowMicroseconds - connection.synSentMicroseconds;
      connection.recovery.roundTrip.measured(<u32>max(elapsed, 1));
    }
    this.core.notifier.say(connection, SAY_CONNECTED);
  }

  /** RFC 9293 section 3.10.7.3. True if the reference on the frame was taken. */
  private synSent(connection: Connection, packet: Packet, segment: Segment): bool {
    const core = this.core;
    const acknowledged = segment.has(ACK);
    if (acknowledged && segment.ack !== connection.iss + 1) {
      this.listening.refuse(packet, segment, core.counters.dropBadAck);
      return false;
    }
    if (segment.has(RST)) {
      if (acknowledged) {
        count(core.counters.resetByPeer);
        if (probe_enabled(StackProbe.TcpConnectRefused)) {
          core.probes.received(StackProbe.TcpConnectRefused, connection, packet);
        }
        core.end(connection, <u32>-StackError.ECONNREFUSED);
      } else {
        count(core.counters.dropBadReset);
      }
      return false;
    }
    if (!segment.has(SYN)) {
      count(core.counters.dropNoFlow);
      return false;
    }
    this.agree(connection, segment);
    const ecn = acknowledged
      ? connection.has(FLAG_ECN_ASKED) && agreesToEcn(segment)
      : core.tuning.ecn !== 0 && asksForEcn(segment);
    if (ecn) {
      connection.flags |= FLAG_ECN;
      count(core.counters.ecnAgreed);
    }
    segment.seq++;
    if (!acknowledged) {
      // Both sides have called at the same time (RFC 9293 section 3.5, figure 7).
      core.enter(connection, TcpState.SynReceived);
      this.output.synchronize(connection);
      return false;
    }
    this.connected(connection, segment);
    if (probe_enabled(StackProbe.TcpConnectEstablished)) {
      core.probes.received(StackProbe.TcpConnectEstablished, connection, packet);
    }
    segment.flags &= ~SYN;
    connection.flags |= FLAG_ACK_NOW;
    return this.trim(connection, segment, windowLeft(connection)) ? this.content(connection, segment) : false;
  }

  /** What the peer's SYN says. */
  private agree(connection: Connection, segment: Segment): void {
    const options = segment.options;
    connection.irs = segment.seq;
    connection.rcvNxt = segment.seq + 1;
    connection.rcvAdv = connection.rcvNxt + min(connection.receiveBufferBytes, 0xffff);
    connection.lastAckSent = connection.rcvNxt;
    connection.peerMss = peerMss(connection, options.mss);
    const tuning = this.core.tuning;
    if (options.hasTimestamps && tuning.extensions) {
      connection.flags |= FLAG_TIMESTAMPS;
      connection.tsRecent = options.timestamp;
      connection.tsRecentAtMilliseconds = this.core.nowMilliseconds;
    }
    if (options.sackPermitted && tuning.sack) connection.flags |= FLAG_SACK;
    if (options.hasWindowScale && tuning.extensions) {
      connection.flags |= FLAG_WINDOW_SCALE;
      connection.sndScale = options.windowScale;
    } else {
      connection.rcvScale = 0;
    }
    this.output.measure(connection);
    roundReceiveBuffer(connection);
  }

  /** RFC 9293 section 3.10.7.4, TIME-WAIT; RFC 1337; RFC 6191. */
  private timeWait(connection: Connection, packet: Packet, segment: Segment): bool {
    const core = this.core;
    const counters = core.counters;
    count(counters.dropTimeWait);
    if (segment.has(RST)) return false; // RFC 1337 section 3, fix 1
    if (segment.has(SYN) && !segment.has(ACK) && this.mayReuse(connection, segment)) {
      core.end(connection, 0);
      this.listening.input(packet, segment);
      return false;
    }
    if (!segment.has(ACK)) return false;
    // The peer has not heard the last ACK.
    const repeated = segment.has(FIN) && segment.seq + segment.length + 1 === connection.rcvNxt;
    if (repeated) core.timeWait(connection);
    const plain = (segment.flags & (FIN | SYN)) === 0 && segment.length === 0;
    if (plain && segment.seq === connection.rcvNxt && segment.ack === connection.sndNxt) return false;
    this.challenge(connection);
    return false;
  }

  /** A new connection between the same ports: its numbers show that it is none of the old (RFC 6191 section 2). */
  private mayReuse(connection: Connection, segment: Segment): bool {
    if (connection.has(FLAG_TIMESTAMPS) && segment.options.hasTimestamps) {
      const newer = segment.options.timestamp - connection.tsRecent;
      if (<i32>newer > 0) return true;
      if (newer !== 0) return false;
    }
    return notAfter(connection.rcvNxt, segment.seq);
  }
}

/**
 * Bytes that the peer may send: what it was told, and what there is room for even if the field could not say so (RCV.WND,
 * as FreeBSD has it). A FIN may lie one behind them.
 */
function windowLeft(connection: Connection): u32 {
  const left = connection.rcvAdv - connection.rcvNxt;
  const used = connection.unconsumedBytes;
  const limit = connection.receiveBufferBytes;
  return max(<i32>left > 0 ? left : 0, used < limit ? limit - used : 0);
}

function checksumIsGood(packet: Packet): bool {
  const source = sumOf128(packet.sourceHigh, packet.sourceLow, packet.version);
  const destination = sumOf128(packet.destinationHigh, packet.destinationLow, packet.version);
  const seed = sumFold(source + destination + PROTOCOL_TCP + packet.length);
  return frame_sum(packet.frame, packet.at, packet.length, seed) === 0xffff;
}

function sumOf128(high: u64, low: u64, version: u32): u32 {
  const last = sumOf32(<u32>low);
  if (version === 4) return last;
  return sumFold(last + sumOf32(<u32>(low >>> 32)) + sumOf32(<u32>high) + sumOf32(<u32>(high >>> 32)));
}
