/**
 * How built-ins are put in place: not enumerable, as ECMA-262 section 17 has it.
 *
 * @module
 */

/** Defines `target[key]`: writable, configurable, not enumerable. */
export function define(target: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value: value, writable: true, enumerable: false, configurable: true });
}

/** Defines all of `members`, unless the engine has them. */
export function defineMissing(target: object, members: Record<string, unknown>): void {
  for (const key in members) if (!(key in target)) define(target, key, members[key]);
}

/** Defines a constructor or function as a global. */
export function defineGlobal(name: string, value: unknown): void {
  define(globalThis, name, value);
}

/** `Object.prototype.toString` says "[object tag]". */
export function defineTag(prototype: object, tag: string): void {
  Object.defineProperty(prototype, Symbol.toStringTag, {
    value: tag,
    writable: false,
    enumerable: false,
    configurable: true,
  });
}

const isOwn = Object.prototype.hasOwnProperty;

/** Object.hasOwn, which the engine lacks. */
export function hasOwn(target: object, key: PropertyKey): boolean {
  return isOwn.call(target, key);
}
