// biome-ignore-all lint: what the linter advises against must work too
class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
}
const circular: { name: string; self?: unknown } = { name: "c" };
circular.self = circular;

console.log("plain", 1, true, null, undefined, -0, Number.NaN, 1e21);
console.log("%s is %d years and %i days, %f%%", "Bob", 42.5, 7.9, 1.25, "more", { a: 1 });
console.log("%j %o %O %c styled", { a: [1] }, 5, { b: { c: { d: {} } } }, "color: red");
console.log("%s", "only", "rest");
console.log("%d", "12", "%s");
console.log("100%", 5);
console.log("%x %s", "value");
console.log({ a: 1, "b-c": "text", 2: [1, 2], [Symbol("s")]: 1 });
console.log([1, "two", null, undefined, [3, [4, [5, [6]]]]]);
console.log([, 1, , ,], new Array(3), []);
console.log({}, { a: {} }, { a: { b: { c: {} } } }, { a: { b: { c: { d: 1 } } } });
console.log(
  new Map<unknown, unknown>([
    ["k", { v: 1 }],
    [{ o: 1 }, [1]],
  ]),
  new Set([1, "a"]),
  new Map(),
  new Set(),
);
console.log(new Uint8Array([1, 2, 3]), new Float64Array(2), new ArrayBuffer(3));
console.log(circular);
console.log(new Point(1, 2), [new Point(3, 4)], Object.create(null), Object.create({ a: 1 }));
console.log(Symbol("x"), [Symbol("y")], new Date(0), [new Date(NaN)], /a+/g, [/b/]);
console.log("it's", ["it's", 'say "hi"', "line\nbreak", "tab\t", "back\\slash", "both ' and \"", ""]);
console.log(Math.max, [function named() {}, () => {}]);
console.log([new Number(1), new String("s"), new Boolean(false)]);
console.log(Promise.resolve(5), new Promise(() => {}), new WeakMap());
console.log({
  get a() {
    return 1;
  },
  set b(_: number) {},
  get c() {
    return 1;
  },
  set c(_: number) {},
});
console.log({ f() {}, g: () => {} });
console.log([undefined, null, -0], { u: undefined, n: null });
console.log(
  [
    ["a", 1],
    ["b", 2],
  ],
  { list: [{ a: 1 }, { b: 2 }] },
);
console.log({ long: "x".repeat(60), other: "y".repeat(60) });
console.log("");
console.log();
console.log("multi\nline");
console.group("group");
console.log("inside");
console.group();
console.log("two\nlines");
console.groupEnd();
console.groupEnd();
console.log("outside");
console.count();
console.count("x");
console.count();
console.countReset();
console.count();
console.table([
  { a: 1, b: "x" },
  { a: 2, c: true },
]);
console.table([[1, 2], [3]]);
console.table(["a", "b"]);
console.table([{ a: 1, b: 2 }], ["b"]);
console.table(5);
console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 });
console.log([1.5, 2, 3], [true, false], ["a"]);
console.log(
  (
    function () {
      return arguments;
    } as (...a: number[]) => unknown
  )(1, 2),
);
console.log(Array.from({ length: 30 }, (_, i) => i * 7));
console.log(Array.from({ length: 120 }, (_, i) => i));
console.log(["apple", "banana", "cherry", "date", "elderberry", "fig", "grape", "honeydew"]);
console.log({ bytes: new Uint8Array(40), words: ["a", "b", "c", "d", "e", "f", "g"] });
console.log([[], {}, { a: [] }, { a: { b: [] } }, { a: { b: { c: [] } } }, { a: { b: { c: [1] } } }]);
console.log([
  { name: "first", value: 1 },
  { name: "second", value: 2 },
  { name: "third", value: 3 },
]);
console.log({ a: { b: { c: 1 } } }, { a: { b: { c: { d: 1 } } } });
console.log({ one: { two: { three: "x" } }, list: [1, 2, 3], map: new Map([["k", { deep: [1] }]]) });
console.log({ error: "none", nested: { text: "multi\nline", n: null } });
