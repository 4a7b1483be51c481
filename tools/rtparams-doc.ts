/**
 * Makes `docs/rtparams.md` from the one table of rtparams, `runtime/include/mirage/rtparams.def`.
 *
 *     node dist/rtparams-doc.js
 *
 * writes the page; a test compares it to what this makes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

/** One row: numbers are bytes, instructions, calls, frames or events, as `unit` says. */
export interface RtparamRow {
  readonly letter: string;
  readonly initial: bigint;
  readonly least: bigint;
  readonly most: bigint;
  readonly unit: string;
  readonly text: string;
}

/** Value of `UINT64_C(32) << 20` or `4096`. */
function evaluate(expression: string): bigint {
  const match = expression.trim().match(/^(?:UINT64_C\()?(\d+)\)?(?:\s*<<\s*(\d+))?$/);
  if (!match) {
    throw new Error(`rtparams.def: cannot evaluate "${expression}"`);
  }
  return BigInt(match[1]!) << BigInt(match[2] ?? "0");
}

/** A row whose value is text. */
export interface RtparamTextRow {
  readonly letter: string;
  readonly form: string;
  readonly initial: string;
  readonly text: string;
}

/** @param def the text of rtparams.def */
export function parseRtparamTexts(def: string): RtparamTextRow[] {
  const rows = [
    ...def.matchAll(/^MIRAGE_RTPARAM_TEXT\('(.)',\s*\w+,\s*\d+,\s*"([^"]*)",\s*"([^"]*)",\s*"([^"]*)"\)/gm),
  ];
  const begun = def.match(/^MIRAGE_RTPARAM_TEXT\(/gm)?.length ?? 0;
  if (rows.length !== begun) {
    throw new Error(`rtparams.def: understood ${rows.length} of ${begun} rows of texts`);
  }
  return rows.map(([, letter, form, initial, text]) => ({
    letter: letter!,
    form: form!,
    initial: initial!,
    text: text!,
  }));
}

/** @param def the text of rtparams.def */
export function parseRtparams(def: string): RtparamRow[] {
  const rows = [
    ...def.matchAll(/^MIRAGE_RTPARAM\('(.)',\s*\w+,([^,]+),([^,]+),([^,]+),\s*"([^"]*)",\s*"([^"]*)"\)/gm),
  ];
  const begun = def.match(/^MIRAGE_RTPARAM\(/gm)?.length ?? 0;
  if (rows.length === 0 || rows.length !== begun) {
    throw new Error(`rtparams.def: understood ${rows.length} of ${begun} rows`);
  }
  return rows.map(([, letter, initial, least, most, unit, text]) => ({
    letter: letter!,
    initial: evaluate(initial!),
    least: evaluate(least!),
    most: evaluate(most!),
    unit: unit!,
    text: text!,
  }));
}

/** 32M rather than 33554432, as the parser of rtparams takes it. */
export function withSuffix(value: bigint): string {
  for (const [suffix, shift] of [
    ["G", 30n],
    ["M", 20n],
    ["k", 10n],
  ] as const) {
    if (value !== 0n && value % (1n << shift) === 0n) {
      return `${value >> shift}${suffix}`;
    }
  }
  return String(value);
}

export function rtparamsPage(rows: readonly RtparamRow[], texts: readonly RtparamTextRow[]): string {
  const table = rows
    .map(
      (row) =>
        `| \`${row.letter}\` | ${row.text} | ${row.unit} | ${withSuffix(row.initial)} | ${withSuffix(row.least)} | ${withSuffix(row.most)} |`,
    )
    .join("\n");
  const textTable = texts
    .map((row) => `| \`${row.letter}\` | ${row.text} | ${row.form} | ${row.initial} |`)
    .join("\n");
  return `# rtparams

<!-- Made by tools/rtparams-doc.ts from runtime/include/mirage/rtparams.def: change that table, not this page. -->

What a program may use is set in OCAMLRUNPARAM's form: letter, \`=\`, value, separated by commas; a value may end in
\`k\`, \`M\` or \`G\` (2^10, 2^20, 2^30). For example \`--rtparams h=64M,i=10M\`. The environment variable \`MIRAGERUNPARAM\` is
read first, in the same form.

| letter | what | unit | default | least | most |
|---|---|---|---|---|---|
${table}

| letter | what | form | default |
|---|---|---|---|
${textTable}

A string that is not of this form, a letter that is not in the table and a value out of range are refused, with the
position in the string and what is accepted there; the program does not start, and the exit code is 64.

A program that goes over \`h\`, \`i\`, \`s\` or \`d\` ends with exit code 70 and a message that names the budget, its letter
and limit, and the TypeScript function, file and line. No \`catch\` or \`finally\` in the program can hold that up. Each
callback (a frame, an event, a timer, each with its microtasks) begins with a full budget of instructions.

What is charged to \`i\`: each instruction of the interpreter; in frame code each call and each jump backwards; each step of a
regular expression; and for built-ins that loop by themselves (\`sort\`, \`join\`, \`JSON\`, number to text, ...) each step,
where one that reads or writes a property counts as four. Allocations are charged by their size.
`;
}

function repositoryFile(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

/** The page as it should be now. */
export function currentPage(): string {
  const def = readFileSync(repositoryFile("runtime/include/mirage/rtparams.def"), "utf8");
  return rtparamsPage(parseRtparams(def), parseRtparamTexts(def));
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  writeFileSync(repositoryFile("docs/rtparams.md"), currentPage());
}
