/**
 * What a program has beyond the ECMAScript of `lib.es2023`: the usual globals of browsers and Node, as far as they are
 * here. There is no `process`, no `URL`, no `fetch`, no `Intl`, no BigInt, no `String.prototype.normalize`.
 */

interface Console {
  assert(condition?: unknown, ...data: unknown[]): void;
  count(label?: string): void;
  countReset(label?: string): void;
  debug(...data: unknown[]): void;
  dir(value?: unknown, options?: { depth?: number | null }): void;
  error(...data: unknown[]): void;
  group(...label: unknown[]): void;
  groupCollapsed(...label: unknown[]): void;
  groupEnd(): void;
  info(...data: unknown[]): void;
  log(...data: unknown[]): void;
  table(data: unknown, columns?: readonly string[]): void;
  time(label?: string): void;
  timeEnd(label?: string): void;
  timeLog(label?: string, ...data: unknown[]): void;
  trace(...data: unknown[]): void;
  warn(...data: unknown[]): void;
}
declare var console: Console;

/** Runs `callback` after `delay` milliseconds, at least 1. Returns an id for `clearTimeout`. */
declare function setTimeout<A extends unknown[]>(
  callback: (...args: A) => void,
  delay?: number,
  ...args: A
): number;
/** Runs `callback` every `delay` milliseconds, at least 1. */
declare function setInterval<A extends unknown[]>(
  callback: (...args: A) => void,
  delay?: number,
  ...args: A
): number;
/** Runs `callback` when this turn is over. */
declare function setImmediate<A extends unknown[]>(callback: (...args: A) => void, ...args: A): number;
declare function clearTimeout(id: number | undefined): void;
declare function clearInterval(id: number | undefined): void;
declare function clearImmediate(id: number | undefined): void;
/** Runs `callback` before the next event, in order with promises' callbacks. */
declare function queueMicrotask(callback: () => void): void;

/** A deep copy: of what JSON has, and Date, RegExp, Map, Set, Error, ArrayBuffer, typed arrays, circular references. */
declare function structuredClone<T>(value: T): T;

interface Performance {
  /** Milliseconds since the program started. */
  now(): number;
  /** Milliseconds from 1970 to the start of the program. */
  readonly timeOrigin: number;
}
declare var performance: Performance;

interface Crypto {
  /** Fills an integer typed array of at most 65536 bytes. */
  getRandomValues<T extends ArrayBufferView>(view: T): T;
  /** A version 4 UUID. */
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
}
declare var crypto: Crypto;

/** Bytes of a Latin-1 string to Base64. */
declare function btoa(data: string): string;
declare function atob(data: string): string;

declare class TextEncoder {
  readonly encoding: string;
  encode(input?: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  /** UTF-8 is the only encoding. */
  constructor(label?: "utf-8" | "utf8", options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string;
}

interface SymbolConstructor {
  /** Key of the method that `using` calls at the end of a block. */
  readonly dispose: unique symbol;
  readonly asyncDispose: unique symbol;
}
interface Disposable {
  [Symbol.dispose](): void;
}
interface AsyncDisposable {
  [Symbol.asyncDispose](): PromiseLike<void>;
}

interface PromiseConstructor {
  withResolvers<T>(): {
    promise: Promise<T>;
    resolve: (value: T | PromiseLike<T>) => void;
    reject: (reason?: unknown) => void;
  };
}
