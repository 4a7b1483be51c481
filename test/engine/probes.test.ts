/** Probes of the shared objects, as the platform in memory writes them down, and what collections of garbage count. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { dtraceName, parseProbes } from "../../tools/probes-doc.ts";
import { type Addon, loadAddon, program, type RunResult, root } from "./addon.ts";

const rows = parseProbes(readFileSync(join(root, "dtrace/probes.def"), "utf8"));

let addon: Addon;
beforeAll(async () => {
  addon = await loadAddon();
}, 120_000);

/** Name and arguments of each probe that fired, in order. */
function fired(result: RunResult): string[][] {
  return result.probes
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
}

function named(result: RunResult, name: string): string[][] {
  return fired(result)
    .filter(([first]) => first === name)
    .map(([, ...args]) => args);
}

async function trace(
  statements: string,
  options: { rtparams?: string; netifs?: number; stopAfter?: number } = {},
): Promise<RunResult> {
  return addon.run({ source: program(statements), probes: 1, ...options });
}

/** Probes of what the engine does, which language-probes.test.ts is about. */
const LANGUAGE = /^(gc|function|object|execute|compile|bytecode|heap)-|^sample$/;

const GARBAGE = "for (var i = 0; i < 50000; i++) { var ring = { n: i }; ring.ring = ring; }";
const FRAME = "new Uint8Array([2,0,0,0,0,0, 2,0,0,0,0,1, 8,0, 1,2,3,4,5,6])";

describe("a program's life", () => {
  it("is told from load to unload, turn by turn", async () => {
    const result = await trace(
      'print("one\\ntwo"); native.timerSet(function () { native.exit(3); }, 5000000, false);',
    );
    expect(result.state).toBe("returned");
    expect(fired(result).filter(([name]) => !LANGUAGE.test(name!))).toEqual([
      ["load", "test", "0", "0"],
      ["start", "test", "0"],
      ["console", "1", "one", "3"],
      ["console", "1", "two", "3"],
      ["turn-start", "0"],
      ["turn-done", "0", expect.stringMatching(/^[1-9]\d*$/)],
      ["sleep", "0", "5000000", "1"],
      ["wakeup", "1", "1"],
      ["turn-start", "1"],
      ["timer", "1", "5000000", "5000000"],
      ["turn-done", "1", expect.stringMatching(/^[1-9]\d*$/)],
      ["stop", "test", "returned", "3", String(result.instructions)],
      ["unload", "0"],
    ]);
    expect(named(result, "turn-done")[1]![1]).toBe(String(result.instructions));
  });

  it("ends with the message and its stack, once it is whole", async () => {
    const result = await trace('function inner() { throw new Error("why"); }\ninner();');
    expect(named(result, "error")).toEqual([["test", result.error.replaceAll("\n", "\\n")]]);
    expect(result.error).toMatch(/why\n {4}at inner/);
    expect(named(result, "stop")).toEqual([["test", "failed", "0", String(result.instructions)]]);
    expect(named(result, "budget")).toEqual([]);
  });

  it.each([
    ["instruction", "i=20k", "for (;;) {}", "20480"],
    ["heap", "h=1M", "var all = []; for (;;) { all.push([1, 2, 3]); }", "1048576"],
    ["call depth", "d=100", "function f() { return f() + 1; } f();", "100"],
  ])(
    "says that the %s budget was exceeded, before the error",
    async (budget, rtparams, statements, limit) => {
      const result = await trace(statements, { rtparams });
      expect(result.state).toBe("over budget");
      const ends = fired(result).filter(([name]) => ["budget", "error", "stop"].includes(name!));
      expect(ends).toEqual([
        ["budget", budget, limit],
        ["error", "test", result.error.replaceAll("\n", "\\n")],
        ["stop", "test", "over-budget", "0", String(result.instructions)],
      ]);
    },
  );
});

describe("frames", () => {
  it("are told on their way out, in, and back, with what happens to them", async () => {
    const result = await trace(
      `native.keepAlive(1);
      native.netifListen(0, function (frame, length) {
        native.frameViews(frame, 0, length); native.frameRelease(frame); native.netifListen(0, null); native.keepAlive(-1);
      });
      native.netifWrite(0, ${FRAME});`,
      { netifs: 1 },
    );
    expect(result.error).toBe("");
    const seen = fired(result).filter(([name]) => /netif|frame|drop|copy/.test(name!));
    const handle = expect.stringMatching(/^[1-9]\d*$/);
    expect(seen).toEqual([
      // 256: the bytes are JavaScript's own.
      ["netif-tx", "0", "0", "@", "20", "256", "0"],
      ["netif-rx", "0", handle, "@", "20", "0", "0"],
      ["frame-release", handle, "20"],
    ]);
    expect(seen[1]![2]).toBe(seen[2]![1]);
  });

  it("that nobody takes, or that find the platform's queue full, are drops with a reason", async () => {
    const result = await trace(
      `for (var i = 0; i < 66; i++) { native.netifWrite(1, ${FRAME}); }
      native.timerSet(function () {}, 1000, false);`,
      { netifs: 2 },
    );
    expect(result.error).toBe("");
    const drops = named(result, "drop");
    expect(drops.filter(([, reason]) => reason === "queue-full")).toEqual([
      ["1", "queue-full", "20"],
      ["1", "queue-full", "20"],
    ]);
    expect(drops.filter(([, reason]) => reason === "unclaimed")).toHaveLength(64);
  });

  it("that wait at an interface are told, on either side", async () => {
    const result = await trace(
      `native.netifListen(0, function (frame) { native.frameRelease(frame); });
      for (var i = 0; i < 3; i++) { native.netifWrite(0, ${FRAME}); }
      native.timerSet(function () {}, 1000, false);`,
      { netifs: 1 },
    );
    expect(result.error).toBe("");
    expect(named(result, "netif-tx").map((args) => args[5])).toEqual(["0", "1", "2"]);
    expect(named(result, "netif-rx").map((args) => args[5])).toEqual(["2", "1", "0"]);
  });

  it("that a program makes have a handle, which their release names", async () => {
    const result = await trace(`native.frameRelease(native.frameFrom([${FRAME}]));`, { netifs: 1 });
    expect(result.error).toBe("");
    const [alloc] = named(result, "frame-alloc");
    expect(alloc).toEqual([expect.stringMatching(/^[1-9]\d*$/), "20"]);
    expect(named(result, "frame-release")).toEqual([alloc]);
  });

  it("that are held twice are told to be, and go with the second release", async () => {
    const result = await trace(
      `var frame = native.frameFrom([${FRAME}]); native.frameRetain(frame);
      native.frameRelease(frame); native.frameRelease(frame);`,
      { netifs: 1 },
    );
    expect(result.error).toBe("");
    const [[handle]] = named(result, "frame-alloc") as [[string]];
    expect(named(result, "frame-retain")).toEqual([[handle, "2"]]);
    expect(named(result, "frame-release")).toEqual([[handle, "20"]]);
  });

  it("whose bytes are copied say how many, and what for", async () => {
    const result = await trace(
      `var whole = native.frameFrom([${FRAME}, ${FRAME}]);
      native.frameView(whole, 10, 20); native.frameRelease(whole);`,
      { netifs: 1 },
    );
    expect(result.error).toBe("");
    expect(named(result, "copy")).toEqual([["view", "20"]]);
  });
});

describe("microtasks", () => {
  it("are counted, by the turn that they end", async () => {
    const result = await trace(
      `var left = 5; function next() { if (--left > 0) { native.queueMicrotask(next); } }
      native.timerSet(function () { native.queueMicrotask(next); }, 1000, false);`,
    );
    expect(result.error).toBe("");
    expect(named(result, "microtasks").map(([, count]) => count)).toEqual(["5"]);
  });

  it("are not told where there are none", async () => {
    expect(named(await trace('print("x");'), "microtasks")).toEqual([]);
  });
});

describe("garbage", () => {
  it("is collected between gc-start and gc-done, which the counter counts", async () => {
    const result = await trace(GARBAGE);
    const seen = fired(result).filter(([name]) => name!.startsWith("gc"));
    expect(result.collections).toBeGreaterThan(0);
    expect(seen).toHaveLength(2 * result.collections);
    for (const [i, [name, before, flag]] of seen.entries()) {
      expect(name).toBe(i % 2 === 0 ? "gc-start" : "gc-done");
      expect(Number(before)).toBeGreaterThan(0);
      expect(flag).toBe("0");
    }
  });

  it("is counted when nobody listens too", async () => {
    const quiet = await addon.run({ source: program(GARBAGE) });
    const traced = await trace(GARBAGE);
    expect(quiet.collections).toBe(traced.collections);
    expect(quiet.instructions).toBe(traced.instructions);
    expect(quiet.probes).toBe("");
  });

  it("says that memory could not be had", async () => {
    const result = await trace("var all = []; for (;;) { all.push([1, 2, 3]); }", { rtparams: "h=1M" });
    expect(named(result, "gc-start").at(-1)![1]).toBe("1");
  });
});

it("every probe of the table fires that stands in the runtime", async () => {
  const results = await Promise.all([
    trace(
      `native.netifListen(0, function (frame) { native.frameRelease(frame); });
      native.netifWrite(0, ${FRAME}); native.netifWrite(1, ${FRAME});
      var whole = native.frameFrom([${FRAME}, ${FRAME}]); native.frameView(whole, 10, 20);
      native.frameRetain(whole); native.frameRelease(whole); native.frameRelease(whole);
      native.queueMicrotask(function () {}); print(new Function("return 'x'")()); ${GARBAGE}
      native.timerSet(function () { throw new Error("end"); }, 1000, false);`,
      { netifs: 2 },
    ),
    trace("for (;;) {}", { rtparams: "i=20k" }),
  ]);
  const names = new Set(results.flatMap((result) => fired(result).map(([name]) => name!)));
  // Those of the stack: test/stack/probes.test.ts; of frame code's counters: test/freebsd/statistics.sh.
  const ours = rows.filter((row) => row.family !== "stack" && row.name !== "count");
  expect([...names].sort()).toEqual(ours.map((row) => dtraceName(row.name)).sort());
  // Each with the arguments that the table has.
  for (const [name, ...args] of results.flatMap(fired)) {
    expect(args, name).toHaveLength(rows.find((row) => dtraceName(row.name) === name)!.args.length);
  }
});
