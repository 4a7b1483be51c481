/**
 * TCP: listening and connecting.
 *
 * @module
 */
import { StackError, StackEvent, TcpTuning } from "../stack/interface.ts";
import * as stack from "../stack/stack.frame.ts";
import { Address, ANY_ADDRESS, checkPort, Endpoint } from "./endpoint.ts";
import { NetworkError, networkError } from "./errors.ts";
import { flowOf, TcpFlow } from "./flow.ts";
import { checkNumber, type FlowOptions, setOptions } from "./flow-options.ts";
import { type FrameHandle, native } from "./native.ts";
import { DeliveryQueue } from "./queue.ts";
import { addressesSettled, listenToStack, useStack } from "./stack.ts";

const DEFAULT_BACKLOG = 128;
const LONGEST_BACKLOG = 65_535;
const LONGEST_TIMEOUT_MS = 0x7fffffff;
const NS_PER_MS = 1_000_000;
/** Values of `TcpTuning.Ecn`; the second is the default. */
const ECN_ASK = 1;
const ECN_ACCEPT = 2;

export interface TcpListenOptions extends FlowOptions {
  /** 1 to 65535; 0 or nothing: one that is free. */
  readonly port?: number;
  /** One of the program's own addresses; nothing: any of them, of both versions of IP. */
  readonly address?: string;
  /** Flows that may wait to be accepted, 1 to 65535; 128 if not given. Peers beyond that are not let in. */
  readonly backlog?: number;
}

export interface TcpConnectOptions extends FlowOptions, Endpoint {
  /** The program's own end; nothing: chosen by the way to the peer. */
  readonly local?: { readonly address?: string; readonly port?: number };
  /** Milliseconds after which connecting fails with ETIMEDOUT; 0: the default, when TCP gives up (75 s). */
  readonly timeoutMs?: number;
  /**
   * Asks for explicit congestion notification (RFC 3168): routers may mark packets of this flow instead of dropping them. Flows whose
   * peer asks have it without. Over the host's sockets (`--net socket`) the host decides, whatever this says.
   */
  readonly ecn?: boolean;
}

/** Flows that wait to be accepted. */
class FlowQueue extends DeliveryQueue<TcpFlow> {
  override deliver(flow: TcpFlow): void {
    if (this.waiting > 0) flow.taken();
    super.deliver(flow);
  }

  override next(): TcpFlow | undefined {
    const flow = super.next();
    if (flow !== undefined) flow.taken();
    return flow;
  }
}

/** Listeners by the low half of their numbers. */
const listeners: (TcpListener | undefined)[] = [];
const SLOT_MASK = 0xffff;

/** A port where peers connect to. It keeps the program alive until it is closed. */
export class TcpListener implements AsyncIterable<TcpFlow> {
  /** Its port, 1 to 65535. */
  declare readonly port: number;
  /** @internal */
  declare readonly id: number;
  declare private readonly options: FlowOptions;
  declare private readonly queue: DeliveryQueue<TcpFlow>;
  declare private callback: ((flow: TcpFlow) => void) | undefined;

  /** Programs call `Tcp.listen`. @internal */
  constructor(id: number, options: TcpListenOptions, queue: DeliveryQueue<TcpFlow>) {
    this.id = id;
    this.options = options;
    this.queue = queue;
    this.port = stack.tcp_listener_port(id);
    this.callback = undefined;
    listeners[id & SLOT_MASK] = this;
    native.keepAlive(1);
  }

  get closed(): boolean {
    return this.queue.closed;
  }

  /** Flows that came while `backlog` others waited to be accepted, and were reset. */
  get dropped(): number {
    return this.queue.dropped;
  }

  /**
   * The next flow.
   *
   * @throws NetworkError ECANCELED when the listener is closed
   */
  accept(): Promise<TcpFlow> {
    return this.queue.take();
  }

  /** Flows until the listener is closed. The program closes each. */
  [Symbol.asyncIterator](): AsyncIterableIterator<TcpFlow> {
    return new Accepting(this);
  }

  /** Calls back for each flow, instead of `accept` and iteration. What `callback` throws ends the program. */
  listen(callback: (flow: TcpFlow) => void): void {
    if (this.closed) throw new NetworkError("EBADF", `the listener at port ${this.port} is closed`);
    this.callback = callback;
    for (let flow = this.queue.next(); flow !== undefined; flow = this.queue.next()) callback(flow);
  }

  /**
   * Serves each flow by an async function, and closes the flow when that is done. A `NetworkError` that it throws ends
   * its flow only; any other error ends the program.
   */
  serve(serve: (flow: TcpFlow) => Promise<void>): void {
    this.listen((flow) => {
      serve(flow).then(
        () => void flow.close(),
        (error: unknown) => {
          flow.abort();
          if (!(error instanceof NetworkError)) throw error;
        },
      );
    });
  }

  /** Gives up the port. Flows that were accepted go on; those that wait are reset. Closing again does nothing. */
  close(): void {
    if (this.closed) return;
    listeners[this.id & SLOT_MASK] = undefined;
    this.callback = undefined;
    stack.tcp_unlisten(this.id);
    native.keepAlive(-1);
    this.queue.close(() => new NetworkError("ECANCELED", `the listener at port ${this.port} was closed`));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  accepted(id: number): void {
    const flow = new TcpFlow(id, this.options);
    if (this.callback !== undefined) {
      flow.taken();
      this.callback(flow);
    } else this.queue.deliver(flow);
  }
}

/** An iteration over a listener's flows, which does not give back what it got last. */
class Accepting implements AsyncIterableIterator<TcpFlow> {
  constructor(private readonly listener: TcpListener) {}

  next(): Promise<IteratorResult<TcpFlow, undefined>> {
    return this.listener.accept().then(
      (value) => ({ value, done: false as const }),
      (error: unknown) => {
        if (!this.listener.closed) throw error;
        return { value: undefined, done: true as const };
      },
    );
  }

  return(): Promise<IteratorResult<TcpFlow, undefined>> {
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function onEvent(
  kind: number,
  frame: FrameHandle | 0,
  offset: number,
  length: number,
  a: number,
  b: number,
): void {
  if (kind === StackEvent.TcpAccepted) {
    const listener = listeners[a & SLOT_MASK];
    if (listener !== undefined && listener.id === a) listener.accepted(b);
    // It connected while the listener was being closed.
    else stack.tcp_abort(b);
    return;
  }
  const flow = flowOf(a);
  if (flow === undefined) {
    if (frame !== 0) native.frameRelease(frame);
  } else if (kind === StackEvent.TcpData) flow.arrived(frame, offset, length);
  else if (kind === StackEvent.TcpWritable) flow.writable();
  else if (kind === StackEvent.TcpEnd) flow.peerEnded();
  else if (kind === StackEvent.TcpConnected) flow.connected();
  else if (kind === StackEvent.TcpClosed) flow.over(b);
}

let listening = false;

function useTcp(): void {
  useStack();
  if (listening) return;
  listening = true;
  listenToStack("tcp", onEvent);
}

/** The options that are the library's own are checked too. */
function checkTimeouts({ readTimeoutMs = 0, writeTimeoutMs = 0 }: FlowOptions): void {
  checkNumber("readTimeoutMs", readTimeoutMs, 0, LONGEST_TIMEOUT_MS);
  checkNumber("writeTimeoutMs", writeTimeoutMs, 0, LONGEST_TIMEOUT_MS);
}

export const Tcp = {
  /**
   * Listens at a port of this program. The other options are those of the flows that connect.
   *
   * @throws NetworkError EADDRINUSE if the port is taken, EADDRNOTAVAIL if the address is not the program's own, EINVAL
   *   for a port outside 0 to 65535 or an option out of range, ENETDOWN without `--net` or an address
   * @throws RangeError if `address` is no address
   */
  listen(options: TcpListenOptions = {}): TcpListener {
    const { port = 0, address, backlog = DEFAULT_BACKLOG } = options;
    checkPort(port, 0, "listen at");
    checkNumber("backlog", backlog, 1, LONGEST_BACKLOG);
    checkTimeouts(options);
    const own = address === undefined ? ANY_ADDRESS : Address.parse(address);
    useTcp();
    const id = stack.tcp_listen(own[0], own[1], own[2], own[3], port, backlog);
    if (id < 0) {
      throw networkError(id, `listen at ${address ?? "any address"}, port ${port === 0 ? "any" : port}`);
    }
    try {
      setOptions(id, options);
    } catch (error) {
      stack.tcp_unlisten(id);
      throw error;
    }
    return new TcpListener(id, options, new FlowQueue(backlog));
  },

  /**
   * Connects to a peer.
   *
   * @throws NetworkError (the promise rejects) ECONNREFUSED if nobody listens there, ETIMEDOUT if nobody answers,
   *   EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, EADDRINUSE for the local end, EINVAL for a port outside 1 to 65535 or an
   *   option out of range, ENOMEM, ENETDOWN without `--net` or an address
   */
  async connect(options: TcpConnectOptions): Promise<TcpFlow> {
    const { address, port, local = {}, timeoutMs = 0 } = options;
    checkPort(port, 1, "connect to");
    checkPort(local.port ?? 0, 0, "connect from");
    checkNumber("timeoutMs", timeoutMs, 0, LONGEST_TIMEOUT_MS);
    checkTimeouts(options);
    const to = Address.parse(address);
    const own = local.address === undefined ? ANY_ADDRESS : Address.parse(local.address);
    useTcp();
    const call = (): number => {
      if (options.ecn === true) stack.tcp_tune(TcpTuning.Ecn, ECN_ASK);
      const [a, b, c, d] = own;
      const id = stack.tcp_connect(to[0], to[1], to[2], to[3], port, a, b, c, d, local.port ?? 0) | 0;
      // The SYN has been sent, and the flow remembers.
      if (options.ecn === true) stack.tcp_tune(TcpTuning.Ecn, ECN_ACCEPT);
      return id;
    };
    let id = call();
    // At the start the program's IPv6 addresses are still being checked.
    if (id === StackError.EADDRNOTAVAIL || id === StackError.ENETUNREACH) {
      const settled = addressesSettled();
      if (settled !== undefined) {
        await settled;
        id = call();
      }
    }
    const remote = { address: Address.format(to), port };
    if (id < 0) throw networkError(id, `connect to ${Endpoint.format(remote)}`);
    const flow = new TcpFlow(id, options, remote);
    const connected = new native.promise.Pending<TcpFlow>();
    flow.whenConnected = connected;
    let timer = 0;
    try {
      setOptions(id, options);
      if (timeoutMs > 0) {
        const what = `connect to ${Endpoint.format(remote)}: no answer for ${timeoutMs} ms`;
        const expired = (): void => flow.leave(true, new NetworkError("ETIMEDOUT", what));
        timer = native.timerSet(expired, timeoutMs * NS_PER_MS, false);
      }
      return await connected;
    } catch (error) {
      flow.abort();
      throw error;
    } finally {
      if (timer !== 0) native.timerClear(timer);
    }
  },
} as const;
