/**
 * Symbols of frame code: what the C functions are called that wasm2c makes of TypeScript, so that `fbt`, `stack()`,
 * perf and debuggers show names that lead to the source.
 *
 * `fc_MODULE__NAME` is a function of the file that the program imports, `fc_MODULE__PATH__NAME` one of a file that it
 * imports in turn. In each part whatever is no letter or digit is `_`, and type arguments are left out:
 * `Udp<Network>#input` in `udp/udp.ts` of the stack is `fc_stack__udp_udp__Udp_input`.
 *
 * @module
 */

/** A function, as a table in the program tells of it. */
export interface FrameSymbol {
  readonly symbol: string;
  /** "Udp#input" */
  readonly name: string;
  /** As stack traces show it. */
  readonly file: string;
  /** Of its first operation, 1-based; 0 if that is not known. */
  readonly line: number;
}

/** Section of an executable or module, not loaded, with a row of {@link symbolRow} for each function. */
export const symbolSection = ".mirage.functions";

/** "a/Map<b/Key,c/Value>#set" -> "a/Map#set" */
function withoutTypes(name: string): string {
  let out = name;
  for (let next = out.replace(/<[^<>]*>/g, ""); next !== out; next = out.replace(/<[^<>]*>/g, "")) {
    out = next;
  }
  return out;
}

/** AssemblyScript's internal name, "udp/udp/Udp<stack.frame/Network>#input", without the path: "Udp#input". */
export function shortFunctionName(name: string): string {
  const plain = withoutTypes(name);
  return plain.slice(plain.lastIndexOf("/") + 1);
}

/** Its path, as the source map names the file, without the extension: "udp/udp". */
export function functionPath(name: string): string {
  const plain = withoutTypes(name);
  return plain.slice(0, Math.max(0, plain.lastIndexOf("/")));
}

function identifier(text: string): string {
  return text.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
}

/**
 * A symbol for each function of a module, in the same order, none twice.
 *
 * @param module its name, a C identifier.
 * @param names AssemblyScript's internal names.
 */
export function frameSymbols(module: string, names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const path = functionPath(name).replace(/^~lib\/mirage\//, "");
    const inside = path === "" || path.endsWith(".frame") ? [] : [identifier(path)];
    const base = ["fc", module].join("_");
    const plain = [base, ...inside, identifier(shortFunctionName(name)) || "function"].join("__");
    let symbol = plain;
    for (let n = 2; taken.has(symbol); n++) {
      symbol = `${plain}_${n}`;
    }
    taken.add(symbol);
    return symbol;
  });
}

/** Text of {@link symbolSection}: symbol, name, file and line, with tabs between and a newline at the end. */
export function symbolRow(one: FrameSymbol): string {
  return `${one.symbol}\t${one.name}\t${one.file}\t${one.line}\n`;
}
