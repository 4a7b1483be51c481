import { TcpState } from "../interface";
import { Path } from "../network";
import { objectBytes } from "../pool";
import { Congestion } from "./congestion/congestion";
import { Arrived } from "./notify";
import { Reassembly } from "./reassembly";
import { Recovery } from "./recovery";
import { RoundTrip } from "./rtt";
import { SendQueue } from "./sendqueue";
import { Settings } from "./settings";
import { NEVER, Timer } from "./timerwheel";

/** What a connection is about to do or has agreed on: bits of `Connection.flags`. */
export const FLAG_TIMESTAMPS: u32 = 1 << 0;
export const FLAG_SACK: u32 = 1 << 1;
export const FLAG_WINDOW_SCALE: u32 = 1 << 2;
/** An ACK must leave with the next segment, and soon. */
export const FLAG_ACK_NOW: u32 = 1 << 3;
/** An ACK waits for the next segment in or out, or for its timer. */
export const FLAG_ACK_DELAYED: u32 = 1 << 4;
/** The program has shut its side down: a FIN follows the queue. */
export const FLAG_FIN_WANTED: u32 = 1 << 5;
/** The FIN was sent: it is the sequence number before `sendNext`. */
export const FLAG_FIN_SENT: u32 = 1 << 6;
/** The peer's FIN has arrived, in order or not. */
export const FLAG_FIN_KNOWN: u32 = 1 << 15;
/** The peer's FIN has arrived in order. */
export const FLAG_FIN_RECEIVED: u32 = 1 << 7;
/** The program wants to hear no more of this flow. */
export const FLAG_RELEASED: u32 = 1 << 8;
/** A write was cut short: say when there is room. */
export const FLAG_WRITE_BLOCKED: u32 = 1 << 9;
/** Accepted, and the program has not used it yet: counts against its listener's backlog. */
export const FLAG_IN_BACKLOG: u32 = 1 << 11;
/** `TcpClosed` has been said, or put on the list. */
export const FLAG_CLOSED_SAID: u32 = 1 << 12;
/** A window of 0 was advertised: the next data is acknowledged at once. */
export const FLAG_ZERO_WINDOW_SENT: u32 = 1 << 13;
/** A byte that the peer's window had no room for was sent: it may be acknowledged, and is not in `sndNxt`. */
export const FLAG_PROBING_WINDOW: u32 = 1 << 14;
/** The next segment echoes `tsEcho` instead of TS.Recent. */
export const FLAG_ECHO_DUPLICATE: u32 = 1 << 16;

/** The SYN asks for ECN (RFC 3168). */
export const FLAG_ECN_ASKED: u32 = 1 << 17;
/** Both sides have agreed on it. */
export const FLAG_ECN: u32 = 1 << 18;
/** A marked packet came: each segment says so, until the peer says that it sends less. */
export const FLAG_ECN_ECHO: u32 = 1 << 19;
/** Less is sent because of the peer's echo: the next new data says so. */
export const FLAG_ECN_REDUCED: u32 = 1 << 20;

/** What a connection has to tell the program: bits of `Connection.says`. In the order in which it is said. */
export const SAY_ACCEPTED: u32 = 1 << 0;
export const SAY_CONNECTED: u32 = 1 << 1;
/** Data in the receive queue. */
export const SAY_DATA: u32 = 1 << 2;
export const SAY_END: u32 = 1 << 3;
export const SAY_WRITABLE: u32 = 1 << 4;
export const SAY_CLOSED: u32 = 1 << 5;

/** Why `Connection.retransmitAt` is set. */
export enum Waiting {
  /** For an acknowledgement: see `Recoveries`. */
  Acknowledgement = 0,
  /** For the answer to our SYN. */
  Handshake,
  /** For the peer's window to open, or for memory: then a probe asks (RFC 9293 section 3.8.6.1). */
  Window,
  /** For room in the memory that all send queues share, with nothing to send that somebody would acknowledge. */
  Room,
}

/**
 * One connection (the transmission control block of RFC 9293 section 3.3.1), and the way to its peer. Names of
 * variables that the RFC has are the RFC's. Of fixed size: what only an active one needs comes from shared pools.
 */
export class Connection extends Path {
  /** The flow's number: see `ConnectionTable`. */
  id: u32 = 0;
  used: bool = false;
  /** It is in a chain of the table. */
  hashed: bool = false;
  /** It is on the notifier's list. */
  listed: bool = false;
  hashNext: Connection | null = null;
  saysNext: Connection | null = null;
  /** Neighbours in TIME-WAIT, in the order in which they came there. */
  older: Connection | null = null;
  newer: Connection | null = null;
  /** Remote port << 16 | local port. */
  ports: u32 = 0;
  /** A `TcpState`. */
  state: u32 = TcpState.Closed;
  flags: u32 = 0;
  says: u32 = 0;
  /** Errno that ended it, 0: none. */
  error: u32 = 0;
  /** Errno that will be told if it times out: an ICMP error that is not final. */
  softError: u32 = 0;
  /** The listener that accepted it. */
  listener: u32 = 0;

  iss: u32 = 0;
  sndUna: u32 = 0;
  /** One behind the last that was ever sent: it never goes back. */
  sndNxt: u32 = 0;
  /** In bytes, scaled. */
  sndWnd: u32 = 0;
  sndWl1: u32 = 0;
  sndWl2: u32 = 0;
  /** The largest window that the peer ever offered, bytes. */
  sndWndMax: u32 = 0;
  sndScale: u32 = 0;
  /** Payload bytes of a full segment, less the options of each segment. */
  mss: u32 = 0;
  /** Payload bytes that one frame may carry: full segments, one or, where the card cuts them, many. */
  burst: u32 = 0;
  /** As the peer's SYN said, without thought of options. */
  peerMss: u32 = 0;

  irs: u32 = 0;
  rcvNxt: u32 = 0;
  /** One behind the last that the peer may send: the right edge of the window, which never moves back. */
  rcvAdv: u32 = 0;
  rcvScale: u32 = 0;
  /** With `FLAG_FIN_KNOWN`: the number of the peer's FIN. */
  rcvFin: u32 = 0;
  /** The last acknowledgement that was sent (Last.ACK.sent in RFC 7323). */
  lastAckSent: u32 = 0;
  /** Bytes that were received in order and the program has not consumed. */
  unconsumedBytes: u32 = 0;
  /** Frames that those lie in, about. */
  unconsumedFrames: u32 = 0;
  /** Limit of `unconsumedBytes`. */
  receiveBufferBytes: u32 = 0;
  /** Limit of what is in `queue`. */
  sendBufferBytes: u32 = 0;
  /** For sizing the receive buffer: where `rcvNxt` was when a round trip began, and when. */
  tuneSeq: u32 = 0;
  tuneAtMicroseconds: u64 = 0;
  /** With segments that wait for earlier ones: until when, milliseconds, and the neighbours in `EarlyList`. */
  earlyUntil: u64 = NEVER;
  earlyOlder: Connection | null = null;
  earlyNewer: Connection | null = null;
  arrivedFirst: Arrived | null = null;
  arrivedLast: Arrived | null = null;

  /** The peer's latest timestamp (TS.Recent), and when it came. */
  tsRecent: u32 = 0;
  /** The timestamp of a segment that came twice. */
  tsEcho: u32 = 0;
  tsRecentAtMilliseconds: u64 = 0;
  /** Added to our milliseconds in timestamps that we send (RFC 7323 section 5.4). */
  tsOffset: u32 = 0;

  /** What comes first of what follows, or earlier. */
  timer: Timer = changetype<Timer>(0);
  retransmitAt: u64 = NEVER;
  waiting: u32 = Waiting.Acknowledgement;
  delayedAckAt: u64 = NEVER;
  /** End of TIME-WAIT or FIN-WAIT-2, of the attempt to connect; the next keepalive. */
  lifeAt: u64 = NEVER;
  /** After `tcp_close`: when what is left is given up. */
  lingerAt: u64 = NEVER;
  /** When the SYN was sent; 0: several times. */
  synSentMicroseconds: u64 = 0;
  /** When the peer was last heard of, milliseconds. */
  heardAtMilliseconds: u64 = 0;
  /** When the oldest data that is not acknowledged was first sent, or last made progress, milliseconds. */
  progressAtMilliseconds: u64 = 0;
  /** Data may stay unacknowledged for so long, whoever said so; 0: as long as retransmission goes on. */
  userTimeoutMilliseconds: u32 = 0;
  /** What the peer has announced (RFC 5482); 0: nothing. */
  peerUserTimeoutSeconds: u32 = 0;
  keepAliveProbes: u32 = 0;
  /** Window probes since the peer last answered with a window. */
  windowProbes: u32 = 0;
  retransmittedSegments: u32 = 0;
  /** The second in which `challenges` ACKs were sent that nobody should have asked for. */
  challengesSince: u32 = 0;
  challenges: u32 = 0;

  readonly queue: SendQueue = new SendQueue();
  readonly recovery: Recovery = new Recovery();
  readonly reassembly: Reassembly = new Reassembly();
  readonly settings: Settings = new Settings();

  /** Bytes that a write may add to the queue. */
  get sendRoomBytes(): u32 {
    const queued = this.queue.bytes;
    const limit = this.sendBufferBytes;
    return queued < limit ? limit - queued : 0;
  }

  has(flag: u32): bool {
    return (this.flags & flag) !== 0;
  }
}

/** Linear memory that one connection takes, with all its parts. */
export const CONNECTION_BYTES: usize =
  objectBytes<Connection>() +
  objectBytes<Timer>() +
  objectBytes<SendQueue>() +
  objectBytes<Recovery>() +
  objectBytes<Congestion>() +
  objectBytes<RoundTrip>() +
  objectBytes<Reassembly>() +
  objectBytes<Settings>();
