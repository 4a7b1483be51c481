/** Blind attacks (RFC 5961, RFC 1337, RFC 6528, RFC 6056) and errors by ICMP (RFC 5927, RFC 1191). */
import { beforeEach, describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import * as packets from "../support/packets.ts";
import { segment } from "../support/tcp-segments.ts";
import { fromPeer, OWN, PEER, text } from "./fixture.ts";
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
  words,
} from "./tcp-peer.ts";

let host: Host;
let peer: Peer;

beforeEach(async () => {
  ({ host, peer } = await server());
});

describe("RFC 5961", () => {
  test("a RST with just the expected number resets, another one in the window is asked about", () => {
    peer.connect();
    peer.say(RST, { seq: peer.seq + 1 });
    expect(peer.one()).toMatchObject({ flags: ACK, ack: peer.seq, seq: peer.ack });
    peer.say(RST, { seq: peer.seq - 1 });
    peer.silence();
    peer.say(RST, { seq: peer.seq + 10_000_000 });
    peer.silence();
    expect(peer.state).toBe(STATE.established);
    expect(host.counter("drop.tcp.bad-reset")).toBe(3);
    peer.say(RST);
    expect(peer.closed()).toBe(54);
    peer.call("tcp_close");
  });

  test("a SYN is asked about, wherever its number lies", () => {
    peer.connect();
    for (const offset of [0, 5, -5, 10_000_000]) {
      peer.say(SYN, { seq: peer.seq + offset });
      expect(peer.one()).toMatchObject({ flags: ACK, ack: peer.seq });
    }
    expect(peer.state).toBe(STATE.established);
    peer.abort();
  });

  test("an ACK of what was never sent, or long ago, is answered, and its data is not taken", () => {
    peer.connect();
    peer.say(ACK, { ack: peer.ack + 1, payload: text("forged") });
    expect(peer.one()).toMatchObject({ flags: ACK, ack: peer.seq });
    peer.say(ACK, { ack: peer.ack - 100_000_000, payload: text("forged") });
    expect(peer.one()).toMatchObject({ flags: ACK, ack: peer.seq });
    expect(peer.read()).toHaveLength(0);
    expect(host.counter("drop.tcp.bad-ack")).toBe(2);
    peer.abort();
  });

  test("an ACK that is only a little old is good enough for data", () => {
    peer.connect();
    peer.write(pattern(5000));
    peer.heard();
    const old = peer.ack - 5000;
    peer.say(ACK);
    peer.say(ACK, { ack: old, payload: text("late") });
    expect(peer.read()).toEqual(text("late"));
    peer.abort();
  });

  test("five a second are answered, so that two who disagree do not go on for ever", () => {
    peer.connect();
    for (let i = 0; i < 50; i++) peer.say(ACK, { seq: peer.seq + 10_000_000 });
    expect(peer.heard()).toHaveLength(5);
    expect(host.counter("tcp.challenge-acks-rate-limited")).toBe(45);
    host.advance(SECOND);
    peer.say(SYN);
    peer.one();
    peer.abort();
  });

  test("unacceptable segments are answered with what is expected (regression)", () => {
    peer.connect();
    peer.say(ACK, { seq: peer.seq - 1 });
    expect(peer.one()).toMatchObject({ flags: ACK, ack: peer.seq });
    peer.say(ACK, { seq: peer.seq - 100, payload: pattern(50) });
    expect(peer.one()).toMatchObject({ flags: ACK, ack: peer.seq });
    peer.say(ACK, { seq: peer.seq + 1_000_000, payload: pattern(50) });
    expect(peer.one()).toMatchObject({ flags: ACK, ack: peer.seq });
    peer.abort();
  });

  test("resets for closed ports are limited to 200 a second", () => {
    for (let i = 0; i < 300; i++) new Peer(host, 10_000 + i, 99).say(SYN);
    expect(host.takeTransmitted()).toHaveLength(200);
    expect(host.counter("tcp.resets-rate-limited")).toBe(100);
    host.advance(SECOND);
    new Peer(host, 9999, 99).say(SYN);
    expect(host.takeTransmitted()).toHaveLength(1);
  });
});

describe("numbers that nobody can foresee", () => {
  function iss(port: number): number {
    const other = new Peer(host, port);
    other.say(SYN);
    const { seq } = other.one();
    other.say(RST, { seq: ISS + 1 });
    return seq;
  }

  test("initial sequence numbers differ from port to port, and go up with time for the same ports (RFC 6528)", () => {
    const numbers = Array.from({ length: 100 }, (_, i) => iss(20_000 + i));
    expect(new Set(numbers).size).toBe(100);
    const steps = new Set(numbers.map((number, i) => (number - (numbers[i - 1] ?? 0)) >>> 0));
    expect(steps.size).toBe(100);
    const before = iss(30_000);
    host.advance(4n * MILLISECOND);
    // One in 4 us.
    expect((iss(30_000) - before) >>> 0).toBe(1000);
  });

  test("ephemeral ports are spread, and no two connections have the same (RFC 6056)", () => {
    const ports: number[] = [];
    for (let i = 0; i < 50; i++) {
      const other = new Peer(host, 5000);
      other.flow = host.call("tcp_connect", ...words(PEER), 5000 + (i % 5), 0, 0, 0, 0, 0);
      ports.push(other.get(FIELD.localPort));
    }
    expect(ports.every((port) => port >= 10_000 && port <= 65_535)).toBe(true);
    expect(new Set(ports).size).toBeGreaterThan(40);
    const distances = new Set(ports.map((port, i) => port - (ports[i - 1] ?? 0)));
    expect(distances.size).toBeGreaterThan(3);
    host.advance(80n * SECOND);
    host.takeTransmitted();
    for (const { a } of host.takeEvents()) host.call("tcp_close", a);
  });

  test("a local port that is taken for that peer is refused, for another it is not", () => {
    const connect = (port: number) => host.call("tcp_connect", ...words(PEER), port, 0, 0, 0, 0, 1234);
    const first = connect(80);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(connect(80)).toBe(-48);
    const second = connect(81);
    expect(second).toBeGreaterThanOrEqual(0);
    for (const flow of [first, second]) host.call("tcp_abort", flow);
  });
});

describe("TIME-WAIT", () => {
  function timeWait(): void {
    peer.call("tcp_shutdown");
    peer.heard();
    peer.say(FIN | ACK);
    peer.seq++;
    peer.heard();
    expect(peer.state).toBe(STATE.timeWait);
  }

  test("a RST does not end it (RFC 1337)", () => {
    peer.connect();
    timeWait();
    peer.say(RST);
    peer.silence();
    expect(peer.state).toBe(STATE.timeWait);
    peer.call("tcp_close");
  });

  test("the peer's FIN again is acknowledged again, and begins the wait anew", () => {
    peer.connect();
    timeWait();
    host.advance(59n * SECOND);
    peer.say(FIN | ACK, { seq: peer.seq - 1 });
    expect(peer.one().ack).toBe(peer.seq);
    host.advance(59n * SECOND);
    expect(peer.state).toBe(STATE.timeWait);
    host.advance(2n * SECOND);
    expect(peer.state).toBe(STATE.closed);
    peer.call("tcp_close");
  });

  test("a new SYN with a later timestamp begins a new connection (RFC 6191)", () => {
    peer.timestamp = 100;
    peer.connect();
    timeWait();
    peer.timestamp = 101;
    peer.say(SYN, { seq: peer.seq - 1_000_000, options: { mss: 1460, timestamps: [101, 0] } });
    expect(peer.one()).toMatchObject({ flags: SYN | ACK, ack: peer.seq - 1_000_000 + 1 });
    peer.call("tcp_close");
    peer.say(RST, { seq: peer.seq - 1_000_000 + 1 });
  });

  test("one with an older timestamp does not", () => {
    peer.timestamp = 100;
    peer.connect();
    timeWait();
    peer.say(SYN, { seq: peer.seq + 1_000_000, options: { mss: 1460, timestamps: [99, 0] } });
    expect(peer.heard().every(({ flags }) => flags === ACK)).toBe(true);
    expect(peer.state).toBe(STATE.timeWait);
    peer.call("tcp_close");
  });

  test("without timestamps a larger sequence number does", () => {
    peer.connect();
    timeWait();
    peer.say(SYN, { seq: peer.seq + 5 });
    expect(peer.one()).toMatchObject({ flags: SYN | ACK, ack: peer.seq + 6 });
    peer.call("tcp_close");
    peer.say(RST, { seq: peer.seq + 6 });
  });
});

/** An ICMP message about a segment of the stack's. */
function icmp(type: number, code: number, seq: number, rest = 0, ports?: [number, number]): void {
  const [sourcePort, destinationPort] = ports ?? [peer.ownPort, peer.port];
  const quoted = segment(
    { source: OWN, destination: PEER, sourcePort, destinationPort, seq: seq >>> 0, flags: ACK },
    new Uint8Array(),
  ).slice(0, 8);
  const packet = packets.ipv4({ source: OWN, destination: PEER, protocol: 6, totalBytes: 1500 }, quoted);
  host.input(fromPeer(packets.icmp({ type, code, rest }, packet), { protocol: 1 }));
}

describe("ICMP", () => {
  test.each([
    ["port", 3, 3],
    ["protocol", 3, 2],
    ["administratively prohibited", 3, 13],
  ])("%s unreachable ends an attempt to connect", (_name, type, code) => {
    peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
    const syn = peer.one();
    peer.ownPort = syn.sourcePort;
    icmp(type, code, syn.seq + 1);
    expect(peer.state).toBe(STATE.synSent);
    icmp(type, code, syn.seq);
    expect(peer.closed()).toBe(61);
    peer.call("tcp_close");
  });

  test("host unreachable does so only after several SYNs", () => {
    peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
    const syn = peer.one();
    peer.ownPort = syn.sourcePort;
    icmp(3, 1, syn.seq);
    expect(peer.state).toBe(STATE.synSent);
    host.advance(20n * SECOND);
    expect(peer.closed()).toBe(65);
    peer.call("tcp_close");
  });

  test("nothing of that ends a connection (RFC 5927)", () => {
    peer.connect();
    peer.write(text("under way"));
    const { seq } = peer.one();
    for (const code of [0, 1, 2, 3, 13]) icmp(3, code, seq);
    expect(peer.state).toBe(STATE.established);
    peer.abort();
  });

  test("a smaller path MTU is believed about what is under way, which goes out again in smaller segments", () => {
    peer.connect();
    peer.write(pattern(4380));
    const sent = peer.heard();
    expect(sent.map(({ payload }) => payload.length)).toEqual([1460, 1460, 1460]);
    const seq = sent[0]?.seq ?? 0;
    // Not for what is not under way, nor for another port.
    icmp(3, 4, seq - 1, 1000);
    icmp(3, 4, seq + 4380, 1000);
    icmp(3, 4, seq, 1000, [peer.ownPort, peer.port + 1]);
    expect(peer.get(FIELD.mss)).toBe(1460);
    icmp(3, 4, seq, 1000);
    expect(peer.get(FIELD.mss)).toBe(960);
    peer.ack = seq;
    const again = peer.heard();
    expect(again[0]).toMatchObject({ seq });
    expect(again.every(({ payload }) => payload.length <= 960)).toBe(true);
    for (let i = 0; i < 10 && peer.get(FIELD.sendQueue) > 0; i++) {
      peer.say(ACK);
      peer.heard();
    }
    expect(peer.get(FIELD.sendQueue)).toBe(0);
    peer.abort();
  });

  test("a larger one is not", () => {
    peer.connect();
    peer.write(pattern(2000));
    const seq = peer.heard()[0]?.seq ?? 0;
    icmp(3, 4, seq, 9000);
    expect(peer.get(FIELD.mss)).toBe(1460);
    peer.abort();
  });
});
