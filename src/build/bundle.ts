/**
 * First stage: program and library become one ES module, with esbuild.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { build, type Message, type Metafile, type Plugin } from "esbuild";
import { digest } from "./compile.ts";
import { BuildError } from "./errors.ts";
import { frameBindings, isFrameCode } from "./frame-exports.ts";
import { packageRoot } from "./paths.ts";
import { type ProgramSource, shownFile } from "./sources.ts";
import { isNodeModule, nodeModuleMessage } from "./typecheck.ts";

const nativeModule = join(packageRoot, "src/lib/native.ts");
const frameNamespace = "frame";

/** Full path of a file, from its name in esbuild's reports. */
function inputPath(name: string): string {
  return resolve(packageRoot, name.replace(/^frame:/, ""));
}

/** Where a line of generated bindings comes from. */
export interface Origin {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

export interface Bundle {
  readonly code: string;
  /** Source map of `code`, JSON. */
  readonly map: string;
  /** Frame-code files, in the order in which frames are offered to them. */
  readonly frameFiles: readonly string[];
  /** For the generated bindings of a frame-code file: origins by 0-based line. */
  readonly bindings: ReadonlyMap<string, readonly Origin[]>;
  /** For a file other than the main one: the import of it in the main file, or of what imports it. */
  readonly importedAt: (file: string) => Origin;
  /** Full paths of all files read. */
  readonly inputs: readonly string[];
}

/** Name by which the bundle knows the index of a frame-code module: which one it is, is known after tree-shaking. */
export function frameIndexName(file: string): string {
  return `mirage$frame_${digest(file).slice(0, 12)}`;
}

function messageText(message: Message): string {
  const at = message.location;
  const place =
    at === null ? "" : `${shownFile(resolve(packageRoot, at.file))}:${at.line}:${at.column + 1}: `;
  const missing = /^Could not resolve "(.+)"$/.exec(message.text)?.[1];
  const text = missing !== undefined && isNodeModule(missing) ? nodeModuleMessage(missing) : message.text;
  const notes = message.notes.map((note) => `\n  ${note.text}`);
  return `${place}error: ${text}${missing !== undefined && isNodeModule(missing) ? "" : notes.join("")}`;
}

/** A file of ours that does nothing by being imported need not stay in the bundle. */
function isOwnLibrary(file: string): boolean {
  return file.startsWith(`${packageRoot}/src/`);
}

function miragePlugin(bindings: Map<string, readonly Origin[]>): Plugin {
  return {
    name: "mirage",
    setup(builder) {
      builder.onResolve({ filter: /^mirage$/ }, () => ({
        path: join(packageRoot, "src/lib/index.ts"),
        sideEffects: false,
      }));
      builder.onResolve({ filter: /^mirage\/framecode/ }, () => ({
        errors: [
          { text: `"mirage/framecode" is for frame code, in files named *.frame.ts and what they import` },
        ],
      }));
      builder.onResolve({ filter: /\.frame(\.ts)?$/ }, (args) => {
        const base = resolve(args.resolveDir, args.path);
        const path = isFrameCode(base) ? base : `${base}.ts`;
        if (!existsSync(path)) {
          return undefined;
        }
        return { path, namespace: frameNamespace, sideEffects: !isOwnLibrary(path) };
      });
      builder.onLoad({ filter: /.*/, namespace: frameNamespace }, (args) => {
        const made = frameBindings(
          args.path,
          frameIndexName(args.path),
          nativeModule,
          !isOwnLibrary(args.path),
        );
        bindings.set(args.path, made.origins);
        return { contents: made.code, loader: "js", resolveDir: dirname(args.path), watchFiles: [args.path] };
      });
    },
  };
}

/** Line of each import in a file, by its specifier. */
function importLines(file: string): Map<string, number> {
  const lines = new Map<string, number>();
  readFileSync(file, "utf8")
    .split("\n")
    .forEach((text, n) => {
      const specifier = /(?:\bfrom|\bimport|\brequire\()\s*["']([^"']+)["']/.exec(text)?.[1];
      if (specifier !== undefined && !lines.has(specifier)) {
        lines.set(specifier, n + 1);
      }
    });
  return lines;
}

function importFinder(program: ProgramSource, metafile: Metafile): (file: string) => Origin {
  const inputs = new Map(Object.entries(metafile.inputs).map(([name, input]) => [inputPath(name), input]));
  const lines = importLines(program.main);
  const found = new Map<string, number>();
  const reach = (file: string, line: number): void => {
    if (found.has(file)) {
      return;
    }
    found.set(file, line);
    for (const one of inputs.get(file)?.imports ?? []) {
      reach(inputPath(one.path), line);
    }
  };
  for (const one of inputs.get(program.main)?.imports ?? []) {
    reach(inputPath(one.path), lines.get(one.original ?? "") ?? 1);
  }
  return (file) => ({ file: program.main, line: found.get(file) ?? 1 });
}

/**
 * Bundles a program.
 *
 * @throws BuildError with file, line and column of each import that cannot be resolved.
 */
export async function bundleProgram(program: ProgramSource): Promise<Bundle> {
  const bindings = new Map<string, readonly Origin[]>();
  const result = await build({
    absWorkingDir: packageRoot,
    stdin: {
      contents: `import ${JSON.stringify(program.main)};\n`,
      resolveDir: program.directory,
      sourcefile: "mirage:entry",
    },
    bundle: true,
    write: false,
    outfile: "bundle.js",
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["module"],
    target: "es2022",
    // esbuild would hide them in strings; they are looked at, and lowered or refused, later.
    supported: {
      "regexp-dot-all-flag": true,
      "regexp-lookbehind-assertions": true,
      "regexp-match-indices": true,
      "regexp-named-capture-groups": true,
      "regexp-set-notation": true,
      "regexp-sticky-and-unicode-flags": true,
      "regexp-unicode-property-escapes": true,
    },
    charset: "utf8",
    sourcemap: "external",
    sourcesContent: false,
    metafile: true,
    treeShaking: true,
    legalComments: "none",
    logLevel: "silent",
    plugins: [miragePlugin(bindings)],
  }).catch((error: unknown) => {
    const messages = (error as { errors?: Message[] }).errors;
    throw messages === undefined ? error : new BuildError(messages.map(messageText).join("\n"));
  });
  const text = (suffix: string): string => {
    const file = result.outputFiles.find((one) => one.path.endsWith(suffix));
    return file?.text ?? "";
  };
  const output = Object.values(result.metafile.outputs).find((one) => one.entryPoint !== undefined);
  const kept = Object.entries(output?.inputs ?? {})
    .filter(([name, input]) => name.startsWith(`${frameNamespace}:`) && input.bytesInOutput > 0)
    .map(([name]) => resolve(packageRoot, name.slice(frameNamespace.length + 1)));
  return {
    importedAt: importFinder(program, result.metafile),
    code: text("bundle.js"),
    map: text("bundle.js.map"),
    // A program's own modules see frames before the library's stack does.
    frameFiles: [...kept.filter((file) => !isOwnLibrary(file)), ...kept.filter(isOwnLibrary)],
    bindings,
    inputs: Object.keys(result.metafile.inputs)
      .filter((name) => name !== "mirage:entry" && !name.endsWith("mirage:entry"))
      .map(inputPath),
  };
}
