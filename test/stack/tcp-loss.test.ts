/** Losses as a peer sees them repaired (RFC 5681, 6582, 6675, 3042, 8985), and frames of many segments. */
import { describe, expect, test } from "vitest";
import { newStackWithPeer } from "./fixture.ts";
import { ACK, FIELD, listen, MILLISECOND, OPTION, Peer, PSH, pattern, SECOND } from "./tcp-peer.ts";

const MSS = 1000;

/** A flow in which ten segments are under way, and the sequence number of the first. */
async function underWay(sack: boolean, bytes = 30_000): Promise<{ peer: Peer; start: number }> {
  const host = await newStackWithPeer();
  listen(host);
  const peer = new Peer(host).connect({ mss: MSS, windowScale: 7, sackPermitted: sack });
  // Round trips of 20 ms.
  for (let i = 0; i < 20; i++) {
    peer.write(pattern(1));
    peer.heard();
    host.advance(20n * MILLISECOND);
    peer.say(ACK);
  }
  peer.write(pattern(bytes));
  const sent = peer.heard();
  expect(sent.length).toBeGreaterThanOrEqual(10);
  host.advance(20n * MILLISECOND);
  return { peer, start: sent[0]?.seq ?? 0 };
}

function sequences(peer: Peer, start: number): number[] {
  return peer.heard().map(({ seq }) => (seq - start) / MSS);
}

describe("with SACK", () => {
  test("three segments that arrive behind a gap have it filled at once", async () => {
    const { peer, start } = await underWay(true);
    peer.say(ACK, { ack: start, options: { sack: [[start + MSS, start + 2 * MSS]] } });
    peer.say(ACK, { ack: start, options: { sack: [[start + MSS, start + 3 * MSS]] } });
    peer.heard();
    peer.say(ACK, { ack: start, options: { sack: [[start + MSS, start + 4 * MSS]] } });
    expect(sequences(peer, start)).toContain(0);
    expect(peer.get(FIELD.retransmitted)).toBe(1);
    peer.call("tcp_abort");
  });

  test("all gaps are filled, each once", async () => {
    const { peer, start } = await underWay(true);
    const sack = [5, 3, 1].map((i) => [start + i * MSS, start + (i + 1) * MSS] as const);
    peer.say(ACK, { ack: start, options: { sack: [[start + 7 * MSS, start + 10 * MSS], ...sack] } });
    const filled: number[] = sequences(peer, start);
    for (let i = 0; i < 10; i++) {
      peer.host.advance(5n * MILLISECOND);
      peer.say(ACK, { ack: start, options: { sack: [[start + 7 * MSS, start + 10 * MSS], ...sack] } });
      filled.push(...sequences(peer, start));
    }
    const again = filled.filter((i) => i < 10);
    expect(again.sort((a, b) => a - b)).toEqual([0, 2, 4, 6]);
    peer.call("tcp_abort");
  });

  test("the congestion window is smaller afterwards", async () => {
    const { peer, start } = await underWay(true);
    const before = peer.get(FIELD.congestionWindow);
    peer.say(ACK, { ack: start, options: { sack: [[start + MSS, start + 10 * MSS]] } });
    peer.heard();
    peer.ack = start + 10 * MSS;
    peer.say(ACK);
    expect(peer.get(FIELD.congestionWindow)).toBeLessThan(before);
    expect(peer.get(FIELD.congestionWindow)).toBeGreaterThanOrEqual(2 * MSS);
    peer.call("tcp_abort");
  });

  test("blocks that make no sense do no harm", async () => {
    const { peer, start } = await underWay(true);
    for (const sack of [
      [[start + 1_000_000, start + 2_000_000]],
      [[start + 5 * MSS, start + MSS]],
      [[0, 0xffffffff]],
      [[start - 10_000_000, start + 1]],
    ] as [number, number][][]) {
      peer.say(ACK, { ack: start, options: { sack } });
    }
    peer.heard();
    expect(peer.get(FIELD.sendQueue)).toBe(30_000);
    peer.call("tcp_abort");
  });

  test("a tail that is lost is probed before the timeout (TLP)", async () => {
    const { peer, start } = await underWay(true, 10_000);
    peer.ack = start + 8 * MSS;
    peer.say(ACK);
    peer.heard();
    // Two round trips: far less than the timeout of 200 ms and more.
    peer.host.advance(150n * MILLISECOND);
    expect(sequences(peer, start)).toEqual([9]);
    expect(peer.host.counter("tcp.retransmission-timeouts")).toBe(0);
    peer.call("tcp_abort");
  });
});

describe("without SACK", () => {
  test("two duplicate acknowledgements let new data out (limited transmit), the third fills the gap", async () => {
    const { peer, start } = await underWay(false);
    peer.say(ACK, { ack: start });
    expect(sequences(peer, start)).toEqual([10]);
    peer.say(ACK, { ack: start });
    expect(sequences(peer, start)).toEqual([11]);
    peer.say(ACK, { ack: start });
    expect(sequences(peer, start)).toContain(0);
    peer.call("tcp_abort");
  });

  test("a partial acknowledgement has the next gap filled (NewReno)", async () => {
    const { peer, start } = await underWay(false);
    for (let i = 0; i < 6; i++) peer.say(ACK, { ack: start });
    peer.heard();
    peer.host.advance(20n * MILLISECOND);
    peer.say(ACK, { ack: start + 4 * MSS });
    expect(sequences(peer, start)).toContain(4);
    peer.call("tcp_abort");
  });

  test("duplicates with data or another window are none", async () => {
    const { peer, start } = await underWay(false);
    for (let i = 0; i < 5; i++) peer.say(ACK, { ack: start, window: 60_000 - i });
    for (let i = 0; i < 5; i++) peer.data(pattern(1), { ack: start, window: 60_000 - 4 });
    expect(sequences(peer, start)).not.toContain(0);
    peer.call("tcp_abort");
  });
});

test("after the timeout one segment goes, then two: slow start", async () => {
  const { peer, start } = await underWay(true);
  peer.heard();
  const { host } = peer;
  // A probe for the tail comes first.
  for (let i = 0; i < 100 && host.counter("tcp.retransmission-timeouts") === 0; i++) {
    peer.heard();
    host.advance(10n * MILLISECOND);
  }
  expect(sequences(peer, start)).toEqual([0]);
  expect(peer.get(FIELD.congestionWindow)).toBe(MSS);
  peer.say(ACK, { ack: start + MSS });
  expect(sequences(peer, start)).toEqual([1, 2]);
  peer.call("tcp_abort");
});

test.each([
  ["CUBIC", 0],
  ["NewReno", 1],
])("%s: a window that is used grows, one that is not does not", async (_name, algorithm) => {
  const host = await newStackWithPeer();
  const listener = listen(host);
  expect(host.call("tcp_set", listener, OPTION.congestion, algorithm)).toBe(0);
  const peer = new Peer(host).connect();
  const initial = peer.get(FIELD.congestionWindow);
  expect(initial).toBe(14_600);
  for (let i = 0; i < 20; i++) {
    peer.write(pattern(100));
    peer.heard();
    peer.say(ACK);
  }
  expect(peer.get(FIELD.congestionWindow)).toBe(initial);
  peer.write(pattern(200_000));
  for (let i = 0; i < 10; i++) {
    peer.heard();
    host.advance(10n * MILLISECOND);
    peer.say(ACK);
  }
  expect(peer.get(FIELD.congestionWindow)).toBeGreaterThan(3 * initial);
  peer.call("tcp_abort");
});

describe("frames of many segments", () => {
  test("what the card cuts leaves in one frame: full segments, PSH on the last", async () => {
    const host = await newStackWithPeer({ offload: 0x30, segmentMax: 65_549 });
    listen(host);
    const peer = new Peer(host).connect();
    let frames = 0;
    host.onTransmit = ({ segment }) => {
      if ((segment?.index ?? 0) === 0) frames++;
    };
    const payload = pattern(14_600);
    peer.write(payload);
    const sent = peer.heard();
    expect(frames).toBe(1);
    expect(sent).toHaveLength(10);
    expect(sent.every((segment) => segment.payload.length === 1460)).toBe(true);
    expect(sent.map(({ flags }) => flags)).toEqual([...Array(9).fill(ACK), ACK | PSH]);
    expect(Uint8Array.from(sent.flatMap((segment) => [...segment.payload]))).toEqual(payload);
    peer.say(ACK);
    expect(peer.get(FIELD.sendQueue)).toBe(0);
    peer.call("tcp_abort");
  });

  test("a loss in the middle of such a frame is repaired by just that segment", async () => {
    const host = await newStackWithPeer({ offload: 0x30, segmentMax: 65_549 });
    listen(host);
    const peer = new Peer(host).connect();
    peer.write(pattern(14_600));
    const start = peer.heard()[0]?.seq ?? 0;
    peer.say(ACK, { ack: start + 2920, options: { sack: [[start + 4380, start + 14_600]] } });
    const again = peer.heard();
    expect(again.map(({ seq, payload }) => [seq - start, payload.length])).toEqual([[2920, 1460]]);
    peer.call("tcp_abort");
  });

  test("what the card merged is acknowledged at once", async () => {
    const host = await newStackWithPeer();
    listen(host);
    const peer = new Peer(host).connect();
    peer.data(pattern(10 * 1460), { frame: { flags: 3, segmentBytes: 1460 } });
    expect(peer.one()).toMatchObject({ flags: ACK, ack: peer.seq });
    expect(peer.read()).toEqual(pattern(14_600));
    peer.call("tcp_abort");
  });
});

test("a path that is dead is given up only after minutes", async () => {
  const host = await newStackWithPeer();
  listen(host);
  const peer = new Peer(host).connect();
  peer.write(pattern(100));
  host.advance(60n * SECOND);
  expect(peer.events()).toEqual([]);
  host.advance(1200n * SECOND);
  expect(peer.closed()).toBe(60);
  peer.call("tcp_close");
});
