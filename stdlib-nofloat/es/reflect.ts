/**
 * Reflect.get and Reflect.set with a receiver, ECMA-262 sections 28.1.5 and 28.1.12: `super.x` is lowered to them, and
 * Duktape takes no receiver but the target.
 *
 * @module
 */
import { define, hasOwn } from "./define.ts";

const plainGet = Reflect.get;
const plainSet = Reflect.set;

function find(target: object, key: PropertyKey): PropertyDescriptor | undefined {
  for (let object: object | null = target; object !== null; object = Object.getPrototypeOf(object)) {
    const own = Object.getOwnPropertyDescriptor(object, key);
    if (own !== undefined) return own;
  }
  return undefined;
}

define(Reflect, "get", function (target: object, key: PropertyKey, receiver: unknown): unknown {
  // biome-ignore lint/complexity/noArguments: undefined can be a receiver
  if (arguments.length < 3 || receiver === target) return plainGet(target, key);
  const found = find(target, key);
  if (found === undefined) return undefined;
  return found.get !== undefined ? found.get.call(receiver) : found.value;
});

define(
  Reflect,
  "set",
  function (target: object, key: PropertyKey, value: unknown, receiver: unknown): boolean {
    // biome-ignore lint/complexity/noArguments: undefined can be a receiver
    if (arguments.length < 4 || receiver === target) return plainSet(target, key, value);
    const found = find(target, key);
    if (found !== undefined && (found.get !== undefined || found.set !== undefined)) {
      if (found.set === undefined) return false;
      found.set.call(receiver, value);
      return true;
    }
    // A proxy, which alone the engine shows without a prototype: its target is what a trap would be given.
    if (receiver !== null && typeof receiver === "object" && Object.getPrototypeOf(receiver) === null) {
      return plainSet(target, key, value);
    }
    if ((found !== undefined && !found.writable) || typeof receiver !== "object" || receiver === null)
      return false;
    if (hasOwn(receiver, key)) return plainSet(receiver, key, value);
    if (!Object.isExtensible(receiver)) return false;
    Object.defineProperty(receiver, key, {
      value: value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
    return true;
  },
);
