/**
 * Floods: memory stays within its budget, what is answered is limited, and a connection that was there before goes on.
 */
import { describe, expect, test } from "vitest";
import { StackEvent } from "../../src/stack/interface.ts";
import type { Host } from "../support/host.ts";
import * as packets from "../support/packets.ts";
import { fromPeer, learnPeer, newStack, OWN, PEER, SECOND_NS } from "./fixture.ts";

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 0x10;
const PORT = 80;
/** What 10,000 idle connections may take at most, and so any flood. */
const BUDGET_BYTES = 16 << 20;
/** Frames that a program may hold by default (rtparam f). */
const FRAMES_MAX = 4096;

interface Sent {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** The TCP segments that were sent since the last look. */
function segments(host: Host): Sent[] {
  return host.takeTransmitted().flatMap(({ bytes }) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint16(12) !== 0x0800 || view.getUint8(23) !== 6) return [];
    return [
      {
        source: view.getUint32(26),
        destination: view.getUint32(30),
        sourcePort: view.getUint16(34),
        destinationPort: view.getUint16(36),
        sequence: view.getUint32(38),
        acknowledgment: view.getUint32(42),
        flags: view.getUint8(47),
        payload: bytes.subarray(34 + (view.getUint8(46) >>> 4) * 4),
      },
    ];
  });
}

/** The far end of one connection to the stack's port 80. */
class Client {
  sequence = 0x10000;
  acknowledgment = 0;
  flow = -1;

  constructor(
    private readonly host: Host,
    readonly port: number,
    private readonly address = PEER,
  ) {}

  send(flags: number, payload: Uint8Array = new Uint8Array(), fields: Partial<packets.TcpFields> = {}): void {
    const segment = packets.tcp(
      {
        source: this.address,
        destination: OWN,
        sourcePort: this.port,
        destinationPort: PORT,
        sequence: this.sequence,
        acknowledgment: this.acknowledgment,
        flags,
        ...fields,
      },
      payload,
    );
    this.host.input(fromPeer(segment, { protocol: 6, source: this.address }));
  }

  /** Three segments. False: the SYN was not answered, or nobody accepted. */
  connect(): boolean {
    this.host.takeTransmitted();
    this.send(SYN);
    const answer = segments(this.host).find((one) => one.destinationPort === this.port);
    if (answer === undefined || answer.flags !== (SYN | ACK)) return false;
    this.sequence++;
    this.acknowledgment = (answer.sequence + 1) >>> 0;
    this.send(ACK);
    for (const event of this.host.takeEvents())
      if (event.kind === StackEvent.TcpAccepted) this.flow = event.b;
    return this.flow >= 0;
  }

  /** Sends some bytes, which the program reads, and the program answers. */
  exchange(): void {
    const { host } = this;
    this.send(ACK | 8, new Uint8Array(100).fill(7));
    const received = host
      .takeEvents()
      .filter((event) => event.kind === StackEvent.TcpData && event.a === this.flow);
    expect(received.reduce((sum, event) => sum + event.payload.length, 0)).toBe(100);
    this.sequence += 100;
    host.call("tcp_consume", this.flow, 100);
    host.takeTransmitted();
    const frame = host.frame(new Uint8Array(50).fill(9));
    expect(host.call("tcp_write", this.flow, frame, 0, 50)).toBe(50);
    host.release(frame);
    const answer = segments(host).find((one) => one.destinationPort === this.port && one.payload.length > 0);
    expect(answer?.payload).toHaveLength(50);
    expect(answer?.acknowledgment).toBe(this.sequence >>> 0);
    this.acknowledgment = (this.acknowledgment + 50) >>> 0;
    this.send(ACK);
  }

  close(): void {
    this.host.call("tcp_abort", this.flow);
  }
}

/** A stack with a listener and one connection that works. */
async function server(backlog = 128): Promise<{ host: Host; listener: number; client: Client }> {
  const host = await newStack();
  learnPeer(host);
  host.recording = true;
  const listener = host.call("tcp_listen", 0, 0, 0, 0, PORT, backlog);
  expect(listener).toBeGreaterThanOrEqual(0);
  const client = new Client(host, 40_000);
  expect(client.connect()).toBe(true);
  client.exchange();
  return { host, listener, client };
}

/** All is given up and forgotten. */
function end(host: Host, listener: number, ...clients: readonly Client[]): void {
  for (const client of clients) client.close();
  host.call("tcp_unlisten", listener);
  host.takeEvents();
  host.advance(600n * SECOND_NS);
  host.takeTransmitted();
  expect(host.liveFrames).toBe(0);
}

/** A pseudo-random address beyond the gateway. */
function stranger(i: number): number {
  return (0xc6120000 | ((Math.imul(i, 0x9e3779b1) >>> 15) & 0x1ffff)) >>> 0;
}

describe("floods", () => {
  test("SYNs from everywhere: cookies instead of memory, and who answers one is let in", async () => {
    const { host, listener, client } = await server();
    const before = host.memoryBytes;
    let largest = 0;
    for (let i = 0; i < 50_000; i++) {
      const one = new Client(host, 1024 + (i & 0x7fff), stranger(i));
      one.send(SYN);
      if (i % 5000 === 4999) {
        host.takeTransmitted();
        client.exchange();
        host.advance(SECOND_NS / 100n);
        largest = Math.max(largest, host.liveFrames);
      }
    }
    expect(host.memoryBytes).toBeLessThanOrEqual(BUDGET_BYTES);
    expect(host.memoryBytes - before).toBeLessThanOrEqual(1 << 20);
    expect(largest).toBeLessThan(64);
    expect(host.counter("tcp.syncookies-sent")).toBeGreaterThan(10_000);
    const late = new Client(host, 41_000);
    expect(late.connect()).toBe(true);
    late.exchange();
    end(host, listener, client, late);
  }, 60_000);

  test("first fragments that no others follow: frames are bounded, and time gives them back", async () => {
    const { host, listener, client } = await server();
    const before = host.memoryBytes;
    let largest = 0;
    for (let i = 0; i < 20_000; i++) {
      const fields = { protocol: 17, identification: i & 0xffff, fragment: 0x2000, source: stranger(i >> 8) };
      host.input(fromPeer(new Uint8Array(512), fields));
      largest = Math.max(largest, host.liveFrames);
      if (i % 2000 === 1999) client.exchange();
    }
    expect(host.memoryBytes - before).toBeLessThanOrEqual(1 << 20);
    expect(largest).toBeLessThan(FRAMES_MAX / 2);
    host.advance(120n * SECOND_NS);
    host.takeTransmitted();
    expect(host.liveFrames).toBe(0);
    learnPeer(host); // ARP has forgotten it meanwhile
    client.exchange();
    end(host, listener, client);
  }, 60_000);

  test("neighbours without number: tables and their queues are bounded, a known neighbour stays reachable", async () => {
    const { host, listener, client } = await server();
    const before = host.memoryBytes;
    const socket = host.call("udp_bind", 0, 0, 0, 0, 7);
    let largest = 0;
    for (let i = 0; i < 20_000; i++) {
      const address = (packets.ip("10.0.0.0") | (3 + (i % 250))) >>> 0;
      const mac = 0x020000000000n | BigInt(i);
      const arp = { operation: 1, senderMac: mac, sender: address, targetMac: 0n, target: OWN };
      host.input(
        packets.ethernet({ destination: packets.BROADCAST_MAC, source: mac, type: 0x0806 }, packets.arp(arp)),
      );
      const frame = host.frame(new Uint8Array(100));
      const unknown = (packets.ip("10.0.0.0") | (3 + ((i * 7) % 250))) >>> 0;
      host.call("udp_send", socket, frame, 0, 100, 0, 0, 0xffff, unknown, 9);
      host.release(frame);
      largest = Math.max(largest, host.liveFrames);
      if (i % 2000 === 1999) {
        host.takeTransmitted();
        client.exchange();
        host.advance(SECOND_NS / 10n);
      }
    }
    expect(host.memoryBytes).toBe(before);
    expect(largest).toBeLessThan(FRAMES_MAX / 2);
    host.call("udp_close", socket);
    end(host, listener, client);
  }, 60_000);

  test("slow readers: what they leave unread is bounded, and others are served", async () => {
    const { host, listener, client } = await server(2000);
    const readers: Client[] = [];
    for (let i = 0; i < 200; i++) {
      const reader = new Client(host, 1024 + i, stranger(i));
      expect(reader.connect(), `reader ${i}`).toBe(true);
      readers.push(reader);
    }
    // Events are taken, so that the program holds the frames; it never consumes.
    let pushed = 0;
    for (let round = 0; round < 60; round++) {
      for (const reader of readers) {
        reader.send(ACK | 8, new Uint8Array(1400).fill(1));
        const held = host.takeEvents().filter((event) => event.a === reader.flow);
        const length = held.reduce((sum, event) => sum + event.payload.length, 0);
        reader.sequence += length;
        pushed += length;
      }
      host.takeTransmitted();
      client.exchange();
    }
    expect(pushed).toBeGreaterThan(0);
    // No reader got more than its buffer.
    expect(pushed).toBeLessThanOrEqual(readers.length * 70_000);
    expect(host.memoryBytes).toBeLessThanOrEqual(BUDGET_BYTES);
    end(host, listener, client, ...readers);
  }, 120_000);

  test("ACK storms: few are answered, and the flow that they hit moves on", async () => {
    const { host, listener, client } = await server();
    const before = host.memoryBytes;
    host.takeTransmitted();
    let answers = 0;
    for (let i = 0; i < 50_000; i++) {
      const kind = i % 4;
      if (kind === 0)
        client.send(ACK, undefined, { acknowledgment: (client.acknowledgment + 0x10000) >>> 0 });
      else if (kind === 1) client.send(ACK, undefined, { sequence: client.sequence - 1000 });
      else if (kind === 2) client.send(SYN, undefined, { sequence: client.sequence + 5000 });
      else client.send(RST, undefined, { sequence: client.sequence + 3000 });
      if (i % 5000 === 4999) {
        answers += segments(host).length;
        client.exchange();
      }
    }
    // RFC 5961 section 7: the limit is per second, and no second has passed.
    expect(answers).toBeLessThanOrEqual(200);
    expect(host.memoryBytes).toBe(before);
    end(host, listener, client);
  }, 60_000);

  test("segments to closed ports: resets are limited", async () => {
    const { host, listener, client } = await server();
    let resets = 0;
    for (let i = 0; i < 20_000; i++) {
      const segment = packets.tcp({
        source: stranger(i),
        destination: OWN,
        sourcePort: 5000,
        destinationPort: 1 + (i % 60),
        flags: SYN,
      });
      host.input(fromPeer(segment, { protocol: 6, source: stranger(i) }));
    }
    resets += segments(host).filter(({ flags }) => (flags & RST) !== 0).length;
    expect(resets).toBeGreaterThan(0);
    expect(resets).toBeLessThanOrEqual(400);
    client.exchange();
    client.send(FIN | ACK);
    end(host, listener, client);
  }, 60_000);
});
