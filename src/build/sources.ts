/**
 * Names of source files as users see them, in diagnostics and in stack traces.
 *
 * @module
 */
import { existsSync, statSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { UsageError } from "./errors.ts";
import { packageRoot } from "./paths.ts";

/** What the user asked to build. */
export interface ProgramSource {
  /** "udp-echo": the name of the folder, or of the file without its extension. */
  readonly name: string;
  /** Full path of the file that runs first. */
  readonly main: string;
  /** Folder of `main`: paths in stack traces start here. */
  readonly directory: string;
}

/**
 * PROGRAM of the command line: a `.ts` file, or a folder with `main.ts`.
 *
 * @throws UsageError if it is neither.
 */
export function findProgram(program: string, cwd: string = process.cwd()): ProgramSource {
  const path = resolve(cwd, program);
  if (!existsSync(path)) {
    const withExtension = existsSync(`${path}.ts`) ? ` Did you mean ${program}.ts?` : "";
    throw new UsageError(`no such program: ${program}.${withExtension}`);
  }
  if (statSync(path).isDirectory()) {
    const main = join(path, "main.ts");
    if (!existsSync(main)) {
      throw new UsageError(`${program} is a folder without main.ts, so there is nothing to start with.`);
    }
    return { name: basename(path), main, directory: path };
  }
  if (path.endsWith(".frame.ts")) {
    throw new UsageError(`${program} is frame code; a program imports it. PROGRAM is what imports it.`);
  }
  if (extname(path) !== ".ts" || path.endsWith(".d.ts")) {
    throw new UsageError(`${program} is not a .ts file; PROGRAM is a .ts file, or a folder with main.ts.`);
  }
  const directory = dirname(path);
  const name = basename(path, ".ts");
  return { name: name === "main" ? basename(directory) : name, main: path, directory };
}

/** The folder that library files are shown under. */
const libraryPrefix = "mirage";

/**
 * A path as stack traces show it: from the program's folder, `mirage/...` for our library, `npm/...` for packages;
 * the same on every machine.
 */
export function tracePath(file: string, program: ProgramSource): string {
  const inside = relative(program.directory, file);
  const library = relative(packageRoot, file);
  if (/^(src|stdlib-nofloat)\//.test(library)) {
    return `${libraryPrefix}/${library}`;
  }
  const packages = file.lastIndexOf("/node_modules/");
  if (packages >= 0) {
    return `npm/${file.slice(packages + "/node_modules/".length)}`;
  }
  return inside;
}

/** A path as compilers show it: from the current folder. */
export function shownFile(file: string): string {
  const inside = relative(process.cwd(), file);
  return inside.startsWith("../../..") ? file : inside;
}
