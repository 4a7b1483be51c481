/**
 * Iterators of arrays, typed arrays and strings (ECMA-262 sections 23.1.5, 23.2.3, 22.1.5). Our own because `for`-`of`
 * and spread come down to them, and core-js pays its generality with each step: see `docs/es-builtins.md`.
 *
 * @module
 */
import { define, defineTag } from "./define.ts";
import "./symbols.ts";

interface Step {
  value: unknown;
  done: boolean;
}

interface ListIterator {
  list: ArrayLike<unknown> | undefined;
  index: number;
  kind: number;
}

const VALUES = 0;
const KEYS = 1;
const ENTRIES = 2;

/** %IteratorPrototype%, ECMA-262 section 27.1.2. */
export const iteratorPrototype: object = {};
define(iteratorPrototype, Symbol.iterator, function (this: unknown) {
  return this;
});

function makePrototype(tag: string, next: (this: never) => Step): object {
  const prototype = Object.create(iteratorPrototype) as object;
  define(prototype, "next", next);
  defineTag(prototype, tag);
  return prototype;
}

// What an iterator knows is kept in plain properties that nobody lists: a WeakMap here would cost more than the loop.
function ListIterator(this: ListIterator, list: ArrayLike<unknown>, kind: number): void {
  this.list = list;
  this.index = 0;
  this.kind = kind;
}
ListIterator.prototype = makePrototype("Array Iterator", function (this: ListIterator): Step {
  const list = this.list;
  if (list === undefined) return { value: undefined, done: true };
  const index = this.index;
  if (index >= list.length) {
    this.list = undefined;
    return { value: undefined, done: true };
  }
  this.index = index + 1;
  const kind = this.kind;
  if (kind === VALUES) return { value: list[index], done: false };
  return { value: kind === KEYS ? index : [index, list[index]], done: false };
});

const MakeListIterator = ListIterator as unknown as new (list: ArrayLike<unknown>, kind: number) => object;

function values(this: ArrayLike<unknown>): object {
  return new MakeListIterator(Object(this), VALUES);
}
function keys(this: ArrayLike<unknown>): object {
  return new MakeListIterator(Object(this), KEYS);
}
function entries(this: ArrayLike<unknown>): object {
  return new MakeListIterator(Object(this), ENTRIES);
}

function StringIterator(this: { text: string; index: number }, text: string): void {
  this.text = text;
  this.index = 0;
}
StringIterator.prototype = makePrototype(
  "String Iterator",
  function (this: {
    text: string;
    index: number;
  }): Step {
    const text = this.text;
    const index = this.index;
    if (index >= text.length) return { value: undefined, done: true };
    const first = text.charCodeAt(index);
    let size = 1;
    if (first >= 0xd800 && first <= 0xdbff && index + 1 < text.length) {
      const second = text.charCodeAt(index + 1);
      if (second >= 0xdc00 && second <= 0xdfff) size = 2;
    }
    this.index = index + size;
    return { value: size === 1 ? text.charAt(index) : text.substr(index, size), done: false };
  },
);
const MakeStringIterator = StringIterator as unknown as new (text: string) => object;

const lists: object[] = [Array.prototype, Object.getPrototypeOf(Uint8Array.prototype) as object];
for (let i = 0; i < lists.length; i++) {
  const prototype = lists[i] as object;
  define(prototype, "values", values);
  define(prototype, "keys", keys);
  define(prototype, "entries", entries);
  define(prototype, Symbol.iterator, values);
}
define(String.prototype, Symbol.iterator, function (this: unknown): object {
  return new MakeStringIterator(String(this));
});
