// biome-ignore-all lint: what the linter advises against must work too
import { showAll } from "./show.ts";

const smile = "a\u{1f600}b";

showAll({
  at: () => ["abc".at(0), "abc".at(-1), "abc".at(5)],
  padStart: () => ["5".padStart(3, "0"), "abc".padStart(2), "x".padStart(5, "ab")],
  padEnd: () => ["5".padEnd(3, "0"), "x".padEnd(4)],
  repeat: () => "ab".repeat(3),
  repeatNegative: () => "ab".repeat(-1),
  replaceAll: () => "a.b.c".replaceAll(".", "-"),
  replaceAllFunction: () => "aXbX".replaceAll("X", (m) => m.toLowerCase()),
  replaceAllRegExp: () => "a1b2".replaceAll(/\d/g, "#"),
  replaceAllNotGlobal: () => "a1b2".replaceAll(/\d/, "#"),
  replaceGroups: () => "john smith".replace(/(\w+) (\w+)/, "$2 $1"),
  replaceFunction: () => "abc".replace(/b/, (m, offset) => `[${m}${offset}]`),
  matchAll: () => [..."a1b22".matchAll(/([a-z])(\d+)/g)].map((m) => [m[0], m[1], m[2], m.index]),
  match: () => "a1b2".match(/\d/g),
  split: () => ["a,b,c".split(",", 2), "abc".split(""), "a1b2".split(/\d/)],
  includes: () => ["abc".includes("b"), "abc".includes("b", 2)],
  startsWith: () => ["abc".startsWith("ab"), "abc".startsWith("b", 1)],
  endsWith: () => ["abc".endsWith("bc"), "abc".endsWith("b", 2)],
  trim: () => [" \u00a0\ufeffa ".trim(), " a ".trimStart(), " a ".trimEnd()],
  codePointAt: () => [smile.codePointAt(1), smile.codePointAt(2), smile.codePointAt(9)],
  fromCodePoint: () => String.fromCodePoint(0x61, 0x1f600) === "a\u{1f600}",
  fromCodePointBad: () => String.fromCodePoint(-1),
  raw: () => String.raw`a\n${1}`,
  template: () => `${1}-${"x"}-${[1, 2]}`,
  tagged: () => {
    const tag = (parts: TemplateStringsArray, ...values: unknown[]) => [parts.length, parts.raw[0], values];
    return tag`a\t${1}b${2}`;
  },
  iterate: () => [...smile].length,
  surrogates: () => [smile.length, smile.charCodeAt(1), [...smile][1] === "\u{1f600}"],
  isWellFormed: () => "ä".length,
  localeCompare: () => ["a".localeCompare("a"), "a".localeCompare("b") < 0],
  upper: () => ["straße".toUpperCase(), "ÄÖ".toLowerCase()],
  substr: () => ["hello".substring(3, 1), "hello".slice(-3, -1)],
  concat: () => "a".concat("b", "c"),
  compare: () => ["a" < "b", "a" < "B", "10" < "9"],
  search: () => "abc".search(/c/),
  lastIndexOf: () => "abab".lastIndexOf("b"),
});
