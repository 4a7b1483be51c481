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
/** How often a slow reader reads. */
const READ_SECONDS = 0.01;
/** Bytes for one `tcp_write`. */
const WRITE_BYTES = 65_536;

export interface TransferOptions {
  /** Connections at the same time; one if it is not there. */
  readonly flows?: number;
  /** Bytes that the client sends, over each. */
  readonly up?: number;
  /** Bytes that the server sends, over each. */
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
  /** What the hosts' clocks say at the beginning. */
  readonly startNs?: bigint;
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

/** One end of a connection: sends a number of bytes, and compares what it gets. */
class End {
  flow = -1;
  received = 0;
  closed = false;
  private written = 0;
  private unread = 0;
  private ended = false;
  private connected = false;
  private shut = false;
  private released = false;

  constructor(
    private readonly side: Side,
    readonly toSend: number,
    readonly toReceive: number,
    private readonly options: TransferOptions,
  ) {}

  handle(event: HostEvent): void {
    switch (event.kind) {
      case ACCEPTED:
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
      default:
        this.closed = true;
        if (event.b !== 0) {
          const when = this.connected ? `after ${this.received} bytes` : "before it was made";
          throw new Error(`the connection ended with error ${event.b} ${when}`);
        }
    }
    this.releaseIfDone();
  }

  /** Closing with data unread would reset the connection (RFC 1122 section 4.2.2.13). */
  private releaseIfDone(): void {
    if (!this.ended || !this.shut || this.unread > 0 || this.released) return;
    this.released = true;
    this.side.host.call("tcp_close", this.flow);
  }

  private compare(event: HostEvent): void {
    const { host, expected } = this.side;
    for (const view of host.views(event.frame, event.offset, event.length)) {
      for (let at = 0; at < view.length; ) {
        const from = this.received % PATTERN_BYTES;
        const count = Math.min(view.length - at, PATTERN_BYTES - from);
        const isEqual = Buffer.from(view.buffer, view.byteOffset + at, count).equals(
          expected.subarray(from, from + count),
        );
        if (!isEqual) throw new Error(`wrong bytes at ${this.received}`);
        at += count;
        this.received += count;
      }
    }
    host.release(event.frame);
    if (this.received > this.toReceive) throw new Error(`more bytes than were sent: ${this.received}`);
    if (this.options.readBytesPerSecond === undefined) host.call("tcp_consume", this.flow, event.length);
    else this.unread += event.length;
  }

  /** A slow reader reads. */
  read(bytes: number): void {
    const count = Math.min(bytes, this.unread);
    this.unread -= count;
    if (count > 0) this.side.host.call("tcp_consume", this.flow, count);
    this.releaseIfDone();
  }

  /** Writes until the queue is full, then shuts down. */
  private write(): void {
    if (!this.connected || this.shut) return;
    const { host, pattern } = this.side;
    while (this.written < this.toSend) {
      const from = this.written % PATTERN_BYTES;
      const most = this.options.writeBytes ?? WRITE_BYTES;
      const count = Math.min(this.toSend - this.written, PATTERN_BYTES - from, most);
      const taken = host.call("tcp_write", this.flow, pattern, from, count);
      if (taken < 0) throw new Error(`tcp_write: ${taken}`);
      this.written += taken;
      if (taken < count) return;
    }
    this.shut = true;
    host.call("tcp_shutdown", this.flow);
  }
}

/** A host with its ends of all connections. */
class Side {
  readonly ends: End[] = [];
  /** What this side sends, over and over. */
  readonly pattern: number;
  private readonly byFlow = new Map<number, End>();

  constructor(
    readonly host: Host,
    salt: number,
    readonly expected: Uint8Array,
    private readonly toSend: number,
    private readonly toReceive: number,
    private readonly options: TransferOptions,
  ) {
    this.pattern = host.frame(makePattern(salt));
  }

  get isOver(): boolean {
    return this.ends.length === (this.options.flows ?? 1) && this.ends.every(({ closed }) => closed);
  }

  add(flow: number): End {
    const end = new End(this, this.toSend, this.toReceive, this.options);
    end.flow = flow;
    this.ends.push(end);
    this.byFlow.set(flow, end);
    return end;
  }

  /** Handles what the stack said. */
  serve(): void {
    while (this.host.events.length > 0) {
      for (const event of this.host.events.splice(0)) this.handle(event);
      this.host.resumeIfRefused();
    }
  }

  private handle(event: HostEvent): void {
    // Others are about addresses.
    if (event.kind < ACCEPTED || event.kind > CLOSED) return;
    if (event.kind === ACCEPTED) this.add(event.b).handle(event);
    else {
      const end = this.byFlow.get(event.a);
      if (!end) throw new Error(`event ${event.kind} of a flow that nobody knows: ${event.a}`);
      end.handle(event);
    }
  }

  read(bytes: number): void {
    for (const end of this.ends) end.read(bytes);
    this.serve();
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
  if (options.startNs !== undefined) host.nowNs = options.startNs;
  if (options.eventRoom !== undefined) host.eventRoom = options.eventRoom;
  return host.load(module);
}

function set(host: Host, id: number, options: TransferOptions): void {
  for (const [option, value] of [
    [SEND_BUFFER, options.sendBufferBytes],
    [RECEIVE_BUFFER, options.receiveBufferBytes],
    [CONGESTION, options.congestion],
  ] as const) {
    if (value === undefined) continue;
    const result = host.call("tcp_set", id, option, value);
    if (result !== 0) throw new Error(`tcp_set ${option}: ${result}`);
  }
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
    flows = 1,
    limitSeconds = 36_000,
  } = options;
  const link = new Link(faults, seed);
  const client = await newHost(module, 0x02005e100001n, options);
  const server = await newHost(module, 0x02005e100002n, options);
  const clients = new Side(client, 1, makePattern(2), up, down, options);
  const servers = new Side(server, 2, makePattern(1), down, up, options);
  link.attach(client, { faults, application: () => clients.serve() });
  link.attach(server, { faults: faultsBack, application: () => servers.serve() });
  configure(client, version, CLIENT);
  configure(server, version, SERVER);
  if (version === 6) link.run(CONFIGURED_NS);
  const listener = server.call("tcp_listen", 0, 0, 0, 0, PORT, flows);
  if (listener < 0) throw new Error(`tcp_listen: ${listener}`);
  set(server, listener, options);
  const began = Number(client.nowNs);
  for (let i = 0; i < flows; i++) {
    const flow = client.call("tcp_connect", ...addressOf(version, SERVER), PORT, 0, 0, 0, 0, 0);
    if (flow < 0) throw new Error(`tcp_connect: ${flow}`);
    set(client, flow, options);
    clients.add(flow);
  }
  const isOver = () => clients.isOver && servers.isOver;
  if (options.readBytesPerSecond === undefined) {
    link.run(BigInt(limitSeconds * SECOND_NS), isOver);
  } else {
    for (let t = 0; t < limitSeconds && !isOver(); t += READ_SECONDS) {
      link.run(BigInt(READ_SECONDS * SECOND_NS), isOver);
      for (const side of [clients, servers]) side.read(Math.ceil(options.readBytesPerSecond * READ_SECONDS));
    }
  }
  if (!isOver()) {
    const ends = [...clients.ends, ...servers.ends].filter(({ closed }) => !closed);
    const progress = ends.map(({ received, toReceive }) => `${received} of ${toReceive}`).join(", ");
    throw new Error(`the transfer did not end in ${limitSeconds} s: ${progress} bytes arrived`);
  }
  const seconds = (Number(client.nowNs) - began) / SECOND_NS;
  server.call("tcp_unlisten", listener);
  for (const { host, pattern } of [clients, servers]) {
    host.release(pattern);
    if (host.copies > 0) throw new Error(`${host.copies} bytes were copied`);
    unconfigure(host);
    host.assertNoLeaks();
  }
  return {
    seconds,
    bytesPerSecond: (flows * (up + down)) / seconds,
    retransmitted: client.counter("tcp.retransmitted") + server.counter("tcp.retransmitted"),
    timeouts: client.counter("tcp.retransmission-timeouts") + server.counter("tcp.retransmission-timeouts"),
    frames: link.delivered,
    client,
    server,
    link,
  };
}
