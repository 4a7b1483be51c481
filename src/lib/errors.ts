/**
 * Errors of the network, with a `code` to tell them apart.
 *
 * @module
 */
import { StackError } from "../stack/interface.ts";

/** The names are those of errno(2). */
export type NetworkErrorCode =
  | "EADDRINUSE"
  | "EADDRNOTAVAIL"
  | "EBADF"
  | "ECANCELED"
  | "EHOSTUNREACH"
  | "EINVAL"
  | "EMFILE"
  | "EMSGSIZE"
  | "ENETDOWN"
  | "ENETUNREACH"
  | "ENOBUFS"
  | "ENXIO";

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
  [StackError.EINVAL]: ["EINVAL", "an argument is out of range"],
  [StackError.EMFILE]: ["EMFILE", "all sockets are in use"],
  [StackError.EMSGSIZE]: ["EMSGSIZE", "longer than one frame can carry"],
  [StackError.EADDRINUSE]: ["EADDRINUSE", "the port is taken"],
  [StackError.EADDRNOTAVAIL]: ["EADDRNOTAVAIL", "not an address of this program, or no port is free"],
  [StackError.ENETDOWN]: ["ENETDOWN", "no interface has an address"],
  [StackError.ENETUNREACH]: ["ENETUNREACH", "no route to that network; is --gateway given?"],
  [StackError.ENOBUFS]: ["ENOBUFS", "no frame is free, or the interface takes no more"],
  [StackError.EHOSTUNREACH]: ["EHOSTUNREACH", "nobody can be reached at that address"],
};

/** The error for a negative result of the stack. `what` was tried: "send to 10.0.0.9:7". */
export function networkError(result: number, what: string): NetworkError {
  const [code, meaning] = meanings[result] ?? (["EINVAL", `the stack answered ${result}`] as const);
  return new NetworkError(code, `${what}: ${meaning}`);
}
