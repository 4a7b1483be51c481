/**
 * Options of flows, and what is known of one.
 *
 * @module
 */
import { TcpField, TcpOption } from "../stack/interface.ts";
import * as stack from "../stack/stack.frame.ts";
import { NetworkError, networkError } from "./errors.ts";

const CONGESTION = ["cubic", "newreno"] as const;
const LEAST_BUFFER_BYTES = 1024;
const LARGEST = 0x7fffffff;
/** `LingerMilliseconds` without a limit. */
const NO_LIMIT = 0xffffffff;

/** How a flow behaves. A listener's are those of the flows that it accepts. Times are in milliseconds. */
export interface FlowOptions {
  /** Send small pieces at once, rather than wait for more to fill a segment (Nagle, RFC 9293 section 3.7.4). Default: false. */
  readonly noDelay?: boolean;
  /** Ask a silent peer whether it is still there: true (after 2 hours), false (the default), or when and how often. */
  readonly keepAlive?: boolean | KeepAlive;
  /** End the flow with ETIMEDOUT when what was sent is not acknowledged for so long, and tell the peer (RFC 5482). 0: the default, as long as retransmission goes on. */
  readonly userTimeoutMs?: number;
  /**
   * Follow the user timeout that the peer announces, between 100 seconds and an hour, unless `userTimeoutMs` is longer (RFC 5482). Default:
   * false. The host's sockets (`--net socket`) cannot: EINVAL.
   */
  readonly adoptUserTimeout?: boolean;
  /** How long `close` goes on sending: then, or at once if 0, the flow is aborted. Default: without limit. */
  readonly lingerMs?: number;
  /**
   * Bytes that `write` takes before its promise waits: 1,024 to 2^31 - 1. Default: 256 KiB, and up to 2 MiB while the peer
   * takes them faster than they are written.
   */
  readonly sendBuffer?: number;
  /** Bytes that the peer may send before the program has read them: 1,024 to 2^31 - 1. */
  readonly receiveBuffer?: number;
  /** Congestion control: CUBIC (RFC 9438, the default) or NewReno (RFC 6582). */
  readonly congestion?: "cubic" | "newreno";
  /** Time to live or hop limit of what is sent, 1 to 255. */
  readonly hopLimit?: number;
  /** Type of service or traffic class of what is sent, 0 to 255, without ECN's two bits. */
  readonly trafficClass?: number;
  /** A read that waits longer rejects with ETIMEDOUT; the flow goes on. 0: the default, no limit. */
  readonly readTimeoutMs?: number;
  /** A write that waits so long without progress rejects with ETIMEDOUT and aborts the flow. 0: the default, no limit. */
  readonly writeTimeoutMs?: number;
}

/** RFC 9293 section 3.8.4. */
export interface KeepAlive {
  /** Silence before the first question, from 1. */
  readonly idleMs?: number;
  /** Between questions, from 1. */
  readonly intervalMs?: number;
  /** Questions without an answer that end the flow with ETIMEDOUT, from 1. */
  readonly probes?: number;
}

/** What is known of a flow. */
export interface FlowInfo {
  /** RFC 9293's name: "ESTABLISHED". */
  readonly state: string;
  /** Bytes of payload in a full segment. */
  readonly mss: number;
  readonly congestionWindowBytes: number;
  readonly slowStartThresholdBytes: number;
  /** Bytes that the peer allows to be under way. */
  readonly sendWindowBytes: number;
  /** Smoothed round trip, microseconds. */
  readonly roundTripUs: number;
  readonly retransmissionTimeoutMs: number;
  readonly retransmittedSegments: number;
  /** Bytes that were written and are not acknowledged. */
  readonly sendQueueBytes: number;
  /** Bytes that arrived and were not released. */
  readonly receiveQueueBytes: number;
}

const STATES = [
  "CLOSED",
  "LISTEN",
  "SYN-SENT",
  "SYN-RECEIVED",
  "ESTABLISHED",
  "CLOSE-WAIT",
  "FIN-WAIT-1",
  "CLOSING",
  "LAST-ACK",
  "FIN-WAIT-2",
  "TIME-WAIT",
] as const;

/** A whole number in a range, or NetworkError EINVAL. */
export function checkNumber(name: string, value: number, least: number, most: number): number {
  if (!(Number.isInteger(value) && value >= least && value <= most)) {
    throw new NetworkError("EINVAL", `${name} ${value}: expected a whole number from ${least} to ${most}`);
  }
  return value;
}

/** Sets those that are given. The two timeouts are the library's own, and not looked at here. */
export function setOptions(id: number, options: FlowOptions): void {
  const set = (name: string, option: TcpOption, value: number): void => {
    const result = stack.tcp_set(id, option, value) | 0;
    if (result < 0) throw networkError(result, `set ${name}`);
  };
  const number = (name: keyof FlowOptions, option: TcpOption, least: number, most: number): void => {
    const value = options[name];
    if (value !== undefined) set(name, option, checkNumber(name, value as number, least, most));
  };
  const { noDelay, keepAlive, lingerMs, congestion, adoptUserTimeout: adopt } = options;
  if (noDelay !== undefined) set("noDelay", TcpOption.NoDelay, noDelay ? 1 : 0);
  if (keepAlive !== undefined) setKeepAlive(set, keepAlive);
  number("userTimeoutMs", TcpOption.UserTimeoutMilliseconds, 0, LARGEST);
  if (adopt !== undefined) set("adoptUserTimeout", TcpOption.AdoptUserTimeout, adopt ? 1 : 0);
  if (lingerMs !== undefined) {
    const ms =
      lingerMs === Number.POSITIVE_INFINITY ? NO_LIMIT : checkNumber("lingerMs", lingerMs, 0, LARGEST);
    set("lingerMs", TcpOption.LingerMilliseconds, ms);
  }
  number("sendBuffer", TcpOption.SendBufferBytes, LEAST_BUFFER_BYTES, LARGEST);
  number("receiveBuffer", TcpOption.ReceiveBufferBytes, LEAST_BUFFER_BYTES, LARGEST);
  if (congestion !== undefined) {
    const which = CONGESTION.indexOf(congestion);
    if (which < 0) throw new NetworkError("EINVAL", `congestion ${congestion}: expected cubic or newreno`);
    set("congestion", TcpOption.Congestion, which);
  }
  number("hopLimit", TcpOption.HopLimit, 1, 255);
  number("trafficClass", TcpOption.TrafficClass, 0, 255);
}

const KEEP_ALIVE_IDLE_MS = 7_200_000;

function setKeepAlive(
  set: (name: string, option: TcpOption, value: number) => void,
  keepAlive: boolean | KeepAlive,
): void {
  if (typeof keepAlive === "boolean") {
    set("keepAlive", TcpOption.KeepAliveIdleMilliseconds, keepAlive ? KEEP_ALIVE_IDLE_MS : 0);
    return;
  }
  const { idleMs = KEEP_ALIVE_IDLE_MS, intervalMs, probes } = keepAlive;
  if (intervalMs !== undefined) {
    const ms = checkNumber("keepAlive.intervalMs", intervalMs, 1, LARGEST);
    set("keepAlive.intervalMs", TcpOption.KeepAliveIntervalMilliseconds, ms);
  }
  if (probes !== undefined) {
    set("keepAlive.probes", TcpOption.KeepAliveProbes, checkNumber("keepAlive.probes", probes, 1, 127));
  }
  set(
    "keepAlive.idleMs",
    TcpOption.KeepAliveIdleMilliseconds,
    checkNumber("keepAlive.idleMs", idleMs, 1, LARGEST),
  );
}

/** What the stack knows; of a flow that is over, that it is CLOSED. */
export function flowInfo(id: number): FlowInfo {
  const get = (field: TcpField): number => Math.max(0, stack.tcp_get(id, field) | 0);
  return {
    state: STATES[get(TcpField.State)] ?? "CLOSED",
    mss: get(TcpField.Mss),
    congestionWindowBytes: get(TcpField.CongestionWindowBytes),
    slowStartThresholdBytes: get(TcpField.SlowStartThresholdBytes),
    sendWindowBytes: get(TcpField.SendWindowBytes),
    roundTripUs: get(TcpField.RoundTripMicroseconds),
    retransmissionTimeoutMs: get(TcpField.RetransmissionTimeoutMilliseconds),
    retransmittedSegments: get(TcpField.RetransmittedSegments),
    sendQueueBytes: get(TcpField.SendQueueBytes),
    receiveQueueBytes: get(TcpField.ReceiveQueueBytes),
  };
}
