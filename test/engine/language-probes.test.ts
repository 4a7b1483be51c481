/** The language's probes: functions, objects, what runs, and the folded stack for samplers. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Addon, loadAddon, program, type RunResult } from "./addon.ts";

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

/** Arguments of the probes of this name. */
function named(result: RunResult, name: string): string[][] {
  return fired(result)
    .filter(([first]) => first === name)
    .map(([, ...args]) => args);
}

/** A program whose statements begin in line 1 of app.ts. */
async function trace(
  statements: string,
  options: { rtparams?: string; stopAfter?: number; netifs?: number } = {},
): Promise<RunResult> {
  const source = program(statements);
  const before = source.slice(0, source.indexOf(statements)).split("\n").length - 1;
  const lines = source
    .split("\n")
    .map((_, n) => (n < before ? "\n" : `app.ts:${n - before + 1}\n`))
    .join("");
  return addon.run({ source, lines, probes: 1, ...options });
}

/** Calls and returns of functions of app.ts, as "> Class.name" and "< Class.name". */
function calls(result: RunResult): string[] {
  return fired(result)
    .filter(([name, file]) => /^function-(entry|return)$/.test(name!) && file === "app.ts")
    .map(([name, , type, fn]) => `${name === "function-entry" ? ">" : "<"} ${type}.${fn}`);
}

/** Throws unless each return is the one of the innermost function that has not returned. */
function balanced(result: RunResult): number {
  const open: string[] = [];
  let most = 0;
  for (const [name, ...args] of fired(result)) {
    if (name === "function-entry") {
      most = Math.max(most, open.push(args.join(" ")));
    } else if (name === "function-return") {
      expect(args.join(" ")).toBe(open.pop());
    }
  }
  expect(open).toEqual([]);
  expect(named(result, "execute-start")).toHaveLength(named(result, "execute-done").length);
  return most;
}

const CLASSES = `
function Shape(name) { this.name = name; }
Shape.prototype.area = function area() { return size(this.name); };
Shape.of = function of(name) { return new Shape(name); };
function size(text) { return text.length; }
`.trim();

describe("functions", () => {
  it("are told with file, class and name, in the order in which they run", async () => {
    const result = await trace(`${CLASSES}\nShape.of("four").area();`);
    expect(result.error).toBe("");
    expect(calls(result).slice(3, -1)).toEqual([
      "> Shape.of",
      "> Shape.Shape",
      "< Shape.Shape",
      "< Shape.of",
      "> Shape.area",
      "> <global>.size",
      "< <global>.size",
      "< Shape.area",
    ]);
    balanced(result);
  });

  it("have their line, and file and line of who calls", async () => {
    const result = await trace(`${CLASSES}\nvar one = [1];\none.map(function each() { return size("x"); });`);
    expect(named(result, "function-info").filter(([, , name]) => /^(each|size|map)$/.test(name!))).toEqual([
      ["native", "Array", "map", "0", "app.ts", "6"],
      ["app.ts", "<global>", "each", "6", "native", "0"],
      ["app.ts", "<global>", "size", "4", "app.ts", "6"],
    ]);
  });

  it("return when an exception passes through several, natives too", async () => {
    const result = await trace(`
      function deep(n) { if (n === 0) { throw new Error("up"); } [n].forEach(function () { deep(n - 1); }); }
      function again() { try { deep(2); } finally { deep.length; } }
      try { again(); } catch (e) { print(e.message); }`);
    expect(result.console).toBe("1 up\n");
    expect(balanced(result)).toBeGreaterThan(8);
    expect(calls(result).filter((call) => call.endsWith(".deep"))).toEqual([
      ...new Array(3).fill("> <global>.deep"),
      ...new Array(3).fill("< <global>.deep"),
    ]);
  });

  it.each([
    ["instructions", "function spin() { for (;;) {} } function outer() { spin(); } outer();", "i=50k"],
    ["call depth", "function down() { down(); } down();", "d=200"],
    ["heap", "function fill() { var all = []; for (;;) { all.push([1, 2]); } } fill();", "h=1M"],
  ])("return when the budget of %s ends them", async (_, statements, rtparams) => {
    const result = await trace(statements, { rtparams });
    expect(result.state).toBe("over budget");
    expect(balanced(result)).toBeGreaterThan(1);
  });

  it("return when a callback ends the program, and in timers and listeners", async () => {
    const result = await trace(
      'native.timerSet(function tick() { size(); }, 1000, false);\nfunction size() { native.exit(2); print("no"); }',
    );
    expect(result.exitCode).toBe(2);
    balanced(result);
    expect(named(result, "execute-start")).toContainEqual(["app.ts", "1"]);
  });

  it("cost no instruction of a budget and no memory when they are traced", async () => {
    const statements = `${CLASSES}\nfor (var i = 0; i < 3000; i++) { Shape.of("a" + i).area(); }`;
    const traced = await trace(statements);
    const quiet = await addon.run({ source: program(statements) });
    expect(traced.instructions).toBe(quiet.instructions);
    expect(traced.heapMax).toBe(quiet.heapMax);
    expect(traced.collections).toBe(quiet.collections);
  });
});

describe("objects", () => {
  it("are made by a class, a literal or a built-in, at a line", async () => {
    const result = await trace(
      `${CLASSES}\nvar kept = [\nnew Shape({ a: [] }),\n/x/, size.bind(null),\nnew Error("e")];`,
    );
    expect(result.error).toBe("");
    const made = named(result, "object-create").filter(
      ([file, , , line]) => file === "app.ts" && /^[5-8]$/.test(line!),
    );
    expect(made.map(([, type, , line]) => `${type} ${line}`)).toEqual([
      "Array 5",
      "Shape 6",
      "Object 6",
      "Array 6",
      "RegExp 7",
      "Function 7",
      "Error 8",
      "Error 8",
      "Array 8",
    ]);
    expect(named(result, "object-create-start")).toEqual(named(result, "object-create-done"));
    expect(named(result, "object-create-done")).toEqual(
      named(result, "object-create").map(([file, type]) => [file, type]),
    );
  });

  it("die under the name under which they were made, one by one or by a collection", async () => {
    const result = await trace(`${CLASSES}
      for (var i = 0; i < 20; i++) { new Shape("s"); }
      for (i = 0; i < 20000; i++) { var ring = new Shape("ring"); ring.ring = ring; }`);
    expect(result.collections).toBeGreaterThan(1);
    const alive = new Map<string, string>();
    let deaths = 0;
    for (const [name, ...args] of fired(result)) {
      if (name === "object-create") {
        expect(alive.has(args[2]!), "two objects at one address").toBe(false);
        alive.set(args[2]!, args[1]!);
      } else if (name === "object-finalize") {
        expect(args[0]).toBe("NULL");
        // What was made before anybody looked has no record.
        if (alive.has(args[2]!)) {
          deaths += Number(args[1] === "Shape");
          expect(args[1]).toBe(alive.get(args[2]!));
        }
        alive.delete(args[2]!);
      }
    }
    expect(deaths).toBeGreaterThan(15_000);
  });
});

describe("the folded stack", () => {
  it("is what runs, outermost first, while instructions pass", async () => {
    const result = await trace(
      `${CLASSES}\nfunction busy() { for (var i = 0; i < 100000; i++) {} }\nfunction outer() { busy(); }\nouter();`,
    );
    const samples = named(result, "sample").filter(([, , instructions]) => instructions !== "0");
    expect(samples.length).toBeGreaterThan(5);
    for (const [stack, depth, instructions] of samples) {
      expect(stack).toMatch(
        /^<anonymous> \(app\.ts:\d+\)_\[j\];outer \(app\.ts:6\)_\[j\];busy \(app\.ts:5\)_\[j\]$/,
      );
      expect(depth).toBe("3");
      expect(instructions).toBe("16384");
    }
  });

  it("is empty when a turn begins, however the last one ended", async () => {
    const result = await trace(
      `function fail() { throw new Error("x"); }
      function tick() { try { fail(); } catch (e) { for (var i = 0; i < 20000; i++) {} } }
      native.timerSet(tick, 1000, false); native.timerSet(tick, 2000, false);`,
    );
    const samples = named(result, "sample");
    expect(
      samples.filter(([stack, , instructions]) => instructions === "0" && !/^(NULL)?$/.test(stack!)),
    ).toEqual([]);
    const inside = samples.filter(([, , instructions]) => instructions === "16384").map(([stack]) => stack);
    expect([...new Set(inside)]).toEqual(["tick (app.ts:2)_[j]"]);
  });

  it("holds what fits of a deep stack, and is whole again after it", async () => {
    const result = await trace(
      `function down(n) { if (n > 0) { down(n - 1); } for (var i = 0; i < 100; i++) {} }
      down(400);
      function after() { for (var i = 0; i < 20000; i++) {} }
      after();`,
      { rtparams: "d=1000" },
    );
    const samples = named(result, "sample")
      .filter(([stack]) => stack !== "NULL")
      .map(([stack]) => stack!.split(";"));
    const deepest = Math.max(...samples.map((stack) => stack.length));
    expect(deepest).toBeGreaterThan(80);
    expect(deepest).toBeLessThanOrEqual(128);
    expect(samples.every((stack) => stack.every((one) => one === "" || /^\S+ \(.*\)_\[j\]$/.test(one)))).toBe(
      true,
    );
    expect(samples.at(-1)!.map((one) => one.split(" ")[0])).toEqual(["<anonymous>", "after"]);
  });
});

describe("loading and compiling", () => {
  it("are told with sizes", async () => {
    const result = await trace('print(new Function("a", "return a + 1")(1));');
    expect(result.console).toBe("1 2\n");
    expect(named(result, "bytecode-load")).toEqual([["test", expect.stringMatching(/^[1-9]\d+$/)]]);
    expect(named(result, "compile-start")).toHaveLength(1);
    expect(named(result, "compile-done")).toEqual([[named(result, "compile-start")[0]![1], "0"]]);
  });

  it("what does not compile is told too, once", async () => {
    const result = await trace(
      'try { new Function("a", "return (/[/)"); } catch (e) { print(e.name); } try { new Function("))"); } catch (e) { print(e.name); }',
    );
    expect(result.console).toBe("1 SyntaxError\n1 SyntaxError\n");
    const started = named(result, "compile-start").map((args) => args[1]);
    expect(started).toHaveLength(2);
    expect(named(result, "compile-done")).toEqual(started.map((size) => [size, "1"]));
  });

  it("memory comes in pieces, up to the limit that is told", async () => {
    const result = await trace("var all = []; for (var i = 0; i < 9000; i++) { all.push([i]); }", {
      rtparams: "h=8M",
    });
    const grown = named(result, "heap-grow").map((args) => args.map(Number));
    expect(grown.length).toBeGreaterThan(10);
    expect(grown.every(([size, heap, limit]) => size! > 0 && size! <= heap! && heap! <= limit!)).toBe(true);
    expect(new Set(grown.map(([, , limit]) => limit))).toEqual(new Set([8 * 1024 * 1024]));
    expect(Math.max(...grown.map(([, heap]) => heap!))).toBe(result.heapMax);
  });
});
