/**
 * Checks a program's types with TypeScript itself; its diagnostics are shown as `tsc` shows them.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { BuildError } from "./errors.ts";
import { frameDeclarations, isFrameCode } from "./frame-exports.ts";
import { packageRoot } from "./paths.ts";
import { type ProgramSource, shownFile } from "./sources.ts";

const library = join(packageRoot, "src/lib");

/** What holds for every program, whatever its own `tsconfig.json` says. */
const fixed: ts.CompilerOptions = {
  noEmit: true,
  target: ts.ScriptTarget.ES2023,
  lib: ["lib.es2023.d.ts"],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  types: [],
  skipLibCheck: true,
  // A file is compiled by itself, so what needs other files' types is an error.
  isolatedModules: true,
};

const defaults: ts.CompilerOptions = {
  strict: true,
};

/** Where `mirage` and `mirage/framecode` are for TypeScript. */
const ownPaths: ts.MapLike<string[]> = {
  mirage: [join(library, "index.ts")],
  "mirage/framecode": [join(packageRoot, "src/framecode/index.ts")],
};

const formatHost: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => process.cwd(),
  getNewLine: () => "\n",
};

/** Diagnostics as `tsc` prints them: with colours and the source's lines on a terminal. */
export function formatDiagnostics(diagnostics: readonly ts.Diagnostic[], pretty: boolean): string {
  if (!pretty) {
    return ts.formatDiagnostics(diagnostics, formatHost).trimEnd();
  }
  const text = ts.formatDiagnosticsWithColorAndContext(diagnostics, formatHost);
  const errors = diagnostics.filter((one) => one.category === ts.DiagnosticCategory.Error);
  const files = new Set(errors.map((one) => one.file?.fileName));
  const where = files.size > 1 ? ` in ${files.size} files` : "";
  return `${text}\nFound ${errors.length} error${errors.length === 1 ? "" : "s"}${where}.`;
}

function fail(diagnostics: readonly ts.Diagnostic[], note: string): never {
  const pretty = process.stderr.isTTY === true;
  throw new BuildError(`${formatDiagnostics(diagnostics, pretty)}${note}`);
}

function readUserOptions(program: ProgramSource): ts.CompilerOptions {
  const file = join(program.directory, "tsconfig.json");
  if (!existsSync(file)) {
    return defaults;
  }
  const json = ts.readConfigFile(file, ts.sys.readFile);
  if (json.error !== undefined) {
    fail([json.error], "");
  }
  const config = json.config as { extends?: unknown; compilerOptions?: unknown };
  const parsed = ts.parseJsonConfigFileContent(
    { extends: config.extends, compilerOptions: config.compilerOptions ?? {}, files: [program.main] },
    ts.sys,
    program.directory,
    undefined,
    file,
  );
  const errors = parsed.errors.filter((one) => one.category === ts.DiagnosticCategory.Error);
  if (errors.length > 0) {
    fail(errors, "");
  }
  return { ...defaults, ...parsed.options };
}

/** Options for a program, from its own `tsconfig.json` if its folder has one. */
export function compilerOptions(program: ProgramSource): ts.CompilerOptions {
  const user = readUserOptions(program);
  const options: ts.CompilerOptions = { ...user, ...fixed, paths: { ...user.paths, ...ownPaths } };
  for (const name of [
    "outDir",
    "rootDir",
    "composite",
    "incremental",
    "tsBuildInfoFile",
    "declaration",
  ] as const) {
    delete options[name];
  }
  return options;
}

/** Files of TypeScript's own library: parsed once, however many programs are checked. */
const libraryFiles = new Map<string, ts.SourceFile | undefined>();

/** TypeScript's view of the files: frame code appears as declarations of its functions. */
function createHost(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  const original = host.getSourceFile.bind(host);
  const defaults = dirname(ts.getDefaultLibFilePath(options));
  host.getSourceFile = (file, version, onError, fresh) => {
    if (isFrameCode(file)) {
      return ts.createSourceFile(file, frameDeclarations(file), version, true);
    }
    if (dirname(file) !== defaults) {
      return original(file, version, onError, fresh);
    }
    if (!libraryFiles.has(file)) {
      libraryFiles.set(file, original(file, version, onError, fresh));
    }
    return libraryFiles.get(file);
  };
  return host;
}

/** Is `specifier` a module of Node's, such as "node:fs"? */
export function isNodeModule(specifier: string): boolean {
  return specifier.startsWith("node:") || builtinModules.includes(specifier);
}

/** Message for an import of one of Node's own modules. */
export function nodeModuleMessage(specifier: string): string {
  return `"${specifier}" is part of Node, and a Mirage program runs without Node. What there is instead: import ... from "mirage".`;
}

function nodeImports(program: ts.Program, files: readonly ts.SourceFile[]): string[] {
  const found: string[] = [];
  for (const source of files) {
    for (const statement of source.statements) {
      if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) {
        continue;
      }
      const specifier = statement.moduleSpecifier;
      if (specifier === undefined || !ts.isStringLiteral(specifier) || !isNodeModule(specifier.text)) {
        continue;
      }
      const resolved = ts.resolveModuleName(
        specifier.text,
        source.fileName,
        program.getCompilerOptions(),
        ts.sys,
      );
      if (resolved.resolvedModule === undefined) {
        const at = source.getLineAndCharacterOfPosition(specifier.getStart(source));
        found.push(
          `${shownFile(source.fileName)}:${at.line + 1}:${at.character + 1}: error: ${nodeModuleMessage(specifier.text)}`,
        );
      }
    }
  }
  return found;
}

/**
 * Checks a program.
 *
 * @returns every file that TypeScript read for it, its own libraries apart.
 * @throws BuildError with tsc's text if there is an error.
 */
export function typecheck(source: ProgramSource): string[] {
  const options = compilerOptions(source);
  const roots = [
    source.main,
    ...["index.ts", "globals.ts", "globals.d.ts"].map((name) => join(library, name)),
  ];
  const program = ts.createProgram({
    rootNames: roots.filter((file) => existsSync(file)),
    options,
    host: createHost(options),
  });
  const files = program.getSourceFiles().filter((file) => !program.isSourceFileDefaultLibrary(file));
  const own = files.filter((file) => !file.fileName.startsWith(`${packageRoot}/src/`));
  const fromNode = nodeImports(program, own);
  if (fromNode.length > 0) {
    throw new BuildError(fromNode.join("\n"));
  }
  const diagnostics = ts.sortAndDeduplicateDiagnostics(ts.getPreEmitDiagnostics(program));
  const errors = diagnostics.filter((one) => one.category === ts.DiagnosticCategory.Error);
  if (errors.length > 0) {
    fail(errors, "");
  }
  return files.map((file) => file.fileName);
}
