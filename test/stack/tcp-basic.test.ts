import { beforeEach, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import { segmentOf } from "../support/tcp-segments.ts";
import { newStackWithPeer, PEER, text } from "./fixture.ts";
import {
  ACK,
  ERRNO,
  EVENT,
  FIELD,
  FIN,
  ISS,
  listen,
  MILLISECOND,
  PEER_OPTIONS,
  PEER_PORT,
  Peer,
  PORT,
  PSH,
  pattern,
  RST,
  SECOND,
  STATE,
  SYN,
  words,
} from "./tcp-peer.ts";

let host: Host;
let peer: Peer;

beforeEach(async () => {
  host = await newStackWithPeer();
  peer = new Peer(host);
});

test("a listener accepts a connection in three segments", () => {
  const listener = listen(host);
  peer.say(SYN, { options: PEER_OPTIONS });
  const synAck = peer.one();
  expect(synAck.flags).toBe(SYN | ACK);
  expect(synAck.ack).toBe(ISS + 1);
  expect(host.takeEvents()).toEqual([]);
  peer.seq++;
  peer.say(ACK);
  peer.silence();
  const [event, ...more] = host.takeEvents();
  expect(more).toEqual([]);
  expect(event).toMatchObject({ kind: EVENT.accepted, a: listener });
  peer.flow = event?.b ?? 0;
  expect(peer.state).toBe(STATE.established);
  expect(peer.get(FIELD.localPort)).toBe(PORT);
  expect(peer.get(FIELD.remotePort)).toBe(peer.port);
  peer.call("tcp_abort");
});

test("a SYN's options come in FreeBSD's order", () => {
  peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
  const syn = peer.one();
  expect(syn.kinds).toEqual([2, 1, 3, 4, 8]);
  expect(syn.options).toMatchObject({ mss: 1460, sackPermitted: true });
  expect(syn.options.timestamps?.[1]).toBe(0);
  peer.call("tcp_close");
});

test.each([
  [{ mss: 1000 }, [2]],
  [{ mss: 1000, windowScale: 2 }, [2, 1, 3]],
  [{ mss: 1000, sackPermitted: true }, [2, 4, 0]],
  [{ timestamps: [1, 0] as const }, [2, 1, 1, 8]],
  [{ windowScale: 1, timestamps: [1, 0] as const, sackPermitted: true }, [2, 1, 3, 4, 8]],
])("a SYN-ACK offers only what the SYN did: %j", (options, kinds) => {
  listen(host);
  peer.say(SYN, { options });
  expect(peer.one().kinds).toEqual(kinds);
});

test("the stack connects", () => {
  peer.accept();
  expect(peer.state).toBe(STATE.established);
  expect(peer.get(FIELD.mss)).toBe(1460);
  peer.call("tcp_abort");
  expect(peer.one().flags).toBe(RST | ACK);
});

test("a connection that is refused says so", () => {
  peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
  const syn = peer.one();
  peer.ownPort = syn.sourcePort;
  peer.say(RST | ACK, { seq: 0 });
  expect(peer.closed()).toBe(ERRNO.refused);
  expect(peer.call("tcp_close")).toBe(0);
  expect(peer.call("tcp_close")).toBe(-9);
});

test("a closed port answers with RST", () => {
  peer.say(SYN);
  const reset = peer.one();
  expect(reset).toMatchObject({ flags: RST | ACK, seq: 0, ack: ISS + 1 });
  peer.say(ACK, { ack: 77 });
  expect(peer.one()).toMatchObject({ flags: RST, seq: 77, ack: 0 });
  peer.say(RST | ACK);
  peer.silence();
  expect(host.counter("drop.tcp.no-flow")).toBe(3);
});

test("data comes in by reference, and in order", () => {
  listen(host);
  peer.connect();
  const copies = host.copies;
  peer.data(text("hello "));
  peer.data(text("world"));
  expect(peer.one()).toMatchObject({ flags: ACK, ack: peer.seq });
  expect(new TextDecoder().decode(peer.read())).toBe("hello world");
  expect(host.copies).toBe(copies);
  peer.call("tcp_abort");
});

test("data goes out by reference, and is kept until it is acknowledged", () => {
  listen(host);
  peer.connect();
  const payload = pattern(100);
  const frame = host.frame(payload);
  expect(host.call("tcp_write", peer.flow, frame, 10, 50)).toBe(50);
  host.release(frame);
  const transmission = host.transmitted.at(-1);
  expect(transmission?.segments.some((part) => part.buffer === payload.buffer)).toBe(true);
  const segment = peer.one();
  expect(segment.flags).toBe(ACK | PSH);
  expect(segment.payload).toEqual(payload.slice(10, 60));
  expect(host.liveFrames).toBe(1);
  peer.say(ACK);
  expect(host.liveFrames).toBe(0);
  peer.call("tcp_abort");
});

test("what is lost is sent again after the retransmission timeout, later and later", () => {
  listen(host);
  peer.connect();
  peer.write(text("lost"));
  const first = peer.one();
  const times: bigint[] = [];
  for (let last = host.nowNs; times.length < 5; ) {
    host.advance(1_000_000n);
    const all = peer.heard();
    if (all.length === 0) continue;
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({ seq: first.seq, payload: first.payload });
    times.push(host.nowNs - last);
    last = host.nowNs;
  }
  // 200 ms are added to each (see docs/stack.md); the rest doubles. The first is the tail loss probe.
  const waits = times.map((time) => Number(time / MILLISECOND) - 200);
  for (let i = 2; i < waits.length; i++) {
    expect((waits[i] ?? 0) / (waits[i - 1] ?? 1)).toBeGreaterThan(1.8);
    expect((waits[i] ?? 0) / (waits[i - 1] ?? 1)).toBeLessThan(2.2);
  }
  peer.say(ACK);
  host.advance(100n * SECOND);
  peer.silence();
  expect(peer.state).toBe(STATE.established);
  peer.call("tcp_abort");
});

test("the program closes first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT", () => {
  listen(host);
  peer.connect();
  peer.call("tcp_shutdown");
  expect(peer.one().flags).toBe(FIN | ACK);
  expect(peer.state).toBe(STATE.finWait1);
  peer.say(ACK);
  expect(peer.state).toBe(STATE.finWait2);
  peer.data(text("still open here"));
  expect(peer.read()).toEqual(text("still open here"));
  peer.heard();
  peer.say(FIN | ACK);
  peer.seq++;
  expect(peer.one()).toMatchObject({ flags: ACK, ack: peer.seq });
  expect(peer.state).toBe(STATE.timeWait);
  expect(peer.events().map(({ kind, b }) => [kind, b])).toEqual([
    [EVENT.end, 0],
    [EVENT.closed, 0],
  ]);
  expect(peer.call("tcp_close")).toBe(0);
  host.advance(61n * SECOND);
  peer.say(ACK);
  expect(peer.one().flags).toBe(RST);
});

test("the peer closes first: CLOSE-WAIT, LAST-ACK", () => {
  listen(host);
  peer.connect();
  peer.say(FIN | ACK);
  peer.seq++;
  expect(peer.one()).toMatchObject({ flags: ACK, ack: peer.seq });
  expect(peer.state).toBe(STATE.closeWait);
  expect(peer.events().map(({ kind }) => kind)).toEqual([EVENT.end]);
  peer.write(text("after"));
  expect(peer.one().payload).toEqual(text("after"));
  peer.say(ACK);
  peer.call("tcp_close");
  expect(peer.one().flags).toBe(FIN | ACK);
  peer.say(ACK);
  expect(peer.closed()).toBe(0);
  peer.say(ACK);
  expect(peer.one().flags).toBe(RST);
});

test("both close at the same time: CLOSING", () => {
  listen(host);
  peer.connect();
  peer.call("tcp_shutdown");
  const fin = peer.one();
  peer.say(FIN | ACK, { ack: fin.seq });
  peer.seq++;
  // As FreeBSD: the FIN, which is not acknowledged, comes along again.
  expect(peer.one()).toMatchObject({ flags: FIN | ACK, seq: fin.seq, ack: peer.seq });
  expect(peer.state).toBe(STATE.closing);
  peer.say(ACK);
  expect(peer.state).toBe(STATE.timeWait);
  expect(peer.closed()).toBe(0);
  peer.call("tcp_close");
});

test("a FIN for which there was no memory is sent once there is some", () => {
  listen(host);
  peer.connect();
  host.allocations = 0;
  peer.call("tcp_close");
  peer.silence();
  host.allocations = Number.POSITIVE_INFINITY;
  host.advance(10n * SECOND);
  expect(peer.heard()[0]).toMatchObject({ flags: FIN | ACK });
  peer.say(RST);
});

test("a reset ends the flow", () => {
  listen(host);
  peer.connect();
  peer.say(RST);
  expect(peer.closed()).toBe(ERRNO.reset);
  expect(peer.write(text("x"))).toBe(-ERRNO.reset);
  peer.silence();
  peer.call("tcp_close");
});

test("a bulk of data goes out in full segments, in the initial window", () => {
  listen(host);
  peer.connect();
  const payload = pattern(100_000);
  expect(peer.write(payload)).toBe(100_000);
  const sent = peer.heard();
  expect(sent).toHaveLength(10);
  expect(sent.every((segment) => segment.payload.length === 1460)).toBe(true);
  let got = sent.flatMap((segment) => [...segment.payload]);
  for (let i = 0; i < 50 && got.length < payload.length; i++) {
    host.advance(10_000_000n);
    peer.say(ACK);
    got = got.concat(peer.heard().flatMap((segment) => [...segment.payload]));
  }
  expect(Uint8Array.from(got)).toEqual(payload);
  peer.call("tcp_abort");
});

test("the end of a program resets its flows, and says nothing about those that are over", () => {
  listen(host);
  peer.connect();
  const over = new Peer(host, PEER_PORT + 1).connect();
  over.call("tcp_abort");
  expect(over.one().flags).toBe(RST | ACK);
  host.call("stop");
  const sent = host.takeTransmitted().map(({ bytes }) => segmentOf(bytes));
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({ flags: RST | ACK, destinationPort: PEER_PORT, seq: peer.ack });
  peer.call("tcp_abort");
});
