/**
 * Which built-ins a program needs: read by the build after lowering, when the helpers that lowering brings in are
 * visible too. See `docs/es-builtins.md`.
 *
 * @module
 */

/**
 * What a name in the lowered code needs. A name is an identifier, or two with a dot. Values are modules of core-js
 * ("core-js/modules/...") or files of this folder ("./..."), each of which puts what it defines on the global object.
 */
const byName: Readonly<Record<string, readonly string[]>> = {
  "Array.from": ["./array-from.ts"],
  "Array.of": ["./array-from.ts"],
  "Symbol.asyncIterator": ["./symbols.ts"],
  "Symbol.asyncDispose": ["./symbols.ts"],
  "Symbol.dispose": ["./symbols.ts"],
  "Symbol.iterator": ["./iterators.ts"],
  AggregateError: ["./aggregate-error.ts"],
  Map: ["core-js/modules/es.map.js"],
  Promise: ["./promise.ts"],
  "Reflect.get": ["./reflect.ts"],
  "Reflect.set": ["./reflect.ts"],
  Set: ["core-js/modules/es.set.js"],
  WeakMap: ["core-js/modules/es.weak-map.js"],
  WeakSet: ["core-js/modules/es.weak-set.js"],
  _async_to_generator: ["./async-functions.ts"],
  _ts_generator: ["./generators.ts"],
  _wrap_async_generator: ["./async-generators.ts"],
  atob: ["core-js/modules/web.atob.js"],
  btoa: ["core-js/modules/web.btoa.js"],
  clearImmediate: ["./timers.ts"],
  clearInterval: ["./timers.ts"],
  clearTimeout: ["./timers.ts"],
  console: ["./console.ts"],
  crypto: ["./crypto.ts"],
  performance: ["./performance.ts"],
  queueMicrotask: ["./queue-microtask.ts"],
  setImmediate: ["./timers.ts"],
  setInterval: ["./timers.ts"],
  setTimeout: ["./timers.ts"],
  structuredClone: ["./structured-clone.ts"],
};

const typedArrays =
  /^(?:TypedArray|Int8Array|Uint8Array|Uint8ClampedArray|Int16Array|Uint16Array|Int32Array|Uint32Array|Float32Array|Float64Array)$/;

/** Regular expressions with flags or groups that Duktape does not know go through core-js as a whole. */
const regularExpressions = [
  "es.regexp.constructor",
  "es.regexp.exec",
  "es.regexp.dot-all",
  "es.regexp.flags",
  "es.regexp.sticky",
  "es.regexp.test",
  "es.regexp.to-string",
  "es.string.match",
  "es.string.match-all",
  "es.string.replace",
  "es.string.search",
  "es.string.split",
];

/** Modules that our own take the place of, by prefix; "" is none: Duktape's own will do, or it is not in ES2023. */
const replaced: readonly (readonly [prefix: string, module: string])[] = [
  ["es.aggregate-error", "./aggregate-error.ts"],
  ["es.array-buffer.", ""],
  ["es.array.from", "./array-from.ts"],
  ["es.array.iterator", "./iterators.ts"],
  ["es.array.of", "./array-from.ts"],
  ["es.array.unscopables.", ""],
  ["es.data-view", ""],
  ["es.error.cause", "./error-cause.ts"],
  ["es.iterator.", ""],
  ["es.map.get-or-insert", ""],
  ["es.promise", "./promise.ts"],
  ["es.reflect.", ""],
  ["es.set.", ""],
  ["es.string.replace-all", "./replace-all.ts"],
  ["es.string.iterator", "./iterators.ts"],
  ["es.symbol", "./symbols.ts"],
  ["es.typed-array.", "./typed-arrays.ts"],
  ["es.uint8-array.", ""],
  ["es.weak-map.get-or-insert", ""],
  ["esnext.", ""],
  ["web.", ""],
];

/** What Duktape 2.7.0 has, and has right: found by `test/lib/es-features`. */
const native = new Set([
  "es.array.concat",
  "es.array.every",
  "es.array.filter",
  "es.array.for-each",
  "es.array.index-of",
  "es.array.is-array",
  "es.array.join",
  "es.array.last-index-of",
  "es.array.map",
  "es.array.push",
  "es.array.reduce",
  "es.array.reduce-right",
  "es.array.reverse",
  "es.array.slice",
  "es.array.some",
  "es.array.splice",
  "es.array.species",
  "es.array.unshift",
  "es.date.get-year",
  "es.date.now",
  "es.date.set-year",
  "es.date.to-gmt-string",
  "es.date.to-iso-string",
  "es.date.to-json",
  "es.date.to-string",
  "es.error.to-string",
  "es.escape",
  "es.function.bind",
  "es.function.has-instance",
  "es.function.name",
  "es.global-this",
  "es.json.to-string-tag",
  "es.json.parse",
  "es.json.stringify",
  "es.math.cbrt",
  "es.math.clz32",
  "es.math.hypot",
  "es.math.imul",
  "es.math.log10",
  "es.math.log2",
  "es.math.sign",
  "es.math.to-string-tag",
  "es.math.trunc",
  "es.number.constructor",
  "es.number.epsilon",
  "es.number.is-finite",
  "es.number.is-integer",
  "es.number.is-nan",
  "es.number.is-safe-integer",
  "es.number.max-safe-integer",
  "es.number.min-safe-integer",
  "es.number.parse-float",
  "es.number.parse-int",
  "es.number.to-exponential",
  "es.number.to-fixed",
  "es.number.to-precision",
  "es.object.create",
  "es.object.define-getter",
  "es.object.define-properties",
  "es.object.define-property",
  "es.object.define-setter",
  "es.object.freeze",
  "es.object.get-own-property-descriptor",
  "es.object.get-own-property-names",
  "es.object.get-own-property-symbols",
  "es.object.get-prototype-of",
  "es.object.is",
  "es.object.is-extensible",
  "es.object.is-frozen",
  "es.object.is-sealed",
  "es.object.keys",
  "es.object.lookup-getter",
  "es.object.lookup-setter",
  "es.object.prevent-extensions",
  "es.object.proto",
  "es.object.seal",
  "es.object.set-prototype-of",
  "es.object.to-string",
  "es.parse-float",
  "es.parse-int",
  "es.string.code-point-at",
  "es.string.ends-with",
  "es.string.includes",
  "es.string.repeat",
  "es.string.starts-with",
  "es.string.substr",
  "es.string.trim",
  "es.unescape",
]);

/** Our own first: core-js looks for symbols and promises that are there before it makes its own. */
const order = ["./symbols.ts", "./iterators.ts", "./array-from.ts", "./typed-arrays.ts"];

/** An identifier that is no property, perhaps with one of its own. What stands in a string may match: that is harmless. */
const identifiers = /(?<![\w$.])[A-Za-z_$][\w$]*(?:\s*\.\s*[A-Za-z_$][\w$]*)?/g;

/** A helper of swc for classes that extend Error has a cache if there is a Map; it does without. */
const optionalMap = /typeof Map === "function" \? new Map\(\) : undefined/g;

/** Helpers of swc compare names of classes with "Map" and "Set": that is no use of these. */
function isWholeString(code: string, from: number, length: number): boolean {
  const quote = code.charAt(from - 1);
  return (quote === '"' || quote === "'") && code.charAt(from + length) === quote;
}

/** "core-js/modules/es.array.at.js" -> "es.array.at" */
function shortName(specifier: string): string {
  return specifier.replace(/^core-js\/modules\//, "").replace(/\.js$/, "");
}

/**
 * The modules to import ahead of the program, in order.
 *
 * @param lowered the program after lowering to ES5, without the imports that swc added
 * @param suggested the modules of core-js that swc named in usage mode, as it imports them
 * @returns "core-js/modules/..." or "./...", which is relative to this folder and must itself be lowered
 */
export function builtinModules(lowered: string, suggested: readonly string[]): string[] {
  const code = lowered.replace(optionalMap, "undefined");
  const modules = new Set<string>();
  const add = (list: readonly string[] | undefined): void => {
    for (const module of list ?? []) modules.add(module);
  };
  const takeSuggestion = (name: string): void => {
    if (native.has(name) || (name === "es.error.cause" && !/\bcause\b/.test(code))) return;
    const rule = replaced.find(([prefix]) => name.startsWith(prefix));
    if (rule === undefined) modules.add(`core-js/modules/${name}.js`);
    else if (rule[1] === "./typed-arrays.ts" || rule[1] === "") return;
    else modules.add(rule[1]);
  };

  let usesRegExp = /\(\?<[A-Za-z_$]|\(\?<[=!]/.test(code);
  const seen = new Set<string>();
  for (const match of code.matchAll(identifiers)) {
    const name = match[0].replace(/\s+/g, "");
    if (seen.has(name) || isWholeString(code, match.index, match[0].length)) continue;
    seen.add(name);
    const first = name.split(".", 1)[0] as string;
    add(Object.hasOwn(byName, name) ? byName[name] : undefined);
    add(Object.hasOwn(byName, first) ? byName[first] : undefined);
    if (first === "globalThis") {
      const property = name.slice("globalThis.".length);
      add(Object.hasOwn(byName, property) ? byName[property] : undefined);
    }
    if (typedArrays.test(first)) modules.add("./typed-arrays.ts");
    if (first === "RegExp") usesRegExp = true;
  }
  for (const specifier of suggested) {
    const name = shortName(specifier);
    if (
      !regularExpressions.includes(name) ||
      name === "es.string.match-all" ||
      name === "es.string.replace-all"
    ) {
      takeSuggestion(name);
    }
  }
  if (usesRegExp) for (const name of regularExpressions) modules.add(`core-js/modules/${name}.js`);

  const rank = (module: string): number => {
    const index = order.indexOf(module);
    if (index >= 0) return index;
    return module.startsWith("./") ? order.length : order.length + 1;
  };
  const list = [...modules];
  // core-js looks well-known symbols up when its first module runs.
  if (list.some((module) => module.startsWith("core-js/")) && !modules.has("./symbols.ts"))
    list.push("./symbols.ts");
  return list.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
