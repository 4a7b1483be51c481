// biome-ignore-all lint: what the linter advises against must work too
import { showAll } from "./show.ts";

showAll({
  named: () => {
    const match = /(?<year>\d{4})-(?<month>\d\d)/.exec("on 2024-05-06");
    return [match?.groups?.year, match?.groups?.month, match?.index];
  },
  namedReplace: () => "2024-05".replace(/(?<y>\d+)-(?<m>\d+)/, "$<m>/$<y>"),
  dotAll: () => [/a.b/s.test("a\nb"), /a.b/.test("a\nb")],
  sticky: () => {
    const sticky = /a/y;
    return [sticky.test("aab"), sticky.lastIndex, sticky.test("aab"), sticky.test("aab")];
  },
  flags: () => [/a/gi.flags, new RegExp("a", "m").flags],
  constructor: () => [new RegExp("a+", "g").source, new RegExp(/b/g).flags, new RegExp(/b/g, "i").flags],
  split: () => "a1b2c".split(/(\d)/),
  global: () => "aXbXc".replace(/X/g, (_, offset) => String(offset)),
  lookahead: () => "price 100".match(/\d+(?=0)/)?.[0],
  lastIndex: () => {
    const regexp = /o/g;
    const found: number[] = [];
    while (regexp.exec("foo boo")) found.push(regexp.lastIndex);
    return found;
  },
  unicodeEscape: () => /\u00e4/.test("ä"),
  caseInsensitive: () => /STRASSE/i.test("strasse"),
  bad: () => new RegExp("("),
  nonGreedy: () => "<a><b>".match(/<.+?>/)?.[0],
  backreference: () => /(a)\1/.test("aa"),
  multiline: () => "a\nb".match(/^b$/m)?.index,
});
