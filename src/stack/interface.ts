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
}

/**
 * Results of the stack's functions, negated errno values. The numbers are FreeBSD's on every target, because a program
 * must not notice what it runs on.
 */
export enum StackError {
  None = 0,
  /** No such interface. */
  ENXIO = -6,
  /** Unknown or closed socket. */
  EBADF = -9,
  /** An argument out of range. */
  EINVAL = -22,
  /** All sockets are in use. */
  EMFILE = -24,
  /** The datagram does not fit into one frame; it would need fragments. */
  EMSGSIZE = -40,
  /** The port is taken. */
  EADDRINUSE = -48,
  /** Not an address of this stack, or no ephemeral port is free. */
  EADDRNOTAVAIL = -49,
  /** No configured interface. */
  ENETDOWN = -50,
  /** No route. */
  ENETUNREACH = -51,
  /** No frame was left, or the interface refused it. */
  ENOBUFS = -55,
  /** The address cannot be reached: nobody answers ARP, or it may not be sent to (127/8, own address). */
  EHOSTUNREACH = -65,
}
