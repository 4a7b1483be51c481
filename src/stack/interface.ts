/**
 * What application code and the stack agree on. Plain enough to be both TypeScript and AssemblyScript, so that the
 * library and the stack read the same numbers. The functions themselves are listed in `docs/stack-interface.md`.
 *
 * @module
 */

/** First argument of the event listener. */
export enum StackEvent {
  /** A datagram for a bound socket. The listener owns one reference on the frame. */
  UdpDatagram = 1,
  /** A datagram that this socket sent did not arrive: ICMP said so (RFC 1122 section 4.1.3.3), or nobody answered ARP. */
  UdpUnreachable = 2,
  /** A datagram of IPv6 for a bound socket: c is the source port, and << 16 where the IPv6 header begins in the frame. */
  UdpDatagram6 = 3,
  /**
   * As `UdpUnreachable`, of IPv6. The listener owns one reference on the frame; b is ICMPv6 type << 8 | code, c the port
   * that was sent to, and << 16 where the IPv6 header of the packet that was sent begins in the frame.
   */
  UdpUnreachable6 = 4,
  /** `a` a listener, `b` the flow of a peer that connected to it. */
  TcpAccepted = 16,
  /** `a` a flow whose `tcp_connect` has succeeded. If it fails, `TcpClosed` comes instead. */
  TcpConnected = 17,
  /** `a` a flow. The listener owns one reference on the frame, in which the next bytes lie in order. */
  TcpData = 18,
  /** `a` a flow: the peer's FIN, after all data. */
  TcpEnd = 19,
  /** `a` a flow that had taken less than it was given, `b` bytes that its queue has room for now. */
  TcpWritable = 20,
  /**
   * `a` a flow that is over (in TIME-WAIT at most), `b` the errno why, 0 if both sides closed. The last event of a flow,
   * and exactly one, whoever ended it. Its number is dead once the program has called `tcp_close` or `tcp_abort` too.
   */
  TcpClosed = 21,
  /** `a` an interface, `b` an index for `ip6_address`: this IPv6 address is unique, and in use from now on. */
  AddressUp = 32,
  /** `a` and `b` as above: somebody else has the address, so it is not in use. */
  AddressDuplicate = 33,
  /** `a` and `b` as above: the address was given up, or its lifetime has run out. */
  AddressDown = 34,
}

/** Flags of `ip6_configure`. */
export enum Ip6Flag {
  /** Routers are asked for and believed: default routers, prefixes on the link, MTU, hop limit, redirects. */
  Routers = 1,
  /** Addresses are made of the prefixes that they advertise, too (RFC 4862). */
  Autoconfigure = 2,
  /** The address is given up; without an address IPv6 as a whole. */
  Remove = 4,
}

/** What `ip6_address` answers about one of the stack's addresses. */
export enum Ip6AddressField {
  Word0 = 0,
  Word1 = 1,
  Word2 = 2,
  Word3 = 3,
  PrefixBits = 4,
  /** An `Ip6AddressState`. */
  State = 5,
  /** Seconds; 0xffffffff for ever. */
  PreferredSeconds = 6,
  ValidSeconds = 7,
}

export enum Ip6AddressState {
  /** There is no such address. */
  None = 0,
  /** Being checked for uniqueness. */
  Tentative = 1,
  Preferred = 2,
  /** Not for new flows. */
  Deprecated = 3,
  /** Somebody else has it, so it is not in use. */
  Duplicate = 4,
}

/** What `udp_set` sets; 0 is the default. */
export enum UdpOption {
  /** Hop limit or time to live of what is sent, 1 to 255. The default is 64, of IPv4 multicasts 1. */
  HopLimit = 1,
  /** Traffic class or type of service of what is sent; its low two bits are ECN. */
  TrafficClass = 2,
  /** 0: what is sent to a group does not come back to the program's own sockets that are in it. Unlike the others 1 by default. */
  MulticastLoop = 3,
}

/** What `tcp_set` sets. On a listener it is for the flows that it accepts. */
export enum TcpOption {
  /** 1: no waiting for more to send (Nagle, RFC 9293 section 3.7.4). */
  NoDelay = 1,
  /** Milliseconds without a segment before the peer is asked; 0: it is not (RFC 9293 section 3.8.4). */
  KeepAliveIdleMilliseconds = 2,
  KeepAliveIntervalMilliseconds = 3,
  /** Unanswered ones that end the flow with ETIMEDOUT. */
  KeepAliveProbes = 4,
  /** Milliseconds that data may stay unacknowledged; 0: as long as retransmission goes on. The peer is told (RFC 5482). */
  UserTimeoutMilliseconds = 5,
  /** Milliseconds that `tcp_close` goes on sending before it aborts; 0: it aborts; 0xffffffff: no limit. */
  LingerMilliseconds = 6,
  /** 0: it sizes itself, between 256 KiB and 2 MiB. */
  SendBufferBytes = 7,
  ReceiveBufferBytes = 8,
  /** 0 CUBIC (RFC 9438), 1 NewReno (RFC 6582). */
  Congestion = 9,
  /** Hop limit or time to live of what is sent, 1 to 255. */
  HopLimit = 10,
  /** Traffic class or type of service of what is sent, without the two bits of ECN. */
  TrafficClass = 11,
  /** 1: the user timeout that the peer announces counts, between 100 s and an hour, unless the own one is longer (RFC 5482). */
  AdoptUserTimeout = 12,
}

/** What `tcp_get` answers. */
export enum TcpField {
  LocalWord0 = 0,
  LocalWord1 = 1,
  LocalWord2 = 2,
  LocalWord3 = 3,
  LocalPort = 4,
  RemoteWord0 = 5,
  RemoteWord1 = 6,
  RemoteWord2 = 7,
  RemoteWord3 = 8,
  RemotePort = 9,
  /** A `TcpState`. */
  State = 10,
  /** Bytes of payload in a full segment. */
  Mss = 11,
  CongestionWindowBytes = 12,
  SlowStartThresholdBytes = 13,
  /** Smoothed. */
  RoundTripMicroseconds = 14,
  RetransmissionTimeoutMilliseconds = 15,
  RetransmittedSegments = 16,
  /** Bytes that are not acknowledged. */
  SendQueueBytes = 17,
  /** Bytes that the program has not consumed. */
  ReceiveQueueBytes = 18,
  /** Bytes that the peer allows to be under way. */
  SendWindowBytes = 19,
  /** Bytes that may wait for the program: see `TcpOption.ReceiveBufferBytes`. */
  ReceiveBufferBytes = 20,
  /** Bytes that may wait to be acknowledged: see `TcpOption.SendBufferBytes`. */
  SendBufferBytes = 21,
}

/** What `tcp_tune` sets, for all connections from now on. The names in brackets are FreeBSD's, of `net.inet.tcp`. */
export enum TcpTuning {
  /** Window scaling and timestamps, RFC 7323 (rfc1323). Default 1. */
  Extensions = 1,
  /** RFC 2018 (sack.enable). Default 1. */
  Sack = 2,
  /** SYNs carry no options. Default 0. */
  PlainSyn = 3,
  /** The fourth SYN to a peer that does not answer carries MSS only (rexmit_drop_options). Default 0. */
  DropOptions = 4,
  /** Each RST in the window ends a connection, as RFC 793 has it; else RFC 5961 holds (insecure_rst). Default 0. */
  InsecureReset = 5,
  /** Each SYN in the window resets a connection, as RFC 793 has it (insecure_syn). Default 0. */
  InsecureSyn = 6,
  /** Segments with SYN and FIN are dropped (drop_synfin). Default 0. */
  DropSynFin = 7,
  /** ICMP errors end attempts to connect (icmp_may_rst). Default 1. */
  IcmpMayReset = 8,
  /** Bytes to which a receive buffer sizes itself; the window scale follows from it (kern.ipc.maxsockbuf). Default 2 Mi. */
  ReceiveBufferMaxBytes = 9,
  /** Milliseconds after which an attempt to connect ends (keepinit). Default 75,000. */
  ConnectMilliseconds = 10,
  /** RFC 3168 (ecn.enable): 1 SYNs ask for it, and it is agreed to when a peer's asks; 2 the latter only; 0 neither. Default 2. */
  Ecn = 11,
  /** SYNs that are sent again asking for it (ecn.maxretries). Default 1. */
  EcnRetransmissions = 12,
}

/** States of RFC 9293 section 3.3.2, in FreeBSD's order. */
export enum TcpState {
  Closed = 0,
  Listen = 1,
  SynSent = 2,
  SynReceived = 3,
  Established = 4,
  CloseWait = 5,
  FinWait1 = 6,
  Closing = 7,
  LastAck = 8,
  FinWait2 = 9,
  TimeWait = 10,
}

/**
 * Results of the stack's functions, negated errno values. The numbers are FreeBSD's on every target, because a program
 * must not notice what it runs on.
 */
export enum StackError {
  None = 0,
  /** No such route. */
  ESRCH = -3,
  /** No such interface. */
  ENXIO = -6,
  /** Unknown or closed socket. */
  EBADF = -9,
  /** No memory, or the limit of connections is reached. */
  ENOMEM = -12,
  /** The host does not allow it. */
  EACCES = -13,
  /** There is such a route already. */
  EEXIST = -17,
  /** An argument out of range. */
  EINVAL = -22,
  /** All sockets are in use. */
  EMFILE = -24,
  /** This side of the flow was shut down already. */
  EPIPE = -32,
  /** Longer than a packet can be, or than the way carries where fragments are forbidden. */
  EMSGSIZE = -40,
  /** This stack does not offer it. */
  EOPNOTSUPP = -45,
  /** There is no address of this family to speak from. */
  EAFNOSUPPORT = -47,
  /** The port is taken. */
  EADDRINUSE = -48,
  /** Not an address of this stack, or no ephemeral port is free. */
  EADDRNOTAVAIL = -49,
  /** No configured interface. */
  ENETDOWN = -50,
  /** No route. */
  ENETUNREACH = -51,
  /** The flow was ended from this side. */
  ECONNABORTED = -53,
  /** The peer reset the flow. */
  ECONNRESET = -54,
  /** No frame was left, or the interface refused it. */
  ENOBUFS = -55,
  /** A connected socket has a peer already. */
  EISCONN = -56,
  /** Not connected (yet). */
  ENOTCONN = -57,
  /** The peer did not answer in time. */
  ETIMEDOUT = -60,
  /** Nobody listens at the port. */
  ECONNREFUSED = -61,
  /** The address cannot be reached: nobody answers ARP, or it may not be sent to (127/8, own address). */
  EHOSTUNREACH = -65,
}
