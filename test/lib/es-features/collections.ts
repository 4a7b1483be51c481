// biome-ignore-all lint: what the linter advises against must work too
import { showAll } from "./show.ts";

const key: object = { name: "key" };

showAll({
  mapBasics: () => {
    const map = new Map<unknown, unknown>([
      ["a", 1],
      [key, 2],
    ]);
    map.set(Number.NaN, 3).set(-0, 4);
    return [
      map.size,
      map.get("a"),
      map.get(key),
      map.get(Number.NaN),
      map.get(0),
      map.has("b"),
      map.delete("a"),
      map.size,
    ];
  },
  mapOrder: () => {
    const map = new Map([
      [3, "c"],
      [1, "a"],
    ]);
    map.set(2, "b").set(3, "d");
    return [[...map.keys()], [...map.values()], [...map.entries()]];
  },
  mapForEach: () => {
    const out: unknown[] = [];
    new Map([["x", 1]]).forEach((value, k, map) => out.push(value, k, map.size));
    return out;
  },
  mapDeleteWhileIterating: () => {
    const map = new Map([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    const seen: number[] = [];
    for (const [k] of map) {
      seen.push(k);
      map.delete(2);
      if (k === 1) map.set(4, 4);
    }
    return seen;
  },
  mapClear: () => {
    const map = new Map([[1, 1]]);
    map.clear();
    return map;
  },
  mapNumberAndText: () =>
    new Map<unknown, number>([
      [1, 1],
      ["1", 2],
      [true, 3],
      ["true", 4],
      [null, 5],
      [undefined, 6],
    ]).size,
  mapTag: () => Object.prototype.toString.call(new Map()),
  mapWithoutNew: () => (Map as unknown as () => void)(),
  setBasics: () => {
    const set = new Set([1, 2, 2, Number.NaN, Number.NaN]);
    set.add(3).delete(1);
    return [set.size, set.has(2), set.has(1), [...set]];
  },
  setForEach: () => {
    const out: unknown[] = [];
    new Set(["x"]).forEach((a, b) => out.push(a, b));
    return out;
  },
  setEntries: () => [...new Set(["x"]).entries()],
  setOfText: () => new Set("hello"),
  subclass: () => {
    class Counter extends Map<string, number> {
      count(word: string): this {
        return this.set(word, (this.get(word) ?? 0) + 1);
      }
    }
    const counter = new Counter().count("a").count("a");
    return [counter.get("a"), counter instanceof Map, counter instanceof Counter, counter.size];
  },
  weakMap: () => {
    const map = new WeakMap([[key, 1]]);
    return [map.get(key), map.has({}), map.delete(key), map.has(key)];
  },
  weakMapFrozen: () => {
    const frozen = Object.freeze({});
    return new WeakMap([[frozen, 5]]).get(frozen);
  },
  weakMapText: () => new WeakMap().set("text" as never, 1),
  weakSet: () => {
    const set = new WeakSet([key]);
    return [set.has(key), set.has({})];
  },
  keyStaysClean: () => {
    const object = { a: 1 };
    new Map([[object, 1]]);
    new WeakMap([[object, 1]]);
    return [Object.keys(object), JSON.stringify(object)];
  },
  manyKeys: () => {
    const map = new Map<string | number, number>();
    for (let i = 0; i < 500; i++) map.set(i % 2 === 0 ? i : `k${i}`, i);
    let sum = 0;
    for (const value of map.values()) sum += value;
    return [map.size, sum, map.get(2), map.get("k3"), map.get("2")];
  },
  groupBy: () => {
    const groups = new Map<string, number[]>();
    for (const x of [1, 2, 3]) {
      const group = x % 2 === 0 ? "even" : "odd";
      groups.set(group, [...(groups.get(group) ?? []), x]);
    }
    return groups;
  },
});
