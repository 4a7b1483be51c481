/** Flow control: window scaling, closed windows and their probes, silly windows on both sides, Nagle, delayed ACKs. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import { text } from "./fixture.ts";
import {
  ACK,
  EVENT,
  FIELD,
  MILLISECOND,
  OPTION,
  type Peer,
  PSH,
  pattern,
  SECOND,
  STATE,
  SYN,
  server,
} from "./tcp-peer.ts";

let host: Host;
let peer: Peer;
let listener: number;

beforeEach(async () => {
  ({ host, listener, peer } = await server());
});

describe("the window that the stack offers", () => {
  test("is scaled if the peer's SYN said so, and not in the SYN-ACK itself", () => {
    peer.say(SYN, { options: { mss: 1460, windowScale: 3 } });
    const synAck = peer.one();
    expect(synAck.window).toBe(65535);
    const scale = synAck.options.windowScale ?? 0;
    expect(scale).toBeGreaterThan(0);
    peer.seq++;
    peer.data(pattern(10));
    host.advance(50n * MILLISECOND);
    const ack = peer.one();
    expect(ack.window << scale).toBeGreaterThan(60_000);
    expect(ack.window << scale).toBeLessThanOrEqual(67_000);
    peer.flow = host.takeEvents()[0]?.b ?? 0;
    peer.abort();
  });

  test("is not scaled if it did not", () => {
    peer.connect({ mss: 1460 });
    peer.data(pattern(10));
    host.advance(50n * MILLISECOND);
    expect(peer.one().window).toBeGreaterThan(60_000);
    peer.abort();
  });

  test("shrinks by what the program has not consumed, and its right edge never moves back", () => {
    host.call("tcp_set", listener, OPTION.receiveBuffer, 20_440);
    peer.connect({ mss: 1460 });
    let edge = 0;
    for (let i = 0; i < 13; i++) {
      peer.data(pattern(1460));
      for (const ack of peer.heard()) {
        expect(ack.ack + ack.window).toBeGreaterThanOrEqual(edge);
        edge = ack.ack + ack.window;
      }
    }
    expect(peer.get(FIELD.receiveQueue)).toBe(13 * 1460);
    peer.data(pattern(20_440 - 13 * 1460));
    host.advance(50n * MILLISECOND);
    expect(peer.heard().at(-1)?.window).toBe(0);
    // What comes all the same is not taken, and the answer says what is expected.
    peer.say(ACK, { payload: pattern(1) });
    expect(peer.one()).toMatchObject({ ack: peer.seq, window: 0 });
    expect(host.counter("tcp.window-probes-received")).toBe(1);
    expect(peer.read()).toHaveLength(20_440);
    // The program has read everything: the peer is told at once.
    expect(peer.one().window).toBe(20_440);
    expect(host.counter("tcp.sent-window-updates")).toBe(1);
    peer.abort();
  });

  test("opens only by a good piece (receiver's silly-window avoidance)", () => {
    host.call("tcp_set", listener, OPTION.receiveBuffer, 20_440);
    peer.connect({ mss: 1460 });
    for (let i = 0; i < 14; i++) peer.data(pattern(1460));
    peer.heard();
    peer.call("tcp_consume", 1400);
    peer.silence();
    // Less than a segment is no window, even if it is asked for.
    peer.say(ACK, { payload: pattern(1) });
    expect(peer.one().window).toBe(0);
    peer.call("tcp_consume", 1400);
    peer.silence();
    peer.call("tcp_consume", 3000);
    // What asked was taken all the same: there is room.
    expect(peer.one().window).toBe(5799);
    peer.abort();
  });

  test("segments are cut to the window, before and behind", () => {
    host.call("tcp_set", listener, OPTION.receiveBuffer, 4380);
    peer.connect({ mss: 1460 });
    peer.data(pattern(3000));
    peer.heard();
    peer.say(ACK, { seq: peer.seq - 1000, payload: pattern(4000, 2000) });
    expect(peer.one().ack).toBe(peer.seq + 1380);
    peer.seq += 1380;
    expect(peer.read()).toEqual(pattern(4380));
    peer.abort();
  });

  test("grows by itself when the peer fills it and the program keeps up, up to 2 MiB", () => {
    peer.connect();
    const payload = pattern(32_000);
    let largest = 60_000;
    for (let i = 0; i < 12; i++) {
      for (let sent = 0; sent + payload.length < largest; sent += payload.length) {
        peer.data(payload);
        peer.events();
        peer.call("tcp_consume", payload.length);
      }
      host.advance(MILLISECOND);
      for (const ack of peer.heard()) largest = Math.max(largest, ack.window << 6);
    }
    expect(largest).toBeGreaterThan(1_900_000);
    expect(largest).toBeLessThanOrEqual(2_097_152);
    peer.abort();
  });
});

describe("the send buffer", () => {
  /** Writes and acknowledges; each write finds too little room. The largest that the buffer became. */
  function fill(rounds: number): number {
    const payload = pattern(60_000);
    for (let i = 0; i < rounds; i++) {
      while (peer.write(payload) === payload.length);
      expect(peer.get(FIELD.sendQueue)).toBeLessThanOrEqual(peer.get(FIELD.sendBuffer));
      peer.heard();
      peer.say(ACK);
      host.takeEvents();
    }
    return peer.get(FIELD.sendBuffer);
  }

  test("grows by itself while the peer and the network would take more, up to 2 MiB", () => {
    peer.connect({ mss: 1460, windowScale: 7 });
    expect(peer.get(FIELD.sendBuffer)).toBe(262_144);
    expect(fill(12)).toBeGreaterThan(300_000);
    peer.call("tcp_set", OPTION.sendBuffer, 2_080_000);
    peer.call("tcp_set", OPTION.sendBuffer, 0);
    expect(fill(8)).toBe(2_097_152);
    peer.abort();
  });

  test("does not grow for a peer that takes no more", () => {
    peer.connect({ mss: 1460, windowScale: 1 });
    expect(fill(5)).toBe(262_144);
    peer.abort();
  });

  test("does not grow where the program has set it", () => {
    host.call("tcp_set", listener, OPTION.sendBuffer, 100_000);
    peer.connect({ mss: 1460, windowScale: 7 });
    expect(fill(5)).toBe(100_000);
    peer.call("tcp_set", OPTION.sendBuffer, 50_000);
    expect(fill(2)).toBe(50_000);
    peer.call("tcp_set", OPTION.sendBuffer, 0);
    expect(fill(2)).toBeGreaterThan(50_000);
    peer.abort();
  });
});

describe("the window that the peer offers", () => {
  test("is scaled by what its SYN said", () => {
    peer.window = 10;
    peer.connect({ mss: 1000, windowScale: 7 });
    expect(peer.get(FIELD.sendWindow)).toBe(1280);
    peer.write(pattern(5000));
    expect(peer.heard().reduce((sum, { payload }) => sum + payload.length, 0)).toBe(1000);
    peer.abort();
  });

  test("scales above 14 count as 14", () => {
    peer.window = 1;
    peer.connect({ mss: 1000, windowScale: 200 });
    expect(peer.get(FIELD.sendWindow)).toBe(1 << 14);
    peer.abort();
  });

  test("when it is closed, a probe asks after 5 s, later and later, and nobody gives up while it is answered", () => {
    peer.connect();
    peer.say(ACK, { window: 0 });
    peer.write(text("waiting"));
    peer.silence();
    const waits: number[] = [];
    for (let since = host.nowNs; waits.length < 20 && host.nowNs < 2000n * SECOND; ) {
      host.advance(100n * MILLISECOND);
      const all = peer.heard();
      if (all.length === 0) continue;
      waits.push(Number(host.nowNs - since) / 1e9);
      since = host.nowNs;
      expect(all).toHaveLength(1);
      expect(all[0]?.payload).toEqual(text("w"));
      peer.ack = all[0]?.seq ?? 0; // it was not taken
      peer.say(ACK, { window: 0 });
    }
    expect(waits).toHaveLength(20);
    expect(waits[0]).toBeCloseTo(5, 0);
    expect(Math.max(...waits)).toBeCloseTo(60, 0);
    expect(peer.state).toBe(STATE.established);
    peer.say(ACK, { window: 65535 });
    expect(peer.one().payload).toEqual(text("waiting"));
    peer.say(ACK);
    expect(peer.get(FIELD.sendQueue)).toBe(0);
    peer.abort();
  });

  test("the byte of a probe may be taken", () => {
    peer.connect();
    peer.say(ACK, { window: 0 });
    peer.write(text("abc"));
    host.advance(6n * SECOND);
    expect(peer.one().payload).toEqual(text("a"));
    peer.say(ACK, { window: 0 });
    peer.silence();
    expect(peer.get(FIELD.sendQueue)).toBe(2);
    peer.say(ACK, { window: 100 });
    expect(peer.one().payload).toEqual(text("bc"));
    peer.abort();
  });

  test("probes that nobody answers end the flow", () => {
    peer.connect();
    peer.say(ACK, { window: 0 });
    peer.write(text("abc"));
    for (let i = 0; i < 200; i++) {
      host.advance(10n * SECOND);
      peer.heard();
    }
    expect(peer.closed()).toBe(60);
    peer.call("tcp_close");
  });

  test("the persist timer starts although nothing is under way (regression)", () => {
    peer.connect();
    peer.write(text("first"));
    peer.heard();
    // The acknowledgement closes the window, and nothing is left to be retransmitted.
    peer.say(ACK, { window: 0 });
    peer.write(text("second"));
    peer.silence();
    host.advance(6n * SECOND);
    expect(peer.heard().map(({ payload }) => payload)).toEqual([text("s")]);
    peer.abort();
  });

  test("a window update that is lost is made up for by the probe", () => {
    peer.connect();
    peer.say(ACK, { window: 0 });
    peer.write(text("abc"));
    host.advance(6n * SECOND);
    peer.ack = peer.one().seq;
    peer.say(ACK, { window: 1000 });
    expect(peer.one().payload).toEqual(text("abc"));
    peer.abort();
  });

  test("a small window is not filled at once (sender's silly-window avoidance), but it is by the timer", () => {
    peer.window = 2000;
    peer.connect({ mss: 1000 });
    peer.write(pattern(10_000));
    peer.heard();
    peer.say(ACK, { window: 300 });
    peer.silence();
    host.advance(5010n * MILLISECOND);
    const small = peer.one();
    expect(small.payload).toHaveLength(300);
    peer.say(ACK, { window: 1200 });
    expect(peer.one().payload).toHaveLength(1000);
    peer.abort();
  });

  test("half of the largest window that there was is enough", () => {
    peer.window = 700;
    peer.connect({ mss: 1000 });
    peer.write(pattern(10_000));
    expect(peer.one().payload).toHaveLength(700);
    peer.say(ACK, { window: 350 });
    expect(peer.one().payload).toHaveLength(350);
    peer.abort();
  });

  test("old segments do not change it", () => {
    peer.connect();
    peer.data(text("x"));
    peer.say(ACK, { window: 500 });
    peer.say(ACK, { seq: peer.seq - 1, payload: text("x"), ack: peer.ack - 1, window: 9000 });
    expect(peer.get(FIELD.sendWindow)).toBe(500 << 7);
    peer.abort();
  });

  test("when it shrinks, what is beyond it waits", () => {
    peer.window = 4000;
    peer.connect({ mss: 1000 });
    peer.write(pattern(10_000));
    expect(peer.heard()).toHaveLength(4);
    const start = peer.ack - 4000;
    peer.ack = start + 1000;
    peer.say(ACK, { window: 1000 });
    peer.silence();
    peer.ack = start + 4000;
    peer.say(ACK, { window: 1000 });
    expect(peer.one().payload).toHaveLength(1000);
    peer.abort();
  });
});

describe("Nagle's algorithm", () => {
  test("holds a small segment back while another is under way", () => {
    peer.connect();
    peer.write(text("a"));
    expect(peer.one().payload).toEqual(text("a"));
    peer.write(text("b"));
    peer.write(text("c"));
    peer.silence();
    peer.say(ACK);
    expect(peer.one().payload).toEqual(text("bc"));
    peer.abort();
  });

  test("sends a full segment at once, and the rest later", () => {
    peer.connect();
    peer.write(text("a"));
    peer.heard();
    peer.write(pattern(1500));
    expect(peer.one().payload).toHaveLength(1460);
    peer.say(ACK);
    expect(peer.one().payload).toHaveLength(40);
    peer.abort();
  });

  test("can be switched off, which sends what was held back", () => {
    peer.connect();
    peer.write(text("a"));
    peer.write(text("b"));
    peer.heard();
    expect(peer.call("tcp_set", OPTION.noDelay, 1)).toBe(0);
    expect(peer.one().payload).toEqual(text("b"));
    peer.write(text("c"));
    expect(peer.one().payload).toEqual(text("c"));
    peer.abort();
  });

  test("a FIN takes the last small segment along", () => {
    peer.connect();
    peer.write(text("a"));
    peer.write(text("b"));
    peer.heard();
    peer.call("tcp_shutdown");
    expect(peer.one()).toMatchObject({ payload: text("b"), flags: ACK | PSH | 1 });
    peer.abort();
  });
});

describe("delayed acknowledgements", () => {
  test("one segment waits 40 ms, two are acknowledged at once", () => {
    peer.connect();
    peer.data(pattern(1460));
    host.advance(39n * MILLISECOND);
    peer.silence();
    host.advance(2n * MILLISECOND);
    expect(peer.one()).toMatchObject({ flags: ACK, ack: peer.seq });
    expect(host.counter("tcp.sent-delayed-acks")).toBe(1);
    peer.data(pattern(1460));
    peer.silence();
    peer.data(pattern(1460));
    expect(peer.one()).toMatchObject({ flags: ACK, ack: peer.seq });
    host.advance(SECOND);
    peer.silence();
    peer.abort();
  });

  test("ride on data that goes the other way", () => {
    peer.connect();
    peer.data(text("question"));
    peer.write(text("answer"));
    expect(peer.one()).toMatchObject({ ack: peer.seq, payload: text("answer") });
    peer.say(ACK);
    host.advance(SECOND);
    peer.silence();
    peer.abort();
  });
});

test("a write that is cut short is followed by an event when there is room", () => {
  host.call("tcp_set", listener, OPTION.sendBuffer, 10_000);
  peer.connect();
  expect(peer.write(pattern(30_000))).toBe(10_000);
  expect(peer.write(pattern(10))).toBe(0);
  expect(peer.heard()).toHaveLength(6);
  peer.say(ACK, { ack: peer.ack - 8760 + 1460 });
  expect(peer.events()).toEqual([]);
  peer.say(ACK);
  const [event] = peer.events();
  expect(event).toMatchObject({ kind: EVENT.writable, a: peer.flow });
  expect(event?.b).toBe(8760);
  peer.abort();
});
