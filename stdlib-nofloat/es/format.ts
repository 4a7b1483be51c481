/**
 * The arguments of console.log as one text: the Console Standard's format specifiers (section 2.2), as Node has them.
 *
 * @module
 */
import { inspect } from "./inspect.ts";

/** How %o differs from %O: it goes deeper. */
const DEEP = 4;

function number(value: unknown, parse: (text: string) => number): string {
  if (typeof value === "symbol" || (typeof value === "object" && value !== null)) return "NaN";
  const result = parse(String(value));
  return result === 0 && 1 / result < 0 ? "-0" : String(result);
}

function json(value: unknown): string {
  try {
    return String(JSON.stringify(value));
  } catch (error) {
    if (error instanceof TypeError) return "[Circular]";
    throw error;
  }
}

function text(value: unknown): string {
  if (typeof value === "number" || typeof value === "function") return inspect(value);
  if (typeof value !== "object" || value === null) return String(value);
  const own = (value as { toString?: unknown }).toString;
  if (typeof own === "function" && own !== Object.prototype.toString && own !== Array.prototype.toString) {
    if (!(value instanceof Error) && !(value instanceof Date)) return String(value);
  }
  return inspect(value, 0);
}

function specified(specifier: string, value: unknown): string {
  if (specifier === "s") return text(value);
  if (specifier === "d") {
    return typeof value === "symbol" || typeof value === "object"
      ? value === null
        ? "0"
        : "NaN"
      : inspect(Number(value));
  }
  if (specifier === "i") return number(value, (one) => Number.parseInt(one, 10));
  if (specifier === "f") return typeof value === "symbol" ? "NaN" : inspect(Number.parseFloat(String(value)));
  if (specifier === "j") return json(value);
  if (specifier === "o") return inspect(value, DEEP);
  return inspect(value);
}

/** One line (or more) from what console.log got. */
export function format(values: ArrayLike<unknown>): string {
  let result = "";
  let used = 0;
  const first = values[0];
  if (typeof first === "string" && values.length > 1) {
    let copied = 0;
    used = 1;
    for (let i = 0; i < first.length - 1; i++) {
      if (first.charAt(i) !== "%") continue;
      const specifier = first.charAt(i + 1);
      let replacement: string | undefined;
      if (specifier === "%") replacement = "%";
      else if ("sdifjoOc".indexOf(specifier) >= 0 && used < values.length) {
        replacement = specifier === "c" ? "" : specified(specifier, values[used]);
        used++;
      }
      if (replacement === undefined) continue;
      result += first.slice(copied, i) + replacement;
      copied = i + 2;
      i++;
    }
    result += first.slice(copied);
  }
  for (let i = used; i < values.length; i++) {
    const value = values[i];
    result += (i > 0 ? " " : "") + (typeof value === "string" ? value : inspect(value));
  }
  return result;
}
