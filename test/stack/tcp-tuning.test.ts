/** What `tcp_tune` changes for all connections, and what can be asked about them: the defaults are tested elsewhere. */
import { beforeEach, describe, expect, test } from "vitest";
import { TcpField, TcpTuning } from "../../src/stack/interface.ts";
import type { Host } from "../support/host.ts";
import { newStackWithPeer, PEER } from "./fixture.ts";
import {
  ACK,
  ERRNO,
  EVENT,
  FIN,
  listen,
  PEER_OPTIONS,
  Peer,
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

function tune(tuning: TcpTuning, value: number): void {
  expect(host.call("tcp_tune", tuning, value)).toBe(0);
}

/** Kinds of the options of the SYN that the stack sends. */
function synOptions(): number[] {
  peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
  const { kinds } = peer.one();
  peer.call("tcp_close");
  return kinds;
}

const [END, NOP, MSS, SCALE, SACK, TIMES] = [0, 1, 2, 3, 4, 8] as const;

describe("options of a SYN", () => {
  test("without RFC 7323 there is no window scale and no timestamp, sent or taken", () => {
    tune(TcpTuning.Extensions, 0);
    expect(synOptions().filter((kind) => kind !== END)).toEqual([MSS, SACK]);
    listen(host);
    peer.timestamp = 1;
    peer.say(SYN, { options: { ...PEER_OPTIONS, timestamps: [1, 0] } });
    expect(peer.one().kinds.filter((kind) => kind !== END)).toEqual([MSS, SACK]);
  });

  test("without SACK timestamps stand behind two NOPs, as FreeBSD has them", () => {
    tune(TcpTuning.Sack, 0);
    expect(synOptions()).toEqual([MSS, NOP, SCALE, NOP, NOP, TIMES]);
  });

  test("a plain SYN has none", () => {
    tune(TcpTuning.PlainSyn, 1);
    expect(synOptions()).toEqual([]);
  });

  test("the fourth SYN carries MSS only, if asked", () => {
    tune(TcpTuning.DropOptions, 1);
    peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
    host.advance(10n * SECOND);
    const kinds = peer.heard().map((syn) => syn.kinds);
    expect(kinds).toHaveLength(4);
    expect(kinds.slice(0, 3)).toEqual(Array(3).fill([MSS, NOP, SCALE, SACK, TIMES]));
    expect(kinds[3]).toEqual([MSS]);
    peer.call("tcp_close");
  });

  test.for([
    [73_728, 1],
    [2 << 20, 6],
    [0xffffffff, 14],
  ] as const)("for buffers of up to %d bytes the window scale is %d", ([bytes, scale]) => {
    tune(TcpTuning.ReceiveBufferMaxBytes, bytes);
    peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
    expect(peer.one().options.windowScale).toBe(scale);
    peer.call("tcp_close");
  });
});

describe("RFC 793 instead of RFC 5961", () => {
  test("a RST in the window ends the connection, one beyond does not", () => {
    tune(TcpTuning.InsecureReset, 1);
    listen(host);
    peer.connect();
    peer.say(RST, { seq: peer.seq + 100_000 });
    expect(peer.state).toBe(STATE.established);
    peer.silence();
    peer.say(RST, { seq: peer.seq + 1000 });
    expect(peer.closed()).toBe(ERRNO.reset);
    peer.call("tcp_close");
  });

  test("a SYN in the window resets the connection", () => {
    tune(TcpTuning.InsecureSyn, 1);
    listen(host);
    peer.connect();
    peer.say(SYN, { seq: peer.seq + 1000 });
    expect(peer.one().flags & RST).toBe(RST);
    expect(peer.closed()).toBe(ERRNO.reset);
    peer.call("tcp_close");
  });
});

test("SYN and FIN in one segment are not looked at, if asked", () => {
  tune(TcpTuning.DropSynFin, 1);
  listen(host);
  peer.say(SYN | FIN, { options: PEER_OPTIONS });
  peer.silence();
});

test("an attempt to connect ends when it is told to", () => {
  tune(TcpTuning.ConnectMilliseconds, 5000);
  peer.flow = host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
  host.advance(4n * SECOND);
  expect(peer.events()).toEqual([]);
  host.advance(2n * SECOND);
  expect(peer.closed()).toBe(ERRNO.timedOut);
  peer.call("tcp_close");
});

test("what is unknown is refused", () => {
  expect(host.call("tcp_tune", 0, 1)).toBe(-22);
  expect(host.call("tcp_tune", 1000, 1)).toBe(-22);
  expect(host.call("tcp_tune", TcpTuning.ConnectMilliseconds, 0)).toBe(-22);
});

test("connections are counted by state, those in the SYN cache too", () => {
  const count = (state: number) => host.call("tcp_count", state);
  expect(count(1)).toBe(0);
  const listener = listen(host);
  expect(count(1)).toBe(1);
  peer.say(SYN, { options: PEER_OPTIONS });
  expect(count(STATE.synReceived)).toBe(1);
  const synAck = peer.one();
  peer.seq++;
  peer.say(ACK, { ack: synAck.seq + 1 });
  expect([count(STATE.synReceived), count(STATE.established)]).toEqual([0, 1]);
  peer.flow = peer.events().find(({ kind }) => kind === EVENT.accepted)?.b ?? 0;
  peer.call("tcp_shutdown");
  expect(count(STATE.finWait1)).toBe(1);
  peer.call("tcp_abort");
  expect(count(STATE.finWait1)).toBe(0);
  host.call("tcp_unlisten", listener);
  expect(count(1)).toBe(0);
});

test("a receive buffer holds whole segments, and all of it may be used", () => {
  listen(host);
  peer.connect({ mss: 1460 });
  // 64 KiB rounded up; the window field alone could not say so.
  expect(peer.get(TcpField.ReceiveBufferBytes)).toBe(65_700);
  peer.say(RST, { seq: peer.seq + 65_699 });
  expect(peer.one().flags).toBe(ACK); // in the window, so it is asked about
  peer.say(RST, { seq: peer.seq + 65_700 });
  peer.silence();
  peer.call("tcp_abort");
});

test("a FIN that is not acknowledged goes along with each ACK", () => {
  listen(host);
  peer.connect();
  peer.call("tcp_shutdown");
  const fin = peer.one();
  expect(fin.flags & FIN).toBe(FIN);
  peer.say(ACK, { ack: fin.seq, seq: peer.seq + 5000, payload: new Uint8Array(10) });
  expect(peer.one()).toMatchObject({ flags: FIN | ACK, seq: fin.seq });
  peer.call("tcp_abort");
});

test("what fills a gap and more is reported as a duplicate (RFC 2883 section 4.1)", () => {
  listen(host);
  peer.connect({ mss: 1460, sackPermitted: true });
  const start = peer.seq;
  peer.say(ACK, { seq: start + 100, payload: new Uint8Array(100) });
  expect(peer.one().options.sack).toEqual([[start + 100, start + 200]]);
  peer.say(ACK, { payload: new Uint8Array(150) });
  const answer = peer.one();
  expect(answer.ack).toBe(start + 200);
  expect(answer.options.sack).toEqual([[start + 100, start + 150]]);
  peer.call("tcp_abort");
});
