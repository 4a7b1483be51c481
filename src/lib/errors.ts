/**
 * Errors of the network, with a `code` to tell them apart.
 *
 * @module
 */
import { StackError } from "../stack/interface.ts";

/** The names are those of errno(2). */
export type NetworkErrorCode =
  | "EACCES"
  | "EADDRINUSE"
  | "EADDRNOTAVAIL"
  | "EAFNOSUPPORT"
  | "EBADF"
  | "ECANCELED"
  | "ECONNABORTED"
  | "ECONNREFUSED"
  | "ECONNRESET"
  | "EHOSTUNREACH"
  | "EINVAL"
  | "EISCONN"
  | "EMFILE"
  | "EMSGSIZE"
  | "ENETDOWN"
  | "ENETUNREACH"
  | "ENOBUFS"
  | "ENOMEM"
  | "ENOTCONN"
  | "ENXIO"
  | "EOPNOTSUPP"
  | "EPIPE"
  | "ETIMEDOUT";

/** What went wrong in a call to the network. */
export class NetworkError extends Error {
  override readonly name: string = "NetworkError";

  constructor(
    readonly code: NetworkErrorCode,
    message: string,
  ) {
    super(`${message} (${code})`);
  }
}

const meanings: Readonly<Record<number, readonly [NetworkErrorCode, string]>> = {
  [StackError.ENXIO]: ["ENXIO", "no such interface"],
  [StackError.EBADF]: ["EBADF", "the socket is closed"],
  [StackError.ENOMEM]: ["ENOMEM", "no memory, or too many connections"],
  [StackError.EACCES]: ["EACCES", "the host does not allow it; ports below 1024 may need root"],
  [StackError.EINVAL]: ["EINVAL", "an argument is out of range"],
  [StackError.EMFILE]: ["EMFILE", "all sockets are in use"],
  [StackError.EPIPE]: ["EPIPE", "this side was shut down"],
  [StackError.EMSGSIZE]: ["EMSGSIZE", "longer than one datagram can be"],
  [StackError.EOPNOTSUPP]: ["EOPNOTSUPP", "not offered by this network"],
  [StackError.EAFNOSUPPORT]: ["EAFNOSUPPORT", "there is no address of that IP version to speak from"],
  [StackError.EADDRINUSE]: ["EADDRINUSE", "the port is taken"],
  [StackError.EADDRNOTAVAIL]: ["EADDRNOTAVAIL", "not an address of this program, or no port is free"],
  [StackError.ENETDOWN]: ["ENETDOWN", "no interface has an address"],
  [StackError.ENETUNREACH]: ["ENETUNREACH", "no route to that network; is --gateway given?"],
  [StackError.ECONNABORTED]: ["ECONNABORTED", "the flow was aborted by this side"],
  [StackError.ECONNRESET]: ["ECONNRESET", "the other side reset the flow"],
  [StackError.EISCONN]: ["EISCONN", "the socket is connected already"],
  [StackError.ENOTCONN]: ["ENOTCONN", "not connected"],
  [StackError.ETIMEDOUT]: ["ETIMEDOUT", "the other side did not answer in time"],
  [StackError.ECONNREFUSED]: ["ECONNREFUSED", "nobody listens at that port"],
  [StackError.ENOBUFS]: ["ENOBUFS", "no frame is free, or the interface takes no more"],
  [StackError.EHOSTUNREACH]: ["EHOSTUNREACH", "nobody can be reached at that address"],
};

/** The error for a negative result of the stack. `what` was tried: "send to 10.0.0.9:7". */
export function networkError(result: number, what: string): NetworkError {
  const [code, meaning] = meanings[result] ?? (["EINVAL", `the stack answered ${result}`] as const);
  return new NetworkError(code, `${what}: ${meaning}`);
}
