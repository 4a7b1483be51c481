/**
 * The target `kfreebsd`: links a program with the FreeBSD platform (`kmod/`) into `mirage.ko`.
 *
 * @module
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { compileAll, digest, FileDigests } from "./compile.ts";
import { BuildError } from "./errors.ts";
import { hasProbes, headerFlags, headersId, type KernelHeaders, versionName } from "./kernel-headers.ts";
import { checkUndefined } from "./kernel-symbols.ts";
import { pltToPc32 } from "./kfreebsd-relocations.ts";
import { withLock } from "./lock.ts";
import { type Objects, sourcesBelow } from "./objects.ts";
import { buildRoot, packageRoot } from "./paths.ts";
import type { Progress } from "./progress.ts";
import type { Target } from "./target.ts";
import { findClang, findLlvmTool } from "./toolchain.ts";

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
  // What the kernel's own makefiles ask of modules.
  "-Wcast-qual",
  "-Wmissing-prototypes",
  "-Wnested-externs",
  "-Wpointer-arith",
  "-Wstrict-prototypes",
  "-Wundef",
  "-Werror",
];

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

/** Sections in which sdt(4) finds the module's probes. */
const probeSections = ["set_sdt_providers_set", "set_sdt_probes_set", "set_sdt_argtypes_set"];

async function link(
  output: string,
  objects: readonly string[],
  library: string,
  script: string,
  headers: KernelHeaders,
): Promise<void> {
  const lld = findLlvmTool("ld.lld");
  const objcopy = findLlvmTool("llvm-objcopy", "objcopy");
  const readelf = findLlvmTool("llvm-readelf", "readelf");
  const nm = findLlvmTool("llvm-nm", "nm");
  if (lld === undefined || objcopy === undefined || readelf === undefined || nm === undefined) {
    throw new BuildError(
      "no ld.lld, llvm-objcopy, llvm-readelf or llvm-nm found: they link kernel modules.\n  apt-get install lld-19 llvm-19",
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
    if (headers.version < 1200000) {
      const module = readFileSync(temporary);
      pltToPc32(module);
      writeFileSync(temporary, module);
    }
    const sections = await run(readelf, ["-S", "-W", temporary]);
    const missing = neededSections.find((name) => !sections.includes(name));
    if (missing !== undefined) {
      throw new BuildError(`${output}: the module lacks section ${missing}, so no kernel would load it.`);
    }
    const probeless = hasProbes(headers) ? probeSections.find((name) => !sections.includes(name)) : undefined;
    if (probeless !== undefined) {
      throw new BuildError(
        `${output}: the module lacks section ${probeless}, so dtrace(1) would not see it.`,
      );
    }
    await checkUndefined(nm, temporary, headers);
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
export async function kfreebsdTarget(headers: KernelHeaders, progress: Progress): Promise<Target> {
  const id = headersId(headers);
  const directory = join(buildRoot(), "kfreebsd", id);
  mkdirSync(directory, { recursive: true });
  return withLock(directory, async () => {
    const flags = [
      ...kernelFlags,
      `-ffile-prefix-map=${packageRoot}=.`,
      `-ffile-prefix-map=${headers.directory}=${headers.kind === "source" ? "/usr/src/sys" : "/usr/include"}`,
      ...headerFlags(headers, directory),
    ];
    const jobs = sourcesBelow(join(packageRoot, "kmod"), false).map((source) => ({
      source,
      object: join(directory, "obj", `${source.slice(join(packageRoot, "kmod/").length, -2)}.o`),
      flags,
    }));
    await compileAll(jobs, `cc (FreeBSD ${versionName(headers.version)})`, progress, new FileDigests());
    const script = join(directory, "module.ld");
    writeFileSync(script, linkerScript);
    const digests = new FileDigests();
    const platform = jobs.map((job) => job.object);
    return {
      name: "kfreebsd",
      key: digest(
        id,
        linkerScript,
        digests.of(join(packageRoot, "kmod/symbols.txt")),
        findClang().version,
        ...platform.map((file) => digests.of(file)),
      ),
      place: `kfreebsd-${id}`,
      product: "mirage.ko",
      mode: 0o644,
      fileName: () => "mirage.ko",
      link: (output: string, objects: readonly string[], runtime: Objects) =>
        link(output, [...platform, ...objects], runtime.library, script, headers),
    };
  });
}
