import {
  checksumOf,
  count,
  frame_alloc,
  frame_checksum,
  frame_release,
  frame_segment,
  frame_set32,
  frame_sum,
  probe_enabled,
  sumFold,
} from "mirage/framecode";
import { StackError, TcpState } from "../interface";
import { Network, Path, PROTOCOL_TCP } from "../network";
import { StackProbe } from "../probes";
import {
  Connection,
  FLAG_ACK_DELAYED,
  FLAG_ACK_NOW,
  FLAG_ECHO_DUPLICATE,
  FLAG_ECN,
  FLAG_ECN_ASKED,
  FLAG_ECN_ECHO,
  FLAG_ECN_REDUCED,
  FLAG_FIN_SENT,
  FLAG_FIN_WANTED,
  FLAG_PROBING_WINDOW,
  FLAG_SACK,
  FLAG_TIMESTAMPS,
  FLAG_WINDOW_SCALE,
  FLAG_WRITE_BLOCKED,
  FLAG_ZERO_WINDOW_SENT,
  Waiting,
} from "./connection";
import { Core, Resets } from "./core";
import {
  OPTIONS_MAX_BYTES,
  sackOptionBytes,
  synOptionBytes,
  TIMESTAMPS_ROOM_BYTES,
  USER_TIMEOUT_ROOM_BYTES,
  writeSackHead,
  writeSynOptions,
  writeTimestamps,
  writeUserTimeout,
} from "./options";
import { SACK_BLOCKS_MAX } from "./reassembly";
import { SentRange } from "./scoreboard";
import { NEVER } from "./timerwheel";
import { userTimeoutField } from "./usertimeout";
import { advertise, windowField } from "./window";
import {
  ACK,
  CWR,
  ECE,
  ECN_CAPABLE,
  ECN_MASK,
  FIN,
  PSH,
  RST,
  SYN,
  TCP_CHECKSUM_OFFSET,
  TCP_HEADER_BYTES,
  tcp,
} from "./wire";

/** The smallest segments that are sent, whatever the peer and the path say. */
const MSS_MIN_BYTES: u32 = 32;
/** A peer that asks for less would make us send headers only (FreeBSD's net.inet.tcp.minmss). */
const PEER_MSS_MIN_BYTES: u32 = 216;
const IP_LENGTH_MAX_BYTES: u32 = 65_535;
/** SYNs that are sent again with all options: see `Tuning.dropOptions`. */
const OPTIONS_RETRANSMISSIONS: u32 = 3;
/** Between window probes (RFC 9293 section 3.8.6.1), as in FreeBSD. */
const PERSIST_MIN_MILLISECONDS: u64 = 5_000;
const PERSIST_MAX_MILLISECONDS: u64 = 60_000;
/** A program whose write found no memory is told to try again. */
const ROOM_MILLISECONDS: u64 = 50;

/** Sends segments: what a connection has to send and may, and answers to segments of no connection. */
export class Output<Below extends Network> implements Resets {
  /** For answers to segments that belong to no connection. */
  readonly answer: Path = new Path();
  /** What is being sent was sent before. */
  private again: bool = false;

  constructor(
    private readonly core: Core,
    private readonly below: Below,
  ) {}

  /** Opens the way to the peer and takes over its MTU. Returns 0 or a `StackError`. */
  open(connection: Connection): i32 {
    connection.dontFragment = true;
    const error = this.below.open(connection);
    if (error === StackError.None) this.measure(connection);
    return error;
  }

  /** Payload bytes of a full segment, from the path's MTU and what the peer takes. True if they have changed. */
  measure(connection: Connection): bool {
    const before = connection.mss;
    const headers = connection.headerBytes + TCP_HEADER_BYTES;
    const room = connection.mtu > headers ? connection.mtu - headers : 0;
    const options = connection.has(FLAG_TIMESTAMPS) ? TIMESTAMPS_ROOM_BYTES : 0;
    const mss = min(room, max(connection.peerMss, PEER_MSS_MIN_BYTES));
    connection.mss = max(mss > options ? mss - options : 0, MSS_MIN_BYTES);
    connection.burst = this.burst(connection, TCP_HEADER_BYTES + options);
    return connection.mss !== before;
  }

  /** How much payload goes into one frame. The lengths in IP headers have 16 bits. */
  private burst(connection: Connection, header: u32): u32 {
    const mss = connection.mss;
    const netif = connection.netif;
    if (!netif.offloadsChecksum) return mss;
    const longest = connection.version === 4 ? netif.segmentMax4 : netif.segmentMax6;
    const headers = connection.headroomBytes + header;
    if (longest < headers) return mss;
    const room = min(longest - headers, IP_LENGTH_MAX_BYTES - connection.headerBytes - header);
    return max(mss, room - (room % mss));
  }

  /** What we tell the peer: the longest segment that the interface takes, without options (RFC 9293 section 3.7.1). */
  offeredMss(path: Path): u32 {
    return path.netif.mtu - path.headerBytes - TCP_HEADER_BYTES;
  }

  /** Sends all that may be sent now, and an acknowledgement if one is due. Sets the timers. */
  send(connection: Connection): void {
    if (connection.state < <u32>TcpState.Established || connection.state === TcpState.TimeWait) return;
    if (this.below.isStale(connection)) this.reopen(connection);
    let sent: bool = false;
    while (this.sendLost(connection)) sent = true;
    while (this.sendNew(connection)) sent = true;
    if (connection.has(FLAG_ACK_NOW)) this.respond(connection);
    this.settle(connection, sent);
  }

  /** Routes, addresses or path MTUs have changed. */
  private reopen(connection: Connection): void {
    if (this.below.open(connection) !== StackError.None) return;
    if (this.measure(connection)) this.core.recoveries.changeMss(connection.recovery, connection.mss);
  }

  /** Sets the retransmission timer after something was sent or acknowledged. */
  private settle(connection: Connection, sent: bool): void {
    if (connection.sndNxt !== connection.sndUna) {
      const deadline = this.core.recoveries.deadlineMicroseconds(connection.recovery);
      connection.waiting = Waiting.Acknowledgement;
      connection.retransmitAt = deadline === NEVER ? NEVER : (deadline + 999) / 1000;
    } else if (!this.hasUnsent(connection)) {
      connection.retransmitAt = NEVER;
      if (connection.has(FLAG_WRITE_BLOCKED)) this.awaitRoom(connection);
    } else if (sent || connection.waiting !== Waiting.Window || connection.retransmitAt === NEVER) {
      // Something to send, nothing under way that would be answered: only this timer gets it moving again.
      if (connection.waiting !== Waiting.Window) {
        connection.waiting = Waiting.Window;
        connection.progressAtMilliseconds = this.core.nowMilliseconds;
      }
      this.persist(connection);
    }
    this.limitWait(connection);
  }

  /** Others have used up the memory for send queues. No acknowledgement will come that says when there is some again. */
  private awaitRoom(connection: Connection): void {
    connection.waiting = Waiting.Room;
    connection.retransmitAt = this.core.nowMilliseconds + ROOM_MILLISECONDS;
    this.core.arm(connection);
  }

  /** Looks no later than the user timeout (RFC 5482) wants. */
  limitWait(connection: Connection): void {
    const limit = connection.userTimeoutMilliseconds;
    if (limit !== 0 && connection.retransmitAt !== NEVER && connection.waiting !== Waiting.Room) {
      connection.retransmitAt = min(connection.retransmitAt, connection.progressAtMilliseconds + limit);
    }
    this.core.arm(connection);
  }

  private hasUnsent(connection: Connection): bool {
    return (
      connection.queue.end !== connection.sndNxt ||
      (connection.has(FLAG_FIN_WANTED) && !connection.has(FLAG_FIN_SENT))
    );
  }

  private persist(connection: Connection): void {
    const timeout = connection.recovery.roundTrip.timeoutMilliseconds;
    const backedOff = (<u64>timeout) << min(connection.windowProbes, 12);
    const wait = min(max(backedOff, PERSIST_MIN_MILLISECONDS), PERSIST_MAX_MILLISECONDS);
    connection.retransmitAt = this.core.nowMilliseconds + wait;
  }

  /** Sends the first part of what is lost, if it may. */
  private sendLost(connection: Connection): bool {
    const recovery = connection.recovery;
    const recoveries = this.core.recoveries;
    const lost = recoveries.nextLost(recovery);
    if (lost === null) return false;
    const wanted = min(lost.length, connection.burst);
    const length = this.allowed(wanted, recoveries.budgetBytes(recovery), connection.mss);
    if (length === 0) return false;
    const sequence = lost.start;
    const payload = min(length, connection.queue.end - sequence);
    const flags = length > payload ? ACK | FIN : ACK;
    this.again = true;
    const sent = this.data(connection, sequence, payload, flags);
    this.again = false;
    if (sent < 0) return false;
    // A FIN goes only with the last byte.
    const covered = <u32>sent < payload ? <u32>sent : length;
    this.resent(connection, lost, covered);
    return true;
  }

  /** Of `wanted` bytes as many as fit into `budget` in full segments; all of them if they are no full one and fit. */
  private allowed(wanted: u32, budget: u32, mss: u32): u32 {
    if (wanted <= budget) return wanted;
    return budget < mss ? 0 : budget - (budget % mss);
  }

  /** Sends new data, a FIN behind the last, if window, congestion and Nagle's algorithm let it. */
  private sendNew(connection: Connection): bool {
    if (connection.has(FLAG_FIN_SENT)) return false;
    const recoveries = this.core.recoveries;
    const sequence = connection.sndNxt;
    const unsent = connection.queue.end - sequence;
    const finishing = connection.has(FLAG_FIN_WANTED);
    if (unsent === 0 && !finishing) return false;
    if (!recoveries.canSend(connection.recovery)) return false;
    let length: u32 = 0;
    if (unsent !== 0) {
      const mss = connection.mss;
      const window = this.windowLeft(connection);
      const wanted = min(min(unsent, window), connection.burst);
      length = this.allowed(wanted, recoveries.budgetBytes(connection.recovery), mss);
      if (length === 0) return false;
      if (length < mss) {
        if (!this.maySendSmall(connection, length, unsent, finishing)) return false;
      } else if (length < unsent || !connection.settings.noDelay) {
        length -= length % mss;
      }
    }
    return this.sendFrom(connection, sequence, length, finishing && length === unsent);
  }

  private windowLeft(connection: Connection): u32 {
    const left = connection.sndUna + connection.sndWnd - connection.sndNxt;
    return <i32>left > 0 ? left : 0;
  }

  /** Nagle (RFC 9293 section 3.7.4) and silly-window avoidance (section 3.8.6.2.1). */
  private maySendSmall(connection: Connection, length: u32, unsent: u32, finishing: bool): bool {
    if (length === unsent) {
      if (finishing || connection.settings.noDelay || connection.sndNxt === connection.sndUna) return true;
    }
    return length >= connection.sndWndMax / 2;
  }

  /** Sends new data and counts it in. */
  private sendFrom(connection: Connection, sequence: u32, length: u32, finish: bool): bool {
    const ecn = length !== 0 && connection.has(FLAG_ECN);
    const trafficClass = connection.trafficClass;
    let flags = ACK;
    if (ecn) {
      // New data only: what is sent again or alone says nothing about congestion (RFC 3168 section 6.1.4, 6.1.5).
      connection.trafficClass = (trafficClass & ~ECN_MASK) | ECN_CAPABLE;
      if (connection.has(FLAG_ECN_REDUCED)) {
        flags |= CWR;
        // In one segment: a card that cuts would have each say it.
        if (length > connection.mss) {
          length = connection.mss;
          finish = false;
        }
      }
    }
    if (sequence + length === connection.queue.end && length !== 0) flags |= PSH;
    if (finish) flags |= FIN;
    const sent = this.data(connection, sequence, length, flags);
    connection.trafficClass = trafficClass;
    if (sent < 0) return false;
    if (ecn) connection.flags &= ~FLAG_ECN_REDUCED;
    let covered = <u32>sent;
    if (finish && covered === length) {
      covered++;
      connection.flags |= FLAG_FIN_SENT;
      this.finSent(connection);
    }
    if (connection.sndNxt === connection.sndUna) this.beginFlight(connection);
    connection.flags &= ~FLAG_PROBING_WINDOW;
    this.core.recoveries.sent(connection.recovery, sequence, covered, this.core.nowMicroseconds);
    connection.sndNxt = sequence + covered;
    return true;
  }

  /** The first segment after everything was acknowledged. */
  private beginFlight(connection: Connection): void {
    connection.progressAtMilliseconds = this.core.nowMilliseconds;
    const timeout = connection.recovery.roundTrip.timeoutMilliseconds;
    if (this.core.nowMilliseconds - connection.heardAtMilliseconds >= timeout) {
      this.core.recoveries.restart(connection.recovery);
    }
  }

  private finSent(connection: Connection): void {
    if (connection.state === TcpState.Established) this.core.enter(connection, TcpState.FinWait1);
    else if (connection.state === TcpState.CloseWait) this.core.enter(connection, TcpState.LastAck);
  }

  /**
   * What the tail loss probe wants (RFC 8985 section 7.3): new data if there is some and the window lets it, else
   * the last that was sent.
   */
  probe(connection: Connection): void {
    const unsent = connection.has(FLAG_FIN_SENT) ? 0 : connection.queue.end - connection.sndNxt;
    const length = min(min(unsent, this.windowLeft(connection)), connection.mss);
    if (length !== 0 && this.core.recoveries.canSend(connection.recovery)) {
      const finish = connection.has(FLAG_FIN_WANTED) && length === unsent;
      this.sendFrom(connection, connection.sndNxt, length, finish);
      return;
    }
    const range = this.core.recoveries.probeRange(connection.recovery);
    if (range === null) return;
    // Without memory to split it, the range may be more than a segment.
    const again = min(range.length, connection.mss);
    const payload = min(again, connection.queue.end - range.start);
    this.again = true;
    const sent = this.data(connection, range.start, payload, again > payload ? ACK | FIN : ACK);
    this.again = false;
    if (sent < 0) return;
    this.resent(connection, range, <u32>sent < payload ? <u32>sent : again);
  }

  private resent(connection: Connection, range: SentRange, length: u32): void {
    const now = this.core.nowMicroseconds;
    const timestamp = connection.has(FLAG_TIMESTAMPS) ? this.timestamp(connection) : 0;
    this.core.recoveries.resent(connection.recovery, range, length, now, timestamp);
    connection.retransmittedSegments++;
    count(this.core.counters.retransmitted);
  }

  /**
   * The timer of a closed window has run out: sends what the window has room for, or one byte more. False: there was no memory for
   * data.
   */
  probeWindow(connection: Connection): bool {
    connection.waiting = Waiting.Window;
    const unsent = connection.has(FLAG_FIN_SENT) ? 0 : connection.queue.end - connection.sndNxt;
    if (unsent === 0) {
      // A FIN alone, for which there was no memory: it waits for no window.
      this.settle(connection, this.sendNew(connection));
      return true;
    }
    const length = min(min(unsent, this.windowLeft(connection)), connection.mss);
    if (length !== 0 && this.core.recoveries.canSend(connection.recovery)) {
      const sent = this.sendFrom(connection, connection.sndNxt, length, false);
      this.settle(connection, true);
      return sent;
    }
    const sent = this.data(connection, connection.sndNxt, 1, ACK) > 0;
    if (sent) {
      connection.flags |= FLAG_PROBING_WINDOW;
      count(this.core.counters.sentWindowProbes);
    }
    connection.windowProbes++;
    this.persist(connection);
    this.core.arm(connection);
    return sent;
  }

  /** An acknowledgement, with SACK blocks if there are any. */
  acknowledge(connection: Connection): void {
    if (this.bare(connection, connection.sndNxt, ACK)) count(this.core.counters.sentAcks);
  }

  /** The program has set it: each segment without data says so (RFC 5482), the first at once. */
  announceUserTimeout(connection: Connection): void {
    if (connection.state < <u32>TcpState.Established || connection.state === TcpState.TimeWait) return;
    if (connection.settings.userTimeoutMilliseconds !== 0) this.acknowledge(connection);
  }

  /** The same; a FIN that is not acknowledged goes along once more (as FreeBSD): it costs nothing and may have been lost. */
  private respond(connection: Connection): void {
    const finishing = connection.has(FLAG_FIN_SENT) && connection.sndUna !== connection.sndNxt;
    if (!finishing) this.acknowledge(connection);
    else if (this.bare(connection, connection.sndNxt - 1, ACK | FIN)) count(this.core.counters.sentAcks);
  }

  /** "Are you there?": a segment that is not acceptable, so that the peer must answer (RFC 9293 section 3.8.4). */
  probeAlive(connection: Connection): void {
    this.bare(connection, connection.sndUna - 1, ACK);
  }

  /** Tells the peer that the connection is gone. */
  reset(connection: Connection): void {
    if (connection.state < <u32>TcpState.SynReceived || connection.state === TcpState.TimeWait) return;
    if (this.bare(connection, connection.sndNxt, ACK | RST)) count(this.core.counters.sentResets);
  }

  /** SYN, or SYN and ACK if the peer's SYN has come; `again`: not for the first time. */
  synchronize(connection: Connection, again: bool = false): void {
    const answering = connection.state === TcpState.SynReceived;
    const tuning = this.core.tuning;
    // Perhaps something on the way does not like them: then without.
    const tired = tuning.dropOptions && connection.recovery.roundTrip.backoffs >= OPTIONS_RETRANSMISSIONS;
    const offer = !answering && !tired && !tuning.plainSyn;
    const scale = answering ? connection.has(FLAG_WINDOW_SCALE) : offer && tuning.extensions;
    const sack = answering ? connection.has(FLAG_SACK) : offer && tuning.sack;
    const timestamps = answering ? connection.has(FLAG_TIMESTAMPS) : offer && tuning.extensions;
    const plain = tuning.plainSyn && !answering;
    const header = TCP_HEADER_BYTES + (plain ? 0 : synOptionBytes(scale, sack, timestamps));
    const frame = frame_alloc(connection.headroomBytes + header);
    if (frame === 0) {
      this.core.wantFrame(connection);
      return;
    }
    const at = connection.headroomBytes;
    if (!plain) {
      writeSynOptions(
        frame,
        at + TCP_HEADER_BYTES,
        this.offeredMss(connection),
        scale ? <i32>connection.rcvScale : -1,
        sack,
        timestamps,
        timestamps ? this.timestamp(connection) : 0,
        answering ? connection.tsRecent : 0,
      );
    }
    const window = min(advertise(connection, false), 0xffff);
    let flags = SYN;
    if (answering) flags |= connection.has(FLAG_ECN) ? ACK | ECE : ACK;
    else if (
      connection.has(FLAG_ECN_ASKED) &&
      connection.recovery.roundTrip.backoffs <= tuning.ecnRetransmissions
    )
      flags |= ECE | CWR;
    const ack = answering ? connection.rcvNxt : 0;
    if (answering) {
      connection.rcvAdv = connection.rcvNxt + window;
      connection.lastAckSent = connection.rcvNxt;
    }
    this.again = again;
    this.header(connection, frame, connection.ports, connection.iss, ack, flags, window, header, 0);
    this.again = false;
  }

  /** TSval: milliseconds, from where nobody else knows (RFC 7323 section 5.4). */
  timestamp(connection: Connection): u32 {
    return <u32>this.core.nowMilliseconds + connection.tsOffset;
  }

  /** A segment without payload. */
  private bare(connection: Connection, sequence: u32, flags: u32): bool {
    let header = TCP_HEADER_BYTES;
    const timestamps = connection.has(FLAG_TIMESTAMPS);
    if (timestamps) header += TIMESTAMPS_ROOM_BYTES;
    let blocks: u32 = 0;
    const reassemblies = this.core.reassemblies;
    if (connection.has(FLAG_SACK) && (flags & RST) === 0 && reassemblies.hasBlocks(connection.reassembly)) {
      blocks = reassemblies.blocks(connection.reassembly, timestamps ? SACK_BLOCKS_MAX - 1 : SACK_BLOCKS_MAX);
      header += sackOptionBytes(blocks);
    }
    const userTimeout = connection.settings.userTimeoutMilliseconds;
    const announces =
      userTimeout !== 0 &&
      (flags & RST) === 0 &&
      header + USER_TIMEOUT_ROOM_BYTES <= TCP_HEADER_BYTES + OPTIONS_MAX_BYTES;
    if (announces) header += USER_TIMEOUT_ROOM_BYTES;
    const frame = frame_alloc(connection.headroomBytes + header);
    if (frame === 0) {
      this.core.wantFrame(connection);
      return false;
    }
    if (blocks !== 0) {
      let p = connection.headroomBytes + TCP_HEADER_BYTES + (timestamps ? TIMESTAMPS_ROOM_BYTES : 0);
      writeSackHead(frame, p, blocks);
      for (let i: u32 = 0; i < blocks; i++) {
        p += 4;
        frame_set32(frame, p, unchecked(reassemblies.lefts[i]));
        p += 4;
        frame_set32(frame, p, unchecked(reassemblies.rights[i]));
      }
    }
    if (announces) {
      const p = connection.headroomBytes + header - USER_TIMEOUT_ROOM_BYTES;
      writeUserTimeout(frame, p, userTimeoutField(userTimeout));
    }
    return this.established(connection, frame, sequence, flags, header, 0);
  }

  /** A segment with payload (or only FIN). Returns how many bytes of payload it took; negative: it was not sent. */
  private data(connection: Connection, sequence: u32, length: u32, flags: u32): i32 {
    let header = TCP_HEADER_BYTES;
    if (connection.has(FLAG_TIMESTAMPS)) header += TIMESTAMPS_ROOM_BYTES;
    const frame = frame_alloc(connection.headroomBytes + header);
    if (frame === 0) {
      this.core.wantFrame(connection);
      return -1;
    }
    const filled = this.core.queues.fill(connection.queue, frame, sequence, length);
    if (filled < length) {
      flags &= ~(FIN | PSH);
      if (filled === 0) {
        frame_release(frame);
        count(this.core.counters.sendFailed);
        return -1;
      }
    }
    if (filled > connection.mss) {
      connection.cutByCard = true;
      frame_segment(frame, connection.mss);
    }
    // Sent or not, it counts as sent: what did not leave is lost like anything else.
    this.established(connection, frame, sequence, flags, header, filled);
    connection.cutByCard = false;
    count(this.core.counters.sentData);
    return filled;
  }

  /** Completes a segment of a connection that knows its peer, and sends it. `header`: its bytes, with options. */
  private established(
    connection: Connection,
    frame: u32,
    sequence: u32,
    flags: u32,
    header: u32,
    length: u32,
  ): bool {
    if (connection.has(FLAG_TIMESTAMPS)) {
      const p = connection.headroomBytes + TCP_HEADER_BYTES;
      const echo = connection.has(FLAG_ECHO_DUPLICATE) ? connection.tsEcho : connection.tsRecent;
      writeTimestamps(frame, p, this.timestamp(connection), echo);
    }
    if (connection.has(FLAG_ECN_ECHO) && (flags & RST) === 0) flags |= ECE;
    const field: u32 = (flags & RST) !== 0 ? 0 : windowField(connection, this.core.isScarce);
    connection.flags &= ~(FLAG_ACK_NOW | FLAG_ACK_DELAYED | FLAG_ZERO_WINDOW_SENT | FLAG_ECHO_DUPLICATE);
    if (field === 0) connection.flags |= FLAG_ZERO_WINDOW_SENT;
    connection.delayedAckAt = NEVER;
    connection.lastAckSent = connection.rcvNxt;
    return this.header(
      connection,
      frame,
      connection.ports,
      sequence,
      connection.rcvNxt,
      flags,
      field,
      header,
      length,
    );
  }

  private tellSending(path: Path, frame: u32): void {
    const probes = this.core.probes;
    if (probe_enabled(StackProbe.TcpRetransmit)) probes.repeating(path, frame, this.again);
    if (probe_enabled(StackProbe.TcpAcceptRefused)) probes.refusing(path, frame, path === this.answer);
    if (probe_enabled(StackProbe.TcpConnectRequest)) probes.requesting(path, frame);
    if (probe_enabled(StackProbe.TcpSend)) probes.sending(StackProbe.TcpSend, path, frame);
  }

  /** Writes the fixed header with the checksum, and sends. `ports` as in what comes in. */
  header(
    path: Path,
    frame: u32,
    ports: u32,
    sequence: u32,
    acknowledgement: u32,
    flags: u32,
    window: u32,
    header: u32,
    length: u32,
  ): bool {
    const at = path.headroomBytes;
    tcp.setPorts(frame, at, ports & 0xffff, ports >>> 16);
    tcp.setSequence(frame, at, sequence);
    tcp.setAcknowledgement(frame, at, acknowledgement);
    tcp.setControl(frame, at, header, flags, window);
    const pseudo = sumFold(path.addressSum + PROTOCOL_TCP + header + length);
    if (path.netif.offloadsChecksum) {
      tcp.setChecksumOnly(frame, at, pseudo);
      frame_checksum(frame, at, TCP_CHECKSUM_OFFSET);
    } else {
      tcp.setChecksumOnly(frame, at, 0);
      tcp.setChecksum(frame, at, checksumOf(frame_sum(frame, at, header + length, pseudo)));
    }
    this.tellSending(path, frame);
    count(this.core.counters.sent);
    if (this.below.send(path, frame, PROTOCOL_TCP) === StackError.None) return true;
    count(this.core.counters.sendFailed);
    return false;
  }
}
