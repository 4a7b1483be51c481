import { counter } from "mirage/framecode";

/** TCP's statistics, in the manner of `netstat -s`: ids for `count`. */
export class Counters {
  // Received and not taken: each is one segment.
  readonly dropMalformed: u32 = counter("drop.tcp.malformed");
  readonly dropChecksum: u32 = counter("drop.tcp.checksum");
  readonly dropGroup: u32 = counter("drop.tcp.group-address");
  readonly dropNoFlow: u32 = counter("drop.tcp.no-flow");
  readonly dropPaws: u32 = counter("drop.tcp.paws");
  readonly dropNoTimestamp: u32 = counter("drop.tcp.no-timestamp");
  readonly dropNoAck: u32 = counter("drop.tcp.no-ack");
  readonly dropBadAck: u32 = counter("drop.tcp.bad-ack");
  readonly dropBadReset: u32 = counter("drop.tcp.bad-reset");
  readonly dropBadSyn: u32 = counter("drop.tcp.bad-syn");
  readonly dropDuplicate: u32 = counter("drop.tcp.duplicate");
  readonly dropOutsideWindow: u32 = counter("drop.tcp.outside-window");
  readonly dropAfterClose: u32 = counter("drop.tcp.after-close");
  readonly dropReassembly: u32 = counter("drop.tcp.reassembly-full");
  readonly dropGivenUp: u32 = counter("drop.tcp.reassembly-given-up");
  readonly dropReceiveFrames: u32 = counter("drop.tcp.receive-frames");
  readonly dropBacklog: u32 = counter("drop.tcp.backlog");
  readonly dropNoMemory: u32 = counter("drop.tcp.no-memory");
  readonly dropTimeWait: u32 = counter("drop.tcp.time-wait");

  readonly received: u32 = counter("tcp.received");
  readonly receivedInOrder: u32 = counter("tcp.received-in-order");
  readonly receivedOutOfOrder: u32 = counter("tcp.received-out-of-order");
  readonly receivedPartlyDuplicate: u32 = counter("tcp.received-partly-duplicate");
  readonly receivedPredictedAcks: u32 = counter("tcp.predicted-acks");
  readonly receivedPredictedData: u32 = counter("tcp.predicted-data");
  readonly receivedDuplicateAcks: u32 = counter("tcp.duplicate-acks");
  readonly receivedWindowProbes: u32 = counter("tcp.window-probes-received");
  readonly receivedUrgent: u32 = counter("tcp.urgent-taken-in-band");

  readonly receivedUserTimeouts: u32 = counter("tcp.user-timeouts-received");
  readonly ecnAgreed: u32 = counter("tcp.ecn-agreed");
  readonly receivedMarked: u32 = counter("tcp.ecn-marked-received");
  readonly receivedEchoes: u32 = counter("tcp.ecn-echoes-received");
  readonly ecnReductions: u32 = counter("tcp.ecn-windows-reduced");

  readonly sent: u32 = counter("tcp.sent");
  readonly sentData: u32 = counter("tcp.sent-data");
  readonly sentAcks: u32 = counter("tcp.sent-acks");
  readonly sentDelayedAcks: u32 = counter("tcp.sent-delayed-acks");
  readonly sentWindowUpdates: u32 = counter("tcp.sent-window-updates");
  readonly sentWindowProbes: u32 = counter("tcp.sent-window-probes");
  readonly sentResets: u32 = counter("tcp.sent-resets");
  readonly resetsLimited: u32 = counter("tcp.resets-rate-limited");
  readonly sentChallenges: u32 = counter("tcp.sent-challenge-acks");
  readonly challengesLimited: u32 = counter("tcp.challenge-acks-rate-limited");
  readonly retransmitted: u32 = counter("tcp.retransmitted");
  readonly retransmissionTimeouts: u32 = counter("tcp.retransmission-timeouts");
  readonly sendFailed: u32 = counter("tcp.send-failed");

  readonly attempts: u32 = counter("tcp.connections-attempted");
  readonly accepts: u32 = counter("tcp.connections-accepted");
  readonly connects: u32 = counter("tcp.connections-established");
  readonly closed: u32 = counter("tcp.connections-closed");
  readonly resetByPeer: u32 = counter("tcp.connections-reset-by-peer");
  readonly timedOut: u32 = counter("tcp.connections-timed-out");
  readonly stalledDrops: u32 = counter("tcp.stalled-dropped");
  readonly keepAliveProbes: u32 = counter("tcp.keepalive-probes");
  readonly keepAliveDrops: u32 = counter("tcp.keepalive-drops");
  readonly timeWaitRecycled: u32 = counter("tcp.time-wait-recycled");

  readonly synCacheAdded: u32 = counter("tcp.syncache-added");
  readonly synCacheCompleted: u32 = counter("tcp.syncache-completed");
  readonly synCacheDuplicate: u32 = counter("tcp.syncache-duplicate-syn");
  readonly synCacheRetransmitted: u32 = counter("tcp.syncache-retransmitted");
  readonly synCacheExpired: u32 = counter("tcp.syncache-expired");
  readonly synCacheReset: u32 = counter("tcp.syncache-reset");
  readonly synCacheUnreachable: u32 = counter("tcp.syncache-unreachable");
  readonly cookiesSent: u32 = counter("tcp.syncookies-sent");
  readonly cookiesReceived: u32 = counter("tcp.syncookies-received");
}
