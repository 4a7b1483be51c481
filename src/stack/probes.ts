/**
 * Probes of the stack, rows of `dtrace/probes.def`, for who traces a running program. One that nobody listens at costs a comparison and
 * a branch, if it is written so:
 *
 *     if (probe_enabled(StackProbe.…)) this.tell(...);
 *
 * What it tells is gathered behind that question only.
 *
 * @module
 */
/** The numbers of `runtime/wasm/probes.h`. */
export enum StackProbe {
  IpSend = 0,
  IpReceive,
  UdpSend,
  UdpReceive,
  TcpSend,
  TcpReceive,
  TcpStateChange,
  TcpConnectRequest,
  TcpConnectEstablished,
  TcpConnectRefused,
  TcpAcceptEstablished,
  TcpAcceptRefused,
  TcpRetransmit,
}

/** Words of a `ProbeRecord`: the same in `runtime/wasm/probes.h`. Addresses are four words, the first one the highest. */
export enum ProbeWord {
  /** What the program knows the flow by; 0: nothing. */
  Flow = 0,
  /** Of IP: 4 or 6. */
  Version,
  LocalPort,
  RemotePort,
  /** Bytes behind the IP header. */
  Length,
  /** 1: this side sends. */
  Sending,
  Local,
  Remote = 10,
  /** Below: of TCP. 1: there is a connection, with what follows. */
  Connected = 14,
  State,
  /** The state before. */
  Previous,
  /** 1: the program opened it. */
  Active,
  Iss,
  Irs,
  SndUna,
  SndMax,
  SndNxt,
  RcvAck,
  RcvNxt,
  SndWnd,
  RcvWnd,
  SndScale,
  RcvScale,
  Cwnd,
  Ssthresh,
  Mss,
  RtoMilliseconds,
  SrttMicroseconds,
  Retransmits,
  Dupacks,
  SndWl1,
  SndWl2,
  RcvAdv,
  TsRecent,
  Count,
}
