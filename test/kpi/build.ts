/**
 * Builds what the tests of the kernel module run: the double of the kernel's interfaces, as a program and as a Node
 * addon, and modules for it, which are `kmod/` unchanged with a program and the shared objects. Prints the path of what
 * it built:
 *
 *     node dist/kpi-build.js addon
 *     node dist/kpi-build.js driver nofloat|asan
 *     node dist/kpi-build.js module nofloat|asan PROGRAM
 *     node dist/kpi-build.js broken nofloat|asan     a module that breaks rules
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "../../src/build/command.ts";
import {
  type CompileJob,
  compileAll,
  digest,
  FileDigests,
  isCurrent,
  markCurrent,
} from "../../src/build/compile.ts";
import { withLock } from "../../src/build/lock.ts";
import { type Objects, sourcesBelow, type Variant } from "../../src/build/objects.ts";
import { buildRoot, ensureDirectory, packageRoot as root } from "../../src/build/paths.ts";
import { buildProgram } from "../../src/build/program.ts";
import { silent } from "../../src/build/progress.ts";
import { findProgram } from "../../src/build/sources.ts";
import type { Target } from "../../src/build/target.ts";
import { findClang, findLlvmTool } from "../../src/build/toolchain.ts";

const here = join(root, "test/kpi");

/** `asan`: everything, the module too, under AddressSanitizer and UndefinedBehaviorSanitizer. */
type KpiVariant = Extract<Variant, "nofloat" | "asan">;

function sanitizers(variant: KpiVariant): string[] {
  return variant === "asan" ? ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"] : [];
}

const common = [
  "-O1",
  "-g",
  "-std=gnu11",
  "-fPIC",
  "-fwrapv",
  "-fno-strict-aliasing",
  "-fno-common",
  "-fno-omit-frame-pointer",
  "-Wall",
  "-Wextra",
  "-Wno-unused-parameter",
];

/** The module's own C is compiled as for a kernel, where headers are concerned, and what the compiler warns of stops it. */
const moduleFlags = [
  ...common,
  "-ffreestanding",
  "-D_KERNEL",
  "-DKLD_MODULE",
  "-DKDTRACE_HOOKS",
  "-nostdinc",
  "-Werror",
  "-Itest/kpi/include",
  "-Ikmod/include",
  "-Iruntime/include",
];

const insideFlags = [
  ...common,
  "-ffreestanding",
  "-D_KERNEL",
  "-DKPI_INSIDE",
  "-nostdlibinc",
  "-Werror",
  "-Wno-missing-field-initializers",
  "-Itest/kpi/include",
];

const hostFlags = [...common, "-D_GNU_SOURCE", "-Werror", "-Itest/kpi/src"];

function folder(variant: KpiVariant): string {
  return ensureDirectory(join(buildRoot(), "kpi", variant));
}

function job(variant: KpiVariant, part: string, source: string, flags: readonly string[]): CompileJob {
  return {
    source,
    object: join(folder(variant), part, `${basename(source, ".c")}.o`),
    flags: [...flags, ...sanitizers(variant)],
  };
}

/** Brings a file up to date by a command, if what it is made of has changed. */
async function make(
  output: string,
  inputs: readonly string[],
  tool: string,
  args: readonly string[],
): Promise<void> {
  const digests = new FileDigests();
  const key = digest(tool, findClang().version, ...args);
  if (isCurrent(output, key, digests)) {
    return;
  }
  const temporary = `${output}.${process.pid}.tmp`;
  await run(
    tool,
    args.map((arg) => (arg === output ? temporary : arg)),
  );
  renameSync(temporary, output);
  markCurrent(output, key, inputs, digests);
}

/** The double as an archive. */
async function buildLibrary(variant: KpiVariant): Promise<string> {
  const jobs = sourcesBelow(join(here, "src"), false)
    .filter((source) => basename(source) !== "sets.c")
    .map((source) => job(variant, "double", source, basename(source) === "host.c" ? hostFlags : insideFlags));
  await compileAll(jobs, "cc", silent, new FileDigests());
  const library = join(folder(variant), "libkpi.a");
  const objects = jobs.map((one) => one.object);
  const ar = findLlvmTool("llvm-ar", "ar") ?? "ar";
  await make(library, objects, ar, ["rcsD", library, ...objects]);
  return library;
}

/** The double as a program that reads commands: its path. */
function buildDriver(variant: KpiVariant): Promise<string> {
  return withLock(folder(variant), async () => {
    const library = await buildLibrary(variant);
    const main = job(variant, "driver", join(here, "driver.c"), hostFlags);
    await compileAll([main], "cc", silent, new FileDigests());
    const output = join(folder(variant), "kernel");
    await make(output, [library, main.object], findClang().path, [
      ...sanitizers(variant),
      "-rdynamic",
      "-o",
      output,
      main.object,
      "-Wl,--whole-archive",
      library,
      "-Wl,--no-whole-archive",
      "-lpthread",
      "-ldl",
    ]);
    return output;
  });
}

/** The double as a Node addon: its path. */
function buildAddon(): Promise<string> {
  return withLock(folder("nofloat"), async () => {
    const library = await buildLibrary("nofloat");
    const product = join(here, "addon/build/Release/kpi.node");
    const inputs = [
      library,
      join(here, "addon/addon.c"),
      join(here, "addon/binding.gyp"),
      join(here, "src/api.h"),
    ];
    const digests = new FileDigests();
    const key = digest("kpi.node", process.version);
    if (!isCurrent(product, key, digests)) {
      rmSync(join(here, "addon/build"), { recursive: true, force: true });
      const gyp = join(root, "node_modules/node-gyp/bin/node-gyp.js");
      const options = { cwd: join(here, "addon"), stdio: "pipe" } as const;
      // As for the addon of the runtime: what node-gyp would fetch is not needed.
      const configure = [
        "configure",
        `--nodedir=${join(root, "runtime/addon/node")}`,
        "--",
        `-Dkpi_library=${library}`,
      ];
      execFileSync(process.execPath, [gyp, ...configure], options);
      execFileSync(process.execPath, [gyp, "build"], options);
      markCurrent(product, key, inputs, digests);
    }
    return product;
  });
}

/** `kmod/` for the double, as a target of the build of programs. */
async function kpiTarget(variant: KpiVariant): Promise<Target> {
  const jobs = [
    ...sourcesBelow(join(root, "kmod"), false).map((source) => job(variant, "kmod", source, moduleFlags)),
    job(variant, "kmod", join(here, "src/sets.c"), [...moduleFlags, "-Itest/kpi/src"]),
  ];
  await withLock(folder(variant), () => compileAll(jobs, "cc", silent, new FileDigests()));
  const digests = new FileDigests();
  const platform = jobs.map((one) => one.object);
  return {
    name: "kpi",
    key: digest("kpi", findClang().version, ...platform.map((file) => digests.of(file))),
    place: "kpi",
    product: "mirage.so",
    mode: 0o644,
    fileName: () => "mirage.so",
    link: async (output: string, objects: readonly string[], runtime: Objects) => {
      const temporary = `${output}.${process.pid}.tmp`;
      await run(findClang().path, [
        ...sanitizers(variant),
        "-shared",
        "-Wl,-z,now",
        "-o",
        temporary,
        ...platform,
        ...objects,
        "-Wl,--start-group",
        runtime.library,
        "-Wl,--end-group",
      ]);
      renameSync(temporary, output);
    },
  };
}

/** Builds a program as a module for the double: the module's path. */
async function buildModule(program: string, variant: KpiVariant): Promise<string> {
  const source = findProgram(program);
  const target = await kpiTarget(variant);
  return (await buildProgram(source, { progress: silent, variant, target })).executable;
}

/** The module of `rules/`: its path. */
function buildBroken(variant: KpiVariant): Promise<string> {
  return withLock(folder(variant), async () => {
    const jobs = [
      job(variant, "rules", join(here, "rules/broken.c"), moduleFlags),
      job(variant, "rules", join(here, "src/sets.c"), [...moduleFlags, "-Itest/kpi/src"]),
    ];
    await compileAll(jobs, "cc", silent, new FileDigests());
    const output = join(folder(variant), "broken.so");
    const objects = jobs.map((one) => one.object);
    await make(output, objects, findClang().path, [
      ...sanitizers(variant),
      "-shared",
      "-o",
      output,
      ...objects,
    ]);
    return output;
  });
}

const [what, variant, program] = process.argv.slice(2);
if (what !== "addon" && variant !== "nofloat" && variant !== "asan") {
  throw new Error(`no variant ${variant}`);
}
try {
  const built =
    what === "addon"
      ? buildAddon()
      : what === "driver"
        ? buildDriver(variant as KpiVariant)
        : what === "broken"
          ? buildBroken(variant as KpiVariant)
          : buildModule(program ?? "", variant as KpiVariant);
  process.stdout.write(`${await built}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
