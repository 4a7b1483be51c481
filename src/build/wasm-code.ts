/**
 * Reads the disassembly of a Wasm module: for each function, the operations at which the program can stop, with the
 * TypeScript place of each.
 *
 * @module
 */
import { TraceMap, traceSegment } from "@jridgewell/trace-mapping";
import { functionPath } from "./frame-symbols.ts";

/** Operations that leave their mark in wasm2c's C, by kind. */
export type SiteKind = "call" | "memory" | "bulk" | "divide" | "unreachable" | "goto" | "switch";

export interface WasmPlace {
  /** As the source map names it. */
  readonly source: string;
  /** 1-based. */
  readonly line: number;
}

export interface WasmSite {
  readonly kind: SiteKind;
  readonly place: WasmPlace | undefined;
}

export interface WasmFunction {
  /** AssemblyScript's internal name: "src/stack/udp/Udp#input". */
  readonly name: string;
  /** Where its first operation comes from, which may be a function that was inlined. */
  readonly place: WasmPlace | undefined;
  /** Where its first operation is that comes from its own file. */
  readonly own: WasmPlace | undefined;
  readonly sites: readonly WasmSite[];
  /** The first operation on floating-point numbers, if there is one. */
  readonly float: { readonly operation: string; readonly place: WasmPlace | undefined } | undefined;
}

function kindOf(operation: string): SiteKind | undefined {
  if (/^call(_indirect)?$/.test(operation)) {
    return "call";
  }
  if (/^[if]\d+\.(load|store)/.test(operation)) {
    return "memory";
  }
  if (/^memory\.(grow|copy|fill|init)$/.test(operation)) {
    return "bulk";
  }
  if (/^i\d+\.(div|rem)_/.test(operation)) {
    return "divide";
  }
  switch (operation) {
    case "unreachable":
      return "unreachable";
    case "br":
    case "br_if":
    case "return":
      return "goto";
    case "br_table":
      return "switch";
  }
  return undefined;
}

/** Control flow does not come past these, and wasm2c leaves out what follows in the same block. */
const final = new Set(["br", "br_table", "return", "unreachable"]);

interface Block {
  readonly loop: boolean;
  place: WasmPlace | undefined;
}

/** Parses one function's lines. */
class FunctionReader {
  readonly sites: WasmSite[] = [];
  readonly #blocks: Block[] = [{ loop: false, place: undefined }];
  readonly #trace: TraceMap;
  readonly #start: number;
  readonly #ownSource: string;
  readonly name: string;
  #last: WasmPlace | undefined;
  #first: WasmPlace | undefined;
  #own: WasmPlace | undefined;
  #deadBelow: number | undefined;
  #float: WasmFunction["float"];

  constructor(name: string, start: number, trace: TraceMap) {
    this.name = name;
    this.#start = start;
    this.#ownSource = `${functionPath(name)}.ts`;
    this.#trace = trace;
  }

  #placeAt(offset: number): WasmPlace | undefined {
    const segment = traceSegment(this.#trace, 0, offset);
    if (segment === null || segment.length === 1 || segment[0] < this.#start) {
      return this.#last;
    }
    const source = this.#trace.sources[segment[1]];
    this.#last = source === null || source === undefined ? this.#last : { source, line: segment[2] + 1 };
    this.#first ??= this.#last;
    if (this.#own === undefined && source === this.#ownSource) {
      this.#own = this.#last;
    }
    return this.#last;
  }

  operation(offset: number, operation: string, operand: string): void {
    const depth = this.#blocks.length;
    if (this.#deadBelow !== undefined) {
      // Only the end of the dead block counts; blocks inside of it are dead too.
      if (/^(block|loop|if)$/.test(operation)) {
        this.#blocks.push({ loop: false, place: undefined });
      } else if (operation === "end") {
        this.#blocks.pop();
        this.#deadBelow = depth > this.#deadBelow ? this.#deadBelow : undefined;
      } else if (operation === "else" && depth === this.#deadBelow) {
        this.#deadBelow = undefined;
      }
      return;
    }
    const place = this.#placeAt(offset);
    for (const block of this.#blocks) {
      block.place ??= place;
    }
    if (/\bf(32|64)\b/.test(operation) && this.#float === undefined) {
      this.#float = { operation, place };
    }
    if (/^(block|loop|if)$/.test(operation)) {
      this.#blocks.push({ loop: operation === "loop", place: undefined });
    } else if (operation === "end") {
      this.#blocks.pop();
    }
    const kind = kindOf(operation);
    if (kind !== undefined) {
      // A jump back stands for its loop, which is what the reader of a message looks for.
      const target = kind === "goto" ? this.#blocks[depth - 1 - Number(operand)] : undefined;
      this.sites.push({ kind, place: target?.loop === true ? (target.place ?? place) : place });
    }
    if (final.has(operation)) {
      this.#deadBelow = depth;
    }
  }

  done(): WasmFunction {
    return { name: this.name, place: this.#first, own: this.#own, sites: this.sites, float: this.#float };
  }
}

/**
 * Parses the output of `wasm-objdump -d`.
 *
 * @param map the source map that `asc` wrote: its columns are offsets in the Wasm file.
 */
export function readDisassembly(text: string, map: string): WasmFunction[] {
  const trace = new TraceMap(map);
  const functions: WasmFunction[] = [];
  let reader: FunctionReader | undefined;
  for (const line of text.split("\n")) {
    const header = /^([0-9a-f]+) func\[\d+\](?: <(.*)>)?:$/.exec(line);
    if (header !== null) {
      if (reader !== undefined) {
        functions.push(reader.done());
      }
      reader = new FunctionReader(header[2] ?? "?", Number.parseInt(header[1] as string, 16), trace);
      continue;
    }
    const operation = /^ ([0-9a-f]+): (?:[0-9a-f]{2} )+\s*\| +([a-z_0-9.]+)(?: (\S+))?/.exec(line);
    // "local[0] type=i32" declares; everything else is an operation.
    if (reader !== undefined && operation !== null && !line.includes("| local[")) {
      reader.operation(
        Number.parseInt(operation[1] as string, 16),
        operation[2] as string,
        operation[3] ?? "",
      );
    }
  }
  if (reader !== undefined) {
    functions.push(reader.done());
  }
  return functions;
}
