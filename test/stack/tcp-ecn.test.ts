/** Explicit congestion notification (RFC 3168): in the handshake, in the transfer, and what must not carry it. */
import { describe, expect, test } from "vitest";
import { TcpField, TcpOption, TcpTuning } from "../../src/stack/interface.ts";
import type { Host, HostNetif } from "../support/host.ts";
import { segmentOf } from "../support/tcp-segments.ts";
import { newStackWithPeer } from "./fixture.ts";
import { ACK, FIELD, listen, MILLISECOND, Peer, PSH, pattern, RST, SECOND, SYN } from "./tcp-peer.ts";

const ECE = 0x40;
const CWR = 0x80;
const CAPABLE = 2;
const EXPERIENCED = 3;
const MSS = 1460;

/** What was sent: flags, payload and the ECN bits of the packet. */
function marked(host: Host): { flags: number; seq: number; length: number; ecn: number }[] {
  return host.takeTransmitted().flatMap(({ bytes }) => {
    const segment = segmentOf(bytes);
    if (segment === undefined) return [];
    const { flags, seq, payload } = segment;
    return [{ flags, seq, length: payload.length, ecn: (bytes[15] ?? 0) & 3 }];
  });
}

/** A connection that has agreed on it. */
async function agreed(netif: Partial<HostNetif> = {}): Promise<{ host: Host; peer: Peer }> {
  const host = await newStackWithPeer(netif);
  listen(host);
  const peer = new Peer(host);
  peer.say(SYN | ECE | CWR, { options: { mss: MSS, windowScale: 7, sackPermitted: true } });
  peer.seq++;
  expect(peer.one().flags).toBe(SYN | ACK | ECE);
  peer.say(ACK);
  peer.flow = host.takeEvents()[0]?.b ?? -1;
  expect(host.counter("tcp.ecn-agreed")).toBe(1);
  return { host, peer };
}

describe("the handshake", () => {
  test("a peer that asks is told yes, in the SYN-ACK that comes again too", async () => {
    const host = await newStackWithPeer();
    listen(host);
    const peer = new Peer(host);
    peer.say(SYN | ECE | CWR);
    host.advance(1500n * MILLISECOND);
    const answers = marked(host);
    expect(answers.map(({ flags }) => flags)).toEqual([SYN | ACK | ECE, SYN | ACK | ECE]);
    // RFC 3168 section 6.1.1: no SYN-ACK can be marked.
    expect(answers.map(({ ecn }) => ecn)).toEqual([0, 0]);
    // A SYN that asks no more has given it up.
    peer.say(SYN);
    expect(marked(host)[0]?.flags).toBe(SYN | ACK);
    peer.say(RST, { seq: peer.seq + 1 });
  });

  test.each([
    ["does not ask", SYN, 2],
    ["asks only by half", SYN | ECE, 2],
    ["asks where it is off", SYN | ECE | CWR, 0],
  ])("a peer that %s is not", async (_what, flags, tuning) => {
    const host = await newStackWithPeer();
    expect(host.call("tcp_tune", TcpTuning.Ecn, tuning)).toBe(0);
    listen(host);
    const peer = new Peer(host);
    peer.say(flags);
    peer.seq++;
    expect(peer.one().flags).toBe(SYN | ACK);
    peer.say(ACK);
    peer.flow = host.takeEvents()[0]?.b ?? -1;
    peer.write(pattern(100));
    expect(marked(host)[0]?.ecn).toBe(0);
    // A mark that nobody asked for is not echoed.
    peer.data(pattern(10), { ip: { typeOfService: EXPERIENCED } });
    host.advance(SECOND);
    expect(marked(host).every((one) => (one.flags & ECE) === 0)).toBe(true);
    peer.call("tcp_abort");
  });

  test("by default nobody is asked", async () => {
    const host = await newStackWithPeer();
    const peer = new Peer(host).accept();
    expect(host.counter("tcp.ecn-agreed")).toBe(0);
    peer.call("tcp_abort");
    expect(host.call("tcp_tune", TcpTuning.Ecn, 3)).toBe(-22);
  });

  test.each([
    ["that agrees", SYN | ACK | ECE, CAPABLE],
    ["that does not know it", SYN | ACK, 0],
    ["that only gives back what it was sent", SYN | ACK | ECE | CWR, 0],
  ])("a peer %s is asked", async (_what, answer, ecn) => {
    const host = await newStackWithPeer();
    expect(host.call("tcp_tune", TcpTuning.Ecn, 1)).toBe(0);
    const peer = new Peer(host);
    peer.flow = host.call("tcp_connect", 0, 0, 0xffff, peer.address, peer.port, 0, 0, 0, 0, 0);
    const syn = peer.one();
    expect(syn.flags).toBe(SYN | ECE | CWR);
    // The flow remembers.
    expect(host.call("tcp_tune", TcpTuning.Ecn, 2)).toBe(0);
    peer.ownPort = syn.sourcePort;
    peer.say(answer, { options: { mss: MSS } });
    peer.seq++;
    peer.heard();
    peer.write(pattern(100));
    expect(marked(host)[0]?.ecn).toBe(ecn);
    peer.call("tcp_abort");
  });

  test("a SYN that is not answered asks twice, then no more (FreeBSD's net.inet.tcp.ecn.maxretries)", async () => {
    const host = await newStackWithPeer();
    host.call("tcp_tune", TcpTuning.Ecn, 1);
    const peer = new Peer(host);
    peer.flow = host.call("tcp_connect", 0, 0, 0xffff, peer.address, peer.port, 0, 0, 0, 0, 0);
    host.advance(8n * SECOND);
    expect(marked(host).map(({ flags }) => flags)).toEqual([SYN | ECE | CWR, SYN | ECE | CWR, SYN, SYN]);
    peer.call("tcp_abort");
  });

  test("both sides that call at once agree", async () => {
    const host = await newStackWithPeer();
    host.call("tcp_tune", TcpTuning.Ecn, 1);
    const peer = new Peer(host);
    peer.flow = host.call("tcp_connect", 0, 0, 0xffff, peer.address, peer.port, 0, 0, 0, 0, 0);
    peer.ownPort = peer.one().sourcePort;
    peer.say(SYN | ECE | CWR, { options: { mss: MSS } });
    expect(peer.one().flags).toBe(SYN | ACK | ECE);
    expect(host.counter("tcp.ecn-agreed")).toBe(1);
    peer.call("tcp_abort");
  });

  test("a cookie remembers nothing of it", async () => {
    const host = await newStackWithPeer();
    listen(host, 7, 2000);
    for (let i = 0; i < 1024; i++) new Peer(host, 1024 + i).say(SYN);
    host.takeTransmitted();
    const peer = new Peer(host);
    peer.say(SYN | ECE | CWR);
    expect(peer.one().flags).toBe(SYN | ACK);
    expect(host.counter("tcp.syncookies-sent")).toBe(1);
  });
});

describe("the receiver", () => {
  test("says that a mark came in each segment until the sender has heard it, be it with data", async () => {
    const { host, peer } = await agreed();
    peer.data(pattern(100), { ip: { typeOfService: CAPABLE } });
    peer.data(pattern(100), { ip: { typeOfService: EXPERIENCED } });
    expect(marked(host).map(({ flags }) => flags)).toEqual([ACK | ECE]);
    peer.data(pattern(100), { ip: { typeOfService: CAPABLE } });
    peer.write(pattern(50));
    peer.data(pattern(100), { ip: { typeOfService: CAPABLE } });
    const before = marked(host);
    expect(before.length).toBeGreaterThan(0);
    for (const { flags } of before) expect(flags & ECE).toBe(ECE);
    // It sends less now.
    peer.say(ACK | PSH | CWR, { payload: pattern(100), ip: { typeOfService: CAPABLE } });
    peer.seq += 100;
    const after = marked(host);
    expect(after.map(({ flags }) => flags)).toEqual([ACK]);
    // Another mark on that very segment counts.
    peer.say(ACK | PSH | CWR, { payload: pattern(100), ip: { typeOfService: EXPERIENCED } });
    peer.seq += 100;
    expect(marked(host).map(({ flags }) => flags)).toEqual([ACK | ECE]);
    expect(host.counter("tcp.ecn-marked-received")).toBe(2);
    peer.call("tcp_abort");
  });

  test("believes no mark outside the window", async () => {
    const { host, peer } = await agreed();
    const far = { seq: peer.seq + 1_000_000, payload: pattern(10), ip: { typeOfService: EXPERIENCED } };
    peer.say(ACK | PSH, far);
    expect(marked(host).map(({ flags }) => flags)).toEqual([ACK]);
    peer.call("tcp_abort");
  });
});

describe("the sender", () => {
  test("marks new data as capable, and nothing else", async () => {
    const { host, peer } = await agreed();
    peer.write(pattern(3 * MSS));
    expect(marked(host).map(({ ecn }) => ecn)).toEqual([CAPABLE, CAPABLE, CAPABLE]);
    // Sent again: not (section 6.1.5), as a probe of the tail and after a timeout.
    host.advance(3n * SECOND);
    const again = marked(host);
    expect(again.length).toBeGreaterThan(0);
    expect(again.map(({ ecn }) => ecn)).toEqual(again.map(() => 0));
    // Acknowledgements: not.
    peer.data(pattern(MSS));
    peer.data(pattern(MSS));
    expect(marked(host).map(({ ecn }) => ecn)).toEqual([0]);
    peer.call("tcp_abort");
  });

  test("leaves the rest of the traffic class as the program set it", async () => {
    const { host, peer } = await agreed();
    expect(peer.call("tcp_set", TcpOption.TrafficClass, 0xb8)).toBe(0);
    peer.write(pattern(100));
    const [data] = host.takeTransmitted();
    expect(data?.bytes[15]).toBe(0xba);
    peer.call("tcp_abort");
  });

  test("sends less once for each window that was marked, and says so with the next new data", async () => {
    const { host, peer } = await agreed();
    const start = peer.ack;
    peer.write(pattern(40 * MSS));
    const first = marked(host);
    expect(first).toHaveLength(10);
    const window = peer.get(FIELD.congestionWindow);
    // Two acknowledgements of the same window.
    peer.say(ACK | ECE, { ack: start + 2 * MSS });
    const reduced = peer.get(FIELD.congestionWindow);
    expect(reduced).toBeLessThan(window * 0.8);
    expect(reduced).toBeGreaterThan(window / 2);
    peer.say(ACK | ECE, { ack: start + 4 * MSS });
    expect(peer.get(FIELD.congestionWindow)).toBe(reduced);
    peer.say(ACK | ECE, { ack: start + 6 * MSS });
    const next = marked(host);
    expect(next.length).toBeGreaterThan(1);
    expect(next.map(({ flags }) => flags & CWR)).toEqual(next.map((_, i) => (i === 0 ? CWR : 0)));
    // What was sent after that is another window.
    const end = (next.at(-1)?.seq ?? 0) + MSS;
    peer.say(ACK, { ack: start + 10 * MSS });
    peer.say(ACK | ECE, { ack: end });
    expect(peer.get(FIELD.congestionWindow)).toBeLessThan(reduced);
    expect(host.counter("tcp.ecn-windows-reduced")).toBe(2);
    expect(host.counter("tcp.retransmitted")).toBe(0);
    peer.call("tcp_abort");
  });

  test("says so in one segment only where the card cuts", async () => {
    const { host, peer } = await agreed({ offload: 0x20 | 7, segmentMax: 65_535 });
    const start = peer.ack;
    peer.write(pattern(100 * MSS));
    host.takeTransmitted();
    peer.say(ACK | ECE, { ack: start + 2 * MSS });
    peer.say(ACK, { ack: start + 10 * MSS });
    const next = marked(host);
    expect(next.length).toBeGreaterThan(2);
    expect(next.filter(({ flags }) => (flags & CWR) !== 0)).toHaveLength(1);
    expect(next.every(({ ecn }) => ecn === CAPABLE)).toBe(true);
    peer.call("tcp_abort");
  });

  test("does not send less twice for a window with a loss and a mark, but says so", async () => {
    const { host, peer } = await agreed();
    const start = peer.ack;
    peer.write(pattern(40 * MSS));
    marked(host);
    host.advance(MILLISECOND);
    // The first segment is lost.
    for (let i = 2; i <= 6; i++) {
      const sack = [[start + MSS, start + i * MSS] as const];
      peer.say(ACK, { ack: start, options: { sack } });
    }
    const threshold = peer.get(TcpField.SlowStartThresholdBytes);
    peer.say(ACK | ECE, { ack: start, options: { sack: [[start + MSS, start + 8 * MSS]] } });
    expect(peer.get(TcpField.SlowStartThresholdBytes)).toBe(threshold);
    peer.say(ACK | ECE, { ack: start + 10 * MSS });
    const sent = marked(host);
    expect(sent.filter(({ flags }) => (flags & CWR) !== 0)).toHaveLength(1);
    // The one that is sent again is not capable.
    expect(sent.filter(({ ecn }) => ecn === 0).map(({ seq }) => seq)).toEqual([start]);
    peer.call("tcp_abort");
  });
});
