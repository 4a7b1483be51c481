/** What connections share can be used up by others; each of them goes on all the same. */
import { expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import { newStackWithPeer } from "./fixture.ts";
import { ACK, EVENT, FIELD, listen, MILLISECOND, PEER_PORT, Peer, PSH, pattern, SECOND } from "./tcp-peer.ts";

const MSS = 1000;

test("a connection with a gap fills it when others have used up the memory for what arrived early", async () => {
  const host = await newStackWithPeer();
  listen(host, 7, 1000);
  const victim = new Peer(host, PEER_PORT).connect();
  const connect = (port: number): Peer => {
    const peer = new Peer(host, port).connect();
    peer.call("tcp_set", 1, 1); // the program has used it
    return peer;
  };
  const others = Array.from({ length: 400 }, (_, i) => connect(PEER_PORT + 1 + i));
  // Six segments behind one that is lost.
  for (let i = 1; i <= 6; i++)
    victim.say(ACK | PSH, { seq: victim.seq + i * 100, payload: pattern(100, i * 100) });
  for (const peer of others)
    for (let i = 1; i <= 8; i++) peer.say(ACK | PSH, { seq: peer.seq + i * 100, payload: pattern(100) });
  expect(host.counted("drop.tcp")).toBeGreaterThan(1000);
  victim.heard();
  // The lost one comes again.
  victim.say(ACK | PSH, { payload: pattern(100) });
  const arrived = victim.events().filter(({ kind }) => kind === EVENT.data);
  expect(arrived.map(({ length }) => length)).toEqual([100, 100, 100, 100, 100, 100, 100]);
  for (const peer of [victim, ...others]) peer.call("tcp_abort");
});

test("a probe of the tail is one segment when others have used up the memory for what is under way", async () => {
  const host = await newStackWithPeer();
  listen(host, 7, 1000);
  const connect = (port: number): Peer => {
    const peer = new Peer(host, port).connect({ mss: MSS, windowScale: 7, sackPermitted: true });
    peer.write(pattern(1));
    peer.heard();
    host.advance(20n * MILLISECOND);
    peer.say(ACK);
    return peer;
  };
  const victim = connect(PEER_PORT);
  const others = [1, 2, 3].map((i) => connect(PEER_PORT + i));
  // All of it leaves at once, and is remembered as one range.
  victim.write(pattern(5 * MSS));
  const sent = victim.heard();
  for (const peer of others) {
    peer.write(pattern(10 * MSS));
    const start = peer.heard()[0]?.seq ?? 0;
    // Each block tears a hole, so that there is one range more for each end.
    for (let at = start; at < start + 9 * MSS; at += 80) {
      const sack = [0, 20, 40, 60].map((i) => [at + i, at + i + 10] as const);
      peer.say(ACK, { ack: start, options: { sack } });
    }
  }
  host.takeTransmitted();
  for (let i = 0; i < 100 && victim.get(FIELD.retransmitted) === 0; i++) host.advance(10n * MILLISECOND);
  const again = victim.heard();
  expect(again.length).toBeGreaterThan(0);
  for (const { seq, payload } of again) {
    expect(payload.length).toBeLessThanOrEqual(MSS);
    expect(seq).toBeGreaterThanOrEqual(sent[0]?.seq ?? 0);
  }
  for (const peer of [victim, ...others]) peer.call("tcp_abort");
});

test("a write that found no memory is tried again when others have given some back", async () => {
  const host = await newStackWithPeer();
  listen(host, 7, 2000);
  // Peers that take nothing.
  const others = Array.from({ length: 1300 }, (_, i) => {
    const peer = new Peer(host, PEER_PORT + 1 + i);
    peer.window = 0;
    peer.connect();
    for (let n = 0; n < 8; n++) peer.write(pattern(10));
    return peer;
  });
  const victim = new Peer(host, PEER_PORT).connect();
  expect(victim.write(pattern(100))).toBe(0);
  host.advance(SECOND);
  expect(victim.write(pattern(100))).toBe(0);
  victim.events();
  for (const peer of others) peer.call("tcp_abort");
  host.advance(SECOND);
  const told = victim.events().filter(({ kind, a }) => kind === EVENT.writable && a === victim.flow);
  expect(told).toHaveLength(1);
  expect(victim.write(pattern(100))).toBe(100);
  expect(victim.one().payload).toEqual(pattern(100));
  victim.call("tcp_abort");
});

test("a connection whose early frames are all that there may be gives some of them up", async () => {
  const host = await newStackWithPeer();
  listen(host);
  const peer = new Peer(host).connect();
  host.framesMax = 32;
  const start = peer.seq;
  const segments = 60;
  let arrived = 0;
  // The first one is lost; then the peer sends what was not acknowledged, over and over.
  for (let first = 1, round = 0; round < 100 && arrived < segments * 100; round++) {
    for (let i = first; i < segments; i++)
      peer.say(ACK | PSH, { seq: start + i * 100, payload: pattern(100, i * 100) });
    host.advance(200n * MILLISECOND);
    peer.heard();
    for (const { kind, length, payload } of peer.events()) {
      if (kind !== EVENT.data) continue;
      expect(payload).toEqual(pattern(length, arrived));
      arrived += length;
      peer.call("tcp_consume", length);
    }
    first = Math.floor(arrived / 100);
  }
  expect(arrived).toBe(segments * 100);
  peer.call("tcp_abort");
});

test("peers that take nothing and send early leave frames for others", async () => {
  const host = await newStackWithPeer();
  listen(host, 7, 1000);
  host.framesMax = 4096;
  const victim = new Peer(host, PEER_PORT).connect();
  const peers = Array.from({ length: 400 }, (_, i) => {
    const peer = new Peer(host, PEER_PORT + 1 + i);
    peer.window = 0;
    return peer.connect();
  });
  // From here on events keep their frames: nobody takes them.
  for (const peer of peers) {
    for (let n = 0; n < 8; n++) peer.write(pattern(10));
    for (let n = 0; n < 8; n++) peer.data(pattern(5));
    for (let n = 1; n <= 8; n++) peer.say(ACK | PSH, { seq: peer.seq + n * 10, payload: pattern(5) });
  }
  victim.data(pattern(100));
  const arrived = host.takeEvents().filter(({ kind, a }) => kind === EVENT.data && a === victim.flow);
  expect(arrived.map(({ payload }) => payload)).toEqual([pattern(100)]);
  for (const peer of [victim, ...peers]) peer.call("tcp_abort");
});

test("what waits to be sent is bounded over all connections, and each may have some", async () => {
  const host = await newStackWithPeer();
  listen(host, 7, 1000);
  const peers = Array.from({ length: 120 }, (_, i) => {
    const peer = new Peer(host, PEER_PORT + i);
    peer.window = 0;
    return peer.connect();
  });
  const taken = peers.map((peer) => peer.write(new Uint8Array(1 << 20)));
  expect(taken.reduce((sum, one) => sum + one)).toBeLessThan(24 << 20);
  expect(taken[0]).toBe(1 << 18);
  expect(taken.at(-1)).toBe(1 << 14);
  for (const peer of peers) peer.call("tcp_abort");
  // All of it is given back.
  const next = new Peer(host, PEER_PORT + 500).connect();
  expect(next.write(new Uint8Array(1 << 20))).toBe(1 << 18);
  next.call("tcp_abort");
});

/** A program that echoes: what its peer does not take it keeps, and consumes nothing of it. */
class Echo {
  private readonly kept: number[] = [];

  constructor(private readonly host: Host) {}

  run(): void {
    for (const { kind, frame, offset, length, a: flow } of this.host.events.splice(0)) {
      if (kind !== EVENT.data) continue;
      if (this.host.call("tcp_write", flow, frame, offset, length) === length) {
        this.host.call("tcp_consume", flow, length);
        this.host.release(frame);
      } else {
        this.kept.push(frame);
      }
    }
    this.host.resumeIfRefused();
  }

  /** Sends something and gets it back. */
  serve(peer: Peer): void {
    peer.data(pattern(100));
    this.run();
    const answers = peer.heard().filter(({ payload }) => payload.length > 0);
    expect(answers.map(({ payload }) => payload)).toEqual([pattern(100)]);
    peer.say(ACK);
    this.run();
  }

  end(...peers: Peer[]): void {
    for (const peer of peers) peer.call("tcp_abort");
    for (const frame of this.kept) this.host.release(frame);
  }
}

/** Peers that send and take nothing back. */
function greedy(host: Host, echo: Echo, from: number, to: number): Peer[] {
  const peers: Peer[] = [];
  for (let i = from; i < to; i++) {
    const peer = new Peer(host, 1024 + i);
    peer.window = 0;
    peer.connect();
    for (let n = 0; n < 3; n++) peer.data(pattern(10));
    echo.run();
    peers.push(peer);
  }
  host.takeTransmitted();
  return peers;
}

test("flows that were there before keep moving, however many peers take nothing; these go when they have stalled", async () => {
  const host = await newStackWithPeer();
  listen(host, 7, 5000);
  host.framesMax = 4096;
  const echo = new Echo(host);
  const honest = [0, 1, 2].map((i) => new Peer(host, PEER_PORT + i).connect());
  for (const peer of honest) echo.serve(peer);
  const peers: Peer[] = [];
  for (let round = 0; round < 6; round++) {
    peers.push(...greedy(host, echo, round * 300, (round + 1) * 300));
    for (const peer of honest) echo.serve(peer);
  }
  expect(host.liveFrames).toBeLessThan(3100);
  expect(host.counter("tcp.stalled-dropped")).toBe(0);
  // A new one is served, too, when those before it have taken nothing for long.
  host.advance(11n * SECOND);
  host.takeTransmitted();
  echo.run();
  const late = new Peer(host, PEER_PORT + 10).connect();
  for (let i = 0; i < 20; i++) echo.serve(late);
  expect(host.counter("tcp.stalled-dropped")).toBeGreaterThan(0);
  expect(host.counter("tcp.stalled-dropped")).toBeLessThan(100);
  echo.end(...honest, ...peers, late);
}, 60_000);

test("what waits for earlier segments is given up after a minute in which none has come", async () => {
  const host = await newStackWithPeer();
  listen(host);
  const idle = new Peer(host, PEER_PORT).connect();
  const moving = new Peer(host, PEER_PORT + 1).connect();
  const held = host.liveFrames;
  for (const peer of [idle, moving])
    for (let i = 1; i <= 20; i++)
      peer.say(ACK | PSH, { seq: peer.seq + i * 20, payload: pattern(10, i * 20) });
  expect(host.liveFrames - held).toBeGreaterThan(30);
  host.takeTransmitted();
  host.advance(40n * SECOND);
  moving.data(pattern(20));
  host.advance(21n * SECOND);
  expect(host.counter("drop.tcp.reassembly-given-up")).toBe(20);
  expect(moving.read()).toHaveLength(30);
  // Nothing is reported any more that is not there.
  idle.heard();
  idle.say(ACK | PSH, { payload: pattern(20) });
  idle.say(ACK | PSH, { seq: idle.seq + 20, payload: pattern(10, 20) });
  const last = idle.heard().at(-1);
  expect(last?.options.sack ?? []).toEqual([]);
  expect(last?.ack).toBe(idle.seq + 30);
  host.advance(60n * SECOND);
  expect(host.counter("drop.tcp.reassembly-given-up")).toBe(39);
  for (const peer of [idle, moving]) peer.call("tcp_abort");
});

test("when frames run out, those go first that have waited longest for earlier ones", async () => {
  const host = await newStackWithPeer();
  listen(host, 7, 3000);
  const echo = new Echo(host);
  const honest = new Peer(host, PEER_PORT).connect();
  const [old, young] = [1, 2].map((i) => new Peer(host, PEER_PORT + i).connect()) as [Peer, Peer];
  for (let i = 1; i <= 5; i++) old.say(ACK | PSH, { seq: old.seq + i * 20, payload: pattern(10) });
  host.advance(SECOND);
  for (let i = 1; i <= 5; i++)
    young.say(ACK | PSH, { seq: young.seq + i * 20, payload: pattern(10, i * 20) });
  const peers = greedy(host, echo, 0, 1600);
  expect(host.counter("drop.tcp.reassembly-given-up")).toBe(10);
  host.takeTransmitted();
  echo.end(honest, old, young, ...peers);
});

test("a connection that holds all frames that there are, and has none to send with, is ended", async () => {
  const host = await newStackWithPeer();
  listen(host);
  const peer = new Peer(host);
  peer.window = 0;
  peer.connect();
  host.framesMax = host.liveFrames + 20;
  while (host.liveFrames < host.framesMax && peer.write(pattern(10)) > 0);
  // Not even that its window is open now can the peer tell.
  expect(peer.host.liveFrames).toBe(host.framesMax);
  peer.say(ACK, { window: 1000 });
  host.advance(9n * SECOND);
  expect(peer.state).toBe(4);
  host.advance(20n * SECOND);
  const closed = host.takeEvents().filter(({ kind }) => kind === EVENT.closed);
  expect(closed.map(({ b }) => b)).toEqual([55]);
  expect(host.liveFrames).toBe(0);
  peer.call("tcp_close");
});

test("when frames get scarce, windows open only for programs that have read", async () => {
  const host = await newStackWithPeer();
  listen(host, 7, 1000);
  const reader = new Peer(host, PEER_PORT).connect();
  const sleeper = new Peer(host, PEER_PORT + 1).connect();
  // One of the two reads all, the other half of it. What the peer may send until then.
  const edge = (peer: Peer): number => {
    for (let i = 0; i < 2; i++) {
      peer.data(pattern(1000));
      for (const { kind, frame, length } of host.events.splice(0)) {
        if (kind !== EVENT.data) continue;
        host.release(frame);
        peer.call("tcp_consume", peer === reader ? length : length / 2);
      }
    }
    const last = peer.heard().at(-1);
    expect(last).toBeDefined();
    return (last?.ack ?? 0) + ((last?.window ?? 0) << 6);
  };
  const step = (): [number, number] => [edge(reader), edge(sleeper)];
  step();
  const before = step();
  // Others fill what all share.
  const greedy = Array.from({ length: 150 }, (_, i) => {
    const peer = new Peer(host, PEER_PORT + 2 + i);
    peer.window = 0;
    peer.connect();
    while (peer.write(pattern(10)) > 0);
    return peer;
  });
  const first = step();
  const second = step();
  expect(first[0]).toBeGreaterThan(before[0]);
  expect(second[0]).toBeGreaterThan(first[0]);
  expect(second[1]).toBe(first[1]);
  for (const peer of greedy) peer.call("tcp_abort");
  expect(step()[1]).toBeGreaterThan(second[1]);
  for (const peer of [reader, sleeper]) peer.call("tcp_abort");
});
