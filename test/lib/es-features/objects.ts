// biome-ignore-all lint: what the linter advises against must work too
import { showAll } from "./show.ts";

const sym = Symbol("s");
const source = { b: 1, a: 2, [sym]: 3 };

showAll({
  entries: () => Object.entries(source),
  values: () => Object.values(source),
  fromEntries: () => Object.fromEntries(new Map([["x", 1]])),
  fromEntriesList: () => Object.fromEntries([["x", 1]]),
  assign: () => Object.assign({}, { a: 1 }, null, { b: 2 }),
  assignSymbol: () => Object.assign({}, source)[sym],
  hasOwn: () => [Object.hasOwn(source, "a"), Object.hasOwn(source, "toString")],
  is: () => [Object.is(Number.NaN, Number.NaN), Object.is(0, -0)],
  descriptors: () =>
    Object.keys(
      Object.getOwnPropertyDescriptors({
        a: 1,
        get b() {
          return 2;
        },
      }),
    ),
  keysOrder: () => Object.keys({ b: 1, 2: 1, a: 1, 1: 1 }),
  spread: () => ({ ...source, a: 9, ...(null as object | null) }),
  rest: () => {
    const { b, ...others } = source;
    return [b, Object.keys(others), others[sym]];
  },
  defaults: () => {
    const { x = 1, y: { z = 2 } = {} } = {} as { x?: number; y?: { z?: number } };
    return [x, z];
  },
  computed: () =>
    ({
      [`a${1}`]: 1,
      ["b"]() {
        return 2;
      },
    }).b(),
  accessors: () => {
    const object = {
      value: 1,
      get twice() {
        return this.value * 2;
      },
      set twice(v: number) {
        this.value = v / 2;
      },
    };
    object.twice = 10;
    return [object.value, object.twice];
  },
  optional: () => {
    const object = { a: null as { b?: () => number } | null };
    return [object.a?.b?.(), (object as { c?: number }).c ?? "none"];
  },
  logicalAssign: () => {
    const object: { a: number | null; b: number; c: number } = { a: null, b: 0, c: 1 };
    object.a ??= 1;
    object.b ||= 2;
    object.c &&= 3;
    return object;
  },
  exponent: () => [2 ** 10, (-2) ** 2],
  freeze: () => {
    "use strict";
    const frozen = Object.freeze({ a: 1 }) as { a: number };
    frozen.a = 2;
    return frozen;
  },
  setPrototype: () => Object.getPrototypeOf(Object.setPrototypeOf({}, Array.prototype)) === Array.prototype,
  reflect: () => [
    Reflect.has(source, "a"),
    Reflect.get(source, "a"),
    Reflect.ownKeys(source).length,
    Reflect.apply(Math.max, null, [1, 2]),
    Reflect.construct(Array, [3]).length,
  ],
  proxyGet: () => new Proxy({} as Record<string, string>, { get: (_, name) => `<${String(name)}>` }).anything,
  proxySet: () => {
    const log: string[] = [];
    const proxy = new Proxy({} as Record<string, number>, {
      set: (target, name, value) => {
        log.push(String(name));
        target[name as string] = value;
        return true;
      },
    });
    proxy.a = 1;
    return [log, proxy.a];
  },
  proxyReceiver: () => {
    const log: string[] = [];
    const watch = <T extends object>(watched: T): T =>
      new Proxy(watched, {
        get: (target, key, receiver) => {
          const value: unknown = Reflect.get(target, key, receiver);
          return typeof value === "object" && value !== null ? watch(value) : value;
        },
        set: (target, key, value, receiver) => {
          log.push(String(key));
          return Reflect.set(target, key, value, receiver);
        },
      });
    const watched = watch({ a: { b: 1 }, list: [1] });
    watched.a.b = 2;
    watched.list.push(3);
    return [log, JSON.stringify(watched), Reflect.set({ q: 0 }, "q", 1, {})];
  },
  proxyHasDelete: () => {
    const proxy = new Proxy({ a: 1 } as Record<string, number>, {
      has: (_, name) => name === "x",
      deleteProperty: () => true,
    });
    return ["x" in proxy, "a" in proxy, delete proxy.a];
  },
  symbolTag: () => Object.prototype.toString.call({ [Symbol.toStringTag]: "Mine" }),
  symbolPrimitive: () => `${{ [Symbol.toPrimitive]: (hint: string) => hint }}`,
  symbolFor: () => [
    Symbol.for("x") === Symbol.for("x"),
    Symbol.keyFor(Symbol.for("x")),
    sym.description,
    String(sym),
  ],
  symbolType: () => typeof Symbol.iterator,
  hasInstance: () => ({}) instanceof ({ [Symbol.hasInstance]: () => true } as never as new () => object),
  json: () =>
    JSON.stringify({ a: [undefined, () => 1, Symbol("x")], b: undefined, d: new Date(0), n: Number.NaN }),
  jsonIndent: () => JSON.stringify({ a: [1, { b: 2 }] }, null, 2),
  jsonReviver: () =>
    JSON.parse('{"a":1,"b":[2]}', (_, value) => (typeof value === "number" ? value + 1 : value)),
  jsonBad: () => JSON.parse("{"),
  structuredClone: () => {
    const original = {
      date: new Date(5),
      list: [1, { x: new Map([["k", new Set([1])]]) }],
      bytes: new Uint8Array([1, 2]),
    };
    const copy = structuredClone(original);
    return [copy, copy.list[1] !== original.list[1], copy.bytes.buffer !== original.bytes.buffer];
  },
  structuredCloneCircle: () => {
    const object: { self?: unknown } = {};
    object.self = object;
    const copy = structuredClone(object);
    return copy.self === copy;
  },
  structuredCloneFunction: () => structuredClone(() => 1),
  globalThis: () => typeof globalThis,
  getterOnClass: () =>
    Object.getOwnPropertyNames(
      class {
        static a = 1;
      },
    ).includes("a"),
});
