/**
 * UDP sockets (RFC 768) on the stock network stack.
 *
 * @module
 */
import { StackEvent } from "../stack/interface.ts";
import * as stack from "../stack/stack.frame.ts";
import { Ipv4 } from "./address.ts";
import { NetworkError, networkError } from "./errors.ts";
import { type FrameHandle, native } from "./native.ts";
import { DeliveryQueue } from "./queue.ts";
import { listenToStack, useStack } from "./stack.ts";

/** Datagrams that wait to be received, unless `bind` says otherwise. */
const DEFAULT_QUEUE = 256;
/** Third of the four words of an IPv4-mapped address. */
const MAPPED = 0xffff;

/** The far end of a datagram. */
export interface UdpEndpoint {
  /** "10.0.0.1" */
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Why a datagram did not arrive: ICMP (RFC 792), or nobody answered ARP, which counts as type 3 code 1. */
export interface UdpUnreachable extends UdpEndpoint {
  /** ICMP type: 3, destination unreachable. */
  readonly type: number;
  /** ICMP code: 0 network, 1 host, 3 port unreachable; 4 too long for the path. */
  readonly code: number;
}

export interface UdpBindOptions {
  /** 1 to 65535; 0 or nothing: one that is free. */
  readonly port?: number;
  /** One of the program's own addresses; nothing: any of them. */
  readonly address?: string;
  /** Datagrams that may wait to be received, 1 to 65536; 256 if not given. Further ones are dropped and counted. */
  readonly queue?: number;
  /** Told when something that was sent could not be delivered. */
  readonly onUnreachable?: (event: UdpUnreachable) => void;
}

/** What can be sent: bytes, text (as UTF-8), or a list of views that are gathered to one datagram. */
export type UdpPayload = Uint8Array | string | readonly Uint8Array[];

/**
 * A received datagram. `data` lies in the driver's frame: whoever got the datagram releases it, and `retain` allows one
 * more `release`. Iteration releases what the loop did not retain.
 */
export class Datagram implements UdpEndpoint {
  // Declared only: what has an initialiser is lowered to a call for each field of each datagram.
  /** Negative once it was given back. */
  declare private readonly frame: FrameHandle;
  declare private readonly offset: number;
  /** Bytes of payload. */
  declare readonly length: number;
  declare private readonly source: number;
  /** The sender's port. */
  declare readonly port: number;
  /** How often it was retained. */
  declare private retained: number;
  declare private view: Uint8Array | undefined;
  declare private text: string | undefined;

  /** The sender's address: "10.0.0.1". */
  get address(): string {
    if (this.text === undefined) this.text = Ipv4.format(this.source);
    return this.text;
  }

  /**
   * The payload in place. Empty after the datagram was released.
   *
   * @throws Error once the datagram is released
   */
  get data(): Uint8Array {
    if (this.frame < 0) throw releasedError(this);
    const known = this.view;
    if (known !== undefined) return known;
    const view = native.frameView(this.frame, this.offset, this.length);
    this.view = view;
    return view;
  }

  /** The payload as text, decoded as UTF-8. */
  toText(): string {
    return new TextDecoder().decode(this.data);
  }

  /** True once it was given back. */
  get released(): boolean {
    return this.frame < 0;
  }

  /** Keeps it for one more `release`. Returns the datagram. */
  retain(): this {
    if (this.frame < 0) throw releasedError(this);
    this.retained++;
    return this;
  }

  /**
   * Gives its frame back.
   *
   * @throws Error if it was given back already
   */
  release(): void {
    if (this.frame < 0) throw releasedError(this);
    this.letGo();
  }

  [Symbol.dispose](): void {
    this.letGo();
  }

  /** @internal */
  letGo(): void {
    const frame = this.frame;
    if (frame < 0) return;
    if (this.retained > 0) {
      this.retained--;
      return;
    }
    (this as unknown as InFrame).frame = -frame;
    if (this.view !== undefined) this.view = undefined;
    native.frameRelease(frame);
  }
}

function releasedError(datagram: unknown): Error {
  const { frame, source, port } = datagram as InFrame;
  return new Error(
    `the datagram from ${Ipv4.format(source)}:${port} in frame 0x${(-frame).toString(16)} was released: ` +
      "retain() it to keep it longer",
  );
}

/** What the library itself sees of a datagram. */
interface InFrame {
  frame: FrameHandle;
  offset: number;
  length: number;
  source: number;
  port: number;
  view: Uint8Array | undefined;
}

type MakeDatagram = new (
  frame: FrameHandle,
  offset: number,
  length: number,
  source: number,
  port: number,
) => Datagram;

/** Its constructor: a class's own is lowered to one that first makes sure of `new`. */
const ReceivedDatagram = /* @__PURE__ */ ((): MakeDatagram => {
  function Received(
    this: InFrame,
    frame: FrameHandle,
    offset: number,
    length: number,
    source: number,
    port: number,
  ): void {
    this.frame = frame;
    this.offset = offset;
    this.length = length;
    this.source = source;
    this.port = port;
  }
  // No property of its own until it changes: each makes the object grow.
  const prototype = Datagram.prototype as unknown as Record<string, unknown>;
  prototype.retained = 0;
  prototype.view = undefined;
  prototype.text = undefined;
  Received.prototype = prototype;
  return Received as unknown as MakeDatagram;
})();

const sockets: (UdpSocket | undefined)[] = [];
let listening = false;

/** A bound socket. It keeps the program alive until it is closed. */
export class UdpSocket implements AsyncIterable<Datagram> {
  /** Its port, 1 to 65535. */
  declare readonly port: number;
  /** Events of datagrams that could not be delivered. */
  declare unreachable: number;
  declare private readonly id: number;
  /** @internal */
  declare readonly queue: DeliveryQueue<Datagram>;
  declare private readonly onUnreachable: UdpBindOptions["onUnreachable"];

  /** Programs call `Udp.bind`. */
  constructor(id: number, options: UdpBindOptions, queue: DeliveryQueue<Datagram>) {
    this.queue = queue;
    this.id = id;
    this.port = stack.udp_port(id);
    this.unreachable = 0;
    this.onUnreachable = options.onUnreachable;
  }

  /** Datagrams that arrived while the queue was full. */
  get dropped(): number {
    return this.queue.dropped;
  }

  get closed(): boolean {
    return this.queue.closed;
  }

  /**
   * The next datagram, whose taker releases it.
   *
   * @throws NetworkError ECANCELED when the socket is closed
   */
  receive(): Promise<Datagram> {
    return this.queue.take();
  }

  /**
   * Calls back for each datagram until the socket is closed, instead of `receive` and iteration: the cheapest way, for
   * it makes no promise. The datagram is released when `callback` has returned, unless that called `retain`; an `async`
   * callback returns at its first `await`. What it throws ends the program. Replaces an earlier listener.
   *
   * @throws NetworkError EBADF if the socket is closed
   */
  listen(callback: (datagram: Datagram) => void): void {
    if (this.closed) throw new NetworkError("EBADF", `the socket at port ${this.port} is closed`);
    this.queue.listen(callback);
  }

  /** Datagrams until the socket is closed. Each is released when the loop goes on, unless it was retained. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Datagram> {
    return this.queue.iterate();
  }

  /**
   * Sends a datagram; a received datagram is an endpoint too. The bytes are not copied: do not change them until the
   * turn ends. While the address is being resolved, the stack keeps the datagram.
   *
   * @throws NetworkError EMSGSIZE if it is too long for one frame, EHOSTUNREACH, ENETUNREACH, ENOBUFS, EINVAL for a
   *   port outside 1 to 65535, EBADF if the socket is closed
   */
  send(data: UdpPayload, to: UdpEndpoint): void {
    const received = to as UdpEndpoint & InFrame;
    if (data === received.view && received.frame > 0) {
      // Sent back as it is: no new frame around it.
      const length = received.length;
      const source = received.source;
      const result =
        stack.udp_send(this.id, received.frame, received.offset, length, 0, 0, MAPPED, source, to.port) | 0;
      if (result < 0) this.fail(result, length, source, to.port);
      return;
    }
    const address = Ipv4.parse(to.address);
    const views = viewsOf(data);
    let length = 0;
    for (let i = 0; i < views.length; i++) length += (views[i] as Uint8Array).length;
    if (length === 0) {
      this.sendFrame(0, 0, 0, address, to.port);
      return;
    }
    this.checkLength(length, address, to.port);
    const frame = native.frameFrom(views);
    try {
      this.sendFrame(frame, 0, length, address, to.port);
    } finally {
      native.frameRelease(frame);
    }
  }

  /** Gives up the port; what waits in the queue is released. Closing again does nothing. */
  close(): void {
    if (this.closed) return;
    sockets[this.id] = undefined;
    stack.udp_close(this.id);
    native.keepAlive(-1);
    this.queue.close(() => new NetworkError("ECANCELED", `the socket at port ${this.port} was closed`));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private checkLength(length: number, address: number, port: number): void {
    const longest = stack.udp_max_payload(0, 0, MAPPED, address) | 0;
    if (longest >= 0 && length > longest) {
      const to = `${Ipv4.format(address)}:${port}`;
      throw new NetworkError(
        "EMSGSIZE",
        `send ${length} bytes to ${to}: at most ${longest} fit into a datagram`,
      );
    }
  }

  private sendFrame(
    frame: FrameHandle | 0,
    offset: number,
    length: number,
    address: number,
    port: number,
  ): void {
    if (this.closed) throw new NetworkError("EBADF", `the socket at port ${this.port} is closed`);
    if (!(Number.isInteger(port) && port >= 1 && port <= 65535)) {
      throw new NetworkError("EINVAL", `port ${port}: expected a whole number from 1 to 65535`);
    }
    const result = stack.udp_send(this.id, frame, offset, length, 0, 0, MAPPED, address, port) | 0;
    if (result < 0) this.fail(result, length, address, port);
  }

  private fail(result: number, length: number, address: number, port: number): never {
    if (this.closed) throw new NetworkError("EBADF", `the socket at port ${this.port} is closed`);
    throw networkError(result, `send ${length} bytes to ${Ipv4.format(address)}:${port}`);
  }

  /** @internal */
  failed(address: number, portTypeCode: number): void {
    this.unreachable++;
    this.onUnreachable?.({
      address: Ipv4.format(address),
      port: portTypeCode >>> 16,
      type: (portTypeCode >>> 8) & 0xff,
      code: portTypeCode & 0xff,
    });
  }
}

function viewsOf(data: UdpPayload): readonly Uint8Array[] {
  if (typeof data === "string") return [new TextEncoder().encode(data)];
  return ArrayBuffer.isView(data) ? [data as Uint8Array] : (data as readonly Uint8Array[]);
}

function onEvent(
  kind: number,
  frame: FrameHandle | 0,
  offset: number,
  length: number,
  id: number,
  address: number,
  port: number,
): void {
  const socket = sockets[id];
  if (kind === StackEvent.UdpDatagram) {
    if (socket === undefined) native.frameRelease(frame);
    else socket.queue.deliver(new ReceivedDatagram(frame, offset, length, address, port));
  } else if (kind === StackEvent.UdpUnreachable && socket !== undefined) {
    socket.failed(address, port);
  }
}

export const Udp = {
  /**
   * A socket at a port of this program.
   *
   * @throws NetworkError EADDRINUSE if the port is taken, EADDRNOTAVAIL if the address is not the program's own, EMFILE,
   *   EINVAL for a port outside 0 to 65535, ENETDOWN without `--net` or `--ipv4`
   */
  bind(options: UdpBindOptions = {}): UdpSocket {
    const { port = 0, address, queue = DEFAULT_QUEUE } = options;
    if (!(Number.isInteger(port) && port >= 0 && port <= 65535)) {
      throw new NetworkError("EINVAL", `bind port ${port}: expected a whole number from 0 to 65535`);
    }
    useStack();
    const waiting = new DeliveryQueue<Datagram>(queue);
    const own = address === undefined ? 0 : Ipv4.parse(address);
    const id = stack.udp_bind(0, 0, own === 0 ? 0 : MAPPED, own, port) | 0;
    if (id < 0) throw networkError(id, `bind ${address ?? "any address"}, port ${port === 0 ? "any" : port}`);
    if (!listening) {
      listening = true;
      listenToStack("udp", onEvent);
    }
    const socket = new UdpSocket(id, options, waiting);
    sockets[id] = socket;
    native.keepAlive(1);
    return socket;
  },
} as const;
