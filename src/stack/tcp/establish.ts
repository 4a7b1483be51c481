import { TcpState } from "../interface";
import { Path } from "../network";
import { Connection, FLAG_TIMESTAMPS, Waiting } from "./connection";
import { TIMESTAMPS_ROOM_BYTES } from "./options";
import { BUFFER_BYTES_MAX, RECEIVE_BUFFER_BYTES, SEND_BUFFER_BYTES, Settings } from "./settings";
import { NEVER } from "./timerwheel";
import { Tuning } from "./tuning";

/** Segments to peers that say nothing about their size (RFC 9293 section 3.7.1). */
const MSS_DEFAULT_IPV4: u32 = 536;
const MSS_DEFAULT_IPV6: u32 = 1220;
/** Payload bytes that a peer takes: what its SYN said, if it said something that makes sense. */
export function peerMss(path: Path, offered: u32): u32 {
  if (offered === 0) return path.version === 4 ? MSS_DEFAULT_IPV4 : MSS_DEFAULT_IPV6;
  return offered;
}

/** The smallest shift with which a window field can say the largest size of the buffer. */
export function scaleFor(settings: Settings, tuning: Tuning): u32 {
  const largest = min(max(settings.receiveBufferBytes, tuning.receiveBufferMaxBytes), BUFFER_BYTES_MAX);
  let scale: u32 = 0;
  while (scale < 14 && (<u32>0xffff) << scale < largest) scale++;
  return scale;
}

/**
 * A receive buffer holds whole segments (as FreeBSD's tcp_mss() has it): then a window that is full of them can be opened
 * again by whole ones. After the handshake has said how long they are.
 */
export function roundReceiveBuffer(connection: Connection): void {
  const segment = connection.mss + (connection.has(FLAG_TIMESTAMPS) ? TIMESTAMPS_ROOM_BYTES : 0);
  const bytes = connection.receiveBufferBytes;
  if (bytes > segment) connection.receiveBufferBytes = ((bytes + segment - 1) / segment) * segment;
}

/** Everything as in a new connection; `settings` are set, the path is opened by the caller. */
export function begin(connection: Connection, tuning: Tuning): void {
  connection.state = TcpState.Closed;
  connection.flags = 0;
  connection.says = 0;
  connection.error = 0;
  connection.softError = 0;
  connection.listener = 0;
  connection.iss = 0;
  connection.sndUna = 0;
  connection.sndNxt = 0;
  connection.sndWnd = 0;
  connection.sndWl1 = 0;
  connection.sndWl2 = 0;
  connection.sndWndMax = 0;
  connection.sndScale = 0;
  connection.mss = 0;
  connection.burst = 0;
  connection.peerMss = 0;
  connection.irs = 0;
  connection.rcvNxt = 0;
  connection.rcvAdv = 0;
  connection.rcvFin = 0;
  connection.lastAckSent = 0;
  connection.unconsumedBytes = 0;
  connection.unconsumedFrames = 0;
  connection.tuneSeq = 0;
  connection.tuneAtMicroseconds = 0;
  connection.synSentMicroseconds = 0;
  connection.earlyUntil = NEVER;
  connection.arrivedFirst = null;
  connection.arrivedLast = null;
  connection.tsRecent = 0;
  connection.tsRecentAtMilliseconds = 0;
  connection.tsOffset = 0;
  connection.retransmitAt = NEVER;
  connection.waiting = Waiting.Acknowledgement;
  connection.delayedAckAt = NEVER;
  connection.lifeAt = NEVER;
  connection.lingerAt = NEVER;
  connection.heardAtMilliseconds = 0;
  connection.progressAtMilliseconds = 0;
  connection.peerUserTimeoutSeconds = 0;
  connection.userTimeoutMilliseconds = connection.settings.userTimeoutMilliseconds;
  connection.keepAliveProbes = 0;
  connection.windowProbes = 0;
  connection.retransmittedSegments = 0;
  connection.challengesSince = 0;
  connection.challenges = 0;
  connection.recovery.roundTrip.reset();
  const settings = connection.settings;
  connection.recovery.congestion.algorithm = settings.congestion;
  connection.receiveBufferBytes =
    settings.receiveBufferBytes !== 0 ? settings.receiveBufferBytes : RECEIVE_BUFFER_BYTES;
  connection.sendBufferBytes = settings.sendBufferBytes !== 0 ? settings.sendBufferBytes : SEND_BUFFER_BYTES;
  connection.rcvScale = scaleFor(settings, tuning);
  connection.hopLimit = settings.hopLimit;
  connection.trafficClass = settings.trafficClass;
}

/** The way to the same peer. */
export function copyPath(to: Path, from: Path): void {
  memory.copy(changetype<usize>(to), changetype<usize>(from), offsetof<Path>());
}
