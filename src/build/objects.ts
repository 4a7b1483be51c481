/**
 * Compiles the C below every program: the float-free objects that all targets share (`libmirage.a`), the Unix platform
 * (`libplatform-unix.a`) and the build tool `mirage-bytecode`.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { run } from "./command.ts";
import {
  type CompileJob,
  compileAll,
  digest,
  FileDigests,
  isCurrent,
  markCurrent,
  shownPath,
} from "./compile.ts";
import { BuildError } from "./errors.ts";
import { withLock } from "./lock.ts";
import { buildRoot, ensureDirectory, packageRoot } from "./paths.ts";
import type { Progress } from "./progress.ts";
import { findClang, findDuktape, findLlvmTool } from "./toolchain.ts";

/**
 * `nofloat`: what ships. `hardfloat`: the same C with SSE doubles, to compare with. `noprobes`: without probes, for what
 * those that are off cost. `asan`: the float-free code under AddressSanitizer and UndefinedBehaviorSanitizer.
 */
export const variants = ["nofloat", "hardfloat", "noprobes", "asan"] as const;
export type Variant = (typeof variants)[number];

/** See "One set of objects" in docs/design.md. */
const commonFlags = [
  "-O2",
  "-g",
  "-std=gnu11",
  "-ffreestanding",
  "-nostdlibinc",
  "-fPIC",
  "-mno-red-zone",
  "-fno-omit-frame-pointer",
  // A tracer's stack() shows every caller, and a function that was entered is seen to return.
  "-fno-optimize-sibling-calls",
  "-fno-strict-aliasing",
  "-fwrapv",
  "-fno-asynchronous-unwind-tables",
  "-fno-stack-protector",
  "-ffp-contract=off",
  "-Wall",
  "-Wextra",
  "-Wno-unused-parameter",
];

const noFloatFlags = ["-msoft-float", "-mno-sse", "-mno-mmx", "-mno-80387"];

const sanitizerFlags = [
  "-fsanitize=address,undefined",
  // The engine converts doubles to integers and back to see whether they fit, and -fwrapv defines signed overflow.
  "-fno-sanitize=float-cast-overflow,float-divide-by-zero,signed-integer-overflow,function,alignment",
  "-fno-sanitize-recover=undefined",
];

function targetFlags(variant: Variant): string[] {
  switch (variant) {
    case "nofloat":
      return ["--target=x86_64-unknown-none-elf", ...noFloatFlags];
    case "hardfloat":
      return ["--target=x86_64-unknown-none-elf"];
    case "noprobes":
      return ["--target=x86_64-unknown-none-elf", ...noFloatFlags, "-DMIRAGE_NO_PROBES"];
    case "asan":
      // The bare target has no sanitizers; the ABI of the two is the same.
      return ["--target=x86_64-linux-gnu", ...noFloatFlags, ...sanitizerFlags, "-DMIRAGE_ASAN"];
  }
}

/** Flags for the C that all targets share, and for a program's own generated C. Paths are from the package root. */
export function sharedFlags(variant: Variant): string[] {
  return [
    ...targetFlags(variant),
    ...commonFlags,
    `-ffile-prefix-map=${packageRoot}=.`,
    "-include",
    "mirage/hidden.h",
    "-Istdlib-nofloat/include",
    "-Iruntime/include",
    "-Iruntime",
    "-Iruntime/engine",
    `-I${findDuktape()}`,
  ];
}

/** Flags for the hosted C of the Unix platform and of build tools. */
export function hostedFlags(variant: Variant): string[] {
  return [
    "-O2",
    "-g",
    "-std=gnu11",
    "-D_GNU_SOURCE",
    "-fno-omit-frame-pointer",
    "-Wall",
    "-Wextra",
    "-Wno-unused-parameter",
    ...(variant === "asan" ? [...sanitizerFlags, "-DMIRAGE_ASAN"] : []),
    ...(variant === "noprobes" ? ["-DMIRAGE_NO_PROBES"] : []),
    "-Iruntime/include",
    "-Iruntime",
  ];
}

/** Flags for linking an executable. */
export function linkFlags(variant: Variant): string[] {
  return variant === "asan" ? ["-fsanitize=address,undefined"] : [];
}

/** C and assembler files in a folder, in a fixed order. */
export function sourcesBelow(directory: string, recursive: boolean): string[] {
  if (!existsSync(directory)) {
    return [];
  }
  return readdirSync(directory, { recursive, encoding: "utf8" })
    .filter((name) => /\.[cS]$/.test(name))
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).isFile())
    .sort();
}

/** A program of its own, not a part of the library. */
function isTool(file: string): boolean {
  return /_tool\.c$/.test(basename(file));
}

/** Sources of the shared objects: full paths, in a fixed order. */
export function sharedSources(): string[] {
  const runtime = join(packageRoot, "runtime");
  const own = [
    ...sourcesBelow(join(packageRoot, "stdlib-nofloat"), true),
    ...sourcesBelow(runtime, false),
    ...sourcesBelow(join(runtime, "engine"), false),
    ...sourcesBelow(join(runtime, "frame"), false),
    ...sourcesBelow(join(runtime, "wasm"), false),
  ].filter((file) => !isTool(file));
  // The engine may be compiled through a file of ours that includes it.
  const wrapped = own.some((file) => /^#include [<"]duktape\.c[>"]/m.test(readFileSync(file, "utf8")));
  return wrapped ? own : [...own, join(findDuktape(), "duktape.c")];
}

/** Folder of a variant's products. */
export function variantDirectory(variant: Variant): string {
  return join(buildRoot(), variant);
}

function objectOf(variant: Variant, source: string): string {
  const name = relative(packageRoot, source);
  const inside = name.startsWith("..") ? join("third-party", basename(source)) : name;
  return join(variantDirectory(variant), "obj", `${inside.replace(/\.[cS]$/, "")}.o`);
}

function jobsFor(variant: Variant, sources: readonly string[], flags: readonly string[]): CompileJob[] {
  return sources.map((source) => ({
    source,
    object: objectOf(variant, source),
    // Warnings in code that is not ours help nobody here.
    flags: source.startsWith(packageRoot) && !/duktape/.test(basename(source)) ? flags : [...flags, "-w"],
  }));
}

async function archive(
  file: string,
  objects: readonly string[],
  progress: Progress,
  digests: FileDigests,
): Promise<void> {
  const command = digest("archive", ...objects);
  if (isCurrent(file, command, digests)) {
    return;
  }
  progress.expect(1);
  progress.step(`ar ${shownPath(file)}`);
  const ar = findLlvmTool("llvm-ar", "ar");
  if (ar === undefined) {
    throw new BuildError("no llvm-ar or ar found.\n  apt-get install llvm-19");
  }
  rmSync(file, { force: true });
  await run(ar, ["rcsD", file, ...objects]);
  markCurrent(file, command, objects, digests);
}

/** Can programs run as processes of this machine? The platform for that uses Linux's own interfaces. */
export function hasUnixTarget(): boolean {
  return process.platform === "linux";
}

/** What {@link buildObjects} leaves. */
export interface Objects {
  readonly variant: Variant;
  /** The shared objects in one archive. */
  readonly library: string;
  /** The Unix platform with the executable's `main`. */
  readonly platform: string;
  /** Each shared object, for gates that disassemble them. */
  readonly objects: readonly string[];
  /** Digest of everything in them. */
  readonly digest: string;
}

/**
 * Brings a variant's objects and archives up to date.
 *
 * @throws BuildError with the compiler's messages.
 */
export async function buildObjects(variant: Variant, progress: Progress): Promise<Objects> {
  const directory = ensureDirectory(variantDirectory(variant));
  return withLock(directory, async () => {
    const digests = new FileDigests();
    const shared = jobsFor(variant, sharedSources(), sharedFlags(variant));
    // Elsewhere programs are built for kernels only.
    const platformSources = hasUnixTarget()
      ? sourcesBelow(join(packageRoot, "runtime/unix"), false).filter((file) => !isTool(file))
      : [];
    const platformJobs = jobsFor(variant, platformSources, hostedFlags(variant));
    const label = variant === "nofloat" ? "cc" : `cc (${variant})`;
    await compileAll([...shared, ...platformJobs], label, progress, digests);

    // Objects are new now, so their digests are taken afresh.
    const made = new FileDigests();
    const library = join(directory, "libmirage.a");
    const platform = join(directory, "libplatform-unix.a");
    const objects = shared.map((job) => job.object);
    await archive(library, objects, progress, made);
    if (platformJobs.length > 0) {
      await archive(
        platform,
        platformJobs.map((job) => job.object),
        progress,
        made,
      );
    }
    const all = [...objects, ...platformJobs.map((job) => job.object)];
    return { variant, library, platform, objects, digest: digest(...all.map((file) => made.of(file))) };
  });
}

export interface BytecodeTool {
  readonly path: string;
  readonly digest: string;
  /** What the engine that runs the bytecode must be. */
  readonly engineId: string;
}

/** Sources of the bytecode compiler: its `main`, and the platform that it runs on. */
const bytecodeToolSources = [
  "runtime/engine/bytecode_tool.c",
  "runtime/memory/memory_platform.c",
  "runtime/memory/memory_probes.c",
];

/**
 * Links `mirage-bytecode`: the engine as a build tool.
 *
 * @returns its path.
 */
export async function buildBytecodeTool(progress: Progress, objects: Objects): Promise<BytecodeTool> {
  const tools = ensureDirectory(join(buildRoot(), "tools"));
  return withLock(tools, async () => {
    const digests = new FileDigests();
    const missing = bytecodeToolSources.find((source) => !existsSync(join(packageRoot, source)));
    if (missing !== undefined) {
      throw new BuildError(`${missing} is missing: the package is incomplete.`);
    }
    const output = join(tools, "mirage-bytecode");
    const jobs = bytecodeToolSources.map(
      (source): CompileJob => ({
        source: join(packageRoot, source),
        object: join(tools, "obj", `${basename(source, ".c")}.o`),
        flags: [
          ...hostedFlags(objects.variant),
          "-Iruntime/engine",
          "-Iruntime/memory",
          `-I${findDuktape()}`,
        ],
      }),
    );
    await compileAll(jobs, "cc", progress, digests);
    const inputs = [...jobs.map((job) => job.object), objects.library];
    const command = digest("link", findClang().version);
    const linked = new FileDigests();
    if (!isCurrent(output, command, linked)) {
      progress.expect(1);
      progress.step(`link ${shownPath(output)}`);
      const temporary = `${output}.${process.pid}.tmp`;
      await run(findClang().path, [...linkFlags(objects.variant), "-o", temporary, ...inputs]);
      rmSync(output, { force: true });
      renameSync(temporary, output);
      markCurrent(output, command, inputs, linked);
    }
    const idFile = `${output}.engine-id`;
    if (!isCurrent(idFile, "engine-id", linked)) {
      writeFileSync(idFile, await run(output, ["--engine-id"]));
      markCurrent(idFile, "engine-id", [output], new FileDigests());
    }
    return { path: output, digest: linked.of(output), engineId: readFileSync(idFile, "utf8").trim() };
  });
}
