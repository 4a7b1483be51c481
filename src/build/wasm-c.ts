/**
 * Rewrites the C that wasm2c 1.0.32 makes of frame code for our wasm host, as `runtime/include/mirage/wasm.h` says:
 * TypeScript file and line at each operation that can trap, fuel at each jump back, and a descriptor of the module.
 *
 * @module
 */
import { BuildError } from "./errors.ts";
import { frameSymbols, functionPath, shortFunctionName, symbolRow, symbolSection } from "./frame-symbols.ts";
import type { SiteKind, WasmFunction, WasmPlace } from "./wasm-code.ts";

/** Most parameters of an exported function: MIRAGE_WASM_ARGS. */
const mostArguments = 10;

export interface ModuleNames {
  /** What wasm2c was told to call it: a C identifier. */
  readonly module: string;
  /** Source file as messages name it. */
  readonly file: string;
  /** It is the stock network stack. */
  readonly stack: boolean;
  /** Turns a source of the source map into a name for messages. */
  readonly sourceName: (source: string) => string;
}

export interface Instrumented {
  readonly code: string;
  /** For the code to include. */
  readonly header: string;
  /** Functions whose operations could not be told apart: their messages name the function's first line. */
  readonly unmatched: readonly string[];
}

function kindOfStatement(line: string): SiteKind | undefined {
  const text = line.trim();
  if (/^(case|default)\b/.test(text)) {
    return undefined;
  }
  if (/^switch\b/.test(text)) {
    return "switch";
  }
  if (/\bgoto\b/.test(text)) {
    return "goto";
  }
  if (/^(w2c_\w+ = )?(w2c_\w+|\(\*Z_\w+\)|CALL_INDIRECT)\(/.test(text)) {
    return "call";
  }
  if (/\bCALL_INDIRECT\(/.test(text)) {
    return "call";
  }
  if (/\bUNREACHABLE\b/.test(text)) {
    return "unreachable";
  }
  if (/\b(I\d+_)?(DIV|REM)_[SU]\(/.test(text)) {
    return "divide";
  }
  if (/\b(memory_(fill|copy|init)|wasm_rt_grow_memory)\(/.test(text)) {
    return "bulk";
  }
  if (/\b[if]\d+_(load|store)\w*\(/.test(text)) {
    return "memory";
  }
  return undefined;
}

/** Lines of one function's body, without and with what we add. */
class Body {
  readonly #function: WasmFunction;
  readonly #names: ModuleNames;
  readonly #labels = new Set<string>();
  #current = "";
  readonly #out: string[] = [];

  constructor(wasm: WasmFunction, names: ModuleNames) {
    this.#function = wasm;
    this.#names = names;
  }

  #line(place: WasmPlace | undefined): void {
    const at = place ?? this.#function.place;
    const file = at === undefined ? this.#names.file : this.#names.sourceName(at.source);
    this.#current = `#line ${at?.line ?? 1} ${JSON.stringify(file)}`;
    this.#out.push(this.#current);
  }

  #jump(line: string): string {
    return line.replace(/goto (w2c_\w+);/g, (jump, label: string) =>
      this.#labels.has(label) ? `{ MIRAGE_LOOP(); ${jump} }` : jump,
    );
  }

  /** True if each operation was found at its statement. */
  rewrite(lines: readonly string[]): boolean {
    const kinds = lines.map(kindOfStatement);
    const found = kinds.filter((kind) => kind !== undefined);
    const sites = this.#function.sites;
    const matched = found.length === sites.length && found.every((kind, n) => kind === sites[n]?.kind);
    let next = 0;
    lines.forEach((line, n) => {
      for (const [, label] of line.matchAll(/\b(w2c_L\d+):/g)) {
        this.#labels.add(label as string);
      }
      if (kinds[n] !== undefined) {
        this.#line(matched ? sites[next]?.place : undefined);
        next++;
      } else if (/\bFUNC_PROLOGUE\b/.test(line)) {
        this.#line(this.#function.place);
      }
      // Import calls go to inline functions of the host.
      this.#out.push(this.#jump(line.replace(/\(\*(Z_\w+)\)\(/g, "$1(")));
    });
    return matched;
  }

  get lines(): readonly string[] {
    return this.#out;
  }
}

function cutPrelude(code: string, names: ModuleNames): string {
  const from = code.indexOf("#include <assert.h>");
  const to = code.indexOf("static bool s_module_initialized");
  if (from < 0 || to < from) {
    throw new BuildError("wasm2c wrote C of a form that is not known here; version 1.0.32 is needed.");
  }
  return `${code.slice(0, from)}#include "${names.module}.h"\n#include "instrument.h"\n\n${code.slice(to)}`;
}

interface Export {
  readonly name: string;
  readonly symbol: string;
  readonly arguments: number;
  readonly result: boolean;
}

/** The exported functions of integers, from the header that wasm2c wrote. */
function exportsOf(header: string): Export[] {
  const found: Export[] = [];
  for (const match of header.matchAll(
    /\/\* export: '(.*)' \*\/\n(\w+) (Z_\w+)\(Z_\w+_instance_t\*(.*)\);/g,
  )) {
    const [, name, result, symbol, rest] = match as unknown as [string, string, string, string, string];
    const parameters = rest
      .split(",")
      .map((type) => type.trim())
      .filter((type) => type !== "");
    const fits = parameters.every((type) => type === "u32") && parameters.length <= mostArguments;
    if (fits && /^(u32|void)$/.test(result)) {
      found.push({ name, symbol, arguments: parameters.length, result: result === "u32" });
    }
  }
  return found;
}

/** How many imported modules the instantiate function takes. */
function importedModules(header: string, names: ModuleNames): number {
  const match = new RegExp(`void Z_${names.module}_instantiate\\(([^)]*)\\);`).exec(header);
  if (match === null) {
    throw new BuildError("wasm2c wrote a header of a form that is not known here; version 1.0.32 is needed.");
  }
  return (match[1] as string).split(",").length - 1;
}

function descriptor(header: string, names: ModuleNames): string {
  const name = names.module;
  const exported = exportsOf(header);
  const calls = exported.map((one, n) => {
    const list = Array.from({ length: one.arguments }, (_, i) => `, a[${i}]`).join("");
    const call = `${one.symbol}(instance${list})`;
    return [
      "static uint32_t",
      `export_${n}(void *instance, const uint32_t *a)`,
      "{",
      ...(one.arguments === 0 ? ["\t(void)a;"] : []),
      ...(one.result ? [`\treturn (${call});`] : [`\t${call};`, "\treturn (0);"]),
      "}",
      "",
    ].join("\n");
  });
  const rows = exported.map(
    (one, n) => `\t{ ${JSON.stringify(one.name)}, ${one.arguments}, ${one.result ? 1 : 0}, export_${n} },`,
  );
  const table =
    exported.length === 0
      ? ""
      : `static const struct mirage_wasm_export exports[] = {\n${rows.join("\n")}\n};\n`;
  const hosts = ", host".repeat(importedModules(header, names));
  return `
#undef MIRAGE_FUNCTION
#define MIRAGE_FUNCTION ${JSON.stringify(name)}
#line 1 ${JSON.stringify(names.file)}
${calls.join("\n")}
${table}
static void
instantiate(void *instance, void *host)
{
	(void)host;
	Z_${name}_init_module();
	Z_${name}_instantiate(instance${hosts});
}

static void
release(void *instance)
{
	Z_${name}_free(instance);
}

const struct mirage_wasm_module mirage_wasm_module_${name} = {
	.name = ${JSON.stringify(name)},
	.file = ${JSON.stringify(names.file)},
	.stack = ${names.stack ? 1 : 0},
	.instance_bytes = sizeof(Z_${name}_instance_t),
	.instantiate = instantiate,
	.free = release,
	.exports = ${exported.length === 0 ? "NULL" : "exports"},
	.nexports = ${exported.length === 0 ? "0" : "sizeof(exports) / sizeof(exports[0])"},
};
`;
}

/** What wasm2c calls the functions inside of the exported ones, which have a name outside only. */
function exportedFunctions(code: string): Set<string> {
  return new Set(
    [
      ...code.matchAll(/^\w+ Z_\w+\(Z_\w+_instance_t\* instance[^{]*\{\s+(?:return )?(w2c_\w+)\(instance/gm),
    ].map((match) => match[1] as string),
  );
}

/** A wrapper of an exported function is no function of its own: its callers call what is inside. */
const wrapper = /^(\w+ Z_\w+\(Z_\w+_instance_t\*(?: instance)?(?:, \w+(?: w2c_p\d+)?)*\)[;\s{])/gm;

/** Text of the table of functions, in a section that is not loaded. */
function symbolTable(
  symbols: readonly string[],
  functions: readonly WasmFunction[],
  names: ModuleNames,
): string {
  const rows = functions.map((one, n) => {
    // What asc itself made up, a constructor that only sets fields, has no line.
    const path = functionPath(one.name);
    const source = one.own?.source ?? (path === "" ? undefined : `${path}.ts`);
    const row = symbolRow({
      symbol: symbols[n] as string,
      name: shortFunctionName(one.name),
      file: source === undefined ? names.file : names.sourceName(source),
      line: one.own?.line ?? 0,
    });
    return `\t".ascii " ${JSON.stringify(JSON.stringify(row))} "\\n"`;
  });
  const section = `.pushsection ${symbolSection},\\"\\",@progbits`;
  return `__asm__("${section}\\n"\n${rows.join("\n")}\n\t".popsection\\n");\n`;
}

function refuseFloats(functions: readonly WasmFunction[], names: ModuleNames): void {
  const found = functions.flatMap((one) => {
    if (one.float === undefined) {
      return [];
    }
    const place = one.float.place ?? one.place;
    const where = place === undefined ? names.file : `${names.sourceName(place.source)}:${place.line}`;
    return [
      `${where}: error: ${shortFunctionName(one.name)} uses floating-point numbers (${one.float.operation}).`,
    ];
  });
  if (found.length > 0) {
    throw new BuildError(
      `${found.join("\n")}\nFrame code has integers only: the kernel must not touch the FPU.`,
    );
  }
}

/** wasm2c breaks the line in a signature of more than eight parameters. */
function joinSignatures(code: string): string {
  return code.replace(/^static \w+ w2c_\w+\(Z_\w+_instance_t\* instance[^;{]*[;{]/gm, (signature) =>
    signature.replace(/,\s*\n\s*/g, ", "),
  );
}

/**
 * Rewrites one module.
 *
 * @param functions of the same Wasm module, in its order.
 * @throws BuildError if the code uses floating-point numbers, naming function, file and line.
 */
export function instrument(
  code: string,
  header: string,
  functions: readonly WasmFunction[],
  names: ModuleNames,
): Instrumented {
  refuseFloats(functions, names);
  const symbols = frameSymbols(
    names.module,
    functions.map((one) => one.name),
  );
  const exported = exportedFunctions(code);
  const out: string[] = [];
  const renamed: string[] = [];
  const unmatched: string[] = [];
  const lines = joinSignatures(cutPrelude(code, names)).split("\n");
  let next = 0;
  for (let n = 0; n < lines.length; n++) {
    const line = lines[n] as string;
    const definition = /^static \w+ (w2c_\w+)\(Z_\w+_instance_t\* instance.*\{$/.exec(line);
    if (definition === null) {
      out.push(line.replace(wrapper, "static inline $1"));
      continue;
    }
    const end = lines.indexOf("}", n);
    const wasm = functions[next];
    renamed.push(`#define ${definition[1]} ${symbols[next++]}`);
    if (wasm === undefined || end < 0) {
      throw new BuildError(`${names.file}: wasm2c and wasm-objdump do not see the same functions.`);
    }
    const body = new Body(wasm, names);
    const matched = body.rewrite(lines.slice(n + 1, end));
    if (!matched) {
      unmatched.push(shortFunctionName(wasm.name));
    }
    out.push(
      "#undef MIRAGE_FUNCTION",
      `#define MIRAGE_FUNCTION ${JSON.stringify(shortFunctionName(wasm.name))}`,
    );
    out.push(
      exported.has(definition[1] as string) ? `__attribute__((noinline)) ${line}` : line,
      ...body.lines,
      "}",
    );
    n = end;
  }
  if (next !== functions.length) {
    throw new BuildError(`${names.file}: wasm2c and wasm-objdump do not see the same functions.`);
  }
  const text = `${renamed.join("\n")}\n${out.join("\n")}\n${descriptor(header, names)}${symbolTable(symbols, functions, names)}`;
  return { code: text, header: header.replace(wrapper, "static inline $1"), unmatched };
}
