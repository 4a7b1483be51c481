/** Which built-ins are linked in for which code. */
import { describe, expect, it } from "vitest";
import { builtinModules } from "../../stdlib-nofloat/es/manifest.ts";

describe("builtinModules", () => {
  it("links nothing for a program that uses nothing", () => {
    expect(builtinModules("var x = 1; x.y.Map = [x];", [])).toEqual([]);
  });

  it("finds globals that only the lowered code names", () => {
    expect(builtinModules("function f(g) { return new Promise(g); }", [])).toEqual(["./promise.ts"]);
    expect(builtinModules("for (var i = x[Symbol.iterator]();;) {}", [])).toEqual(["./iterators.ts"]);
    expect(builtinModules("globalThis.setTimeout(f)", [])).toEqual(["./timers.ts"]);
  });

  it("takes no name of a class in a string for a use of it", () => {
    expect(builtinModules('if (n === "Map" || n === "Set") f(n);', [])).toEqual([]);
  });

  it("links no Map for the cache of a class that extends Error", () => {
    expect(builtinModules('var c = typeof Map === "function" ? new Map() : undefined;', [])).toEqual([]);
  });

  it("leaves out what Duktape has", () => {
    expect(
      builtinModules("x.map(f)", ["core-js/modules/es.array.map.js", "core-js/modules/es.iterator.map.js"]),
    ).toEqual([]);
  });

  it("runs its own modules ahead of core-js, which looks for their symbols", () => {
    const modules = builtinModules("var m = new Map();", ["core-js/modules/es.array.find.js"]);
    expect(modules).toEqual([
      "./symbols.ts",
      "core-js/modules/es.array.find.js",
      "core-js/modules/es.map.js",
    ]);
  });

  it("takes core-js's regular expressions as a whole, or not at all", () => {
    const suggested = ["core-js/modules/es.regexp.exec.js", "core-js/modules/es.string.replace.js"];
    expect(builtinModules("x.replace(/a/, y)", suggested)).toEqual([]);
    const all = builtinModules('RegExp("a", "y")', suggested);
    expect(all).toContain("core-js/modules/es.regexp.sticky.js");
    expect(all).toContain("core-js/modules/es.string.split.js");
  });
});
