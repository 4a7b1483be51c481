/**
 * Bodies of functions, each of which works longer than any budget allows, most of them inside of one native or one
 * operator after the other. Made into functions at run time, so that they reach the engine as they are.
 */
const chain = "var o = {}; for (var i = 0; i < 9000; i++) o = Object.create(o);";
const numbers = "var a = []; for (var i = 0; i < 100000; i++) a[i] = i;";

export const cases: Readonly<Record<string, string>> = {
  "a call with many arguments": `${numbers} function f() {} for (;;) f.apply(null, a);`,
  "a call with the arguments of a bound function": `${numbers} function f() {} a = [null].concat(a); f = f.bind.apply(f, a); for (;;) f();`,
  "Reflect.construct with many arguments": `${numbers} function F() {} for (;;) Reflect.construct(F, a);`,
  "a property that no prototype has": `${chain} for (;;) o.none;`,
  "a property that is put below many prototypes": `${chain} for (;;) { o.none = 1; delete o.none; }`,
  "the in operator on many prototypes": `${chain} for (;;) "none" in o;`,
  "instanceof with many prototypes": `${chain} function F() {} for (;;) o instanceof F;`,
  "isPrototypeOf with many prototypes": `${chain} var q = {}; for (;;) q.isPrototypeOf(o);`,
  "for-in over many prototypes": `${chain} for (;;) for (var k in o) ;`,
  "for-in over what is not enumerable":
    "var o = {}; for (var i = 0; i < 20000; i++) Object.defineProperty(o, 'k' + i, { value: 1 }); for (;;) for (var k in o) ;",
  "join of something long": "Array.prototype.join.call({ length: 4e9 }, '');",
  "reverse of something long": "Array.prototype.reverse.call({ length: 4e9 });",
  "unshift of something long": "Array.prototype.unshift.call({ length: 4e9 }, 1);",
  "map of something long": "Array.prototype.map.call({ length: 4e9 }, function () {});",
  "reverse of a typed array": "var u = new Uint8Array(1e6); for (;;) Array.prototype.reverse.call(u);",
  "sort of a typed array": "var u = new Uint8Array(1e5); for (;;) Array.prototype.sort.call(u);",
  "indexOf in a typed array": "var u = new Uint8Array(1e6); for (;;) Array.prototype.indexOf.call(u, 999);",
  "indexOf in a string": "var s = 'x'.repeat(1e6); for (;;) Array.prototype.indexOf.call(s, 'y');",
  "keys of a proxy":
    "var a = []; for (var i = 0; i < 50000; i++) a[i] = 'k' + i; var p = new Proxy({}, { ownKeys: function () { return a; } }); for (;;) Object.keys(p);",
  "an array's length":
    "var a = []; for (var i = 0; i < 20000; i++) a[i * 1000] = 1; for (;;) { a.length = 4e9; a.length = 3e9; }",
  "toUpperCase of Cyrillic": "var s = '\\u0451'.repeat(1e5); for (;;) s.toUpperCase();",
  decodeURIComponent: "var s = 'x'.repeat(1e6); for (;;) decodeURIComponent(s);",
  "JSON.stringify of shared parts":
    "var b = []; for (var i = 0; i < 1000; i++) b[i] = 0; var a = []; for (i = 0; i < 1000; i++) a[i] = b; for (;;) JSON.stringify(a);",
  "JSON.stringify with a list of names":
    "var n = []; for (var i = 0; i < 20000; i++) n[i] = 'k' + i; var a = []; for (i = 0; i < 10000; i++) a[i] = {}; JSON.stringify(a, n);",
  "JSON.parse of small numbers":
    "var s = '[' + '1.2345678901234567e-300,'.repeat(1e4) + '1]'; for (;;) JSON.parse(s);",
  "digits of small numbers": "var x = 1.5e-300; for (;;) { x *= 1.0001; '' + x; }",
  "digits to the base of 3": "var x = 1.5e300; for (;;) { x *= 0.9999; x.toString(3); }",
  "texts of dates": "for (;;) new Date(1e12).toISOString();",
  "strings that differ in their middle":
    "var u = new Uint8Array(2000), d = new TextDecoder(), a = []; for (;;) for (var i = 0; i < 4000; i++) { u[1000] = 97 + i % 20; u[1001] = 97 + (i / 20 | 0) % 20; u[1002] = 97 + (i / 400 | 0); a[i] = d.decode(u); }",
  "garbage beside a long list":
    "var h = { n: null }, t = h; for (var i = 0; i < 100000; i++) { var x = { n: null }; t.n = x; t = x; } for (;;) { var p = {}, q = { p: p }; p.q = q; }",
  "a back reference": "/^(a+)\\1b/.test('a'.repeat(200000));",
  "a class of many characters":
    "var c = '['; for (var i = 0; i < 10000; i++) c += String.fromCharCode(0x100 + i * 2); var r = new RegExp(c + ']*b'); var s = 'a'.repeat(100000); for (;;) r.test(s);",
  "a long pattern": "var s = 'a'.repeat(100000); new RegExp(s + 'b').test(s + s);",
  "a pattern without case": "/\\u0451+x/i.test('\\u0451'.repeat(100000));",
  "source text with an error":
    "var s = '1;'.repeat(300000) + ')'; for (;;) try { new Function(s); } catch (e) {}",
  "typed arrays made of others": "var u = new Uint8Array(5e5); for (;;) new Float64Array(u);",
  "timers that are not":
    "for (var i = 0; i < 50000; i++) api.setTimeout(api.loop, 1e6); for (;;) api.clearTimeout(-1);",
  "arrays in arrays as text": "var a = []; for (var i = 0; i < 100000; i++) a = [a]; a.join();",
  "a getter that reads itself": "var o = { get x() { return this.x; } }; o.x;",
};
