/** Passive opens: backlog, SYN cache, SYN cookies; floods, idle connections and slow readers within the memory budget. */
import { describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import { newStackWithPeer, OWN, PEER, text } from "./fixture.ts";
import {
  ACK,
  ERRNO,
  EVENT,
  FIELD,
  ISS,
  listen,
  MILLISECOND,
  OPTION,
  Peer,
  pattern,
  RST,
  SECOND,
  STATE,
  SYN,
  words,
} from "./tcp-peer.ts";

const SYN_CACHE = 1024;

async function stack(): Promise<Host> {
  return newStackWithPeer();
}

test("a port is listened at once only for each address", async () => {
  const host = await stack();
  const listener = listen(host, 80);
  expect(listener).toBeGreaterThan(0);
  expect(listen(host, 80)).toBe(-48);
  const other = host.call("tcp_listen", ...words(OWN), 80, 5);
  expect(other).toBeGreaterThan(0);
  expect(host.call("tcp_listen", ...words(PEER), 80, 5)).toBe(-49);
  expect(host.call("tcp_listener_port", listener)).toBe(80);
  // The one at just that address is asked first.
  const peer = new Peer(host, 1, 80);
  peer.say(SYN);
  peer.seq++;
  peer.heard();
  peer.say(ACK);
  expect(host.takeEvents()[0]?.a).toBe(other);
  expect(host.call("tcp_unlisten", other)).toBe(0);
  expect(host.call("tcp_unlisten", other)).toBe(-9);
  expect(host.call("tcp_unlisten", listener)).toBe(0);
  new Peer(host, 2, 80).say(SYN);
  expect(host.takeTransmitted()).toHaveLength(1);
  const free = listen(host, 0);
  expect(host.call("tcp_listener_port", free)).toBeGreaterThanOrEqual(10_000);
});

test("the backlog holds new connections off until the program uses those that it has", async () => {
  const host = await stack();
  listen(host, 7, 2);
  const [first, second, third] = [new Peer(host, 1), new Peer(host, 2), new Peer(host, 3)] as const;
  first.connect();
  second.connect();
  third.say(SYN);
  third.silence();
  expect(host.counter("drop.tcp.backlog")).toBe(1);
  expect(first.state).toBe(STATE.established);
  third.connect();
  for (const peer of [first, second, third]) peer.call("tcp_abort");
});

test("a third segment that finds the backlog full is not lost: the SYN-ACK comes again", async () => {
  const host = await stack();
  listen(host, 7, 1);
  const [first, second] = [new Peer(host, 1), new Peer(host, 2)] as const;
  second.say(SYN);
  second.seq++;
  second.heard();
  first.connect();
  second.say(ACK);
  expect(host.takeEvents()).toEqual([]);
  expect(first.state).toBe(STATE.established);
  host.advance(1100n * MILLISECOND);
  expect(second.heard().map(({ flags }) => flags)).toEqual([SYN | ACK]);
  second.say(ACK);
  expect(host.takeEvents().map(({ kind }) => kind)).toEqual([EVENT.accepted]);
  first.call("tcp_abort");
});

describe("the SYN cache", () => {
  test("sends the SYN-ACK again three times, then gives up", async () => {
    const host = await stack();
    listen(host);
    const peer = new Peer(host);
    peer.say(SYN);
    const first = peer.one();
    const times: number[] = [];
    for (let i = 0; i < 200; i++) {
      host.advance(100n * MILLISECOND);
      for (const again of peer.heard()) {
        expect(again).toMatchObject({ flags: SYN | ACK, seq: first.seq, ack: first.ack });
        times.push((i + 1) / 10);
      }
    }
    expect(times).toEqual([1, 3, 7]);
    expect(host.counter("tcp.syncache-expired")).toBe(1);
    peer.seq++;
    peer.say(ACK);
    expect(peer.one().flags).toBe(RST);
  });

  test("answers a SYN that comes again with the same SYN-ACK", async () => {
    const host = await stack();
    listen(host);
    const peer = new Peer(host);
    peer.say(SYN);
    const first = peer.one();
    host.advance(500n * MILLISECOND);
    peer.say(SYN);
    expect(peer.one()).toMatchObject({ flags: SYN | ACK, seq: first.seq });
    peer.say(RST, { seq: ISS + 1 });
    expect(host.counter("tcp.syncache-reset")).toBe(1);
  });

  test("a cookie that finds the backlog full is refused, as there is no SYN-ACK to come again", async () => {
    const host = await stack();
    listen(host, 7, 1);
    for (let i = 0; i < SYN_CACHE; i++) new Peer(host, 1024 + i).say(SYN);
    host.takeTransmitted();
    const [first, second] = [new Peer(host, 60_000), new Peer(host, 60_001)] as const;
    for (const peer of [first, second]) {
      peer.say(SYN);
      peer.seq++;
      expect(peer.one().flags).toBe(SYN | ACK);
    }
    first.say(ACK);
    second.say(ACK);
    expect(second.one().flags).toBe(RST);
    expect(host.counter("drop.tcp.backlog")).toBe(1);
    first.flow = host.takeEvents()[0]?.b ?? 0;
    expect(first.state).toBe(STATE.established);
    first.call("tcp_abort");
  });

  test("is bounded; beyond it cookies carry the connections, with MSS, scale and SACK", async () => {
    const host = await stack();
    listen(host, 7, 2000);
    for (let i = 0; i < SYN_CACHE; i++) new Peer(host, 1024 + i).say(SYN);
    expect(host.takeTransmitted()).toHaveLength(SYN_CACHE);
    expect(host.counter("tcp.syncookies-sent")).toBe(0);
    const before = host.memoryBytes;
    const peer = new Peer(host, 60_000);
    peer.timestamp = 500;
    peer.say(SYN, { options: { mss: 1460, windowScale: 7, sackPermitted: true, timestamps: [500, 0] } });
    peer.seq++;
    const synAck = peer.one();
    expect(synAck.flags).toBe(SYN | ACK);
    expect(synAck.options.timestamps).toBeUndefined();
    expect(host.counter("tcp.syncookies-sent")).toBe(1);
    peer.timestamp = undefined;
    // A cookie of one's own making is none.
    peer.say(ACK, { ack: peer.ack + 5 });
    expect(peer.one().flags).toBe(RST);
    peer.say(ACK, { window: 1000 });
    const [event] = host.takeEvents();
    expect(event?.kind).toBe(EVENT.accepted);
    peer.flow = event?.b ?? 0;
    expect(peer.get(FIELD.mss)).toBe(1460);
    expect(peer.get(FIELD.sendWindow)).toBe(1000 << 7);
    peer.data(text("through"));
    expect(peer.read()).toEqual(text("through"));
    peer.call("tcp_abort");
    expect(host.memoryBytes - before).toBeLessThan(256 * 1024);
  });

  test("a flood leaves an established flow moving, and memory in its budget", async () => {
    const host = await stack();
    listen(host, 7, 100_000);
    host.recording = false;
    const peer = new Peer(host);
    host.recording = true;
    peer.connect();
    const before = host.memoryBytes;
    for (let i = 0; i < 20_000; i++) {
      new Peer(host, 1 + (i % 65_000), 7, 0x0a000003 + (i % 100)).say(SYN, { seq: i });
      if (i % 1000 === 0) {
        host.takeTransmitted();
        peer.data(text("."));
        expect(peer.read()).toEqual(text("."));
        peer.write(text("!"));
        expect(peer.heard().at(-1)?.payload).toEqual(text("!"));
        peer.say(ACK);
        host.advance(10n * MILLISECOND);
      }
    }
    expect(host.memoryBytes - before).toBeLessThan(512 * 1024);
    peer.call("tcp_abort");
    host.takeTransmitted();
    host.advance(60n * SECOND);
  }, 60_000);
});

test("10,000 idle connections take at most 16 MB, and memory is used again", async () => {
  const host = await stack();
  listen(host, 7, 20_000);
  host.capture.save = () => "";
  const before = host.memoryBytes;
  const peers: Peer[] = [];
  for (let i = 0; i < 10_000; i++) {
    const peer = new Peer(host, 1024 + (i % 50_000), 7, PEER);
    host.recording = true;
    peers.push(peer.connect());
  }
  const grown = host.memoryBytes - before;
  console.log(`${Math.round(grown / 10_000)} bytes for each idle connection`);
  expect(grown).toBeLessThan(16_000_000);
  expect(host.call("tcp_count", STATE.established)).toBe(10_000);
  const [one] = peers;
  one?.data(text("still there"));
  expect(one?.read()).toEqual(text("still there"));
  for (const peer of peers) peer.call("tcp_abort");
  host.takeTransmitted();
  host.takeEvents();
  const after = host.memoryBytes;
  for (let i = 0; i < 2000; i++) {
    const peer = new Peer(host, 1024 + i).connect();
    peer.call("tcp_abort");
    host.takeTransmitted();
  }
  expect(host.memoryBytes).toBe(after);
}, 120_000);

test("when all connections are in use, more are refused", async () => {
  const host = await stack();
  listen(host, 7, 20_000);
  const flows: number[] = [];
  for (;;) {
    const flow = host.call("tcp_connect", ...words(PEER), 1 + (flows.length % 60_000), 0, 0, 0, 0, 0);
    if (flow < 0) {
      expect(flow).toBe(-12);
      break;
    }
    flows.push(flow);
    if (flows.length % 1000 === 0) host.takeTransmitted();
  }
  expect(flows).toHaveLength(16_384);
  for (const flow of flows) host.call("tcp_close", flow);
  host.takeTransmitted();
  host.takeEvents();
  expect(host.call("tcp_count", STATE.synSent)).toBe(0);
}, 120_000);

describe("slow readers", () => {
  test("a flow of tiny segments holds a bounded number of frames", async () => {
    const host = await stack();
    listen(host);
    const peer = new Peer(host).connect();
    for (let i = 0; i < 5000; i++) {
      peer.data(pattern(1));
      const last = peer.heard().at(-1);
      if (last) peer.seq = last.ack; // what was not taken comes again
    }
    const held = host.liveFrames;
    expect(held).toBeLessThan(600);
    expect(host.counter("drop.tcp.receive-frames")).toBeGreaterThan(0);
    // Once the program reads, it goes on.
    const read = peer.read().length;
    expect(read).toBe(held);
    host.advance(SECOND);
    peer.heard();
    peer.seq = peer.get(FIELD.receiveQueue) + peer.seq;
    peer.call("tcp_abort");
  });

  test("many flows hold a bounded number of frames, and one that is read goes on", async () => {
    const host = await stack();
    listen(host, 7, 1000);
    const peers = Array.from({ length: 100 }, (_, i) => new Peer(host, 100 + i).connect());
    for (let round = 0; round < 60; round++) {
      for (const peer of peers) {
        peer.data(pattern(100));
        const last = peer.heard().at(-1);
        if (last) peer.seq = last.ack;
      }
    }
    expect(host.liveFrames).toBeLessThanOrEqual(2048 + 400);
    const quick = new Peer(host, 5000).connect();
    for (let i = 0; i < 100; i++) {
      quick.data(text("quick"));
      expect(
        quick
          .events()
          .filter(({ a }) => a === quick.flow)
          .map(({ payload }) => payload),
      ).toContainEqual(text("quick"));
      quick.call("tcp_consume", 5);
      quick.heard();
    }
    for (const peer of [...peers, quick]) peer.call("tcp_abort");
  }, 60_000);

  test("flows that are closed with unread data leave nothing behind", async () => {
    const host = await stack();
    listen(host, 7, 1000);
    for (let i = 0; i < 300; i++) {
      const peer = new Peer(host, 100 + i).connect();
      for (let k = 0; k < 10; k++) peer.data(pattern(1000));
      host.takeEvents();
      peer.call("tcp_close");
      host.takeTransmitted();
    }
    const peer = new Peer(host, 5000).connect();
    for (let k = 0; k < 40; k++) peer.data(pattern(1000));
    expect(peer.get(FIELD.receiveQueue)).toBe(40_000);
    expect(host.counter("drop.tcp.receive-frames")).toBe(0);
    peer.call("tcp_abort");
  });

  test("out-of-order segments are bounded, too", async () => {
    const host = await stack();
    listen(host, 7, 1000);
    const peers = Array.from({ length: 50 }, (_, i) => new Peer(host, 100 + i).connect());
    for (let i = 1; i <= 200; i++) {
      for (const peer of peers) peer.say(ACK, { seq: peer.seq + i * 20, payload: pattern(10) });
      host.takeTransmitted();
    }
    expect(host.liveFrames).toBeLessThanOrEqual(2048);
    for (const peer of peers) peer.call("tcp_abort");
    expect(host.liveFrames).toBe(0);
  }, 60_000);

  test("a peer that acknowledges nothing holds no more than its share of the queue", async () => {
    const host = await stack();
    const listener = listen(host, 7, 1000);
    host.call("tcp_set", listener, OPTION.sendBuffer, 1 << 20);
    const peers = Array.from({ length: 50 }, (_, i) => new Peer(host, 100 + i).connect());
    for (let i = 0; i < 100; i++) {
      for (const peer of peers) peer.write(pattern(100, i));
      host.takeTransmitted();
    }
    expect(host.liveFrames).toBeLessThanOrEqual(2048);
    const quick = new Peer(host, 5000).connect();
    expect(quick.write(text("still"))).toBe(5);
    expect(quick.heard().at(-1)?.payload).toEqual(text("still"));
    for (const peer of [...peers, quick]) peer.call("tcp_abort");
    expect(ERRNO.aborted).toBe(53);
  }, 60_000);
});

test("an ACK storm changes nothing", async () => {
  const host = await stack();
  listen(host);
  const peer = new Peer(host).connect();
  const before = host.memoryBytes;
  for (let i = 0; i < 20_000; i++) peer.say(ACK, { ack: peer.ack - (i % 7), window: i % 1000 });
  for (let i = 0; i < 20_000; i++) peer.say(ACK, { seq: peer.seq + i });
  expect(host.takeTransmitted().length).toBeLessThan(100);
  expect(host.memoryBytes).toBe(before);
  peer.say(ACK);
  peer.data(text("alive"));
  expect(peer.read()).toEqual(text("alive"));
  peer.call("tcp_abort");
}, 60_000);
