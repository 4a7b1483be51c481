/**
 * The well-known symbols that Duktape has no use for of its own (ECMA-262 section 6.1.5.1). The methods that look at
 * them come from core-js. Must run before core-js, which would otherwise make private ones.
 *
 * @module
 */
const names = [
  "asyncDispose",
  "asyncIterator",
  "dispose",
  "match",
  "matchAll",
  "replace",
  "search",
  "species",
  "split",
  "unscopables",
] as const;

for (let i = 0; i < names.length; i++) {
  const name = names[i] as string;
  if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
}
if (!("description" in Symbol.prototype)) {
  Object.defineProperty(Symbol.prototype, "description", {
    configurable: true,
    get: function (this: symbol): string | undefined {
      const text = Symbol.prototype.toString.call(this);
      return text === "Symbol()" ? undefined : text.slice(7, -1);
    },
  });
}
