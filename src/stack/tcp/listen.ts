import { count, frame_alloc } from "mirage/framecode";
import { StackError, TcpState } from "../interface";
import { Failure, Network, Packet, Path, Report } from "../network";
import {
  Connection,
  FLAG_ECN,
  FLAG_IN_BACKLOG,
  FLAG_SACK,
  FLAG_TIMESTAMPS,
  FLAG_WINDOW_SCALE,
  SAY_ACCEPTED,
} from "./connection";
import { Core } from "./core";
import { asksForEcn } from "./ecn";
import { begin, copyPath, peerMss, roundReceiveBuffer, scaleFor } from "./establish";
import { Listener, Listeners } from "./listeners";
import { synOptionBytes, writeSynOptions } from "./options";
import { Output } from "./output";
import { RateLimit } from "./ratelimit";
import { Segment } from "./segment";
import { before } from "./sequence";
import { RECEIVE_BUFFER_BYTES } from "./settings";
import { Embryo, SYN_ACK_RETRANSMISSIONS, SynCache } from "./syncache";
import { SynCookies } from "./syncookie";
import { ACK, ECE, RST, SYN, TCP_HEADER_BYTES } from "./wire";

/** Segments to closed ports that are answered (FreeBSD's net.inet.icmp.icmplim). */
const RESETS_PER_SECOND: u32 = 200;
/** What takes longer is not measured. */
const ROUND_TRIP_MAX_MICROSECONDS: u64 = 60_000_000;
/** ICMP errors about its SYN-ACKs that end an attempt to connect. */
const FAILURES_MAX: u32 = 3;
/** SYN-ACKs with a cookie are sent only after the cache was full; their ACKs are believed for so long. */
const COOKIES_VALID_MILLISECONDS: u64 = 30_000;

/** Passive opens (RFC 9293 section 3.10.7.2), through the SYN cache and cookies; segments that belong to nobody. */
export class Listening<Below extends Network> {
  readonly listeners: Listeners = new Listeners();
  readonly cache: SynCache = new SynCache();
  private readonly cookies: SynCookies = new SynCookies();
  /** What a cookie says, or what a SYN says that only gets a cookie. */
  private readonly passing: Embryo = new Embryo();
  private readonly resets: RateLimit = new RateLimit(RESETS_PER_SECOND);
  private cookiesUntilMilliseconds: u64 = 0;
  /** What `cookie` looked at last was one of ours. */
  private isCookie: bool = false;

  constructor(
    private readonly core: Core,
    private readonly below: Below,
    private readonly output: Output<Below>,
  ) {}

  /**
   * A segment that belongs to no connection. Borrows the frame. If it completes a handshake, the connection that it
   * belongs to now.
   */
  input(packet: Packet, segment: Segment): Connection | null {
    const ports = segment.ports;
    const embryo = this.cache.find(
      packet.destinationHigh,
      packet.destinationLow,
      packet.sourceHigh,
      packet.sourceLow,
      ports,
    );
    if (embryo !== null) return this.embryonic(packet, segment, embryo);
    const listener = this.listeners.find(packet.destinationHigh, packet.destinationLow, ports & 0xffff);
    if (listener === null) {
      this.refuse(packet, segment, this.core.counters.dropNoFlow);
      return null;
    }
    if (segment.has(RST)) {
      count(this.core.counters.dropBadReset);
      return null;
    }
    if (segment.has(ACK)) {
      if (!segment.has(SYN)) {
        const connection = this.cookie(packet, segment, listener);
        if (connection !== null) return connection;
        if (this.isCookie && listener.isFull) {
          this.refuse(packet, segment, this.core.counters.dropBacklog);
          return null;
        }
      }
      this.refuse(packet, segment, this.core.counters.dropNoFlow);
      return null;
    }
    if (segment.has(SYN)) this.synchronize(packet, segment, listener);
    else count(this.core.counters.dropNoFlow);
    return null;
  }

  /** Answers with RST, unless it is one (RFC 9293 section 3.10.7.1). */
  refuse(packet: Packet, segment: Segment, reason: u32): void {
    count(reason);
    if (segment.has(RST)) return;
    if (!this.resets.take(this.core.nowMilliseconds)) {
      count(this.core.counters.resetsLimited);
      return;
    }
    const answer = this.answerPath(packet);
    if (answer === null) return;
    const frame = frame_alloc(answer.headroomBytes + TCP_HEADER_BYTES);
    if (frame === 0) {
      this.core.wantFrame(null);
      return;
    }
    count(this.core.counters.sentResets);
    if (segment.has(ACK)) {
      this.output.header(answer, frame, segment.ports, segment.ack, 0, RST, 0, TCP_HEADER_BYTES, 0);
    } else {
      const ack = segment.seq + segment.sequenceLength;
      this.output.header(answer, frame, segment.ports, 0, ack, RST | ACK, 0, TCP_HEADER_BYTES, 0);
    }
  }

  private answerPath(packet: Packet): Path | null {
    const answer = this.output.answer;
    this.turn(packet, answer);
    return this.below.open(answer) === StackError.None ? answer : null;
  }

  private turn(packet: Packet, path: Path): void {
    path.localHigh = packet.destinationHigh;
    path.localLow = packet.destinationLow;
    path.remoteHigh = packet.sourceHigh;
    path.remoteLow = packet.sourceLow;
    path.hopLimit = 0;
    path.trafficClass = 0;
    path.dontFragment = true;
  }

  /** A SYN for a listener. */
  private synchronize(packet: Packet, segment: Segment, listener: Listener): void {
    const counters = this.core.counters;
    if (listener.isFull) {
      count(counters.dropBacklog);
      return;
    }
    const fresh = this.cache.take();
    const embryo = fresh !== null ? fresh : this.passing;
    if (!this.conceive(packet, segment, listener, embryo)) {
      if (fresh !== null) this.cache.discard(fresh);
      count(counters.dropNoMemory);
      return;
    }
    if (fresh === null) {
      count(counters.cookiesSent);
      this.cookiesUntilMilliseconds = this.core.nowMilliseconds + COOKIES_VALID_MILLISECONDS;
      // What a cookie cannot remember is not offered.
      embryo.timestamps = false;
      embryo.ecn = false;
      embryo.iss = this.cookies.make(
        embryo.localHigh,
        embryo.localLow,
        embryo.ports & 0xffff,
        embryo.remoteHigh,
        embryo.remoteLow,
        embryo.ports >>> 16,
        embryo.irs,
        this.core.nowMilliseconds,
        embryo.peerMss,
        embryo.peerScale,
        embryo.sackPermitted,
      );
    } else {
      count(counters.synCacheAdded);
      this.cache.insert(fresh, this.core.nowMicroseconds);
      this.core.changed = true;
    }
    this.synAck(embryo, listener);
  }

  /** Notes what the SYN says. False: there is no way back to where it came from. */
  private conceive(packet: Packet, segment: Segment, listener: Listener, embryo: Embryo): bool {
    this.turn(packet, embryo);
    embryo.hopLimit = listener.settings.hopLimit;
    embryo.trafficClass = listener.settings.trafficClass;
    if (this.below.open(embryo) !== StackError.None) return false;
    const options = segment.options;
    embryo.ports = segment.ports;
    embryo.failures = 0;
    embryo.sentMicroseconds = 0;
    embryo.listener = listener.id;
    embryo.irs = segment.seq;
    embryo.peerWindow = segment.window;
    embryo.peerMss = peerMss(embryo, options.mss);
    const tuning = this.core.tuning;
    embryo.peerScale = options.hasWindowScale && tuning.extensions ? <i32>options.windowScale : -1;
    embryo.sackPermitted = options.sackPermitted && tuning.sack;
    embryo.timestamps = options.hasTimestamps && tuning.extensions;
    embryo.ecn = tuning.ecn !== 0 && asksForEcn(segment);
    embryo.tsRecent = options.timestamp;
    const numbers = this.core.sequenceNumbers;
    embryo.tsOffset = numbers.timestampOffset(
      embryo.localHigh,
      embryo.localLow,
      embryo.remoteHigh,
      embryo.remoteLow,
    );
    embryo.iss = numbers.initial(
      embryo.localHigh,
      embryo.localLow,
      embryo.ports & 0xffff,
      embryo.remoteHigh,
      embryo.remoteLow,
      embryo.ports >>> 16,
      this.core.nowMicroseconds * 1000,
    );
    const buffer = listener.settings.receiveBufferBytes;
    embryo.window = min(buffer !== 0 ? buffer : RECEIVE_BUFFER_BYTES, 0xffff);
    return true;
  }

  private synAck(embryo: Embryo, listener: Listener): void {
    const scale = embryo.peerScale >= 0;
    const header = TCP_HEADER_BYTES + synOptionBytes(scale, embryo.sackPermitted, embryo.timestamps);
    const frame = frame_alloc(embryo.headroomBytes + header);
    if (frame === 0) {
      this.core.wantFrame(null);
      return;
    }
    writeSynOptions(
      frame,
      embryo.headroomBytes + TCP_HEADER_BYTES,
      this.output.offeredMss(embryo),
      scale ? <i32>scaleFor(listener.settings, this.core.tuning) : -1,
      embryo.sackPermitted,
      embryo.timestamps,
      <u32>this.core.nowMilliseconds + embryo.tsOffset,
      embryo.tsRecent,
    );
    this.output.header(
      embryo,
      frame,
      embryo.ports,
      embryo.iss,
      embryo.irs + 1,
      embryo.ecn ? SYN | ACK | ECE : SYN | ACK,
      embryo.window,
      header,
      0,
    );
  }

  /** A segment for a connection whose third segment of the handshake is awaited. */
  private embryonic(packet: Packet, segment: Segment, embryo: Embryo): Connection | null {
    const counters = this.core.counters;
    const listener = this.listeners.at(embryo.listener);
    if (listener === null) {
      this.cache.remove(embryo);
      this.refuse(packet, segment, counters.dropNoFlow);
      return null;
    }
    const offset = segment.seq - embryo.irs - 1;
    if (segment.has(RST)) {
      this.embryonicReset(embryo, offset);
      return null;
    }
    if (segment.has(SYN)) {
      // Again, or another one: the answer is the same, and if it is not what the peer expects, it resets.
      if (segment.options.hasTimestamps && segment.seq === embryo.irs)
        embryo.tsRecent = segment.options.timestamp;
      // Who asks no more has given up on it: something on the way may not like it.
      if (!asksForEcn(segment)) embryo.ecn = false;
      count(counters.synCacheDuplicate);
      this.cache.renew(embryo, this.core.nowMilliseconds);
      this.core.changed = true;
      this.synAck(embryo, listener);
      return null;
    }
    if (!segment.has(ACK)) {
      count(counters.dropNoAck);
      return null;
    }
    if (segment.ack !== embryo.iss + 1) {
      this.refuse(packet, segment, counters.dropBadAck);
      return null;
    }
    if (offset >= embryo.window && offset !== 0) {
      count(counters.dropOutsideWindow);
      this.remind(embryo);
      return null;
    }
    if (embryo.timestamps) {
      if (!segment.options.hasTimestamps) {
        count(counters.dropNoTimestamp);
        return null;
      }
      if (before(segment.options.timestamp, embryo.tsRecent)) {
        count(counters.dropPaws);
        this.remind(embryo);
        return null;
      }
    }
    if (listener.isFull) {
      // The SYN-ACK will be sent again, and this segment too: perhaps there is room then.
      count(counters.dropBacklog);
      return null;
    }
    const connection = this.accept(embryo, listener);
    if (connection === null) {
      count(counters.dropNoMemory);
      return null;
    }
    this.cache.remove(embryo);
    count(counters.synCacheCompleted);
    return connection;
  }

  /** RFC 5961 section 3.2: only a RST with just the expected number ends the attempt. */
  private embryonicReset(embryo: Embryo, offset: u32): void {
    if (offset === 0 || (this.core.tuning.insecureReset && offset < embryo.window)) {
      count(this.core.counters.synCacheReset);
      this.cache.remove(embryo);
      return;
    }
    count(this.core.counters.dropBadReset);
    if (offset < embryo.window) this.remind(embryo);
  }

  /** An acknowledgement of the SYN, as an answer to what is not acceptable. */
  private remind(embryo: Embryo): void {
    const frame = frame_alloc(embryo.headroomBytes + TCP_HEADER_BYTES);
    if (frame === 0) {
      this.core.wantFrame(null);
      return;
    }
    this.output.header(
      embryo,
      frame,
      embryo.ports,
      embryo.iss + 1,
      embryo.irs + 1,
      ACK,
      embryo.window,
      TCP_HEADER_BYTES,
      0,
    );
    count(this.core.counters.sentAcks);
  }

  /** An ACK that may bring a cookie back. */
  private cookie(packet: Packet, segment: Segment, listener: Listener): Connection | null {
    this.isCookie = false;
    if (this.core.nowMilliseconds >= this.cookiesUntilMilliseconds) return null;
    const cookies = this.cookies;
    const ports = segment.ports;
    this.isCookie = cookies.open(
      packet.destinationHigh,
      packet.destinationLow,
      ports & 0xffff,
      packet.sourceHigh,
      packet.sourceLow,
      ports >>> 16,
      segment.seq - 1,
      segment.ack - 1,
      this.core.nowMilliseconds,
    );
    if (!this.isCookie) return null;
    // There is no SYN-ACK to come again, so the peer must hear of it (as in FreeBSD: net.inet.tcp.syncache.rst_on_sock_fail).
    if (listener.isFull) return null;
    const embryo = this.passing;
    if (!this.conceive(packet, segment, listener, embryo)) return null;
    embryo.irs = segment.seq - 1;
    embryo.iss = segment.ack - 1;
    embryo.peerMss = cookies.mss;
    embryo.peerScale = cookies.windowScale;
    embryo.sackPermitted = cookies.sackPermitted;
    embryo.timestamps = false;
    embryo.ecn = false;
    count(this.core.counters.cookiesReceived);
    return this.accept(embryo, listener);
  }

  /** Makes the connection, and tells the program. */
  private accept(embryo: Embryo, listener: Listener): Connection | null {
    const connection = this.core.make();
    if (connection === null) return null;
    copyPath(connection, embryo);
    connection.settings.copy(listener.settings);
    begin(connection, this.core.tuning);
    connection.ports = embryo.ports;
    connection.listener = listener.id;
    connection.peerMss = embryo.peerMss;
    connection.tsRecent = embryo.tsRecent;
    connection.tsRecentAtMilliseconds = this.core.nowMilliseconds;
    connection.tsOffset = embryo.tsOffset;
    if (embryo.timestamps) connection.flags |= FLAG_TIMESTAMPS;
    if (embryo.sackPermitted) connection.flags |= FLAG_SACK;
    if (embryo.ecn) {
      connection.flags |= FLAG_ECN;
      count(this.core.counters.ecnAgreed);
    }
    if (embryo.peerScale >= 0) {
      connection.flags |= FLAG_WINDOW_SCALE;
      connection.sndScale = embryo.peerScale;
    } else {
      connection.rcvScale = 0;
    }
    connection.irs = embryo.irs;
    connection.rcvNxt = embryo.irs + 1;
    connection.rcvAdv = connection.rcvNxt + embryo.window;
    connection.lastAckSent = connection.rcvNxt;
    connection.iss = embryo.iss;
    connection.sndUna = embryo.iss + 1;
    connection.sndNxt = embryo.iss + 1;
    connection.sndWnd = embryo.peerWindow;
    connection.sndWndMax = embryo.peerWindow;
    connection.sndWl1 = embryo.irs;
    connection.sndWl2 = embryo.iss;
    this.output.measure(connection);
    roundReceiveBuffer(connection);
    connection.flags |= FLAG_IN_BACKLOG;
    listener.waiting++;
    this.core.table.insert(connection);
    connection.state = TcpState.Listen;
    this.core.enter(connection, TcpState.SynReceived);
    this.core.establish(connection);
    if (embryo.sentMicroseconds !== 0) {
      const elapsed = <u32>(
        min(this.core.nowMicroseconds - embryo.sentMicroseconds, ROUND_TRIP_MAX_MICROSECONDS)
      );
      connection.recovery.roundTrip.measured(max(elapsed, 1));
    }
    count(this.core.counters.accepts);
    this.core.notifier.say(connection, SAY_ACCEPTED);
    return connection;
  }

  /** An ICMP error about a SYN-ACK of ours, `ports` as in what comes in: three of them, and it is given up (FreeBSD). */
  failed(report: Report, ports: u32, sequence: u32): bool {
    const embryo = this.cache.find(
      report.localHigh,
      report.localLow,
      report.remoteHigh,
      report.remoteLow,
      ports,
    );
    if (embryo === null || sequence !== embryo.iss || report.failure === <u32>Failure.TooBig) return false;
    if (++embryo.failures < FAILURES_MAX) return true;
    count(this.core.counters.synCacheUnreachable);
    this.cache.remove(embryo);
    return true;
  }

  /** Sends SYN-ACKs again, or gives up. */
  timer(): void {
    const now = this.core.nowMilliseconds;
    for (let embryo = this.cache.due(now); embryo !== null; embryo = this.cache.due(now)) {
      const listener = this.listeners.at(embryo.listener);
      if (listener === null || embryo.retransmissions >= SYN_ACK_RETRANSMISSIONS) {
        count(this.core.counters.synCacheExpired);
        this.cache.remove(embryo);
      } else {
        count(this.core.counters.synCacheRetransmitted);
        this.cache.retransmitted(embryo, now);
        this.synAck(embryo, listener);
      }
    }
  }
}
