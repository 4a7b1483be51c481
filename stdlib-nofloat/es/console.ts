/**
 * The `console` global: Console Standard, with Node's formatting.
 *
 * @module
 */
import { Level, native } from "../../src/lib/native.ts";
import { table } from "./console-table.ts";
import { defineGlobal, defineTag } from "./define.ts";
import { format } from "./format.ts";
import { inspect } from "./inspect.ts";

const NS_PER_MS = 1000000;
const NS_PER_S = 1000000000;

let indentation = "";
const counts: Record<string, number> = Object.create(null);
const timers: Record<string, number> = Object.create(null);

function print(level: Level, text: string): void {
  const indented = indentation === "" ? text : indentation + text.split("\n").join(`\n${indentation}`);
  native.print(level, `${indented}\n`);
}

function printer(level: Level): () => void {
  return function (): void {
    // biome-ignore lint/complexity/noArguments: spares an array for each line
    const values = arguments;
    const only = values[0] as unknown;
    print(level, values.length === 1 && typeof only === "string" ? only : format(values));
  };
}

function labelOf(label: unknown): string {
  return label === undefined ? "default" : String(label);
}

/** As Node shows it: "1.234ms", "1.234s". */
function duration(ns: number): string {
  return ns < NS_PER_S ? `${Number((ns / NS_PER_MS).toFixed(3))}ms` : `${(ns / NS_PER_S).toFixed(3)}s`;
}

function rest(values: IArguments): unknown[] {
  const list: unknown[] = [];
  for (let i = 1; i < values.length; i++) list.push(values[i]);
  return list;
}

function elapsed(label: unknown, more: unknown[]): void {
  const name = labelOf(label);
  const from = timers[name];
  if (from === undefined) {
    print(Level.Warn, `Warning: No such label '${name}' for console.timeEnd()`);
    return;
  }
  const tail = more.length > 0 ? ` ${format(more)}` : "";
  print(Level.Log, `${name}: ${duration(native.monotonicNs() - from)}${tail}`);
}

const log = printer(Level.Log);
const warn = printer(Level.Warn);

const console = {
  assert: function (condition: unknown): void {
    if (condition) return;
    // biome-ignore lint/complexity/noArguments: ES5 has no rest parameters
    const values = rest(arguments);
    if (values.length === 0) print(Level.Error, "Assertion failed");
    else if (typeof values[0] !== "string") print(Level.Error, `Assertion failed: ${format(values)}`);
    else {
      values[0] = `Assertion failed: ${values[0]}`;
      print(Level.Error, format(values));
    }
  },
  count: (label?: unknown): void => {
    const name = labelOf(label);
    counts[name] = (counts[name] ?? 0) + 1;
    print(Level.Log, `${name}: ${counts[name]}`);
  },
  countReset: (label?: unknown): void => {
    counts[labelOf(label)] = 0;
  },
  debug: printer(Level.Debug),
  dir: (value: unknown, options?: { depth?: number | null }): void => {
    print(Level.Log, inspect(value, options?.depth));
  },
  error: printer(Level.Error),
  group: function (): void {
    // biome-ignore lint/complexity/noArguments: ES5 has no rest parameters
    if (arguments.length > 0) print(Level.Log, format(arguments));
    indentation += "  ";
  },
  groupCollapsed: function (): void {
    // biome-ignore lint/complexity/noArguments: ES5 has no rest parameters
    if (arguments.length > 0) print(Level.Log, format(arguments));
    indentation += "  ";
  },
  groupEnd: (): void => {
    indentation = indentation.slice(2);
  },
  info: log,
  log: log,
  table: (data: unknown, columns?: readonly string[]): void => {
    print(Level.Log, table(data, columns) ?? format([data]));
  },
  time: (label?: unknown): void => {
    timers[labelOf(label)] = native.monotonicNs();
  },
  timeEnd: (label?: unknown): void => {
    elapsed(label, []);
    delete timers[labelOf(label)];
  },
  timeLog: function (label?: unknown): void {
    // biome-ignore lint/complexity/noArguments: ES5 has no rest parameters
    elapsed(label, rest(arguments));
  },
  trace: function (): void {
    // biome-ignore lint/complexity/noArguments: ES5 has no rest parameters
    const text = format(arguments);
    const stack = String(new Error().stack);
    const frames = stack.slice(stack.indexOf("\n") + 1).split("\n");
    frames.shift();
    print(Level.Error, `Trace${text === "" ? "" : `: ${text}`}\n${frames.join("\n")}`);
  },
  warn: warn,
};
defineTag(console, "console");
defineGlobal("console", console);
