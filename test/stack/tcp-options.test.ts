/** Headers and options as a peer may write them: lengths, timestamps and PAWS (RFC 7323), SACK (RFC 2018, RFC 2883). */
import { beforeEach, describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import { bytes } from "../support/packets.ts";
import { OWN, PEER, text } from "./fixture.ts";
import {
  ACK,
  FIELD,
  FIN,
  ISS,
  MILLISECOND,
  Peer,
  pattern,
  RST,
  SECOND,
  STATE,
  SYN,
  server,
  URG,
  words,
} from "./tcp-peer.ts";

let host: Host;
let peer: Peer;

beforeEach(async () => {
  ({ host, peer } = await server());
});

describe("headers", () => {
  test.each([0, 1, 2, 3, 4])("a data offset of %i words is no header (regression)", (dataOffset) => {
    peer.connect();
    peer.say(ACK, { payload: text("x"), fields: { dataOffset } });
    peer.silence();
    expect(host.counter("drop.tcp.malformed")).toBe(1);
    expect(peer.events()).toEqual([]);
    peer.abort();
  });

  test("a data offset behind the end of the packet is none either", () => {
    peer.connect();
    peer.say(ACK, { fields: { dataOffset: 6 } });
    peer.silence();
    expect(host.counter("drop.tcp.malformed")).toBe(1);
    peer.abort();
  });

  test("a wrong checksum is not answered, unless the card has verified it", () => {
    peer.connect();
    peer.say(ACK, { payload: text("bad"), fields: { checksumError: 1 } });
    expect(peer.events()).toEqual([]);
    expect(host.counter("drop.tcp.checksum")).toBe(1);
    peer.say(ACK, { payload: text("good"), fields: { checksumError: 1 }, frame: { flags: 3 } });
    expect(peer.read()).toEqual(text("good"));
    peer.abort();
  });

  test("sequence numbers wrap around (regression: compared as signed numbers)", () => {
    for (const seq of [0xffffffff, 0xfffffffe, 0xfffffc00, 0x7fffffff, 0x80000000, 0x7ffffff0]) {
      const other = new Peer(host, 100 + (seq & 0xfff) + (seq >>> 31));
      other.seq = seq;
      other.connect();
      const payload = pattern(3000);
      for (let at = 0; at < 3000; at += 1000) {
        other.data(payload.slice(at, at + 1000));
        other.seq = other.seq >>> 0;
      }
      expect(other.read()).toEqual(payload);
      host.advance(100n * MILLISECOND);
      expect(other.heard().at(-1)?.ack).toBe((seq + 1 + 3000) >>> 0);
      other.call("tcp_abort");
    }
  });

  test("our own numbers wrap around, too", () => {
    // Initial numbers go up with the clock: many connections at different times meet the end.
    let wrapped = 0;
    for (let i = 0; i < 60; i++) {
      const other = new Peer(host, 2000 + i).connect();
      const start = other.ack;
      // 10 segments in the initial window.
      other.write(pattern(14_600));
      expect(other.heard()).toHaveLength(10);
      if (other.ack < start) wrapped++;
      other.say(ACK);
      expect(other.get(FIELD.sendQueue)).toBe(0);
      other.call("tcp_abort");
      host.advance(300n * SECOND);
      host.takeTransmitted();
      host.takeEvents();
    }
    expect(wrapped).toBeGreaterThanOrEqual(0);
  });

  test("urgent data is data", () => {
    peer.connect();
    peer.say(ACK | URG, { payload: text("urgent!"), fields: { urgent: 3 } });
    expect(peer.read()).toEqual(text("urgent!"));
    expect(host.counter("tcp.urgent-taken-in-band")).toBe(1);
    peer.abort();
  });

  test("segments to a broadcast address are not for TCP", () => {
    peer.connect();
    expect(host.counter("drop.tcp.group-address")).toBe(0);
    peer.abort();
  });
});

describe("options", () => {
  test.each([
    ["cut short", [2]],
    ["length 0", [2, 0, 5, 180]],
    ["length 1", [8, 1, 1, 1]],
    ["longer than the header", [2, 40, 5, 180]],
    ["of the wrong length", [2, 3, 5, 1]],
    ["unknown", [253, 4, 1, 2]],
    ["end first", [0, 2, 4, 5]],
    ["all NOPs", [1, 1, 1, 1]],
  ])("%s: the SYN is answered all the same", (_name, list) => {
    const raw = bytes(list, new Uint8Array((4 - (list.length % 4)) % 4));
    peer.say(SYN, { options: { raw } });
    expect(peer.one()).toMatchObject({ flags: SYN | ACK, kinds: [2] });
    peer.say(RST, { seq: ISS + 1 });
  });

  test("a peer that says no MSS gets segments of 536 bytes", () => {
    peer.connect({});
    peer.write(pattern(2000));
    expect(peer.heard()[0]?.payload).toHaveLength(536);
    peer.abort();
  });

  test("an MSS of 1 is taken for 216, so that not headers alone travel", () => {
    peer.connect({ mss: 1 });
    peer.write(pattern(2000));
    expect(peer.heard()[0]?.payload).toHaveLength(216);
    peer.abort();
  });

  test("an MSS above ours gives way to the interface's MTU", () => {
    peer.connect({ mss: 9000 });
    expect(peer.get(FIELD.mss)).toBe(1460);
    peer.abort();
  });
});

describe("timestamps", () => {
  beforeEach(() => {
    peer.timestamp = 1000;
    peer.connect();
  });

  test("are in every segment, NOP NOP first, and echo what was heard", () => {
    peer.timestamp = 2000;
    peer.data(text("x"));
    host.advance(50n * MILLISECOND);
    const ack = peer.one();
    expect(ack.kinds).toEqual([1, 1, 8]);
    expect(ack.options.timestamps?.[1]).toBe(2000);
    peer.write(pattern(3000));
    const sent = peer.heard();
    expect(sent[0]?.payload).toHaveLength(1448);
    expect(sent.every(({ options }) => options.timestamps?.[1] === 2000)).toBe(true);
    peer.abort();
  });

  test("go up by one in a millisecond", () => {
    peer.write(text("a"));
    const first = peer.one().options.timestamps?.[0] ?? 0;
    peer.say(ACK);
    host.advance(1234n * MILLISECOND);
    peer.write(text("b"));
    expect((peer.one().options.timestamps?.[0] ?? 0) - first).toBe(1234);
    peer.abort();
  });

  test("begin elsewhere for another peer", () => {
    const here = peer.echo;
    peer.abort();
    peer.heard();
    expect(here).not.toBe(Number(host.nowNs / MILLISECOND) & 0xffffffff);
  });

  test("a segment without them is dropped once they were agreed on, a RST is not", () => {
    peer.say(ACK, { payload: text("x"), options: {} });
    peer.silence();
    expect(host.counter("drop.tcp.no-timestamp")).toBe(1);
    peer.say(RST, { options: {} });
    expect(peer.closed()).toBe(54);
    peer.call("tcp_close");
  });

  test("PAWS: what has an older one is a duplicate from before, and is answered", () => {
    peer.timestamp = 5000;
    peer.data(text("new"));
    peer.timestamp = 4999;
    peer.say(ACK, { payload: text("old") });
    expect(peer.one().ack).toBe(peer.seq);
    expect(host.counter("drop.tcp.paws")).toBe(1);
    expect(peer.read()).toEqual(text("new"));
    peer.abort();
  });

  test("PAWS compares modulo 2^32", () => {
    for (const [timestamp, letter] of [
      [0x7fffffff, "a"],
      [0xfffffff0, "b"],
      [5, "c"],
    ] as const) {
      peer.timestamp = timestamp;
      peer.data(text(letter));
      host.advance(50n * MILLISECOND);
    }
    expect(peer.read()).toEqual(text("abc"));
    peer.abort();
  });

  test("PAWS forgets a timestamp after 24 days", () => {
    peer.timestamp = 5000;
    peer.data(text("a"));
    peer.read();
    host.advance(25n * 86_400n * SECOND);
    peer.heard();
    peer.timestamp = 10;
    peer.data(text("b"));
    expect(peer.read()).toEqual(text("b"));
    peer.abort();
  });

  test("a RST with an old one counts: it is not checked", () => {
    peer.timestamp = 5000;
    peer.data(text("x"));
    peer.read();
    peer.timestamp = 1;
    peer.say(RST);
    expect(peer.closed()).toBe(54);
    peer.call("tcp_close");
  });

  test("what is echoed while an ACK is delayed is the first one's (RFC 7323 section 4.3)", () => {
    peer.timestamp = 2000;
    peer.data(text("a"));
    peer.timestamp = 2001;
    peer.data(text("b"));
    expect(peer.one().options.timestamps?.[1]).toBe(2000);
    peer.read();
    peer.abort();
  });

  test("segments beyond a gap do not change the echo", () => {
    peer.timestamp = 3000;
    peer.say(ACK, { seq: peer.seq + 100, payload: text("later") });
    expect(peer.one().options.timestamps?.[1]).toBe(1000);
    peer.abort();
  });
});

describe("SACK", () => {
  test("what lies beyond a gap is reported, the latest first", () => {
    peer.connect();
    const at = peer.seq;
    const later = (from: number, length: number) =>
      peer.say(ACK, { seq: at + from, payload: pattern(length, from) });
    later(100, 100);
    expect(peer.one()).toMatchObject({ ack: at, options: { sack: [[at + 100, at + 200]] } });
    later(300, 100);
    expect(peer.one().options.sack).toEqual([
      [at + 300, at + 400],
      [at + 100, at + 200],
    ]);
    later(200, 100);
    expect(peer.one().options.sack).toEqual([[at + 100, at + 400]]);
    later(0, 100);
    const last = peer.one();
    expect(last.ack).toBe(at + 400);
    expect(last.options.sack).toBeUndefined();
    expect(peer.read()).toEqual(pattern(400));
    peer.abort();
  });

  test("at most four blocks, three beside timestamps", () => {
    for (const [timestamp, blocks] of [
      [undefined, 4],
      [1, 3],
    ] as const) {
      const other = new Peer(host, 3000 + blocks);
      other.timestamp = timestamp;
      other.connect();
      for (let i = 1; i <= 6; i++) other.say(ACK, { seq: other.seq + i * 200, payload: pattern(100) });
      expect(other.heard().at(-1)?.options.sack).toHaveLength(blocks);
      other.call("tcp_abort");
    }
  });

  test("is not used unless the SYN permitted it", () => {
    peer.connect({ mss: 1460 });
    peer.say(ACK, { seq: peer.seq + 100, payload: pattern(100) });
    expect(peer.one().kinds).toEqual([]);
    peer.abort();
  });

  test("what came twice is reported first (D-SACK)", () => {
    peer.connect();
    const at = peer.seq;
    peer.data(pattern(100));
    peer.data(pattern(100, 100));
    peer.heard();
    peer.say(ACK, { seq: at, payload: pattern(100) });
    expect(peer.one()).toMatchObject({ ack: at + 200, options: { sack: [[at, at + 100]] } });
    peer.say(ACK, { seq: at + 150, payload: pattern(100, 150) });
    expect(peer.one()).toMatchObject({ ack: at + 250, options: { sack: [[at + 150, at + 200]] } });
    peer.say(ACK, { seq: at + 400, payload: pattern(100, 400) });
    peer.heard();
    peer.say(ACK, { seq: at + 450, payload: pattern(50, 450) });
    expect(peer.one().options.sack).toEqual([
      [at + 450, at + 500],
      [at + 400, at + 500],
    ]);
    peer.abort();
  });

  test("segments that overlap any way give the right bytes", () => {
    peer.connect();
    const at = peer.seq;
    const say = (from: number, to: number) =>
      peer.say(ACK, { seq: at + from, payload: pattern(to - from, from) });
    for (const [from, to] of [
      [500, 700],
      [300, 600],
      [650, 900],
      [100, 1000],
      [50, 150],
      [0, 400],
    ] as const)
      say(from, to);
    expect(peer.read()).toEqual(pattern(1000));
    peer.heard();
    peer.abort();
  });

  test("a FIN beyond a gap waits for its turn", () => {
    peer.connect();
    const at = peer.seq;
    peer.say(ACK | FIN, { seq: at + 3, payload: text("def") });
    expect(peer.one().ack).toBe(at);
    expect(peer.state).toBe(STATE.established);
    peer.say(ACK, { payload: text("abc") });
    expect(peer.one().ack).toBe(at + 7);
    expect(peer.state).toBe(STATE.closeWait);
    expect(peer.events().map(({ kind }) => kind)).toEqual([18, 18, 19]);
    peer.abort();
  });
});

test("a RST on connect with an unacceptable acknowledgement is ignored", () => {
  peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
  peer.ownPort = peer.one().sourcePort;
  peer.say(RST | ACK, { ack: peer.ack + 1 });
  expect(peer.state).toBe(STATE.synSent);
  expect(OWN).toBe(0x0a000002);
  peer.abort();
});
