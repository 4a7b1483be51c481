import { StackError, TcpOption } from "../interface";

export const KEEP_ALIVE_INTERVAL_MILLISECONDS: u32 = 75_000;
export const KEEP_ALIVE_PROBES: u32 = 8;
export const SEND_BUFFER_BYTES: u32 = 1 << 18;
export const RECEIVE_BUFFER_BYTES: u32 = 1 << 16;
export const BUFFER_BYTES_MIN: u32 = 2048;
/** What a scaled window can say (RFC 7323 section 2.3). */
export const BUFFER_BYTES_MAX: u32 = 1 << 30;
/** `lingerMilliseconds`: what was written is sent for as long as it takes. */
export const LINGER_FOREVER: u32 = 0xffffffff;

/** What a program can choose for a flow, or on a listener for the flows that it accepts: see `TcpOption`. */
export class Settings {
  noDelay: bool = false;
  /** 0: no keepalive, which is the default (RFC 9293 section 3.8.4). */
  keepAliveIdleMilliseconds: u32 = 0;
  keepAliveIntervalMilliseconds: u32 = 0;
  keepAliveProbes: u32 = 0;
  /** 0: none but that of retransmission. */
  userTimeoutMilliseconds: u32 = 0;
  adoptUserTimeout: bool = false;
  lingerMilliseconds: u32 = 0;
  /** 0: sizes itself. */
  sendBufferBytes: u32 = 0;
  /** 0: sizes itself. */
  receiveBufferBytes: u32 = 0;
  /** 0 CUBIC, 1 NewReno. */
  congestion: u32 = 0;
  /** 0: the network layer's default. */
  hopLimit: u32 = 0;
  trafficClass: u32 = 0;

  reset(): void {
    this.noDelay = false;
    this.keepAliveIdleMilliseconds = 0;
    this.keepAliveIntervalMilliseconds = KEEP_ALIVE_INTERVAL_MILLISECONDS;
    this.keepAliveProbes = KEEP_ALIVE_PROBES;
    this.userTimeoutMilliseconds = 0;
    this.adoptUserTimeout = false;
    this.lingerMilliseconds = LINGER_FOREVER;
    this.sendBufferBytes = 0;
    this.receiveBufferBytes = 0;
    this.congestion = 0;
    this.hopLimit = 0;
    this.trafficClass = 0;
  }

  copy(from: Settings): void {
    memory.copy(changetype<usize>(this), changetype<usize>(from), offsetof<Settings>());
  }

  /** Returns 0, or `EINVAL` and nothing has changed. */
  set(option: u32, value: u32): i32 {
    switch (option) {
      case TcpOption.NoDelay:
        this.noDelay = value !== 0;
        return StackError.None;
      case TcpOption.KeepAliveIdleMilliseconds:
        this.keepAliveIdleMilliseconds = value;
        return StackError.None;
      case TcpOption.KeepAliveIntervalMilliseconds:
        if (value === 0) return StackError.EINVAL;
        this.keepAliveIntervalMilliseconds = value;
        return StackError.None;
      case TcpOption.KeepAliveProbes:
        if (value === 0) return StackError.EINVAL;
        this.keepAliveProbes = value;
        return StackError.None;
      case TcpOption.UserTimeoutMilliseconds:
        this.userTimeoutMilliseconds = value;
        return StackError.None;
      case TcpOption.LingerMilliseconds:
        this.lingerMilliseconds = value;
        return StackError.None;
      case TcpOption.SendBufferBytes:
        if (value !== 0 && (value < BUFFER_BYTES_MIN || value > BUFFER_BYTES_MAX)) return StackError.EINVAL;
        this.sendBufferBytes = value;
        return StackError.None;
      case TcpOption.ReceiveBufferBytes:
        if (value !== 0 && (value < BUFFER_BYTES_MIN || value > BUFFER_BYTES_MAX)) return StackError.EINVAL;
        this.receiveBufferBytes = value;
        return StackError.None;
      case TcpOption.Congestion:
        if (value > 1) return StackError.EINVAL;
        this.congestion = value;
        return StackError.None;
      case TcpOption.HopLimit:
        if (value === 0 || value > 255) return StackError.EINVAL;
        this.hopLimit = value;
        return StackError.None;
      case TcpOption.TrafficClass:
        if (value > 255 || (value & 3) !== 0) return StackError.EINVAL;
        this.trafficClass = value;
        return StackError.None;
      case TcpOption.AdoptUserTimeout:
        this.adoptUserTimeout = value !== 0;
        return StackError.None;
      default:
        return StackError.EINVAL;
    }
  }
}
