/**
 * Flows: TCP connections (RFC 9293).
 *
 * @module
 */
import { StackError, TcpField } from "../stack/interface.ts";
import * as stack from "../stack/stack.frame.ts";
import { type Chunk, type Consumer, ReceivedChunk } from "./chunk.ts";
import { Address, Endpoint } from "./endpoint.ts";
import { NetworkError, networkError } from "./errors.ts";
import { checkNumber, type FlowInfo, type FlowOptions, flowInfo, setOptions } from "./flow-options.ts";
import { type FrameHandle, native, Settled } from "./native.ts";
import { DeliveryQueue, type Iteration, UNBOUNDED } from "./queue.ts";

const NS_PER_MS = 1_000_000;
const LONGEST_TIMEOUT_MS = 0x7fffffff;

/** What can be written: bytes, text (as UTF-8), a list of views, or a chunk of a flow as it arrived. */
export type FlowPayload = Uint8Array | string | readonly Uint8Array[] | Chunk;

/** Chunks on their way to the program. The flow's receive buffer bounds them, so none is ever dropped. */
class ReceiveQueue extends DeliveryQueue<Chunk> {
  declare ended: boolean;
  declare reason: (() => Error) | undefined;
  /** 0: no limit. */
  declare timeoutMs: number;
  declare private timer: number;

  constructor() {
    super(UNBOUNDED);
    this.ended = false;
    this.reason = undefined;
    this.timeoutMs = 0;
    this.timer = 0;
  }

  /** Nothing comes after what is queued: the peer's FIN, or what went wrong. */
  end(reason: (() => Error) | undefined): void {
    if (this.ended) return;
    this.ended = true;
    this.reason = reason;
    this.stopTimer();
    this.settleWaiters(Settled.Rejected, reason);
  }

  override deliver(chunk: Chunk): void {
    if (this.timer !== 0) this.stopTimer();
    super.deliver(chunk);
    // Who is called back goes on waiting.
    if (this.timeoutMs > 0 && this.callback !== undefined) this.startTimer();
  }

  override wait(asker: Iteration<Chunk> | undefined): Promise<Chunk> {
    if (!this.ended) {
      if (this.timeoutMs > 0 && this.timer === 0) this.startTimer();
      return super.wait(asker);
    }
    if (this.reason !== undefined) return Promise.reject(this.reason());
    const end = asker === undefined ? undefined : { value: undefined, done: true };
    return Promise.resolve(end as unknown as Chunk);
  }

  private startTimer(): void {
    const expired = () => new NetworkError("ETIMEDOUT", `read: nothing came for ${this.timeoutMs} ms`);
    this.timer = native.timerSet(
      () => {
        this.timer = 0;
        this.settleWaiters(Settled.Rejected, expired);
      },
      this.timeoutMs * NS_PER_MS,
      false,
    );
  }

  stopTimer(): void {
    if (this.timer !== 0) native.timerClear(this.timer);
    this.timer = 0;
  }
}

/** A write that the stack has not taken whole. */
interface Waiting {
  readonly promise: Promise<void>;
  /** Of a chunk, in which the rest lies from `at` on; one reference is ours. 0: the rest lies in `views`. */
  readonly frame: FrameHandle | 0;
  /** Bytes of the rest in `frame`. */
  length: number;
  readonly views: Uint8Array | readonly Uint8Array[];
  /** The view in which the rest begins. */
  view: number;
  /** The byte of it, or of the frame. */
  at: number;
}

const NO_VIEWS: readonly Uint8Array[] = [];

function viewsOf(data: Exclude<FlowPayload, Chunk>): Uint8Array | readonly Uint8Array[] {
  return typeof data === "string" ? new TextEncoder().encode(data) : data;
}

const DONE: Promise<void> = /* @__PURE__ */ (() => Promise.resolve())();

/** Flows by the low half of their numbers, in which no two flows are alike at any time. */
const flows: (TcpFlow | undefined)[] = [];
const SLOT_MASK = 0xffff;

/** The flow of a number, for the events of the stack; undefined: it is over. @internal */
export function flowOf(id: number): TcpFlow | undefined {
  const flow = flows[id & SLOT_MASK];
  return flow !== undefined && flow.id === id ? flow : undefined;
}

/**
 * A TCP connection. It keeps the program alive until it is over. Errors are `NetworkError`s: ECONNRESET, ETIMEDOUT,
 * EPIPE after `shutdown`, ECONNABORTED after `abort`, ECANCELED for reads after `close`.
 */
export class TcpFlow implements AsyncIterable<Chunk>, Consumer {
  /** @internal */
  declare readonly id: number;
  declare private readonly queue: ReceiveQueue;
  /** Writes that wait for room, first to last. */
  declare private waiting: Waiting[];
  /** `write` has more to look at than its bytes: others wait, or nothing can be written any more. */
  declare private blocked: boolean;
  /** Bytes that arrived and were not consumed. */
  declare private held: number;
  declare private shut: boolean;
  /** The program has no more interest: `close` or `abort`. */
  declare private leaving: boolean;
  /** The stack was told so: the number is not ours any more, but for one last event. */
  declare private left: boolean;
  /** Why it is over. */
  declare private reason: NetworkError | undefined;
  declare private finished: boolean;
  /** Of `Tcp.connect`, while it waits. @internal */
  declare whenConnected: Promise<TcpFlow> | undefined;
  declare private whenOver: Promise<void> | undefined;
  declare private whenShut: Promise<void> | undefined;
  declare private far: Endpoint | undefined;
  declare private near: Endpoint | undefined;
  declare private writeTimeoutMs: number;
  declare private writeTimer: number;

  /** Programs call `Tcp.connect` or `Tcp.listen`. @internal */
  constructor(id: number, options: FlowOptions, remote?: Endpoint) {
    this.id = id;
    this.queue = new ReceiveQueue();
    this.waiting = [];
    this.blocked = false;
    this.held = 0;
    this.shut = false;
    this.leaving = false;
    this.left = false;
    this.finished = false;
    this.far = remote;
    this.writeTimeoutMs = 0;
    this.writeTimer = 0;
    this.setTimeouts(options);
    flows[id & SLOT_MASK] = this;
    native.keepAlive(1);
  }

  /** The other end. */
  get remote(): Endpoint {
    if (this.far === undefined) this.far = this.endpoint(TcpField.RemoteWord0, TcpField.RemotePort);
    return this.far;
  }

  /** This end. */
  get local(): Endpoint {
    if (this.near === undefined) this.near = this.endpoint(TcpField.LocalWord0, TcpField.LocalPort);
    return this.near;
  }

  /** True once nothing can be written any more: after `shutdown`, `close`, `abort`, or the flow's end. */
  get closed(): boolean {
    return this.shut || this.leaving || this.finished;
  }

  /** Writes that wait for room in the send buffer. */
  get backlog(): number {
    return this.waiting.length;
  }

  /**
   * The next bytes, whose taker releases them (`using chunk = await flow.read()`); undefined after the peer's end.
   *
   * @throws NetworkError ECONNRESET, ETIMEDOUT, ECONNABORTED, ECANCELED
   */
  read(): Promise<Chunk | undefined> {
    return this.queue.take();
  }

  /** Chunks until the peer's end. Each is released when the loop goes on, unless it was retained. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Chunk> {
    return this.queue.iterate();
  }

  /**
   * Calls back for each chunk, instead of `read` and iteration: the cheapest way, for it makes no promise. The chunk is
   * released when `onChunk` has returned, unless that called `retain`. `onEnd` is told once: after the peer's end, or
   * why the flow is over. What they throw ends the program.
   */
  listen(onChunk: (chunk: Chunk) => void, onEnd?: (error?: Error) => void): void {
    this.queue.listen(onChunk);
    if (onEnd === undefined) return;
    this.queue.wait(undefined).then(() => onEnd(), onEnd);
  }

  /**
   * Writes bytes. Resolves when the send buffer has taken all of them: await it before the next write, so that a slow
   * peer slows the program down instead of filling its memory. Nothing is copied: never change bytes that were written.
   *
   * @throws NetworkError EPIPE after `shutdown` or `close`, ECONNRESET, ETIMEDOUT, ECONNABORTED, ENOTCONN
   */
  write(data: FlowPayload): Promise<void> {
    if (this.blocked) return this.writeLater(data);
    const frame = (data as Chunk).frame;
    if (frame === undefined) {
      const views = viewsOf(data as Exclude<FlowPayload, Chunk>);
      const left = native.frameGive(stack.tcp_write, this.id, views, 0, 0);
      if (left === true) return DONE;
      if (typeof left === "number") return Promise.reject(this.failed(left));
      return this.enqueue(0, left[1], 0, views, left[0]);
    }
    const { offset, length } = data as Chunk;
    const taken = stack.tcp_write(this.id, frame, offset, length);
    if (taken === length) return DONE;
    if (taken < 0) return Promise.reject(this.failed(taken));
    native.frameRetain(frame);
    return this.enqueue(frame, offset + taken, length - taken, NO_VIEWS, 0);
  }

  /** Writes several pieces one after the other: `write` of a list. */
  writev(views: readonly Uint8Array[]): Promise<void> {
    return this.write(views);
  }

  /**
   * Ends this side: the peer reads all that was written, then the end. The peer can go on sending. Resolves when what
   * was written before has been taken.
   */
  shutdown(): Promise<void> {
    if (this.whenShut !== undefined) return this.whenShut;
    this.shut = true;
    this.blocked = true;
    this.whenShut = DONE;
    if (this.waiting.length > 0) this.whenShut = new native.promise.Pending<void>();
    else this.shutNow();
    return this.whenShut;
  }

  /**
   * Ends the flow: what was written is still sent, nothing more is read. Resolves (and never rejects) when the flow is
   * over, which needs the peer. Bytes that arrived and that the program did not take make it a reset (RFC 1122 section 4.2.2.13).
   */
  close(): Promise<void> {
    this.leave(false);
    if (this.finished) return DONE;
    if (this.whenOver === undefined) this.whenOver = new native.promise.Pending<void>();
    return this.whenOver;
  }

  /** Ends the flow at once, with a reset. What was written may be lost. */
  abort(): void {
    this.leave(true);
  }

  [Symbol.dispose](): void {
    this.leave(false);
  }

  /**
   * Changes options.
   *
   * @throws NetworkError EINVAL for a value out of range, ENOTCONN or EBADF if the flow is over
   */
  set(options: FlowOptions): void {
    this.setTimeouts(options);
    setOptions(this.id, options);
  }

  /** What the stack knows of it now. */
  info(): FlowInfo {
    return flowInfo(this.left ? -1 : this.id);
  }

  /** Of one that nobody accepted. @internal */
  letGo(): void {
    this.leave(true);
  }

  /**
   * The program has accepted it. The stack counts a flow against its listener's backlog until it is asked something about it,
   * and of one on which nothing ever comes the program may never ask anything. @internal
   */
  taken(): void {
    if (!this.left) stack.tcp_get(this.id, TcpField.State);
  }

  // What the stack says.

  /** @internal */
  connected(): void {
    const promise = this.whenConnected;
    this.whenConnected = undefined;
    if (promise !== undefined) native.promise.settle(promise, Settled.Fulfilled, this);
  }

  /** @internal */
  arrived(frame: FrameHandle, offset: number, length: number): void {
    if (this.leaving) {
      native.frameRelease(frame);
      return;
    }
    this.held += length;
    this.queue.deliver(new ReceivedChunk(frame, offset, length, this));
  }

  /** @internal */
  peerEnded(): void {
    this.queue.end(undefined);
  }

  /** @internal */
  writable(): void {
    this.stopWriteTimer();
    this.drain();
  }

  /** The last event. @internal */
  over(errno: number): void {
    let reason = this.reason;
    if (reason === undefined && errno !== 0) {
      const what = this.whenConnected === undefined ? "flow with" : "connect to";
      reason = networkError(-errno, `${what} ${this.name()}`);
    }
    this.finished = true;
    this.blocked = true;
    this.reason = reason;
    flows[this.id & SLOT_MASK] = undefined;
    if (!this.left) {
      void this.remote;
      this.left = true;
      stack.tcp_close(this.id);
    }
    this.queue.end(reason === undefined ? undefined : () => reason);
    this.giveUpWriting(reason ?? this.whyNoWrite());
    if (this.whenConnected !== undefined) {
      const promise = this.whenConnected;
      this.whenConnected = undefined;
      native.promise.settle(promise, Settled.Rejected, reason ?? this.whyNoWrite());
    }
    if (this.whenOver !== undefined) native.promise.settle(this.whenOver, Settled.Fulfilled, undefined);
    native.keepAlive(-1);
  }

  /** @internal */
  consumed(bytes: number): void {
    if (this.left) return;
    this.held -= bytes;
    stack.tcp_consume(this.id, bytes);
  }

  private endpoint(word: TcpField, portField: TcpField): Endpoint {
    const get = (field: number): number => stack.tcp_get(this.id, field) | 0;
    const port = this.left ? -1 : get(portField);
    // A flow that is over and was never asked.
    if (port < 0) return { address: Address.format([0, 0, 0, 0]), port: 0 };
    const words = [get(word) >>> 0, get(word + 1) >>> 0, get(word + 2) >>> 0, get(word + 3) >>> 0] as const;
    return { address: Address.format(words), port };
  }

  private name(): string {
    return Endpoint.format(this.remote);
  }

  /** Others wait, or the flow has ended. */
  private writeLater(data: FlowPayload): Promise<void> {
    if (this.closed) return Promise.reject(this.whyNoWrite());
    const { frame, offset, length } = data as Chunk;
    if (frame === undefined) return this.enqueue(0, 0, 0, viewsOf(data as Exclude<FlowPayload, Chunk>), 0);
    native.frameRetain(frame);
    return this.enqueue(frame, offset, length, NO_VIEWS, 0);
  }

  private enqueue(
    frame: FrameHandle | 0,
    at: number,
    length: number,
    views: Waiting["views"],
    view: number,
  ): Promise<void> {
    const promise = new native.promise.Pending<void>();
    this.waiting.push({ promise: promise, frame: frame, length: length, views: views, view: view, at: at });
    this.blocked = true;
    if (this.writeTimeoutMs > 0 && this.writeTimer === 0) this.startWriteTimer();
    return promise;
  }

  /** Gives the stack what it takes: 1 all of it, 0 not all, < 0 an error. */
  private send(waiting: Waiting): number {
    if (waiting.frame === 0) {
      const left = native.frameGive(stack.tcp_write, this.id, waiting.views, waiting.view, waiting.at);
      if (left === true) return 1;
      if (typeof left === "number") return left;
      waiting.view = left[0];
      waiting.at = left[1];
      return 0;
    }
    const taken = stack.tcp_write(this.id, waiting.frame, waiting.at, waiting.length);
    if (taken < 0) return taken;
    waiting.at += taken;
    waiting.length -= taken;
    return waiting.length === 0 ? 1 : 0;
  }

  /** There is room again. */
  private drain(): void {
    while (this.waiting.length > 0) {
      const first = this.waiting[0] as Waiting;
      const result = this.send(first);
      if (result === 0) {
        if (this.writeTimeoutMs > 0) this.startWriteTimer();
        return;
      }
      if (result < 0) {
        this.giveUpWriting(this.failed(result));
        return;
      }
      if (first.frame !== 0) native.frameRelease(first.frame);
      this.waiting.shift();
      this.blocked = this.waiting.length > 0 || this.closed;
      native.promise.settle(first.promise, Settled.Fulfilled, undefined);
    }
    if (this.leaving) this.leaveNow();
    else if (this.shut) this.shutNow();
  }

  private giveUpWriting(reason: NetworkError): void {
    this.stopWriteTimer();
    const waiting = this.waiting;
    this.waiting = [];
    this.blocked = this.closed;
    for (const one of waiting) {
      if (one.frame !== 0) native.frameRelease(one.frame);
      native.promise.settle(one.promise, Settled.Rejected, reason);
    }
    if (this.leaving && !this.left) this.leaveNow();
    this.shutDone();
  }

  private shutNow(): void {
    if (!this.left && !this.finished) stack.tcp_shutdown(this.id);
    this.shutDone();
  }

  private shutDone(): void {
    const promise = this.whenShut;
    if (promise === undefined || promise === DONE) return;
    this.whenShut = DONE;
    native.promise.settle(promise, Settled.Fulfilled, undefined);
  }

  /** As `abort`; what fails by it is given the reason. @internal */
  leave(reset: boolean, why?: NetworkError): void {
    if (this.finished || this.left || (this.leaving && !reset)) return;
    this.leaving = true;
    this.blocked = true;
    if (reset) {
      this.reason = why ?? new NetworkError("ECONNABORTED", "the flow was aborted by this side");
      this.left = true;
      stack.tcp_abort(this.id);
      this.giveUpWriting(this.reason);
    } else if (this.waiting.length === 0) this.leaveNow();
    const reason = this.reason;
    this.queue.stopTimer();
    this.queue.close(() => reason ?? new NetworkError("ECANCELED", "the flow was closed by this side"));
  }

  private leaveNow(): void {
    // What the program was given it has seen, released or not.
    let unseen = 0;
    const { items, head } = this.queue;
    for (let i = head; i < items.length; i++) unseen += (items[i] as Chunk).length;
    if (this.held > unseen) stack.tcp_consume(this.id, this.held - unseen);
    if (this.far === undefined) void this.remote;
    this.left = true;
    stack.tcp_close(this.id);
  }

  private failed(result: number): NetworkError {
    // The number is dead, so the flow is over: its last event says why.
    if (result === StackError.EBADF) return this.whyNoWrite();
    return networkError(result, `write to ${this.name()}`);
  }

  private whyNoWrite(): NetworkError {
    return this.reason ?? new NetworkError("EPIPE", `write to ${this.name()}: this side was shut down`);
  }

  private setTimeouts({ readTimeoutMs, writeTimeoutMs }: FlowOptions): void {
    if (readTimeoutMs !== undefined) {
      this.queue.timeoutMs = checkNumber("readTimeoutMs", readTimeoutMs, 0, LONGEST_TIMEOUT_MS);
    }
    if (writeTimeoutMs !== undefined) {
      this.writeTimeoutMs = checkNumber("writeTimeoutMs", writeTimeoutMs, 0, LONGEST_TIMEOUT_MS);
    }
  }

  private startWriteTimer(): void {
    const expired = (): void => {
      this.writeTimer = 0;
      const what = `write to ${this.name()}: no room for ${this.writeTimeoutMs} ms`;
      this.leave(true, new NetworkError("ETIMEDOUT", what));
    };
    this.writeTimer = native.timerSet(expired, this.writeTimeoutMs * NS_PER_MS, false);
  }

  private stopWriteTimer(): void {
    if (this.writeTimer !== 0) native.timerClear(this.writeTimer);
    this.writeTimer = 0;
  }
}
