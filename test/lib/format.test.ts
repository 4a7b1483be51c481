/** The console's formatting against Node's own. */
import { format as nodeFormat } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { format } from "../../stdlib-nofloat/es/format.ts";

describe("format", () => {
  it("shows plain data as Node does", () => {
    const leaf = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constantFrom(null, undefined, -0),
      fc.string({ maxLength: 12 }),
    );
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie("value"), { maxLength: 9 }),
        fc.dictionary(fc.stringMatching(/^[a-z]\w{0,7}$|^[a-z -]{1,8}$/), tie("value"), {
          maxKeys: 5,
          noNullPrototype: true,
        }),
        fc.array(tie("value"), { maxLength: 4 }).map((list) => new Set(list)),
        fc.array(fc.tuple(leaf, tie("value")), { maxLength: 4 }).map((list) => new Map(list)),
      ),
    })).value;
    fc.assert(
      fc.property(value, (one) => {
        expect(format(["text", one])).toBe(nodeFormat("text", one));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["%s|%s|%s", "a", 1, -0],
    ["%s %s", Symbol("x"), null],
    ["%s %s", { a: 1 }, [1, [2]]],
    ["%d %d %d", "0x10", {}, true],
    ["%i %i %f", 3.9, "12px", "1.5x"],
    ["%j", { a: [1, "x"] }],
    ["%%s %s", "x"],
    ["%", 1],
    ["%s"],
    ["a%cb", "css"],
    ["%O", { a: { b: { c: { d: { e: { f: 1 } } } } } }],
  ])("replaces %j as Node does", (...values) => {
    expect(format(values)).toBe(nodeFormat(...values));
  });

  it("names errors by their class or their own name, and shows neither twice", () => {
    class HttpError extends Error {}
    class Failure extends Error {}
    class Named extends Error {
      override name = "Custom";
    }
    const first = (error: Error) => format([error]).split("\n")[0];
    expect(first(new HttpError("x"))).toBe("HttpError: x");
    expect(first(new Failure("x"))).toBe("Failure [Error]: x");
    expect(format([new TypeError("x")])).not.toContain("{");
    const named = format([Object.assign(new Named("x"), { stack: "Custom: x\n    at f", code: 7 })]);
    expect(named).toBe("Custom: x\n    at f {\n  code: 7\n}");
  });

  it("shows errors with their stack, and what they carry", () => {
    const error = Object.assign(new TypeError("broken"), { code: 5 });
    expect(format([error])).toContain("TypeError: broken\n    at ");
    expect(format([error])).toMatch(/\{\n {2}code: 5\n\}$/);
  });
});
