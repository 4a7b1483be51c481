/**
 * AggregateError, ECMA-262 section 20.5.7.
 *
 * @module
 */
import "./array-from.ts";
import { define, defineGlobal } from "./define.ts";

interface Aggregate extends Error {
  errors: unknown[];
}

function AggregateError(this: unknown, errors: Iterable<unknown>, message?: string, options?: ErrorOptions) {
  const error = new Error(message) as Aggregate;
  const prototype = this instanceof AggregateError ? Object.getPrototypeOf(this) : AggregateError.prototype;
  Object.setPrototypeOf(error, prototype as object);
  if (options !== undefined && "cause" in options) define(error, "cause", options.cause);
  define(error, "errors", Array.from(errors));
  return error;
}
AggregateError.prototype = Object.create(Error.prototype);
define(AggregateError.prototype, "constructor", AggregateError);
define(AggregateError.prototype, "name", "AggregateError");
define(AggregateError.prototype, "message", "");
defineGlobal("AggregateError", AggregateError);

export const makeAggregateError = AggregateError as unknown as (errors: unknown[], message: string) => Error;
