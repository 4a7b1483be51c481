/**
 * Small programs that compute with numbers in every way that JavaScript has, on values that are drawn from a seed.
 *
 * @module
 */

/** Bit patterns of doubles, from a seed: any, near integers, near powers of two and ten, subnormal. */
export function doubles(seed: number, count: number): number[] {
  let state = BigInt(seed) * 0x9e3779b97f4a7c15n + 1n;
  const random = (): bigint => {
    state ^= (state << 13n) & 0xffffffffffffffffn;
    state ^= state >> 7n;
    state ^= (state << 17n) & 0xffffffffffffffffn;
    return state;
  };
  const bits = new BigUint64Array(1);
  const value = new Float64Array(bits.buffer);
  const any = (): number => {
    do {
      bits[0] = random();
    } while (!Number.isFinite(value[0]));
    return value[0] as number;
  };
  const kinds: (() => number)[] = [
    any,
    () => Number(random() % 2000000000n) / 1000 - 1e6,
    () => Number(random() & 0x1fffffffffffffn) * 2 ** Number((random() % 60n) - 40n),
    () => 10 ** Number((random() % 600n) - 300n) * (1 + Number(random() % 3n) * 2 ** -52),
    () => Number(random() & 0xfffffffffffn) * 5e-324,
    () => Number(random() & 0xffffffffn) | 0,
  ];
  return Array.from({ length: count }, (_, i) => (kinds[i % kinds.length] as () => number)());
}

/** JavaScript for a double, to the bit and independent of how decimals are parsed. */
export function literal(x: number): string {
  const words = new Uint32Array(new Float64Array([x]).buffer);
  return `bits(${words[0]},${words[1]})`;
}

export const prelude =
  "var words = new Uint32Array(2), number = new Float64Array(words.buffer);" +
  "function bits(lo, hi) { words[0] = lo; words[1] = hi; return number[0]; }" +
  "function hex(x) { number[0] = x; if (x !== x) return 'NaN'; return (words[1] + 4294967296).toString(16).slice(1) + (words[0] + 4294967296).toString(16).slice(1); }\n";

const unary = (name: string): [string, string] => [`Math.${name}`, `hex(Math.${name}(x))`];

/** Expressions in `x` and `y`, each printed for many values. */
export const expressions: [title: string, expression: string][] = [
  ["+", "hex(x + y)"],
  ["-", "hex(x - y)"],
  ["*", "hex(x * y)"],
  ["/", "hex(x / y)"],
  ["%", "hex(x % y)"],
  ["unary -", "hex(-x)"],
  ["<", "[x < y, x <= y, x > y, x >= y, x === y, x == y]"],
  ["|", "[x | 0, x >>> 0, x & y, x ^ y, x << 3, x >> 3, ~x]"],
  ["++", "(function (z) { z++; return hex(z); })(x)"],
  ["String", "String(x)"],
  ["parse what was printed", "hex(Number(String(x))) === hex(x) || x === 0"],
  ["parseFloat", "hex(parseFloat(x + 'px'))"],
  ["parseInt", "hex(parseInt(String(x), 10))"],
  ["toFixed", "Math.abs(x) < 1e21 ? [x.toFixed(0), x.toFixed(2), x.toFixed(20)] : 0"],
  ["toExponential", "[x.toExponential(), x.toExponential(0), x.toExponential(7), x.toExponential(20)]"],
  ["toPrecision", "[x.toPrecision(1), x.toPrecision(6), x.toPrecision(17), x.toPrecision(21)]"],
  ["toString(radix)", "[x.toString(2), x.toString(16), x.toString(36)]"],
  ["JSON", "JSON.stringify({ x: x, y: [y] }) + hex(JSON.parse(JSON.stringify(x)))"],
  ["Float32Array", "(function (f) { f[0] = x; return hex(f[0]); })(new Float32Array(1))"],
  ["Float64Array", "(function (f) { f[0] = x; f[1] = f[0]; return hex(f[1]); })(new Float64Array(2))"],
  [
    "Int arrays",
    "[new Int8Array([x])[0], new Uint8Array([x])[0], new Int16Array([x])[0], new Uint16Array([x])[0]]",
  ],
  ["32-bit arrays", "[new Int32Array([x])[0], new Uint32Array([x])[0], new Uint8ClampedArray([x])[0]]"],
  [
    "DataView",
    "(function (d) { d.setFloat64(0, x); d.setFloat32(8, y, true); return [d.getUint32(0), d.getUint32(4), hex(d.getFloat32(8, true))]; })(new DataView(new ArrayBuffer(12)))",
  ],
  [
    "Date",
    "(function (d) { var t = d.getTime(); return t !== t ? 'NaN' : [t, d.toISOString(), d.getDay()]; })(new Date(x * 1e3))",
  ],
  ["Date.UTC", "hex(Date.UTC(x % 3000, y % 100, x % 50, y % 30))"],
  ["Date.parse", "hex(Date.parse(new Date(Math.abs(x % 4e12)).toISOString()))"],
  ["array index", "[10, 20, 30, 40][Math.abs(x | 0) % 4]"],
  ["as a property", "(function (o) { o[x] = 1; return Object.keys(o); })({})"],
  ["Math.max", "[hex(Math.max(x, y, 0)), hex(Math.min(x, y, 0))]"],
  ["Math.atan2", "hex(Math.atan2(x, y))"],
  ["Math.pow", "hex(Math.pow(Math.abs(x % 50), y % 20))"],
  ["Math.hypot", "hex(Math.hypot(x, y))"],
  ["Math.imul", "[Math.imul(x, y), Math.clz32(x), Math.sign(x)]"],
  ...["abs", "floor", "ceil", "round", "trunc", "sqrt", "cbrt", "fround"].map(unary),
  ...["exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan"].map(
    unary,
  ),
  ...["sinh", "cosh", "tanh", "asinh", "acosh", "atanh"].map(unary),
];

/** Small programs that print; each is run as it is. */
export const scripts: string[] = [
  "var a = []; for (var i = 0; i < 50; i++) a.push(i * 7919 % 101 / 7); print(a.sort()); print(a.sort(function (x, y) { return x - y; }));",
  "var a = 0, b = 1; for (var i = 0; i < 1500; i++) { var t = a + b; a = b; b = t; } print(a, b);",
  "var s = 0; for (var i = 1; i < 20000; i++) s += 1 / i / i; print(s, Math.sqrt(6 * s));",
  "var z = 0.1; for (var i = 0; i < 1000; i++) z = 3.9 * z * (1 - z); print(z);",
  "print([NaN, -0, 0, 1 / -0, Infinity, -Infinity, 1e21, 1e-7, 123456789012345680000].map(String));",
  "print(0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 2e308, 4.35, 0.000001, 1e-7);",
  "print(9007199254740993, 9007199254740991 + 2, 4294967296 * 4294967296, -2147483648 | 0, 1 << 31, 1 >>> 0, -1 >>> 0);",
  "print('0x1fffffffffffff' * 1, '1e400' * 1, ' 12 ' * 1, '' * 1, '1_0' * 1, '.5' * 1, '5.' * 1, '0b11' * 1, '0o17' * 1);",
  "print(['10', '9', '1e1', 'x', '010'].map(Number), ['10', '9.9', '1e1', 'x', '0x1f'].map(parseFloat), ['11', '12', '13'].map(parseInt));",
  "print(JSON.stringify([1e1000, -0, NaN, 1e21, 1.5e-9, [0.1, { a: 2 / 3 }]]), JSON.stringify({ a: 1.25 }, null, 1.9));",
  "print(new Date(0).toISOString(), new Date(8.64e15).toISOString(), new Date(-8.64e15).toISOString(), new Date(8.64e15 + 1).getTime());",
  "print(new Date(2024, 1, 29, 12, 30, 15, 250).toISOString(), Date.parse('2024-02-29'), Date.parse('2024-02-30T00:00:00.5Z'));",
  "print([1.5, 2.5, -1.5, -0.5, 0.49999999999999994, 4503599627370495.5].map(Math.round).map(function (x) { return 1 / x < 0 ? '-' + x : x; }));",
  "var f = new Float32Array([0.1, 1e39, -1e-46, 16777217, NaN]); print([].slice.call(f)); print([].slice.call(new Uint8Array(f.buffer, 0, 16)));",
  "print([0, 1, -1, 0.5, 255.5, 256, -0.5, 1e10, NaN].map(function (x) { return [new Uint8Array([x])[0], new Int16Array([x])[0], new Uint8ClampedArray([x])[0]]; }));",
  "var o = {}; for (var i = -2; i < 3; i += 0.25) o[i] = i; print(Object.keys(o));",
  "print((25).toString(36), (0.5).toString(2), (-255.75).toString(16), (1e21).toString(7), (1 / 3).toString(3));",
  "print((1.005).toFixed(2), (1.45).toFixed(1), (8.345).toFixed(2), (1e20).toFixed(2), (0).toFixed(7), (-1.5).toFixed(0), (123.456).toPrecision(4));",
  "var x = 123456789; for (var i = 0; i < 100; i++) x = (x * 1103515245 + 12345) % 2147483648; print(x, x / 2147483648);",
  "print('abc'.substr(1.9, 1.1), 'abc'.charAt(1.5), 'abc'.slice(-1.5), [1, 2, 3].slice(0.9, 2.9), [1, 2, 3].indexOf(3, 1.9), 'x'.repeat(2.9));",
  "switch (0.1 + 0.2) { case 0.3: print('0.3'); break; case 0.30000000000000004: print('more'); break; default: print('none'); }",
  "print(Math.max(), Math.min(), Math.max(NaN, 1), 1 / Math.max(-0, 0), 1 / Math.min(0, -0), Math.pow(NaN, 0), Math.pow(1, Infinity), Math.pow(-8, 1 / 3));",
  "print(5 % 3, -5 % 3, 5 % -3, 5.5 % 2, -0 % 1, 1e308 % 3, Infinity % 2, 2 % Infinity, 5 % 0);",
  "print([3, 1, 2].sort(function (a, b) { return a / 3 - b / 3; }), [1, 2, 3].reduce(function (a, b) { return a + b / 10; }, 0));",
  "var d = new DataView(new ArrayBuffer(16)); d.setFloat64(0, Math.PI); d.setFloat32(8, Math.E); print(d.getInt32(0), d.getInt32(4), d.getInt32(8), d.getFloat64(0, true), d.getFloat32(8, true));",
  "var n = 0; for (var i = 0; i < 1; i += 0.1) n++; print(n); for (i = 2147483646; i < 2147483650; i++) n += i; print(n);",
];
