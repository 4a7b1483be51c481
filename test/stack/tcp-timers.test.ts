/** What happens when nothing happens: keepalive, user timeout, lingering, waits that end; and closing with data left. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import { PEER, text } from "./fixture.ts";
import {
  ACK,
  EVENT,
  FIELD,
  FIN,
  listen,
  MILLISECOND,
  OPTION,
  PEER_PORT,
  Peer,
  PSH,
  pattern,
  RST,
  SECOND,
  STATE,
  SYN,
  server,
  words,
} from "./tcp-peer.ts";

let host: Host;
let peer: Peer;
let listener: number;

beforeEach(async () => {
  ({ host, listener, peer } = await server());
});

describe("keepalive", () => {
  beforeEach(() => {
    host.call("tcp_set", listener, OPTION.keepAliveIdle, 60_000);
    host.call("tcp_set", listener, OPTION.keepAliveInterval, 10_000);
    host.call("tcp_set", listener, OPTION.keepAliveProbes, 3);
    peer.connect();
  });

  test("asks after the idle time, with a segment that must be answered", () => {
    host.advance(59n * SECOND);
    peer.silence();
    host.advance(2n * SECOND);
    expect(peer.one()).toMatchObject({ flags: ACK, seq: peer.ack - 1, payload: new Uint8Array() });
    peer.say(ACK);
    host.advance(55n * SECOND);
    peer.silence();
    expect(peer.state).toBe(STATE.established);
    peer.abort();
  });

  test("ends the flow when nobody answers", () => {
    const all = Array.from({ length: 19 }, () => {
      host.advance(5n * SECOND);
      return peer.heard();
    }).flat();
    expect(all.map(({ flags }) => flags)).toEqual([ACK, ACK, ACK, RST | ACK]);
    expect(peer.closed()).toBe(60);
    peer.call("tcp_close");
  });

  test("waits anew after each segment of the peer's", () => {
    for (let i = 0; i < 10; i++) {
      host.advance(50n * SECOND);
      peer.say(ACK);
    }
    peer.silence();
    peer.abort();
  });

  test("is off by default", () => {
    const other = new Peer(host, 1);
    listen(host, 8);
    other.ownPort = 8;
    other.connect();
    host.advance(86_400n * SECOND);
    expect(other.state).toBe(STATE.established);
    other.call("tcp_abort");
    host.takeEvents();
    peer.call("tcp_close");
  });
});

describe("user timeout (RFC 5482)", () => {
  test("ends a flow whose data was not acknowledged for so long", () => {
    peer.connect();
    peer.call("tcp_set", OPTION.userTimeout, 5000);
    host.advance(100n * SECOND);
    expect(peer.state).toBe(STATE.established);
    peer.write(text("lost"));
    host.advance(4900n * MILLISECOND);
    expect(peer.events()).toEqual([]);
    host.advance(200n * MILLISECOND);
    expect(peer.closed()).toBe(60);
    peer.call("tcp_close");
  });

  test("counts from the last progress", () => {
    peer.connect();
    peer.call("tcp_set", OPTION.userTimeout, 5000);
    peer.write(pattern(1460 * 4));
    const start = peer.ack;
    peer.heard();
    for (let i = 1; i <= 3; i++) {
      host.advance(4n * SECOND);
      peer.say(ACK, { ack: start + i * 1460 });
    }
    expect(peer.state).toBe(STATE.established);
    host.advance(5100n * MILLISECOND);
    expect(peer.closed()).toBe(60);
    peer.call("tcp_close");
  });

  test.each([
    ["seconds, rounded up", 5001, 6],
    ["minutes, rounded up, where seconds do not fit", 32_767_001, 0x8000 | 547],
    ["the most that it can say", 0xffff_ffff, 0xffff],
  ])("is announced in segments without data, in %s, from when it is set", (_unit, milliseconds, field) => {
    peer.timestamp = 1;
    peer.connect();
    peer.call("tcp_set", OPTION.userTimeout, milliseconds);
    expect(peer.one().options.userTimeout).toBe(field);
    // Data has no room for it, acknowledgements with SACK blocks have.
    peer.write(pattern(1448));
    expect(peer.one()).toMatchObject({ payload: pattern(1448), kinds: [1, 1, 8] });
    peer.say(ACK | PSH, { seq: peer.seq + 100, payload: pattern(10) });
    const early = peer.one();
    expect(early.options.sack).toEqual([[peer.seq + 100, peer.seq + 110]]);
    expect(early.options.userTimeout).toBe(field);
    // Three blocks take all the room that there is.
    for (const at of [200, 300]) peer.say(ACK | PSH, { seq: peer.seq + at, payload: pattern(10) });
    const full = peer.heard().at(-1);
    expect(full?.options.sack).toHaveLength(3);
    expect(full?.options.userTimeout).toBeUndefined();
    peer.call("tcp_set", OPTION.userTimeout, 0);
    peer.data(pattern(50));
    expect(peer.one().options.userTimeout).toBeUndefined();
    peer.call("tcp_abort");
  });

  test("a listener's is announced by the flows that it accepts", () => {
    host.call("tcp_set", listener, OPTION.userTimeout, 7000);
    peer.connect();
    peer.data(pattern(10));
    host.advance(SECOND);
    expect(peer.one().options.userTimeout).toBe(7);
    peer.call("tcp_abort");
  });

  test.each([
    ["as it says", 0, 200, 200],
    ["100 s at least", 0, 5, 100],
    ["an hour at most", 0, 0x8000 | 120, 3600],
    ["in minutes", 0, 0x8000 | 4, 240],
    ["unless the own one is longer", 300_000, 200, 300],
  ])("of the peer counts where the program follows it: %s", (_what, own, field, seconds) => {
    peer.connect();
    peer.call("tcp_set", OPTION.adoptUserTimeout, 1);
    peer.call("tcp_set", OPTION.userTimeout, own);
    peer.say(ACK, { options: { userTimeout: field } });
    peer.write(text("lost"));
    host.advance(BigInt(seconds - 1) * SECOND);
    expect(peer.state).toBe(STATE.established);
    host.advance(2n * SECOND);
    expect(peer.closed()).toBe(60);
    peer.call("tcp_close");
  });

  test.each([
    ["of a program that did not ask to follow it", 0, 200],
    ["that says nothing", 1, 0],
  ])("of the peer changes nothing: one %s", (_what, adopt, field) => {
    peer.connect();
    peer.call("tcp_set", OPTION.adoptUserTimeout, adopt);
    peer.say(ACK, { options: { userTimeout: field } });
    peer.write(text("lost"));
    host.advance(800n * SECOND);
    expect(peer.state).toBe(STATE.established);
    peer.call("tcp_abort");
  });

  test.each([3_600_000, 0xffff_ffff])(
    "a long one (%i ms) lets retransmission go on, for an hour",
    (milliseconds) => {
      peer.connect();
      peer.call("tcp_set", OPTION.userTimeout, milliseconds);
      peer.write(text("late"));
      host.advance(3500n * SECOND);
      expect(peer.state).toBe(STATE.established);
      host.advance(200n * SECOND);
      expect(peer.closed()).toBe(60);
      peer.call("tcp_close");
    },
  );

  test("holds for a closed window too", () => {
    peer.connect();
    peer.call("tcp_set", OPTION.userTimeout, 20_000);
    peer.say(ACK, { window: 0 });
    host.advance(100n * SECOND);
    peer.write(text("x"));
    host.advance(19n * SECOND);
    expect(peer.state).toBe(STATE.established);
    host.advance(2n * SECOND);
    expect(peer.closed()).toBe(60);
    peer.call("tcp_close");
  });

  test("ends an attempt to connect, which is not hurried by it", () => {
    host.advance(100n * SECOND);
    peer.flow = host.call("tcp_connect", ...words(PEER), PEER_PORT, 0, 0, 0, 0, 0);
    peer.call("tcp_set", OPTION.userTimeout, 5000);
    host.advance(900n * MILLISECOND);
    expect(peer.heard()).toHaveLength(1);
    host.advance(4000n * MILLISECOND);
    expect(peer.events()).toEqual([]);
    host.advance(200n * MILLISECOND);
    expect(peer.closed()).toBe(60);
    peer.call("tcp_close");
  });
});

describe("connecting", () => {
  test("gives up after 75 s", () => {
    peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
    host.advance(74n * SECOND);
    const syns = peer.heard();
    expect(syns.length).toBeGreaterThanOrEqual(5);
    expect(syns.every(({ flags }) => flags === SYN)).toBe(true);
    expect(new Set(syns.map(({ seq }) => seq)).size).toBe(1);
    expect(peer.events()).toEqual([]);
    host.advance(2n * SECOND);
    expect(peer.closed()).toBe(60);
    peer.call("tcp_close");
  });

  test("may be given up by the program", () => {
    peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
    peer.ownPort = peer.one().sourcePort;
    expect(peer.call("tcp_close")).toBe(0);
    expect(peer.closed()).toBe(0);
    peer.say(SYN | ACK);
    expect(peer.one().flags).toBe(RST);
  });

  test("both sides may call at the same time (simultaneous open)", () => {
    peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
    peer.ownPort = peer.one().sourcePort;
    peer.say(SYN, { options: { mss: 1000, windowScale: 2, sackPermitted: true } });
    peer.seq++;
    const synAck = peer.one();
    expect(synAck).toMatchObject({ flags: SYN | ACK, ack: peer.seq, seq: peer.ack - 1 });
    expect(peer.state).toBe(STATE.synReceived);
    peer.say(SYN | ACK, { seq: peer.seq - 1 });
    peer.heard();
    peer.say(ACK);
    expect(peer.state).toBe(STATE.established);
    expect(peer.events().map(({ kind }) => kind)).toEqual([EVENT.connected]);
    peer.write(text("hello"));
    expect(peer.heard().at(-1)?.payload).toEqual(text("hello"));
    peer.abort();
  });

  test("data in the SYN-ACK's wake is taken", () => {
    peer.accept();
    peer.data(text("banner"));
    expect(peer.read()).toEqual(text("banner"));
    peer.abort();
  });

  test("writing before it is connected is an error", () => {
    peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
    expect(peer.write(text("x"))).toBe(-57);
    expect(peer.call("tcp_shutdown")).toBe(-57);
    peer.call("tcp_close");
  });
});

describe("closing", () => {
  test("sends what was written first", () => {
    peer.connect();
    peer.write(pattern(20_000));
    peer.call("tcp_close");
    let got = peer.heard();
    for (let i = 0; i < 10 && !got.some(({ flags }) => flags & FIN); i++) {
      peer.say(ACK);
      got = got.concat(peer.heard());
    }
    expect(Uint8Array.from(got.flatMap(({ payload }) => [...payload]))).toEqual(pattern(20_000));
    expect(got.at(-1)?.flags).toBe(ACK | FIN | 8);
    peer.say(FIN | ACK);
    peer.seq++;
    expect(peer.closed()).toBe(0);
  });

  test("with unread data resets: the peer must know that it was not read (RFC 1122 section 4.2.2.13)", () => {
    peer.connect();
    peer.data(text("never read"));
    host.takeEvents();
    peer.call("tcp_close");
    expect(peer.heard().at(-1)?.flags).toBe(RST | ACK);
    expect(peer.closed()).toBe(53);
  });

  test("data that comes after it resets", () => {
    peer.connect();
    peer.call("tcp_close");
    peer.heard();
    peer.say(ACK);
    peer.data(text("too late"));
    expect(peer.one().flags).toBe(RST | ACK);
    expect(peer.closed()).toBe(53);
  });

  test("waits 60 s for the peer's FIN", () => {
    peer.connect();
    peer.call("tcp_close");
    peer.heard();
    peer.say(ACK);
    host.advance(59n * SECOND);
    expect(peer.events()).toEqual([]);
    host.advance(2n * SECOND);
    expect(peer.closed()).toBe(0);
  });

  test("half-closed it waits as long as it takes", () => {
    peer.connect();
    peer.call("tcp_shutdown");
    peer.heard();
    peer.say(ACK);
    host.advance(3600n * SECOND);
    expect(peer.state).toBe(STATE.finWait2);
    peer.data(text("after an hour"));
    expect(peer.read()).toEqual(text("after an hour"));
    expect(peer.write(text("x"))).toBe(-32);
    peer.abort();
  });

  test("a FIN that is lost is sent again", () => {
    peer.connect();
    peer.call("tcp_shutdown");
    const fin = peer.one();
    host.advance(SECOND);
    const again = peer.heard();
    expect(again.length).toBeGreaterThan(0);
    expect(again.every(({ flags, seq }) => flags === fin.flags && seq === fin.seq)).toBe(true);
    peer.abort();
  });

  test("lingering ends after the time that was set", () => {
    peer.connect();
    peer.call("tcp_set", OPTION.linger, 3000);
    peer.write(text("nobody acknowledges this"));
    peer.call("tcp_close");
    host.advance(2900n * MILLISECOND);
    expect(peer.events()).toEqual([]);
    host.advance(200n * MILLISECOND);
    expect(peer.closed()).toBe(60);
    expect(peer.heard().at(-1)?.flags).toBe(RST | ACK);
  });

  test("lingering is over when everything has arrived", () => {
    peer.connect();
    peer.call("tcp_set", OPTION.linger, 3000);
    peer.write(text("acknowledged"));
    peer.call("tcp_close");
    peer.heard();
    peer.say(ACK);
    host.advance(10n * SECOND);
    peer.silence();
    peer.say(FIN | ACK);
    expect(peer.closed()).toBe(0);
  });

  test("lingering for no time at all aborts", () => {
    peer.connect();
    peer.call("tcp_set", OPTION.linger, 0);
    peer.call("tcp_close");
    expect(peer.one().flags).toBe(RST | ACK);
    expect(peer.closed()).toBe(53);
  });

  test("an abort resets at once and drops what was queued", () => {
    peer.connect();
    peer.write(pattern(50_000));
    peer.heard();
    expect(host.liveFrames).toBe(1);
    peer.abort();
    expect(peer.one().flags).toBe(RST | ACK);
    expect(host.liveFrames).toBe(0);
    expect(peer.closed()).toBe(53);
    expect(peer.call("tcp_abort")).toBe(-9);
  });
});

describe("the event queue is full", () => {
  test("nothing is lost, and everything is said in order when there is room", () => {
    peer.connect();
    host.eventRoom = 0;
    peer.data(text("one"));
    peer.data(text("two"));
    peer.say(FIN | ACK);
    peer.seq++;
    expect(peer.heard().at(-1)?.ack).toBe(peer.seq);
    expect(host.takeEvents()).toEqual([]);
    host.eventRoom = 1;
    host.call("resume");
    expect(peer.events().map(({ payload }) => payload)).toEqual([text("one")]);
    host.eventRoom = 100;
    host.call("resume");
    expect(peer.events().map(({ kind }) => kind)).toEqual([EVENT.data, EVENT.end]);
    peer.abort();
  });

  test("a flow that is accepted, spoken to and reset meanwhile says all of it", () => {
    host.eventRoom = 0;
    peer.say(SYN);
    peer.seq++;
    peer.heard();
    peer.say(ACK, { payload: text("hello") });
    peer.seq += 5;
    peer.say(RST);
    host.eventRoom = 100;
    host.call("resume");
    const events = peer.events();
    expect(events.map(({ kind }) => kind)).toEqual([EVENT.accepted, EVENT.data, EVENT.closed]);
    expect(events[1]?.payload).toEqual(text("hello"));
    peer.flow = events[0]?.b ?? 0;
    expect(peer.call("tcp_close")).toBe(0);
  });

  test("what a closed flow had to say is dropped, with its frames", () => {
    peer.connect();
    host.eventRoom = 0;
    peer.data(text("unsaid"));
    peer.call("tcp_close");
    expect(host.liveFrames).toBe(0);
    host.eventRoom = 100;
    host.call("resume");
    expect(peer.closed()).toBe(53);
  });

  test("many flows at once", () => {
    const peers = Array.from({ length: 100 }, (_, i) => new Peer(host, 100 + i).connect());
    host.eventRoom = 0;
    for (const other of peers) {
      other.data(text("a"));
      other.data(text("b"));
    }
    let said = 0;
    for (let turns = 0; turns < 100 && said < 200; turns++) {
      host.eventRoom = 7;
      host.call("resume");
      said += host.takeEvents().length;
    }
    expect(said).toBe(200);
    host.eventRoom = 1000;
    for (const other of peers) other.call("tcp_abort");
  });
});

test("numbers of flows that are over are not taken for others", () => {
  peer.connect();
  const old = peer.flow;
  peer.abort();
  const other = new Peer(host, 77).connect();
  expect(other.flow).not.toBe(old);
  for (const name of ["tcp_close", "tcp_abort", "tcp_shutdown"]) expect(host.call(name, old)).toBe(-9);
  expect(host.call("tcp_get", old, FIELD.state)).toBe(-9);
  expect(host.call("tcp_get", other.flow, FIELD.state)).toBe(STATE.established);
  other.call("tcp_abort");
});
