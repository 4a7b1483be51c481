/**
 * The option `cause` of errors, ECMA-262 section 20.5.8.1. core-js's would take the program's innermost two functions off
 * each stack, which it believes to be its own.
 *
 * @module
 */
import { define, defineGlobal } from "./define.ts";

type Options = { cause?: unknown } | undefined;
type NativeError = new (message?: unknown) => Error;

/** The constructor whose instances `native` makes, with `cause`. */
function withCause(name: string, native: NativeError): NativeError {
  function make(this: unknown, message?: unknown, options?: Options): Error {
    const error = new native(message);
    // Lowered, `super(message)` is a call upon the new object.
    if (this instanceof native) Object.setPrototypeOf(error, Object.getPrototypeOf(this));
    if (typeof options === "object" && options !== null && "cause" in options) {
      define(error, "cause", options.cause);
    }
    return error;
  }
  const maker = make as unknown as NativeError;
  Object.defineProperty(maker, "prototype", {
    value: native.prototype,
    writable: false,
    enumerable: false,
    configurable: false,
  });
  Object.defineProperty(maker, "length", { value: 1, configurable: true });
  define(maker, "name", name);
  define(native.prototype, "constructor", maker);
  return maker;
}

const base = withCause("Error", Error as NativeError);
const names = ["EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"];
names.forEach((name) => {
  const maker = withCause(name, (globalThis as unknown as Record<string, NativeError>)[name] as NativeError);
  Object.setPrototypeOf(maker, base);
  defineGlobal(name, maker);
});
defineGlobal("Error", base);
