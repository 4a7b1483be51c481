/**
 * Builds the C executables of these tests: the float-free objects under test, compiled with the flags that ship, linked
 * with a harness that uses hardware floats.
 *
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findClang } from "../../src/build/toolchain.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A folder of the test's own; the test removes it. */
export function scratch(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "mirage-nofloat-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Flags of "One set of objects" in docs/design.md, without any header but ours. */
const floatFree = [
  ..."--target=x86_64-unknown-none-elf -O2 -ffreestanding -nostdinc -fPIC -include mirage/hidden.h".split(
    " ",
  ),
  ..."-msoft-float -mno-sse -mno-mmx -mno-80387 -mno-red-zone -fno-omit-frame-pointer".split(" "),
  ..."-fno-strict-aliasing -fwrapv -fno-asynchronous-unwind-tables -fno-stack-protector".split(" "),
  ..."-Wall -Wextra -Werror".split(" "),
  ...["-isystem", join(root, "stdlib-nofloat/include"), "-I", join(root, "runtime/include")],
];

function clang(args: readonly string[]): void {
  execFileSync(findClang().path, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
}

/**
 * Compiles C or assembly the way it ships.
 *
 * @returns the objects' paths.
 */
export function compileFloatFree(sources: readonly string[], directory: string): string[] {
  return sources.map((source) => {
    const object = join(directory, `${basename(source).replace(/\.\w+$/, "")}.o`);
    clang([...floatFree, "-c", source, "-o", object]);
    return object;
  });
}

/** Lets the compiler read a source the way it compiles it, without making code of it. */
export function parseFloatFree(source: string): void {
  clang([...floatFree, "-fsyntax-only", source]);
}

/** Links `test/nofloat/harness/NAME.c`, compiled for this machine, with `objects`. */
export function linkHarness(
  name: string,
  objects: readonly string[],
  directory: string,
  more: readonly string[] = [],
): string {
  const executable = join(directory, name);
  const source = join(root, "test/nofloat/harness", `${name}.c`);
  // Without builtins: what is called is what is written.
  const flags = ["-O2", "-fno-builtin", "-fno-omit-frame-pointer", "-Wall", "-Wextra", "-Wno-format"];
  clang([...flags, "-Wno-format-security", source, ...objects, ...more, "-o", executable]);
  return executable;
}

/** Runs a harness to its end; its output has been checked for mismatches by itself. */
export function runHarness(executable: string, args: readonly string[]): { status: number; lines: string[] } {
  const result = spawnSync(executable, args, { encoding: "utf8", maxBuffer: 1 << 24 });
  return {
    status: result.status ?? -1,
    lines: result.stdout.split("\n").filter((line) => line !== ""),
  };
}

/** `stdlib-nofloat/FOLDER/NAME`, for each name. */
export function library(folder: string, ...names: readonly string[]): string[] {
  return names.map((name) => join(root, "stdlib-nofloat", folder, name));
}

export const softfloatSources = library("softfloat", "arith32.c", "arith64.c", "compare.c", "convert.c");
export const libmSources = library(
  "libm",
  ...[
    "atan.c",
    "exp.c",
    "fmod.c",
    "hyperbolic.c",
    "log.c",
    "pow.c",
    "round.c",
    "sqrt.c",
    "tables.c",
    "trig.c",
  ],
);
export const libcSources = [
  ...library("libc", "abort.c", "mem.c", "printf.c", "scanf.c", "string.c", "strtol.c"),
  ...library("setjmp", "setjmp_amd64.S"),
];
