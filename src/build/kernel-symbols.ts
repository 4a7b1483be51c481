/**
 * Which names a kernel gives to modules. A module that refers to another one is refused by kldload(8), and on some
 * versions a refused module with probes ends in a panic: it must not leave the build.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { BuildError } from "./errors.ts";
import { type KernelHeaders, majorVersion, versionName } from "./kernel-headers.ts";
import { packageRoot } from "./paths.ts";

/** The table of {@link tableSymbols}, from the package root. */
const table = "kmod/symbols.txt";

/** Kernels of a build folder, the one with the most symbols first. */
const kernels = ["kernel.full", "kernel.debug", "kernel"];

/**
 * Reads a table of symbols.
 *
 * @param text sections `[kernel 12 14]`, which hold for these major versions, of names.
 * @param part only sections of the kernel, only those of its modules, or both.
 * @throws Error if a line before the first section has a name.
 */
export function parseSymbols(
  text: string,
  major: number,
  part: "kernel" | "modules" | "all" = "all",
): Set<string> {
  const names = new Set<string>();
  let section: boolean | undefined;
  for (const line of text.split("\n")) {
    const head = /^\[(\S+)((?: \d+)+)\]$/.exec(line);
    if (head !== null) {
      const versions = (head[2] ?? "").trim().split(" ").map(Number);
      section =
        versions.includes(major) && (part === "all" || (part === "kernel") === (head[1] === "kernel"));
    } else if (line !== "" && !line.startsWith("#")) {
      if (section === undefined) {
        throw new Error(`${table}: ${line} stands in no section`);
      }
      if (section) {
        for (const name of line.split(" ")) {
          names.add(name);
        }
      }
    }
  }
  return names;
}

/** Names that kernels of a major version, and the modules that ours depends on, give to modules. */
export function tableSymbols(major: number, part?: "kernel" | "modules"): Set<string> {
  return parseSymbols(readFileSync(join(packageRoot, table), "utf8"), major, part);
}

/** The kernel that was built in a folder. */
function builtKernel(builddir: string | undefined): string | undefined {
  return builddir === undefined
    ? undefined
    : kernels.map((name) => join(builddir, name)).find((file) => existsSync(file));
}

/** Headers declare both ends of each linker set, and a module does not refer to them. */
const setBound = /^__(?:start|stop)_set_/;

async function symbolsOf(nm: string, ...args: string[]): Promise<string[]> {
  // POSIX's format, which FreeBSD's own nm has too: name, type, value, size.
  const text = await run(nm, ["-P", ...args]);
  return text
    .split("\n")
    .map((line) => line.split(" ", 1)[0] ?? "")
    .filter((name) => name !== "");
}

/**
 * Fails if a module refers to a name that its kernel does not have: the kernel of the build folder if there is one,
 * else kernels of that version as {@link tableSymbols} knows them.
 *
 * @param nm path of llvm-nm.
 * @throws BuildError naming all such names.
 */
export async function checkUndefined(nm: string, module: string, headers: KernelHeaders): Promise<void> {
  const major = majorVersion(headers.version);
  const kernel = builtKernel(headers.builddir);
  const known =
    kernel === undefined
      ? tableSymbols(major)
      : new Set([
          ...(await symbolsOf(nm, "-D", "--defined-only", kernel)),
          ...tableSymbols(major, "modules"),
        ]);
  const missing = (await symbolsOf(nm, "-u", module)).filter(
    (name) => !known.has(name) && !setBound.test(name),
  );
  if (missing.length > 0) {
    const where =
      kernel === undefined
        ? `kernels of FreeBSD ${major}, as ${table} lists them, do not have`
        : `${kernel} does not have`;
    throw new BuildError(
      `the module for FreeBSD ${versionName(headers.version)} refers to what ${where}: ${missing.join(", ")}.\n` +
        `  A kernel would refuse to load it${kernel === undefined ? `; if it has them after all, ${table} lacks them` : ""}.`,
    );
  }
}
