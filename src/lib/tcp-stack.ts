/**
 * The stack's functions for TCP: see `docs/stack-interface.md`.
 *
 * @module
 */
import { frameModule } from "../stack/stack.frame.ts";
import { NetworkError } from "./errors.ts";
import { native } from "./native.ts";
import { stack } from "./stack.ts";

type Call = (...args: number[]) => number;

function bind(name: string): Call {
  const call = native.frameCodeExport(frameModule, name);
  if (call < 0) throw new NetworkError("EOPNOTSUPP", `the stack has no ${name}`);
  return (...args) => native.frameCodeCall(frameModule, call, ...args) | 0;
}

const names = [
  "tcp_listen",
  "tcp_unlisten",
  "tcp_listener_port",
  "tcp_connect",
  "tcp_write",
  "tcp_consume",
  "tcp_shutdown",
  "tcp_close",
  "tcp_abort",
  "tcp_set",
  "tcp_get",
] as const;

export type TcpStack = Readonly<Record<(typeof names)[number], Call>>;

let found: Record<string, Call> | undefined;

/** The functions, with an interface in use. */
export function tcpStack(): TcpStack {
  if (found === undefined) {
    stack();
    found = {};
    for (const name of names) found[name] = bind(name);
  }
  return found as TcpStack;
}
