import { StackError, TcpTuning } from "../interface";

/** Values of `Tuning.ecn`: SYNs ask for it, and it is agreed to if a peer's SYN asks; only the latter. 0: neither. */
export const ECN_ASK: u32 = 1;
export const ECN_ACCEPT: u32 = 2;
/** A receive buffer that sizes itself grows to this (FreeBSD's kern.ipc.maxsockbuf). */
const RECEIVE_BUFFER_MAX_BYTES: u32 = 1 << 21;
/** An attempt to connect ends after this (FreeBSD's net.inet.tcp.keepinit). */
const CONNECT_MILLISECONDS: u32 = 75_000;

/**
 * What holds for all connections alike, as FreeBSD's sysctls of `net.inet.tcp`: see `TcpTuning`. The defaults are right
 * but where an old peer or a test must be served.
 */
export class Tuning {
  /** RFC 7323: window scaling and timestamps are offered, and taken. */
  extensions: bool = true;
  sack: bool = true;
  /** SYNs carry no options at all. */
  plainSyn: bool = false;
  /** The fourth SYN and those that follow carry no option but MSS: something on the way may not like them. */
  dropOptions: bool = false;
  /** RFC 793 instead of RFC 5961: each RST in the window ends the connection. */
  insecureReset: bool = false;
  /** RFC 793 instead of RFC 5961: a SYN in the window resets the connection. */
  insecureSyn: bool = false;
  /** Segments with SYN and FIN are not looked at. */
  dropSynFin: bool = false;
  /** ICMP errors end attempts to connect. */
  icmpMayReset: bool = true;
  receiveBufferMaxBytes: u32 = RECEIVE_BUFFER_MAX_BYTES;
  connectMilliseconds: u32 = CONNECT_MILLISECONDS;
  /** `ECN_ASK`, `ECN_ACCEPT` or 0. */
  ecn: u32 = ECN_ACCEPT;
  /** SYNs that are sent again asking for ECN: something on the way may not like it. */
  ecnRetransmissions: u32 = 1;

  /** Returns 0, or `EINVAL` and nothing has changed. */
  set(tuning: u32, value: u32): i32 {
    const yes = value !== 0;
    switch (tuning) {
      case TcpTuning.Extensions:
        this.extensions = yes;
        return StackError.None;
      case TcpTuning.Sack:
        this.sack = yes;
        return StackError.None;
      case TcpTuning.PlainSyn:
        this.plainSyn = yes;
        return StackError.None;
      case TcpTuning.DropOptions:
        this.dropOptions = yes;
        return StackError.None;
      case TcpTuning.InsecureReset:
        this.insecureReset = yes;
        return StackError.None;
      case TcpTuning.InsecureSyn:
        this.insecureSyn = yes;
        return StackError.None;
      case TcpTuning.DropSynFin:
        this.dropSynFin = yes;
        return StackError.None;
      case TcpTuning.IcmpMayReset:
        this.icmpMayReset = yes;
        return StackError.None;
      case TcpTuning.ReceiveBufferMaxBytes:
        if (value === 0) return StackError.EINVAL;
        this.receiveBufferMaxBytes = value;
        return StackError.None;
      case TcpTuning.ConnectMilliseconds:
        if (value === 0) return StackError.EINVAL;
        this.connectMilliseconds = value;
        return StackError.None;
      case TcpTuning.Ecn:
        if (value > ECN_ACCEPT) return StackError.EINVAL;
        this.ecn = value;
        return StackError.None;
      case TcpTuning.EcnRetransmissions:
        this.ecnRetransmissions = value;
        return StackError.None;
      default:
        return StackError.EINVAL;
    }
  }
}
