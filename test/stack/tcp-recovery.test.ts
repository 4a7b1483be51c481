/** What is lost, what is sent again and when, and how much may be sent: told by acknowledgements alone. */
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { compileFrameCode } from "../support/framecode.ts";
import { Host } from "../support/host.ts";

const MSS = 1000;
const RTT = 100_000;
const [NONE, REORDERING, PROBE, RETRANSMISSION] = [0, 1, 2, 3];
const [SEND, ASKS_FOR_PROBE, TIMEOUT] = [1, 2, 3];
const [OPEN, REPAIRING, TIMED_OUT] = [0, 1, 2];
const [CUBIC, NEW_RENO] = [0, 1];

let module: WebAssembly.Module;
let host: Host;
let now = 0;

beforeAll(async () => {
  module = new WebAssembly.Module(await compileFrameCode("test/stack/tcp-recovery.frame.ts"));
});
beforeEach(async () => {
  host = await new Host().load(module);
  now = 1_000_000;
});

/** Sends segments, a microsecond apart. */
function send(from: number, count: number): void {
  for (let i = 0; i < count; i++) host.call("sent", from + i * MSS, MSS, now++);
}

function acknowledge(sequence: number, blocks: [number, number][] = [], echo = 0): void {
  for (const [i, [left, right]] of blocks.entries()) host.call("block", i, left, right);
  host.call("acknowledge", sequence, now, 1, blocks.length, echo);
}

/** A connection whose round trip was measured: the first two segments are acknowledged. */
function begin({ sack = true, algorithm = NEW_RENO } = {}): void {
  host.call("begin", MSS, Number(sack), algorithm);
  send(0, 2);
  now += RTT;
  acknowledge(2000);
}

/** Sends again what is lost, as far as it may; returns where. */
function resendAll(timestamp = 0): number[] {
  const starts: number[] = [];
  while (host.call("next_lost") >= 0) {
    const length = Math.min(host.call("next_lost_length"), MSS);
    if (host.call("budget") < length) break;
    starts.push(host.call("next_lost"));
    host.call("resend", length, now++, timestamp);
  }
  return starts;
}

describe("RACK (RFC 8985)", () => {
  beforeEach(() => begin());

  test("three segments that overtook another: it is lost, and sent again at once", () => {
    send(2000, 10);
    now += RTT;
    acknowledge(2000, [[3000, 4000]]);
    expect(host.call("next_lost")).toBe(-1);
    acknowledge(2000, [[3000, 5000]]);
    expect(host.call("phase")).toBe(OPEN);
    acknowledge(2000, [[3000, 6000]]);
    expect(host.call("phase")).toBe(REPAIRING);
    expect(resendAll()).toEqual([2000]);
    // RFC 5681: half of what was under way.
    expect(host.call("threshold")).toBe(5000);
    now += RTT;
    acknowledge(12_000);
    expect(host.call("phase")).toBe(OPEN);
    expect(host.call("window")).toBe(5000);
    expect(host.call("used")).toBe(0);
    expect(host.call("deadline")).toBe(-1);
  });

  test("fewer: a quarter of the round trip later", () => {
    send(2000, 2);
    now += RTT;
    acknowledge(2000, [[3000, 4000]]);
    expect(host.call("timer")).toBe(REORDERING);
    const deadline = host.call("deadline");
    expect(deadline - now).toBeGreaterThan(RTT / 4 - 100);
    expect(deadline - now).toBeLessThan(RTT / 4 + 100);
    now = deadline - 1;
    expect(host.call("expired", now)).toBe(0);
    now = deadline;
    expect(host.call("expired", now)).toBe(SEND);
    expect(resendAll()).toEqual([2000]);
  });

  test("where reordering was seen, three segments are not enough", () => {
    send(2000, 2);
    now += RTT;
    acknowledge(2000, [[3000, 4000]]);
    acknowledge(4000);
    send(4000, 8);
    now += RTT;
    acknowledge(4000, [[5000, 10_000]]);
    expect(host.call("next_lost")).toBe(-1);
    expect(host.call("timer")).toBe(REORDERING);
    now = host.call("deadline");
    expect(host.call("expired", now)).toBe(SEND);
    expect(resendAll()).toEqual([4000]);
  });

  test("D-SACKs say that waiting was too short: the next wait is longer", () => {
    send(2000, 2);
    for (let i = 0; i < 4; i++) acknowledge(2000, [[0, 1000]]);
    now += RTT;
    acknowledge(2000, [[3000, 4000]]);
    // Once a round trip: not four times.
    const wait = host.call("deadline") - now;
    expect(wait).toBeGreaterThan(RTT / 2 - 100);
    expect(wait).toBeLessThan(RTT / 2 + 100);
  });

  test("a retransmission that is lost too is found by what was sent after it", () => {
    send(2000, 10);
    now += RTT;
    acknowledge(2000, [[3000, 8000]]);
    expect(resendAll()).toEqual([2000]);
    send(12_000, 5);
    now += RTT;
    acknowledge(2000, [[3000, 14_000]]);
    expect(resendAll()).toEqual([2000]);
    expect(host.call("phase")).toBe(REPAIRING);
  });

  test("acknowledgements that were lost do not look like reordering", () => {
    send(2000, 8);
    now += RTT;
    // Everything that came meanwhile, in one acknowledgement.
    acknowledge(4000, [
      [9000, 10_000],
      [5000, 6000],
      [7000, 8000],
    ]);
    expect(resendAll()).toEqual([4000, 6000, 8000]);
    expect(host.call("phase")).toBe(REPAIRING);
  });
});

describe("tail loss probes (RFC 8985 section 7)", () => {
  beforeEach(() => begin());

  test("the last segment is sent again after two round trips, and what it finds lost too", () => {
    send(2000, 5);
    const sent = now - 1;
    expect(host.call("timer")).toBe(PROBE);
    expect(Math.abs(host.call("deadline") - sent - 2 * RTT)).toBeLessThan(10);
    now = host.call("deadline");
    expect(host.call("expired", now)).toBe(ASKS_FOR_PROBE);
    expect(host.call("probe", now)).toBe(6000);
    expect(host.call("timer")).toBe(RETRANSMISSION);
    now += RTT + 10;
    acknowledge(2000, [[6000, 7000]]);
    expect(host.call("phase")).toBe(REPAIRING);
    expect(resendAll()[0]).toBe(2000);
  });

  test("one segment alone gets time for a delayed acknowledgement", () => {
    send(2000, 1);
    expect(Math.abs(host.call("deadline") - now - 2 * RTT - 200_000)).toBeLessThan(10);
  });

  test("a loss that only the probe repaired halves the window all the same", () => {
    send(2000, 1);
    const window = host.call("window");
    now = host.call("deadline");
    host.call("expired", now);
    expect(host.call("probe", now)).toBe(2000);
    now += RTT;
    acknowledge(3000);
    expect(host.call("window")).toBe(window);
    // The next acknowledgement tells that no duplicate was reported.
    send(3000, 8);
    now += RTT;
    acknowledge(5000);
    expect(host.call("window")).toBeLessThanOrEqual(window / 2);
  });

  test("a probe that was not needed changes nothing", () => {
    send(2000, 1);
    const window = host.call("window");
    now = host.call("deadline");
    host.call("expired", now);
    host.call("probe", now);
    now += RTT;
    acknowledge(3000);
    acknowledge(3000, [[2000, 3000]]);
    send(3000, 8);
    now += RTT;
    acknowledge(5000);
    expect(host.call("window")).toBeGreaterThanOrEqual(window);
  });

  test("no probe answered: the retransmission timeout", () => {
    send(2000, 3);
    now = host.call("deadline");
    host.call("expired", now);
    host.call("probe", now);
    const armed = now;
    now = host.call("deadline");
    // RTO: 100 ms + 4 * 50 ms * (3/4) and 200 ms.
    expect(now - armed).toBeGreaterThan(300_000);
    expect(host.call("expired", now)).toBe(TIMEOUT);
    expect(host.call("window")).toBe(MSS);
    expect(resendAll()).toEqual([2000]);
  });
});

describe("the retransmission timeout", () => {
  beforeEach(() => begin({ sack: false }));

  test("RFC 5681 section 3.1: one segment, then slow start up to half of what was under way", () => {
    send(2000, 10);
    now = host.call("deadline");
    expect(host.call("timer")).toBe(RETRANSMISSION);
    expect(host.call("expired", now)).toBe(TIMEOUT);
    expect(host.call("phase")).toBe(TIMED_OUT);
    expect(host.call("threshold")).toBe(5000);
    expect(resendAll()).toEqual([2000]);
    now += RTT;
    acknowledge(3000);
    expect(resendAll()).toEqual([3000, 4000]);
    now += RTT;
    acknowledge(4000);
    acknowledge(5000);
    expect(resendAll()).toEqual([5000, 6000, 7000, 8000]);
    now += RTT;
    acknowledge(12_000);
    expect(host.call("phase")).toBe(OPEN);
    expect(host.call("used")).toBe(0);
  });

  test("RFC 6298 section 5.5: twice as long each time, while the threshold stays", () => {
    send(2000, 10);
    const waits: number[] = [];
    let last = now;
    for (let i = 0; i < 5; i++) {
      const deadline = host.call("deadline");
      waits.push(deadline - last);
      last = now = deadline;
      expect(host.call("expired", now)).toBe(TIMEOUT);
      expect(resendAll()).toEqual([2000]);
      expect(host.call("threshold")).toBe(5000);
    }
    for (let i = 1; i < waits.length; i++) {
      const ratio = ((waits[i] ?? 0) - 200_000) / ((waits[i - 1] ?? 1) - 200_000);
      expect(ratio).toBeGreaterThan(1.9);
      expect(ratio).toBeLessThan(2.1);
    }
  });

  test("early calls change nothing", () => {
    send(2000, 1);
    expect(host.call("expired", host.call("deadline") - 1)).toBe(0);
    expect(host.call("phase")).toBe(OPEN);
  });

  test("RFC 2018 section 8: a peer that forgets what it said it had gets it again", () => {
    begin();
    send(2000, 4);
    now += RTT;
    acknowledge(2000, [[3000, 6000]]);
    resendAll();
    now += RTT;
    // It has 2000 to 2999 and has thrown away all else.
    acknowledge(3000);
    now = host.call("deadline");
    expect(host.call("expired", now)).toBe(TIMEOUT);
    expect(host.call("sacked")).toBe(0);
    expect(resendAll()).toEqual([3000]);
  });
});

describe("without SACK (RFC 6582)", () => {
  beforeEach(() => begin({ sack: false }));

  test("RFC 3042: the first two duplicates let new segments out, the third is a loss", () => {
    send(2000, 10);
    now += RTT;
    expect(host.call("budget")).toBe(0);
    acknowledge(2000);
    expect(host.call("budget")).toBe(MSS);
    acknowledge(2000);
    expect(host.call("budget")).toBe(2 * MSS);
    expect(host.call("next_lost")).toBe(-1);
    acknowledge(2000);
    expect(resendAll()).toEqual([2000]);
    expect(host.call("phase")).toBe(REPAIRING);
  });

  test("each partial acknowledgement has the next hole sent again", () => {
    send(2000, 12);
    now += RTT;
    for (let i = 0; i < 9; i++) acknowledge(2000);
    expect(resendAll()).toEqual([2000]);
    now += RTT;
    acknowledge(5000);
    expect(resendAll()).toEqual([5000]);
    now += RTT;
    acknowledge(9000);
    expect(resendAll()).toEqual([9000]);
    now += RTT;
    acknowledge(14_000);
    expect(host.call("phase")).toBe(OPEN);
    expect(host.call("window")).toBe(host.call("threshold"));
    expect(host.call("used")).toBe(0);
  });

  test("duplicates after the timeout are of what was sent twice: no fast retransmission", () => {
    send(2000, 8);
    now = host.call("deadline");
    host.call("expired", now);
    resendAll();
    now += RTT;
    acknowledge(10_000);
    send(10_000, 4);
    now += RTT;
    for (let i = 0; i < 5; i++) acknowledge(10_000);
    expect(host.call("next_lost")).toBe(-1);
    acknowledge(11_000);
    for (let i = 0; i < 3; i++) acknowledge(11_000);
    expect(resendAll()).toEqual([11_000]);
  });

  test("segments with data or another window are no duplicates", () => {
    send(2000, 8);
    for (let i = 0; i < 5; i++) host.call("acknowledge", 2000, now, 0, 0, 0);
    expect(host.call("next_lost")).toBe(-1);
  });
});

describe("needless retransmissions", () => {
  test("RFC 3522: a timestamp says that the first transmission arrived: everything is as it was", () => {
    begin();
    send(2000, 10);
    const window = host.call("window");
    const threshold = host.call("threshold");
    now += RTT;
    acknowledge(2000, [[3000, 7000]]);
    expect(host.call("threshold")).toBe(5000);
    expect(resendAll(5000)).toEqual([2000]);
    acknowledge(7000, [], 4999);
    expect(host.call("undone")).toBe(1);
    expect(host.call("phase")).toBe(OPEN);
    expect(host.call("window")).toBeGreaterThanOrEqual(window);
    expect(host.call("threshold")).toBe(threshold);
  });

  test("a timestamp of the retransmission says nothing of the kind", () => {
    begin();
    send(2000, 10);
    now += RTT;
    acknowledge(2000, [[3000, 7000]]);
    resendAll(5000);
    now += RTT;
    acknowledge(7000, [], 5000);
    expect(host.call("undone")).toBe(0);
    // Not even if an older one comes behind it, and more was sent again meanwhile.
    send(12_000, 8);
    acknowledge(7000, [[9000, 20_000]]);
    expect(resendAll(6000).length).toBeGreaterThan(0);
    acknowledge(8000, [], 4000);
    expect(host.call("undone")).toBe(0);
    expect(host.call("phase")).toBe(REPAIRING);
  });

  test("the same after a timeout, with all that was taken for lost", () => {
    begin({ sack: false });
    send(2000, 10);
    const window = host.call("window");
    now = host.call("deadline");
    host.call("expired", now);
    expect(resendAll(7000)).toEqual([2000]);
    acknowledge(3000, [], 6000);
    expect(host.call("undone")).toBe(1);
    expect(host.call("lost")).toBe(0);
    expect(host.call("window")).toBeGreaterThanOrEqual(window);
    expect(host.call("flight")).toBe(9000);
  });

  test("RFC 2883: D-SACKs for all that was sent again", () => {
    begin();
    send(2000, 10);
    const window = host.call("window");
    now += RTT;
    acknowledge(2000, [[3000, 7000]]);
    expect(resendAll()).toEqual([2000]);
    acknowledge(7000);
    acknowledge(7000, [[2000, 3000]]);
    expect(host.call("undone")).toBe(1);
    expect(host.call("window")).toBeGreaterThanOrEqual(window);
  });
});

test("duplicates that are reported once the recovery is over undo it too, but not for ever", () => {
  for (const late of [false, true]) {
    begin();
    send(2000, 10);
    const window = host.call("window");
    now += RTT;
    acknowledge(2000, [[3000, 7000]]);
    expect(resendAll()).toEqual([2000]);
    acknowledge(12_000);
    expect(host.call("phase")).toBe(OPEN);
    expect(host.call("window")).toBe(5000);
    send(12_000, 2);
    if (late) {
      now += RTT;
      acknowledge(14_000);
    }
    acknowledge(late ? 14_000 : 12_000, [[2000, 3000]]);
    expect(host.call("undone")).toBe(Number(!late));
    expect(host.call("window") >= window).toBe(!late);
  }
});

test("an echo of long ago does not make the timeout longer than twice itself", () => {
  begin();
  send(2000, 1);
  now = host.call("deadline");
  host.call("expired", now);
  host.call("probe", now);
  now = host.call("deadline");
  const before = host.call("timeout_milliseconds");
  host.call("expired", now);
  resendAll();
  now += 60_000_000;
  host.call("echo_microseconds", 60_000_000);
  acknowledge(3000);
  expect(host.call("timeout_milliseconds")).toBeGreaterThan(before);
  expect(host.call("timeout_milliseconds")).toBeLessThanOrEqual(2 * before);
});

describe("how much may be sent", () => {
  test("RFC 6937: a recovery sends in proportion to what arrives, and ends at the threshold", () => {
    for (const algorithm of [CUBIC, NEW_RENO]) {
      host.call("begin", MSS, 1, algorithm);
      send(0, 10);
      now += RTT;
      acknowledge(10_000);
      // Twenty segments, of which the first is lost.
      send(10_000, 20);
      now += RTT;
      let sent = 0;
      let next = 30_000;
      for (let arrived = 2; arrived <= 20; arrived++) {
        acknowledge(10_000, [[11_000, 10_000 + arrived * MSS]]);
        if (host.call("phase") !== REPAIRING) continue;
        sent += resendAll().length;
        while (host.call("budget") >= MSS) {
          send(next, 1);
          next += MSS;
          sent++;
        }
      }
      const threshold = host.call("threshold");
      expect(threshold).toBe(algorithm === CUBIC ? 14_000 : 10_000);
      expect(Math.abs(sent * MSS - threshold), `${sent} sent`).toBeLessThanOrEqual(2 * MSS);
      expect(Math.abs(host.call("flight") - threshold)).toBeLessThanOrEqual(2 * MSS);
    }
  });

  test("a window that is not used does not grow", () => {
    begin();
    const window = host.call("window");
    for (let i = 2; i < 50; i++) {
      send(i * MSS, 1);
      now += RTT;
      acknowledge((i + 1) * MSS);
    }
    expect(host.call("window")).toBe(window);
  });

  test("RFC 5681 section 4.1: after a pause the window is the initial one again", () => {
    begin();
    let at = 2000;
    for (let i = 0; i < 6; i++) {
      const segments = Math.floor(host.call("budget") / MSS);
      send(at, segments);
      at += segments * MSS;
      now += RTT;
      acknowledge(at);
    }
    expect(host.call("window")).toBeGreaterThan(50_000);
    host.call("restart");
    expect(host.call("window")).toBe(10_000);
  });

  test("RFC 3168 section 6.1.2: congestion that was only marked counts once for each window", () => {
    begin();
    send(2000, 10);
    expect(host.call("congestion_experienced")).toBe(1);
    expect(host.call("window")).toBe(5000);
    expect(host.call("congestion_experienced")).toBe(0);
    now += RTT;
    acknowledge(12_000);
    send(12_000, 4);
    expect(host.call("congestion_experienced")).toBe(1);
  });

  test("RFC 1191 section 6.4: a path that became narrow has all sent again, and nothing punished", () => {
    begin();
    send(2000, 8);
    const window = host.call("window");
    host.call("change_mss", 500);
    expect(host.call("window")).toBe(window);
    expect(host.call("lost")).toBe(8000);
    expect(host.call("phase")).toBe(OPEN);
    expect(resendAll().length).toBe(8);
  });
});

test("what blocks say is checked: none can do more than be counted", () => {
  const word = fc.oneof(
    fc.integer({ min: 0, max: 40_000 }),
    fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  );
  const step = fc.record({
    kind: fc.constantFrom("send", "send", "ack", "sack", "sack", "sack", "resend", "timer"),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    blocks: fc.array(fc.tuple(word, word), { maxLength: 4 }),
    sensible: fc.boolean(),
    wait: fc.integer({ min: 0, max: 50_000 }),
  });
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 100 }), (sack, steps) => {
      host.call("begin", MSS, Number(sack), CUBIC);
      let [una, next] = [0, 0];
      now = 1_000_000;
      for (const { kind, at, blocks, sensible, wait } of steps) {
        now += wait;
        if (now > 2_000_000_000) break;
        if (kind === "send") {
          const length = 1 + Math.floor(at * 4000);
          host.call("sent", next, length, now);
          next += length;
        } else if (kind === "ack") {
          una = Math.min(una + Math.floor(at * (next - una + 1)), next);
          acknowledge(una);
        } else if (kind === "sack") {
          const inside = (value: number) => una + (Math.abs(value) % (next - una + 1));
          const chosen = blocks.map(([a, b]): [number, number] =>
            sensible ? [Math.min(inside(a), inside(b)), Math.max(inside(a), inside(b))] : [a, b],
          );
          acknowledge(una, chosen);
        } else if (kind === "resend") {
          resendAll(1);
        } else {
          const deadline = host.call("deadline");
          expect(deadline === -1).toBe(next === una);
          if (deadline !== -1 && deadline >= now) now = deadline;
          if (host.call("expired", now) === ASKS_FOR_PROBE) host.call("probe", now);
        }
        const outstanding = next - una;
        expect(host.call("outstanding")).toBe(outstanding);
        expect(host.call("sacked") + host.call("lost")).toBeLessThanOrEqual(outstanding);
        expect(host.call("flight")).toBeLessThanOrEqual(outstanding);
        expect(host.call("window")).toBeGreaterThanOrEqual(0);
        expect(host.call("next_lost") >= 0).toBe(host.call("lost") > 0);
        expect(host.call("timer") === NONE).toBe(outstanding === 0);
      }
      now += 1000;
      acknowledge(next);
      expect(host.call("used")).toBe(0);
      expect(host.call("flight")).toBe(0);
      expect(host.call("phase")).toBe(OPEN);
    }),
    { numRuns: 500 },
  );
});
