/**
 * UDP sockets (RFC 768) on the stock network stack.
 *
 * @module
 */
import { StackEvent, UdpOption } from "../stack/interface.ts";
import * as stack from "../stack/stack.frame.ts";
import { Ipv4 } from "./address.ts";
import { Address, ANY_ADDRESS, checkPort, Endpoint } from "./endpoint.ts";
import { NetworkError, networkError } from "./errors.ts";
import type { AddressWords } from "./ipv6.ts";
import { type FrameHandle, native } from "./native.ts";
import { DeliveryQueue } from "./queue.ts";
import { listenToStack, useStack } from "./stack.ts";

/** Datagrams that wait to be received, unless `bind` says otherwise. */
const DEFAULT_QUEUE = 256;
/** Third of the four words of an IPv4-mapped address. */
const MAPPED = 0xffff;
/** Bytes of payload that any datagram can have: the length field counts UDP's header too. IPv4 carries 20 fewer. */
const LONGEST_DATAGRAM = 65_527;
/** Bytes into an IPv6 header (RFC 8200 section 3). */
const IPV6_SOURCE = 8;
const IPV6_DESTINATION = 24;
const IPV6_ADDRESS_BYTES = 16;
/** `udp_join` without an interface. */
const ANY_NETIF = 0xffffffff;

/** The far end of a datagram. */
export interface UdpEndpoint {
  /** "10.0.0.1", "2001:db8::1", "fe80::1%mirage0" */
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
}

/**
 * Why a datagram did not arrive: ICMP (RFC 792) or ICMPv6 (RFC 4443), or nobody answered ARP or neighbour discovery,
 * which counts as type 3 code 1 (ICMPv6: 1 and 3).
 */
export interface UdpUnreachable extends UdpEndpoint {
  /** ICMP: 3, destination unreachable. ICMPv6: 1, destination unreachable; 2, too long for the path. */
  readonly type: number;
  /** ICMP: 0 network, 1 host, 3 port unreachable; 4 too long for the path. ICMPv6: 0 no route, 1 prohibited, 3 address, 4 port unreachable. */
  readonly code: number;
}

export interface UdpBindOptions {
  /** 1 to 65535; 0 or nothing: one that is free. */
  readonly port?: number;
  /** One of the program's own addresses; nothing: any of them, of both versions of IP. */
  readonly address?: string;
  /** Datagrams that may wait to be received, 1 to 65536; 256 if not given. Further ones are dropped and counted. */
  readonly queue?: number;
  /** Time to live or hop limit of what is sent, 1 to 255; 64, to groups 1, if not given. */
  readonly hopLimit?: number;
  /** Type of service or traffic class of what is sent, 0 to 255; its low two bits are ECN. */
  readonly trafficClass?: number;
  /** What is sent to a group also comes to the program's own sockets that have joined it. Default: true. */
  readonly multicastLoop?: boolean;
  /** Told when something that was sent could not be delivered. */
  readonly onUnreachable?: (event: UdpUnreachable) => void;
}

/** What can be sent: bytes, text (as UTF-8), a list of views that are gathered to one datagram, or a datagram as it arrived. */
export type UdpPayload = Uint8Array | string | readonly Uint8Array[] | Datagram;

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
  /** An IPv4 address; of IPv6: -1 - where its header begins in the frame. */
  declare private readonly source: number;
  /** The sender's port. */
  declare readonly port: number;
  /** How often it was retained. */
  declare private retained: number;
  declare private view: Uint8Array | undefined;
  declare private text: string | undefined;

  /**
   * The sender's address: "10.0.0.1" or "2001:db8::1".
   *
   * @throws Error if the datagram is of IPv6 and was released before anybody asked
   */
  get address(): string {
    if (this.text === undefined) {
      const source = this.source;
      if (source < 0 && this.frame < 0) throw releasedError(this);
      this.text =
        source >= 0 ? Ipv4.format(source) : Address.format(wordsIn(this.frame, -1 - source, IPV6_SOURCE));
    }
    return this.text;
  }

  /**
   * The payload in place. It is copied (and the copy counted) only if it lies in several pieces of memory, as that of a
   * datagram that came in fragments does: `views` gives these pieces. Empty after the datagram was released.
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

  /**
   * The payload's pieces of memory, in order: one for most datagrams.
   *
   * @throws Error once the datagram is released
   */
  get views(): Uint8Array[] {
    if (this.frame < 0) throw releasedError(this);
    return native.frameViews(this.frame, this.offset, this.length);
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
  const { frame, source, port, text } = datagram as InFrame;
  const from = source >= 0 ? Ipv4.format(source) : text;
  return new Error(
    `the datagram from ${from === undefined ? "" : `${from}, `}port ${port} in frame 0x${(-frame).toString(16)} was ` +
      "released: retain() it to keep it longer",
  );
}

/** An address in an IPv6 header that lies in a frame. */
function wordsIn(frame: FrameHandle, header: number, at: number): AddressWords {
  const view = native.frameView(frame, header + at, IPV6_ADDRESS_BYTES);
  return [Ipv4.read(view, 0), Ipv4.read(view, 4), Ipv4.read(view, 8), Ipv4.read(view, 12)];
}

let parsedText = "";
let parsedWords: AddressWords = ANY_ADDRESS;

/** Most programs send to one address many times. */
function parsed(address: string): AddressWords {
  if (address !== parsedText) {
    parsedWords = Address.parse(address);
    parsedText = address;
  }
  return parsedWords;
}

/** What the library itself sees of a datagram. */
interface InFrame {
  frame: FrameHandle;
  offset: number;
  length: number;
  source: number;
  port: number;
  view: Uint8Array | undefined;
  text: string | undefined;
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

/** Sockets by the low half of their numbers, in which no two are alike at any time. */
const sockets: (UdpSocket | undefined)[] = [];
const SLOT_MASK = 0xffff;
let listening = false;

/** A bound socket. It keeps the program alive until it is closed. */
export class UdpSocket implements AsyncIterable<Datagram> {
  /** Its port, 1 to 65535. */
  declare readonly port: number;
  /** Events of datagrams that could not be delivered. */
  declare unreachable: number;
  /** @internal */
  declare readonly id: number;
  /** @internal */
  declare readonly queue: DeliveryQueue<Datagram>;
  declare private peer: UdpEndpoint | undefined;
  declare private readonly onUnreachable: UdpBindOptions["onUnreachable"];

  /** Programs call `Udp.bind`. */
  constructor(id: number, options: UdpBindOptions, queue: DeliveryQueue<Datagram>) {
    this.queue = queue;
    this.id = id;
    this.port = stack.udp_port(id);
    this.unreachable = 0;
    this.peer = undefined;
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

  /** The only peer, after `connect`. */
  get remote(): UdpEndpoint | undefined {
    return this.peer;
  }

  /**
   * Connects to one peer: only its datagrams are received from now on, and `send` needs no endpoint.
   *
   * @throws NetworkError ENETUNREACH, EHOSTUNREACH, EAFNOSUPPORT, EINVAL for a port outside 1 to 65535, EBADF if closed
   * @throws RangeError if the address is none
   */
  connect(to: UdpEndpoint): void {
    checkPort(to.port, 1, "connect to");
    this.checkOpen();
    const words = parsed(to.address);
    const result = stack.udp_connect(this.id, words[0], words[1], words[2], words[3], to.port) | 0;
    if (result < 0) throw networkError(result, `connect to ${Endpoint.format(to)}`);
    this.peer = { address: Address.format(words), port: to.port };
  }

  /** Takes `connect` back: datagrams of all peers are received again. */
  disconnect(): void {
    this.checkOpen();
    stack.udp_connect(this.id, 0, 0, 0, 0, 0);
    this.peer = undefined;
  }

  /**
   * Receives what is sent to a multicast group too: "224.0.0.251", "ff02::fb".
   *
   * @param netif the number of an interface, from 0; nothing: the one that the way to the group takes
   * @throws NetworkError EINVAL if it is no group, ENXIO if there is no such interface, EADDRINUSE if it was joined, ENOBUFS, EBADF
   */
  join(group: string, netif = ANY_NETIF): void {
    this.checkOpen();
    const words = Address.parse(group);
    const result = stack.udp_join(this.id, words[0], words[1], words[2], words[3], netif) | 0;
    if (result < 0) throw networkError(result, `join ${group}`);
  }

  /**
   * Takes `join` back.
   *
   * @throws NetworkError EADDRNOTAVAIL if it was not joined, EBADF
   */
  leave(group: string, netif = ANY_NETIF): void {
    this.checkOpen();
    const words = Address.parse(group);
    const result = stack.udp_leave(this.id, words[0], words[1], words[2], words[3], netif) | 0;
    if (result < 0) throw networkError(result, `leave ${group}`);
  }

  /**
   * Sends a datagram; a received datagram is an endpoint too, and after `connect` none is needed. The bytes are not
   * copied: do not change them until the turn ends. While the address is being resolved, the stack keeps the datagram.
   * One that is longer than the path's MTU goes in fragments.
   *
   * @throws NetworkError EMSGSIZE if it is too long for a datagram (65,507 bytes over IPv4), EHOSTUNREACH, ENETUNREACH,
   *   EAFNOSUPPORT, ENOBUFS, EISCONN with an endpoint after `connect`, ENOTCONN without one before, EINVAL for a port
   *   outside 1 to 65535, EBADF if the socket is closed
   */
  send(data: UdpPayload, to?: UdpEndpoint): void {
    if (to === undefined) {
      if (this.peer === undefined) {
        throw new NetworkError("ENOTCONN", "send: not connected, and no endpoint given");
      }
      this.sendAny(data, ANY_ADDRESS, 0);
      return;
    }
    const received = to as UdpEndpoint & InFrame;
    if ((data === received.view || data === to) && received.frame > 0) {
      // Sent back as it is: no new frame around it.
      const { frame, offset, length, source } = received;
      if (source >= 0) this.sendFrame(frame, offset, length, 0, 0, MAPPED, source, to.port);
      else {
        const words = wordsIn(frame, -1 - source, IPV6_SOURCE);
        this.sendFrame(frame, offset, length, words[0], words[1], words[2], words[3], to.port);
      }
      return;
    }
    checkPort(to.port, 1, "send to");
    this.sendAny(data, parsed(to.address), to.port);
  }

  /** Gives up the port; what waits in the queue is released. Closing again does nothing. */
  close(): void {
    if (this.closed) return;
    sockets[this.id & SLOT_MASK] = undefined;
    stack.udp_close(this.id);
    native.keepAlive(-1);
    this.queue.close(() => new NetworkError("ECANCELED", `the socket at port ${this.port} was closed`));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private checkOpen(): void {
    if (this.closed) throw new NetworkError("EBADF", `the socket at port ${this.port} is closed`);
  }

  private sendAny(data: UdpPayload, words: AddressWords, port: number): void {
    const arrived = data as unknown as InFrame;
    if (arrived.frame === undefined) {
      this.sendViews(viewsOf(data as Exclude<UdpPayload, Datagram>), words, port);
      return;
    }
    if (arrived.frame < 0) throw releasedError(arrived);
    const { frame, offset, length } = arrived;
    this.sendFrame(frame, offset, length, words[0], words[1], words[2], words[3], port);
  }

  private sendViews(views: readonly Uint8Array[], words: AddressWords, port: number): void {
    let length = 0;
    for (let i = 0; i < views.length; i++) length += (views[i] as Uint8Array).length;
    this.checkOpen();
    if (length > LONGEST_DATAGRAM) {
      throw new NetworkError("EMSGSIZE", `send ${length} bytes: a datagram has at most ${LONGEST_DATAGRAM}`);
    }
    const frame = length === 0 ? 0 : native.frameFrom(views);
    try {
      this.sendFrame(frame, 0, length, words[0], words[1], words[2], words[3], port);
    } finally {
      if (frame !== 0) native.frameRelease(frame);
    }
  }

  private sendFrame(
    frame: FrameHandle | 0,
    offset: number,
    length: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    port: number,
  ): void {
    const result = stack.udp_send(this.id, frame, offset, length, w0, w1, w2, w3, port) | 0;
    if (result >= 0) return;
    this.checkOpen();
    const to = port === 0 ? (this.peer as UdpEndpoint) : { address: Address.format([w0, w1, w2, w3]), port };
    throw networkError(result, `send ${length} bytes to ${Endpoint.format(to)}`);
  }

  /** @internal */
  failed(address: string, port: number, type: number, code: number): void {
    this.unreachable++;
    this.onUnreachable?.({ address, port, type, code });
  }
}

function viewsOf(data: Exclude<UdpPayload, Datagram>): readonly Uint8Array[] {
  if (typeof data === "string") return [new TextEncoder().encode(data)];
  return ArrayBuffer.isView(data) ? [data as Uint8Array] : (data as readonly Uint8Array[]);
}

function onEvent(
  kind: number,
  frame: FrameHandle | 0,
  offset: number,
  length: number,
  id: number,
  b: number,
  c: number,
): void {
  const socket = sockets[id & SLOT_MASK];
  if (socket === undefined || socket.id !== id) {
    if (frame !== 0) native.frameRelease(frame);
  } else if (kind === StackEvent.UdpDatagram) {
    socket.queue.deliver(new ReceivedDatagram(frame, offset, length, b, c));
  } else if (kind === StackEvent.UdpDatagram6) {
    socket.queue.deliver(new ReceivedDatagram(frame, offset, length, -1 - (c >>> 16), c & 0xffff));
  } else if (kind === StackEvent.UdpUnreachable) {
    socket.failed(Ipv4.format(b), c >>> 16, (c >>> 8) & 0xff, c & 0xff);
  } else if (kind === StackEvent.UdpUnreachable6) {
    const address = Address.format(wordsIn(frame, c >>> 16, IPV6_DESTINATION));
    native.frameRelease(frame);
    socket.failed(address, c & 0xffff, (b >>> 8) & 0xff, b & 0xff);
  }
}

function set(id: number, name: string, option: UdpOption, value: number | undefined, least: number): void {
  if (value === undefined) return;
  if (!(Number.isInteger(value) && value >= least && value <= 255)) {
    throw new NetworkError("EINVAL", `${name} ${value}: expected a whole number from ${least} to 255`);
  }
  const result = stack.udp_set(id, option, value) | 0;
  if (result < 0) throw networkError(result, `set ${name}`);
}

export const Udp = {
  /**
   * A socket at a port of this program.
   *
   * @throws NetworkError EADDRINUSE if the port is taken, EADDRNOTAVAIL if the address is not the program's own, EMFILE,
   *   EINVAL for a port outside 0 to 65535, ENETDOWN without `--net` or an address
   * @throws RangeError if `address` is no address
   */
  bind(options: UdpBindOptions = {}): UdpSocket {
    const { port = 0, address, queue = DEFAULT_QUEUE, hopLimit, trafficClass, multicastLoop } = options;
    checkPort(port, 0, "bind");
    const waiting = new DeliveryQueue<Datagram>(queue);
    const own = address === undefined ? ANY_ADDRESS : Address.parse(address);
    useStack();
    const id = stack.udp_bind(own[0], own[1], own[2], own[3], port) | 0;
    if (id < 0) throw networkError(id, `bind ${address ?? "any address"}, port ${port === 0 ? "any" : port}`);
    try {
      set(id, "hopLimit", UdpOption.HopLimit, hopLimit, 1);
      set(id, "trafficClass", UdpOption.TrafficClass, trafficClass, 0);
      if (multicastLoop === false) set(id, "multicastLoop", UdpOption.MulticastLoop, 0, 0);
    } catch (error) {
      stack.udp_close(id);
      throw error;
    }
    if (!listening) {
      listening = true;
      listenToStack("udp", onEvent);
    }
    const socket = new UdpSocket(id, options, waiting);
    sockets[id & SLOT_MASK] = socket;
    native.keepAlive(1);
    return socket;
  },
} as const;
