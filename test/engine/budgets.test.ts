import { beforeAll, describe, expect, it } from "vitest";
import { type Addon, loadAddon, printed, program } from "./addon.ts";

let addon: Addon;
beforeAll(async () => {
  addon = await loadAddon();
});

/** Runs statements; line 1 of them is "main.ts:1". */
function run(statements: string, rtparams = "i=2M,h=8M") {
  const lines = `mirage.ts:1\n${statements
    .split("\n")
    .map((_, i) => `main.ts:${i + 1}\n`)
    .join("")}`;
  return addon.run({ source: program(statements), lines, rtparams });
}

const instruction = /^instruction budget exceeded: more than 2M instructions in one turn \(rtparam i=2M\)/;
const heap = /^heap budget exceeded: more than 8M bytes \(rtparam h=8M\)/;
const depth = /^call depth budget exceeded: calls nested more than 10000 deep \(rtparam d=10000\)/;
const deep = /^(call depth|native stack) budget exceeded: /;

/** Each ends over budget; the message names what stands in the last column. */
const violations: [title: string, statements: string, message: RegExp, where: string][] = [
  ["an endless loop", "function spin() {\n for (;;);\n}\nspin();", instruction, "at spin (main.ts:2)"],
  [
    "an endless loop in try, catch and finally",
    "function spin() { for (;;) { try { for (;;); } catch (e) { print('caught'); } finally { print('finally'); } } }\nspin();",
    instruction,
    "at spin (main.ts:1)",
  ],
  [
    "finally that returns",
    "function g() { try { for (;;); } finally { return g(); } }\ng();",
    instruction,
    "at g (main.ts:1)",
  ],
  [
    "finally that continues",
    "a: for (;;) { try { for (;;); } finally { continue a; } }",
    instruction,
    "at main.ts:1",
  ],
  [
    "microtasks without end",
    "function again() { native.queueMicrotask(again); }\nagain();",
    instruction,
    "at again",
  ],
  [
    "an endless timer callback",
    "native.timerSet(function tick() {\n for (;;); }, 5e6, false);",
    instruction,
    "at tick (main.ts:2)",
  ],
  [
    "a getter",
    "var o = { get x() { for (;;); } };\ntry { o.x; } catch (e) { print('caught'); }",
    instruction,
    "main.ts:1",
  ],
  [
    "a Proxy trap",
    "new Proxy({}, { get: function trap() { for (;;); } }).x;",
    instruction,
    "at trap (main.ts:1)",
  ],
  ["toString", "String({ toString: function text() { for (;;); } });", instruction, "at text (main.ts:1)"],
  ["a sort comparator", "[2, 1].sort(function order() { for (;;); });", instruction, "at order (main.ts:1)"],
  ["a replace callback", "'a'.replace(/a/, function by() { for (;;); });", instruction, "at by (main.ts:1)"],
  [
    "toJSON",
    "JSON.stringify({ toJSON: function json() { for (;;); } });",
    instruction,
    "at json (main.ts:1)",
  ],
  ["a reviver", "JSON.parse('[1]', function revive() { for (;;); });", instruction, "at revive (main.ts:1)"],
  ["code made by Function", "new Function('for (;;);')();", instruction, "at main.ts:1"],
  [
    "an error that loops when it is shown",
    "throw { toString: function text() { for (;;); } };",
    instruction,
    "at text",
  ],
  ["recursion", "function r(n) { return r(n + 1) + 1; }\nr(0);", depth, "at r (main.ts:1)"],
  [
    "recursion that catches",
    "function r(n) { try { return r(n + 1) + 1; } catch (e) { return 0; } }\nfor (;;) r(0);",
    depth,
    "at r (main.ts:1)",
  ],
  ["recursion through a getter", "var o = { get x() { return o.x; } };\no.x;", deep, "main.ts:1"],
  [
    "recursion through toString",
    "var o = { toString: function t() { return '' + o; } };\n'' + o;",
    deep,
    "at t (main.ts:1)",
  ],
  ["recursion through forEach", "(function f() { [1].forEach(f); })();", deep, "at forEach (native)"],
  ["recursion through sort", "[2, 1].sort(function f() { [2, 1].sort(f); });", deep, "at f (main.ts:1)"],
  [
    "recursion through a Proxy",
    "new Proxy({}, { get: function t(o, k, r) { return r[k]; } }).x;",
    deep,
    "at t (main.ts:1)",
  ],
  [
    "recursion through JSON.parse",
    "JSON.parse('[1]', function f() { JSON.parse('[1]', f); });",
    deep,
    "at f (main.ts:1)",
  ],
  ["constructors", "new (function A() { new A(); })();", depth, "at A (main.ts:1)"],
  ["arrays", "var k = [];\nfor (;;) k.push([k.length]);", heap, "main.ts:2"],
  ["a string that doubles", "var s = 'x';\nfor (;;) s += s;", heap, "at main.ts:2"],
  ["buffers", "var k = [];\nfor (;;) k.push(new Uint8Array(65536));", heap, "main.ts:2"],
  [
    "closures",
    "var k = [];\nfor (;;) (function add(n) { k.push(function () { return n; }); })(k.length);",
    heap,
    "at add (main.ts:2)",
  ],
  ["properties", "var o = {};\nfor (var i = 0; ; i++) o['k' + i] = i;", heap, "at main.ts:2"],
  [
    "memory that catch goes on using",
    "var k = [];\nfor (;;) { try { k.push(new Uint8Array(65536)); } catch (e) { k.push(1); } finally { k.push(2); } }",
    heap,
    "main.ts:2",
  ],
  [
    "a buffer larger than the budget",
    "try { new Uint8Array(1e9); } catch (e) { print('caught'); }",
    heap,
    "main.ts:1",
  ],
  ["a string larger than the budget", "'x'.repeat(1e9);", heap, "at repeat (native)"],
  [
    "/^(a+)+$/",
    "/^(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab');",
    instruction,
    "at test (native)\n    at main.ts:1",
  ],
  [
    "/(x+x+)+y/ in a catch",
    "try { 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'.match(/(x+x+)+y/); } catch (e) { print('caught'); }",
    instruction,
    "main.ts:1",
  ],
];

/** What no instruction of the program's counts, each of which would take minutes or hours. */
const natives: string[] = [
  "Array.prototype.indexOf.call({ length: 2147483647 }, 1);",
  "Array.prototype.lastIndexOf.call({ length: 2147483647 }, 1);",
  "Array.prototype.join.call({ length: 4294967295 });",
  "Array.prototype.reverse.call({ length: 4294967295 });",
  "Array.prototype.sort.call({ length: 2147483647 });",
  "Array.prototype.forEach.call({ length: 4294967295 }, function () {});",
  "Array.prototype.unshift.call({ length: 4294967290 }, 1);",
  "new Array(4294967295).indexOf(1);",
  "new Array(4294967295).join();",
  "new Array(4294967295).sort();",
  "new Array(4294967295).reverse();",
  "new Array(4294967295).splice(0, 1);",
  "var a = []; for (var i = 0; i < 1e5; i++) a.push(i); for (;;) a.indexOf(-1);",
  "var a = []; for (var i = 0; i < 3e4; i++) a.push('s' + i * 7919 % 30011); for (;;) a.sort();",
  "var a = new Uint8Array(2e6), b = a.subarray(1); for (;;) a.set(b.subarray(0, 1.9e6));",
  "var s = 'x'.repeat(1e6); for (;;) s.repeat(2);",
  "var s = 'a'.repeat(1e6), t = 'a'.repeat(5e5) + 'b'; s.indexOf(t);",
  "var s = 'a'.repeat(1e6), t = 'a'.repeat(5e5) + 'b'; s.lastIndexOf(t);",
  "var s = 'a'.repeat(1e6), t = 'a'.repeat(5e5) + 'b'; s.split(t);",
  "var s = 'a'.repeat(1e6), t = 'a'.repeat(5e5) + 'b'; s.replace(t, '');",
  "var s = 'a'.repeat(1e6); for (;;) s.startsWith(s);",
  "var s = ' '.repeat(2e6); for (;;) s.trim();",
  "var a = 'x'.repeat(1e6) + 'a', b = 'x'.repeat(1e6) + 'b'; for (;;) a < b;",
  "var s = '\\u1234'.repeat(1e6), x; for (;;) { x = s[5e5]; x = s[1e5]; x = s[9e5]; x = s[3e5]; x = s[7e5]; }",
  "var s = ' '.repeat(1e6) + '1'; for (;;) JSON.parse(s);",
  "for (;;) new RegExp('[\\\\u0000-\\\\uffff]'.repeat(20), 'i');",
  "for (;;) (1e300 / 7).toFixed(20);",
  "var x = 1e300 / 7; for (;;) '' + x;",
  "var s = '1'.repeat(1e6) + '.5'; for (;;) parseFloat(s);",
  "var o = {}; for (var i = 0; i < 1e4; i++) o['k' + i] = i; for (;;) Object.isFrozen(o);",
];

describe("a budget ends the program, with one message", () => {
  it.each(violations)("%s", async (_title, statements, message, where) => {
    const result = await run(statements);
    expect(result.state).toBe("over budget");
    expect(result.error).toMatch(message);
    expect(result.error).toContain(where);
    expect(printed(result)).toEqual([]);
    expect(result.leaked).toBe(0);
  });

  it.each(natives)("%s", async (statements) => {
    const result = await run(statements);
    expect(result.state, result.error).toBe("over budget");
    expect(result.error).toMatch(instruction);
    expect(result.error).toContain("main.ts:1");
    expect(result.leaked).toBe(0);
  });
});

describe("budgets", () => {
  it("count the same each time", async () => {
    const statements =
      "var o = {}; for (var i = 0; i < 1e5; i++) o['k' + i % 100] = [i / 3]; print(Math.random());";
    const [a, b] = await Promise.all([run(statements, "i=100M"), run(statements, "i=100M")]);
    expect(a.state).toBe("returned");
    expect(a.instructions).toBeGreaterThan(500_000);
    expect(a.instructions).toBe(b?.instructions);
    expect(a.heapMax).toBe(b?.heapMax);
  });

  it("of instructions are for one turn, not for the program's life", async () => {
    const result = await run(
      "var turns = 0, id = native.timerSet(function () { for (var i = 0; i < 2e5; i++); if (++turns === 20) { native.timerClear(id); print('done'); } }, 1e6, true);",
    );
    expect(result).toMatchObject({ state: "returned", error: "" });
    expect(result.instructions).toBeGreaterThan(4e6);
    expect(printed(result)).toEqual(["done"]);
  });

  it.each([100_000, 100_001, 100_007, 100_013, 100_020])(
    "name the program also when the library used the last of %i",
    async (limit) => {
      // Only the second line is the program's; the rest stands for the library.
      const statements =
        "var queue = []; function flush() { while (queue.length > 0) { var f = queue.shift(); for (var i = 0; i < 20; i++); f(); } }\n" +
        "function again() { queue.push(again); }\nagain(); native.queueMicrotask(flush);";
      const result = await addon.run({
        source: program(statements),
        lines: "\n\nmain.ts:2\n\n\n",
        rtparams: `i=${limit}`,
      });
      expect(result.state).toBe("over budget");
      expect(result.error).toContain("at again (main.ts:2)");
    },
  );

  it("of memory are for what is in use, not for what was", async () => {
    const result = await run(
      "for (var i = 0; i < 2000; i++) { var o = { data: new Uint8Array(65536) }; o.self = o; } print('done');",
      "i=100M,h=8M",
    );
    expect(result).toMatchObject({ state: "returned", error: "" });
    expect(result.heapMax).toBeLessThanOrEqual(8 << 20);
  });

  it.each([
    ["i=100k", "for (;;);", "100k instructions"],
    ["h=2M", "var s = 'x'; for (;;) s += s;", "2M bytes"],
    ["d=500", "(function r() { r(); })();", "500 deep"],
    ["s=1M,d=1000000", "(function f() { [1].forEach(f); })();", "less than 1M bytes"],
  ])("are set by rtparams: %s", async (rtparams, statements, limit) => {
    const result = await run(statements, rtparams);
    expect(result.state).toBe("over budget");
    expect(result.error).toContain(limit);
  });

  it("hold on a small native stack", async () => {
    const deepest = program("var o = { toString: function () { return '' + o; } }; '' + o;");
    const result = await addon.run({ source: deepest, stackBytes: 256 << 10, rtparams: "s=64k" });
    expect(result.error).toMatch(/^native stack budget exceeded: less than 64k bytes/);
  });

  it("let the engine's own limits be caught, which end nothing", async () => {
    const result = await run(
      "function name(f) { try { f(); } catch (e) { print(e.name); } }\n" +
        "name(function () { var a = []; for (var i = 0; i < 3000; i++) a = [a]; JSON.stringify(a); });\n" +
        "name(function () { eval('('.repeat(5000)); });\n" +
        "name(function () { /(?:a|b)*c/.test('ab'.repeat(1e5)); });",
    );
    expect(result).toMatchObject({ state: "returned", error: "" });
    expect(printed(result)).toEqual(["RangeError", "RangeError", "RangeError"]);
  });
});

describe("an instance", () => {
  it("runs beside others, and none knows of them", async () => {
    const results = await Promise.all(
      [..."abcd"].map((name) =>
        run(
          `this.shared = (this.shared || '') + '${name}'; var n = 0; for (var i = 0; i < 1e5; i++) n += i; print(this.shared, n);` +
            (name === "c" ? " for (;;);" : ""),
        ),
      ),
    );
    expect(results.map((result) => result.state)).toEqual([
      "returned",
      "returned",
      "over budget",
      "returned",
    ]);
    expect(results.map((result) => printed(result))).toEqual(
      [..."abcd"].map((name) => [`${name} 4999950000`]),
    );
    expect(results.map((result) => result.leaked)).toEqual([0, 0, 0, 0]);
  });

  it("stops when it is asked to, in a loop that catches everything", async () => {
    const source = program("for (;;) { try { for (;;); } catch (e) { print('caught'); } }");
    const result = await addon.run({ source, stopAfter: 50, rtparams: "i=1G" });
    expect(result).toMatchObject({ state: "stopped", error: "", console: "", leaked: 0 });
  });

  it("ends with exit(), whatever catches", async () => {
    const result = await run(
      "try { native.exit(3); } catch (e) { print('caught'); } finally { print('finally'); }",
    );
    expect(result).toMatchObject({ state: "returned", exitCode: 3, console: "", error: "", leaked: 0 });
  });
});
