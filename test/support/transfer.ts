/** Bulk transfers over TCP between two stacks on a `Link`, each byte of which is compared with what was sent. */
import type { Host, HostEvent, HostNetif } from "./host.ts";
import { Host as NewHost } from "./host.ts";
import { type Faults, Link } from "./link.ts";

const [CLIENT, SERVER] = [1, 2];
const PREFIX = 24;
const PREFIX6 = 64;
/** Of `ip6_configure`: gives everything up. */
const REMOVE_FLAG = 4;
/** For duplicate address detection (RFC 4862 section 5.4). */
const CONFIGURED_NS = 4_000_000_000n;
const PORT = 5001;
const SECOND_NS = 1_000_000_000;
/** What both send over and over. Its length is a prime: no segment size divides it, so misplaced bytes show. */
const PATTERN_BYTES = 65_521;
const [ACCEPTED, CONNECTED, DATA, END, WRITABLE, CLOSED] = [16, 17, 18, 19, 20, 21];
const [SEND_BUFFER, RECEIVE_BUFFER, CONGESTION] = [7, 8, 9];
/** Bytes for one `tcp_write`. */
const WRITE_BYTES = 65_536;

export interface TransferOptions {
  /** Bytes that the client sends. */
  readonly up?: number;
  /** Bytes that the server sends. */
  readonly down?: number;
  readonly mtu?: number;
  /** 4 or 6 (RFC 8200). */
  readonly version?: 4 | 6;
  readonly faults?: Faults;
  /** For what the server sends, if it is different. */
  readonly faultsBack?: Faults;
  readonly seed?: number;
  readonly sendBufferBytes?: number;
  readonly receiveBufferBytes?: number;
  /** 0 CUBIC, 1 NewReno. */
  readonly congestion?: number;
  /** Room in the event queues. */
  readonly eventRoom?: number;
  /** What the interfaces offer. */
  readonly netif?: Partial<HostNetif>;
  /** Bytes of each write; without it as much as fits. */
  readonly writeBytes?: number;
  /** The receivers read so many bytes a second; without it at once. */
  readonly readBytesPerSecond?: number;
  /** Of fake time, after which the transfer counts as stuck. */
  readonly limitSeconds?: number;
  /** Keep captures, for finding out what happened. */
  readonly recording?: boolean;
}

export interface TransferResult {
  /** From the connection's first segment until both sides knew that all had arrived. */
  readonly seconds: number;
  /** Bytes that arrived in order at both sides together, each second. */
  readonly bytesPerSecond: number;
  readonly retransmitted: number;
  readonly timeouts: number;
  /** Frames that the link carried. */
  readonly frames: number;
  readonly client: Host;
  readonly server: Host;
  readonly link: Link;
}

/** A side of the connection: sends a number of bytes, and compares what it gets. */
class End {
  flow = -1;
  received = 0;
  written = 0;
  ended = false;
  closed = false;
  error = 0;
  connected = false;
  private shut = false;
  private released = false;
  private readonly pattern: number;
  private readonly bytes: Uint8Array;
  private unread = 0;

  constructor(
    private readonly host: Host,
    readonly toSend: number,
    readonly toReceive: number,
    salt: number,
    private readonly expected: Uint8Array,
    private readonly options: TransferOptions,
  ) {
    this.bytes = makePattern(salt);
    this.pattern = host.frame(this.bytes);
  }

  /** Handles what the stack said. */
  serve(): void {
    const events = this.host.events.splice(0);
    for (const event of events) this.handle(event);
    this.host.resumeIfRefused();
    if (this.host.events.length > 0) this.serve();
  }

  private handle(event: HostEvent): void {
    switch (event.kind) {
      case ACCEPTED:
        this.flow = event.b;
        this.connected = true;
        this.write();
        break;
      case CONNECTED:
        this.connected = true;
        this.write();
        break;
      case DATA:
        this.compare(event);
        break;
      case END:
        this.ended = true;
        if (this.received !== this.toReceive) {
          throw new Error(`the stream ended after ${this.received} of ${this.toReceive} bytes`);
        }
        break;
      case WRITABLE:
        this.write();
        break;
      case CLOSED:
        this.closed = true;
        this.error = event.b;
        if (event.b !== 0) {
          const when = this.connected ? `after ${this.received} bytes` : "before it was made";
          throw new Error(`the connection ended with error ${event.b} ${when}`);
        }
        break;
      default:
        // Others are about addresses.
        if (event.kind < 32) throw new Error(`unexpected event ${event.kind}`);
    }
    this.releaseIfDone();
  }

  /** Closing with data unread would reset the connection (RFC 1122 section 4.2.2.13). */
  private releaseIfDone(): void {
    if (!this.ended || !this.shut || this.unread > 0 || this.released) return;
    this.released = true;
    this.host.call("tcp_close", this.flow);
  }

  private compare(event: HostEvent): void {
    for (const view of this.host.views(event.frame, event.offset, event.length)) {
      for (let at = 0; at < view.length; ) {
        const from = this.received % PATTERN_BYTES;
        const count = Math.min(view.length - at, PATTERN_BYTES - from);
        const isEqual = Buffer.from(view.buffer, view.byteOffset + at, count).equals(
          this.expected.subarray(from, from + count),
        );
        if (!isEqual) throw new Error(`wrong bytes at ${this.received}`);
        at += count;
        this.received += count;
      }
    }
    this.host.release(event.frame);
    if (this.received > this.toReceive) throw new Error(`more bytes than were sent: ${this.received}`);
    if (this.options.readBytesPerSecond === undefined) this.host.call("tcp_consume", this.flow, event.length);
    else this.unread += event.length;
  }

  /** A slow reader reads. */
  read(bytes: number): void {
    const count = Math.min(bytes, this.unread);
    this.unread -= count;
    if (count > 0) this.host.call("tcp_consume", this.flow, count);
    this.releaseIfDone();
    this.serve();
  }

  /** Writes until the queue is full, then shuts down. */
  write(): void {
    if (!this.connected || this.shut) return;
    while (this.written < this.toSend) {
      const from = this.written % PATTERN_BYTES;
      const most = this.options.writeBytes ?? WRITE_BYTES;
      const count = Math.min(this.toSend - this.written, PATTERN_BYTES - from, most);
      const taken = this.host.call("tcp_write", this.flow, this.pattern, from, count);
      if (taken < 0) throw new Error(`tcp_write: ${taken}`);
      this.written += taken;
      if (taken < count) return;
    }
    this.shut = true;
    this.host.call("tcp_shutdown", this.flow);
  }

  finish(): void {
    this.host.release(this.pattern);
  }
}

function makePattern(salt: number): Uint8Array {
  let state = salt;
  return Uint8Array.from({ length: PATTERN_BYTES }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  });
}

type Words = [number, number, number, number];

/** 10.0.0.1 and 10.0.0.2, or 2001:db8::1 and ::2, as the stack's functions take them. */
const addressOf = (version: 4 | 6, host: number): Words =>
  version === 4 ? [0, 0, 0xffff, 0x0a000000 + host] : [0x20010db8, 0, 0, host];

function configure(host: Host, version: 4 | 6, number: number): void {
  const result =
    version === 4
      ? host.call("configure", 0, 0x0a000000 + number, PREFIX, 0)
      : host.call("ip6_configure", 0, ...addressOf(6, number), PREFIX6, 0);
  if (result !== 0) throw new Error(`no address: ${result}`);
}

/** Drops all that hangs on an interface, so that a leak shows. */
function unconfigure(host: Host): void {
  host.call("configure", 0, 0, 0, 0);
  host.call("ip6_configure", 0, 0, 0, 0, 0, 0, REMOVE_FLAG);
}

async function newHost(module: WebAssembly.Module, mac: bigint, options: TransferOptions): Promise<Host> {
  const host = new NewHost();
  const [own] = host.netifs;
  if (own) Object.assign(own, { mac, mtu: options.mtu ?? 1500, ...options.netif });
  host.recording = options.recording ?? false;
  if (options.eventRoom !== undefined) host.eventRoom = options.eventRoom;
  return host.load(module);
}

/** Sends, compares and closes. Throws if anything is wrong: bytes, leaks, an end that does not come. */
export async function transfer(
  module: WebAssembly.Module,
  options: TransferOptions,
): Promise<TransferResult> {
  const {
    up = 0,
    down = 0,
    version = 4,
    faults = {},
    faultsBack = faults,
    seed = 1,
    limitSeconds = 36_000,
  } = options;
  const link = new Link(faults, seed);
  const client = await newHost(module, 0x02005e100001n, options);
  const server = await newHost(module, 0x02005e100002n, options);
  const [upBytes, downBytes] = [makePattern(1), makePattern(2)];
  const ends = [
    new End(client, up, down, 1, downBytes, options),
    new End(server, down, up, 2, upBytes, options),
  ] as const;
  const [clientEnd, serverEnd] = ends;
  link.attach(client, { faults, application: () => clientEnd.serve() });
  link.attach(server, { faults: faultsBack, application: () => serverEnd.serve() });
  configure(client, version, CLIENT);
  configure(server, version, SERVER);
  if (version === 6) link.run(CONFIGURED_NS);
  const listener = server.call("tcp_listen", 0, 0, 0, 0, PORT, 4);
  if (listener < 0) throw new Error(`tcp_listen: ${listener}`);
  const began = Number(client.nowNs);
  clientEnd.flow = client.call("tcp_connect", ...addressOf(version, SERVER), PORT, 0, 0, 0, 0, 0);
  if (clientEnd.flow < 0) throw new Error(`tcp_connect: ${clientEnd.flow}`);
  for (const [host, id] of [
    [client, clientEnd.flow],
    [server, listener],
  ] as const) {
    const set = (option: number, value: number | undefined) => {
      if (value === undefined) return;
      const result = host.call("tcp_set", id, option, value);
      if (result !== 0) throw new Error(`tcp_set ${option}: ${result}`);
    };
    set(SEND_BUFFER, options.sendBufferBytes);
    set(RECEIVE_BUFFER, options.receiveBufferBytes);
    set(CONGESTION, options.congestion);
  }
  const isOver = () => clientEnd.closed && serverEnd.closed;
  const slice = 0.01;
  if (options.readBytesPerSecond === undefined) {
    link.run(BigInt(limitSeconds * SECOND_NS), isOver);
  } else {
    for (let t = 0; t < limitSeconds && !isOver(); t += slice) {
      link.run(BigInt(slice * SECOND_NS), isOver);
      for (const end of ends) end.read(Math.ceil(options.readBytesPerSecond * slice));
    }
  }
  if (!isOver()) {
    const progress = ends.map(({ received, toReceive }) => `${received} of ${toReceive}`).join(", ");
    throw new Error(`the transfer did not end in ${limitSeconds} s: ${progress} bytes arrived`);
  }
  const seconds = (Number(client.nowNs) - began) / SECOND_NS;
  for (const end of ends) end.finish();
  server.call("tcp_unlisten", listener);
  for (const host of [client, server]) {
    if (host.copies > 0) throw new Error(`${host.copies} bytes were copied`);
    unconfigure(host);
    host.assertNoLeaks();
  }
  return {
    seconds,
    bytesPerSecond: (up + down) / seconds,
    retransmitted: client.counter("tcp.retransmitted") + server.counter("tcp.retransmitted"),
    timeouts: client.counter("tcp.retransmission-timeouts") + server.counter("tcp.retransmission-timeouts"),
    frames: link.delivered,
    client,
    server,
    link,
  };
}
