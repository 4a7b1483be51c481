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

function MirageAggregateError(
  this: unknown,
  errors: Iterable<unknown>,
  message?: string,
  options?: ErrorOptions,
) {
  const error = new Error(message) as Aggregate;
  const prototype =
    this instanceof MirageAggregateError ? Object.getPrototypeOf(this) : MirageAggregateError.prototype;
  Object.setPrototypeOf(error, prototype as object);
  if (options !== undefined && "cause" in options) define(error, "cause", options.cause);
  define(error, "errors", Array.from(errors));
  return error;
}
MirageAggregateError.prototype = Object.create(Error.prototype);
define(MirageAggregateError.prototype, "constructor", MirageAggregateError);
define(MirageAggregateError.prototype, "name", "AggregateError");
define(MirageAggregateError.prototype, "message", "");
define(MirageAggregateError, "name", "AggregateError");
defineGlobal("AggregateError", MirageAggregateError);

export const makeAggregateError = MirageAggregateError as unknown as (
  errors: unknown[],
  message: string,
) => Error;
