/** What becomes of embryos when ICMP, a closed listener or a lack of memory comes between. */
import { expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import * as packets from "../support/packets.ts";
import { segment } from "../support/tcp-segments.ts";
import { fromPeer, newStackWithPeer, OWN, PEER, text } from "./fixture.ts";
import { ACK, FIN, listen, MILLISECOND, Peer, RST, SECOND, STATE, SYN } from "./tcp-peer.ts";

function unreachable(host: Host, peer: Peer, seq: number): void {
  const fields = { source: OWN, destination: PEER, sourcePort: peer.ownPort, destinationPort: peer.port };
  const quoted = segment({ ...fields, seq: seq >>> 0, flags: ACK }, new Uint8Array()).slice(0, 8);
  const packet = packets.ipv4({ source: OWN, destination: PEER, protocol: 6, totalBytes: 60 }, quoted);
  host.input(fromPeer(packets.icmp({ type: 3, code: 1 }, packet), { protocol: 1 }));
}

test("three ICMP errors about its SYN-ACK end an attempt, others do not count", async () => {
  const host = await newStackWithPeer();
  listen(host);
  const peer = new Peer(host);
  peer.say(SYN);
  const { seq } = peer.one();
  for (let i = 0; i < 5; i++) unreachable(host, peer, seq + 1);
  expect(host.call("tcp_count", STATE.synReceived)).toBe(1);
  for (let i = 0; i < 3; i++) unreachable(host, peer, seq);
  expect(host.call("tcp_count", STATE.synReceived)).toBe(0);
  expect(host.counter("tcp.syncache-unreachable")).toBe(1);
  host.advance(20n * SECOND);
  peer.silence();
});

test("once the listener is closed, the third segment is refused", async () => {
  const host = await newStackWithPeer();
  const listener = listen(host);
  const peer = new Peer(host);
  peer.say(SYN);
  peer.seq++;
  peer.heard();
  host.call("tcp_unlisten", listener);
  peer.say(ACK);
  expect(peer.one().flags).toBe(RST);
  host.advance(20n * SECOND);
  peer.silence();
});

test("data and FIN on the third segment count", async () => {
  const host = await newStackWithPeer();
  listen(host);
  const peer = new Peer(host);
  peer.say(SYN);
  peer.seq++;
  peer.heard();
  peer.say(ACK | FIN, { payload: text("all at once") });
  const events = host.takeEvents();
  expect(events.map(({ kind }) => kind)).toEqual([16, 18, 19]);
  expect(events[1]?.payload).toEqual(text("all at once"));
  peer.flow = events[0]?.b ?? 0;
  expect(peer.one().ack).toBe(peer.seq + 12);
  expect(peer.state).toBe(STATE.closeWait);
  peer.call("tcp_abort");
});

test("a handshake whose ACK is lost is completed by data", async () => {
  const host = await newStackWithPeer();
  listen(host);
  const peer = new Peer(host);
  peer.say(SYN);
  peer.seq++;
  peer.heard();
  peer.say(ACK, { payload: text("first words") });
  const events = host.takeEvents();
  expect(events.map(({ kind }) => kind)).toEqual([16, 18]);
  host.call("tcp_abort", events[0]?.b ?? 0);
});

test("without frames to send nothing traps or leaks, and everything goes on later", async () => {
  const host = await newStackWithPeer();
  listen(host);
  const peer = new Peer(host).connect();
  const other = new Peer(host, 5);
  host.allocations = 0;
  other.say(SYN);
  peer.say(ACK, { seq: peer.seq + 5, payload: text("gap") });
  peer.say(SYN);
  peer.write(text("hello"));
  new Peer(host, 6, 999).say(SYN);
  host.advance(500n * MILLISECOND);
  expect(host.takeTransmitted()).toEqual([]);
  expect(host.counter("tcp.send-failed")).toBeGreaterThan(0);
  host.allocations = Number.POSITIVE_INFINITY;
  host.advance(10n * SECOND);
  const said = host.takeTransmitted().map(({ bytes }) => bytes.length);
  expect(said.length).toBeGreaterThan(1);
  peer.ack += 5;
  peer.say(ACK);
  other.seq++;
  peer.call("tcp_abort");
  host.advance(20n * SECOND);
});

test("an interface that refuses frames is a path that loses them", async () => {
  const host = await newStackWithPeer();
  listen(host);
  const peer = new Peer(host).connect();
  host.linkUp = false;
  peer.write(text("hello"));
  host.advance(SECOND);
  peer.silence();
  host.linkUp = true;
  host.advance(2n * SECOND);
  expect(peer.heard().at(-1)?.payload).toEqual(text("hello"));
  peer.say(ACK);
  peer.call("tcp_abort");
});
