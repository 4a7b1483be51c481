// biome-ignore-all lint: what the linter advises against must work too
import { showAll } from "./show.ts";

const numbers = [5, 1, 4, 2, 3];
const nested = [1, [2, [3, [4]]]];
const sparse = [1, , 3];

showAll({
  from: () => Array.from({ length: 3 }, (_, i) => i * 2),
  fromString: () => Array.from("a\u{1f600}b"),
  fromSet: () => Array.from(new Set([1, 1, 2])),
  fromMap: () => Array.from(new Map([["a", 1]])),
  fromNull: () => Array.from(null as never),
  of: () => Array.of(7, 8),
  at: () => [numbers.at(0), numbers.at(-1), numbers.at(9)],
  find: () => numbers.find((x) => x < 3),
  findIndex: () => numbers.findIndex((x) => x < 3),
  findLast: () => numbers.findLast((x) => x < 3),
  findLastIndex: () => numbers.findLastIndex((x) => x > 9),
  includes: () => [numbers.includes(4), [Number.NaN].includes(Number.NaN), numbers.includes(4, 3)],
  flat: () => nested.flat(),
  flatInfinity: () => nested.flat(Infinity),
  flatMap: () => numbers.flatMap((x) => [x, [x]]),
  fill: () => new Array(3).fill(7),
  fillRange: () => [1, 2, 3, 4].fill(0, 1, -1),
  copyWithin: () => [1, 2, 3, 4, 5].copyWithin(0, 3),
  toSorted: () => numbers.toSorted(),
  toSortedBy: () => numbers.toSorted((a, b) => b - a),
  toReversed: () => numbers.toReversed(),
  toSpliced: () => numbers.toSpliced(1, 2, 9),
  with: () => numbers.with(1, 9),
  withOutside: () => numbers.with(9, 9),
  unchanged: () => numbers,
  stableSort: () =>
    Array.from({ length: 40 }, (_, i) => ({ k: i % 3, i }))
      .sort((a, b) => a.k - b.k)
      .map((x) => x.i),
  sortUndefined: () => [3, undefined, 1].sort(),
  sortText: () => [10, 9, 1].sort(),
  keys: () => [...numbers.keys()],
  entries: () => [...numbers.entries()],
  values: () => [...sparse.values()],
  spread: () => [...numbers, ..."ab", ...new Set([1])],
  spreadArguments: () => Math.max(...numbers),
  destructure: () => {
    const [a, , b = 9, ...rest] = numbers;
    return [a, b, rest];
  },
  destructureIterator: () => {
    const [[key, value]] = new Map([["k", 1]]) as unknown as [[string, number]];
    return [key, value];
  },
  swap: () => {
    let [a, b] = [1, 2];
    [a, b] = [b, a];
    return [a, b];
  },
  forOf: () => {
    let sum = 0;
    for (const x of numbers) sum += x;
    return sum;
  },
  forOfEntries: () => {
    const out: string[] = [];
    for (const [i, x] of numbers.entries()) out.push(`${i}:${x}`);
    return out;
  },
  forOfBreak: () => {
    let closed = false;
    const iterable = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: 1 }),
        return: () => {
          closed = true;
          return { done: true, value: 0 };
        },
      }),
    };
    for (const _ of iterable) break;
    return closed;
  },
  forOfClosures: () => {
    const calls: (() => number)[] = [];
    for (let i = 0; i < 3; i++) calls.push(() => i);
    return calls.map((f) => f());
  },
  holes: () => sparse.map((x) => (x as number) * 2),
  concatSpreadable: () => [1].concat([2, [3]] as never, 4),
  isArray: () => [Array.isArray([]), Array.isArray({ length: 0 })],
  lastIndexOf: () => [1, 2, 1].lastIndexOf(1),
  reduceRight: () => ["a", "b"].reduceRight((a, b) => a + b),
  join: () => [1, null, undefined, [2, 3]].join("-"),
  iteratorTag: () => Object.prototype.toString.call([][Symbol.iterator]()),
  lengthSet: () => {
    const list = [1, 2, 3];
    list.length = 1;
    return list;
  },
});
