/**
 * Methods of typed arrays, ECMA-262 section 23.2. Duktape has `set` and `subarray` only. Our own, because core-js may
 * put constructors of its own in place of the engine's, and views over frames come from the engine's.
 *
 * @module
 */
import "./array-from.ts";
import { define, defineMissing } from "./define.ts";

type TypedArray = Uint8Array;
type TypedArrayConstructor = {
  new (length: number): TypedArray;
  new (values: ArrayLike<number>): TypedArray;
};
type Callback = (value: number, index: number, array: TypedArray) => unknown;
type Compare = (a: number, b: number) => number;

const prototype = Object.getPrototypeOf(Uint8Array.prototype) as TypedArray;

// Array's methods read a length and indices, which is all that these need.
const generic = [
  "every",
  "forEach",
  "indexOf",
  "join",
  "lastIndexOf",
  "reduce",
  "reduceRight",
  "reverse",
  "some",
] as const;
for (let i = 0; i < generic.length; i++) {
  const name = generic[i] as (typeof generic)[number];
  if (!(name in prototype)) define(prototype, name, Array.prototype[name]);
}

function make(like: TypedArray, length: number): TypedArray {
  return new (like.constructor as TypedArrayConstructor)(length);
}

/** An index counted from the end if negative, kept within 0 to length. */
function clamp(index: number | undefined, length: number, otherwise: number): number {
  if (index === undefined) return otherwise;
  const integer = Math.trunc(Number(index)) || 0;
  return integer < 0 ? Math.max(length + integer, 0) : Math.min(integer, length);
}

function numeric(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  if (a !== b) return a < b ? -1 : 1;
  if (a !== 0) return 0;
  return 1 / a - 1 / b < 0 ? -1 : 1 / a === 1 / b ? 0 : 1;
}

function search(list: TypedArray, from: number, step: number, test: Callback, self: unknown): number {
  for (let i = from; i >= 0 && i < list.length; i += step) {
    if (test.call(self, list[i] as number, i, list)) return i;
  }
  return -1;
}

function copy(list: TypedArray): TypedArray {
  const result = make(list, list.length);
  result.set(list);
  return result;
}

defineMissing(prototype, {
  at: function (this: TypedArray, index: number): number | undefined {
    const integer = Math.trunc(Number(index)) || 0;
    return this[integer < 0 ? this.length + integer : integer];
  },
  copyWithin: function (this: TypedArray, target: number, start: number, end?: number): TypedArray {
    const length = this.length;
    const to = clamp(target, length, 0);
    const from = clamp(start, length, 0);
    const count = Math.min(clamp(end, length, length) - from, length - to);
    if (count > 0) this.set(this.subarray(from, from + count), to);
    return this;
  },
  fill: function (this: TypedArray, value: number, start?: number, end?: number): TypedArray {
    const number = Number(value);
    const last = clamp(end, this.length, this.length);
    for (let i = clamp(start, this.length, 0); i < last; i++) this[i] = number;
    return this;
  },
  filter: function (this: TypedArray, test: Callback, self?: unknown): TypedArray {
    const kept: number[] = [];
    for (let i = 0; i < this.length; i++) {
      const value = this[i] as number;
      if (test.call(self, value, i, this)) kept.push(value);
    }
    return new (this.constructor as TypedArrayConstructor)(kept);
  },
  find: function (this: TypedArray, test: Callback, self?: unknown): number | undefined {
    const index = search(this, 0, 1, test, self);
    return index < 0 ? undefined : this[index];
  },
  findIndex: function (this: TypedArray, test: Callback, self?: unknown): number {
    return search(this, 0, 1, test, self);
  },
  findLast: function (this: TypedArray, test: Callback, self?: unknown): number | undefined {
    const index = search(this, this.length - 1, -1, test, self);
    return index < 0 ? undefined : this[index];
  },
  findLastIndex: function (this: TypedArray, test: Callback, self?: unknown): number {
    return search(this, this.length - 1, -1, test, self);
  },
  includes: function (this: TypedArray, value: number, from?: number): boolean {
    for (let i = clamp(from, this.length, 0); i < this.length; i++) {
      const item = this[i] as number;
      if (item === value || (Number.isNaN(item) && Number.isNaN(value))) return true;
    }
    return false;
  },
  map: function (this: TypedArray, callback: Callback, self?: unknown): TypedArray {
    const result = make(this, this.length);
    for (let i = 0; i < this.length; i++)
      result[i] = callback.call(self, this[i] as number, i, this) as number;
    return result;
  },
  slice: function (this: TypedArray, start?: number, end?: number): TypedArray {
    return copy(this.subarray(start as number, end));
  },
  sort: function (this: TypedArray, compare?: Compare): TypedArray {
    if (compare !== undefined && typeof compare !== "function") {
      throw new TypeError("the argument of sort must be a function");
    }
    // Duktape's sort is not stable; equal numbers that differ are only 0 and -0, which `numeric` tells apart.
    Array.prototype.sort.call(this, compare ?? numeric);
    return this;
  },
  toLocaleString: function (this: TypedArray): string {
    return Array.prototype.join.call(this, ",");
  },
  toReversed: function (this: TypedArray): TypedArray {
    return copy(this).reverse();
  },
  toSorted: function (this: TypedArray, compare?: Compare): TypedArray {
    return copy(this).sort(compare);
  },
  with: function (this: TypedArray, index: number, value: number): TypedArray {
    const integer = Math.trunc(Number(index)) || 0;
    const at = integer < 0 ? this.length + integer : integer;
    if (at < 0 || at >= this.length) throw new RangeError(`index ${index} outside 0 to ${this.length - 1}`);
    const result = copy(this);
    result[at] = value;
    return result;
  },
});
define(prototype, "toString", Array.prototype.toString);
const constructors = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
];

/** %TypedArray%, ECMA-262 section 23.2.1: what the constructors inherit `from` and `of` of. */
function TypedArray(): void {
  throw new TypeError("TypedArray cannot be called");
}
TypedArray.prototype = prototype;
define(prototype, "constructor", TypedArray);
define(TypedArray, "from", function <
  T,
>(this: TypedArrayConstructor, source: Iterable<T> | ArrayLike<T>, map?: (value: T, index: number) => number, self?: unknown): TypedArray {
  return new this(Array.from(source as ArrayLike<T>, map === undefined ? Number : map, self));
});
define(TypedArray, "of", function (this: TypedArrayConstructor, ...values: number[]): TypedArray {
  return new this(values);
});
for (let i = 0; i < constructors.length; i++) {
  Object.setPrototypeOf(constructors[i], TypedArray);
}
