/**
 * The target `kfreebsd`: links a program with the FreeBSD platform (`kmod/`) into `mirage.ko`.
 *
 * @module
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { run } from "./command.ts";
import { compileAll, digest, FileDigests } from "./compile.ts";
import { BuildError, UsageError } from "./errors.ts";
import { pltToPc32 } from "./kfreebsd-relocations.ts";
import { withLock } from "./lock.ts";
import { type Objects, sourcesBelow } from "./objects.ts";
import { buildRoot, ensureDirectory, packageRoot } from "./paths.ts";
import type { Progress } from "./progress.ts";
import type { Target } from "./target.ts";
import { findClang, findLlvmTool } from "./toolchain.ts";

/** Where the kernel's headers are, and which kernel they belong to. */
export interface KernelSources {
  /** Full path of the `sys` tree. */
  readonly sysdir: string;
  /** A kernel's build folder, whose `opt_*.h` say what that kernel has; without it: what GENERIC has. */
  readonly builddir: string | undefined;
  /** `__FreeBSD_version`. */
  readonly version: number;
}

/** Oldest kernel that the module is compiled for. */
const oldestVersion = 1004000;

/** @throws UsageError if this is no `sys` tree, or one of a version that we do not know. */
export function kernelSources(sysdir: string, builddir: string | undefined): KernelSources {
  const header = join(sysdir, "sys/param.h");
  let text: string;
  try {
    text = readFileSync(header, "utf8");
  } catch {
    throw new UsageError(
      `no kernel source in ${sysdir}: it has no sys/param.h. --sysdir names the folder "sys" of FreeBSD's source.`,
    );
  }
  const version = Number(/^#define\s+__FreeBSD_version\s+(\d+)/m.exec(text)?.[1] ?? "0");
  if (version < oldestVersion) {
    throw new UsageError(
      `${sysdir}: __FreeBSD_version is ${version}; Mirage knows kernels from ${oldestVersion} on.`,
    );
  }
  if (builddir !== undefined && !existsSync(join(builddir, "opt_global.h"))) {
    throw new UsageError(
      `KERNBUILDDIR=${builddir}: no opt_global.h in it. It is the folder that a kernel was compiled in.`,
    );
  }
  return { sysdir: resolve(sysdir), builddir: builddir && resolve(builddir), version };
}

/** `opt_global.h` of a GENERIC kernel: the options that change what headers declare. */
function genericOptions(version: number): string {
  const options = version >= 1200000 ? ["SMP", "MAC", "VIMAGE", "KDTRACE_HOOKS"] : ["SMP", "KDTRACE_HOOKS"];
  return options.map((name) => `#define ${name} 1\n`).join("");
}

/** As the kernel's own makefiles compile modules for amd64, and without x87. */
const kernelFlags = [
  "--target=x86_64-unknown-freebsd",
  "-O2",
  "-g",
  "-std=gnu11",
  "-D_KERNEL",
  "-DKLD_MODULE",
  "-nostdinc",
  "-mcmodel=kernel",
  "-mno-red-zone",
  "-msoft-float",
  "-mno-sse",
  "-mno-mmx",
  "-mno-avx",
  "-mno-aes",
  "-mno-80387",
  "-ffreestanding",
  "-fwrapv",
  "-fno-strict-aliasing",
  "-fno-common",
  "-fno-omit-frame-pointer",
  "-mno-omit-leaf-frame-pointer",
  "-fno-asynchronous-unwind-tables",
  "-fno-stack-protector",
  "-Wall",
  "-Wextra",
  "-Wno-unused-parameter",
  "-Werror",
];

/** Names by which headers include what lies elsewhere in the tree. */
const links = { machine: "amd64/include", x86: "x86/include", i386: "i386/include" };

function linkTo(target: string, name: string): void {
  if (lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(name) === target) {
    return;
  }
  rmSync(name, { recursive: true, force: true });
  symlinkSync(target, name);
}

/** Lays out what the compiler finds beside the tree itself; returns the flags that point to it. */
function headerFlags(sources: KernelSources, directory: string): string[] {
  const include = ensureDirectory(join(directory, "include"));
  for (const [name, folder] of Object.entries(links)) {
    if (existsSync(join(sources.sysdir, folder))) {
      linkTo(join(sources.sysdir, folder), join(include, name));
    }
  }
  const generic = join(include, "opt_global.h");
  const text = genericOptions(sources.version);
  if (sources.builddir !== undefined) {
    rmSync(generic, { force: true });
  } else if (!existsSync(generic) || readFileSync(generic, "utf8") !== text) {
    writeFileSync(generic, text);
  }
  const options =
    sources.builddir === undefined
      ? ["-include", generic]
      : [
          "-DHAVE_KERNEL_OPTION_HEADERS",
          "-include",
          join(sources.builddir, "opt_global.h"),
          "-isystem",
          sources.builddir,
        ];
  // As system headers, so that warnings are about our own code only.
  const folders = [
    include,
    sources.sysdir,
    join(sources.sysdir, "contrib/ck/include"),
    join(sources.sysdir, "contrib/altq"),
  ];
  return [
    "-Ikmod/include",
    "-Iruntime/include",
    ...folders.filter((folder) => existsSync(folder)).flatMap((folder) => ["-isystem", folder]),
    ...options,
  ];
}

/**
 * Text and read-only data end at a page, so that the kernel can protect each as a whole (14 and later). Notes of USDT
 * probes are for user processes; the rest says nothing to a kernel.
 */
const linkerScript = `SECTIONS
{
	.text : { *(.text .text.*) . = ALIGN(4096); }
	.rodata : { *(.rodata .rodata.*) . = ALIGN(4096); }
	/DISCARD/ : { *(.note.stapsdt) *(.stapsdt.base) *(.note.GNU-stack) *(.comment) *(.llvm_addrsig) }
}
`;

/** Sections in which the kernel's linker finds what the module is. */
const neededSections = ["set_modmetadata_set", "set_sysinit_set", "set_sysuninit_set"];

async function link(
  output: string,
  objects: readonly string[],
  library: string,
  script: string,
  sources: KernelSources,
): Promise<void> {
  const lld = findLlvmTool("ld.lld");
  const objcopy = findLlvmTool("llvm-objcopy");
  const readelf = findLlvmTool("llvm-readelf");
  if (lld === undefined || objcopy === undefined || readelf === undefined) {
    throw new BuildError(
      "no ld.lld, llvm-objcopy or llvm-readelf found: they link kernel modules.\n  apt-get install lld-19 llvm-19",
    );
  }
  const temporary = `${output}.${process.pid}.tmp`;
  try {
    await run(lld, [
      "-r",
      "-m",
      "elf_x86_64_fbsd",
      "-T",
      script,
      "-o",
      temporary,
      ...objects,
      "--start-group",
      library,
      "--end-group",
    ]);
    // No name is for other modules, but all stay, for stack() and fbt: none of them is called "-".
    await run(objcopy, ["--strip-debug", "--keep-global-symbol=-", temporary]);
    if (sources.version < 1200000) {
      const module = readFileSync(temporary);
      pltToPc32(module);
      writeFileSync(temporary, module);
    }
    const sections = await run(readelf, ["-S", "-W", temporary]);
    const missing = neededSections.find((name) => !sections.includes(name));
    if (missing !== undefined) {
      throw new BuildError(`${output}: the module lacks section ${missing}, so no kernel would load it.`);
    }
    renameSync(temporary, output);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Compiles the FreeBSD platform against a kernel's headers.
 *
 * @throws BuildError with the compiler's messages.
 */
export async function kfreebsdTarget(sources: KernelSources, progress: Progress): Promise<Target> {
  const id = digest(sources.sysdir, sources.builddir ?? "", String(sources.version)).slice(0, 12);
  const directory = join(buildRoot(), "kfreebsd", id);
  mkdirSync(directory, { recursive: true });
  return withLock(directory, async () => {
    const flags = [
      ...kernelFlags,
      `-ffile-prefix-map=${packageRoot}=.`,
      `-ffile-prefix-map=${sources.sysdir}=/usr/src/sys`,
      ...headerFlags(sources, directory),
    ];
    const jobs = sourcesBelow(join(packageRoot, "kmod"), false).map((source) => ({
      source,
      object: join(directory, "obj", `${source.slice(join(packageRoot, "kmod/").length, -2)}.o`),
      flags,
    }));
    await compileAll(jobs, `cc (FreeBSD ${sources.version})`, progress, new FileDigests());
    const script = join(directory, "module.ld");
    writeFileSync(script, linkerScript);
    const digests = new FileDigests();
    const platform = jobs.map((job) => job.object);
    return {
      name: "kfreebsd",
      key: digest(id, linkerScript, findClang().version, ...platform.map((file) => digests.of(file))),
      place: `kfreebsd-${id}`,
      product: "mirage.ko",
      mode: 0o644,
      fileName: () => "mirage.ko",
      link: (output: string, objects: readonly string[], runtime: Objects) =>
        link(output, [...platform, ...objects], runtime.library, script, sources),
    };
  });
}
