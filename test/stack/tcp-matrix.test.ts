/**
 * Every combination of control bits, in every state, with each kind of sequence and acknowledgement number: the state
 * afterwards and the answer are those of RFC 9293 section 3.10.7, with RFC 5961's changes, RFC 1337 and RFC 6191. The
 * model below is written from the RFCs, not from the code.
 */
import { describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import { newStackWithPeer, PEER } from "./fixture.ts";
import {
  ACK,
  EVENT,
  FIELD,
  FIN,
  listen,
  MILLISECOND,
  PEER_OPTIONS,
  Peer,
  PORT,
  RST,
  STATE,
  SYN,
  show,
  words,
} from "./tcp-peer.ts";

const FLAGS = Array.from({ length: 64 }, (_, flags) => flags);
const SEQUENCES = ["expected", "inside", "below", "above"] as const;
const ACKNOWLEDGEMENTS = ["new", "old", "ancient", "future"] as const;
type Sequence = (typeof SEQUENCES)[number];
type Acknowledgement = (typeof ACKNOWLEDGEMENTS)[number];
type Answer = "none" | "ack" | "reset" | "syn-ack";

interface Outcome {
  state: number;
  answer: Answer;
}

const SEQUENCE_OFFSET = { expected: 0, inside: 1000, below: -5, above: 10_000_000 } as const;

function fin(flags: number, seq: Sequence): boolean {
  return (flags & FIN) !== 0 && seq === "expected";
}

/**
 * Outside the window: an ACK, and it is dropped. What lies before the window and takes sequence numbers, a FIN here, is
 * a repetition: its acknowledgement counts, as in FreeBSD.
 */
function outside(flags: number, seq: Sequence, ack: Acknowledgement): boolean {
  if (seq === "above") return true;
  return seq === "below" && !(flags & FIN && flags & ACK && (ack === "new" || ack === "old"));
}

/** ESTABLISHED to LAST-ACK. `finSent`: it is not acknowledged by "old", but by "new". */
function synchronized(state: number, flags: number, seq: Sequence, ack: Acknowledgement): Outcome {
  const same = (answer: Answer): Outcome => ({ state, answer });
  if (flags & RST) {
    if (seq === "expected") return { state: STATE.closed, answer: "none" };
    return same(seq === "inside" ? "ack" : "none");
  }
  if (flags & SYN) return same("ack");
  if (outside(flags, seq, ack)) return same("ack");
  if (!(flags & ACK)) return same("none");
  if (ack === "ancient" || ack === "future") return same("ack");
  let next = state;
  if (ack === "new") {
    if (state === STATE.finWait1) next = STATE.finWait2;
    if (state === STATE.closing) next = STATE.timeWait;
    if (state === STATE.lastAck) next = STATE.closed;
  }
  if (!(flags & FIN)) return { state: next, answer: "none" };
  if (next === STATE.timeWait) return { state: next, answer: "ack" };
  if (next === STATE.closed) return { state: next, answer: "ack" };
  if (fin(flags, seq)) {
    if (next === STATE.established) next = STATE.closeWait;
    else if (next === STATE.finWait1) next = STATE.closing;
    else if (next === STATE.finWait2) next = STATE.timeWait;
  }
  return { state: next, answer: "ack" };
}

function listening(flags: number): Outcome {
  const state = STATE.closed;
  if (flags & RST) return { state, answer: "none" };
  if (flags & ACK) return { state, answer: "reset" };
  return { state, answer: flags & SYN ? "syn-ack" : "none" };
}

function embryonic(flags: number, seq: Sequence, ack: Acknowledgement): Outcome {
  const state = STATE.closed; // for the program: nothing was accepted yet
  if (flags & RST) return { state, answer: seq === "inside" ? "ack" : "none" };
  if (flags & SYN) return { state, answer: "syn-ack" };
  if (!(flags & ACK)) return { state, answer: "none" };
  if (ack !== "new") return { state, answer: "reset" };
  if (seq === "below" || seq === "above") return { state, answer: "ack" };
  const closes = fin(flags, seq);
  return { state: closes ? STATE.closeWait : STATE.established, answer: flags & FIN ? "ack" : "none" };
}

function synReceived(flags: number, seq: Sequence, ack: Acknowledgement): Outcome {
  const same = (answer: Answer): Outcome => ({ state: STATE.synReceived, answer });
  if (flags & RST) {
    if (seq === "expected") return { state: STATE.closed, answer: "none" };
    return same(seq === "inside" ? "ack" : "none");
  }
  if (flags & SYN) return same("ack");
  if (seq === "above" || (seq === "below" && !(flags & FIN && flags & ACK))) return same("ack");
  if (!(flags & ACK)) return same("none");
  if (ack !== "new") return same("reset");
  return {
    state: fin(flags, seq) ? STATE.closeWait : STATE.established,
    answer: flags & FIN ? "ack" : "none",
  };
}

function synSent(flags: number, ack: Acknowledgement): Outcome {
  const same = (answer: Answer): Outcome => ({ state: STATE.synSent, answer });
  if (flags & ACK && ack !== "new") return same(flags & RST ? "none" : "reset");
  if (flags & RST) return flags & ACK ? { state: STATE.closed, answer: "none" } : same("none");
  if (!(flags & SYN)) return same("none");
  if (!(flags & ACK)) return { state: STATE.synReceived, answer: "syn-ack" };
  return { state: flags & FIN ? STATE.closeWait : STATE.established, answer: "ack" };
}

/** With a listener at the port. */
function timeWait(flags: number, seq: Sequence, ack: Acknowledgement): Outcome {
  const same = (answer: Answer): Outcome => ({ state: STATE.timeWait, answer });
  if (flags & RST) return same("none");
  if (flags & SYN && !(flags & ACK)) {
    return seq === "below" ? same("none") : { state: STATE.closed, answer: "syn-ack" };
  }
  if (!(flags & ACK)) return same("none");
  const plain = !(flags & (SYN | FIN)) && seq === "expected" && ack === "new";
  return same(plain ? "none" : "ack");
}

/** Brings a fresh flow into a state; answers what "old" means: SND.UNA. */
type Enter = (peer: Peer) => number;

function established(peer: Peer): number {
  peer.connect();
  return peer.ack;
}

function closing(peer: Peer): number {
  established(peer);
  const una = peer.ack;
  peer.call("tcp_shutdown");
  peer.heard();
  peer.say(FIN | ACK, { ack: una });
  peer.seq++;
  peer.heard();
  return una;
}

const STATES: Record<string, [Enter, (flags: number, seq: Sequence, ack: Acknowledgement) => Outcome]> = {
  "SYN-SENT": [
    (peer) => {
      peer.flow = peer.host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
      peer.ownPort = peer.one().sourcePort;
      return peer.ack - 1;
    },
    (flags, _seq, ack) => synSent(flags, ack),
  ],
  "SYN-RECEIVED (simultaneous)": [
    (peer) => {
      peer.flow = peer.host.call("tcp_connect", ...words(PEER), peer.port, 0, 0, 0, 0, 0);
      peer.ownPort = peer.one().sourcePort;
      peer.say(SYN, { options: PEER_OPTIONS });
      peer.seq++;
      expect(peer.one().flags).toBe(SYN | ACK);
      return peer.ack - 1;
    },
    synReceived,
  ],
  ESTABLISHED: [established, (...args) => synchronized(STATE.established, ...args)],
  "FIN-WAIT-1": [
    (peer) => {
      const una = established(peer);
      peer.call("tcp_shutdown");
      peer.heard();
      return una;
    },
    (...args) => synchronized(STATE.finWait1, ...args),
  ],
  "FIN-WAIT-2": [
    (peer) => {
      established(peer);
      peer.call("tcp_shutdown");
      peer.heard();
      peer.say(ACK);
      return peer.ack;
    },
    (...args) => synchronized(STATE.finWait2, ...args),
  ],
  "CLOSE-WAIT": [
    (peer) => {
      established(peer);
      peer.say(FIN | ACK);
      peer.seq++;
      peer.heard();
      return peer.ack;
    },
    (...args) => synchronized(STATE.closeWait, ...args),
  ],
  CLOSING: [closing, (...args) => synchronized(STATE.closing, ...args)],
  "LAST-ACK": [
    (peer) => {
      established(peer);
      peer.say(FIN | ACK);
      peer.seq++;
      peer.heard();
      const una = peer.ack;
      peer.call("tcp_shutdown");
      peer.heard();
      return una;
    },
    (...args) => synchronized(STATE.lastAck, ...args),
  ],
  "TIME-WAIT": [
    (peer) => {
      const una = closing(peer);
      peer.say(ACK);
      peer.heard();
      return una;
    },
    timeWait,
  ],
};

function answerOf(peer: Peer): Answer {
  const all = peer.heard();
  if (all.length === 0) return "none";
  expect(all.map(show)).toHaveLength(1);
  const flags = all[0]?.flags ?? 0;
  if (flags & RST) return "reset";
  return flags & SYN ? "syn-ack" : "ack";
}

function names(flags: number): string {
  return (
    ["FIN", "SYN", "RST", "PSH", "ACK", "URG"].filter((_, bit) => flags & (1 << bit)).join("+") || "none"
  );
}

function say(peer: Peer, flags: number, seq: Sequence, ack: Acknowledgement, old: number): void {
  const acknowledgement = { new: peer.ack, old, ancient: old - 100_000_000, future: peer.ack + 5000 }[ack];
  peer.say(flags, { seq: peer.seq + SEQUENCE_OFFSET[seq], fields: { ack: acknowledgement >>> 0 } });
}

function clean(host: Host, peer: Peer): void {
  peer.call("tcp_abort");
  host.takeEvents();
  host.takeTransmitted();
  host.advance(10n * MILLISECOND); // answers are rate-limited
}

describe.each(Object.entries(STATES))("%s", (_name, [enter, model]) => {
  test.each(SEQUENCES)("sequence number %s", async (seq) => {
    const host = await newStackWithPeer();
    listen(host);
    let port = 1000;
    for (const flags of FLAGS) {
      for (const ack of flags & ACK ? ACKNOWLEDGEMENTS : (["new"] as const)) {
        const peer = new Peer(host, port++);
        const old = enter(peer);
        host.takeEvents();
        // "old" must differ from "new" to mean something.
        if (ack === "old" && old === peer.ack) {
          clean(host, peer);
          continue;
        }
        say(peer, flags, seq, ack, old);
        const answer = answerOf(peer);
        const state = peer.state;
        expect({ flags: names(flags), ack, answer, state: state < 0 ? STATE.closed : state }).toEqual({
          flags: names(flags),
          ack,
          ...model(flags, seq, ack),
        });
        clean(host, peer);
      }
    }
  });
});

test.each(SEQUENCES)("SYN-RECEIVED of a listener, sequence number %s", async (seq) => {
  const host = await newStackWithPeer();
  listen(host);
  let port = 1000;
  for (const flags of FLAGS) {
    for (const ack of flags & ACK ? ACKNOWLEDGEMENTS : (["new"] as const)) {
      const peer = new Peer(host, port++);
      peer.say(SYN, { options: PEER_OPTIONS });
      peer.seq++;
      peer.heard();
      say(peer, flags, seq, ack, peer.ack - 1);
      const answer = answerOf(peer);
      const accepted = host.takeEvents().find(({ kind }) => kind === EVENT.accepted);
      peer.flow = accepted?.b ?? 0;
      expect({ flags: names(flags), ack, answer, state: accepted ? peer.state : STATE.closed }).toEqual({
        flags: names(flags),
        ack,
        ...embryonic(flags, seq, ack),
      });
      clean(host, peer);
    }
  }
});

test("LISTEN and CLOSED", async () => {
  const host = await newStackWithPeer();
  listen(host);
  let port = 1000;
  for (const flags of FLAGS) {
    for (const [ownPort, expected] of [
      [PORT, listening(flags).answer],
      [PORT + 1, flags & RST ? "none" : "reset"],
    ] as const) {
      const peer = new Peer(host, port++, ownPort);
      peer.say(flags, { fields: { ack: 5 } });
      expect({ flags: names(flags), ownPort, answer: answerOf(peer) }).toEqual({
        flags: names(flags),
        ownPort,
        answer: expected,
      });
      host.advance(10n * MILLISECOND);
    }
  }
  expect(host.takeEvents()).toEqual([]);
  expect(FIELD.state).toBe(10);
});
