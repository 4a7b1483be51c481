/**
 * What a module of frame code exports, read from its source: application code sees its functions as functions of
 * numbers. AssemblyScript's types mean nothing to `tsc`, so it is shown declarations made here instead.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import ts from "typescript";

/** How a 32-bit value crosses the border. */
export type FrameType = "signed" | "unsigned" | "boolean" | "void";

export interface FrameFunction {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: FrameType }[];
  readonly result: FrameType;
  /** 1-based line of its declaration. */
  readonly line: number;
  readonly file: string;
  /** A type that cannot cross the border, such as "u64": such a function is not callable from application code. */
  readonly foreign: string | undefined;
}

/** True for paths of frame code. */
export function isFrameCode(file: string): boolean {
  return file.endsWith(".frame.ts");
}

const types: Record<string, FrameType> = {
  i8: "signed",
  i16: "signed",
  i32: "signed",
  isize: "signed",
  u8: "unsigned",
  u16: "unsigned",
  u32: "unsigned",
  usize: "unsigned",
  bool: "boolean",
  boolean: "boolean",
  void: "void",
};

/** AssemblyScript leaves ".ts" out of import paths. */
function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) {
    return undefined;
  }
  const base = resolve(dirname(from), specifier);
  return [`${base}.ts`, `${base}/index.ts`, base].find((file) => file.endsWith(".ts") && existsSync(file));
}

function aliasesOf(source: ts.SourceFile): Map<string, string> {
  const aliases = new Map<string, string>();
  for (const statement of source.statements) {
    if (ts.isTypeAliasDeclaration(statement) && ts.isTypeReferenceNode(statement.type)) {
      aliases.set(statement.name.text, statement.type.getText(source));
    }
  }
  return aliases;
}

function functionOf(node: ts.FunctionDeclaration, name: string, source: ts.SourceFile): FrameFunction {
  const aliases = aliasesOf(source);
  let foreign: string | undefined;
  const typeOf = (annotation: ts.TypeNode | undefined): FrameType => {
    let text = annotation === undefined ? "void" : annotation.getText(source);
    text = aliases.get(text) ?? text;
    const type = types[text];
    if (type === undefined) {
      foreign ??= text;
    }
    return type ?? "unsigned";
  };
  const parameters = node.parameters.map((parameter) => ({
    name: parameter.name.getText(source),
    type: typeOf(parameter.type),
  }));
  const result = typeOf(node.type);
  const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
  return { name, parameters, result, line, file: source.fileName, foreign };
}

const cache = new Map<string, FrameFunction[]>();

/** Exported functions of a frame-code file, re-exports included. */
export function frameExports(file: string, seen: ReadonlySet<string> = new Set()): FrameFunction[] {
  const known = cache.get(file);
  if (known !== undefined || seen.has(file)) {
    return known ?? [];
  }
  const inner = new Set([...seen, file]);
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const local = new Map<string, ts.FunctionDeclaration>();
  const imported = new Map<string, { name: string; file: string }>();
  for (const statement of source.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) {
      local.set(statement.name.text, statement);
    } else if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
      const target = resolveImport(file, statement.moduleSpecifier.text);
      const bindings = statement.importClause?.namedBindings;
      if (target !== undefined && bindings !== undefined && ts.isNamedImports(bindings)) {
        for (const element of bindings.elements) {
          imported.set(element.name.text, {
            name: (element.propertyName ?? element.name).text,
            file: target,
          });
        }
      }
    }
  }
  const found: FrameFunction[] = [];
  const find = (name: string, exported: string): void => {
    const own = local.get(name);
    const elsewhere = imported.get(name);
    if (own !== undefined) {
      found.push(functionOf(own, exported, source));
    } else if (elsewhere !== undefined) {
      const there = frameExports(elsewhere.file, inner).find((one) => one.name === elsewhere.name);
      if (there !== undefined) {
        found.push({ ...there, name: exported });
      }
    }
  };
  for (const statement of source.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) {
      if (statement.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) === true) {
        find(statement.name.text, statement.name.text);
      }
    } else if (ts.isExportDeclaration(statement)) {
      const specifier = statement.moduleSpecifier;
      const target =
        specifier !== undefined && ts.isStringLiteral(specifier)
          ? resolveImport(file, specifier.text)
          : undefined;
      const clause = statement.exportClause;
      if (clause === undefined) {
        found.push(...(target === undefined ? [] : frameExports(target, inner)));
      } else if (ts.isNamedExports(clause)) {
        for (const element of clause.elements) {
          const original = (element.propertyName ?? element.name).text;
          if (specifier === undefined) {
            find(original, element.name.text);
          } else if (target !== undefined) {
            const there = frameExports(target, inner).find((one) => one.name === original);
            if (there !== undefined) {
              found.push({ ...there, name: element.name.text });
            }
          }
        }
      }
    }
  }
  cache.set(file, found);
  return found;
}

/** Called by the runtime itself, not by application code. */
const hooks = new Set(["start", "input", "timer", "resume", "report", "stop"]);

/** Functions of a frame-code file that application code can call. */
export function callableExports(file: string): FrameFunction[] {
  return frameExports(file).filter((one) => one.foreign === undefined && !hooks.has(one.name));
}

/** Name under which application code gets the module's index, for `native.frameCodeListen`. */
export const moduleIndexName = "frameModule";

const shown: Record<FrameType, string> = {
  signed: "number",
  unsigned: "number",
  boolean: "boolean",
  void: "void",
};

/** What `tsc` is shown in place of a frame-code file. */
export function frameDeclarations(file: string): string {
  const functions = callableExports(file).map((one) => {
    const parameters = one.parameters
      .map((parameter) => `${parameter.name}: ${shown[parameter.type]}`)
      .join(", ");
    return `export declare function ${one.name}(${parameters}): ${shown[one.result]};\n`;
  });
  return `${functions.join("")}export declare const ${moduleIndexName}: number;\n`;
}

/** As `Returns` in `src/lib/native.ts`. */
const returns: Record<FrameType, number> = { unsigned: 0, signed: 1, boolean: 2, void: 3 };

/** The JavaScript that application code gets for a frame-code file; `line[n]` is where line n (0-based) comes from. */
export function frameBindings(
  file: string,
  index: string,
  nativeModule: string,
  keep: boolean,
): { code: string; origins: { file: string; line: number }[] } {
  const lines: string[] = [];
  const origins: { file: string; line: number }[] = [];
  const add = (text: string, at: { file: string; line: number } = { file, line: 1 }) => {
    lines.push(text);
    origins.push({ file: at.file, line: at.line });
  };
  add(`import { native } from ${JSON.stringify(nativeModule)};`);
  add(`export const ${moduleIndexName} = ${keep ? index : `/* @__PURE__ */ (() => ${index})()`};`);
  for (const one of callableExports(file)) {
    // In a function, or the module's index, which the bundler does not know, would count as something that is used.
    const found = `native.frameCodeFunction(${index}, ${JSON.stringify(one.name)}, ${returns[one.result]})`;
    // A name of its own, or esbuild would rename functions of the program that happen to be called the same.
    const local = `${one.name}$call`;
    add(`const ${local} = /* @__PURE__ */ (() => ${found})();`, one);
    add(`export { ${local} as ${one.name} };`, one);
  }
  return { code: lines.join("\n"), origins };
}
