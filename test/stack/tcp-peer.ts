/** A scripted peer of the stack's TCP: says what it is told to, and takes apart what the stack sends. */
import { expect } from "vitest";
import type { FrameOptions, Host, HostEvent } from "../support/host.ts";
import { type Ipv4Fields, parse } from "../support/packets.ts";
import * as segments from "../support/tcp-segments.ts";
import { fromPeer, learnPeer, newStackWithPeer, OWN, PEER } from "./fixture.ts";

export const { ACK, FIN, PSH, RST, SYN, URG } = segments;

export const EVENT = { accepted: 16, connected: 17, data: 18, end: 19, writable: 20, closed: 21 } as const;
export const STATE = {
  closed: 0,
  synSent: 2,
  synReceived: 3,
  established: 4,
  closeWait: 5,
  finWait1: 6,
  closing: 7,
  lastAck: 8,
  finWait2: 9,
  timeWait: 10,
} as const;
export const OPTION = {
  noDelay: 1,
  keepAliveIdle: 2,
  keepAliveInterval: 3,
  keepAliveProbes: 4,
  userTimeout: 5,
  linger: 6,
  sendBuffer: 7,
  receiveBuffer: 8,
  congestion: 9,
  adoptUserTimeout: 12,
} as const;
export const FIELD = {
  localPort: 4,
  remotePort: 9,
  state: 10,
  mss: 11,
  congestionWindow: 12,
  rto: 15,
  retransmitted: 16,
  sendQueue: 17,
  receiveQueue: 18,
  sendWindow: 19,
  sendBuffer: 21,
} as const;
export const ERRNO = { refused: 61, reset: 54, aborted: 53, timedOut: 60, unreachable: 65 } as const;

export const MILLISECOND = 1_000_000n;
export const SECOND = 1_000n * MILLISECOND;
export const PORT = 7;
export const PEER_PORT = 40_000;
export const ISS = 1_000_000;

/** IPv4-mapped words of an address, as the stack's functions take them. */
export function words(address: number): [number, number, number, number] {
  return address === 0 ? [0, 0, 0, 0] : [0, 0, 0xffff, address];
}

export function listen(host: Host, port = PORT, backlog = 128): number {
  return host.call("tcp_listen", 0, 0, 0, 0, port, backlog);
}

/** A stack with a listener at `PORT`, and a peer that has said nothing yet. */
export async function server(): Promise<{ host: Host; listener: number; peer: Peer }> {
  const host = await newStackWithPeer();
  return { host, listener: listen(host), peer: new Peer(host) };
}

export interface Say {
  seq?: number;
  ack?: number;
  window?: number;
  payload?: Uint8Array;
  options?: segments.SegmentOptions;
  /** More fields of the header. */
  fields?: Partial<segments.SegmentFields>;
  frame?: FrameOptions;
  /** Fields of the IPv4 header. */
  ip?: Partial<Ipv4Fields>;
}

/** What an acceptable option set of the peer is by default: as FreeBSD's and Linux's. */
export const PEER_OPTIONS: segments.SegmentOptions = { mss: 1460, windowScale: 7, sackPermitted: true };

export class Peer {
  /** Next sequence number of the peer. */
  seq = ISS;
  /** Next one that it expects. */
  ack = 0;
  flow = 0;
  listener = 0;
  /** Of what the peer says, before scaling. */
  window = 65535;
  /** If set, each segment carries timestamps: this is the next TSval, and what was last heard. */
  timestamp: number | undefined;
  echo = 0;

  constructor(
    readonly host: Host,
    readonly port = PEER_PORT,
    public ownPort = PORT,
    readonly address = PEER,
  ) {}

  /** A segment; what is not said is the peer's state. Does not move `seq`. */
  say(flags: number, what: Say = {}): void {
    const options =
      what.options ?? (this.timestamp === undefined ? {} : { timestamps: [this.timestamp, this.echo] });
    const segment = segments.segment(
      {
        source: this.address,
        destination: OWN,
        sourcePort: this.port,
        destinationPort: this.ownPort,
        seq: (what.seq ?? this.seq) >>> 0,
        ack: flags & ACK ? (what.ack ?? this.ack) >>> 0 : 0,
        flags,
        window: what.window ?? this.window,
        options,
        ...what.fields,
      },
      what.payload ?? new Uint8Array(),
    );
    this.host.input(fromPeer(segment, { protocol: 6, source: this.address, ...what.ip }), 0, what.frame);
  }

  /** A segment of data, which moves `seq`. */
  data(payload: Uint8Array, what: Say = {}): void {
    this.say(ACK | PSH, { ...what, payload });
    this.seq += payload.length;
  }

  /**
   * All segments that the stack has sent to this peer since the last look. Moves `ack` over those in order. Answers ARP.
   */
  heard(): segments.ParsedSegment[] {
    const all: segments.ParsedSegment[] = [];
    const transmitted = this.host.takeTransmitted();
    const asked = transmitted.some(({ bytes }) => parse(bytes).arp?.target === this.address);
    if (asked) learnPeer(this.host, this.address);
    for (const { bytes } of [...transmitted, ...(asked ? this.host.takeTransmitted() : [])]) {
      const tcp = segments.segmentOf(bytes);
      if (!tcp || tcp.destinationPort !== this.port) continue;
      all.push(tcp);
      const length = tcp.payload.length + (tcp.flags & SYN ? 1 : 0) + (tcp.flags & FIN ? 1 : 0);
      if (tcp.flags & SYN) this.ack = tcp.seq;
      if (tcp.seq === this.ack >>> 0) this.ack = (this.ack + length) >>> 0;
      if (tcp.options.timestamps) this.echo = tcp.options.timestamps[0];
    }
    return all;
  }

  /** The only segment that was sent. */
  one(): segments.ParsedSegment {
    const all = this.heard();
    expect(all.map(show)).toHaveLength(1);
    return all[0] as segments.ParsedSegment;
  }

  /** Nothing was sent. */
  silence(): void {
    expect(this.heard().map(show)).toEqual([]);
  }

  /** The peer connects to a listener of the stack. */
  connect(options: segments.SegmentOptions = PEER_OPTIONS): this {
    if (this.timestamp !== undefined) options = { ...options, timestamps: [this.timestamp, 0] };
    this.say(SYN, { options });
    this.seq++;
    const synAck = this.one();
    expect(synAck.flags).toBe(SYN | ACK);
    expect(synAck.ack).toBe(this.seq >>> 0);
    this.say(ACK);
    const accepted = this.host.takeEvents().find(({ kind }) => kind === EVENT.accepted);
    if (!accepted) throw new Error("not accepted");
    this.flow = accepted.b;
    return this;
  }

  /** The stack connects to the peer. */
  accept(options: segments.SegmentOptions = PEER_OPTIONS): this {
    this.flow = this.host.call("tcp_connect", ...words(this.address), this.port, 0, 0, 0, 0, 0);
    expect(this.flow).toBeGreaterThanOrEqual(0);
    const syn = this.one();
    expect(syn.flags).toBe(SYN);
    this.ownPort = syn.sourcePort;
    if (this.timestamp !== undefined) options = { ...options, timestamps: [this.timestamp, this.echo] };
    this.say(SYN | ACK, { options });
    this.seq++;
    expect(this.one().flags).toBe(ACK);
    expect(this.events().map(({ kind }) => kind)).toEqual([EVENT.connected]);
    return this;
  }

  /** The program gives the flow up. */
  abort(): void {
    this.call("tcp_abort");
  }

  /** The program writes. Returns how much was taken. */
  write(payload: Uint8Array): number {
    const frame = this.host.frame(payload);
    const taken = this.host.call("tcp_write", this.flow, frame, 0, payload.length);
    this.host.release(frame);
    return taken;
  }

  /** The program reads everything that has come, and says so. */
  read(): Uint8Array {
    const parts = this.events()
      .filter(({ kind }) => kind === EVENT.data)
      .map(({ payload }) => payload);
    const all = Uint8Array.from(parts.flatMap((part) => [...part]));
    if (all.length > 0) this.call("tcp_consume", all.length);
    return all;
  }

  /** Events of this flow since the last look. */
  events(): (HostEvent & { readonly payload: Uint8Array })[] {
    return this.host.takeEvents();
  }

  /** The errno of the `TcpClosed` that has come. */
  closed(): number {
    const closed = this.events().filter(({ kind }) => kind === EVENT.closed);
    expect(closed).toHaveLength(1);
    return closed[0]?.b ?? -1;
  }

  call(name: string, ...args: number[]): number {
    return this.host.call(name, this.flow, ...args);
  }

  get(field: number): number {
    return this.call("tcp_get", field);
  }

  get state(): number {
    return this.get(FIELD.state);
  }
}

/** "SA 1000:1000(0) ack 5", for messages. */
export function show(segment: segments.ParsedSegment): string {
  const names: [number, string][] = [
    [SYN, "S"],
    [FIN, "F"],
    [RST, "R"],
    [PSH, "P"],
    [ACK, "."],
  ];
  const flags = names.map(([bit, name]) => (segment.flags & bit ? name : "")).join("");
  return `${flags} ${segment.seq}(${segment.payload.length}) ack ${segment.ack} win ${segment.window}`;
}

/** Bytes that differ from place to place. */
export function pattern(length: number, from = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i + from) * 31 + ((i + from) >>> 8));
}
