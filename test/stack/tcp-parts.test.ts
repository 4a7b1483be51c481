/** Sequence numbers, timers, round trips, what must not be foreseen, and congestion windows. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compileFrameCode } from "../support/framecode.ts";
import { Host } from "../support/host.ts";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = new WebAssembly.Module(await compileFrameCode("test/stack/tcp-parts.frame.ts"));
});
const load = () => new Host().load(module);

test("RFC 9293 section 3.4: sequence numbers are compared around their end", async () => {
  const host = await load();
  for (const [a, b, expected] of [
    [0, 0, 0],
    [0, 1, 1],
    [1, 0, 0],
    [0xffffffff, 0, 1],
    [0, 0xffffffff, 0],
    [0x7fffffff, 0x80000000, 1],
    [0x80000002, 1, 1],
    [0xfffffff0, 0x10, 1],
  ] as const) {
    expect(host.call("is_before", a, b), `${a} before ${b}`).toBe(expected);
  }
  for (const [sequence, start, length, expected] of [
    [5, 5, 0, 0],
    [5, 5, 1, 1],
    [4, 5, 100, 0],
    [3, 0xfffffffe, 6, 1],
    [4, 0xfffffffe, 6, 0],
  ] as const) {
    expect(host.call("is_within", sequence, start, length)).toBe(expected);
  }
});

describe("the timing wheel", () => {
  test("rings each timer at its time, in order, and no other", async () => {
    const delay = fc.oneof(
      fc.integer({ min: 0, max: 70 }),
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: 0, max: 300_000 }),
      fc.integer({ min: 0, max: 1_000_000_000 }),
    );
    const operation = fc.record({
      kind: fc.constantFrom("set", "set", "set", "cancel", "wait", "wait"),
      timer: fc.integer({ min: 0, max: 31 }),
      delay,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 80 }), async (operations) => {
        const host = await load();
        let now = 0;
        const deadlines = new Map<number, number>();
        const ring = (until: number) => {
          while (deadlines.size > 0) {
            // Woken when it wants to be, as by `timer_set`.
            const next = host.call("timer_next") >>> 0;
            const [earliest = 0] = [...deadlines.values()].sort((a, b) => a - b);
            expect(next).toBeLessThanOrEqual(Math.max(earliest, now));
            if (next > until) break;
            now = Math.max(now, next);
            for (;;) {
              const rung = host.call("timer_expired", now);
              if (rung < 0) break;
              expect(deadlines.get(rung)).toBeLessThanOrEqual(now);
              // Not later than asked either: it is the time at which it was set, or this very millisecond.
              expect(Math.max(deadlines.get(rung) ?? 0, now)).toBe(now);
              deadlines.delete(rung);
              expect(host.call("timer_is_set", rung)).toBe(0);
            }
            for (const deadline of deadlines.values()) expect(deadline).toBeGreaterThan(now);
          }
          now = until;
        };
        for (const { kind, timer, delay } of operations) {
          if (now + delay > 0xf000_0000) break;
          if (kind === "set") {
            host.call("timer_at", timer, now + delay);
            deadlines.set(timer, now + delay);
          } else if (kind === "cancel") {
            host.call("timer_cancel", timer);
            deadlines.delete(timer);
          } else {
            ring(now + delay);
          }
        }
        for (let i = 0; i < 32; i++) host.call("timer_cancel", i);
        expect(host.call("timer_next")).toBe(-1);
      }),
      { numRuns: 200 },
    );
  });

  test("a timer that is put off again and again costs no wake-up for each time", async () => {
    const host = await load();
    let wakeUps = 0;
    for (let now = 0; now < 60_000; now++) {
      if (host.call("timer_next") >>> 0 <= now) {
        wakeUps++;
        expect(host.call("timer_expired", now)).toBe(-1);
      }
      host.call("timer_at", 0, now + 1000);
    }
    expect(wakeUps).toBeLessThan(200);
  });
});

describe("RFC 6298", () => {
  test("the estimate is that of the formulas, in floating point", async () => {
    const host = await load();
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 100 }),
        (samples) => {
          host.call("rtt_reset");
          let [smoothed, variation] = [0, 0];
          for (const [i, sample] of samples.entries()) {
            host.call("rtt_measured", sample);
            if (i === 0) [smoothed, variation] = [sample, sample / 2];
            else {
              variation = (3 / 4) * variation + (1 / 4) * Math.abs(smoothed - sample);
              smoothed = (7 / 8) * smoothed + (1 / 8) * sample;
            }
            expect(Math.abs(host.call("rtt_smoothed") - smoothed)).toBeLessThanOrEqual(9);
            expect(Math.abs(host.call("rtt_variation") - variation)).toBeLessThanOrEqual(12);
          }
          const estimate = (smoothed + Math.max(1000, 4 * variation)) / 1000;
          const timeout = Math.min(Math.max(estimate, 30) + 200, 64_000);
          expect(Math.abs(host.call("rtt_timeout") - timeout)).toBeLessThanOrEqual(2);
        },
      ),
    );
  });

  test("1 s before the first measurement, then what it says and 200 ms, doubled by each timeout up to 64 s", async () => {
    const host = await load();
    host.call("rtt_reset");
    expect(host.call("rtt_timeout")).toBe(1000);
    host.call("rtt_back_off");
    expect(host.call("rtt_timeout")).toBe(2200);
    host.call("rtt_measured", 100_000);
    expect(host.call("rtt_smoothed")).toBe(100_000);
    expect(host.call("rtt_variation")).toBe(50_000);
    // 100 ms + 4 * 50 ms, and the slop.
    expect(host.call("rtt_timeout")).toBe(500);
    const doubled: number[] = [];
    for (let i = 0; i < 40; i++) {
      host.call("rtt_back_off");
      doubled.push(host.call("rtt_timeout"));
    }
    expect(doubled.slice(0, 9)).toEqual([800, 1400, 2600, 5000, 9800, 19_400, 38_600, 64_000, 64_000]);
    expect(doubled[39]).toBe(64_000);
    host.call("rtt_measured", 100_000);
    expect(host.call("rtt_timeout")).toBe(450);
  });

  test("the estimate comes back from any extreme: the scales are divided out again", async () => {
    const host = await load();
    host.call("rtt_measured", 0xffffffff);
    expect(host.call("rtt_timeout")).toBe(64_000);
    for (let i = 0; i < 200; i++) host.call("rtt_measured", 1000);
    expect(host.call("rtt_smoothed")).toBeLessThanOrEqual(1001);
    expect(host.call("rtt_timeout")).toBe(230);
    host.call("rtt_reset");
    for (let i = 0; i < 100; i++) host.call("rtt_measured", 0);
    expect(host.call("rtt_timeout")).toBe(230);
  });
});

describe("what others must not foresee", () => {
  test("RFC 6528: initial sequence numbers go up with the clock for one pair of ends, and tell nothing of others", async () => {
    const host = await load();
    const at = (ms: number) => host.call("isn", 80, 40_000, ms) >>> 0;
    // 250,000 a second.
    expect((at(5000) - at(1000)) >>> 0).toBe(1_000_000);
    const others = Array.from({ length: 1000 }, (_, port) => host.call("isn", 80, port, 0) >>> 0);
    expect(new Set(others).size).toBe(1000);
    expect(Math.max(...others)).toBeGreaterThan(0xc0000000);
    expect(Math.min(...others)).toBeLessThan(0x40000000);
    expect(host.call("timestamp_offset", 1)).toBe(host.call("timestamp_offset", 1));
    expect(host.call("timestamp_offset", 1)).not.toBe(host.call("timestamp_offset", 2));
  });

  test("RFC 6056: ports to one remote end are all tried before one comes again, and differ between remote ends", async () => {
    const host = await load();
    host.call("port_begin", 1, 80);
    const seen = new Set<number>();
    for (let i = 0; i < 65_536 - 10_000; i++) seen.add(host.call("port_next"));
    expect(seen.size).toBe(65_536 - 10_000);
    expect(Math.min(...seen)).toBe(10_000);
    expect(Math.max(...seen)).toBe(65_535);
    const firsts = new Set<number>();
    for (let remote = 0; remote < 500; remote++) {
      host.call("port_begin", remote, 443);
      firsts.add(host.call("port_next"));
    }
    expect(firsts.size).toBeGreaterThan(480);
    // The next connection to the same end takes the next port.
    host.call("port_begin", 7, 443);
    const port = host.call("port_next");
    host.call("port_begin", 7, 443);
    expect([port + 1, 10_000]).toContain(host.call("port_next"));
  });

  const COOKIE_MSS = [216, 536, 1220, 1360, 1400, 1440, 1460, 8940];
  const COOKIE_SCALES = [0, 2, 4, 6, 7, 8, 11];

  test("a SYN cookie remembers the options, in steps no larger than what was offered", async () => {
    const host = await load();
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 65_535 }),
        fc.integer({ min: -1, max: 14 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 0x7fffffff }),
        fc.integer({ min: 0, max: 15_000 }),
        (mss, scale, sack, now, later) => {
          const cookie = host.call("cookie_make", 4000, 12345, now, mss, scale, Number(sack));
          const said = host.call("cookie_open", 4000, 12345, cookie, now + later);
          expect(said >>> 16).toBe(COOKIE_MSS.filter((step) => step <= mss).at(-1) ?? 216);
          expect((said >>> 8) & 1).toBe(Number(sack));
          const kept = scale < 0 ? -1 : COOKIE_SCALES.filter((step) => step <= scale).at(-1);
          expect((said << 24) >> 24).toBe(kept);
        },
      ),
    );
  });

  test("a SYN cookie is good for its connection only, and not for long", async () => {
    const host = await load();
    const cookie = host.call("cookie_make", 4000, 12345, 14_000, 1460, 7, 1);
    expect(host.call("cookie_open", 4000, 12345, cookie, 29_999)).toBeGreaterThan(0);
    expect(host.call("cookie_open", 4000, 12345, cookie, 30_000)).toBe(-1);
    expect(host.call("cookie_open", 4001, 12345, cookie, 14_000)).toBe(-1);
    expect(host.call("cookie_open", 4000, 12346, cookie, 14_000)).toBe(-1);
    for (let bit = 0; bit < 32; bit++) {
      expect(host.call("cookie_open", 4000, 12345, cookie ^ (1 << bit), 14_000), `bit ${bit}`).toBe(-1);
    }
    expect(host.call("cookie_open", 4000, 12345, cookie, 14_000 + 30_000)).toBe(-1);
    let guessed = 0;
    for (let i = 0; i < 20_000; i++) {
      if (host.call("cookie_open", 4000, 12345, Math.imul(i, 0x9e3779b1), 14_000) >= 0) guessed++;
    }
    expect(guessed).toBe(0);
  });
});

describe("congestion control", () => {
  const MSS = 1448;
  const [CUBIC, NEW_RENO] = [0, 1];

  test("RFC 6928: the initial window", async () => {
    const host = await load();
    expect(host.call("initial_window", 1460)).toBe(14_600);
    expect(host.call("initial_window", 1448)).toBe(14_480);
    expect(host.call("initial_window", 536)).toBe(5360);
    expect(host.call("initial_window", 8948)).toBe(17_896);
    expect(host.call("initial_window", 1500)).toBe(14_600);
  });

  test("cube roots are exact", async () => {
    const host = await load();
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (value) => {
        const high = Number(value >> 32n);
        const low = Number(value & 0xffffffffn);
        const root = BigInt(host.call("cube_root", high, low) >>> 0);
        expect(root ** 3n <= value && (root + 1n) ** 3n > value).toBe(true);
      }),
    );
    for (const root of [0n, 1n, 2n, 1000n, 2_642_245n]) {
      const cube = root ** 3n;
      expect(host.call("cube_root", Number(cube >> 32n), Number(cube & 0xffffffffn))).toBe(Number(root));
    }
  });

  test("RFC 9438: C * t^3 and K are those of floating point", async () => {
    const host = await load();
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 500, max: 65_495 }),
        (milliseconds, mss) => {
          const expected = Math.min(0.4 * (milliseconds / 1000) ** 3 * mss, 0x7fffffff);
          const got = host.call("cubic_bytes", milliseconds, mss);
          expect(Math.abs(got - expected)).toBeLessThanOrEqual(1 + expected / 1_000_000);
        },
      ),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1 << 30 }),
        fc.integer({ min: 500, max: 65_495 }),
        (bytes, mss) => {
          const expected = Math.cbrt(bytes / mss / 0.4) * 1000;
          expect(Math.abs(host.call("cubic_k", bytes, mss) - expected)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  test("RFC 5681: slow start doubles the window each round trip, congestion avoidance adds a segment", async () => {
    const host = await load();
    host.call("congestion_begin", NEW_RENO, MSS);
    const round = (ms: number) => {
      let left = host.call("congestion_window");
      for (; left >= MSS; left -= MSS) host.call("congestion_grow", MSS, ms, 100_000);
    };
    const before = host.call("congestion_window");
    round(0);
    expect(host.call("congestion_window")).toBe(2 * before);
    host.call("congestion_lose");
    expect(host.call("congestion_window")).toBe(before);
    for (let i = 1; i <= 10; i++) {
      round(i);
      expect(host.call("congestion_window")).toBe(before + i * MSS);
    }
    host.call("congestion_timeout");
    expect(host.call("congestion_window")).toBe(MSS);
    expect(host.call("congestion_threshold")).toBe(before);
  });

  test("stretched acknowledgements make the window grow as many small ones do (RFC 3465)", async () => {
    const windows: number[] = [];
    for (const segments of [1, 2, 40]) {
      const host = await load();
      host.call("congestion_begin", NEW_RENO, MSS);
      host.call("congestion_set_window", 100 * MSS);
      host.call("congestion_lose");
      for (let i = 0; i < 4000; i += segments) host.call("congestion_grow", segments * MSS, i, 50_000);
      windows.push(host.call("congestion_window"));
    }
    expect(Math.max(...windows) - Math.min(...windows)).toBeLessThanOrEqual(2 * MSS);
  });

  test.each([20, 100, 300])(
    "CUBIC follows the float model through losses (round trip %i ms)",
    async (rtt) => {
      const host = await load();
      host.call("congestion_begin", CUBIC, MSS);
      host.call("congestion_set_window", 200 * MSS);
      // The model, in segments and seconds.
      let [window, maximum, prior] = [200, 0, 0];
      let now = 0;
      const lose = () => {
        window = host.call("congestion_window") / MSS;
        host.call("congestion_lose");
        prior = window;
        maximum = window < maximum ? (window * (1 + 0.7)) / 2 : window;
        window = Math.max(window * 0.7, 2);
      };
      for (const rounds of [60, 120, 30, 100]) {
        lose();
        expect(Math.abs(host.call("congestion_window") / MSS - window)).toBeLessThan(0.02 * window + 1);
        const began = now;
        let k = 0;
        let estimate = 0;
        for (let round = 0; round < rounds; round++) {
          const segments = Math.floor(host.call("congestion_window") / MSS);
          for (let i = 0; i < segments; i++) {
            host.call("congestion_grow", MSS, Math.floor(now), rtt * 1000);
            if (estimate === 0) {
              if (maximum <= window) maximum = window;
              k = Math.cbrt((maximum - window) / 0.4);
              estimate = window;
            }
            const t = (Math.floor(now) - Math.floor(began) + rtt) / 1000;
            const target = Math.min(Math.max(0.4 * (t - k) ** 3 + maximum, window), 1.5 * window);
            estimate += (estimate < prior ? 9 / 17 : 1) / window;
            window = Math.max(window + (target - window) / window, estimate);
          }
          now += rtt;
          const got = host.call("congestion_window") / MSS;
          expect(Math.abs(got - window), `round ${round}: ${got}, model ${window}`).toBeLessThan(
            0.02 * window + 1,
          );
        }
      }
    },
  );

  test("no window grows beyond what window scaling can say", async () => {
    for (const algorithm of [CUBIC, NEW_RENO]) {
      const host = await load();
      host.call("congestion_begin", algorithm, MSS);
      for (let i = 0; i < 64; i++) host.call("congestion_grow", host.call("congestion_window"), i, 1000);
      expect(host.call("congestion_window")).toBe(1 << 30);
      host.call("congestion_lose");
      host.call("congestion_set_window", (1 << 30) - MSS + 1);
      for (let i = 0; i < 400; i++) host.call("congestion_grow", 1 << 28, 1000 * i, 1000);
      expect(host.call("congestion_window")).toBe(1 << 30);
    }
  });

  describe("HyStart++ (RFC 9406)", () => {
    /** One round of slow start in which each acknowledgement measures the same. Returns the window's growth. */
    function round(host: Host, at: { acknowledged: number }, microseconds: number): number {
      const window = host.call("congestion_window");
      const next = at.acknowledged + window;
      for (; at.acknowledged < next; at.acknowledged += MSS) {
        host.call("congestion_measured", at.acknowledged + MSS, next + MSS, microseconds);
        host.call("congestion_grow", MSS, 0, microseconds);
      }
      return host.call("congestion_window") / window;
    }

    test("slow start ends when round trips take longer, after five careful rounds", async () => {
      const host = await load();
      host.call("congestion_begin", CUBIC, MSS);
      const at = { acknowledged: 0 };
      for (let i = 0; i < 3; i++) expect(round(host, at, 50_000)).toBe(2);
      expect(host.call("congestion_is_conservative")).toBe(0);
      round(host, at, 60_000);
      expect(host.call("congestion_is_conservative")).toBe(1);
      expect(round(host, at, 60_000)).toBeLessThan(1.4);
      for (let i = 0; i < 5; i++) round(host, at, 60_000);
      expect(host.call("congestion_threshold") >>> 0).toBeLessThan(0xffffffff);
    });

    test("it was a mistake if they take less time again", async () => {
      const host = await load();
      host.call("congestion_begin", CUBIC, MSS);
      const at = { acknowledged: 0 };
      for (let i = 0; i < 3; i++) round(host, at, 50_000);
      round(host, at, 60_000);
      expect(host.call("congestion_is_conservative")).toBe(1);
      round(host, at, 50_000);
      expect(host.call("congestion_is_conservative")).toBe(0);
      expect(round(host, at, 50_000)).toBeGreaterThan(1.9);
    });
  });
});
