/**
 * Incremental compilation of C: an object is made anew only if its command, its source or one of the headers that the
 * compiler read has changed in content.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parallel, run } from "./command.ts";
import { ensureDirectory, packageRoot } from "./paths.ts";
import type { Progress } from "./progress.ts";
import { findClang } from "./toolchain.ts";

export interface CompileJob {
  /** Full path of the C or assembler file. */
  readonly source: string;
  readonly object: string;
  readonly flags: readonly string[];
}

/** Hex SHA-256 of some text or bytes. */
export function digest(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    // The length keeps ("ab", "c") and ("a", "bc") apart.
    hash.update(`${part.length}:`).update(part);
  }
  return hash.digest("hex");
}

/** Digests of files, each read once. */
export class FileDigests {
  readonly #known = new Map<string, string>();

  /** Digest of a file's content; "absent" if it cannot be read. */
  of(file: string): string {
    let value = this.#known.get(file);
    if (value === undefined) {
      try {
        value = digest(readFileSync(file));
      } catch {
        value = "absent";
      }
      this.#known.set(file, value);
    }
    return value;
  }
}

let ownDigest: string | undefined;

/** Digest of the compiler pipeline's own code: a changed Mirage makes everything anew. */
export function pipelineDigest(): string {
  if (ownDigest === undefined) {
    const folder = dirname(fileURLToPath(import.meta.url));
    const home = basename(folder) === "parts" ? dirname(folder) : folder;
    const files = readdirSync(home, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.[jt]s$/.test(name))
      .sort();
    ownDigest = digest(...files.map((name) => readFileSync(join(home, name))));
  }
  return ownDigest;
}

/** What an object was made of: written beside it. */
interface Stamp {
  readonly command: string;
  readonly inputs: Record<string, string>;
}

function readStamp(file: string): Stamp | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Stamp;
  } catch {
    return undefined;
  }
}

/** True if `output` was made by `command` from files that are still the same. */
export function isCurrent(output: string, command: string, digests: FileDigests): boolean {
  if (!existsSync(output)) {
    return false;
  }
  const stamp = readStamp(`${output}.stamp`);
  return (
    stamp !== undefined &&
    stamp.command === command &&
    Object.entries(stamp.inputs).every(([file, value]) => digests.of(resolve(packageRoot, file)) === value)
  );
}

/** Writes down what `output` was made of, for {@link isCurrent}. */
export function markCurrent(
  output: string,
  command: string,
  inputs: Iterable<string>,
  digests: FileDigests,
): void {
  const stamp: Stamp = {
    command,
    inputs: Object.fromEntries([...inputs].map((file) => [relative(packageRoot, file), digests.of(file)])),
  };
  writeFileSync(`${output}.stamp`, JSON.stringify(stamp));
}

/** The prerequisites in a make-style dependency file. */
export function parseDepfile(text: string): string[] {
  const joined = text.replace(/\\\r?\n/g, " ");
  const names = joined.slice(joined.indexOf(": ") + 1).match(/(?:\\.|[^\s\\])+/g) ?? [];
  return names.map((name) => name.replace(/\\(.)/g, "$1").replace(/\$\$/g, "$"));
}

/** Path from the package root, or the full path of what lies outside. */
export function shownPath(file: string): string {
  const inside = relative(packageRoot, file);
  return inside.startsWith("..") ? file : inside;
}

function commandKey(job: CompileJob): string {
  return digest(findClang().version, job.flags.join("\0").replaceAll(packageRoot, "."), job.source);
}

/** Objects of `jobs` that must be made anew. */
export function outdated(all: readonly CompileJob[], digests: FileDigests): CompileJob[] {
  return all.filter((job) => !isCurrent(job.object, commandKey(job), digests));
}

/** Compiles one file; its warnings are passed on, its errors thrown. */
async function compileOne(job: CompileJob, digests: FileDigests): Promise<void> {
  ensureDirectory(dirname(job.object));
  const temporary = `${job.object}.${process.pid}.tmp`;
  const depfile = `${job.object}.d`;
  await run(
    findClang().path,
    [...job.flags, "-MD", "-MF", depfile, "-c", shownPath(job.source), "-o", temporary],
    { cwd: packageRoot },
  );
  renameSync(temporary, job.object);
  const inputs = parseDepfile(readFileSync(depfile, "utf8")).map((file) => resolve(packageRoot, file));
  markCurrent(job.object, commandKey(job), new Set([job.source, ...inputs]), digests);
}

/** Compiles what is out of date; the number of objects made. */
export async function compileAll(
  all: readonly CompileJob[],
  label: string,
  progress: Progress,
  digests: FileDigests,
): Promise<number> {
  const todo = outdated(all, digests);
  progress.expect(todo.length);
  await parallel(todo, async (job) => {
    progress.step(`${label} ${shownPath(job.source)}`);
    await compileOne(job, digests);
  });
  return todo.length;
}
