/**
 * String.prototype.replaceAll, ECMA-262 section 22.1.3.20. Our own, because core-js's brings all of its regular
 * expressions along.
 *
 * @module
 */
import { define } from "./define.ts";

type Replacement = string | ((match: string, ...rest: unknown[]) => string);

define(
  String.prototype,
  "replaceAll",
  function (this: unknown, search: unknown, replacement: Replacement): string {
    if (this === null || this === undefined) throw new TypeError(`replaceAll of ${this}`);
    const text = String(this);
    if (search instanceof RegExp) {
      if (search.flags.indexOf("g") < 0)
        throw new TypeError("replaceAll needs a regular expression with the flag g");
      return text.replace(search, replacement as string);
    }
    const literal = String(search).replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    return text.replace(new RegExp(literal === "" ? "(?:)" : literal, "g"), replacement as string);
  },
);
