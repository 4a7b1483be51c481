import { beforeAll, describe, expect, it } from "vitest";
import { type Addon, loadAddon, printed, program } from "./addon.ts";

let addon: Addon;
beforeAll(async () => {
  addon = await loadAddon();
});

async function run(statements: string) {
  const result = await addon.run({ source: program(`${at}\n${statements}`), wallMs: 1_700_000_000_000 });
  expect(result).toMatchObject({ state: "returned", error: "", leaked: 0 });
  return { ...result, printed: printed(result) };
}

/** `at(text)` prints with the time in milliseconds; `after(ms, text)` does so later. */
const at =
  "function at(text) { print(native.monotonicNs() / 1e6, text); }" +
  "function after(ms, text) { return native.timerSet(function () { at(text); }, ms * 1e6, false); }";

describe("timers", () => {
  it("fire by deadline, then in the order in which they were set", async () => {
    const { printed } = await run(
      "after(3, 'c'); after(1, 'a'); after(3, 'd'); after(2, 'b'); after(0, 'first');",
    );
    expect(printed).toEqual(["0 first", "1 a", "2 b", "3 c", "3 d"]);
  });

  it("in any number fire in order", async () => {
    const { printed } = await run(
      "var seed = 1, last = -1, wrong = 0, fired = 0;" +
        "for (var i = 0; i < 2000; i++) { seed = seed * 48271 % 2147483647; native.timerSet((function (d) { return function () {" +
        " fired++; if (d < last || native.monotonicNs() !== d) wrong++; last = d; }; })(seed % 1e9), seed % 1e9, false); }" +
        "native.timerSet(function () { print(fired, wrong); }, 2e9, false);",
    );
    expect(printed).toEqual(["2000 0"]);
  });

  it("repeat until they are cleared, also by themselves", async () => {
    const { printed } = await run(
      "var n = 0, id = native.timerSet(function () { at(++n); if (n === 3) native.timerClear(id); }, 5e6, true);",
    );
    expect(printed).toEqual(["5 1", "10 2", "15 3"]);
  });

  it("that were cleared do not fire; unknown ids are ignored", async () => {
    const { printed } = await run(
      "var a = after(1, 'a'), b = after(2, 'b'); native.timerClear(a); native.timerClear(a); native.timerClear(12345); native.timerClear('x');",
    );
    expect(printed).toEqual(["2 b"]);
  });

  it("set by a callback for at once wait for the next turn", async () => {
    const { printed } = await run(
      "native.timerSet(function () { at('a'); after(0, 'nested'); }, 0, false); native.timerSet(function () { at('b'); }, 0, false);",
    );
    expect(printed).toEqual(["0 a", "0 b", "0 nested"]);
  });

  it("end the program when none is left, unless something keeps it alive", async () => {
    const { nowNs, printed } = await run(
      "native.keepAlive(1); native.timerSet(function () { native.keepAlive(-1); }, 7e6, false);",
    );
    expect(nowNs).toBe(7e6);
    expect(printed).toEqual([]);
  });

  it("are served long after the 49 days that 32 bits of milliseconds hold", async () => {
    const { printed } = await run("after(100 * 86400 * 1000, 'late');");
    expect(printed).toEqual([`${100 * 86400 * 1000} late`]);
  });
});

describe("microtasks", () => {
  it("run after the callback that queued them and before the next one", async () => {
    const { printed } = await run(
      "function task(name, then) { native.queueMicrotask(function () { print(name); if (then) then(); }); }" +
        "native.timerSet(function () { print('timer 1'); task('c'); }, 0, false);" +
        "native.timerSet(function () { print('timer 2'); }, 0, false);" +
        "task('a', function () { task('a2'); }); task('b'); print('main');",
    );
    expect(printed).toEqual(["main", "a", "b", "a2", "timer 1", "c", "timer 2"]);
  });

  it("keep their order when there are many", async () => {
    const { printed } = await run(
      "var next = 0, wrong = 0; function task(i) { native.queueMicrotask(function () { if (i !== next++) wrong++; if (i < 500) task(i + 5000); }); }" +
        "for (var i = 0; i < 5000; i++) task(i); native.timerSet(function () { print(next, wrong); }, 0, false);",
    );
    expect(printed).toEqual(["5500 0"]);
  });
});

describe("clocks", () => {
  it("are the platform's, in UTC", async () => {
    const { printed } = await run(
      "native.timerSet(function () { print(Date.now(), new Date().toISOString(), new Date().getTimezoneOffset(), native.wallClock()); }, 1500e6, false);",
    );
    expect(printed).toEqual(["1700000001500 2023-11-14T22:13:21.500Z 0 1700000001,500000000"]);
  });
});
