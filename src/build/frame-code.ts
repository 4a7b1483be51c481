/**
 * Compiles frame code: AssemblyScript to Wasm with `asc`, Wasm to C with wasm2c.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { run } from "./command.ts";
import { digest, FileDigests, isCurrent, markCurrent, pipelineDigest } from "./compile.ts";
import { BuildError } from "./errors.ts";
import { withLock } from "./lock.ts";
import { buildRoot, ensureDirectory, forgetLostSources, packageRoot, rememberSource } from "./paths.ts";
import type { Progress } from "./progress.ts";
import { type ProgramSource, shownFile, tracePath } from "./sources.ts";
import { findWasm2c, wasm2cVersion, which } from "./toolchain.ts";
import { instrument } from "./wasm-c.ts";
import { readDisassembly } from "./wasm-code.ts";

const require = createRequire(import.meta.url);

/** How `import ... from "mirage/framecode"` looks to asc: a package of its library path. */
const framecodePrefix = "~lib/mirage/framecode";

export interface FrameModule {
  /** A C identifier, different for each module of a program. */
  readonly name: string;
  /** Instrumented C; its header lies beside it. */
  readonly source: string;
  readonly wasm: string;
  /** Full paths of all files read. */
  readonly inputs: readonly string[];
}

interface Diagnostic {
  readonly code: number;
  readonly category: number;
  readonly message: string;
  readonly range: {
    readonly start: number;
    readonly source: { readonly normalizedPath: string };
  } | null;
}

interface Compiler {
  main(
    args: readonly string[],
    options: {
      readonly stderr: { write(text: string | Uint8Array): void };
      readonly stdout: { write(text: string | Uint8Array): void };
      readonly readFile: (name: string, base: string) => string | null;
      readonly writeFile: (name: string, content: string | Uint8Array, base: string) => void;
      readonly listFiles: () => string[];
      readonly reportDiagnostic: (diagnostic: Diagnostic) => void;
    },
  ): Promise<{ error: Error | null }>;
}

/** asc's category of diagnostics that stop the compiler. */
const errorCategory = 3;

/** The real file behind a path that asc asks for. */
function realPath(name: string, base: string): string {
  const path = resolve(base, name);
  const own = /\/node_modules\/mirage\/framecode(?:\/(.*))?$/.exec(path);
  if (own !== null) {
    return join(packageRoot, "src/framecode", own[1] ?? "");
  }
  return path;
}

/** The real file behind a source of asc's messages and maps. */
function sourceFile(source: string, base: string): string | undefined {
  if (source.startsWith(`${framecodePrefix}/`)) {
    return join(packageRoot, "src/framecode", source.slice(framecodePrefix.length + 1));
  }
  return source.startsWith("~lib/") ? undefined : resolve(base, source);
}

function formatDiagnostic(diagnostic: Diagnostic, base: string): string {
  // asc uses TypeScript's numbers for what TypeScript has a number for.
  const text = `error ${diagnostic.code < 1000 ? "AS" : "TS"}${diagnostic.code}: ${diagnostic.message}`;
  if (diagnostic.range === null) {
    return text;
  }
  const { source, start } = diagnostic.range;
  const file = sourceFile(source.normalizedPath, base);
  if (file === undefined) {
    return `${source.normalizedPath}: ${text}`;
  }
  const before = readFileSync(file, "utf8").slice(0, start).split("\n");
  const column = (before.at(-1) ?? "").length + 1;
  return `${shownFile(file)}(${before.length},${column}): ${text}`;
}

interface CompiledWasm {
  readonly wasm: Uint8Array;
  readonly map: string;
  readonly inputs: readonly string[];
}

/**
 * Compiles one file of frame code, with what it imports, to Wasm.
 *
 * @throws BuildError with file, line and column of each error.
 */
export async function compileFrameCode(file: string): Promise<CompiledWasm> {
  const asc = (await import("assemblyscript/asc")) as unknown as Compiler;
  const base = dirname(file);
  const inputs = new Set<string>();
  const outputs = new Map<string, string | Uint8Array>();
  const diagnostics: string[] = [];
  let messages = "";
  const collect = {
    write(text: string | Uint8Array) {
      messages += typeof text === "string" ? text : Buffer.from(text).toString("utf8");
    },
  };
  const { error } = await asc.main(
    [
      basename(file),
      "-O3",
      "--runtime",
      "stub",
      "--debug",
      "--sourceMap",
      "--baseDir",
      base,
      "-o",
      "out.wasm",
    ],
    {
      stdout: collect,
      stderr: collect,
      readFile(name, from) {
        const path = realPath(name, from);
        if (!existsSync(path)) {
          return null;
        }
        inputs.add(path);
        return readFileSync(path, "utf8");
      },
      writeFile(name, content) {
        outputs.set(name, content);
      },
      listFiles: () => [],
      reportDiagnostic(diagnostic) {
        if (diagnostic.category === errorCategory) {
          diagnostics.push(formatDiagnostic(diagnostic, base));
        }
      },
    },
  );
  if (error !== null) {
    throw new BuildError(
      diagnostics.length > 0 ? diagnostics.join("\n") : `${shownFile(file)}: ${messages.trim()}`,
    );
  }
  const wasm = outputs.get("out.wasm");
  const map = outputs.get("out.wasm.map");
  if (!(wasm instanceof Uint8Array) || map === undefined) {
    throw new BuildError(`${shownFile(file)}: asc wrote no Wasm.\n${messages}`);
  }
  return {
    wasm,
    map: typeof map === "string" ? map : Buffer.from(map).toString("utf8"),
    inputs: [...inputs],
  };
}

/** A C identifier for a file: "src/udp-filter.frame.ts" -> "udp_filter". wasm2c escapes Z, so there is none. */
function moduleName(file: string, taken: ReadonlySet<string>): string {
  const base = basename(file, ".frame.ts")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^(\d|$)/, "m$1")
    .replaceAll("z", "s");
  let name = base;
  for (let n = 2; taken.has(name); n++) {
    name = `${base}_${n}`;
  }
  return name;
}

function ascVersion(): string {
  return (require("assemblyscript/package.json") as { version: string }).version;
}

/** Frame code of our own is the same for all programs, and takes longest to compile: it is kept once. */
function isShared(file: string): boolean {
  return file.startsWith(`${packageRoot}/src/`);
}

async function compileModule(
  file: string,
  name: string,
  program: ProgramSource,
  progress: Progress,
): Promise<FrameModule> {
  const shown = tracePath(file, program);
  const directory = ensureDirectory(
    join(buildRoot(), "frame", digest(file, isShared(file) ? "" : program.directory, name).slice(0, 16)),
  );
  return withLock(directory, () => compileInto(directory, file, name, shown, program, progress));
}

async function compileInto(
  directory: string,
  file: string,
  name: string,
  shown: string,
  program: ProgramSource,
  progress: Progress,
): Promise<FrameModule> {
  const source = join(directory, `${name}.c`);
  const wasm = join(directory, `${name}.wasm`);
  const command = digest("frame", ascVersion(), wasm2cVersion, pipelineDigest(), name);
  const digests = new FileDigests();
  const inputsFile = join(directory, "inputs.json");
  if (isCurrent(source, command, digests) && existsSync(inputsFile)) {
    return { name, source, wasm, inputs: JSON.parse(readFileSync(inputsFile, "utf8")) as string[] };
  }
  const wasm2c = findWasm2c();
  const objdump = which(join(dirname(wasm2c), "wasm-objdump"));
  if (objdump === undefined) {
    throw new BuildError(`no wasm-objdump beside ${wasm2c}.\n  apt-get install wabt`);
  }
  forgetLostSources(dirname(directory));
  rememberSource(directory, file);
  progress.expect(1);
  progress.step(`asc ${shown}`);
  const compiled = await compileFrameCode(file);
  writeFileSync(wasm, compiled.wasm);
  const raw = join(directory, `${name}.wasm2c.c`);
  const rawHeader = join(directory, `${name}.wasm2c.h`);
  await run(wasm2c, ["-n", name, wasm, "-o", raw]);
  const disassembly = await run(objdump, ["-d", wasm]);
  const base = dirname(file);
  const header = readFileSync(rawHeader, "utf8");
  const result = instrument(readFileSync(raw, "utf8"), header, readDisassembly(disassembly, compiled.map), {
    module: name,
    file: shown,
    stack: file === join(packageRoot, "src/stack/stack.frame.ts"),
    sourceName(one) {
      const real = sourceFile(one, base);
      return real === undefined ? one : tracePath(real, program);
    },
  });
  writeFileSync(join(directory, `${name}.h`), result.header);
  writeFileSync(inputsFile, JSON.stringify(compiled.inputs));
  writeFileSync(source, result.code);
  markCurrent(source, command, compiled.inputs, new FileDigests());
  return { name, source, wasm, inputs: compiled.inputs };
}

/** Compiles the frame code of a program; modules keep the order of `files`. */
export async function compileFrameModules(
  files: readonly string[],
  program: ProgramSource,
  progress: Progress,
): Promise<FrameModule[]> {
  const modules: FrameModule[] = [];
  const names = new Set<string>();
  for (const file of files) {
    const name = moduleName(file, names);
    names.add(name);
    modules.push(await compileModule(file, name, program, progress));
  }
  return modules;
}

/** Include path for the generated C of a module. */
export function frameFlags(module: FrameModule): string[] {
  return ["-Iruntime/wasm", `-I${dirname(module.source)}`, "-w"];
}
