/**
 * Builds a program: everything from its TypeScript to one stand-alone executable or kernel module, with a cache in
 * front.
 *
 * @module
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { run } from "./command.ts";
import { compileAll, digest, FileDigests, isCurrent, markCurrent, pipelineDigest } from "./compile.ts";
import { BuildError, UsageError } from "./errors.ts";
import type { BuiltParts } from "./kfreebsd-dist.ts";
import { withLock } from "./lock.ts";
import {
  buildBytecodeTool,
  buildObjects,
  linkFlags,
  type Objects,
  sharedFlags,
  type Variant,
} from "./objects.ts";
import { buildRoot, ensureDirectory, forgetLostSources, rememberSource } from "./paths.ts";
import { programC } from "./program-c.ts";
import { type Progress, seconds } from "./progress.ts";
import type { ProgramSource } from "./sources.ts";
import type { Target } from "./target.ts";
import { findClang } from "./toolchain.ts";

export interface BuildOptions {
  readonly progress: Progress;
  readonly variant?: Variant;
  /** What the program is linked into; an executable for this machine if there is nothing here. */
  readonly target?: Target | undefined;
}

export interface BuiltProgram {
  /** Full path of the executable, or module, in the cache. */
  readonly executable: string;
  /** True if nothing had to be done. */
  readonly cached: boolean;
  readonly bytes: number;
  /** Milliseconds by stage, in order. */
  readonly costs: Readonly<Record<string, number>>;
}

/** Measures the stages of a build. */
class Costs {
  readonly stages: Record<string, number> = {};

  async measure<T>(stage: string, work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.stages[stage] = (this.stages[stage] ?? 0) + performance.now() - start;
    }
  }
}

/** What the pipeline itself is made of: a changed Mirage builds anew. */
function pipelineKey(tool: { readonly digest: string }, variant: Variant): string {
  return digest("program", pipelineDigest(), tool.digest, variant, findClang().version);
}

async function makeBytecode(
  source: ProgramSource,
  directory: string,
  tool: string,
  options: BuildOptions,
  costs: Costs,
): Promise<{ frameFiles: readonly string[]; inputs: string[] }> {
  // TypeScript, esbuild and swc are large: a build that is up to date never loads them.
  const { progress } = options;
  progress.expect(3);
  progress.step(`tsc ${source.name}`);
  const checked = await costs.measure("type check", async () =>
    (await import("./typecheck.ts")).typecheck(source),
  );
  progress.step(`bundle ${source.name}`);
  const bundle = await costs.measure("bundle", async () =>
    (await import("./bundle.ts")).bundleProgram(source),
  );
  const lowered = await costs.measure("lower", async () =>
    (await import("./lower.ts")).lowerProgram(bundle, source.main),
  );
  progress.step(`bytecode ${source.name}`);
  const { compileBytecode } = await import("./bytecode.ts");
  await costs.measure("bytecode", () => compileBytecode(tool, lowered, source, directory));
  return {
    frameFiles: bundle.frameFiles,
    // Generated and virtual files have no content of their own on disk.
    inputs: [...checked, ...bundle.inputs, ...lowered.inputs].filter((file) => existsSync(file)),
  };
}

async function linkExecutable(
  executable: string,
  objects: readonly string[],
  runtime: Objects,
): Promise<void> {
  const temporary = `${executable}.${process.pid}.tmp`;
  await run(findClang().path, [
    ...linkFlags(runtime.variant),
    "-o",
    temporary,
    ...objects,
    "-Wl,--start-group",
    runtime.library,
    runtime.platform,
    "-Wl,--end-group",
    ...(runtime.variant === "asan" ? [] : ["-Wl,--gc-sections", "-Wl,--strip-debug"]),
  ]);
  renameSync(temporary, executable);
}

/** The target `unix`. */
const unix: Target = {
  name: "unix",
  key: "unix",
  place: "",
  product: "program",
  mode: 0o755,
  fileName: (program) => program,
  link: linkExecutable,
};

/** In a folder of products: what {@link builtParts} returns. */
const partsFile = "parts.json";

/** What a program was linked of. */
export function builtParts(built: BuiltProgram): BuiltParts {
  return JSON.parse(readFileSync(join(dirname(built.executable), partsFile), "utf8")) as BuiltParts;
}

async function makeProgram(
  source: ProgramSource,
  directory: string,
  target: Target,
  runtime: Objects,
  tool: { readonly path: string; readonly engineId: string },
  options: BuildOptions,
  costs: Costs,
): Promise<Set<string>> {
  const { progress } = options;
  const made = await makeBytecode(source, directory, tool.path, options, costs);
  const { compileFrameModules, frameFlags } = await import("./frame-code.ts");
  const modules = await costs.measure("frame code", () =>
    compileFrameModules(made.frameFiles, source, progress),
  );
  const inputs = new Set([...made.inputs, ...modules.flatMap((one) => one.inputs)]);
  const digests = new FileDigests();
  const buildId = digest(...[...inputs].sort().map((file) => digests.of(file)), runtime.digest).slice(0, 32);
  const bytecodeFile = join(directory, "program.bin");
  const programFile = join(directory, "program.c");
  const parts: BuiltParts = {
    program: {
      name: source.name,
      buildId,
      bytecodeFile,
      bytecodeLength: statSync(bytecodeFile).size,
      engineId: tool.engineId,
      modules: modules.map((one) => one.name),
    },
    frameCode: modules.map((one) => one.source),
  };
  writeFileSync(join(directory, partsFile), JSON.stringify(parts));
  writeFileSync(programFile, programC(parts.program));
  const flags = sharedFlags(runtime.variant);
  const programObject = join(directory, "program.o");
  // The compiler does not tell of the file that the assembler includes.
  rmSync(programObject, { force: true });
  const jobs = [
    { source: programFile, object: programObject, flags },
    ...modules.map((one) => ({
      source: one.source,
      object: join(dirname(one.source), runtime.variant, `${one.name}.o`),
      flags: [...flags, ...frameFlags(one)],
    })),
  ];
  // Other programs may be compiling the same frame code.
  let compile = () => compileAll(jobs, "cc", progress, new FileDigests());
  for (const one of modules) {
    const inner = compile;
    compile = () => withLock(dirname(one.source), inner);
  }
  await costs.measure("compile", compile);
  const objects = jobs.map((job) => job.object);
  progress.expect(1);
  progress.step("link");
  await costs.measure("link", () => target.link(join(directory, target.product), objects, runtime));
  return inputs;
}

/** Where a program's products are kept. */
export function programDirectory(source: ProgramSource, variant: Variant, target = unix): string {
  const name = digest(source.main, variant, ...(target === unix ? [] : [target.place])).slice(0, 12);
  return join(buildRoot(), "programs", `${source.name}-${name}`);
}

/**
 * Builds a program, or finds it built.
 *
 * @throws BuildError with everything that is wrong with the program, as the user should read it.
 */
export async function buildProgram(source: ProgramSource, options: BuildOptions): Promise<BuiltProgram> {
  const variant = options.variant ?? "nofloat";
  const target = options.target ?? unix;
  const costs = new Costs();
  const runtime = await costs.measure("runtime", () => buildObjects(variant, options.progress));
  const toolRuntime = variant === "nofloat" ? runtime : await buildObjects("nofloat", options.progress);
  const tool = await costs.measure("runtime", () => buildBytecodeTool(options.progress, toolRuntime));
  const directory = ensureDirectory(programDirectory(source, variant, target));
  const executable = join(directory, target.product);
  return withLock(directory, async () => {
    const key = digest(pipelineKey(tool, variant), runtime.digest, target.key);
    const cached = await costs.measure("cache", () => isCurrent(executable, key, new FileDigests()));
    if (!cached) {
      forgetLostSources(dirname(directory));
      rememberSource(directory, source.main);
      rmSync(`${executable}.stamp`, { force: true });
      const inputs = await makeProgram(source, directory, target, runtime, tool, options, costs);
      inputs.add(join(source.directory, "tsconfig.json"));
      inputs.add(join(source.directory, "package.json"));
      markCurrent(executable, key, inputs, new FileDigests());
    }
    return { executable, cached, bytes: statSync(executable).size, costs: costs.stages };
  });
}

function outputDirectory(directory: string): string {
  try {
    return ensureDirectory(resolve(directory));
  } catch (error) {
    throw new UsageError(
      `the result cannot go to ${directory}: ${(error as Error).message}; -o DIR names another place.`,
    );
  }
}

/** Copies a built program to `directory`, under the program's name (a module: its own); the path of the copy. */
export function installProgram(
  source: ProgramSource,
  built: BuiltProgram,
  directory: string,
  kind = unix,
): string {
  const target = join(outputDirectory(directory), kind.fileName(source.name));
  if (existsSync(target) && statSync(target).isDirectory()) {
    throw new UsageError(`${target} is a folder, so the result cannot go there; -o DIR names another place.`);
  }
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    copyFileSync(built.executable, temporary);
    chmodSync(temporary, kind.mode);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new BuildError(`cannot write ${target}: ${(error as Error).message}`);
  }
  return target;
}

/** "type check 0.52 s, bundle 0.02 s, ..." */
export function describeCosts(costs: Readonly<Record<string, number>>): string {
  return Object.entries(costs)
    .filter(([, milliseconds]) => milliseconds >= 5)
    .map(([stage, milliseconds]) => `${stage} ${seconds(milliseconds)}`)
    .join(", ");
}
