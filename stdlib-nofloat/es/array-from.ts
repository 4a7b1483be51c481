/**
 * Array.from and Array.of, ECMA-262 section 23.1.2. Our own, because spread and destructuring are lowered to them, so
 * that nearly every program has them.
 *
 * @module
 */
import { define } from "./define.ts";
import "./iterators.ts";

type ArrayConstructor = new (length?: number) => unknown[];
type Mapper = (this: unknown, value: unknown, index: number) => unknown;

/** `this`, if arrays can be made with it, else Array. */
function constructorOf(self: unknown): ArrayConstructor {
  return typeof self === "function" && self.prototype !== undefined ? (self as never) : (Array as never);
}

function from(this: unknown, source: unknown, map?: Mapper, self?: unknown): unknown[] {
  if (source === null || source === undefined) throw new TypeError(`Array.from: ${source} is not iterable`);
  if (map !== undefined && typeof map !== "function")
    throw new TypeError("Array.from: map must be a function");
  const Result = constructorOf(this);
  const iterate = (source as Iterable<unknown>)[Symbol.iterator];
  if (iterate === undefined || iterate === null) {
    const list = Object(source) as ArrayLike<unknown>;
    const length = Math.min(Math.max(Math.trunc(Number(list.length)) || 0, 0), Number.MAX_SAFE_INTEGER);
    const result = new Result(length);
    for (let i = 0; i < length; i++) result[i] = map === undefined ? list[i] : map.call(self, list[i], i);
    result.length = length;
    return result;
  }
  const result = new Result();
  const iterator = iterate.call(source);
  let index = 0;
  for (;;) {
    const step = iterator.next();
    if (step.done) break;
    try {
      result[index] = map === undefined ? step.value : map.call(self, step.value, index);
    } catch (error) {
      if (iterator.return !== undefined) iterator.return();
      throw error;
    }
    index++;
  }
  result.length = index;
  return result;
}

function of(this: unknown): unknown[] {
  // biome-ignore lint/complexity/noArguments: rest parameters are lowered to a loop like this one
  const values = arguments;
  const result = new (constructorOf(this))(values.length);
  for (let i = 0; i < values.length; i++) result[i] = values[i];
  result.length = values.length;
  return result;
}

define(Array, "from", from);
define(Array, "of", of);
