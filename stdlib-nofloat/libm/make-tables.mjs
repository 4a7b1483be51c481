// SPDX-License-Identifier: BSD-2-Clause
//
// Computes tables.c, in integers of any size:
//
//	node make-tables.mjs > tables.c

/** Fraction bits of everything computed here; tables need at most 1300. */
const Q = 1500n;
const ONE = 1n << Q;

const mul = (a, b) => (a * b) >> Q;
const div = (a, b) => (a << Q) / b;

/** num / den to nearest, as an integer that counts units of 2^-bits. */
function round(x, bits) {
  const shift = Q - BigInt(bits);
  return (x + (1n << (shift - 1n))) >> shift;
}

/** atanh(num / den) = sum (num / den)^(2n + 1) / (2n + 1) */
function atanhRatio(num, den) {
  let sum = 0n;
  let power = (ONE * num) / den;
  for (let n = 1n; power !== 0n; n += 2n) {
    sum += power / n;
    power = (power * num * num) / (den * den);
  }
  return sum;
}

/** atan(num / den), for num / den up to 1. */
function atanRatio(num, den) {
  // Halve the angle often: tan(a / 2) = t / (1 + sqrt(1 + t^2)).
  let t = (ONE * num) / den;
  const halvings = 40n;
  for (let i = 0n; i < halvings; i++) {
    t = div(t, ONE + sqrt(ONE + mul(t, t)));
  }
  let sum = 0n;
  let power = t;
  for (let n = 1n, sign = 1n; power !== 0n; n += 2n, sign = -sign) {
    sum += (sign * power) / n;
    power = mul(power, mul(t, t));
  }
  return sum << halvings;
}

function sqrt(x) {
  const target = x << Q;
  let r = 1n << BigInt((target.toString(2).length / 2 + 1) | 0);
  for (;;) {
    const next = (r + target / r) >> 1n;
    if (next >= r) return r;
    r = next;
  }
}

function exp(x) {
  let sum = ONE;
  let term = ONE;
  for (let n = 1n; term !== 0n; n++) {
    term = mul(term, x) / n;
    sum += term;
  }
  return sum;
}

/** ln(num / den) of small integers. */
const ln = (num, den) => 2n * atanhRatio(num - den, num + den);

const LN2 = ln(2n, 1n);
const LN10 = 3n * LN2 + ln(10n, 8n);
const PI = 4n * atanRatio(1n, 1n);

const hex = (x) => `0x${BigInt.asUintN(64, x).toString(16).padStart(16, "0")}`;
const word = (x) => hex(x);
const pair = (x) => `{${hex(x >> 64n)}, ${hex(x)}}`;
const times = (n, f) => Array.from({ length: n }, (_, i) => f(BigInt(i)));

const out = [];

function table(type, name, suffix, comment, values, perLine) {
  out.push("", `/* ${comment} */`, `const ${type} ${name}${suffix} = {`);
  for (let i = 0; i < values.length; i += perLine) {
    out.push(`\t${values.slice(i, i + perLine).join(", ")},`);
  }
  out.push("};");
}

out.push(
  "/*-",
  " * SPDX-License-Identifier: BSD-2-Clause",
  " *",
  " * Made by make-tables.mjs.",
  " */",
  '#include "tables.h"',
  "",
  "/* clang-format off */",
);
table(
  "uint16_t",
  "mirage_rsqrt_table",
  "[384]",
  "1 / sqrt(m) in Q15, m = (i + 128.5) / 512",
  times(384, (i) => round(div(ONE, sqrt((ONE * (2n * i + 257n)) / 1024n)), 15)),
  10,
);
table(
  "uint64_t",
  "mirage_exp2_coarse",
  "[64]",
  "2^(i / 64) in Q63",
  times(64, (i) => word(round(exp((LN2 * i) / 64n), 63))),
  3,
);
table(
  "uint64_t",
  "mirage_exp2_fine",
  "[64]",
  "2^(i / 4096) - 1 in Q64",
  times(64, (i) => word(round(exp((LN2 * i) / 4096n) - ONE, 64))),
  3,
);
{
  let term = ONE;
  table(
    "uint64_t",
    "mirage_exp2_poly",
    "[4]",
    "(ln 2)^n / n! in Q64, n = i + 1",
    times(4, (i) => {
      term = mul(term, LN2) / (i + 1n);
      return word(round(term, 64));
    }),
    3,
  );
  term = ONE;
  table(
    "uint64_t",
    "mirage_inverse_factorial",
    "[19]",
    "1 / (i + 1)! in Q63",
    times(19, (i) => {
      term /= i + 1n;
      return word(round(term, 63));
    }),
    3,
  );
}
const LOG_FIRST = 90n;
const reciprocal = (i) => (2n * 4096n * 128n + i) / (2n * i);
table(
  "uint16_t",
  "mirage_log_reciprocal",
  "[92]",
  "c = 128 / (i + 90) in Q12",
  times(92, (i) => reciprocal(i + LOG_FIRST)),
  10,
);
table(
  "uint64_t",
  "mirage_log_coarse",
  "[92][2]",
  "-ln c in Q112",
  times(92, (i) => pair(round(-ln(reciprocal(i + LOG_FIRST), 4096n), 112))),
  1,
);
table(
  "uint64_t",
  "mirage_log_fine",
  "[193][2]",
  "-ln(1 - (i - 96) / 2^14) in Q112",
  times(193, (i) => pair(round(-ln(16384n - (i - 96n), 16384n), 112))),
  1,
);
table("uint64_t", "mirage_ln2", "[2]", "ln 2 in Q112", [pair(round(LN2, 112)).slice(1, -1)], 1);
table(
  "uint64_t",
  "mirage_log2e",
  "[2]",
  "1 / ln 2 in Q127",
  [pair(round(div(ONE, LN2), 127)).slice(1, -1)],
  1,
);
table(
  "uint64_t",
  "mirage_log10e",
  "[2]",
  "1 / ln 10 in Q128",
  [pair(round(div(ONE, LN10), 128)).slice(1, -1)],
  1,
);
table("uint64_t", "mirage_pi", "[2]", "pi in Q124", [pair(round(PI, 124)).slice(1, -1)], 1);
table(
  "uint64_t",
  "mirage_atan_table",
  "[65][2]",
  "atan(i / 64) in Q124",
  times(65, (i) => pair(round(atanRatio(i, 64n), 124))),
  1,
);
{
  const bits = ((2n * ONE * ONE) / PI) >> (Q - 64n * 19n);
  table(
    "uint64_t",
    "mirage_two_over_pi",
    "[20]",
    "2 / pi: the bits behind the point, after a word of zeros",
    [word(0n), ...times(19, (i) => word(bits >> (64n * (18n - i))))],
    3,
  );
}
out.push("/* clang-format on */");
console.log(out.join("\n"));
