/** Probes of the stack: which fire, in what order, and what they tell. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { ProbeWord, StackProbe } from "../../src/stack/probes.ts";
import { parseProbes } from "../../tools/probes-doc.ts";
import type { Fired, Host } from "../support/host.ts";
import { ROOT } from "../support/mirage.ts";
import { bind, newStackWithPeer, OWN, PEER, send, text, udpFromPeer } from "./fixture.ts";
import {
  ACK,
  FIN,
  listen,
  MILLISECOND,
  PEER_OPTIONS,
  Peer,
  PORT,
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
  host.tracing = true;
});

/** Names of what has fired since the last look, without those of IP. */
function names(): string[] {
  return taken().map(({ probe }) => StackProbe[probe]!);
}

function taken(): Fired[] {
  return host.fired.splice(0).filter(({ probe }) => probe > StackProbe.IpReceive);
}

/** Changes of state, from and to. */
function changes(fired: Fired[]): [number, number][] {
  return fired
    .filter(({ probe }) => probe === StackProbe.TcpStateChange)
    .map(({ words }) => [words[ProbeWord.Previous]!, words[ProbeWord.State]!]);
}

function count(fired: Fired[], probe: StackProbe): number {
  return fired.filter((one) => one.probe === probe).length;
}

test("the table lists just these, in the order of their numbers", () => {
  const rows = parseProbes(readFileSync(join(ROOT, "dtrace/probes.def"), "utf8"));
  const listed = rows.filter(({ family }) => family === "stack").map(({ name }) => name.replaceAll("_", ""));
  const known = Object.keys(StackProbe).filter((key) => Number.isNaN(Number(key)));
  expect(known.map((name) => name.toLowerCase())).toEqual(listed);
});

test("nothing is told to nobody", () => {
  host.tracing = false;
  listen(host);
  peer.connect();
  peer.call("tcp_abort");
  peer.heard();
  expect(host.fired).toEqual([]);
});

describe("a connection that a peer opens", () => {
  test("is received, answered, accepted, used and closed, in this order", () => {
    listen(host);
    peer.say(SYN, { options: PEER_OPTIONS });
    expect(names()).toEqual(["TcpReceive", "TcpSend"]);
    peer.heard();
    peer.seq++;
    peer.say(ACK);
    expect(names()).toEqual(["TcpReceive", "TcpStateChange", "TcpStateChange", "TcpAcceptEstablished"]);
    peer.flow = host.takeEvents()[0]!.b;
    peer.data(text("hello"));
    peer.read();
    peer.write(text("world"));
    peer.heard();
    peer.say(ACK);
    expect(names()).toEqual(["TcpReceive", "TcpSend", "TcpReceive"]);
    peer.call("tcp_abort");
    expect(names()).toEqual(["TcpSend", "TcpStateChange"]);
  });

  test("goes through its states: the peer closes first", () => {
    listen(host);
    peer.connect();
    peer.say(FIN | ACK);
    peer.seq++;
    peer.call("tcp_close");
    peer.heard();
    peer.say(ACK);
    expect(changes(taken())).toEqual([
      [1, STATE.synReceived],
      [STATE.synReceived, STATE.established],
      [STATE.established, STATE.closeWait],
      [STATE.closeWait, STATE.lastAck],
      [STATE.lastAck, STATE.closed],
    ]);
  });

  test("tells both ends and what it has agreed on", () => {
    listen(host);
    peer.connect();
    const [told] = taken().filter(({ probe }) => probe === StackProbe.TcpAcceptEstablished);
    const at = (word: ProbeWord): number => told!.words[word]!;
    expect(at(ProbeWord.Version)).toBe(4);
    expect([...told!.words.slice(ProbeWord.Local, ProbeWord.Local + 4)]).toEqual([0, 0, 0xffff, OWN]);
    expect([...told!.words.slice(ProbeWord.Remote, ProbeWord.Remote + 4)]).toEqual([0, 0, 0xffff, PEER]);
    expect([at(ProbeWord.LocalPort), at(ProbeWord.RemotePort)]).toEqual([PORT, peer.port]);
    expect(at(ProbeWord.State)).toBe(STATE.established);
    expect(at(ProbeWord.Active)).toBe(0);
    expect(at(ProbeWord.Flow)).toBe(peer.flow);
    expect(at(ProbeWord.Irs) + 1).toBe(at(ProbeWord.RcvNxt));
    expect(at(ProbeWord.SndScale)).toBe(7);
    expect(at(ProbeWord.Mss)).toBe(1460);
    expect(at(ProbeWord.Cwnd)).toBeGreaterThan(1460);
    // The header is the received one.
    expect(told!.header[13]).toBe(ACK);
    peer.call("tcp_abort");
  });

  test("is refused where nobody listens, which the answer to an RST is not", () => {
    peer.say(SYN);
    expect(names()).toEqual(["TcpReceive", "TcpAcceptRefused", "TcpSend"]);
    peer.say(RST | ACK);
    expect(names()).toEqual(["TcpReceive"]);
  });
});

describe("a connection that the program opens", () => {
  test("is requested, established, and closed by it", () => {
    peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
    expect(names()).toEqual(["TcpStateChange", "TcpConnectRequest", "TcpSend"]);
    peer.ownPort = peer.one().sourcePort;
    peer.say(SYN | ACK, { options: PEER_OPTIONS });
    peer.seq++;
    const fired = taken();
    expect(fired.map(({ probe }) => StackProbe[probe])).toEqual([
      "TcpReceive",
      "TcpStateChange",
      "TcpConnectEstablished",
      "TcpSend",
    ]);
    expect(fired[2]!.words[ProbeWord.Active]).toBe(1);
    peer.call("tcp_close");
    peer.heard();
    peer.say(ACK);
    peer.say(FIN | ACK);
    host.advance(120n * SECOND);
    expect(changes(taken())).toEqual([
      [STATE.established, STATE.finWait1],
      [STATE.finWait1, STATE.finWait2],
      [STATE.finWait2, STATE.timeWait],
      [STATE.timeWait, STATE.closed],
    ]);
  });

  test("may be refused", () => {
    peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
    peer.ownPort = peer.one().sourcePort;
    taken();
    peer.say(RST | ACK, { seq: 0 });
    const fired = taken();
    expect(fired.map(({ probe }) => StackProbe[probe])).toEqual([
      "TcpReceive",
      "TcpConnectRefused",
      "TcpStateChange",
    ]);
    expect(changes(fired)).toEqual([[STATE.synSent, STATE.closed]]);
    peer.call("tcp_close");
  });

  test("asks again, which is a request and sent again", () => {
    peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
    taken();
    host.advance(1_500n * MILLISECOND);
    expect(names()).toEqual(["TcpRetransmit", "TcpConnectRequest", "TcpSend"]);
    peer.call("tcp_close");
  });
});

test("what is lost fires as often as the counter counts, each before it is sent", () => {
  listen(host);
  peer.connect();
  peer.write(pattern(20_000));
  peer.heard();
  taken();
  for (let i = 0; i < 6; i++) host.advance(SECOND);
  const fired = taken();
  const again = count(fired, StackProbe.TcpRetransmit);
  expect(again).toBeGreaterThan(3);
  expect(again).toBe(host.counter("tcp.retransmitted"));
  for (const [i, { probe, header }] of fired.entries()) {
    if (probe !== StackProbe.TcpRetransmit) continue;
    expect(fired[i + 1]!.probe).toBe(StackProbe.TcpSend);
    expect(fired[i + 1]!.header).toEqual(header);
  }
  peer.call("tcp_abort");
});

test("segments are told as often as they are counted", () => {
  listen(host);
  peer.connect();
  for (let i = 0; i < 10; i++) {
    peer.data(pattern(1000));
    peer.read();
    peer.write(pattern(3000));
    peer.heard();
    peer.say(ACK);
  }
  peer.call("tcp_abort");
  const fired = taken();
  expect(count(fired, StackProbe.TcpSend)).toBe(host.counter("tcp.sent"));
  expect(count(fired, StackProbe.TcpReceive)).toBe(host.counter("tcp.received"));
});

test("datagrams are told with both ends, behind IP's on the way in and before it on the way out", () => {
  const socket = bind(host, 0, 7);
  host.input(udpFromPeer(text("hello")));
  send(host, socket, text("answer"), PEER, 4000);
  const [ipIn, received, sending, ipOut, ...more] = host.fired.splice(0);
  expect(more).toEqual([]);
  expect([ipIn, received, sending, ipOut].map((one) => StackProbe[one!.probe])).toEqual([
    "IpReceive",
    "UdpReceive",
    "UdpSend",
    "IpSend",
  ]);
  for (const one of [received!, sending!]) {
    expect(one.words[ProbeWord.Flow]).toBe(socket);
    expect(one.words[ProbeWord.LocalPort]).toBe(7);
    expect(one.words[ProbeWord.RemotePort]).toBe(4000);
    expect(one.words[ProbeWord.Local + 3]).toBe(OWN);
    expect(one.words[ProbeWord.Remote + 3]).toBe(PEER);
  }
  expect(received!.words[ProbeWord.Sending]).toBe(0);
  expect(sending!.words[ProbeWord.Sending]).toBe(1);
  expect(sending!.words[ProbeWord.Length]).toBe(8 + 6);
  expect(new TextDecoder().decode(sending!.header.subarray(8))).toBe("answer");
  expect(ipOut!.netif).toBe(0);
  expect(ipOut!.header[9]).toBe(17);
  host.takeEvents();
});

test("a datagram that no socket takes is a packet, and no datagram", () => {
  host.input(udpFromPeer(text("hello")));
  expect(host.fired.map(({ probe }) => StackProbe[probe])).toEqual(["IpReceive", "IpSend"]);
});
