/**
 * Values as text for the console, as Node's `util.inspect` shows them.
 *
 * @module
 */
import { hasOwn } from "./define.ts";

/** Objects nested deeper are shown by their class only, unless asked otherwise. */
const DEFAULT_DEPTH = 2;
/** Columns of a line of a console. */
const LINE_COLUMNS = 80;
const MAX_ITEMS = 100;
const MAX_STRING = 10000;
const MAX_BUFFER_BYTES = 50;
/** Levels of objects that may stand on one line. */
const LEVELS_IN_LINE = 3;
/** Longer lists of short items are set in columns. */
const ROW_ITEMS = 6;
const MAX_COLUMNS = 12;

interface Context {
  readonly maxDepth: number;
  /** Objects that are being shown, outermost first. */
  readonly stack: object[];
  /** Objects that were met inside of themselves; their number is the index + 1. */
  readonly circular: object[];
  /** How deep the object lies that was shown last. */
  lastDepth: number;
}

type Entries = { forEach: (callback: (value: unknown, key: unknown) => void) => void; size: number };

function isA(value: unknown, name: string): boolean {
  // Looked up when needed, so that showing things does not link Map and Promise in.
  const maker = (globalThis as Record<string, unknown>)[name];
  return typeof maker === "function" && value instanceof (maker as () => void);
}

/** A string literal as Node chooses its quotes. */
export function quote(text: string): string {
  let mark = "'";
  if (text.indexOf("'") >= 0) {
    if (text.indexOf('"') < 0) mark = '"';
    else if (text.indexOf("`") < 0 && text.indexOf("$" + "{") < 0) mark = "`";
  }
  let result = mark;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const char = text.charAt(i);
    if (char === mark || char === "\\") result += `\\${char}`;
    else if (unit >= 0x20 && unit !== 0x7f && !(unit > 0x7f && unit < 0xa0)) result += char;
    else if (char === "\n") result += "\\n";
    else if (char === "\t") result += "\\t";
    else if (char === "\r") result += "\\r";
    else if (char === "\b") result += "\\b";
    else if (char === "\f") result += "\\f";
    else if (char === "\v") result += "\\v";
    else result += `\\x${(unit + 0x100).toString(16).slice(1).toUpperCase()}`;
  }
  return result + mark;
}

function primitive(value: unknown): string {
  if (typeof value === "string") {
    if (value.length <= MAX_STRING) return quote(value);
    const more = value.length - MAX_STRING;
    return `${quote(value.slice(0, MAX_STRING))}... ${more} more character${more > 1 ? "s" : ""}`;
  }
  if (value === 0 && 1 / (value as number) < 0) return "-0";
  return String(value);
}

/** The name of the class that an object belongs to; null for one without a prototype. */
function classOf(value: object): string | null {
  for (let object: unknown = value; object !== null; object = Object.getPrototypeOf(object)) {
    const own = Object.getOwnPropertyDescriptor(object, "constructor");
    if (own !== undefined && typeof own.value === "function" && own.value.name !== "") return own.value.name;
  }
  return null;
}

/** "Foo ", "Foo(2) ", "[Foo: null prototype] ", "Foo [tag] ": what stands before the brace. */
function prefixOf(value: object, fallback: string, size: string): string {
  const name = classOf(value);
  let tag: unknown = "";
  try {
    tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  } catch {
    // A getter that throws is not the console's business.
  }
  const suffix = typeof tag === "string" && tag !== "" && tag !== name ? ` [${tag}]` : "";
  if (name === null) return `[${fallback}${size}: null prototype]${suffix} `;
  return `${name}${size}${suffix} `;
}

function isIndex(key: string, length: number): boolean {
  return /^(?:0|[1-9]\d*)$/.test(key) && Number(key) < length;
}

function keysOf(value: object, length: number): PropertyKey[] {
  const keys: PropertyKey[] = Object.keys(value).filter((key) => length === 0 || !isIndex(key, length));
  const symbols = Object.getOwnPropertySymbols(value);
  for (let i = 0; i < symbols.length; i++) {
    const symbol = symbols[i] as symbol;
    if (Object.prototype.propertyIsEnumerable.call(value, symbol)) keys.push(symbol);
  }
  return keys;
}

function keyText(key: PropertyKey): string {
  if (typeof key === "symbol") return `[${String(key)}]`;
  const text = String(key);
  return /^[A-Za-z_$][\w$]*$/.test(text) ? text : quote(text);
}

function property(context: Context, value: object, key: PropertyKey, depth: number): string {
  const own = Object.getOwnPropertyDescriptor(value, key);
  let text: string;
  if (own !== undefined && (own.get !== undefined || own.set !== undefined)) {
    text = own.get === undefined ? "[Setter]" : own.set === undefined ? "[Getter]" : "[Getter/Setter]";
  } else {
    text = show(context, (value as Record<PropertyKey, unknown>)[key], depth + 1);
  }
  return `${keyText(key)}: ${text}`;
}

function indent(text: string): string {
  return text.indexOf("\n") < 0 ? text : text.split("\n").join("\n  ");
}

function moreItems(left: number): string {
  return `... ${left} more item${left > 1 ? "s" : ""}`;
}

function arrayItems(context: Context, list: ArrayLike<unknown>, depth: number): string[] {
  const items: string[] = [];
  const sparse = Array.isArray(list);
  let i = 0;
  while (i < list.length && items.length < MAX_ITEMS) {
    if (sparse && !(i in list)) {
      const from = i;
      while (i < list.length && !(i in list)) i++;
      items.push(`<${i - from} empty item${i - from > 1 ? "s" : ""}>`);
    } else {
      items.push(show(context, list[i], depth + 1));
      i++;
    }
  }
  if (i < list.length) items.push(moreItems(list.length - i));
  return items;
}

function entryItems(context: Context, entries: Entries, depth: number, keyed: boolean): string[] {
  const items: string[] = [];
  entries.forEach((value, key) => {
    if (items.length >= MAX_ITEMS) return;
    const text = show(context, value, depth + 1);
    items.push(keyed ? `${show(context, key, depth + 1)} => ${text}` : text);
  });
  if (entries.size > MAX_ITEMS) items.push(moreItems(entries.size - MAX_ITEMS));
  return items;
}

function bufferItems(buffer: ArrayBuffer): string[] {
  const bytes = new Uint8Array(buffer);
  const shown: string[] = [];
  for (let i = 0; i < Math.min(bytes.length, MAX_BUFFER_BYTES); i++) {
    shown.push(((bytes[i] as number) + 0x100).toString(16).slice(1));
  }
  const left = bytes.length - shown.length;
  const more = left > 0 ? ` ... ${left} more byte${left > 1 ? "s" : ""}` : "";
  return [`[Uint8Contents]: <${shown.join(" ")}${more}>`, `byteLength: ${bytes.length}`];
}

/** The own state of our promises: see promise.ts. */
function promiseItems(context: Context, promise: { state: number; value: unknown }, depth: number): string[] {
  const state = promise.state & 3; // beside it are flags
  if (state === 0) return ["<pending>"];
  const text = show(context, promise.value, depth + 1);
  return [state === 2 ? `<rejected> ${text}` : text];
}

function errorText(error: Error): string {
  const stack = error.stack;
  if (typeof stack !== "string" || stack === "") return `[${Error.prototype.toString.call(error)}]`;
  const name = classOf(error);
  const kind = (/^[A-Z]\w*Error(?=:|\n|$)|^Error(?=:|\n|$)/.exec(stack) ?? [""])[0];
  if (name === null || kind === "" || stack.split("\n")[0]?.indexOf(name) !== -1) return stack;
  return (name.indexOf(kind) >= 0 ? name : `${name} [${kind}]`) + stack.slice(kind.length);
}

/** Is this a property of an error that its stack shows already? */
function isInStack(error: Error, key: PropertyKey): boolean {
  if (key !== "name" && key !== "message" && key !== "stack") return false;
  return typeof error.stack === "string" && error.stack.indexOf(String(error[key])) >= 0;
}

function functionText(value: { name?: unknown }): string {
  const name = value.name;
  return typeof name === "string" && name !== "" ? `[Function: ${name}]` : "[Function (anonymous)]";
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function pad(text: string, width: number, left: boolean): string {
  const space = " ".repeat(Math.max(width - text.length, 0));
  return left ? space + text : text + space;
}

/** Items in rows and columns; the items themselves if they are few or long. Numbers stand at the right. */
function inColumns(items: string[], indentation: number, numeric: boolean): string[] {
  const last = items[items.length - 1] as string;
  const hasMore = items.length > MAX_ITEMS && last.slice(0, 4) === "... ";
  const cells = hasMore ? items.slice(0, -1) : items;
  const lengths = cells.map((item) => item.length + 2);
  const total = sum(lengths);
  const widest = Math.max.apply(null, lengths);
  if (widest * 3 + indentation >= LINE_COLUMNS) return items;
  if (total / widest <= 5 && widest > 8) return items;
  // About as many rows as fit a picture 2.5 times as wide as it is high, as a line of text is higher than wide.
  const typical = Math.max(widest - 3 - Math.sqrt(widest - total / items.length), 1);
  const columns = Math.min(
    Math.round(Math.sqrt(2.5 * typical * cells.length) / typical),
    Math.floor((LINE_COLUMNS - indentation) / widest),
    MAX_COLUMNS,
  );
  if (columns <= 1) return items;
  const rows: string[] = [];
  for (let from = 0; from < cells.length; from += columns) {
    let row = "";
    const end = Math.min(from + columns, cells.length);
    for (let i = from; i < end; i++) {
      let width = 0;
      for (let k = i - from; k < cells.length; k += columns) width = Math.max(width, lengths[k] as number);
      const isLast = i === end - 1;
      const text = isLast ? (cells[i] as string) : `${cells[i]}, `;
      row += isLast && !numeric ? text : pad(text, isLast ? width - 2 : width, numeric);
    }
    rows.push(row);
  }
  if (hasMore) rows.push(last);
  return rows;
}

/** `start`, which ends in a brace, then the items and the other brace: in one line if they fit. */
function assemble(context: Context, depth: number, start: string, close: string, items: string[]): string {
  const length = sum(items.map((item) => item.length)) + 2 * items.length;
  const indentation = 2 * depth;
  if (
    context.lastDepth - depth < LEVELS_IN_LINE &&
    length + start.length + indentation + 10 <= LINE_COLUMNS
  ) {
    const text = `${start} ${items.join(", ")} ${close}`;
    if (text.indexOf("\n") < 0) return text;
  }
  return inLines(start, close, items);
}

function inLines(start: string, close: string, items: string[]): string {
  return `${start}\n  ${items.map(indent).join(",\n  ")}\n${close}`;
}

interface Shape {
  /** What stands before the brace, with a space behind it, or is all there is. */
  base: string;
  /** No braces unless there are properties. */
  bare: boolean;
  open: string;
  close: string;
  /** An array: its items may be set in columns. */
  list: boolean;
  /** Indices below this are not properties. */
  length: number;
  items: (() => string[]) | undefined;
  /** Properties that are part of `base`. */
  hidden: string | undefined;
}

function shapeOf(context: Context, value: object, depth: number): Shape {
  const braces = {
    bare: false,
    open: "{",
    close: "}",
    list: false,
    length: 0,
    items: undefined,
    hidden: undefined,
  };
  const bare = (base: string): Shape => ({ ...braces, base: base, bare: true });
  const tag = Object.prototype.toString.call(value);
  if (Array.isArray(value)) {
    const plain = classOf(value) === "Array";
    return {
      ...braces,
      base: plain ? "" : prefixOf(value, "Array", `(${value.length})`),
      open: "[",
      close: "]",
      list: true,
      length: value.length,
      items: () => arrayItems(context, value, depth),
    };
  }
  if (typeof value === "function") return bare(functionText(value));
  if (value instanceof Error) return bare(errorText(value));
  if (value instanceof Date)
    return bare(Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString());
  if (value instanceof RegExp) return bare(String(value));
  if (value instanceof ArrayBuffer) {
    return { ...braces, base: prefixOf(value, "ArrayBuffer", ""), items: () => bufferItems(value) };
  }
  if (value instanceof DataView) {
    const items = (): string[] => [
      `byteLength: ${value.byteLength}`,
      `byteOffset: ${value.byteOffset}`,
      `buffer: ${show(context, value.buffer, depth + 1)}`,
    ];
    return { ...braces, base: "DataView ", items: items };
  }
  if (ArrayBuffer.isView(value)) {
    const view = value as Uint8Array;
    return {
      ...braces,
      base: `${classOf(view) ?? "TypedArray"}(${view.length}) `,
      open: "[",
      close: "]",
      list: true,
      length: view.length,
      items: () => arrayItems(context, view, depth),
    };
  }
  if (value instanceof Number || value instanceof Boolean) {
    return bare(`[${classOf(value)}: ${primitive(value.valueOf())}]`);
  }
  if (value instanceof String) {
    const text = bare(`[String: ${quote(value.valueOf())}]`);
    text.length = value.length;
    return text;
  }
  if (tag === "[object Arguments]") return { ...braces, base: "[Arguments] " };
  if (isA(value, "Map") || isA(value, "Set")) {
    const entries = value as unknown as Entries;
    const keyed = isA(value, "Map");
    const base = prefixOf(value, keyed ? "Map" : "Set", `(${entries.size})`);
    return { ...braces, base: base, items: () => entryItems(context, entries, depth, keyed) };
  }
  if (isA(value, "WeakMap") || isA(value, "WeakSet")) {
    return { ...braces, base: prefixOf(value, "WeakMap", ""), items: () => ["<items unknown>"] };
  }
  if (isA(value, "Promise") && "state" in value) {
    const promise = value as { state: number; value: unknown };
    return {
      ...braces,
      base: prefixOf(value, "Promise", ""),
      items: () => promiseItems(context, promise, depth),
      hidden: " state value ",
    };
  }
  const prefix = prefixOf(value, "Object", "");
  return { ...braces, base: prefix === "Object " ? "" : prefix };
}

function show(context: Context, value: unknown, depth: number): string {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return primitive(value);
  const object = value as object;
  if (context.stack.indexOf(object) >= 0) {
    let index = context.circular.indexOf(object);
    if (index < 0) index = context.circular.push(object) - 1;
    return `[Circular *${index + 1}]`;
  }
  const shape = shapeOf(context, object, depth);
  let keys = keysOf(object, shape.length);
  if (shape.hidden !== undefined) {
    const hidden = shape.hidden;
    keys = keys.filter((key) => hidden.indexOf(` ${String(key)} `) < 0);
  }
  if (value instanceof Error) keys = keys.filter((key) => !isInStack(value, key));
  const cause = value instanceof Error && hasOwn(value, "cause") ? value.cause : undefined;
  if (shape.bare && keys.length === 0 && cause === undefined) return shape.base;
  const base = shape.bare ? `${shape.base} ` : shape.base;
  const size = shape.list ? shape.length : (value as { size?: unknown }).size;
  const isEmpty = shape.items === undefined || size === 0;
  if (isEmpty && keys.length === 0 && cause === undefined) return `${base}${shape.open}${shape.close}`;
  if (depth > context.maxDepth) {
    if (Array.isArray(value)) return "[Array]";
    return `[${(classOf(object) ?? "Object: null prototype").trim()}]`;
  }
  context.stack.push(object);
  context.lastDepth = depth;
  let items: string[] = shape.items === undefined ? [] : shape.items();
  const entries = items.length;
  for (let i = 0; i < keys.length; i++) items.push(property(context, object, keys[i] as PropertyKey, depth));
  if (cause !== undefined) items.push(`[cause]: ${show(context, cause, depth + 1)}`);
  context.stack.pop();

  const circular = context.circular.indexOf(object);
  const start = (circular >= 0 ? `<ref *${circular + 1}> ` : "") + base + shape.open;
  if (shape.list && entries > ROW_ITEMS && entries === items.length) {
    const list = value as unknown as ArrayLike<unknown>;
    let numeric = true;
    for (let i = 0; i < list.length && i < MAX_ITEMS; i++) if (typeof list[i] !== "number") numeric = false;
    items = inColumns(items, 2 * depth, numeric);
    if (items.length !== entries) return inLines(start, shape.close, items);
  }
  return assemble(context, depth, start, shape.close, items);
}

/** A value as text. `depth` is how many levels below it are shown: 2 unless given, `null` for all. */
export function inspect(value: unknown, depth: number | null = DEFAULT_DEPTH): string {
  const maxDepth = depth === null ? Number.POSITIVE_INFINITY : depth;
  return show({ maxDepth: maxDepth, stack: [], circular: [], lastDepth: 0 }, value, 0);
}
