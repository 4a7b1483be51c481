import { beforeAll, describe, expect, it } from "vitest";
import { type Addon, loadAddon, printed, program } from "./addon.ts";

let addon: Addon;
beforeAll(async () => {
  addon = await loadAddon();
});

function run(statements: string, lines?: string) {
  return addon.run({ source: program(statements), ...(lines === undefined ? {} : { lines }) });
}

describe("what a program throws", () => {
  it.each([
    ["throw new TypeError('this is wrong');", "uncaught TypeError: this is wrong\n    at program.js:2"],
    ["null.x;", "uncaught TypeError: cannot read property 'x' of null\n    at program.js:2"],
    ["throw 'just text';", 'uncaught "just text" (thrown, but no Error)'],
    ["throw 42;", "uncaught 42 (thrown, but no Error)"],
    ["throw null;", "uncaught null (thrown, but no Error)"],
    ["throw undefined;", "uncaught undefined (thrown, but no Error)"],
    ["throw { toString: function () { throw 1; } };", "uncaught: a value that throws when it is shown"],
    ["throw Object.create(null);", "uncaught: a value that throws when it is shown"],
    ["throw Symbol('s');", "uncaught: a value that throws when it is shown"],
    [
      "var e = new Error('x'); Object.defineProperty(e, 'message', { get: function () { throw e; } }); throw e;",
      "uncaught: a value that throws when it is shown",
    ],
    [
      "native.fail(new RangeError('nobody handles this'), 'unhandled rejection: ');",
      "unhandled rejection: RangeError: nobody handles this\n    at program.js:2",
    ],
    ["native.fail('text', 'unhandled rejection: ');", 'unhandled rejection: "text" (thrown, but no Error)'],
  ])("%s", async (statements, error) => {
    expect(await run(statements)).toMatchObject({ state: "failed", error, leaked: 0 });
  });

  it("cannot be caught once it was reported", async () => {
    const result = await run(
      "try { native.fail('text', ''); } catch (e) { print('caught'); } finally { print('finally'); }",
    );
    expect(result).toMatchObject({ state: "failed", console: "" });
  });

  it("ends the program from a timer and from a microtask too", async () => {
    const timer = await run("native.timerSet(function late() { throw new Error('late'); }, 1e6, false);");
    expect(timer).toMatchObject({
      state: "failed",
      error: "uncaught Error: late\n    at late (program.js:2)",
    });
    const task = await run("native.queueMicrotask(function soon() { throw new Error('soon'); });");
    expect(task).toMatchObject({
      state: "failed",
      error: "uncaught Error: soon\n    at soon (program.js:2)",
    });
  });
});

describe("err.stack", () => {
  it("has the lines of TypeScript, and the form that V8 has", async () => {
    const statements = [
      "function inner() { return new Error('message').stack; }",
      "function Outer() { this.stack = inner(); }",
      "print([1].map(function each() { return new Outer().stack; })[0]);",
    ].join("\n");
    const result = await run(statements, "a.ts:1\na.ts:10\nsub/b.ts:20\na.ts:30\n");
    expect(printed(result)).toEqual([
      "Error: message",
      "    at inner (a.ts:10)",
      "    at new Outer (sub/b.ts:20)",
      "    at each (a.ts:30)",
      "    at map (native)",
      "    at a.ts:30",
    ]);
  });

  it("shows callers that only return what they call, and leaves out code that is not the program's", async () => {
    const result = await run(
      "function f() { return new Error('x').stack; }\nfunction g() { return f(); }\nprint(g());",
      "a.ts:1\n\na.ts:20\na.ts:30\n",
    );
    expect(printed(result)).toEqual(["Error: x", "    at g (a.ts:20)", "    at a.ts:30"]);
  });

  it("tells files apart in one function, as in a bundle of modules", async () => {
    const at = (line: number) => `print(new Error('${line}').stack.split('\\n')[1]);`;
    const result = await run(
      `${at(1)}\n${at(2)}\n${at(3)}\n${at(4)}`,
      "z.ts:1\nlib.ts:900\nmain.ts:3\n\nlib.ts:2\n",
    );
    expect(printed(result)).toEqual([
      "    at lib.ts:900",
      "    at main.ts:3",
      "    at main.ts:3",
      "    at lib.ts:2",
    ]);
  });

  it("can be replaced by the program, and is undefined where there is no trace", async () => {
    const result = await run(
      "var e = new Error('x'); e.stack = 'mine'; print(e.stack, Object.create(Error.prototype).stack, Error.prototype.stack);",
    );
    expect(printed(result)).toEqual(["mine  "]);
  });

  it("of code that does not compile names its line", async () => {
    const result = await run("try { new Function('\\n\\nvar = 1;'); } catch (e) { print(e.stack); }");
    expect(printed(result)[0]).toMatch(/^SyntaxError: .*/);
    expect(printed(result)[1]).toMatch(/^ {4}at compile:\d$/);
  });
});

describe("a program that does not compile", () => {
  it.each([
    ["var x = ;", "main.ts:7: SyntaxError: "],
    ["var x = /(a/;", "main.ts:7: SyntaxError: "],
    ["var x = 'no end", "main.ts:7: SyntaxError: "],
  ])("is refused with its place: %s", async (statement, message) => {
    const result = await run(`\n${statement}`, "main.ts:1\n\nmain.ts:7\nmain.ts:8\n");
    expect(result.state).toBe("refused");
    expect(result.error.slice(0, message.length)).toBe(message);
    expect(result.error).not.toContain("(line");
    expect(result.leaked).toBe(0);
  });

  it("or was compiled for another engine is refused", async () => {
    const result = await addon.run({ source: program("print(1);"), engineId: "duktape-1" });
    expect(result.state).toBe("failed");
    expect(result.error).toContain("built for engine duktape-1");
    expect(result.error).toContain(addon.engineId());
    expect(result.console).toBe("");
  });
});

describe("native functions", () => {
  it("are no constructors where ECMA-262 says so", async () => {
    const result = await run(
      "var getter = Object.getOwnPropertyDescriptor(Error.prototype, 'stack').get;" +
        "[getter, Math.fround, Math.expm1].forEach(function (f) { try { new f(); print('made'); } catch (e) { print(e.name); } });",
    );
    expect(printed(result)).toEqual(["TypeError", "TypeError", "TypeError"]);
  });
});

describe("native bindings", () => {
  it.each([
    ["native.print('x', 'y')", "TypeError: the level is not a number"],
    ["native.print(9, 'y')", "RangeError: the level is not an integer from 0 to 3"],
    ["native.print(1, 2)", "TypeError: the text is not a string"],
    ["native.timerSet(1, 1, false)", "TypeError: the callback is not a function"],
    [
      "native.timerSet(function () {}, -1, false)",
      "RangeError: the delay is not a number of nanoseconds from 0",
    ],
    [
      "native.timerSet(function () {}, NaN, false)",
      "RangeError: the delay is not a number of nanoseconds from 0",
    ],
    ["native.queueMicrotask({})", "TypeError: the microtask is not a function"],
    ["native.exit(256)", "RangeError: exit code is not an integer from 0 to 255"],
    ["native.random('text')", "TypeError: the view is not a Uint8Array or other buffer"],
  ])("%s throws", async (call, message) => {
    const result = await run(`try { ${call}; } catch (e) { print(e); }`);
    expect(result).toMatchObject({ state: "returned", error: "" });
    expect(printed(result)).toEqual([message]);
  });

  it("print whole characters, and U+FFFD for half of one", async () => {
    const result = await run("native.print(1, 'a\\ud83d\\ude00b'); native.print(1, '\\ud83d|\\ude00');");
    expect(printed(result)).toEqual(["a\u{1f600}b", "\ufffd|\ufffd"]);
  });

  it("print each line by itself, at its level", async () => {
    const result = await run("native.print(3, 'one\\n\\ntwo'); native.print(0, '');");
    expect(result.console).toBe("3 one\n3 \n3 two\n0 \n");
  });

  it("have no global name, and the engine's own object neither", async () => {
    const result = await run(
      "print(typeof Duktape, typeof mirage$native, typeof native.print, typeof print.caller);",
    );
    expect(printed(result)).toEqual(["undefined undefined function undefined"]);
  });
});

describe("a view of a released frame", () => {
  const made =
    "var bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]); var frame = native.frameFrom([bytes]);" +
    "var view = native.frameView(frame, 0, 8); var sub = view.subarray(2, 6); var data = new DataView(view.buffer);" +
    "var words = new Uint16Array(view.buffer); var copy = view.slice ? view.slice() : null; var whole = view.buffer;";

  it("shows the frame's bytes until then", async () => {
    const result = await run(`${made} print(view.length, view[7], sub[0], data.getUint8(1), words[0]);`);
    expect(result).toMatchObject({ state: "returned", error: "" });
    expect(printed(result)).toEqual(["8 8 3 2 513"]);
  });

  it("is empty, and so is all that was made of it", async () => {
    const result = await run(
      `${made} native.frameRelease(frame); view[0] = 99; sub[0] = 99;` +
        "print(view.length, view[0], sub[0] || 0, words[0] || 0, new Uint8Array(whole).length, new Uint8Array(sub)[0] || 0);" +
        "try { print(data.getUint8(0) || 0); } catch (e) { print(e.name); }" +
        "print([].slice.call(bytes).join());",
    );
    expect(result).toMatchObject({ state: "returned", error: "" });
    expect(printed(result)[0]).toBe("0  0 0 0 0");
    expect(["0", "RangeError", "TypeError"]).toContain(printed(result)[1]);
    expect(printed(result)[2]).toBe("1,2,3,4,5,6,7,8");
  });
});
