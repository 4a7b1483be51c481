/**
 * structuredClone, HTML Standard section 2.7: deep copies that keep identities and circles.
 *
 * @module
 */
import { defineGlobal, hasOwn } from "./define.ts";

type Collection = {
  forEach: (callback: (value: unknown, key: unknown) => void) => void;
  set?: (key: unknown, value: unknown) => void;
  add?: (value: unknown) => void;
};

function global(name: string): (new (...args: never[]) => unknown) | undefined {
  return (globalThis as Record<string, unknown>)[name] as never;
}

function isA(value: object, name: string): boolean {
  const maker = global(name);
  return maker !== undefined && value instanceof maker;
}

function refuse(what: string): never {
  const error = new Error(`structuredClone: ${what} cannot be cloned`);
  error.name = "DataCloneError";
  throw error;
}

const errorNames = ["EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"];

function cloneError(value: Error): Error {
  const name = errorNames.indexOf(value.name) >= 0 ? value.name : "Error";
  const copy = new (global(name) as new (message: string) => Error)(value.message);
  const keys = ["stack", "cause"] as const;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as "stack" | "cause";
    if (hasOwn(value, key)) {
      Object.defineProperty(copy, key, { value: value[key], writable: true, configurable: true });
    }
  }
  return copy;
}

/** The copy of an object without what it refers to; `undefined` for one of no special kind. */
function shell(value: object, clone: (inner: unknown) => unknown): object | undefined {
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  if (value instanceof Boolean || value instanceof Number || value instanceof String) {
    return Object(value.valueOf()) as object;
  }
  if (value instanceof ArrayBuffer) return value.slice(0);
  if (ArrayBuffer.isView(value)) {
    const view = value as Uint8Array;
    const buffer = clone(view.buffer) as ArrayBuffer;
    if (value instanceof DataView) return new DataView(buffer, view.byteOffset, view.byteLength);
    return new (view.constructor as typeof Uint8Array)(buffer, view.byteOffset, view.length);
  }
  if (value instanceof Error) return cloneError(value);
  const unclonable = ["Promise", "WeakMap", "WeakSet"];
  for (let i = 0; i < unclonable.length; i++) {
    const name = unclonable[i] as string;
    if (isA(value, name)) refuse(`a ${name}`);
  }
  if (isA(value, "Map") || isA(value, "Set")) {
    return new (global(isA(value, "Map") ? "Map" : "Set") as new () => object)();
  }
  return undefined;
}

defineGlobal("structuredClone", function structuredClone(root: unknown): unknown {
  // biome-ignore lint/complexity/noArguments: undefined can be cloned, nothing cannot
  if (arguments.length === 0) throw new TypeError("structuredClone: 1 argument expected");
  const originals: object[] = [];
  const copies: object[] = [];

  const clone = (value: unknown): unknown => {
    if (typeof value === "function" || typeof value === "symbol") refuse(String(value));
    if (typeof value !== "object" || value === null) return value;
    const known = originals.indexOf(value);
    if (known >= 0) return copies[known];

    const made = shell(value, clone);
    const copy = made ?? (Array.isArray(value) ? new Array(value.length) : {});
    originals.push(value);
    copies.push(copy);
    if (made !== undefined && (isA(value, "Map") || isA(value, "Set"))) {
      const target = copy as Collection;
      (value as Collection).forEach((inner, key) => {
        if (target.set !== undefined) target.set(clone(key), clone(inner));
        else if (target.add !== undefined) target.add(clone(inner));
      });
    } else if (made === undefined) {
      const keys = Object.keys(value);
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i] as string;
        (copy as Record<string, unknown>)[key] = clone((value as Record<string, unknown>)[key]);
      }
    }
    return copy;
  };
  return clone(root);
});
